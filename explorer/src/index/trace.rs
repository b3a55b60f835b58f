//! The movements of the index, as traces ask for them.

use minglian_contracts::book::{AccountId, Interval, Movement};
use minglian_contracts::trace::MovementSource;

use super::account::{self, AccountNumber};
use super::{IndexError, stored};
use crate::database::{Connection, OptionalExtension, params};

/// The movements of the index in one read transaction.
#[derive(Debug, Clone, Copy)]
pub struct Movements<'a>(pub &'a Connection);

/// The interval of an account that holds the lowest of the positions asked for: the last that
/// begins at or below the first of them, or else the first that begins among them.
struct Query {
    at_or_below: &'static str,
    among: &'static str,
}

const CREDITED: Query = Query {
    at_or_below: "SELECT to_end, body FROM movements WHERE to_account = ?1 AND to_start <= ?2 \
                  ORDER BY to_start DESC LIMIT 1",
    among: "SELECT to_end, body FROM movements WHERE to_account = ?1 AND to_start > ?2 \
            AND to_start < ?3 ORDER BY to_start LIMIT 1",
};

const TAKEN: Query = Query {
    at_or_below: "SELECT \"end\", body FROM taken JOIN movements ON number = movement \
                  WHERE account = ?1 AND start <= ?2 ORDER BY start DESC LIMIT 1",
    among: "SELECT \"end\", body FROM taken JOIN movements ON number = movement \
            WHERE account = ?1 AND start > ?2 AND start < ?3 ORDER BY start LIMIT 1",
};

impl Movements<'_> {
    fn lowest(
        &self,
        query: &Query,
        account: &AccountId,
        interval: Interval,
    ) -> Result<Option<Movement>, IndexError> {
        let Some(number) = account::find(self.0, account)? else { return Ok(None) };
        let start = stored("a position", interval.start())?;
        let end = stored("a position", interval.end())?;
        let read = |row: &crate::database::Row<'_>| Ok((row.get::<i64>(0)?, row.get(1)?));
        let below: Option<(i64, Vec<u8>)> = self
            .0
            .prepare_cached(query.at_or_below)?
            .query_row(params![number, start], read)
            .optional()?;
        let found = match below.filter(|(interval_end, _)| *interval_end > start) {
            Some(found) => Some(found),
            None => self
                .0
                .prepare_cached(query.among)?
                .query_row(params![number, start, end], read)
                .optional()?,
        };
        found.map(|(_, body)| account::decode("a movement", &body)).transpose()
    }
}

impl MovementSource for Movements<'_> {
    type Error = IndexError;

    fn inflow_at(
        &self,
        account: &AccountId,
        interval: Interval,
    ) -> Result<Option<Movement>, IndexError> {
        self.lowest(&CREDITED, account, interval)
    }

    fn outflow_at(
        &self,
        account: &AccountId,
        interval: Interval,
    ) -> Result<Option<Movement>, IndexError> {
        self.lowest(&TAKEN, account, interval)
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
