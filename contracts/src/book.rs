//! The book: the one door through which money moves.
//!
//! **Every fen has an address.** Each fen that enters an account gets the next position there:
//! inflows take `[credited, credited + amount)`. An outflow spends positions, by default the lowest
//! (first in, first out); when the act names an inflow (a refund, a correction, a designated use),
//! that inflow's unspent positions first and then, as a [`Basis::Substitution`] that says so, the
//! lowest others. A [`Movement`] records which positions of one account became which of another, so
//! a trace ([`crate::trace`]) is intersecting intervals, exact to the fen.
//!
//! An account is its `credited`, a frontier below which everything is spent, and the few intervals
//! spent ahead of it. Beyond [`INTERVALS_AHEAD_MAX`] of them the unspent positions move, in order,
//! behind all others: a recorded movement of the account to itself ([`Kind::Rebase`]). A named
//! inflow is followed through its re-bases, at one state read each, [`REBASES_FOLLOWED_MAX`] at
//! most; beyond them others stand in its place, as for what is spent.
//!
//! A payment is an account of its own, so what bounces is its own fen. A correction is a reversal
//! that names the movement it takes back. Nothing is edited.
//!
//! **Cost** of an ordinary payment: two accounts, one inflow, and the movement counter that the
//! whole block shares.
//!
//! A refusal may leave writes behind: the caller takes the overlay back, as `execute` does.

pub mod account;
pub mod age;
pub mod interval;
pub mod movement;
mod posting;
pub(crate) mod store;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::fen::Fen;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

pub use account::{Account, AccountId, CHARITY_FUND_MARK, Measure};
pub use age::{Aged, OriginDates};
pub use interval::Interval;
pub use movement::{Attribution, Basis, Inflow, Kind, Movement, MovementNumber, Origin, Source};

use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::State;
use posting::{Credit, Posting};
use store::{ACCOUNTS, INFLOWS, Ordered};

/// Most intervals that may be spent ahead of an account's frontier between two acts.
pub const INTERVALS_AHEAD_MAX: usize = 64;

/// Through how many re-bases of its account a named inflow is followed. Each of them took more than
/// [`INTERVALS_AHEAD_MAX`] takings by name, so it is fen of a few thousand refunds ago that are not
/// looked for any more: the work of an act does not grow with the age of an account.
pub const REBASES_FOLLOWED_MAX: u32 = 32;

/// Every position is below: a JavaScript number holds it exactly.
pub const POSITION_MAX: u64 = (1 << 53) - 1;

/// How many inflows of a payment are read at once when it bounces; a payment has one or two.
const INFLOWS_PAGE: usize = 8;

/// Which fen an act takes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Selection {
    /// The lowest unspent positions.
    FirstInFirstOut,
    /// Those of the inflow that begins at this position of the account, then the lowest others.
    Inflow(u64),
}

/// Money enters the ledger.
///
/// # Errors
/// Refusals `AmountZero`, `AmountTooLarge`, `AccountClosed`; [`StateError`].
pub fn receive(
    state: &mut State<'_>,
    origin: Origin,
    to: &AccountId,
    amount: Fen,
) -> Result<Movement, Fault> {
    if amount.is_zero() {
        return Err(refused(Code::AmountZero, to));
    }
    if to.is_terminal() {
        return Err(refused(Code::AccountClosed, to));
    }
    let mut target = ACCOUNTS.get(state, to)?.unwrap_or_default();
    let ages = vec![(amount.get(), OriginDates::on(origin.occurred_on()))];
    let (kind, basis, from) = (Kind::Receipt, Basis::Designated, Source::Outside(origin));
    let credit = Credit { kind, basis, from, from_intervals: Vec::new(), ages };
    let movement = credit.to(state, to, &mut target)?;
    ACCOUNTS.put(state, to, &target);
    Ok(movement)
}

