//! What stands at a place: a bucket's entries, or the hashes of the parts into which it has split.
//!
//! A bucket of more than [`SPLIT_ENTRIES`] entries splits, one that shrinks to that many is joined
//! again. So what a change costs does not grow with what somebody has stuffed into one bucket, and
//! the root still depends on the contents only.

use crate::hash::{HASH_BYTES, StateBucketHash, StateNodeHash, StateSplitHash};
use crate::state::bucket::{self, Bucket, Damage, ENTRY_BYTES};
use crate::state::place::{PARTS, Place};
use crate::state::tree::node_hash;

/// The most entries of a bucket that can split. Until the state has tens of millions of entries,
/// chance alone fills none so far.
pub const SPLIT_ENTRIES: usize = 64;

/// Bytes of a stored split: the number of entries below, and the hashes of the parts. Never the
/// length of entries.
pub const SPLIT_BYTES: usize = size_of::<u64>() + PARTS * HASH_BYTES;
const _: () = assert!(!SPLIT_BYTES.is_multiple_of(ENTRY_BYTES));

/// What stands at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Page {
    /// The entries themselves.
    Entries(Bucket),
    /// There are too many of them: they stand in parts.
    Split(Box<Split>),
}

/// A bucket that has split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// How many entries its parts hold, more than [`SPLIT_ENTRIES`].
    pub count: u64,
    /// The hashes of its parts.
    pub parts: [StateBucketHash; PARTS],
}

impl Page {
    /// A place without entries.
    pub fn empty() -> Self {
        Self::Entries(Bucket::empty())
    }

    /// Reads what is stored at `place`.
    ///
    /// # Errors
    /// [`Damage`] if the bytes are not the one canonical form of a page.
    pub fn decode(place: Place, bytes: &[u8]) -> Result<Self, Damage> {
        match bytes.split_first_chunk() {
            Some((count, parts)) if bytes.len() == SPLIT_BYTES && place.can_split() => {
                let mut hashes = [bucket::EMPTY; PARTS];
                for (hash, part) in hashes.iter_mut().zip(parts.as_chunks().0) {
                    hash.0 = *part;
                }
                let count = u64::from_le_bytes(*count);
                Ok(Self::Split(Box::new(Split { count, parts: hashes })))
            }
            _ => Bucket::decode(place, bytes).map(Self::Entries),
        }
    }

    /// The stored form; no bytes if there are no entries and nothing is stored.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Entries(bucket) => bucket.encode(),
            Self::Split(split) => {
                let mut bytes = Vec::with_capacity(SPLIT_BYTES);
                bytes.extend_from_slice(&split.count.to_le_bytes());
                split.parts.iter().for_each(|part| bytes.extend_from_slice(&part.0));
                bytes
            }
        }
    }

    /// The hash, [`bucket::EMPTY`] without entries.
    pub fn hash(&self) -> StateBucketHash {
        match self {
            Self::Entries(bucket) => bucket.hash(),
            Self::Split(split) => split_hash(split.count, &split.heap()[1]),
        }
    }

    /// How many entries there are, those of parts included.
    pub fn count(&self) -> u64 {
        match self {
            Self::Entries(bucket) => bucket.count().into(),
            Self::Split(split) => split.count,
        }
    }
}

impl Split {
    /// The small tree over the parts as a binary heap: its top at 1, the parts from [`PARTS`] on.
    pub fn heap(&self) -> [StateNodeHash; 2 * PARTS] {
        let mut heap = [StateNodeHash::default(); 2 * PARTS];
        for (node, part) in heap[PARTS..].iter_mut().zip(&self.parts) {
            node.0 = part.0;
        }
        for at in (1..PARTS).rev() {
            heap[at] = node_hash(&heap[2 * at], &heap[2 * at + 1]);
        }
        heap
    }
}

/// The hash of a split bucket with `count` entries, whose parts' tree has this top. It stands where
/// the hash of a bucket's entries would.
pub fn split_hash(count: u64, top: &StateNodeHash) -> StateBucketHash {
    StateBucketHash(StateSplitHash::of(&[&count.to_le_bytes(), &top.0]).0)
}
