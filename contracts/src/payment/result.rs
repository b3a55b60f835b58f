//! What the bank did, what came back, what was entered wrongly.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use super::{Event, Reference, is_batch};
use crate::allocation::{LineName, check_date, line};
use crate::book::{self, AccountId, Measure, Source};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, State, Table};

/// What is known of payments; a payment that is in the book and not here was instructed only.
pub const STATUSES: Table<(OrganizationCode, Reference), Status> =
    Table::new(schema::prefix::PAYMENT_FIRST + 1);

/// How much payments of a line gave back, so that what lines below gave back can be told apart.
pub const RETURNED: Table<LineName, Fen> = Table::new(schema::prefix::PAYMENT_FIRST + 2);

/// What the bank did.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum BankResult {
    /// The payee has the money.
    Paid,
    /// The payment bounced.
    Failed(FailureReason),
}

/// Why a payment bounced.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum FailureReason {
    /// There is no such account.
    AccountUnknown,
    /// The account is closed or frozen.
    AccountClosed,
    /// Name and account do not belong together.
    NameDiffers,
    /// Another reason.
    Other,
}

/// What is known of a payment.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The bank paid on this day.
    Paid(Date),
    /// It bounced on this day.
    Failed(Date),
    /// It was reversed on this day, because it was entered wrongly.
    Corrected(Date),
}

impl Status {
    /// The day.
    pub fn date(self) -> Date {
        match self {
            Self::Paid(date) | Self::Failed(date) | Self::Corrected(date) => date,
        }
    }
}

/// A payment that was made by the author's organisation, with what is known of it.
struct Made {
    key: (OrganizationCode, Reference),
    account: AccountId,
    /// The line that paid; none for a charity's payment out of a fund.
    line: Option<LineName>,
    status: Option<Status>,
}

impl Made {
    /// The line that paid. What came back of a charity's payment is for the charity to enter, which
    /// has resolutions and gifts to put right.
    ///
    /// # Errors
    /// [`Code::PaymentUnknown`] for a charity's payment.
    fn line(&self) -> Result<&LineName, Refusal> {
        let unknown = || Refusal::new(Code::PaymentUnknown, &self.key.1);
        self.line.as_ref().ok_or_else(unknown)
    }
}

pub(super) fn enter(
    reference: &Reference,
    result: BankResult,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let made = begin(reference, occurred_on, state, context)?;
    if let Some(status) = made.status {
        let detail = format!("{reference}: {status:?}");
        return Err(Refusal::new(Code::ResultKnown, detail).into());
    }
    let status = match result {
        BankResult::Paid => Status::Paid(occurred_on),
        BankResult::Failed(_) => {
            let account = book::account(state, &made.account)?;
            let amount = account.map_or(Fen::ZERO, |account| account.balance());
            take_back(made.line()?, &made.account, amount, state, context)?;
            Status::Failed(occurred_on)
        }
    };
    STATUSES.put(state, &made.key, &status);
    context.emit(Event::Status { payment: reference.clone(), status });
    Ok(())
}

pub(super) fn give_back(
    reference: &Reference,
    amount: Fen,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let made = begin(reference, occurred_on, state, context)?;
    if !matches!(made.status, Some(Status::Paid(_))) {
        let detail = format!("{reference}: {:?}", made.status);
        return Err(Refusal::new(Code::NotPaid, detail).into());
    }
    take_back(made.line()?, &made.account, amount, state, context)?;
    context.emit(Event::Returned { payment: reference.clone(), amount });
    Ok(())
}

pub(super) fn correct(
    reference: &Reference,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let made = begin(reference, occurred_on, state, context)?;
    if let Some(status @ (Status::Failed(_) | Status::Corrected(_))) = made.status {
        let detail = format!("{reference}: {status:?}");
        return Err(Refusal::new(Code::ResultKnown, detail).into());
    }
    // A payment's account has one inflow, at its first position.
    let line = made.line()?;
    let movements = book::reverse(state, &made.account, 0)?;
    let sums = movements
        .iter()
        .filter(|movement| movement.to == line.account())
        .map(book::Movement::amount);
    let too_large = || Refusal::new(Code::AmountTooLarge, reference);
    let amount = Fen::sum(sums).ok_or_else(too_large)?;
    context.emit_movements(movements);
    let mut paying = line::find(state, line)?;
    paying.returned = paying.returned.checked_add(amount).ok_or_else(too_large)?;
    line::LINES.put(state, line, &paying);
    count_returned(line, amount, state)?;
    let status = Status::Corrected(occurred_on);
    STATUSES.put(state, &made.key, &status);
    context.emit(Event::Status { payment: reference.clone(), status });
    Ok(())
}

/// Refuses unless the payment failed or was corrected: then another may take its place.
pub(super) fn require_undone(
    reference: &Reference,
    organization: OrganizationCode,
    state: &State<'_>,
) -> Result<(), Fault> {
    match STATUSES.get(state, &(organization, reference.clone()))? {
        Some(Status::Failed(_) | Status::Corrected(_)) => Ok(()),
        status => {
            let detail = format!("{reference}: {status:?}");
            Err(Refusal::new(Code::NotUndone, detail).into())
        }
    }
}

fn begin(
    reference: &Reference,
    occurred_on: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<Made, Fault> {
    check_date(context, occurred_on)?;
    let organization = context.author.organization;
    if is_batch(reference) {
        return Err(Refusal::new(Code::PaymentUnknown, reference).into());
    }
    let key = (organization, reference.clone());
    let account = AccountId::Payment { organization, reference: reference.clone() };
    let line = match book::inflow(state, &account, 0)?.map(|inflow| inflow.from) {
        Some(Source::Account(AccountId::Line {
            holder,
            measure: Measure::Quota,
            fund,
            year,
            line,
        })) => Some(LineName { holder, fund, year, line }),
        Some(Source::Account(AccountId::Line { measure: Measure::Cash, .. }))
            if registry::organization(state, &organization)?.kind == OrganizationKind::Charity =>
        {
            None
        }
        _ => return Err(Refusal::new(Code::PaymentUnknown, reference).into()),
    };
    let status = STATUSES.get(state, &key)?;
    if let Some(known) = status.filter(|known| occurred_on < known.date()) {
        let detail = format!("{occurred_on}, after {known:?}");
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    Ok(Made { key, account, line, status })
}

/// Moves money of a payment back to the line that paid it, and counts it there.
pub(crate) fn take_back(
    line: &LineName,
    payment: &AccountId,
    amount: Fen,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    line::take_back_payment(state, context, line, payment, amount)?;
    count_returned(line, amount, state)
}

fn count_returned(name: &LineName, amount: Fen, state: &mut State<'_>) -> Result<(), Fault> {
    let before = RETURNED.get(state, name)?.unwrap_or(Fen::ZERO);
    let too_large = || Refusal::new(Code::AmountTooLarge, amount);
    RETURNED.put(state, name, &before.checked_add(amount).ok_or_else(too_large)?);
    Ok(())
}