/// Moves money from a line to another line of the same measure and fund, or pays it out: a payment
/// is a new account.
///
/// # Errors
/// Refusals `AmountZero`, `SameAccount`, `AccountUnknown`, `BalanceShort`, `AmountTooLarge`,
/// `MeasureDiffers`, `FundDiffers`, `AccountTerminal`, `AccountClosed`, `PaymentTaken`,
/// `InflowUnknown`, `InflowAnswered`, `InflowRebased`; [`StateError`].
pub fn transfer(
    state: &mut State<'_>,
    from: &AccountId,
    to: &AccountId,
    amount: Fen,
    selection: Selection,
) -> Result<Vec<Movement>, Fault> {
    let (fund, other_fund, kind) = match (from, to) {
        (AccountId::Line { fund, .. }, AccountId::Line { fund: other, .. }) => {
            (fund, other, Kind::Transfer)
        }
        (AccountId::Line { fund, .. }, _) => (fund, fund, Kind::Payment),
        _ => return Err(refused(Code::AccountTerminal, from)),
    };
    if fund != other_fund {
        return Err(refused(Code::FundDiffers, to));
    }
    check_target(state, from, to)?;
    posting::post(state, Posting { kind, from, to, amount, selection })
}

/// Moves unspent money to the same line of a later budget year (结转; 预算法 42).
///
/// # Errors
/// As [`transfer`], and refusal `CarryOverDiffers`.
pub fn carry_over(
    state: &mut State<'_>,
    from: &AccountId,
    to: &AccountId,
    amount: Fen,
) -> Result<Vec<Movement>, Fault> {
    let same_line_later = match (from, to) {
        (
            AccountId::Line { holder, measure, fund, year, line },
            AccountId::Line {
                holder: to_holder,
                measure: to_measure,
                fund: to_fund,
                year: to_year,
                line: to_line,
            },
        ) => {
            year < to_year
                && (holder, measure, fund, line) == (to_holder, to_measure, to_fund, to_line)
        }
        _ => false,
    };
    if !same_line_later {
        return Err(refused(Code::CarryOverDiffers, to));
    }
    let selection = Selection::FirstInFirstOut;
    posting::post(state, Posting { kind: Kind::CarryOver, from, to, amount, selection })
}

/// Moves money to a line of another fund or purpose, by an explicit act that names its filing or
/// consent (调出; 预算法实施条例 36).
///
/// # Errors
/// As [`transfer`], without `FundDiffers`.
pub fn change_purpose(
    state: &mut State<'_>,
    from: &AccountId,
    to: &AccountId,
    amount: Fen,
    selection: Selection,
    authority: Text<128>,
) -> Result<Vec<Movement>, Fault> {
    if from.is_terminal() {
        return Err(refused(Code::AccountTerminal, from));
    }
    if to.is_terminal() {
        return Err(refused(Code::AccountClosed, to));
    }
    check_target(state, from, to)?;
    let kind = Kind::PurposeChange { authority };
    posting::post(state, Posting { kind, from, to, amount, selection })
}

