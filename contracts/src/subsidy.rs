//! Subsidies to persons that nobody can read and everybody can check: programmes with their
//! published standards, and batches that pay them.
//!
//! A bureau declares a programme and its [standards](programme), dated and public. A county pays a
//! period by a [batch]: one commitment for each handle of the enrolment list, proven off the ledger
//! to be lawful and to come to the total. What stands here is the header, and the money: it is
//! taken out of its lots when the batch is submitted, and waits in accounts of the batch. The
//! validators look at the leaves and the proofs in the background and give [verdicts](verdict).
//! More than two thirds of the voting power apply the batch or reject it; without them it expires.
//! What is rejected or expired gives the money back, what is applied stays for ever. Whether an act
//! is valid never depends on what a node holds beside the ledger.
//!
//! **Invariants**: a period of a programme is paid once by a county, and once more by each
//! supplementary batch, in their order. The accounts of a batch hold its total while it waits and
//! once it is applied, less what [came back](returned), and nothing after it was rejected or
//! expired. No leaf comes back twice.

pub mod batch;
pub mod check;
pub mod custody;
pub mod money;
pub mod period;
pub mod programme;
pub mod returned;
pub mod verdict;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Month;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::height::TimeMs;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::batch::BatchKind;
use minglian_ledger::subsidy::domain::BatchId;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::fault::Fault;
use crate::policy::{Policy, Step};
use crate::schema::State;

const CIVIL_AFFAIRS: &[OrganizationKind] = &[OrganizationKind::CivilAffairs];

/// What can be done about subsidies to persons.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Declares a programme with its first standards. 民政 maker, checker.
    Declare(programme::Declare),
    /// Sets what a programme pays from a month on. 民政 maker, checker.
    SetStandards(programme::SetStandards),
    /// Submits a batch and sets its money aside. The county's 民政 maker, checker.
    Submit(Box<batch::Submit>),
    /// Says what the verification of a batch found. A maker of an organisation that runs a
    /// validator.
    GiveVerdict(verdict::GiveVerdict),
    /// Counts the verdicts anew by today's validators, or ends a batch whose time is over. Anybody
    /// with a key: the state decides.
    Close {
        /// The batch.
        batch: BatchId,
    },
    /// States which payments of an applied batch came back. The county's 民政 maker, checker.
    Return(returned::Return),
}

/// What became of programmes and batches. The money's way, with its intervals, is in the movements
/// beside it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A programme is declared.
    Declared {
        /// Its number.
        programme: u16,
        /// What it is.
        kind: programme::ProgrammeKind,
        /// Programmes that exclude one another share a group.
        group: u16,
    },
    /// A programme has new standards.
    StandardsSet {
        /// The programme.
        programme: u16,
        /// Their version, counted from 1.
        version: u32,
        /// The first month for which they hold.
        effective_from: Month,
        /// Whether that month has begun already.
        retroactive: bool,
    },
    /// A batch waits for the validators' verdicts.
    Submitted {
        /// The batch.
        batch: BatchId,
        /// Who pays.
        county: OrganizationCode,
        /// The programme.
        programme: u16,
        /// The month that is paid for.
        period: Month,
        /// What the batch is for.
        kind: BatchKind,
        /// Handles, or leaves that came back.
        leaves: u32,
        /// What is paid, or came back.
        total: Fen,
        /// When it expires.
        due: TimeMs,
    },
    /// A validator's organisation gave its verdict.
    VerdictGiven {
        /// The batch.
        batch: BatchId,
        /// What it found.
        finding: verdict::Finding,
    },
    /// A batch is applied, rejected or expired.
    Settled {
        /// The batch.
        batch: BatchId,
        /// What it is for.
        kind: BatchKind,
        /// What became of it.
        standing: batch::Standing,
        /// What it pays, or what came back by it.
        total: Fen,
    },
}

impl Call {
    /// Work of the call, see [`crate::call::Call::weight`].
    pub fn weight(&self) -> u64 {
        let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX);
        match self {
            Self::Declare(_) | Self::SetStandards(_) => 150,
            Self::Submit(act) => {
                let lots = count(act.sources.len()).saturating_mul(100);
                let receipts = count(act.custody.len()).saturating_mul(150);
                lots.saturating_add(receipts).saturating_add(600)
            }
            // They may give the money of all lots back, or forget all leaves of a return.
            Self::GiveVerdict(_) | Self::Close { .. } => 3_000,
            Self::Return(act) => count(act.indexes.len()).saturating_mul(15).saturating_add(300),
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        let own = |role| Step::own(CIVIL_AFFAIRS, role);
        match self {
            Self::Declare(_) | Self::SetStandards(_) | Self::Submit(_) | Self::Return(_) => {
                Policy::Steps(vec![own(Role::Maker), own(Role::Checker)])
            }
            Self::GiveVerdict(_) => Policy::Steps(vec![Step::own(&[], Role::Maker)]),
            Self::Close { .. } => Policy::Unrestricted,
        }
    }

    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::Declare(act) => programme::declare(act, state, context),
            Self::SetStandards(act) => programme::set_standards(act, state, context),
            Self::Submit(act) => batch::submit(act, state, context),
            Self::GiveVerdict(act) => verdict::give(act, state, context),
            Self::Close { batch } => verdict::close(batch, state, context),
            Self::Return(act) => returned::submit(act, state, context),
        }
    }
}
