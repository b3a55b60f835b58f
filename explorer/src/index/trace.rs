//! The movements of the index, as traces ask for them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Range;

use minglian_contracts::book::{AccountId, Interval, Movement};
use minglian_contracts::trace::MovementSource;

use super::account::{self, AccountNumber};
use super::{IndexError, stored};
use crate::database::{Connection, Row, params};

/// Rows of an account that are read at once: few at first, and more when its next ones are asked
/// for. A trace over a pool of many gifts asks for one after the other.
const AHEAD_MIN: usize = 4;
const AHEAD_MAX: usize = 256;

/// Rows that are kept for all accounts of a trace together.
const KEPT_MAX: usize = 8_192;

/// The movements of the index in one read transaction.
#[derive(Debug)]
pub struct Movements<'a> {
    connection: &'a Connection,
    ahead: RefCell<Ahead>,
}

/// What was read ahead, and how many rows it is.
#[derive(Debug, Default)]
struct Ahead {
    runs: BTreeMap<(Side, AccountId), Run>,
    rows: usize,
}

/// Which intervals of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    /// Those that came in.
    Credited,
    /// Those that went out.
    Taken,
}

impl Side {
    /// Start, end and movement of the intervals of account ?1 that end behind position ?2 and begin
    /// before ?3, at most ?4 of them. They do not overlap, so only the last that begins at or below
    /// ?2 may end behind it; it is given also if it does not.
    const fn query(self) -> &'static str {
        match self {
            Self::Credited => {
                "SELECT to_start, to_end, body FROM movements WHERE to_account = ?1 \
                 AND to_start >= coalesce((SELECT to_start FROM movements WHERE to_account = ?1 \
                 AND to_start <= ?2 ORDER BY to_start DESC LIMIT 1), ?2) \
                 AND to_start < ?3 ORDER BY to_start LIMIT ?4"
            }
            Self::Taken => {
                "SELECT start, \"end\", body FROM taken JOIN movements ON number = movement \
                 WHERE account = ?1 AND start >= coalesce((SELECT start FROM taken \
                 WHERE account = ?1 AND start <= ?2 ORDER BY start DESC LIMIT 1), ?2) \
                 AND start < ?3 ORDER BY start LIMIT ?4"
            }
        }
    }
}

/// The intervals of an account that meet some of its positions, as far as they were read.
#[derive(Debug)]
struct Run {
    number: AccountNumber,
    positions: Range<i64>,
    /// Start, end and movement, ascending.
    rows: Vec<(i64, i64, Vec<u8>)>,
    /// Whether nothing else meets these positions.
    is_whole: bool,
}

impl Run {
    /// The movement of the lowest interval that meets `wanted`, if there is any; none if that was
    /// not read.
    fn lowest(&self, wanted: &Range<i64>) -> Option<Option<&[u8]>> {
        if wanted.start < self.positions.start || wanted.end > self.positions.end {
            return None;
        }
        let at = self.rows.partition_point(|(_, end, _)| *end <= wanted.start);
        match self.rows.get(at) {
            Some((start, _, movement)) if *start < wanted.end => Some(Some(movement)),
            Some(_) => Some(None),
            None => self.is_whole.then_some(None),
        }
    }
}

impl<'a> Movements<'a> {
    /// The movements that `connection` sees.
    pub fn new(connection: &'a Connection) -> Self {
        Self { connection, ahead: RefCell::default() }
    }

    fn lowest(
        &self,
        side: Side,
        account: &AccountId,
        interval: Interval,
    ) -> Result<Option<Movement>, IndexError> {
        let start = stored("a position", interval.start())?;
        let wanted = start..stored("a position", interval.end())?;
        let mut ahead = self.ahead.borrow_mut();
        let key = (side, account.clone());
        let known = ahead.runs.get(&key);
        let found = match known.and_then(|run| run.lowest(&wanted)) {
            Some(found) => found,
            None => {
                let number = match known {
                    Some(run) => Some(run.number),
                    None => account::find(self.connection, account)?,
                };
                let Some(number) = number else { return Ok(None) };
                let more = known.map_or(0, |run| run.rows.len().saturating_mul(4));
                let run = self.read(side, number, wanted.clone(), more)?;
                ahead.keep(key, run).lowest(&wanted).flatten()
            }
        };
        found.map(|body| account::decode("a movement", body)).transpose()
    }

    /// The first intervals that meet these positions.
    fn read(
        &self,
        side: Side,
        number: AccountNumber,
        positions: Range<i64>,
        rows: usize,
    ) -> Result<Run, IndexError> {
        let limit = rows.clamp(AHEAD_MIN, AHEAD_MAX);
        let mut statement = self.connection.prepare_cached(side.query())?;
        let count = stored("a count", limit as u64)?;
        let values = params![number, positions.start, positions.end, count];
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let rows: Vec<_> = statement.query_map(values, read)?.collect::<Result<_, _>>()?;
        Ok(Run { number, positions, is_whole: rows.len() < limit, rows })
    }
}

impl Ahead {
    /// Keeps what was read, in place of what was read before of the same account; of all others if
    /// it becomes too much.
    fn keep(&mut self, key: (Side, AccountId), run: Run) -> &Run {
        if self.rows >= KEPT_MAX {
            *self = Self::default();
        }
        self.rows = self.rows.saturating_add(run.rows.len());
        let place = self.runs.entry(key);
        place.insert_entry(run).into_mut()
    }
}

impl MovementSource for Movements<'_> {
    type Error = IndexError;

    fn inflow_at(
        &self,
        account: &AccountId,
        interval: Interval,
    ) -> Result<Option<Movement>, IndexError> {
        self.lowest(Side::Credited, account, interval)
    }

    fn outflow_at(
        &self,
        account: &AccountId,
        interval: Interval,
    ) -> Result<Option<Movement>, IndexError> {
        self.lowest(Side::Taken, account, interval)
    }
}

/// Enters a movement's positions.
pub(super) fn enter(
    connection: &Connection,
    movement: &Movement,
    from: Option<AccountNumber>,
) -> Result<(), IndexError> {
    let Some(from) = from else { return Ok(()) };
    let number = stored("a movement", movement.number.0)?;
    let mut statement = connection.prepare_cached("INSERT INTO taken VALUES (?1, ?2, ?3, ?4)")?;
    for interval in &movement.from_intervals {
        let start = stored("a position", interval.start())?;
        let end = stored("a position", interval.end())?;
        statement.execute(params![from, start, end, number])?;
    }
    Ok(())
}
