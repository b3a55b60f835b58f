//! One bucket of the state: the entries whose hashed key begins with the same bits.
//!
//! A bucket is stored as one value: its entries in strictly ascending order of key hash, each a
//! key hash and a value hash, 64 bytes, with nothing around them. Its hash is that of the number
//! of entries and the root of a small tree over them. The tree has the shape of RFC 6962 (the left
//! part is the greatest power of two below the number of leaves), so that even a bucket somebody
//! has stuffed on purpose has short proofs. The number of entries is hashed so that a position in
//! the tree is proven, and with it that two entries are neighbours.
//!
//! The hash of an empty bucket is 32 zero bytes. It is not stored.

use crate::hash::{
    HASH_BYTES, StateBucketHash, StateBucketNodeHash, StateKeyHash, StateLeafHash, StateValueHash,
};
use crate::state::place::Place;

/// Bytes of one stored entry.
pub const ENTRY_BYTES: usize = 2 * HASH_BYTES;
/// The hash of a bucket without entries.
pub const EMPTY: StateBucketHash = StateBucketHash([0; HASH_BYTES]);

/// A new value hash for one key, `None` to remove the key.
pub type Edit = (StateKeyHash, Option<StateValueHash>);

/// What is wrong with a stored bucket.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// The length is zero, too great, or not a multiple of the entry's.
    #[error("{bytes} bytes are not a positive number of {ENTRY_BYTES}-byte entries")]
    Length {
        /// The length found.
        bytes: usize,
    },
    /// An entry does not follow the one before it.
    #[error("entry {position} is not greater than the one before it")]
    Order {
        /// Position of the later entry.
        position: usize,
    },
    /// An entry belongs to another bucket.
    #[error("entry {position} belongs to bucket {belongs_to} or a part of it")]
    Foreign {
        /// Position of the entry.
        position: usize,
        /// The bucket at the top that its key hash names.
        belongs_to: Place,
    },
    /// A part of a bucket has split, though the whole has too few entries for that.
    #[error("it has split with {count} entries, in a bucket that is to be joined")]
    Count {
        /// The number of entries found.
        count: u64,
    },
    /// The bucket should have entries, and is not stored.
    #[error("it is missing, its hash should be {expected}")]
    Missing {
        /// The hash that the tree holds.
        expected: StateBucketHash,
    },
    /// The bucket does not have the hash that the tree holds.
    #[error("its hash is {found}, it should be {expected}")]
    Hash {
        /// The hash that the tree holds.
        expected: StateBucketHash,
        /// The hash of the stored bytes.
        found: StateBucketHash,
    },
}

/// One entry of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The hashed key.
    pub key: StateKeyHash,
    /// The hashed value.
    pub value: StateValueHash,
    leaf: StateLeafHash,
}

impl Entry {
    /// The entry of `key` and `value`.
    pub fn new(key: StateKeyHash, value: StateValueHash) -> Self {
        Self { key, value, leaf: leaf_hash(&key, &value) }
    }
}

/// A decoded bucket.
///
/// **Invariant:** the entries ascend strictly by key hash and all belong to this bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    entries: Vec<Entry>,
}

impl Bucket {
    /// The bucket without entries.
    pub fn empty() -> Self {
        Self { entries: Vec::new() }
    }

    /// The bucket of `entries`, which ascend strictly by key hash and belong to one place.
    pub(super) fn of(entries: &[Entry]) -> Self {
        Self { entries: entries.to_vec() }
    }

    /// Reads the stored form of the bucket at `place`.
    ///
    /// # Errors
    /// [`Damage`] if the bytes are not the one canonical form of a bucket that has entries.
    pub fn decode(place: Place, bytes: &[u8]) -> Result<Self, Damage> {
        let length = Damage::Length { bytes: bytes.len() };
        let (pairs, rest) = bytes.as_chunks::<ENTRY_BYTES>();
        if pairs.is_empty() || !rest.is_empty() || u32::try_from(pairs.len()).is_err() {
            return Err(length);
        }
        let mut entries: Vec<Entry> = Vec::with_capacity(pairs.len());
        for (position, pair) in pairs.iter().enumerate() {
            let mut key = StateKeyHash::default();
            let mut value = StateValueHash::default();
            key.0.copy_from_slice(&pair[..HASH_BYTES]);
            value.0.copy_from_slice(&pair[HASH_BYTES..]);
            if !place.holds(&key) {
                return Err(Damage::Foreign { position, belongs_to: Place::of(&key) });
            }
            if entries.last().is_some_and(|last| key <= last.key) {
                return Err(Damage::Order { position });
            }
            entries.push(Entry::new(key, value));
        }
        Ok(Self { entries })
    }

