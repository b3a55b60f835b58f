//! Inclusion and consistency proofs, as in RFC 6962, 2.1.1 and 2.1.2; verified as in RFC 9162,
//! 2.1.3.2 and 2.1.4.2.
//!
//! A proof is a plain list of hashes: its length and the side each hash goes to follow from the
//! index and the sizes, so there is exactly one proof for each statement. Verifying is pure, never
//! panics, and refuses a proof with one hash too many or too few.

use crate::log::tree::{self, NodeSource};
use crate::log::{self, LogHash, LogTooLarge};

/// The most hashes in any proof: one a level, and one more that a consistency proof may begin with.
pub const MAX_PROOF_HASHES: usize = log::MAX_LOG_SIZE.ilog2() as usize + 2;

/// A proof that cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProveError<E> {
    /// The statement itself is not one about a log.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The source could not give a node.
    #[error("a node of the log could not be read")]
    Source(#[source] E),
}

/// Numbers that state nothing provable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The leaf lies outside the tree.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    IndexOutsideTree {
        /// The leaf asked for, from 0.
        index: u64,
        /// The tree's size in leaves.
        size: u64,
    },
    /// The older size is the larger one.
    #[error("a tree of {old} leaves is not older than one of {new}")]
    SizesReversed {
        /// The size called older.
        old: u64,
        /// The size called newer.
        new: u64,
    },
    /// The size is beyond the largest log.
    #[error(transparent)]
    TooLarge(#[from] LogTooLarge),
}

/// A proof that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The statement itself is not one about a log.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Hashes are missing at the end.
    #[error("a proof of {hashes} hashes is too short for this statement")]
    TooShort {
        /// Hashes given.
        hashes: usize,
    },
    /// Hashes are left over.
    #[error("a proof of {hashes} hashes is too long for this statement")]
    TooLong {
        /// Hashes given.
        hashes: usize,
    },
    /// The proof leads to another root than the one given, or than the older one given.
    #[error("the proof leads to the root {computed}, not {expected}")]
    RootDiffers {
        /// The root that the caller holds.
        expected: LogHash,
        /// The root that follows from the proof.
        computed: LogHash,
    },
}

/// The proof that leaf `index` is in the tree of the first `size` leaves: siblings, lowest first.
pub fn inclusion_proof<S: NodeSource>(
    source: &S,
    index: u64,
    size: u64,
) -> Result<Vec<LogHash>, ProveError<S::Error>> {
    check_inclusion(index, size)?;
    let mut siblings = Vec::new();
    let (mut begin, mut end) = (0, size);
    while end - begin > 1 {
        let middle = begin + split(end - begin);
        if index < middle {
            siblings.push((middle, end));
            end = middle;
        } else {
            siblings.push((begin, middle));
            begin = middle;
        }
    }
    range_roots(source, siblings)
}

/// The proof that the tree of the first `old` leaves is a prefix of the tree of the first `new`.
/// Nothing needs proof, and the proof is empty, when the sizes are equal or `old` is 0.
pub fn consistency_proof<S: NodeSource>(
    source: &S,
    old: u64,
    new: u64,
) -> Result<Vec<LogHash>, ProveError<S::Error>> {
    check_consistency(old, new)?;
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let mut ranges = Vec::new();
    let (mut begin, mut end) = (0, new);
    while end != old {
        let middle = begin + split(end - begin);
        if old <= middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((begin, middle));
            begin = middle;
        }
    }
    // When the old tree is itself the subtree reached, the verifier holds its root already.
    if begin != 0 {
        ranges.push((begin, end));
    }
    range_roots(source, ranges)
}

/// Checks that the leaf with this hash is leaf `index` of the tree of `size` leaves under `root`.
pub fn verify_inclusion(
    leaf_hash: &LogHash,
    index: u64,
    size: u64,
    proof: &[LogHash],
    root: &LogHash,
) -> Result<(), ProofError> {
    let computed = root_from_inclusion(leaf_hash, index, size, proof)?;
    expect_root(root, computed)
}

/// The root that an inclusion proof leads to. It means nothing until it equals a trusted root.
pub fn root_from_inclusion(
    leaf_hash: &LogHash,
    index: u64,
    size: u64,
    proof: &[LogHash],
) -> Result<LogHash, ProofError> {
    check_inclusion(index, size)?;
    let mut path = Path { node: index, last: size - 1 };
    let mut computed = *leaf_hash;
    for sibling in proof {
        computed = match path.climb() {
            Side::Left => log::node_hash(sibling, &computed),
            Side::Right => log::node_hash(&computed, sibling),
            Side::Top => return Err(ProofError::TooLong { hashes: proof.len() }),
        };
    }
    path.expect_top(proof)?;
    Ok(computed)
}

