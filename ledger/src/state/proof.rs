//! Proofs that a key has a value in the state, or that it is not there, for somebody who trusts
//! only a state root.
//!
//! A proof goes from an entry to its bucket's hash, through the splits above it if it is a part of
//! a bucket, and from there over 20 siblings to the top. A key is absent if its bucket is empty,
//! or if the entries on both sides of where it would be are neighbours: their positions are proven
//! by the number of entries, which is part of the bucket's hash. At either end of the bucket one
//! neighbour is enough.
//!
//! There is one proof for each key and state. Empty siblings are left out, and must be.

mod assemble;

pub use assemble::{prove, prove_after};

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::hash::{
    StateBucketHash, StateBucketNodeHash, StateKeyHash, StateNodeHash, StateRoot, StateValueHash,
};
use crate::state::bucket;
use crate::state::page::{self, SPLIT_ENTRIES};
use crate::state::place::{self, BUCKET_BITS, Place, SPLIT_BITS, SPLITS_MAX};
use crate::state::tree::{self, EMPTY_NODE};

/// No proof is longer than this, in bytes: two paths of 32 hashes, 11 splits with 4 siblings each,
/// and 20 siblings.
pub const PROOF_BYTES_MAX: usize = 5 * 1024;

/// A proof about one key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateProof {
    /// What the key's bucket says of the key.
    pub bucket: BucketProof,
    /// The splits above the key's bucket, lowest first; none if it stands at the top.
    pub splits: Vec<SplitProof>,
    /// Bit `i` is set if the sibling `i` levels above the buckets is not empty, and so is listed.
    pub sibling_bits: u32,
    /// The listed siblings, lowest first. The lowest of all is a bucket's hash.
    pub siblings: Vec<StateNodeHash>,
}

/// How the hash of a part leads to that of the bucket that has split.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SplitProof {
    /// Entries in all parts.
    pub count: u64,
    /// Bit `i` is set if the sibling `i` levels above the parts is not empty, and so is listed.
    pub sibling_bits: u32,
    /// The listed siblings, lowest first.
    pub siblings: Vec<StateNodeHash>,
}

/// What a bucket says of a key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum BucketProof {
    /// The bucket is empty: the key is absent. It has braces, or fields beside the kind would be
    /// passed over in JSON.
    Empty {},
    /// The key is there.
    Present {
        /// Entries in the bucket.
        count: u32,
        /// Position of the key's entry, from 0.
        position: u32,
        /// From the entry to the inner root, lowest first.
        path: Vec<StateBucketNodeHash>,
    },
    /// The key is absent from a bucket that has entries.
    Absent {
        /// Entries in the bucket.
        count: u32,
        /// How many entries are before the place where the key would be.
        position: u32,
        /// The entry at `position - 1`, unless `position` is 0.
        before: Option<Neighbour>,
        /// The entry at `position`, unless `position` is `count`.
        after: Option<Neighbour>,
    },
}

/// An entry next to the place where an absent key would be.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbour {
    /// Its hashed key.
    pub key: StateKeyHash,
    /// Its hashed value.
    pub value: StateValueHash,
    /// From the entry to the inner root, lowest first.
    pub path: Vec<StateBucketNodeHash>,
}

/// Why a proof does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// More bytes than any proof has.
    #[error("{bytes} bytes are more than a proof has ({PROOF_BYTES_MAX})")]
    TooLong {
        /// The length.
        bytes: usize,
    },
    /// Not the encoding of a proof.
    #[error("not the encoding of a state proof: {reason}")]
    Malformed {
        /// What the decoder says.
        reason: String,
    },
    /// The proof shows that the key is there, the claim is that it is not.
    #[error("the proof is of presence, the claim is of absence")]
    NotAbsence,
    /// The proof shows that the key is not there, the claim is that it has a value.
    #[error("the proof is of absence, the claim is of a value")]
    NotPresence,
    /// A position or path that does not exist in a bucket of that many entries.
    #[error("no entry of a bucket of {count} has position {position} and a path of {path_length}")]
    Path {
        /// The position.
        position: u32,
        /// The number of entries.
        count: u32,
        /// How many hashes the path has.
        path_length: usize,
    },
    /// A neighbour is missing, superfluous, or not on its side of the key.
    #[error("the neighbours do not enclose position {position} of {count}")]
    Neighbours {
        /// The position.
        position: u32,
        /// The number of entries.
        count: u32,
    },
    /// The two neighbours are not in one bucket.
    #[error("the neighbours lead to different buckets")]
    DifferentBuckets,
    /// More splits than there can be, or one of too few entries.
    #[error("{splits} splits, one of {fewest} entries")]
    Splits {
        /// How many splits.
        splits: usize,
        /// The entries of the smallest.
        fewest: u64,
    },
    /// The bits do not agree with the list of siblings.
    #[error("sibling bits {bits:#x} with {listed} listed siblings")]
    Siblings {
        /// The bits.
        bits: u32,
        /// How many are listed.
        listed: usize,
    },
    /// An empty sibling is listed, which has to be left out.
    #[error("the sibling at level {level} is empty and yet listed")]
    EmptySibling {
        /// The level, 0 for the buckets.
        level: u32,
    },
    /// The proof leads to another root.
    #[error("the proof leads to root {computed}, not to {expected}")]
    Root {
        /// Where it leads.
        computed: StateRoot,
        /// Where it should lead.
        expected: StateRoot,
    },
}

