//! How a movement is carried out: which positions are taken, and how they are credited.

use minglian_ledger::fen::Fen;
use minglian_ledger::state::StateRead;

use crate::book::INTERVALS_AHEAD_MAX;
use crate::book::account::{Account, AccountId};
use crate::book::age::{self, Ages};
use crate::book::interval::{self, Interval};
use crate::book::movement::{Basis, Inflow, Kind, Movement, Source};
use crate::book::store::{self, ACCOUNTS, INFLOWS, Ordered, REBASES, Rebased};
use crate::book::{Selection, refused};
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// A movement between two accounts, already found lawful.
pub(crate) struct Posting<'a> {
    pub(crate) kind: Kind,
    pub(crate) from: &'a AccountId,
    pub(crate) to: &'a AccountId,
    pub(crate) amount: Fen,
    pub(crate) selection: Selection,
}

/// Positions to be taken, for one reason.
struct Part {
    basis: Basis,
    intervals: Vec<Interval>,
}

/// Carries out a posting: one movement for each basis, then a re-base if the account needs one.
pub(crate) fn post(state: &mut State<'_>, posting: Posting<'_>) -> Result<Vec<Movement>, Fault> {
    let Posting { kind, from, to, amount, selection } = posting;
    if amount.is_zero() {
        return Err(refused(Code::AmountZero, from));
    }
    if from == to {
        return Err(refused(Code::SameAccount, from));
    }
    let mut source = existing(state, from)?;
    let balance = source.balance();
    if balance < amount {
        let detail = format!("{}: {} < {} fen", label(from), balance.get(), amount.get());
        return Err(Fault::Refused(Refusal::new(Code::BalanceShort, detail)));
    }
    let parts = match selection {
        Selection::FirstInFirstOut => vec![Part {
            basis: Basis::FirstInFirstOut,
            intervals: interval::lowest(&source.unspent(), amount.get()),
        }],
        Selection::Inflow(offset) => named_parts(state, from, &source, offset, amount)?,
    };
    let mut target = ACCOUNTS.get(state, to)?.unwrap_or_default();
    let mut movements = Vec::with_capacity(parts.len() + 1);
    for Part { basis, intervals } in parts {
        let ages = source.ages_of(&intervals);
        source.consume(&intervals);
        let from = Source::Account(from.clone());
        let credit = Credit { kind: kind.clone(), basis, from, from_intervals: intervals, ages };
        movements.push(credit.to(state, to, &mut target)?);
    }
    assert!(
        movements.iter().map(|movement| movement.to_interval.length()).sum::<u64>() == amount.get(),
        "a posting moved another amount than it was asked to"
    );
    ACCOUNTS.put(state, to, &target);
    movements.extend(rebase_if_above(state, from, &mut source, INTERVALS_AHEAD_MAX)?);
    ACCOUNTS.put(state, from, &source);
    Ok(movements)
}

/// The named inflow's own unspent fen, then the lowest others in its place; notes in the inflow
/// what it has answered for.
fn named_parts(
    state: &mut State<'_>,
    from: &AccountId,
    source: &Account,
    offset: u64,
    amount: Fen,
) -> Result<Vec<Part>, Fault> {
    let key = (from.clone(), Ordered(offset));
    let mut inflow = named_inflow(state, &key)?;
    let named = inflow.named.checked_add(amount).filter(|named| *named <= inflow.amount);
    let Some(named) = named else {
        let detail = format!(
            "{} at {offset}: {} of {} fen answered for, {} asked",
            label(from),
            inflow.named.get(),
            inflow.amount.get(),
            amount.get()
        );
        return Err(Fault::Refused(Refusal::new(Code::InflowAnswered, detail)));
    };
    let position = store::locate(state, from, source, offset, &inflow)?;
    inflow.named = named;
    INFLOWS.put(state, &key, &inflow);

    let own = position.map_or_else(Vec::new, |position| source.unspent_within(position));
    let designated = interval::lowest(&own, amount.get());
    let missing = amount.get() - interval::total(&designated);
    let others = interval::difference(&source.unspent(), &designated);
    let substitute = interval::lowest(&others, missing);
    let parts = [
        Part { basis: Basis::Designated, intervals: designated },
        Part { basis: Basis::Substitution { inflow: offset }, intervals: substitute },
    ];
    Ok(parts.into_iter().filter(|part| !part.intervals.is_empty()).collect())
}