/// Checks that the tree of `old_size` leaves under `old_root` is a prefix of the tree of `new_size`
/// leaves under `new_root`. The empty tree is a prefix of every tree; its root is
/// [`log::empty_root`] and its proof has no hash.
pub fn verify_consistency(
    old_size: u64,
    old_root: &LogHash,
    new_size: u64,
    new_root: &LogHash,
    proof: &[LogHash],
) -> Result<(), ProofError> {
    check_consistency(old_size, new_size)?;
    if old_size == 0 || old_size == new_size {
        if !proof.is_empty() {
            return Err(ProofError::TooLong { hashes: proof.len() });
        }
        if old_size == 0 {
            expect_root(old_root, log::empty_root())?;
        }
        return if old_size == new_size { expect_root(new_root, *old_root) } else { Ok(()) };
    }
    // The climb starts at the largest perfect subtree that ends the old tree. If that is the whole
    // old tree its root is known; otherwise the proof begins with its hash.
    let level = old_size.trailing_zeros();
    let mut path = Path { node: (old_size - 1) >> level, last: (new_size - 1) >> level };
    let (start, siblings) = if old_size.is_power_of_two() {
        (*old_root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(ProofError::TooShort { hashes: 0 })?;
        (*first, rest)
    };
    let (mut old_computed, mut new_computed) = (start, start);
    for sibling in siblings {
        match path.climb() {
            Side::Left => {
                old_computed = log::node_hash(sibling, &old_computed);
                new_computed = log::node_hash(sibling, &new_computed);
            }
            Side::Right => new_computed = log::node_hash(&new_computed, sibling),
            Side::Top => return Err(ProofError::TooLong { hashes: proof.len() }),
        }
    }
    path.expect_top(proof)?;
    expect_root(old_root, old_computed)?;
    expect_root(new_root, new_computed)
}

/// Where the next sibling of a path stands.
enum Side {
    Left,
    Right,
    Top,
}

/// A climb from a node to the root, beside the climb of the last node of the same level.
struct Path {
    node: u64,
    last: u64,
}

impl Path {
    /// Climbs to the parent that has a sibling, and says on which side of us that sibling is.
    fn climb(&mut self) -> Side {
        if self.last == 0 {
            return Side::Top;
        }
        let side = if self.node & 1 == 1 || self.node == self.last {
            // A last node that is a left child has no sibling here: it is its own parent.
            let lone_levels = self.node.trailing_zeros();
            self.node >>= lone_levels;
            self.last >>= lone_levels;
            Side::Left
        } else {
            Side::Right
        };
        self.node >>= 1;
        self.last >>= 1;
        side
    }

    fn expect_top(&self, proof: &[LogHash]) -> Result<(), ProofError> {
        if self.last == 0 { Ok(()) } else { Err(ProofError::TooShort { hashes: proof.len() }) }
    }
}

fn check_inclusion(index: u64, size: u64) -> Result<(), StatementError> {
    log::check_size(size)?;
    if index >= size {
        return Err(StatementError::IndexOutsideTree { index, size });
    }
    Ok(())
}

fn check_consistency(old: u64, new: u64) -> Result<(), StatementError> {
    log::check_size(new)?;
    if old > new {
        return Err(StatementError::SizesReversed { old, new });
    }
    Ok(())
}

fn expect_root(expected: &LogHash, computed: LogHash) -> Result<(), ProofError> {
    if *expected == computed {
        return Ok(());
    }
    Err(ProofError::RootDiffers { expected: *expected, computed })
}

/// The largest power of two below `leaves`, which is at least 2: where RFC 6962 splits a tree.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}

/// The tree hashes of `ranges`, last range first: they were split off from the top down.
fn range_roots<S: NodeSource>(
    source: &S,
    ranges: Vec<(u64, u64)>,
) -> Result<Vec<LogHash>, ProveError<S::Error>> {
    ranges
        .into_iter()
        .rev()
        .map(|(begin, end)| tree::range_root(source, begin, end).map_err(ProveError::Source))
        .collect()
}
