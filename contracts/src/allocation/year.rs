//! The end of a budget year: carrying over, taking back, lapsing; and 调出.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::line::{self, LINES, Line, LineName, Outflow};
use super::{
    Basis, CARRY_OVER_YEARS, budget_year, check_date, require_inside, require_no_charity_fund,
};
use crate::book::{self, Selection};
use crate::context::Context;
use crate::fault::Fault;
use crate::parameter;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Most bytes of what a change of purpose rests on, in the book; a longer notice is cut there and
/// stands in full in the act.
const AUTHORITY_BYTES_MAX: usize = 128;

/// What of a line lapsed; its `recovered` counts it too.
pub const LAPSED: Table<LineName, Fen> = Table::new(schema::prefix::LAPSED);

/// Unspent quota that goes to the next budget year.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct CarryOver {
    /// The line; its successor has the same name in the next budget year.
    pub line: LineName,
    /// How much.
    pub amount: Fen,
    /// What it rests on.
    pub basis: Basis,
    /// The day, from the year's last on.
    pub occurred_on: Date,
}

/// Quota that is taken back.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct TakeBack {
    /// The line.
    pub line: LineName,
    /// The line that gets it: the one from which it came, or one that the finance department that
    /// takes it back holds.
    pub to: LineName,
    /// How much.
    pub amount: Fen,
    /// What it rests on.
    pub basis: Basis,
    /// The day.
    pub occurred_on: Date,
}

/// 调出.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct TransferOut {
    /// The line.
    pub line: LineName,
    /// The fund that gets it, e.g. `一般公共预算`. It is held by the department that signs, and
    /// leaves these rules.
    pub to_fund: Text<64>,
    /// How much.
    pub amount: Fen,
    /// What it rests on.
    pub basis: Basis,
    /// The day.
    pub occurred_on: Date,
}

pub(super) fn carry_over(
    carry: &CarryOver,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let CarryOver { line: from, amount, basis, occurred_on } = carry;
    let source = begin(from, basis, *occurred_on, state, context)?;
    let is_over = Date::new(from.year, 12, 31).is_ok_and(|last| *occurred_on >= last);
    if !is_over {
        let detail = format!("the budget year {} is not over on {occurred_on}", from.year);
        return Err(Refusal::new(Code::YearWrong, detail).into());
    }
    let last_year = last_year(&source, *occurred_on, state, context)?;
    let to = LineName { year: from.year.saturating_add(1), ..from.clone() };
    if i64::from(to.year) > last_year {
        let detail = format!("first issued for {}, not for {}", source.first_year, to.year);
        return Err(Refusal::new(Code::CarryTooLate, detail).into());
    }
    let movements = book::carry_over(state, &from.account(), &to.account(), *amount)?;
    context.emit_movements(movements);
    line::debit(state, from, Outflow::Carried, *amount)?;
    // The successor is the same line in another year: it keeps what the line is for and rests on.
    let mut line = Line::new(source.purpose, source.basis, source.first_year, source.issued_on);
    line.parent = Some(from.clone());
    line.implied = source.implied;
    line.received_on = source.received_on;
    line::credit(state, context, &to, line, *amount)
}

