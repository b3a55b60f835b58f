//! The tree over the leaves of a batch, and over its envelopes. Neighbours are paired level by
//! level, and what is left over at the end of a level moves up as it is. The root holds the number
//! of leaves, so a tree of another number has another root.
//!
//! A chunk of 4,096 leaves is a subtree of its own: chunks are hashed where they are verified, and
//! only their tops are put together.

use super::domain::NodeHash;

/// Most leaves of a chunk, a power of two.
pub const CHUNK_LEAVES: u32 = 4_096;

/// Most leaves of a batch.
pub const BATCH_LEAVES_MAX: u32 = 1 << 20;

/// A node at the lowest level: a leaf's hash, or an envelope's.
pub type Node = [u8; 32];

/// Why a path does not lead to a root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// There is no such leaf.
    #[error("leaf {index} of {count}")]
    Index {
        /// The leaf asked for.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// The path has another length than the leaf's place asks for.
    #[error("a path of {found} hashes does not fit leaf {index} of {count}")]
    Length {
        /// Hashes in the path.
        found: usize,
        /// The leaf.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// The path leads elsewhere.
    #[error("the path leads to another root")]
    Root,
}

pub(super) fn parent(left: &Node, right: &Node) -> Node {
    NodeHash::of_prefixed(&[left, right]).0
}

/// One level further up.
fn level_above(level: &[Node]) -> Vec<Node> {
    level
        .chunks(2)
        .filter_map(|pair| match pair {
            [left, right] => Some(parent(left, right)),
            [single] => Some(*single),
            _ => None,
        })
        .collect()
}

/// The node over `nodes`; none over nothing.
pub fn top(nodes: &[Node]) -> Option<Node> {
    let mut level = nodes.to_vec();
    while level.len() > 1 {
        level = level_above(&level);
    }
    level.first().copied()
}

/// The siblings of leaf `index`, lowest first; a level where it has none gives none.
pub fn path(nodes: &[Node], index: u32) -> Option<Vec<Node>> {
    let mut place = usize::try_from(index).ok()?;
    nodes.get(place)?;
    let mut level = nodes.to_vec();
    let mut siblings = Vec::new();
    while level.len() > 1 {
        siblings.extend(level.get(place ^ 1));
        level = level_above(&level);
        place /= 2;
    }
    Some(siblings)
}

/// The node that `path` leads to from leaf `index` of `count`.
///
/// # Errors
/// [`PathError::Index`] and [`PathError::Length`].
pub fn climb(node: &Node, index: u32, count: u32, path: &[Node]) -> Result<Node, PathError> {
    if index >= count {
        return Err(PathError::Index { index, count });
    }
    let length = || PathError::Length { found: path.len(), index, count };
    let (mut place, mut width) = (index, count);
    let mut node = *node;
    let mut siblings = path.iter();
    while width > 1 {
        if place ^ 1 < width {
            let sibling = siblings.next().ok_or_else(length)?;
            node = if place & 1 == 0 { parent(&node, sibling) } else { parent(sibling, &node) };
        }
        place /= 2;
        width = width.div_ceil(2);
    }
    if siblings.next().is_some() { Err(length()) } else { Ok(node) }
}
