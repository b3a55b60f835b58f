//! Quota that enters from outside, its receipt by the holder, and printed figures without movement.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::line::{self, LINES, Line, LineName};
use super::{
    Basis, Event, Purpose, Receipt, StatementKind, check_date, require_inside,
    require_no_charity_fund,
};
use crate::book::{self, Origin};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// Quota that enters from outside the ledger.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct RecordQuota {
    /// The line that gets it.
    pub to: LineName,
    /// How it came.
    pub receipt: Receipt,
    /// How much.
    pub amount: Fen,
    /// The level from which it came, as printed, e.g. `中央`, `省级`, `县本级分成`.
    pub level: Text<64>,
    /// What it is for.
    pub purpose: Purpose,
    /// What it rests on.
    pub basis: Basis,
    /// The budget year for which it was first issued; earlier than the line's for money brought
    /// forward.
    pub first_year: u16,
    /// Whether a notice only implies that it was received: it prints what was allocated or spent,
    /// and no receipt.
    pub implied: bool,
    /// The day it was issued.
    pub occurred_on: Date,
}

/// A printed figure without movement.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Statement {
    /// What the figure is.
    pub kind: StatementKind,
    /// The line of which it speaks, if it speaks of one.
    pub line: Option<LineName>,
    /// What it says, as printed.
    pub subject: Text<256>,
    /// The figure.
    pub figure: Fen,
    /// What it rests on.
    pub basis: Basis,
    /// The day of the notice.
    pub occurred_on: Date,
}

pub(super) fn record(
    quota: &RecordQuota,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let RecordQuota { to, amount, level, basis, first_year, implied, occurred_on, .. } = quota;
    check_date(context, *occurred_on)?;
    require_inside(state, context, &to.holder)?;
    require_no_charity_fund(&to.fund)?;
    basis.check()?;
    let is_brought_forward = quota.receipt == Receipt::BroughtForward;
    if *first_year > to.year || (*first_year < to.year) != is_brought_forward {
        let detail = format!("first issued for {first_year}, entered for {}", to.year);
        return Err(Refusal::new(Code::YearWrong, detail).into());
    }
    let origin = Origin::Document {
        numbers: numbers(basis)?,
        level: level.clone(),
        implied: *implied,
        occurred_on: *occurred_on,
    };
    let mut line = Line::new(quota.purpose.clone(), basis.clone(), *first_year, *occurred_on);
    line.implied = *implied;
    line.received_on = Some(*occurred_on);
    let movement = book::receive(state, origin, &to.account(), *amount)?;
    context.emit(movement);
    line::credit(state, context, to, line, *amount)
}

/// The document numbers in the printed order, as one text; the notice where there are none.
fn numbers(basis: &Basis) -> Result<Text<256>, Refusal> {
    let numbers: Vec<String> = basis.documents.as_slice().iter().map(ToString::to_string).collect();
    let text = match &basis.printed_in {
        Some(notice) if numbers.is_empty() => notice.as_str().to_owned(),
        _ => numbers.join(";"),
    };
    Text::new(text).map_err(|error| Refusal::new(Code::TooManyDocuments, error))
}

pub(super) fn receive(
    name: &LineName,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    if name.holder != context.author.organization {
        return Err(Refusal::new(Code::NotYourOrganization, name.holder).into());
    }
    let mut line = line::find(state, name)?;
    if line.received_on.is_some() {
        return Err(Refusal::new(Code::AlreadyReceived, &name.line).into());
    }
    let days = u32::try_from(line.issued_on.days_until(occurred_on)).map_err(|_| {
        let detail = format!("received on {occurred_on}, issued on {}", line.issued_on);
        Refusal::new(Code::DateOrder, detail)
    })?;
    line.received_on = Some(occurred_on);
    LINES.put(state, name, &line);
    line::enter_in_project(state, name, &line);
    context.emit(Event::Received { line: name.clone(), days });
    Ok(())
}

pub(super) fn state(
    statement: &Statement,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, statement.occurred_on)?;
    statement.basis.check()?;
    if statement.subject.is_empty() {
        return Err(Refusal::new(Code::StatementEmpty, "").into());
    }
    if statement.kind == StatementKind::Nothing && !statement.figure.is_zero() {
        return Err(Refusal::new(Code::StatementNotZero, statement.figure).into());
    }
    if let Some(name) = &statement.line {
        line::find(state, name)?;
    }
    Ok(())
}
