//! Paying first and deciding after (先行救助): what a fund pays before its committee decides.
//!
//! Two officers pay at most `charity.ahead_limit.<kind>` at a time; where that is not set, nobody
//! may. The committee then decides within `charity.ahead_days.<kind>` days by a resolution like any
//! other, on the same use, and `decide` lays it beside the payment. If the committee agreed, the
//! payment is one under that resolution from then on. If not, it stays out until it comes back, and
//! is known as such. A payment that came back whole needs no decision. While one is overdue, or one
//! to which the committee did not agree is out, the fund pays nothing ahead.
//!
//! **Invariant**: [`OPEN`] holds exactly the payments of [`AHEAD`] that await a decision, and of
//! each of them something is out. [`REJECTED`] holds exactly those to which the committee did not
//! agree and of which something is out.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use serde::{Deserialize, Serialize};

use super::Event;
use super::disbursement::{self, Expense, PAYOUTS, Reason, Recipient, Spending, payment_account};
use super::donation::{DonationReference, Use};
use super::fund::{self, FundName, FundReference};
use super::kind::{self, AHEAD_DAYS, AHEAD_LIMIT};
use super::resolution::{self, Matter, ResolutionNumber};
use crate::allocation::check_date;
use crate::book;
use crate::context::Context;
use crate::fault::Fault;
use crate::parameter;
use crate::payment::{self, Reference};
use crate::refusal::{Code, Refusal};
use crate::schema::{self, OrderedDay, State, Table};

/// What was paid ahead, by charity and payment.
pub const AHEAD: Table<(OrganizationCode, Reference), Ahead> =
    Table::new(schema::prefix::MUTUAL_AID_FIRST + 1);

/// Payments that await a decision, by fund and last day, the earliest first.
pub const OPEN: Table<(FundName, OrderedDay, Reference), Date> =
    Table::new(schema::prefix::MUTUAL_AID_FIRST + 2);

/// Payments to which the committee did not agree and that did not come back whole yet, by fund.
pub const REJECTED: Table<(FundName, Reference), ()> =
    Table::new(schema::prefix::MUTUAL_AID_FIRST + 3);

/// A payment that is made ahead of a resolution.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct PayAhead {
    /// The fund.
    pub fund: FundReference,
    /// What it is for.
    pub purpose: Use,
    /// The gift out of whose own account it is made; none for the fund's pool.
    pub from: Option<DonationReference>,
    /// What it counts as.
    pub expense: Expense,
    /// The host's voucher number, used once by the host.
    pub reference: Reference,
    /// Who gets it.
    pub recipient: Recipient,
    /// How much.
    pub amount: Fen,
    /// The voucher itself, if it is attached.
    pub voucher: Option<AttachmentHash>,
    /// The day it was made.
    pub occurred_on: Date,
}

/// How the waiting for a decision ended.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// The committee decided.
    Decided {
        /// The resolution.
        resolution: ResolutionNumber,
        /// Whether it agreed.
        agreed: bool,
        /// The day, by the block's time.
        on: Date,
    },
    /// All of it came back, on this day by the block's time.
    CameBack(Date),
}

/// What was paid ahead of a resolution.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Ahead {
    /// The fund.
    pub fund: FundReference,
    /// The last day on which a decision is in time.
    pub decide_by: Date,
    /// How the waiting ended; none while it lasts.
    pub ended: Option<Ended>,
}

impl Ahead {
    /// The day on which the waiting ended.
    pub fn ended_on(&self) -> Option<Date> {
        match &self.ended {
            Some(Ended::Decided { on, .. } | Ended::CameBack(on)) => Some(*on),
            None => None,
        }
    }

    /// By how many days the decision is late on `date`, or was when it came.
    pub fn days_late(&self, date: Date) -> u32 {
        let day = self.ended_on().unwrap_or(date);
        u32::try_from(self.decide_by.days_until(day)).unwrap_or(0)
    }

    /// Whether the committee did not agree: what is still out of the payment is to be taken back.
    pub fn is_recoverable(&self) -> bool {
        matches!(self.ended, Some(Ended::Decided { agreed: false, .. }))
    }
}

