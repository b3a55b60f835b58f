//! The whole book, checked from the state alone: for tests after each block, `minglian audit` and
//! `testnet check`. Nothing here runs when a block is executed.

use std::collections::BTreeMap;

use minglian_ledger::state::{StateError, StateRead};

use crate::book::store::{ACCOUNTS, INFLOWS, Ordered};
use crate::book::{self, Account, AccountId, Inflow, Interval, Source, interval};

/// How many entries are read at once.
const PAGE: usize = 1_000;

/// What a sound book adds up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BookTotals {
    /// How many accounts.
    pub accounts: u64,
    /// How many movements.
    pub movements: u64,
    /// All that ever came from outside, in fen.
    pub origins_fen: u128,
    /// What lines hold, in fen.
    pub held_fen: u128,
    /// What was paid out or voided, in fen.
    pub terminal_fen: u128,
}

/// How a book is broken.
#[derive(Debug, thiserror::Error)]
pub enum Violation {
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// Inflows do not tile `[0, credited)`.
    #[error("inflows of {account:?} do not tile its positions: one begins or ends at {position}")]
    InflowsDoNotTile {
        /// The account.
        account: AccountId,
        /// The first position that is missing or held twice.
        position: u64,
    },
    /// Spent positions overlap, touch, or lie outside the account.
    #[error("spent positions of {account:?} are not in order at {position}")]
    SpentDisorder {
        /// The account.
        account: AccountId,
        /// Where.
        position: u64,
    },
    /// The dates of unspent money do not cover it.
    #[error("the origin dates of {account:?} do not begin at its first unspent position")]
    AgesDoNotCover {
        /// The account.
        account: AccountId,
    },
    /// An inflow has answered for more than it brought.
    #[error("the inflow at {offset} of {account:?} has answered for more than it brought")]
    OverAnswered {
        /// The account.
        account: AccountId,
        /// Its first position.
        offset: u64,
    },
    /// What left an account is not what arrived elsewhere from it.
    #[error("{account:?} spent {spent_fen} fen, elsewhere {arrived_fen} arrived from it")]
    SpentIsNotArrived {
        /// The account.
        account: AccountId,
        /// Spent positions.
        spent_fen: u128,
        /// Sum of the inflows that name it as their source.
        arrived_fen: u128,
    },
    /// Money was made or lost.
    #[error("{origins_fen} fen came in, {present_fen} are there")]
    NotConserved {
        /// From outside.
        origins_fen: u128,
        /// In all accounts.
        present_fen: u128,
    },
    /// There are not as many inflows as movements, or a number is out of order.
    #[error("movement numbers do not fit: {inflows} inflows of accounts, {movements} movements")]
    MovementCount {
        /// Inflows found in accounts.
        inflows: u64,
        /// Numbers given out.
        movements: u64,
    },
}

/// Checks every account of the book against every inflow.
///
/// # Errors
/// The first [`Violation`] found.
pub fn check_book(reader: &dyn StateRead) -> Result<BookTotals, Violation> {
    let movements = book::store::movements(reader)?;
    let mut totals = BookTotals { movements, ..BookTotals::default() };
    let mut spent = BTreeMap::new();
    let mut arrived = BTreeMap::new();
    let mut inflows: u64 = 0;
    let mut after: Option<AccountId> = None;
    loop {
        let page = ACCOUNTS.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        for (id, account) in page {
            totals.accounts += 1;
            check_positions(&id, &account)?;
            let present = u128::from(interval::total(&account.unspent()));
            let held =
                if id.is_terminal() { &mut totals.terminal_fen } else { &mut totals.held_fen };
            *held += present;
            inflows += check_inflows(reader, &id, &account, &mut totals.origins_fen, &mut arrived)?;
            spent.insert(id, u128::from(account.credited) - present);
        }
    }
    if inflows != movements || inflows != count_inflows(reader)? {
        return Err(Violation::MovementCount { inflows, movements });
    }
    for (account, spent_fen) in spent {
        let arrived_fen = arrived.remove(&account).unwrap_or(0);
        if spent_fen != arrived_fen {
            return Err(Violation::SpentIsNotArrived { account, spent_fen, arrived_fen });
        }
    }
    if let Some((account, arrived_fen)) = arrived.pop_first() {
        return Err(Violation::SpentIsNotArrived { account, spent_fen: 0, arrived_fen });
    }
    let (origins_fen, present_fen) = (totals.origins_fen, totals.held_fen + totals.terminal_fen);
    if origins_fen != present_fen {
        return Err(Violation::NotConserved { origins_fen, present_fen });
    }
    Ok(totals)
}

/// Spent positions are sorted, apart, above the frontier and inside the account; the dates of the
/// unspent begin where they begin.
fn check_positions(id: &AccountId, account: &Account) -> Result<(), Violation> {
    let disorder = |position| Violation::SpentDisorder { account: id.clone(), position };
    if account.frontier > account.credited {
        return Err(disorder(account.frontier));
    }
    let mut free_from = account.frontier;
    for taken in &account.taken_ahead {
        if taken.start() <= free_from || taken.end() > account.credited {
            return Err(disorder(taken.start()));
        }
        free_from = taken.end();
    }
    let ascending = account.ages.windows(2).all(|pair| pair[0].start < pair[1].start);
    let first = account.ages.first().map(|run| run.start);
    let expected = Interval::new(account.frontier, account.credited).map(Interval::start);
    if !ascending || first != expected {
        return Err(Violation::AgesDoNotCover { account: id.clone() });
    }
    Ok(())
}

/// The inflows of one account tile it, in the order of their movements; returns how many they are.
fn check_inflows(
    reader: &dyn StateRead,
    id: &AccountId,
    account: &Account,
    origins_fen: &mut u128,
    arrived: &mut BTreeMap<AccountId, u128>,
) -> Result<u64, Violation> {
    let (mut count, mut end, mut after, mut latest) = (0, 0, None, None);
    loop {
        let page = book::inflows(reader, id, after, PAGE)?;
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (offset, Inflow { amount, named, from, movement, .. }) in page {
            if offset != end || latest >= Some(movement) {
                return Err(Violation::InflowsDoNotTile { account: id.clone(), position: end });
            }
            if named > amount {
                return Err(Violation::OverAnswered { account: id.clone(), offset });
            }
            count += 1;
            end = offset.saturating_add(amount.get());
            latest = Some(movement);
            match from {
                Source::Outside(_) => *origins_fen += u128::from(amount.get()),
                Source::Account(from) => {
                    *arrived.entry(from).or_default() += u128::from(amount.get());
                }
            }
        }
    }
    if end != account.credited {
        return Err(Violation::InflowsDoNotTile { account: id.clone(), position: end });
    }
    Ok(count)
}

/// How many inflows the table holds, those of accounts that do not exist included.
fn count_inflows(reader: &dyn StateRead) -> Result<u64, StateError> {
    let mut count = 0;
    let mut after: Option<(AccountId, Ordered)> = None;
    loop {
        let page = INFLOWS.scan(reader, &(), after.as_ref(), PAGE)?;
        let Some((last, _)) = page.last() else { return Ok(count) };
        after = Some(last.clone());
        count += page.len() as u64;
    }
}
