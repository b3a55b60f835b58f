//! What a record did: the act that took effect, which may have been proposed in another record.

use minglian_contracts::allocation::{self, CORRECTED_LINE};
use minglian_contracts::approval;
use minglian_contracts::book::{AccountId, Kind, Movement, Source};
use minglian_contracts::call::Call;
use minglian_contracts::charity::disbursement::Recipient;
use minglian_contracts::charity::donation::{Donate, Donor};
use minglian_contracts::charity::ending::Heir;
use minglian_contracts::event::{self, Event, Outcome};
use minglian_contracts::oversight::complaint::Target;
use minglian_contracts::{
    charity, enrolment, homes, lottery, opening, oversight, payment, project, subsidy,
};
use minglian_ledger::organization_code::OrganizationCode;

use super::{IndexError, count, log};
use crate::database::Connection;
use minglian_contracts::words::allocation::basis;

/// What was signed in the record at a position, and what became of it. None if no record stands
/// there.
///
/// # Errors
/// [`IndexError`].
pub fn of(connection: &Connection, index: i64) -> Result<Option<(Call, Outcome)>, IndexError> {
    let Some(record) = log::record(connection, count(index))? else { return Ok(None) };
    let damaged = |what| move |source| IndexError::Damaged { what, source };
    let call = Call::decode(&record.transaction.body.call).map_err(damaged("a call"))?;
    let outcome = event::read(&record.receipt).map_err(damaged("a receipt"))?;
    Ok(Some((call, outcome)))
}

/// A decoded record.
#[derive(Debug)]
pub(super) struct Act {
    /// What was signed.
    pub call: Call,
    /// What became of it.
    pub outcome: Outcome,
    /// The proposal that the record makes, or on which it is a step.
    pub proposal: Option<String>,
    /// The act that the record speaks of: its own call, or the proposal on which it is a step.
    pub subject: Call,
    /// Whether `subject` took effect in this record.
    pub took_effect: bool,
    /// The organisation whose act it is.
    pub author: OrganizationCode,
}

impl Act {
    /// The act, if it took effect here.
    pub fn effective(&self) -> Option<&Call> {
        self.took_effect.then_some(&self.subject)
    }

    /// The events of an applied record.
    pub fn events(&self) -> &[Event] {
        match &self.outcome {
            Outcome::Applied(events) => events,
            Outcome::Refused { .. } => &[],
        }
    }

    /// How far the act is, for pages.
    pub fn stage(&self) -> &'static str {
        let step = self.events().iter().find_map(|event| match event {
            Event::Approval(approval::Event::Proposed { .. }) => Some("待审批"),
            Event::Approval(approval::Event::StepTaken { .. }) => Some("审批中"),
            Event::Approval(approval::Event::Completed { .. }) => Some("已生效"),
            Event::Approval(approval::Event::Rejected { .. }) => Some("已否决"),
            Event::Approval(approval::Event::Withdrawn { .. }) => Some("已撤回"),
            Event::Approval(approval::Event::Retracted { .. }) => Some("审批中"),
            _ => None,
        });
        match (&self.outcome, step) {
            (Outcome::Refused { .. }, _) => "未通过",
            (_, Some(step)) => step,
            (_, None) => "已生效",
        }
    }
}

/// Whether the record waits for other officers, and for which proposal an act is a step.
pub(super) fn proposal_of(call: &Call) -> Option<String> {
    match call {
        Call::Approval(
            approval::Call::Approve { proposal }
            | approval::Call::Reject { proposal, .. }
            | approval::Call::Withdraw { proposal }
            | approval::Call::Retract { proposal },
        ) => Some(proposal.to_string()),
        _ => None,
    }
}

/// The document numbers and notices on which an act rests.
pub(super) fn documents(call: &Call) -> String {
    match call {
        Call::Allocation(call) => match call {
            allocation::Call::RecordQuota(quota) => basis(&quota.basis),
            allocation::Call::Issue(grant) | allocation::Call::Allocate(grant) => {
                basis(&grant.basis)
            }
            allocation::Call::CarryOver(carry) => basis(&carry.basis),
            allocation::Call::Recover(take) | allocation::Call::Lapse(take) => basis(&take.basis),
            allocation::Call::TransferOut(transfer) => basis(&transfer.basis),
            allocation::Call::State(statement) => basis(&statement.basis),
            allocation::Call::Plan(_)
            | allocation::Call::Receive { .. }
            | allocation::Call::Classify(_) => String::new(),
        },
        _ => String::new(),
    }
}