/// A payment came back, wholly or in part: its own fen return to the account that paid.
///
/// # Errors
/// Refusals `NotAPayment`, `AmountZero`, `AccountUnknown`, `BalanceShort`, `AmountTooLarge`;
/// [`StateError`].
pub fn return_payment(
    state: &mut State<'_>,
    payment: &AccountId,
    amount: Fen,
) -> Result<Vec<Movement>, Fault> {
    if !matches!(payment, AccountId::Payment { .. }) {
        return Err(refused(Code::NotAPayment, payment));
    }
    let available = posting::existing(state, payment)?.balance();
    let payer = payer(state, payment)?;
    let mut movements = Vec::new();
    let mut missing = amount;
    let mut after = None;
    // Every taking from a payment names an inflow, so each inflow has as many unspent fen as it has
    // not answered for, and together they have the balance.
    while !missing.is_zero() && missing <= available {
        let page = inflows(state, payment, after, INFLOWS_PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (offset, inflow) in page {
            let open = inflow.amount.checked_sub(inflow.named).unwrap_or(Fen::ZERO);
            let amount = open.min(missing);
            if amount.is_zero() {
                continue;
            }
            missing = missing.checked_sub(amount).unwrap_or(Fen::ZERO);
            let selection = Selection::Inflow(offset);
            let (kind, from, to) = (Kind::Return, payment, &payer);
            movements.extend(posting::post(state, Posting { kind, from, to, amount, selection })?);
        }
    }
    if movements.is_empty() || !missing.is_zero() {
        let code = if amount.is_zero() { Code::AmountZero } else { Code::BalanceShort };
        return Err(refused(code, payment));
    }
    Ok(movements)
}

/// A correction: takes back what the movement that made this inflow had brought, as far as later
/// acts have not already taken it out in its name, and names that movement. What had come from
/// outside goes to an [`AccountId::Voided`] account.
///
/// # Errors
/// Refusals `InflowUnknown`, `InflowAnswered` (already reversed or used by name), `InflowRebased`,
/// `AccountUnknown`, `BalanceShort`, `AmountTooLarge`; [`StateError`].
pub fn reverse(
    state: &mut State<'_>,
    account: &AccountId,
    inflow: u64,
) -> Result<Vec<Movement>, Fault> {
    let key = (account.clone(), Ordered(inflow));
    let entry = posting::named_inflow(state, &key)?;
    let amount = entry.amount.checked_sub(entry.named).unwrap_or(Fen::ZERO);
    if amount.is_zero() {
        return Err(refused(Code::InflowAnswered, account));
    }
    let of = entry.movement;
    let to = match entry.from {
        Source::Account(account) => account,
        Source::Outside(_) => {
            AccountId::Voided { organization: *account.organization(), movement: of }
        }
    };
    let (kind, selection) = (Kind::Reversal { of }, Selection::Inflow(inflow));
    posting::post(state, Posting { kind, from: account, to: &to, amount, selection })
}

/// Moves the unspent positions of an account, if they have gaps, behind all others. The book does
/// this by itself when the gaps are more than [`INTERVALS_AHEAD_MAX`].
///
/// # Errors
/// Refusals `AccountUnknown`, `AmountTooLarge`; [`StateError`].
pub fn rebase(state: &mut State<'_>, id: &AccountId) -> Result<Option<Movement>, Fault> {
    let mut account = posting::existing(state, id)?;
    let movement = posting::rebase_if_above(state, id, &mut account, 0)?;
    if movement.is_some() {
        ACCOUNTS.put(state, id, &account);
    }
    Ok(movement)
}

/// An account, or `None` if no money ever came in.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn account(reader: &dyn StateRead, id: &AccountId) -> Result<Option<Account>, StateError> {
    ACCOUNTS.get(reader, id)
}

/// The inflow that begins at `offset`.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn inflow(
    reader: &dyn StateRead,
    id: &AccountId,
    offset: u64,
) -> Result<Option<Inflow>, StateError> {
    INFLOWS.get(reader, &(id.clone(), Ordered(offset)))
}

/// The first `limit` inflows of an account that begin behind `after`, each with its first position.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn inflows(
    reader: &dyn StateRead,
    id: &AccountId,
    after: Option<u64>,
    limit: usize,
) -> Result<Vec<(u64, Inflow)>, StateError> {
    let after = after.map(|offset| (id.clone(), Ordered(offset)));
    let entries = INFLOWS.scan(reader, id, after.as_ref(), limit)?;
    Ok(entries.into_iter().map(|((_, Ordered(offset)), inflow)| (offset, inflow)).collect())
}

/// The state key of an account, for proofs.
pub fn account_key(id: &AccountId) -> Vec<u8> {
    ACCOUNTS.key(id)
}

/// Who made a payment: its first inflow came from there.
fn payer(reader: &dyn StateRead, payment: &AccountId) -> Result<AccountId, Fault> {
    match inflow(reader, payment, 0)?.map(|inflow| inflow.from) {
        Some(Source::Account(payer)) => Ok(payer),
        Some(Source::Outside(_)) | None => Err(refused(Code::NotAPayment, payment)),
    }
}

/// Whether money of `from` may enter `to` by an act of its holder.
fn check_target(reader: &dyn StateRead, from: &AccountId, to: &AccountId) -> Result<(), Fault> {
    match (from, to) {
        (AccountId::Line { measure, .. }, AccountId::Line { measure: to_measure, .. })
            if measure != to_measure =>
        {
            Err(refused(Code::MeasureDiffers, to))
        }
        (_, AccountId::Payment { .. }) if ACCOUNTS.contains(reader, to)? => {
            Err(refused(Code::PaymentTaken, to))
        }
        (_, AccountId::Voided { .. }) => Err(refused(Code::AccountClosed, to)),
        _ => Ok(()),
    }
}

fn refused(code: Code, id: &AccountId) -> Fault {
    Fault::Refused(Refusal::new(code, posting::label(id)))
}
