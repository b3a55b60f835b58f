//! Proofs that a key has a value in the state, or that it is not there, for somebody who trusts
//! only a state root.
//!
//! A proof goes from an entry to its bucket's hash, and from there over 20 siblings to the top. A
//! key is absent if its bucket is empty, or if the entries on both sides of where it would be are
//! neighbours: their positions are proven by the number of entries, which is part of the bucket's
//! hash. At either end of the bucket one neighbour is enough.
//!
//! There is one proof for each key and state. Empty siblings are left out, and must be.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::hash::{
    StateBucketHash, StateBucketNodeHash, StateKeyHash, StateNodeHash, StateRoot, StateValueHash,
};
use crate::state::bucket::{self, BUCKET_BITS, Bucket};
use crate::state::tree::{self, EMPTY_NODE, StateTree, StateUpdate};
use crate::state::{BucketRead, StateError};

/// No proof is longer than this, in bytes: two paths of 32 hashes, and 20 siblings.
pub const PROOF_BYTES_MAX: usize = 3 * 1024;

/// A proof about one key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateProof {
    /// What the key's bucket says of the key.
    pub bucket: BucketProof,
    /// Bit `i` is set if the sibling `i` levels above the buckets is not empty, and so is listed.
    pub sibling_bits: u32,
    /// The listed siblings, lowest first. The lowest of all is a bucket's hash.
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

/// Proves what the current state says of `key`.
///
/// # Errors
/// [`StateError`] if the key's bucket cannot be read or is damaged.
pub fn prove(
    tree: &StateTree,
    buckets: &impl BucketRead,
    key: &[u8],
) -> Result<StateProof, StateError> {
    let index = bucket::index_of(&StateKeyHash::of(&[key]));
    let expected = tree.bucket_hash(index);
    let bucket = if expected == bucket::EMPTY {
        Bucket::empty()
    } else {
        tree::checked_bucket(index, buckets.bucket(index)?.as_deref(), expected)?
    };
    Ok(assemble(key, &bucket, |heap| tree.node(heap)))
}

/// Proves what the state says of `key` after an update that is prepared and not applied. With the
/// inverse of past changes as the update, that is a proof about a past state.
///
/// # Errors
/// [`StateError`] if the update was prepared on another state, or the key's bucket cannot be read
/// or is damaged.
pub fn prove_after(
    tree: &StateTree,
    update: &StateUpdate,
    buckets: &impl BucketRead,
    key: &[u8],
) -> Result<StateProof, StateError> {
    tree.check_base(update)?;
    let index = bucket::index_of(&StateKeyHash::of(&[key]));
    let node = |heap| update.node(heap).unwrap_or_else(|| tree.node(heap));
    let expected = StateBucketHash(node(tree::heap_of(index)).0);
    let bucket = if expected == bucket::EMPTY {
        Bucket::empty()
    } else if let Some(bytes) = update.bucket(index) {
        tree::checked_bucket(index, Some(bytes), expected)?
    } else {
        tree::checked_bucket(index, buckets.bucket(index)?.as_deref(), expected)?
    };
    Ok(assemble(key, &bucket, node))
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

fn assemble(key: &[u8], bucket: &Bucket, node: impl Fn(u32) -> StateNodeHash) -> StateProof {
    let key = StateKeyHash::of(&[key]);
    let mut heap = tree::heap_of(bucket::index_of(&key));
    let mut sibling_bits = 0;
    let mut siblings = Vec::new();
    for level in 0..BUCKET_BITS {
        let sibling = node(heap ^ 1);
        if sibling != EMPTY_NODE {
            sibling_bits |= 1 << level;
            siblings.push(sibling);
        }
        heap /= 2;
    }
    StateProof { bucket: prove_in_bucket(&key, bucket), sibling_bits, siblings }
}

fn prove_in_bucket(key: &StateKeyHash, bucket: &Bucket) -> BucketProof {
    let entries = bucket.entries();
    let count = bucket.count();
    if entries.is_empty() {
        return BucketProof::Empty {};
    }
    let neighbour = |position: usize| {
        let entry = entries.get(position)?;
        Some(Neighbour { key: entry.key, value: entry.value, path: bucket.path(position) })
    };
    match entries.binary_search_by_key(key, |entry| entry.key) {
        Ok(position) => {
            BucketProof::Present { count, position: position as u32, path: bucket.path(position) }
        }
        Err(position) => BucketProof::Absent {
            count,
            position: position as u32,
            before: position.checked_sub(1).and_then(neighbour),
            after: neighbour(position),
        },
    }
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

/// The root to which the siblings lead from the hash of the bucket of `key`.
fn root_above(
    proof: &StateProof,
    key: &StateKeyHash,
    bucket: StateBucketHash,
) -> Result<StateRoot, ProofError> {
    let bits = proof.sibling_bits;
    let listed = proof.siblings.len();
    if bits >> BUCKET_BITS != 0 || bits.count_ones() as usize != listed {
        return Err(ProofError::Siblings { bits, listed });
    }
    let index = bucket::index_of(key);
    let mut siblings = proof.siblings.iter();
    let mut node = StateNodeHash(bucket.0);
    for level in 0..BUCKET_BITS {
        let sibling = match bits >> level & 1 {
            0 => EMPTY_NODE,
            _ => *siblings.next().ok_or(ProofError::Siblings { bits, listed })?,
        };
        if bits >> level & 1 == 1 && sibling == EMPTY_NODE {
            return Err(ProofError::EmptySibling { level });
        }
        node = if index >> level & 1 == 0 {
            tree::node_hash(&node, &sibling)
        } else {
            tree::node_hash(&sibling, &node)
        };
    }
    Ok(tree::root_hash(&node))
}