/// The last budget year in which the line's money may be spent.
fn last_year(
    line: &Line,
    date: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<i64, Fault> {
    let years = parameter::judge(state, context, CARRY_OVER_YEARS, date)?;
    Ok(i64::from(line.first_year).saturating_add(years))
}

pub(super) fn recover(
    take: &TakeBack,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let source = begin(&take.line, &take.basis, take.occurred_on, state, context)?;
    // In another year's line the money would look younger or older than it is.
    if take.to.year != take.line.year && source.parent.as_ref() != Some(&take.to) {
        let detail = format!("from {} to {}", take.line.year, take.to.year);
        return Err(Refusal::new(Code::YearWrong, detail).into());
    }
    take_back(take, source.first_year, &source, state, context)
}

pub(super) fn lapse(
    take: &TakeBack,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let source = begin(&take.line, &take.basis, take.occurred_on, state, context)?;
    let last_year = last_year(&source, take.occurred_on, state, context)?;
    let last_day = u16::try_from(last_year).ok().and_then(|year| Date::new(year, 12, 31).ok());
    if last_day.is_none_or(|last| take.occurred_on < last) {
        let detail = format!("it may be used until the end of {last_year}");
        return Err(Refusal::new(Code::LapseTooEarly, detail).into());
    }
    if i64::from(take.to.year) <= last_year {
        let detail = format!("surplus of {last_year} belongs to a later budget");
        return Err(Refusal::new(Code::YearWrong, detail).into());
    }
    // Surplus is budgeted anew: its years count from the budget that gets it.
    take_back(take, take.to.year, &source, state, context)?;
    let before = LAPSED.get(state, &take.line)?.unwrap_or_default();
    let too_large = || Refusal::new(Code::AmountTooLarge, take.amount);
    let total = before.checked_add(take.amount).ok_or_else(too_large)?;
    LAPSED.put(state, &take.line, &total);
    Ok(())
}

fn take_back(
    take: &TakeBack,
    first_year: u16,
    source: &Line,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let TakeBack { line: from, to, amount, occurred_on, .. } = take;
    let is_parent = source.parent.as_ref() == Some(to);
    if !is_parent && to.holder != context.author.organization {
        let detail = format!("{} neither gave it nor takes it back", to.holder);
        return Err(Refusal::new(Code::NotYourOrganization, detail).into());
    }
    if to.fund != from.fund {
        let detail = format!("from {} to {}", from.fund, to.fund);
        return Err(Refusal::new(Code::FundChanged, detail).into());
    }
    let selection = Selection::FirstInFirstOut;
    let movements = book::transfer(state, &from.account(), &to.account(), *amount, selection)?;
    context.emit_movements(movements);
    let amount = &match source.is_carried(from, to) {
        true => line::undo_carry(state, from, to, *amount)?,
        false => *amount,
    };
    line::debit(state, from, Outflow::Recovered, *amount)?;
    if let Some(known) = LINES.get(state, to)? {
        let fits = source.purpose.is_within(&known.purpose) && known.first_year <= first_year;
        if !fits {
            let detail = format!("{} is for another purpose or of a later year", to.line);
            return Err(Refusal::new(Code::PurposeChanged, detail).into());
        }
        return line::credit_returned(state, to, *amount);
    }
    let mut line = Line::new(source.purpose.clone(), take.basis.clone(), first_year, *occurred_on);
    line.parent = Some(from.clone());
    line.implied = source.implied;
    line.received_on = Some(*occurred_on);
    line::credit(state, context, to, line, *amount)
}

pub(super) fn transfer_out(
    transfer: &TransferOut,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let TransferOut { line: from, to_fund, amount, basis, occurred_on } = transfer;
    begin(from, basis, *occurred_on, state, context)?;
    budget_year::require_within(from, *occurred_on)?;
    require_no_charity_fund(to_fund)?;
    let holder = context.author.organization;
    let to = LineName { holder, fund: to_fund.clone(), ..from.clone() };
    // The account that gets the money must be nobody's line, or it would hold more than its sums
    // say. It never becomes one: see `line::credit`.
    if LINES.contains(state, &to)? {
        return Err(Refusal::new(Code::LineExists, &to.line).into());
    }
    let to = to.account();
    let authority = authority(basis)?;
    let selection = Selection::FirstInFirstOut;
    let movements =
        book::change_purpose(state, &from.account(), &to, *amount, selection, authority)?;
    context.emit_movements(movements);
    line::debit(state, from, Outflow::TransferredOut, *amount)
}

/// What 调出 rests on: a 文号, or the notice that prints it.
fn authority(basis: &Basis) -> Result<Text<AUTHORITY_BYTES_MAX>, Refusal> {
    let first = basis.documents.as_slice().first().map(ToString::to_string);
    let notice = basis.printed_in.as_ref().map(|notice| notice.as_str().to_owned());
    let mut text = first.or(notice).unwrap_or_default();
    while text.len() > AUTHORITY_BYTES_MAX {
        text.pop();
    }
    Text::new(text).map_err(|error| Refusal::new(Code::LineMissingDocument, error))
}

/// What all acts on a line have in common: the day, the division, a basis, a line that exists.
fn begin(
    name: &LineName,
    basis: &Basis,
    occurred_on: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<Line, Fault> {
    check_date(context, occurred_on)?;
    require_inside(state, context, &name.holder)?;
    basis.check()?;
    line::find(state, name)
}