    /// The stored form; no bytes if the bucket is empty and is therefore not stored.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.entries.len() * ENTRY_BYTES);
        for entry in &self.entries {
            bytes.extend_from_slice(&entry.key.0);
            bytes.extend_from_slice(&entry.value.0);
        }
        bytes
    }

    /// The hash of the bucket, [`EMPTY`] if it has no entries.
    pub fn hash(&self) -> StateBucketHash {
        if self.entries.is_empty() {
            return EMPTY;
        }
        bucket_hash(self.count(), &subtree_root(&self.entries))
    }

    /// The entries, ascending by key hash.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The number of entries. `decode` refuses more than fit, and no memory holds 2^32 of them.
    pub fn count(&self) -> u32 {
        self.entries.len() as u32
    }

    /// The bucket after `edits`, which ascend strictly by key hash and belong to this bucket;
    /// `None` if they change nothing.
    pub fn edited(&self, edits: &[Edit]) -> Option<Self> {
        let mut entries = Vec::with_capacity(self.entries.len() + edits.len());
        let mut old = self.entries.iter().copied().peekable();
        let mut changed = false;
        for (key, value) in edits {
            while let Some(entry) = old.next_if(|entry| entry.key < *key) {
                entries.push(entry);
            }
            let before = old.next_if(|entry| entry.key == *key);
            match (before, value) {
                (Some(entry), Some(value)) if entry.value == *value => entries.push(entry),
                (None, None) => {}
                (_, Some(value)) => {
                    changed = true;
                    entries.push(Entry::new(*key, *value));
                }
                (Some(_), None) => changed = true,
            }
        }
        entries.extend(old);
        changed.then_some(Self { entries })
    }

    /// The hashes that lead from the entry at `position` to the inner root, lowest first; empty if
    /// there is no such entry.
    pub fn path(&self, position: usize) -> Vec<StateBucketNodeHash> {
        let mut path = Vec::new();
        if position < self.entries.len() {
            collect_path(&self.entries, position, &mut path);
        }
        path
    }
}

/// The hash of a bucket with `count` entries and the inner root `inner_root`.
pub fn bucket_hash(count: u32, inner_root: &StateBucketNodeHash) -> StateBucketHash {
    StateBucketHash::of(&[&count.to_le_bytes(), &inner_root.0])
}

/// The inner root of a bucket of `count` entries in which the entry (`key`, `value`) is at
/// `position` and `path` leads up from it; `None` if the path is not exactly as long as that
/// position's.
pub fn inner_root_from_path(
    key: &StateKeyHash,
    value: &StateValueHash,
    position: u32,
    count: u32,
    path: &[StateBucketNodeHash],
) -> Option<StateBucketNodeHash> {
    let leaf = StateBucketNodeHash(leaf_hash(key, value).0);
    (position < count).then(|| climb(leaf, position, count, path))?
}

fn leaf_hash(key: &StateKeyHash, value: &StateValueHash) -> StateLeafHash {
    StateLeafHash::of(&[&key.0, &value.0])
}

fn inner_hash(left: &StateBucketNodeHash, right: &StateBucketNodeHash) -> StateBucketNodeHash {
    StateBucketNodeHash::of(&[&left.0, &right.0])
}

/// How many of `count` leaves, at least two, are in the left part: the greatest power of two below.
fn left_part(count: usize) -> usize {
    1 << (count - 1).ilog2()
}

/// The root over at least one entry. The root over a single entry is its leaf hash.
fn subtree_root(entries: &[Entry]) -> StateBucketNodeHash {
    match entries {
        [] => StateBucketNodeHash(EMPTY.0),
        [entry] => StateBucketNodeHash(entry.leaf.0),
        _ => {
            let (left, right) = entries.split_at(left_part(entries.len()));
            inner_hash(&subtree_root(left), &subtree_root(right))
        }
    }
}

fn collect_path(entries: &[Entry], position: usize, path: &mut Vec<StateBucketNodeHash>) {
    if entries.len() < 2 {
        return;
    }
    let (left, right) = entries.split_at(left_part(entries.len()));
    if position < left.len() {
        collect_path(left, position, path);
        path.push(subtree_root(right));
    } else {
        collect_path(right, position - left.len(), path);
        path.push(subtree_root(left));
    }
}

/// The reverse of [`collect_path`]; `position < count`. At most 32 deep.
fn climb(
    leaf: StateBucketNodeHash,
    position: u32,
    count: u32,
    path: &[StateBucketNodeHash],
) -> Option<StateBucketNodeHash> {
    if count < 2 {
        return path.is_empty().then_some(leaf);
    }
    let (sibling, below) = path.split_last()?;
    let left = 1 << (count - 1).ilog2();
    if position < left {
        Some(inner_hash(&climb(leaf, position, left, below)?, sibling))
    } else {
        Some(inner_hash(sibling, &climb(leaf, position - left, count - left, below)?))
    }
}
