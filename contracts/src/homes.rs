//! Subsidies to homes for the old (养老机构运营补贴): computed from occupied beds, never typed.
//!
//! The civil-affairs department enters what a home is ([`standing`]): its licensed beds and its
//! rating (等级), from when until when. The home states the beds that were occupied in a month by
//! level of ability ([`occupancy`]), counts only and no persons, and the department checks it. The
//! subsidy of a home and month is then computed ([`subsidy`]): beds × rate × the level's factor,
//! summed up, × the rating's factor × the factor of the newest inspection, all of them dated
//! parameters of the home's division or one above it. It is paid out of a quota line
//! ([`payment`](Call::Pay)), in one payment or several, never beyond what was computed.
//!
//! What a subsidy for building (建设补贴) is tied to are the milestones and the acceptance of a
//! project, see [`crate::project`]; no figure of it is computed here.
//!
//! **Invariants**: at each payment, what is paid for a home and month and did not come back ≤ what
//! is computed from what is known that day; a payment is for one home and month.

pub mod check;
pub mod occupancy;
pub mod paying;
pub mod standing;
pub mod subsidy;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::fault::Fault;
use crate::payment::Reference;
use crate::policy::{Policy, Step};
use crate::schema::State;

const CIVIL_AFFAIRS: &[OrganizationKind] = &[OrganizationKind::CivilAffairs];
const AUTHORITIES: &[OrganizationKind] =
    &[OrganizationKind::CivilAffairs, OrganizationKind::Finance];

/// What can be done about homes.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Enters what a home is from a day on. 民政 maker, checker.
    Rate(standing::Rate),
    /// Ends that, before its time or at last. 民政 maker, checker.
    EndStanding(standing::EndStanding),
    /// States a month's occupied beds. The home's maker, then the checker of the 民政 department
    /// that the act names.
    StateOccupancy(occupancy::StateOccupancy),
    /// Computes the subsidy of a home and month, or computes it anew. 民政 maker, checker.
    Compute(subsidy::Compute),
    /// Pays of a computed subsidy. 民政 or 财政 maker, checker, payer.
    Pay(paying::Pay),
}

/// What became of homes and their subsidies.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// What a home is from a day on.
    Rated {
        /// The home.
        home: OrganizationCode,
        /// Its rating.
        rating: standing::Rating,
        /// Licensed beds.
        beds: u32,
        /// From when.
        valid_from: Date,
    },
    /// Until when that holds.
    StandingEnded {
        /// The home.
        home: OrganizationCode,
        /// The last day.
        valid_until: Date,
    },
    /// A month's beds are stated.
    OccupancyStated {
        /// The home.
        home: OrganizationCode,
        /// The month.
        month: Month,
        /// Occupied beds in all.
        beds: u64,
        /// The record that this corrects, if it corrects one.
        corrects: Option<LogIndex>,
    },
    /// A subsidy is computed.
    Computed {
        /// The home.
        home: OrganizationCode,
        /// The month.
        month: Month,
        /// What it comes to, and from what.
        subsidy: subsidy::Subsidy,
        /// What is paid of it already and did not come back.
        paid: Fen,
        /// How much of that is more than it comes to: it is to be given back.
        overpaid: Fen,
    },
    /// Something of a subsidy is paid.
    Paid {
        /// The home.
        home: OrganizationCode,
        /// The month.
        month: Month,
        /// The payment.
        payment: Reference,
        /// How much of the subsidy is left to pay.
        left: Fen,
    },
}

impl Call {
    /// Work of the call, see [`crate::call::Call::weight`].
    pub fn weight(&self) -> u64 {
        match self {
            Self::Rate(_) | Self::EndStanding(_) => 80,
            Self::StateOccupancy(_) => 120,
            // They ask for up to seven parameters, each for up to four divisions.
            Self::Compute(_) => 400,
            Self::Pay(_) => 500,
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        let own = |kinds, role| Step::own(kinds, role);
        Policy::Steps(match self {
            Self::Rate(_) | Self::EndStanding(_) | Self::Compute(_) => {
                vec![own(CIVIL_AFFAIRS, Role::Maker), own(CIVIL_AFFAIRS, Role::Checker)]
            }
            Self::StateOccupancy(act) => {
                vec![own(&[], Role::Maker), Step::of(act.reviewer, CIVIL_AFFAIRS, Role::Checker)]
            }
            Self::Pay(_) => {
                let roles = [Role::Maker, Role::Checker, Role::Payer];
                roles.map(|role| own(AUTHORITIES, role)).into()
            }
        })
    }

    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::Rate(act) => standing::rate(act, state, context),
            Self::EndStanding(act) => standing::end(act, state, context),
            Self::StateOccupancy(act) => occupancy::state_occupancy(act, state, context),
            Self::Compute(act) => subsidy::compute(act, state, context),
            Self::Pay(act) => paying::pay(act, state, context),
        }
    }
}
