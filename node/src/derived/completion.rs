//! Making the index of a database whole that a version of this program wrote which knew fewer
//! kinds: every entry is made of the log again. It takes minutes for a million records, so it says
//! how far it is, ends when the node is to stop, and goes on there at the next start.

use std::time::{Duration, Instant};

use minglian_ledger::height::LogIndex;
use minglian_ledger::record::Leaf;
use minglian_ledger::store::{DerivedRead as _, Store};

use super::{DerivedError, KINDS_VERSION, VERSION, entries, first_entries};

/// Entries written at a time.
const WRITTEN_AT_A_TIME: usize = 10_000;

/// How often it is said how far it is.
const SAID_INTERVAL: Duration = Duration::from_secs(3);

/// What stands first in the version's entry while an index is being made whole.
const UNFINISHED: u8 = 0;

/// Makes the index whole, unless it is. The version is written last. `is_stopped` is asked before
/// each leaf: whether to leave the rest for the next start.
///
/// # Errors
/// [`DerivedError::Stopped`]; else [`DerivedError`] if the log cannot be read or the entries cannot
/// be written.
pub fn complete(store: &Store, is_stopped: &dyn Fn() -> bool) -> Result<(), DerivedError> {
    let Some(first) = next_leaf(store)? else { return Ok(()) };
    let size = store.tip()?.header.log_size;
    tracing::info!(
        from = first,
        leaves = size,
        "an earlier program wrote this database: making its query index whole before the node \
         answers"
    );
    let mut made = Vec::new();
    let mut said_at = Instant::now();
    for index in (first..size).map(LogIndex) {
        if is_stopped() {
            made.push(unfinished(index));
            store.put_derived(&made)?;
            tracing::info!(done = index.0, leaves = size, "the rest is made at the next start");
            return Err(DerivedError::Stopped);
        }
        let unreadable = || DerivedError::Leaf(index);
        let bytes = store.leaf(index)?.ok_or_else(unreadable)?;
        if let Leaf::Record(record) = Leaf::decode(&bytes).map_err(|_| unreadable())? {
            let (transactions, receipts) = ([record.transaction], [record.receipt]);
            made.extend(entries(index.0, &transactions, &receipts));
        }
        if made.len() >= WRITTEN_AT_A_TIME {
            made.push(unfinished(LogIndex(index.0 + 1)));
            store.put_derived(&made)?;
            made.clear();
        }
        if said_at.elapsed() >= SAID_INTERVAL {
            said_at = Instant::now();
            let percent = (u128::from(index.0) * 100) / u128::from(size);
            tracing::info!(done = index.0, leaves = size, percent, "making the query index whole");
        }
    }
    made.extend(first_entries());
    store.put_derived(&made)?;
    tracing::info!(leaves = size, "the query index is whole");
    Ok(())
}

/// The leaf with which to go on; none if the index is whole.
fn next_leaf(store: &Store) -> Result<Option<u64>, DerivedError> {
    let version = store.derived(&[VERSION])?.unwrap_or_default();
    Ok(match version.as_slice() {
        [KINDS_VERSION] => None,
        [UNFINISHED, KINDS_VERSION, next @ ..] => {
            let next = next.try_into().map_err(|_| DerivedError::Damaged(VERSION.into()))?;
            Some(u64::from_be_bytes(next))
        }
        _ => Some(0),
    })
}

/// The version's entry while the leaf `next` and those behind it are to be read.
fn unfinished(next: LogIndex) -> (Vec<u8>, Vec<u8>) {
    (vec![VERSION], [&[UNFINISHED, KINDS_VERSION][..], &next.0.to_be_bytes()].concat())
}
