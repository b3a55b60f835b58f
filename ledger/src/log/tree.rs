//! Growing the tree: the frontier that a writer keeps, and where readers get nodes from.

use std::io;

use borsh::{BorshDeserialize, BorshSerialize};

use crate::log::{self, LogHash, LogTooLarge};

/// One complete perfect node: what a store keeps, by `(level, index)`, and never overwrites.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Height above the leaf hashes, which are level 0.
    pub level: u8,
    /// Position within its level, from the left, starting at 0.
    pub index: u64,
    /// The node's hash.
    pub hash: LogHash,
}

/// Hashes of complete perfect nodes, for whoever builds proofs and tiles.
pub trait NodeSource {
    /// Why a node could not be read.
    type Error;

    /// The hash over the leaves from `index << level` up to, not including,
    /// `(index + 1) << level`. It is asked only for nodes that are complete at the size that the
    /// caller named.
    fn node(&self, level: u8, index: u64) -> Result<LogHash, Self::Error>;
}

/// The right edge of a log: all that is needed to append to it and to know its root.
///
/// It holds the roots of the perfect trees that tile the log from the left, largest first: one for
/// each bit set in the size, at most 53.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    roots: Vec<LogHash>,
}

impl Frontier {
    /// The frontier of the log without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the frontier of the first `size` leaves from stored nodes.
    pub fn load<S: NodeSource>(source: &S, size: u64) -> Result<Self, LoadError<S::Error>> {
        log::check_size(size)?;
        let roots = range_nodes(0, size)
            .map(|(level, index)| source.node(level, index))
            .collect::<Result<Vec<_>, _>>()
            .map_err(LoadError::Source)?;
        Ok(Self { size, roots })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves so far.
    pub fn root(&self) -> LogHash {
        fold_roots(&self.roots)
    }

    /// Appends a leaf by its hash, see [`log::leaf_hash`].
    pub fn append(&mut self, leaf_hash: LogHash) -> Result<(), LogTooLarge> {
        self.append_each(leaf_hash, |_| ())
    }

    /// Appends a leaf by its hash and adds to `completed` every node that is now complete, the leaf
    /// itself first: exactly the nodes that a store must keep.
    pub fn append_nodes(
        &mut self,
        leaf_hash: LogHash,
        completed: &mut Vec<Node>,
    ) -> Result<(), LogTooLarge> {
        self.append_each(leaf_hash, |node| completed.push(node))
    }

    fn append_each(
        &mut self,
        leaf_hash: LogHash,
        mut completed: impl FnMut(Node),
    ) -> Result<(), LogTooLarge> {
        log::check_size(self.size + 1)?;
        let mut node = Node { level: 0, index: self.size, hash: leaf_hash };
        completed(node);
        // The new leaf closes one perfect tree for every one bit at the low end of the old size.
        for _ in 0..self.size.trailing_ones() {
            let Some(left) = self.roots.pop() else { break };
            let hash = log::node_hash(&left, &node.hash);
            node = Node { level: node.level + 1, index: node.index >> 1, hash };
            completed(node);
        }
        self.roots.push(node.hash);
        self.size += 1;
        debug_assert_eq!(self.roots.len(), self.size.count_ones() as usize);
        Ok(())
    }
}

/// A frontier that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError<E> {
    /// The size is beyond the largest log.
    #[error(transparent)]
    TooLarge(#[from] LogTooLarge),
    /// The source could not give a node.
    #[error("a node of the log could not be read")]
    Source(#[source] E),
}

/// The size, then one hash for each bit set in it: the count is not written, so there is one form.
impl BorshSerialize for Frontier {
    fn serialize<W: io::Write>(&self, writer: &mut W) -> io::Result<()> {
        self.size.serialize(writer)?;
        self.roots.iter().try_for_each(|root| root.serialize(writer))
    }
}

impl BorshDeserialize for Frontier {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let size = u64::deserialize_reader(reader)?;
        log::check_size(size).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let roots = (0..size.count_ones())
            .map(|_| LogHash::deserialize_reader(reader))
            .collect::<io::Result<_>>()?;
        Ok(Self { size, roots })
    }
}

/// A whole tree in memory, every complete node of it: for offline audits and tests.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    frontier: Frontier,
    levels: Vec<Vec<LogHash>>,
}

/// A node asked of a [`MemoryTree`] that it does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the tree has no complete node {index} at level {level}")]
pub struct NodeMissing {
    /// The level asked for.
    pub level: u8,
    /// The index asked for.
    pub index: u64,
}

impl MemoryTree {
    /// A tree without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a leaf by its hash.
    pub fn append(&mut self, leaf_hash: LogHash) -> Result<(), LogTooLarge> {
        let levels = &mut self.levels;
        self.frontier.append_each(leaf_hash, |node| {
            let level = usize::from(node.level);
            if levels.len() <= level {
                levels.push(Vec::new());
            }
            levels[level].push(node.hash);
        })
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root over all leaves.
    pub fn root(&self) -> LogHash {
        self.frontier.root()
    }

    /// The root that the tree had at `size` leaves, if it ever had that many.
    pub fn root_at(&self, size: u64) -> Option<LogHash> {
        if size > self.size() {
            return None;
        }
        range_root(self, 0, size).ok()
    }
}

impl NodeSource for MemoryTree {
    type Error = NodeMissing;

    fn node(&self, level: u8, index: u64) -> Result<LogHash, NodeMissing> {
        self.levels
            .get(usize::from(level))
            .and_then(|hashes| hashes.get(usize::try_from(index).ok()?))
            .copied()
            .ok_or(NodeMissing { level, index })
    }
}

/// A borrowed source reads like the source.
impl<S: NodeSource> NodeSource for &S {
    type Error = S::Error;

    fn node(&self, level: u8, index: u64) -> Result<LogHash, S::Error> {
        (**self).node(level, index)
    }
}

/// The perfect nodes that tile `begin..end` from the left, largest first. `begin` is a multiple of
/// a power of two that is at least `end - begin`, as in every range that RFC 6962 splits off.
fn range_nodes(begin: u64, end: u64) -> impl Iterator<Item = (u8, u64)> {
    let mut position = begin;
    (0..u64::BITS as u8).rev().filter(move |level| (end - begin) >> level & 1 == 1).map(
        move |level| {
            let index = position >> level;
            position += 1 << level;
            (level, index)
        },
    )
}

/// The RFC 6962 tree hash of the leaves `begin..end`; the range is as for [`range_nodes`].
pub(super) fn range_root<S: NodeSource>(
    source: &S,
    begin: u64,
    end: u64,
) -> Result<LogHash, S::Error> {
    let roots = range_nodes(begin, end)
        .map(|(level, index)| source.node(level, index))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(fold_roots(&roots))
}

/// Joins the roots of neighbouring perfect trees, largest first, from the right.
fn fold_roots(roots: &[LogHash]) -> LogHash {
    roots
        .iter()
        .rev()
        .copied()
        .reduce(|right, left| log::node_hash(&left, &right))
        .unwrap_or_else(log::empty_root)
}
