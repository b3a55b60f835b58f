//! What is planned of a quota line, before there are lines below it: the rows of its holder's
//! plans, proposed while a plan waits for its reviewer, reviewed until a row is issued whole.

use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use serde::Serialize;

use crate::allocation::plan::{PLANS, Plan, PlanName};
use crate::allocation::status::{self, Stage};
use crate::allocation::{self, LineName};
use crate::call::Call;
use crate::proposal::PROPOSALS;

/// Most plans and most waiting proposals that are read, the first of each.
pub const PLANS_MAX: usize = 1_000;

/// A row of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Planned {
    /// The plan.
    pub plan: PlanName,
    /// The row, from 0.
    pub row: usize,
    /// Who is to get it.
    pub holder: OrganizationCode,
    /// How much.
    pub amount: Fen,
    /// How much of it is issued.
    pub issued: Fen,
    /// How far it is.
    pub stage: Stage,
}

/// The rows of the plans that divide the line `from`.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn planned(reader: &dyn StateRead, from: &LineName) -> Result<Vec<Planned>, StateError> {
    let mut found = Vec::new();
    for ((_, name), plan) in PLANS.scan(reader, &from.holder, None, PLANS_MAX)? {
        let rows = plan.rows.iter().zip(&plan.issued).enumerate();
        for (row, (of, issued)) in rows.filter(|_| plan.from == *from) {
            let Some(stage) = status::of_row(&plan, row) else { continue };
            let (plan, holder, amount) = (name.clone(), of.holder, of.amount);
            found.push(Planned { plan, row, holder, amount, issued: *issued, stage });
        }
    }
    for (_, waiting) in PROPOSALS.scan(reader, &(), None, PLANS_MAX)? {
        let Call::Allocation(allocation::Call::Plan(plan)) = waiting.call else { continue };
        let Plan { name, rows, from: divided, .. } = plan;
        for (row, of) in rows.into_iter().enumerate().filter(|_| divided == *from) {
            let (plan, holder, amount) = (name.clone(), of.holder, of.amount);
            let (issued, stage) = (Fen::ZERO, Stage::Proposed);
            found.push(Planned { plan, row, holder, amount, issued, stage });
        }
    }
    Ok(found)
}
