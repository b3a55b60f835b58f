//! The book's tables in the authenticated state.

use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::state::{StateError, StateRead};

use crate::book::REBASES_FOLLOWED_MAX;
use crate::book::account::{Account, AccountId};
use crate::book::interval::{self, Interval};
use crate::book::movement::{Inflow, MovementNumber};
use crate::schema::{State, Table, prefix};

/// The number that the next movement gets. One key for the whole ledger: the state map is updated
/// once a block, so it costs one update per block.
const NEXT_MOVEMENT: Table<(), u64> = Table::new(prefix::BOOK_FIRST);

/// Every account.
pub(crate) const ACCOUNTS: Table<AccountId, Account> = Table::new(prefix::BOOK_FIRST + 1);

/// Every inflow of every account, by its first position.
pub(crate) const INFLOWS: Table<(AccountId, Ordered), Inflow> = Table::new(prefix::BOOK_FIRST + 2);

/// Every re-base of every account, by its number in the account.
pub(crate) const REBASES: Table<(AccountId, Ordered), Rebased> = Table::new(prefix::BOOK_FIRST + 3);

/// A number in a key, most significant byte first so that keys sort as the numbers do (borsh writes
/// the least significant byte first).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ordered(pub(crate) u64);

impl BorshSerialize for Ordered {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        writer.write_all(&self.0.to_be_bytes())
    }
}

impl BorshDeserialize for Ordered {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let mut bytes = [0; 8];
        reader.read_exact(&mut bytes)?;
        Ok(Self(u64::from_be_bytes(bytes)))
    }
}

/// A re-base: all positions that were unspent then, and where they went.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct Rebased {
    pub(crate) from: Vec<Interval>,
    pub(crate) to: Interval,
}

impl Rebased {
    /// Where the unspent part of `interval` went: one interval, because a re-base keeps the order
    /// and nothing but spent positions was between them.
    fn moved(&self, interval: Interval) -> Option<Interval> {
        let place = |position| self.to.start() + interval::rank(&self.from, position);
        Interval::new(place(interval.start()), place(interval.end()))
    }
}

/// Takes the next movement number.
pub(crate) fn take_number(state: &mut State<'_>) -> Result<MovementNumber, StateError> {
    let number = movements(state)?;
    NEXT_MOVEMENT.put(state, &(), &number.saturating_add(1));
    Ok(MovementNumber(number))
}

/// How many movements there have been.
pub(crate) fn movements(reader: &dyn StateRead) -> Result<u64, StateError> {
    Ok(NEXT_MOVEMENT.get(reader, &())?.unwrap_or(0))
}

/// Where the inflow that came in at `offset` is now, spent positions included: through each re-base
/// since, at most one interval. `None` if it was spent before one of them, or lies behind more of
/// them than are followed.
pub(crate) fn locate(
    reader: &dyn StateRead,
    id: &AccountId,
    account: &Account,
    offset: u64,
    inflow: &Inflow,
) -> Result<Option<Interval>, StateError> {
    if account.rebases.saturating_sub(inflow.rebases_before) > REBASES_FOLLOWED_MAX {
        return Ok(None);
    }
    let mut position = Interval::new(offset, offset.saturating_add(inflow.amount.get()));
    for sequence in inflow.rebases_before..account.rebases {
        let Some(interval) = position else { return Ok(None) };
        let key = (id.clone(), Ordered(u64::from(sequence)));
        position = REBASES.get(reader, &key)?.and_then(|rebased| rebased.moved(interval));
    }
    Ok(position)
}
