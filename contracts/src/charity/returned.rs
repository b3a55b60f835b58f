//! What came back of a payment or a refund: it bounced, or was entered wrongly.

use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;

use super::Event;
use super::ahead;
use super::disbursement::{self, Payout, Reason, payment_account};
use super::donation::{self, Donation};
use super::evidence::EVIDENCE;
use super::fund::FundName;
use super::resolution;
use super::sums::{self, Quarter};
use crate::allocation::check_date;
use crate::book::{self, AccountId, Movement, Selection};
use crate::context::Context;
use crate::fault::Fault;
use crate::payment::{Reference, STATUSES, Status};
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// How many inflows of a payment are read when it is corrected; it has one or two.
const INFLOWS_MAX: usize = 8;

pub(super) fn give_back(
    reference: &Reference,
    amount: Fen,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let host = context.author.organization;
    let payout = disbursement::find(reference, host, occurred_on, state)?;
    let returned = book::return_payment(state, &payment_account(host, reference), amount)?;
    let status = Status::Failed(occurred_on);
    take_in(reference, &payout, returned, status, state, context)?;
    context.emit(Event::Returned { payment: reference.clone(), amount });
    Ok(())
}

pub(super) fn correct(
    reference: &Reference,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let host = context.author.organization;
    let payout = disbursement::find(reference, host, occurred_on, state)?;
    let account = payment_account(host, reference);
    let mut reversed = Vec::new();
    // A payment has one inflow, a refund may have a second one of substituted fen.
    for (start, inflow) in book::inflows(state, &account, None, INFLOWS_MAX)? {
        if inflow.named < inflow.amount {
            reversed.extend(book::reverse(state, &account, start)?);
        }
    }
    let amount = Fen::sum(reversed.iter().map(Movement::amount)).unwrap_or_default();
    if amount.is_zero() {
        return Err(Refusal::new(Code::PayoutUndone, reference).into());
    }
    let status = Status::Corrected(occurred_on);
    take_in(reference, &payout, reversed, status, state, context)?;
    context.emit(Event::Corrected { payment: reference.clone(), amount });
    Ok(())
}

/// Counts what came back of a payment: its resolution allows it again, its gift has it again.
fn take_in(
    reference: &Reference,
    payout: &Payout,
    returned: Vec<Movement>,
    status: Status,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let host = context.author.organization;
    let amount = Fen::sum(returned.iter().map(Movement::amount)).unwrap_or_default();
    let account = book::account(state, &payment_account(host, reference))?;
    let left = account.map_or(Fen::ZERO, |account| account.balance());
    let name = FundName { host, fund: payout.fund.clone() };
    let spent = match &payout.reason {
        Reason::Spent { resolution, expense } => {
            Some((resolution::give_back(&name, resolution, amount, state)?.purpose, *expense))
        }
        Reason::Ahead { purpose, expense } => Some((purpose.clone(), *expense)),
        Reason::Refunded => None,
    };
    if let Some((purpose, expense)) = spent {
        let place = disbursement::place(&name, payout.paid_on, expense, purpose);
        let too_large = || Refusal::new(Code::AmountTooLarge, amount);
        let before = left.checked_add(amount).ok_or_else(too_large)?;
        sums::count(&place, before, left, state)?;
    }
    if left.is_zero() {
        undo(reference, payout, status, state, context)?;
    }
    let arrived = match &payout.donation {
        Some(named) => {
            let mut gift = donation::find_valid(state, host, named, status.date())?;
            let home = gift.account(host, named);
            let arrived = follow(returned, &home, &gift, state, context)?;
            if payout.reason == Reason::Refunded {
                gift.refunded = gift.refunded.checked_sub(amount).unwrap_or_default();
                gift.note_arrivals(&arrived, &home, state)?;
            }
            donation::put(state, host, named, &gift)?;
            arrived
        }
        None => returned,
    };
    sums::post(arrived, state, context)
}

/// Nothing of a payment is out any more: it is known what became of it, and nobody was helped.
fn undo(
    reference: &Reference,
    payout: &Payout,
    status: Status,
    state: &mut State<'_>,
    context: &Context<'_>,
) -> Result<(), Fault> {
    let host = context.author.organization;
    let key = (host, reference.clone());
    let is_known = STATUSES.contains(state, &key)?;
    if !is_known || matches!(status, Status::Corrected(_)) {
        STATUSES.put(state, &key, &status);
    }
    ahead::came_back(&key, state, context)?;
    if let Some(shown) = EVIDENCE.get(state, &key)? {
        let name = FundName { host, fund: payout.fund.clone() };
        let quarter = Quarter::of(payout.paid_on);
        sums::count_helped(&name, quarter, shown.beneficiaries, 0, state)?;
    }
    Ok(())
}

/// Money that came back to an account which its gift has left since, because its use was changed,
/// goes on to where the gift is now, by the same authority. The movements that arrive there.
fn follow(
    returned: Vec<Movement>,
    target: &AccountId,
    gift: &Donation,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<Vec<Movement>, Fault> {
    let (Some(account), Some(authority)) =
        (returned.first().map(|movement| movement.to.clone()), gift.changed_by.clone())
    else {
        return Ok(returned);
    };
    if account == *target {
        return Ok(returned);
    }
    let amount = Fen::sum(returned.iter().map(Movement::amount)).unwrap_or_default();
    sums::post(returned, state, context)?;
    let selection = Selection::FirstInFirstOut;
    book::change_purpose(state, &account, target, amount, selection, authority)
}
