//! Oversight: complaints, audits, samples that nobody can steer, and inspections.
//!
//! A complaint (投诉举报) enters with salted commitments in place of its text and of who complains;
//! it is accepted or declined, answered and closed within dated deadlines, never by the
//! organisation that it is about ([`complaint`]). An audit engagement has a scope and findings,
//! which the audited organisation rectifies and the auditor confirms ([`audit`], [`finding`]). What
//! is overdue follows from these entries and a date ([`credit`]); nobody types it in.
//!
//! A sample is planned before anybody can know what will be drawn ([`sample`]): the plan names a
//! block to come and a lottery draw to come, and the seed is the hash of the plan, that block's id
//! and the winning numbers. Inspections (双随机) pair objects with inspectors by the same seed
//! ([`inspection`]).
//!
//! **Invariants**, which [`check`] looks for: who answers for something never judges it; a plan is
//! drawn at most once, and once its block is reached it can no longer be cancelled; the findings
//! that an engagement lists as open are those that are not confirmed.

pub mod audit;
pub mod check;
pub mod complaint;
pub mod credit;
pub mod deadline;
pub mod draw;
mod event;
pub mod finding;
pub mod inspection;
pub mod sample;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::hash::Commitment;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

pub use event::Event;

use crate::context::Context;
use crate::fault::Fault;
use crate::policy::{Policy, Step};
use crate::schema::State;
use audit::{Engagement, EngagementName};
use complaint::{Answer, Closure, ComplaintName, DeclineReason, Outcome, step};
use finding::{FindingNumber, Position, Verdict};
use inspection::Members;
use sample::{CancelReason, SampleName};

/// What an organisation calls its complaint, engagement, plan or pool: once each, for ever.
pub type Reference = Text<96>;

/// Who decides on complaints.
pub const HANDLERS: &[OrganizationKind] =
    &[OrganizationKind::CivilAffairs, OrganizationKind::Audit];

/// Who audits: audit offices, and civil-affairs departments what stands below them (内部审计).
pub const AUDITORS: &[OrganizationKind] =
    &[OrganizationKind::Audit, OrganizationKind::CivilAffairs];

/// Who draws samples and inspects.
pub const INSPECTORATES: &[OrganizationKind] =
    &[OrganizationKind::CivilAffairs, OrganizationKind::Finance, OrganizationKind::Audit];

const CENTRE: &[OrganizationKind] = &[OrganizationKind::LotteryCentre];

/// What can be done in oversight.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Enters a complaint, or relays it to its handler. Any maker, checker.
    ReceiveComplaint(complaint::Receive),
    /// Accepts a complaint. The handler's maker, checker; so all further steps.
    AcceptComplaint {
        /// The complaint.
        complaint: ComplaintName,
        /// The day.
        occurred_on: Date,
    },
    /// Does not accept a complaint.
    DeclineComplaint {
        /// The complaint.
        complaint: ComplaintName,
        /// Why.
        reason: DeclineReason,
        /// The day.
        occurred_on: Date,
    },
    /// Hands a complaint that is not accepted yet to another handler.
    TransferComplaint {
        /// The complaint.
        complaint: ComplaintName,
        /// The new handler.
        to: OrganizationCode,
        /// The day.
        occurred_on: Date,
    },
    /// Extends the time to answer, once and before it has run out.
    ExtendComplaint {
        /// The complaint.
        complaint: ComplaintName,
        /// The day.
        occurred_on: Date,
    },
    /// Answers a complaint.
    AnswerComplaint {
        /// The complaint.
        complaint: ComplaintName,
        /// What was found.
        outcome: Outcome,
        /// The answer.
        answer: Answer,
        /// The day.
        occurred_on: Date,
    },
    /// Closes an answered complaint.
    CloseComplaint {
        /// The complaint.
        complaint: ComplaintName,
        /// How it ended.
        closure: Closure,
        /// The day.
        occurred_on: Date,
    },
    /// Opens an audit engagement. The auditor's maker, checker.
    OpenAudit(Engagement),
    /// Enters a finding. The auditor's maker, checker.
    RecordFinding(finding::Record),
    /// The audited organisation's view of a finding. Its maker, checker.
    RespondFinding {
        /// The engagement.
        engagement: EngagementName,
        /// The finding.
        finding: FindingNumber,
        /// Whether it is accepted.
        position: Position,
        /// The reasons, as a salted commitment.
        statement: Commitment,
        /// The day.
        occurred_on: Date,
    },
    /// Shows what was done about a finding. The audited organisation's maker, checker.
    RectifyFinding(finding::Rectify),
    /// Judges what was done about a finding. The auditor's maker, and a checker who did not enter
    /// the finding.
    ConfirmFinding {
        /// The engagement, the auditor's own.
        engagement: EngagementName,
        /// The finding.
        finding: FindingNumber,
        /// Whether it is enough.
        verdict: Verdict,
        /// The day.
        occurred_on: Date,
    },
    /// Ends an engagement: no further findings. The auditor's maker, checker.
    CloseAudit {
        /// The engagement, the auditor's own.
        engagement: EngagementName,
        /// The findings that are not confirmed, ascending; they stay to be rectified.
        open: Vec<FindingNumber>,
        /// The day.
        occurred_on: Date,
    },
    /// Commits a plan for a sample. An inspectorate's maker, checker.
    PlanSample(sample::Plan),
    /// Cancels a plan before its block is reached. Its organisation's maker, checker.
    CancelSample {
        /// The plan.
        plan: Reference,
        /// Why.
        reason: CancelReason,
    },
    /// Enters the winning numbers of a draw that a plan has named. The lottery centre's maker,
    /// checker.
    EnterDraw(draw::Draw),
    /// Draws a planned sample. Any maker: there is nothing to decide.
    DrawSample {
        /// The plan.
        plan: SampleName,
    },
    /// Enters a pool of objects or inspectors. An inspectorate's maker, checker.
    OpenPool(inspection::OpenPool),
    /// Enters what an inspection found. The planning organisation's maker, checker.
    Inspect(inspection::Inspect),
}

