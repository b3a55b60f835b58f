//! Paying of a computed subsidy, out of a quota line.
//!
//! The payment is one like any other (its bank result, its return and its correction are
//! `payment`'s), and what of it is out counts as paid, so what came back can be paid again.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Month;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use serde::{Deserialize, Serialize};

use super::Event;
use super::occupancy::{self, HomeMonth, MONTHS};
use super::subsidy;
use crate::allocation::{Category, LineName, line, require_inside};
use crate::book::{self, AccountId};
use crate::context::Context;
use crate::fault::Fault;
use crate::payment::{self, Expenditure, Order, Payee, expenditure};
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// Most payments of the subsidy of one home and month, those that came back included.
pub const PAYMENTS_MAX: usize = 16;

/// A payment of a subsidy.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Pay {
    /// The home.
    pub home: OrganizationCode,
    /// The month.
    pub month: Month,
    /// The line that pays, of the organisation that pays.
    pub line: LineName,
    /// The payment; its payee is the home.
    pub order: Order,
}

pub(super) fn pay(
    act: &Pay,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Pay { home, month, line: name, order } = act;
    require_inside(state, context, home)?;
    if order.payee != Payee::Organization(*home) {
        return Err(Refusal::new(Code::PayeeNotHome, home).into());
    }
    let category = line::find(state, name)?.purpose.category;
    if category.is_some_and(|category| category != Category::OldAge) {
        return Err(Refusal::new(Code::LineNotForTheOld, &name.line).into());
    }
    expenditure::require_lawful(Expenditure::Other, order.occurred_on, state)?;
    let mut found = occupancy::find(state, *home, *month)?;
    let of_month = || format!("{home} in {month}");
    let computed = found.subsidy.clone();
    let computed = computed.ok_or_else(|| Refusal::new(Code::SubsidyNotComputed, of_month()))?;
    // A corrected statement, a rating that ceased and a failed inspection count at once.
    if subsidy::derive(*home, *month, &found, state, context)? != computed {
        return Err(Refusal::new(Code::SubsidyStale, of_month()).into());
    }
    if found.payments.len() >= PAYMENTS_MAX {
        return Err(Refusal::new(Code::SubsidyPaymentsFull, of_month()).into());
    }
    let paid = paid(state, &found)?;
    let left = computed.amount.checked_sub(paid).unwrap_or_default();
    let Some(left) = left.checked_sub(order.amount) else {
        let detail = format!("{} after {paid} of {}", order.amount, computed.amount);
        return Err(Refusal::new(Code::SubsidyExceeded, detail).into());
    };
    payment::pay(name, order, state, context)?;
    found.payments.push((context.author.organization, order.reference.clone()));
    MONTHS.put(state, &(*home, *month), &found);
    let payment = order.reference.clone();
    context.emit(Event::Paid { home: *home, month: *month, payment, left });
    Ok(())
}

/// What is paid of a month's subsidy and did not come back.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn paid(reader: &dyn StateRead, month: &HomeMonth) -> Result<Fen, StateError> {
    let mut paid = Fen::ZERO;
    for (organization, reference) in &month.payments {
        let account =
            AccountId::Payment { organization: *organization, reference: reference.clone() };
        let out = book::account(reader, &account)?.map_or(Fen::ZERO, |it| it.balance());
        paid = paid.checked_add(out).unwrap_or(Fen::MAX);
    }
    Ok(paid)
}
