//! Where the fund's money goes: the central share to the treasury, the local share to finance.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::duty::{self, Duty};
use super::{Event, Side, central};
use crate::allocation::check_date;
use crate::book::{self, AccountId, Selection};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, State, Table};

/// Remittances of the central share, by the centre and its reference.
pub const REMITTANCES: Table<(OrganizationCode, Text<128>), Remittance> =
    Table::new(schema::prefix::LOTTERY_FIRST + 1);

/// The central share, or a part of it, goes to the treasury.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Remit {
    /// The month of the sales.
    pub period: Month,
    /// How much: no more than is due.
    pub amount: Fen,
    /// The voucher's number; used once by the centre.
    pub reference: Text<128>,
    /// The day.
    pub occurred_on: Date,
}

/// A remittance, or a part of it, came back.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct TakeBack {
    /// The remittance's reference.
    pub reference: Text<128>,
    /// How much.
    pub amount: Fen,
    /// The day.
    pub occurred_on: Date,
}

/// The local share goes to a finance department.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct HandOver {
    /// The month of the sales.
    pub period: Month,
    /// The finance department.
    pub to: OrganizationCode,
    /// How much.
    pub amount: Fen,
    /// The day.
    pub occurred_on: Date,
}

/// A remittance of the central share.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Remittance {
    /// The month of the sales.
    pub period: Month,
    /// How much was remitted; what came back is in the book.
    pub amount: Fen,
    /// The day.
    pub occurred_on: Date,
}

pub(super) fn remit(
    remit: &Remit,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Remit { period, amount, reference, occurred_on } = remit;
    check_date(context, *occurred_on)?;
    let organization = context.author.organization;
    if reference.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, period).into());
    }
    let from = Side::Central.account(organization, *period);
    let to = AccountId::Payment { organization, reference: reference.clone() };
    let movements = book::transfer(state, &from, &to, *amount, Selection::FirstInFirstOut)?;
    context.emit_movements(movements);
    let remittance = Remittance { period: *period, amount: *amount, occurred_on: *occurred_on };
    REMITTANCES.put(state, &(organization, reference.clone()), &remittance);
    let due = book::account(state, &from)?.map_or(Fen::ZERO, |account| account.balance());
    context.emit(Event::Remitted { period: *period, amount: *amount, due });
    duty::report(Duty::Remittance, *period, state, context)?;
    central::report(*period, *amount, state, context)
}

pub(super) fn take_back(
    take: &TakeBack,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let TakeBack { reference, amount, occurred_on } = take;
    check_date(context, *occurred_on)?;
    let organization = context.author.organization;
    let known = REMITTANCES.get(state, &(organization, reference.clone()))?;
    let known = known.ok_or_else(|| Refusal::new(Code::RemittanceUnknown, reference))?;
    if *occurred_on < known.occurred_on {
        let detail = format!("{occurred_on}, it was remitted on {}", known.occurred_on);
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    let payment = AccountId::Payment { organization, reference: reference.clone() };
    let movements = book::return_payment(state, &payment, *amount)?;
    context.emit_movements(movements);
    Ok(())
}

pub(super) fn hand_over(
    over: &HandOver,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let HandOver { period, to, amount, occurred_on } = over;
    check_date(context, *occurred_on)?;
    let recipient = registry::organization(state, to)?;
    if recipient.kind != OrganizationKind::Finance {
        return Err(Refusal::new(Code::RecipientNotFinance, to).into());
    }
    let from = Side::Local.account(context.author.organization, *period);
    let to = Side::Local.account(*to, *period);
    let movements = book::transfer(state, &from, &to, *amount, Selection::FirstInFirstOut)?;
    context.emit_movements(movements);
    Ok(())
}