impl Call {
    /// Work of the call, see [`crate::call::Call::weight`].
    pub fn weight(&self) -> u64 {
        match self {
            // They may read two pools, and weigh every object against the recusals.
            Self::PlanSample(_) | Self::DrawSample { .. } => 1_500,
            // The division of every object is looked up.
            Self::OpenPool(inspection::OpenPool { members: Members::Objects(objects), .. }) => {
                300 + objects.len() as u64
            }
            Self::OpenPool(_) | Self::Inspect(_) => 300,
            Self::OpenAudit(_) | Self::RecordFinding(_) => 150,
            _ => 100,
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        let two = |kinds| vec![Step::own(kinds, Role::Maker), Step::own(kinds, Role::Checker)];
        Policy::Steps(match self {
            Self::ReceiveComplaint(_) | Self::RespondFinding { .. } | Self::RectifyFinding(_) => {
                two(&[])
            }
            Self::AcceptComplaint { .. }
            | Self::DeclineComplaint { .. }
            | Self::TransferComplaint { .. }
            | Self::ExtendComplaint { .. }
            | Self::AnswerComplaint { .. }
            | Self::CloseComplaint { .. } => two(HANDLERS),
            Self::OpenAudit(_)
            | Self::RecordFinding(_)
            | Self::ConfirmFinding { .. }
            | Self::CloseAudit { .. } => two(AUDITORS),
            Self::PlanSample(_)
            | Self::CancelSample { .. }
            | Self::OpenPool(_)
            | Self::Inspect(_) => two(INSPECTORATES),
            Self::EnterDraw(_) => two(CENTRE),
            Self::DrawSample { .. } => vec![Step::own(&[], Role::Maker)],
        })
    }

    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::ReceiveComplaint(act) => step::receive(act, state, context),
            Self::AcceptComplaint { complaint, occurred_on } => {
                step::accept(complaint, *occurred_on, state, context)
            }
            Self::DeclineComplaint { complaint, reason, occurred_on } => {
                step::decline(complaint, *reason, *occurred_on, state, context)
            }
            Self::TransferComplaint { complaint, to, occurred_on } => {
                step::transfer(complaint, to, *occurred_on, state, context)
            }
            Self::ExtendComplaint { complaint, occurred_on } => {
                step::extend(complaint, *occurred_on, state, context)
            }
            Self::AnswerComplaint { complaint, outcome, occurred_on, .. } => {
                step::answer(complaint, *outcome, *occurred_on, state, context)
            }
            Self::CloseComplaint { complaint, closure, occurred_on } => {
                step::close(complaint, *closure, *occurred_on, state, context)
            }
            Self::OpenAudit(engagement) => audit::open(engagement, state, context),
            Self::RecordFinding(act) => finding::step::record(act, state, context),
            Self::RespondFinding { engagement, finding, position, occurred_on, .. } => {
                finding::step::respond(
                    engagement,
                    *finding,
                    *position,
                    *occurred_on,
                    state,
                    context,
                )
            }
            Self::RectifyFinding(act) => finding::step::rectify(act, state, context),
            Self::ConfirmFinding { engagement, finding, verdict, occurred_on } => {
                finding::step::confirm(engagement, *finding, *verdict, *occurred_on, state, context)
            }
            Self::CloseAudit { engagement, open, occurred_on } => {
                audit::close(engagement, open, *occurred_on, state, context)
            }
            Self::PlanSample(plan) => sample::step::plan(plan, state, context),
            Self::CancelSample { plan, reason } => {
                sample::step::cancel(plan, *reason, state, context)
            }
            Self::EnterDraw(draw) => draw::enter(draw, state, context),
            Self::DrawSample { plan } => sample::step::draw(plan, state, context),
            Self::OpenPool(act) => inspection::open_pool(act, state, context),
            Self::Inspect(act) => inspection::inspect(act, state, context),
        }
    }
}
