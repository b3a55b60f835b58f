//! The authenticated state beside the index, so that pages ask it what the contracts ask it.
//!
//! Reports, deadlines and limits are functions of the contracts over [`StateRead`]. Kept in the
//! index and written in the block's transaction, the state that a page reads is always of the
//! height of the page's other rows, also while blocks are verified again after a restart.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_contracts::schema::{Table, prefix};
use minglian_ledger::state::{Changes, KeyValue, StateError, StateRead};

use super::{IndexError, account};
use crate::database::{Connection, OptionalExtension, params};

/// What no page asks: references that were used, refused acts, and open proposals.
const LEFT_OUT: [u8; 6] = [
    prefix::REFERENCES,
    prefix::REFUSED,
    prefix::REFUSED_BYTES,
    prefix::FORGETTING,
    prefix::PROPOSALS,
    prefix::OPEN_PROPOSALS,
];

/// Entries of a state that are read at a time.
const ENTRIES_READ: usize = 1_000;

/// The state of the indexed height, in one read transaction.
#[derive(Debug, Clone, Copy)]
pub struct Mirror<'a>(pub &'a Connection);

/// Enters what a block changed.
pub(super) fn enter(connection: &Connection, changes: &Changes) -> Result<(), IndexError> {
    let query = "INSERT INTO state VALUES (?1, ?2) \
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    let mut put = connection.prepare_cached(query)?;
    let mut delete = connection.prepare_cached("DELETE FROM state WHERE key = ?1")?;
    for (key, value) in changes {
        if key.first().is_none_or(|first| LEFT_OUT.contains(first)) {
            continue;
        }
        match value {
            Some(value) => put.execute(params![key, value])?,
            None => delete.execute([key])?,
        };
    }
    Ok(())
}

/// Whether the mirror is this state, byte for byte.
///
/// # Errors
/// [`IndexError::Database`].
pub fn holds(connection: &Connection, state: &dyn StateRead) -> Result<bool, IndexError> {
    let mut statement = connection.prepare_cached("SELECT key, value FROM state ORDER BY key")?;
    let mut rows = statement.stream([])?;
    let mut is_held = true;
    each(state, |key, value| {
        if key.first().is_none_or(|first| LEFT_OUT.contains(first)) {
            return Ok(true);
        }
        is_held = match rows.next()? {
            Some(row) => row.is_blob(0, &key)? && row.is_blob(1, &value)?,
            None => false,
        };
        Ok(is_held)
    })?;
    Ok(is_held && rows.next()?.is_none())
}

/// Calls `see` with each entry of a state in the order of keys, until it says that it is enough.
pub(super) fn each(
    state: &dyn StateRead,
    mut see: impl FnMut(Vec<u8>, Vec<u8>) -> Result<bool, IndexError>,
) -> Result<(), IndexError> {
    let mut after: Option<Vec<u8>> = None;
    loop {
        let entries = state.scan_prefix(&[], after.as_deref(), ENTRIES_READ)?;
        let Some((last, _)) = entries.last() else { return Ok(()) };
        after = Some(last.clone());
        for (key, value) in entries {
            if !see(key, value)? {
                return Ok(());
            }
        }
    }
}

/// The keys of `table` that `changes` set or remove.
pub(super) fn keys<K, V>(changes: &Changes, table: &Table<K, V>) -> Result<Vec<K>, IndexError>
where
    K: BorshSerialize + BorshDeserialize,
    V: BorshSerialize + BorshDeserialize,
{
    let first = table.prefix_of(&());
    let of_table = changes.keys().filter(|key| key.starts_with(&first));
    of_table.map(|key| account::decode("a state key", key.get(1..).unwrap_or_default())).collect()
}

/// The entries of `table` that `changes` set.
pub(super) fn entries<K, V>(
    changes: &Changes,
    table: &Table<K, V>,
) -> Result<Vec<(K, V)>, IndexError>
where
    K: BorshSerialize + BorshDeserialize,
    V: BorshSerialize + BorshDeserialize,
{
    let first = table.prefix_of(&());
    let set = changes.iter().filter(|(key, _)| key.starts_with(&first));
    set.filter_map(|(key, value)| Some((key, value.as_ref()?)))
        .map(|(key, value)| {
            let tail = key.get(1..).unwrap_or_default();
            Ok((account::decode("a state key", tail)?, account::decode("a state value", value)?))
        })
        .collect()
}

impl StateRead for Mirror<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        let read = || -> Result<Option<Vec<u8>>, crate::database::Error> {
            let query = "SELECT value FROM state WHERE key = ?1";
            self.0.prepare_cached(query)?.query_row([key], |row| row.get(0)).optional()
        };
        read().map_err(StateError::backend)
    }

    fn scan_prefix(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StateError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let read = || -> Result<Vec<KeyValue>, crate::database::Error> {
            let is_after = after.is_some_and(|after| after >= prefix);
            let query = if is_after {
                "SELECT key, value FROM state WHERE key > ?1 ORDER BY key LIMIT ?2"
            } else {
                "SELECT key, value FROM state WHERE key >= ?1 ORDER BY key LIMIT ?2"
            };
            let from = after.filter(|_| is_after).unwrap_or(prefix);
            let mut statement = self.0.prepare_cached(query)?;
            let mut rows = statement.query(params![from, limit])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()? {
                let key: Vec<u8> = row.get(0)?;
                if !key.starts_with(prefix) {
                    break;
                }
                found.push((key, row.get(1)?));
            }
            Ok(found)
        };
        read().map_err(StateError::backend)
    }
}
