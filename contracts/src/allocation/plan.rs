//! Plans: who is to get what from a line. 民政 proposes, 财政 reviews, and issues row by row.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::downward::Grant;
use super::line::{self, LineName};
use super::{Event, Purpose, check_date, require_inside};
use crate::book;
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, State, Table};

/// Most rows of a plan.
pub const PLAN_ROWS_MAX: usize = 200;

/// Approved plans by organisation and name.
pub const PLANS: Table<(OrganizationCode, PlanName), ApprovedPlan> =
    Table::new(schema::prefix::PLANS);

/// A plan's name, unique within its organisation.
pub type PlanName = Text<128>;

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Plan {
    /// Its name.
    pub name: PlanName,
    /// The line that it divides.
    pub from: LineName,
    /// Who is to get what.
    pub rows: Vec<PlanRow>,
    /// The finance department that reviews it.
    pub reviewer: OrganizationCode,
    /// The day it was decided.
    pub occurred_on: Date,
}

/// A row of a plan.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct PlanRow {
    /// Who is to get it.
    pub holder: OrganizationCode,
    /// What for.
    pub purpose: Purpose,
    /// How much.
    pub amount: Fen,
}

/// Names a row of an approved plan.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct PlanRowName {
    /// Whose plan.
    pub organization: OrganizationCode,
    /// The plan.
    pub plan: PlanName,
    /// The row, from 0.
    pub row: u16,
}

/// An approved plan.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct ApprovedPlan {
    /// The line that it divides.
    pub from: LineName,
    /// Its rows.
    pub rows: Vec<PlanRow>,
    /// How much of each row has been issued.
    pub issued: Vec<Fen>,
}

pub(super) fn enter(
    plan: &Plan,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, plan.occurred_on)?;
    require_inside(state, context, &plan.from.holder)?;
    registry::require_over(state, &plan.reviewer, context.author.division)?;
    let key = (context.author.organization, plan.name.clone());
    if plan.name.is_empty() || plan.rows.is_empty() || plan.rows.len() > PLAN_ROWS_MAX {
        let detail = format!("{} rows, 1 to {PLAN_ROWS_MAX} are lawful", plan.rows.len());
        return Err(Refusal::new(Code::PlanMismatch, detail).into());
    }
    if PLANS.contains(state, &key)? {
        return Err(Refusal::new(Code::PlanExists, &plan.name).into());
    }
    let source = line::find(state, &plan.from)?;
    for row in &plan.rows {
        require_inside(state, context, &row.holder)?;
        if row.amount.is_zero() {
            return Err(Refusal::new(Code::AmountZero, row.holder).into());
        }
        if !row.purpose.is_within(&source.purpose) {
            return Err(Refusal::new(Code::PurposeChanged, row.holder).into());
        }
    }
    let total = Fen::sum(plan.rows.iter().map(|row| row.amount))
        .ok_or_else(|| Refusal::new(Code::AmountTooLarge, &plan.name))?;
    let available =
        book::account(state, &plan.from.account())?.map_or(Fen::ZERO, |account| account.balance());
    if total > available {
        let detail = format!("{total} of {available}");
        return Err(Refusal::new(Code::BalanceShort, detail).into());
    }
    let issued = vec![Fen::ZERO; plan.rows.len()];
    let approved = ApprovedPlan { from: plan.from.clone(), rows: plan.rows.clone(), issued };
    PLANS.put(state, &key, &approved);
    context.emit(Event::Planned { total });
    Ok(())
}

/// Counts a grant against the row that it carries out.
pub(super) fn carry_out(
    name: &PlanRowName,
    grant: &Grant,
    state: &mut State<'_>,
) -> Result<(), Fault> {
    let key = (name.organization, name.plan.clone());
    let unknown = || Refusal::new(Code::PlanUnknown, format!("{} row {}", name.plan, name.row));
    let mut plan = PLANS.get(state, &key)?.ok_or_else(unknown)?;
    let row = plan.rows.get(usize::from(name.row)).ok_or_else(unknown)?;
    let issued = plan.issued.get_mut(usize::from(name.row)).ok_or_else(unknown)?;
    let agrees = plan.from == grant.from
        && row.holder == grant.to.holder
        && grant.purpose.is_within(&row.purpose);
    if !agrees {
        return Err(Refusal::new(Code::PlanMismatch, &name.plan).into());
    }
    let exceeded = || {
        let detail = format!("{} of {} after {issued}", grant.amount, row.amount);
        Refusal::new(Code::PlanExceeded, detail)
    };
    let total = issued.checked_add(grant.amount).filter(|total| *total <= row.amount);
    let total = total.ok_or_else(exceeded)?;
    *issued = total;
    PLANS.put(state, &key, &plan);
    Ok(())
}