/// The inflow that an act names, which must be one that money came in by.
pub(crate) fn named_inflow(
    reader: &dyn StateRead,
    key: &(AccountId, Ordered),
) -> Result<Inflow, Fault> {
    let (id, Ordered(offset)) = key;
    let detail = || format!("{} at {offset}", label(id));
    let Some(inflow) = INFLOWS.get(reader, key)? else {
        return Err(Fault::Refused(Refusal::new(Code::InflowUnknown, detail())));
    };
    if inflow.from.account() == Some(id) {
        return Err(Fault::Refused(Refusal::new(Code::InflowRebased, detail())));
    }
    Ok(inflow)
}

/// One movement's credit side.
pub(crate) struct Credit {
    pub(crate) kind: Kind,
    pub(crate) basis: Basis,
    pub(crate) from: Source,
    pub(crate) from_intervals: Vec<Interval>,
    pub(crate) ages: Ages,
}

impl Credit {
    /// Gives the money its positions in `target` and records the inflow. The account itself is the
    /// caller's to put.
    pub(crate) fn to(
        self,
        state: &mut State<'_>,
        id: &AccountId,
        target: &mut Account,
    ) -> Result<Movement, Fault> {
        let Self { kind, basis, from, from_intervals, ages } = self;
        let overflow = || refused(Code::AmountTooLarge, id);
        let rebases_before = target.rebases;
        let to_interval = target.credit(&ages).ok_or_else(overflow)?;
        let amount = Fen::new(to_interval.length()).map_err(|_| overflow())?;
        let origin_dates = age::span(&ages).ok_or_else(overflow)?;
        assert!(
            from_intervals.is_empty() || interval::total(&from_intervals) == amount.get(),
            "a movement credits another amount than it takes"
        );
        let number = store::take_number(state)?;
        let named = Fen::ZERO;
        let inflow = Inflow {
            amount,
            movement: number,
            from: from.clone(),
            named,
            rebases_before,
            origin_dates,
        };
        INFLOWS.put(state, &(id.clone(), Ordered(to_interval.start())), &inflow);
        let to = id.clone();
        Ok(Movement { number, kind, basis, from, from_intervals, to, to_interval, origin_dates })
    }
}

/// Moves the unspent positions of an account behind all others if it has more than `bound` spent
/// intervals ahead of its frontier. The account is the caller's to put.
pub(crate) fn rebase_if_above(
    state: &mut State<'_>,
    id: &AccountId,
    account: &mut Account,
    bound: usize,
) -> Result<Option<Movement>, Fault> {
    if account.taken_ahead.len() <= bound {
        return Ok(None);
    }
    let from_intervals = account.unspent();
    let ages = account.ages_of(&from_intervals);
    account.consume(&from_intervals);
    let sequence = account.rebases;
    account.rebases = sequence.saturating_add(1);
    let from = Source::Account(id.clone());
    let (kind, basis) = (Kind::Rebase, Basis::Designated);
    let credit = Credit { kind, basis, from, from_intervals, ages };
    let movement = credit.to(state, id, account)?;
    let rebased = Rebased { from: movement.from_intervals.clone(), to: movement.to_interval };
    REBASES.put(state, &(id.clone(), Ordered(u64::from(sequence))), &rebased);
    Ok(Some(movement))
}

/// The account, which must exist.
pub(crate) fn existing(reader: &dyn StateRead, id: &AccountId) -> Result<Account, Fault> {
    ACCOUNTS.get(reader, id)?.ok_or_else(|| refused(Code::AccountUnknown, id))
}

/// An account in a refusal's detail.
pub(crate) fn label(id: &AccountId) -> String {
    match id {
        AccountId::Line { holder, measure, fund, year, line } => {
            format!("{holder}/{measure:?}/{fund}/{year}/{line}")
        }
        AccountId::Payment { organization, reference } => format!("{organization}/{reference}"),
        AccountId::Voided { organization, movement } => format!("{organization}/voided {movement}"),
    }
}
