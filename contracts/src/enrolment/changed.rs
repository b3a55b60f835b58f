//! What a block changed of keys and requests, for the nodes of members that have to act.

use minglian_ledger::height::LogIndex;
use minglian_ledger::state::Changes;

use super::ceremony::{CEREMONIES, DEALINGS};
use super::evaluation::REQUESTS;
use super::key::THRESHOLD_KEYS;

/// What members have to look at after a block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changed {
    /// Whether a ceremony or a key has changed.
    pub has_keys: bool,
    /// Requests that are new, or that a member answered.
    pub requests: Vec<LogIndex>,
}

/// What the changes of a block come to for members.
pub fn changed(changes: &Changes) -> Changed {
    // The entries of a table stand together; a table's prefix is one byte.
    let of = |table: Vec<u8>| {
        let entries = changes.range(table.clone()..);
        entries.take_while(move |(key, _)| key.starts_with(&table))
    };
    let keys = [CEREMONIES.prefix_of(&()), DEALINGS.prefix_of(&()), THRESHOLD_KEYS.prefix_of(&())];
    let requests = of(REQUESTS.prefix_of(&()));
    Changed {
        has_keys: keys.into_iter().any(|table| of(table).next().is_some()),
        requests: requests.filter_map(|(key, _)| borsh::from_slice(&key[1..]).ok()).collect(),
    }
}