/// The project that an act names.
pub(super) fn project(call: &Call) -> Option<&str> {
    match call {
        Call::Project(
            project::Call::Contract { project, .. }
            | project::Call::Accept { project, .. }
            | project::Call::Evaluate { project, .. },
        ) => Some(project.as_str()),
        Call::Project(project::Call::Register(registration)) => {
            Some(registration.reference.as_str())
        }
        Call::Project(project::Call::SetMilestone(set)) => Some(set.project.as_str()),
        Call::Project(project::Call::ReachMilestone(reach)) => Some(reach.project.as_str()),
        Call::Project(project::Call::Assess(assess)) => Some(assess.project.as_str()),
        Call::Allocation(allocation::Call::Issue(grant) | allocation::Call::Allocate(grant)) => {
            grant.purpose.project.as_ref().map(|project| project.as_str())
        }
        Call::Allocation(allocation::Call::RecordQuota(quota)) => {
            quota.purpose.project.as_ref().map(|project| project.as_str())
        }
        Call::Oversight(oversight::Call::ReceiveComplaint(act)) => match &act.target {
            Target::Project(project) => Some(project.as_str()),
            _ => None,
        },
        _ => None,
    }
}

/// Organisations that an act names beside its author.
pub(super) fn organizations(call: &Call) -> Vec<OrganizationCode> {
    match call {
        Call::Registry(minglian_contracts::registry::Call::RegisterOrganization {
            code, ..
        }) => vec![*code],
        Call::Registry(minglian_contracts::registry::Call::RegisterKey {
            organization, ..
        }) => vec![*organization],
        Call::Allocation(allocation::Call::RecordQuota(quota)) => vec![quota.to.holder],
        Call::Allocation(allocation::Call::Issue(grant) | allocation::Call::Allocate(grant)) => {
            vec![grant.from.holder, grant.to.holder]
        }
        Call::Allocation(allocation::Call::CarryOver(carry)) => vec![carry.line.holder],
        Call::Allocation(allocation::Call::Recover(take) | allocation::Call::Lapse(take)) => {
            vec![take.line.holder, take.to.holder]
        }
        Call::Allocation(allocation::Call::TransferOut(transfer)) => vec![transfer.line.holder],
        Call::Project(project::Call::Register(registration)) => vec![registration.unit],
        Call::Project(project::Call::Assess(assess)) => vec![assess.commissioner],
        Call::Lottery(lottery::Call::HandOver(over)) => vec![over.to],
        Call::Lottery(lottery::Call::DivideLocal(divide)) => vec![divide.province, divide.lower],
        Call::Lottery(lottery::Call::GiveBack(back)) => vec![back.centre],
        Call::Payment(payment::Call::Instruct { order, .. } | payment::Call::Pay { order, .. }) => {
            match order.payee {
                payment::Payee::Organization(code) => vec![code],
                _ => Vec::new(),
            }
        }
        Call::Charity(call) => charity_organizations(call),
        Call::Oversight(call) => oversight_organizations(call),
        Call::Homes(call) => homes_organizations(call),
        Call::Enrolment(call) => enrolment_organizations(call),
        Call::Subsidy(subsidy::Call::Submit(act)) => {
            act.custody.iter().map(|receipt| receipt.custodian).collect()
        }
        Call::Opening(opening::Call::Erase { reviewer, .. }) => reviewer.iter().copied().collect(),
        Call::Opening(opening::Call::EraseOf { organization, .. }) => vec![*organization],
        _ => Vec::new(),
    }
}

