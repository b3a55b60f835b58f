//! Quota that goes to another line: issued by finance, or allocated by its holder.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::OrganizationKind;
use serde::{Deserialize, Serialize};

use super::line::{self, Line, LineName, Outflow};
use super::plan::{self, PlanRowName};
use super::{Basis, Purpose, budget_year, check_date, monitor, require_inside};
use crate::actor::Author;
use crate::book::{self, Selection};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::State;

/// Quota that goes from one line to another.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Grant {
    /// The line that gives.
    pub from: LineName,
    /// The line that gets: the same fund and budget year.
    pub to: LineName,
    /// How much.
    pub amount: Fen,
    /// What it is for: what the giving line is for, or narrower.
    pub purpose: Purpose,
    /// What it rests on; for quota issued to a lower government, its 文号.
    pub basis: Basis,
    /// The approved plan's row that it carries out, if there was a plan.
    pub plan: Option<PlanRowName>,
    /// The day it was issued.
    pub occurred_on: Date,
}

/// Finance issues quota that its own level holds.
pub(super) fn issue(
    grant: &Grant,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let division = registry::organization(state, &grant.from.holder)?.division;
    if division != context.author.division {
        let detail = format!("{} is in {division}", grant.from.holder);
        return Err(Refusal::new(Code::DivisionOutside, detail).into());
    }
    require_inside(state, context, &grant.to.holder)?;
    transfer(grant, state, context)
}

/// A holder allocates quota of its own to a project, or to a unit of its own division.
pub(super) fn allocate(
    grant: &Grant,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let author = context.author;
    if grant.from.holder != author.organization {
        return Err(Refusal::new(Code::NotYourOrganization, grant.from.holder).into());
    }
    require_own_name(grant, author)?;
    let recipient = registry::organization(state, &grant.to.holder)?;
    if recipient.division != author.division {
        let is_lower = author.division.contains(recipient.division);
        if is_lower && author.kind != OrganizationKind::Finance {
            let detail = format!("{} is in {}", grant.to.holder, recipient.division);
            return Err(Refusal::new(Code::NotFinance, detail).into());
        }
        require_inside(state, context, &grant.to.holder)?;
    }
    transfer(grant, state, context)
}

/// A holder that is no authority names the lines that it opens for others by its own code, so that
/// nobody takes the name under which finance or the other's bureau will issue.
fn require_own_name(grant: &Grant, author: Author) -> Result<(), Refusal> {
    let Grant { to, .. } = grant;
    if to.holder == author.organization || registry::AUTHORITIES.contains(&author.kind) {
        return Ok(());
    }
    let rest = to.line.as_str().strip_prefix(author.organization.as_str());
    if rest.is_some_and(|rest| rest.starts_with('/')) {
        return Ok(());
    }
    let detail = format!("{}, given by {}", to.line, author.organization);
    Err(Refusal::new(Code::LineNameNotGivers, detail))
}

fn transfer(grant: &Grant, state: &mut State<'_>, context: &mut Context<'_>) -> Result<(), Fault> {
    let Grant { from, to, amount, purpose, basis, occurred_on, .. } = grant;
    check_date(context, *occurred_on)?;
    basis.check()?;
    budget_year::require_not_over(from, *occurred_on)?;
    let source = line::find_received(state, from)?;
    check_chain(grant, &source)?;
    if let Some(row) = &grant.plan {
        plan::carry_out(row, grant, state)?;
    }
    let selection = Selection::FirstInFirstOut;
    let movements = book::transfer(state, &from.account(), &to.account(), *amount, selection)?;
    context.emit_movements(movements);
    line::debit(state, from, Outflow::Issued, *amount)?;
    let mut line = Line::new(purpose.clone(), basis.clone(), source.first_year, *occurred_on);
    line.parent = Some(from.clone());
    line.implied = source.implied;
    // Nobody confirms to oneself.
    if to.holder == from.holder || to.holder == context.author.organization {
        line.received_on = Some(*occurred_on);
    }
    line::credit(state, context, to, line, *amount)?;
    monitor::report_held(from, to, &source, *occurred_on, state, context)
}

/// Fund and budget year stay, the purpose may only become narrower, and nothing is issued before
/// it came.
fn check_chain(grant: &Grant, source: &Line) -> Result<(), Refusal> {
    let Grant { from, to, purpose, occurred_on, .. } = grant;
    if from.fund != to.fund {
        let detail = format!("from {} to {}", from.fund, to.fund);
        return Err(Refusal::new(Code::FundChanged, detail));
    }
    if from.year != to.year {
        let detail = format!("from {} to {}", from.year, to.year);
        return Err(Refusal::new(Code::YearWrong, detail));
    }
    if !purpose.is_within(&source.purpose) {
        return Err(Refusal::new(Code::PurposeChanged, &from.line));
    }
    if *occurred_on < source.issued_on {
        let detail = format!("{occurred_on}, the line is of {}", source.issued_on);
        return Err(Refusal::new(Code::DateOrder, detail));
    }
    Ok(())
}
