//! The authenticated state: a map of what is true now, under one root.
//!
//! Keys and values are byte strings. The map is split by hashed key into 2^20 buckets
//! ([`bucket`]); a tree of fixed depth 20 over the bucket hashes ([`tree`]) ends in the
//! [`StateRoot`]. A bucket with too many entries splits into parts ([`page`]). The root depends on
//! the contents only, never on the order in which they came.
//!
//! A block is executed on an [`overlay::Overlay`], whose changes [`tree::StateTree::prepare`] turns
//! into a new root without touching anything; the decided block's update is then applied.
//! [`proof`] shows one key's value, or its absence, to somebody who has only the root.
//!
//! **Invariant:** nothing here knows a disk. The store implements [`StateRead`] and [`BucketRead`];
//! [`MemoryState`] is the same thing in memory, for tests, audits and re-execution.

pub mod bucket;
mod edit;
pub mod overlay;
pub mod page;
pub mod place;
pub mod proof;
pub mod tree;

use std::collections::BTreeMap;
use std::error::Error;
use std::ops::Bound;

use crate::hash::{StateBucketHash, StateRoot};
use crate::state::place::Place;

/// What a block does to the state: the new value of each key it touches, `None` for a key it
/// removes.
pub type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A key and its value.
pub type KeyValue = (Vec<u8>, Vec<u8>);

/// The state cannot be read, or what was read is not what was written. Never a business refusal:
/// a node that meets one stops rather than vote.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The backend failed.
    #[error("reading the state: {0}")]
    Backend(#[source] Box<dyn Error + Send + Sync>),
    /// A stored bucket is damaged.
    #[error("state bucket {place} is damaged: {damage}")]
    DamagedBucket {
        /// Which bucket.
        place: Place,
        /// What is wrong with it.
        #[source]
        damage: bucket::Damage,
    },
    /// The stored bucket hashes name a bucket that does not exist, or one bucket twice.
    #[error("stored bucket hashes: index {index} is repeated or not below {}", place::BUCKETS)]
    BucketIndex {
        /// The index as stored.
        index: u32,
    },
    /// An update was prepared on another state than the one it is to be applied to.
    #[error("the update was prepared on state {prepared_on}, the tree is at {tree}")]
    StaleUpdate {
        /// The root on which it was prepared.
        prepared_on: StateRoot,
        /// The root of the tree.
        tree: StateRoot,
    },
}

impl StateError {
    /// Wraps an error of the backend.
    pub fn backend(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Backend(error.into())
    }
}

/// Read access to keys and values.
pub trait StateRead {
    /// The value of `key`, or `None` if the key is not in the state.
    ///
    /// # Errors
    /// [`StateError`] if the backend cannot answer.
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError>;

    /// The first `limit` entries in ascending key order whose key starts with `prefix` and is
    /// greater than `after`.
    ///
    /// # Errors
    /// [`StateError`] if the backend cannot answer.
    fn scan_prefix(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StateError>;
}

/// Read access to stored buckets, in the encoding of [`page::Page`].
pub trait BucketRead {
    /// The bytes stored at `place`, or `None` if nothing is.
    ///
    /// # Errors
    /// [`StateError`] if the backend cannot answer.
    fn bucket(&self, place: Place) -> Result<Option<Vec<u8>>, StateError>;

    /// Several buckets at once, `places` ascending, answers in the same order. A backend that can
    /// read many keys in one call overrides this.
    ///
    /// # Errors
    /// [`StateError`] if the backend cannot answer.
    fn buckets(&self, places: &[Place]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        places.iter().map(|place| self.bucket(*place)).collect()
    }
}

/// The changes that undo `changes`: for each key the value it has in `reader` now. To be computed
/// before `changes` are written.
///
/// # Errors
/// [`StateError`] if the reader cannot answer.
pub fn inverse(reader: &impl StateRead, changes: &Changes) -> Result<Changes, StateError> {
    changes.keys().map(|key| Ok((key.clone(), reader.get(key)?))).collect()
}

/// Where an ordered scan of `prefix` behind `after` starts.
fn scan_start<'a>(prefix: &'a [u8], after: Option<&'a [u8]>) -> Bound<&'a [u8]> {
    match after {
        Some(after) if prefix <= after => Bound::Excluded(after),
        _ => Bound::Included(prefix),
    }
}

/// The part of `map` that a scan of `prefix` behind `after` sees, without limit.
fn scan_map<'a, V>(
    map: &'a BTreeMap<Vec<u8>, V>,
    prefix: &'a [u8],
    after: Option<&'a [u8]>,
) -> impl Iterator<Item = (&'a Vec<u8>, &'a V)> {
    map.range::<[u8], _>((scan_start(prefix, after), Bound::Unbounded))
        .take_while(move |(key, _)| key.starts_with(prefix))
}

/// The whole state in memory.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemoryState {
    values: BTreeMap<Vec<u8>, Vec<u8>>,
    buckets: BTreeMap<Place, Vec<u8>>,
}

impl MemoryState {
    /// A state without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// Writes a block: `changes`, and the buckets that [`tree::StateTree::prepare`] made of them.
    pub fn commit(&mut self, update: &tree::StateUpdate, changes: &Changes) {
        for (key, value) in changes {
            match value {
                Some(value) => self.values.insert(key.clone(), value.clone()),
                None => self.values.remove(key),
            };
        }
        for (place, bytes, _) in update.buckets() {
            if bytes.is_empty() {
                self.buckets.remove(&place);
            } else {
                self.buckets.insert(place, bytes.to_vec());
            }
        }
    }

    /// Every entry, in key order.
    pub fn entries(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.values.iter().map(|(key, value)| (key.as_slice(), value.as_slice()))
    }

    /// Every bucket and part of one that is stored, ascending by place.
    pub fn buckets(&self) -> impl Iterator<Item = (Place, &[u8])> {
        self.buckets.iter().map(|(place, bytes)| (*place, bytes.as_slice()))
    }

    /// The hash of each bucket at the top that is not empty, computed from its bytes; the input of
    /// [`tree::StateTree::rebuild`].
    pub fn bucket_hashes(
        &self,
    ) -> impl Iterator<Item = Result<(u32, StateBucketHash), StateError>> {
        self.buckets().filter(|(place, _)| place.splits() == 0).map(|(place, bytes)| {
            page::Page::decode(place, bytes)
                .map(|page| (place.index(), page.hash()))
                .map_err(|damage| StateError::DamagedBucket { place, damage })
        })
    }
}

impl StateRead for MemoryState {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.values.get(key).cloned())
    }

    fn scan_prefix(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StateError> {
        Ok(scan_map(&self.values, prefix, after)
            .take(limit)
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect())
    }
}

impl BucketRead for MemoryState {
    fn bucket(&self, place: Place) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.buckets.get(&place).cloned())
    }
}