/// Organisations that an act of charity money names beside its author.
fn charity_organizations(call: &charity::Call) -> Vec<OrganizationCode> {
    match call {
        charity::Call::Qualify(act) => vec![act.organization],
        charity::Call::Disqualify(act) => vec![act.organization],
        charity::Call::FileCampaign(act) => vec![act.reviewer],
        charity::Call::Donate(gift) => donor(gift),
        charity::Call::Contribute(act) => donor(&act.gift),
        charity::Call::Disburse(act) => payee(&act.recipient),
        charity::Call::PayAhead(act) => payee(&act.recipient),
        charity::Call::TransferSurplus(act) => match &act.to {
            Heir::Other(name) => vec![name.host],
            Heir::Own(_) => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn donor(gift: &Donate) -> Vec<OrganizationCode> {
    match gift.donor {
        Donor::Organization(code) => vec![code],
        Donor::Person(_) | Donor::Anonymous => Vec::new(),
    }
}

fn payee(recipient: &Recipient) -> Vec<OrganizationCode> {
    match recipient {
        Recipient::Organization(code) => vec![*code],
        Recipient::Person(_) | Recipient::Persons { .. } => Vec::new(),
    }
}

/// Organisations that an act about a home names beside its author.
fn homes_organizations(call: &homes::Call) -> Vec<OrganizationCode> {
    match call {
        homes::Call::Rate(act) => vec![act.home],
        homes::Call::EndStanding(act) => vec![act.home],
        homes::Call::StateOccupancy(act) => vec![act.reviewer],
        homes::Call::Compute(act) => vec![act.home],
        homes::Call::Pay(act) => vec![act.home],
    }
}

/// Organisations that an act of enrolment names beside its author.
fn enrolment_organizations(call: &enrolment::Call) -> Vec<OrganizationCode> {
    match call {
        enrolment::Call::RegisterAttester(act) => vec![act.county, act.organization],
        enrolment::Call::EndAttester(act) => vec![act.county],
        enrolment::Call::PlanEnrolments(act) => vec![act.reviewer],
        enrolment::Call::Transfer(act) => vec![act.from],
        _ => Vec::new(),
    }
}

/// Organisations that an act of oversight names beside its author.
fn oversight_organizations(call: &oversight::Call) -> Vec<OrganizationCode> {
    match call {
        oversight::Call::ReceiveComplaint(act) => {
            let about = match &act.target {
                Target::Record { organization, .. } => Some(*organization),
                Target::Organization(organization) => Some(*organization),
                Target::Fund(fund) => Some(fund.host),
                Target::Project(_) => None,
            };
            about.into_iter().chain([act.handler]).collect()
        }
        oversight::Call::TransferComplaint { to, .. } => vec![*to],
        oversight::Call::OpenAudit(act) => act.scope.organizations.clone(),
        oversight::Call::RecordFinding(act) => vec![act.organization],
        oversight::Call::RespondFinding { engagement, .. } => vec![engagement.organization],
        oversight::Call::RectifyFinding(act) => vec![act.engagement.organization],
        oversight::Call::PlanSample(plan) => vec![plan.draw.centre],
        oversight::Call::DrawSample { plan } => vec![plan.organization],
        oversight::Call::Inspect(act) => vec![act.object],
        _ => Vec::new(),
    }
}

/// How the flows begin that take back what was entered too high.
pub(super) const CORRECTED_FLOW: &str = "corrected";

/// Whether the account is named for what was taken back because too much had been entered.
pub(super) fn is_correction(account: &AccountId) -> bool {
    matches!(account, AccountId::Line { line, .. } if line.as_str().starts_with(CORRECTED_LINE))
}

/// What a movement counts as, in totals. The depths say how many grants the money had passed where
/// it left and where it came; `implied`, whether the line that it left was only implied.
pub(super) fn flow(
    movement: &Movement,
    act: Option<&Call>,
    (depth, to_depth): (i64, i64),
    implied: bool,
) -> &'static str {
    let is_payment = |source: &Source| matches!(source.account(), Some(AccountId::Payment { .. }));
    match (&movement.kind, act) {
        (Kind::Receipt, _) => match &movement.from {
            Source::Outside(minglian_contracts::book::Origin::Document {
                implied: true, ..
            }) => "implied",
            _ => "received",
        },
        (Kind::Rebase, _) => "rebased",
        (Kind::CarryOver, _) => "carried",
        (
            Kind::PurposeChange { .. },
            Some(Call::Charity(
                charity::Call::ChangePurpose(_)
                | charity::Call::Return { .. }
                | charity::Call::CorrectPayout { .. },
            )),
        ) => "repurposed",
        (Kind::PurposeChange { .. }, _) => "transferred_out",
        (Kind::Return, _) => "returned",
        (Kind::Reversal { .. }, _) if is_payment(&movement.from) => "returned",
        (Kind::Reversal { .. }, _) => match &movement.to {
            AccountId::Voided { .. } => "voided",
            _ => "reversed",
        },
        (Kind::Payment, Some(Call::Lottery(_))) => "remitted",
        (Kind::Payment, Some(Call::Charity(charity::Call::Refund(_)))) => "refunded",
        (Kind::Payment, _) => "spent",
        (Kind::Transfer, Some(Call::Lottery(_))) => "handed_over",
        (
            Kind::Transfer,
            Some(Call::Allocation(allocation::Call::Recover(take) | allocation::Call::Lapse(take))),
        ) => match (depth, to_depth) {
            _ if take.line.year > take.to.year => "carry_taken_back",
            _ if is_correction(&movement.to) && implied => "corrected_implied",
            _ if is_correction(&movement.to) => "corrected_received",
            (0, _) => "recovered",
            (_, 0) => "allocation_taken_back",
            _ => "suballocation_taken_back",
        },
        (Kind::Transfer, _) if depth == 0 => "allocated",
        (Kind::Transfer, _) => "suballocated",
    }
}

/// The notice and the row in it that an imported record enters, by its reference:
/// `DATASET#ROW/KIND`.
pub(super) fn notice_row(reference: &str) -> Option<(&str, u32)> {
    let (notice, rest) = reference.split_once('#')?;
    let (row, _) = rest.split_once('/')?;
    Some((notice, row.parse().ok()?)).filter(|_| !notice.is_empty())
}

/// The imported notice that a basis names: `按公告补录:DATASET 第N行`.
pub(super) fn notice(printed_in: Option<&str>) -> &str {
    printed_in
        .and_then(|text| text.strip_prefix("按公告补录:"))
        .and_then(|text| text.split(' ').next())
        .unwrap_or("")
}