impl StateProof {
    /// Reads the borsh encoding of a proof that came from outside.
    ///
    /// # Errors
    /// [`ProofError::TooLong`] or [`ProofError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, ProofError> {
        if bytes.len() > PROOF_BYTES_MAX {
            return Err(ProofError::TooLong { bytes: bytes.len() });
        }
        borsh::from_slice(bytes)
            .map_err(|error| ProofError::Malformed { reason: error.to_string() })
    }
}

/// Checks that in the state with this `root`, `key` has the `value`, or is absent if that is
/// `None`.
///
/// # Errors
/// [`ProofError`] says why the proof does not show that.
pub fn verify(
    proof: &StateProof,
    root: &StateRoot,
    key: &[u8],
    value: Option<&[u8]>,
) -> Result<(), ProofError> {
    let key = StateKeyHash::of(&[key]);
    let bucket = match (&proof.bucket, value) {
        (BucketProof::Present { count, position, path }, Some(value)) => {
            let value = StateValueHash::of(&[value]);
            bucket_through(&key, &value, *position, *count, path)?
        }
        (BucketProof::Absent { count, position, before, after }, None) => {
            bucket_around(&key, *position, *count, before.as_ref(), after.as_ref())?
        }
        (BucketProof::Empty {}, None) => bucket::EMPTY,
        (BucketProof::Present { .. }, None) => return Err(ProofError::NotAbsence),
        (_, Some(_)) => return Err(ProofError::NotPresence),
    };
    let computed = root_above(proof, &key, bucket)?;
    if computed == *root {
        return Ok(());
    }
    Err(ProofError::Root { computed, expected: *root })
}

/// The hash of the bucket in which an entry is at a position.
fn bucket_through(
    key: &StateKeyHash,
    value: &StateValueHash,
    position: u32,
    count: u32,
    path: &[StateBucketNodeHash],
) -> Result<StateBucketHash, ProofError> {
    let inner_root = bucket::inner_root_from_path(key, value, position, count, path)
        .ok_or(ProofError::Path { position, count, path_length: path.len() })?;
    Ok(bucket::bucket_hash(count, &inner_root))
}

/// The hash of the bucket in which `before` and `after` are neighbours on both sides of `key`.
fn bucket_around(
    key: &StateKeyHash,
    position: u32,
    count: u32,
    before: Option<&Neighbour>,
    after: Option<&Neighbour>,
) -> Result<StateBucketHash, ProofError> {
    let misplaced = ProofError::Neighbours { position, count };
    let ordered =
        before.is_none_or(|before| before.key < *key) && after.is_none_or(|after| *key < after.key);
    let complete = before.is_some() == (0 < position) && after.is_some() == (position < count);
    if !ordered || !complete || count < position {
        return Err(misplaced);
    }
    let hash_through = |neighbour: &Neighbour, position| {
        bucket_through(&neighbour.key, &neighbour.value, position, count, &neighbour.path)
    };
    let left = before.map(|before| hash_through(before, position - 1)).transpose()?;
    let right = after.map(|after| hash_through(after, position)).transpose()?;
    match (left, right) {
        (Some(left), Some(right)) if left != right => Err(ProofError::DifferentBuckets),
        (Some(hash), _) | (None, Some(hash)) => Ok(hash),
        (None, None) => Err(misplaced),
    }
}

/// The root to which splits and siblings lead from the hash of the bucket of `key`.
fn root_above(
    proof: &StateProof,
    key: &StateKeyHash,
    bucket: StateBucketHash,
) -> Result<StateRoot, ProofError> {
    let splits = proof.splits.len();
    let fewest = proof.splits.iter().map(|split| split.count).min();
    if splits > SPLITS_MAX || fewest.is_some_and(|count| count <= SPLIT_ENTRIES as u64) {
        return Err(ProofError::Splits { splits, fewest: fewest.unwrap_or_default() });
    }
    let mut bucket = bucket;
    for (split, above) in proof.splits.iter().zip((0..splits).rev()) {
        let number = place::part_number(key, above) as u32;
        let SplitProof { count, sibling_bits, siblings } = split;
        let top = top_above(bucket, number, SPLIT_BITS, *sibling_bits, siblings)?;
        bucket = page::split_hash(*count, &top);
    }
    let index = Place::of(key).index();
    let top = top_above(bucket, index, BUCKET_BITS, proof.sibling_bits, &proof.siblings)?;
    Ok(tree::root_hash(&top))
}

/// The top of a tree with so many levels, over the leaf with this hash and number.
fn top_above(
    leaf: StateBucketHash,
    number: u32,
    levels: u32,
    bits: u32,
    siblings: &[StateNodeHash],
) -> Result<StateNodeHash, ProofError> {
    let listed = siblings.len();
    if bits >> levels != 0 || bits.count_ones() as usize != listed {
        return Err(ProofError::Siblings { bits, listed });
    }
    let mut siblings = siblings.iter();
    let mut node = StateNodeHash(leaf.0);
    for level in 0..levels {
        let sibling = match bits >> level & 1 {
            0 => EMPTY_NODE,
            _ => *siblings.next().ok_or(ProofError::Siblings { bits, listed })?,
        };
        if bits >> level & 1 == 1 && sibling == EMPTY_NODE {
            return Err(ProofError::EmptySibling { level });
        }
        node = if number >> level & 1 == 0 {
            tree::node_hash(&node, &sibling)
        } else {
            tree::node_hash(&sibling, &node)
        };
    }
    Ok(node)
}