pub(super) fn pay(
    act: &PayAhead,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let date = act.occurred_on;
    check_date(context, date)?;
    let name = fund::own(&act.fund, context);
    let kind = fund::find_open(state, &name, date)?.kind.code();
    if act.purpose.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, &act.fund).into());
    }
    payment::require_usable(&act.reference, &act.fund)?;
    let limit = parameter::judge(state, context, &format!("{AHEAD_LIMIT}{kind}"), date)?;
    if !u64::try_from(limit).is_ok_and(|limit| act.amount.get() <= limit) {
        let detail = format!("{}, at most {limit} fen", act.amount);
        return Err(Refusal::new(Code::AheadLimitExceeded, detail).into());
    }
    let days = kind::judge(&format!("{AHEAD_DAYS}{kind}"), date, state, context)?;
    if let Some(((_, _, reference), due)) = OPEN.scan(state, &name, None, 1)?.into_iter().next()
        && due < context.today()
    {
        let detail = format!("{reference} was to be decided on by {due}");
        return Err(Refusal::new(Code::AheadOverdue, detail).into());
    }
    if let Some(((_, reference), ())) = REJECTED.scan(state, &name, None, 1)?.first() {
        let detail = format!("{reference} was not agreed to and is to be taken back");
        return Err(Refusal::new(Code::AheadOverdue, detail).into());
    }
    let spending = Spending {
        from: act.from.as_ref(),
        purpose: &act.purpose,
        expense: act.expense,
        reference: &act.reference,
        recipient: &act.recipient,
        amount: act.amount,
        reason: Reason::Ahead { purpose: act.purpose.clone(), expense: act.expense },
        paid_on: date,
    };
    disbursement::spend(&name, spending, state, context)?;
    let last = i32::try_from(days).ok().and_then(|days| date.add_days(days));
    let decide_by = last.unwrap_or(Date::MAX);
    let (payment, fund) = (act.reference.clone(), act.fund.clone());
    let waiting = Ahead { fund, decide_by, ended: None };
    AHEAD.put(state, &(name.host, payment.clone()), &waiting);
    OPEN.put(state, &open_key(name, decide_by, payment.clone()), &decide_by);
    context.emit(Event::PaidAhead { payment, decide_by });
    Ok(())
}

pub(super) fn decide(
    reference: &Reference,
    number: &ResolutionNumber,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let host = context.author.organization;
    let mut payout = disbursement::find_spent(reference, host, occurred_on, state)?;
    let key = (host, reference.clone());
    let waiting = AHEAD.get(state, &key)?.filter(|found| found.ended.is_none());
    let (Some(mut waiting), Reason::Ahead { purpose, expense }) = (waiting, &payout.reason) else {
        return Err(Refusal::new(Code::NotPaidAhead, reference).into());
    };
    let name = FundName { host, fund: payout.fund.clone() };
    let decided = resolution::find(&name, number, state)?.1;
    if decided.matter != Matter::Disbursement || decided.purpose != *purpose {
        let detail = format!("{number} is on {:?} {}", decided.matter, decided.purpose);
        return Err(Refusal::new(Code::ResolutionMatter, detail).into());
    }
    // The committee decides on what was paid, so not before it; and it was to decide by the day.
    fund::require_not_before(payout.paid_on, decided.decided_on)?;
    fund::require_not_before(decided.decided_on, occurred_on)?;
    let agreed = decided.carried;
    let account = book::account(state, &payment_account(host, reference))?;
    let out = account.map_or(Fen::ZERO, |account| account.balance());
    // Whether yes or no, a decision on so much is none on more.
    resolution::decide_on(&name, number, out, state)?;
    if agreed {
        payout.reason = Reason::Spent { resolution: number.clone(), expense: *expense };
        PAYOUTS.put(state, &key, &payout);
    } else {
        REJECTED.put(state, &(name.clone(), reference.clone()), &());
    }
    let on = context.today();
    waiting.ended = Some(Ended::Decided { resolution: number.clone(), agreed, on });
    OPEN.delete(state, &open_key(name, waiting.decide_by, reference.clone()));
    AHEAD.put(state, &key, &waiting);
    let (payment, resolution) = (reference.clone(), number.clone());
    let days_late = waiting.days_late(on);
    context.emit(Event::DecidedAfter { payment, resolution, agreed, days_late });
    Ok(())
}

/// All of a payment came back: if it awaited a decision, it does not any more, and nothing of it is
/// to be taken back.
pub(super) fn came_back(
    key: &(OrganizationCode, Reference),
    state: &mut State<'_>,
    context: &Context<'_>,
) -> Result<(), Fault> {
    let Some(mut waiting) = AHEAD.get(state, key)? else { return Ok(()) };
    let name = FundName { host: key.0, fund: waiting.fund.clone() };
    if waiting.ended.is_some() {
        REJECTED.delete(state, &(name, key.1.clone()));
        return Ok(());
    }
    waiting.ended = Some(Ended::CameBack(context.today()));
    OPEN.delete(state, &open_key(name, waiting.decide_by, key.1.clone()));
    AHEAD.put(state, key, &waiting);
    Ok(())
}

fn open_key(
    name: FundName,
    decide_by: Date,
    payment: Reference,
) -> (FundName, OrderedDay, Reference) {
    (name, OrderedDay::earliest_first(decide_by), payment)
}

/// What a charity paid ahead, by payment, at most `limit` behind `after`; with how much of each is
/// still out.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn paid_ahead(
    reader: &dyn StateRead,
    host: OrganizationCode,
    after: Option<&Reference>,
    limit: usize,
) -> Result<Vec<(Reference, Ahead, Fen)>, StateError> {
    let after = after.map(|reference| (host, reference.clone()));
    let mut rows = Vec::new();
    for ((_, reference), ahead) in AHEAD.scan(reader, &host, after.as_ref(), limit)? {
        let account = book::account(reader, &payment_account(host, &reference))?;
        let out = account.map_or(Fen::ZERO, |account| account.balance());
        rows.push((reference, ahead, out));
    }
    Ok(rows)
}
