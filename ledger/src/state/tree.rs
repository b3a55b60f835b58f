//! The tree over the buckets, and the one update of it that a block makes.
//!
//! The tree has depth 20; its leaves are the hashes of the buckets at the top, a node is the hash
//! of its two children.
//! A subtree without entries has the hash of 32 zero bytes at every level, so an empty state costs
//! nothing to build and a proof can leave empty siblings out. No node that has entries can take
//! that value, short of a preimage of zero under BLAKE3. The state root is the typed hash of the
//! top node.
//!
//! All nodes are in memory, 64 MiB, and are rebuilt from the stored bucket hashes at start.

use std::collections::BTreeMap;

use crate::hash::{
    HASH_BYTES, StateBucketHash, StateKeyHash, StateNodeHash, StateRoot, StateValueHash,
};
use crate::state::bucket::{self, Edit};
use crate::state::edit::{self, Editor};
use crate::state::page::Page;
use crate::state::place::{BUCKET_BITS, BUCKETS, Place};
use crate::state::{BucketRead, Changes, StateError};

/// The hash of a subtree without entries, at every level.
pub const EMPTY_NODE: StateNodeHash = StateNodeHash([0; HASH_BYTES]);

/// Levels of the tree, the top and the buckets included.
const LEVELS: usize = BUCKET_BITS as usize + 1;

type NodeBytes = [u8; HASH_BYTES];

/// The hash of a node with these children. At the lowest level the children are bucket hashes.
pub fn node_hash(left: &StateNodeHash, right: &StateNodeHash) -> StateNodeHash {
    if *left == EMPTY_NODE && *right == EMPTY_NODE {
        return EMPTY_NODE;
    }
    StateNodeHash::of(&[&left.0, &right.0])
}

/// The state root over the top node.
pub fn root_hash(top: &StateNodeHash) -> StateRoot {
    StateRoot::of(&[&top.0])
}

/// The nodes above the buckets.
///
/// **Invariant:** each node is the [`node_hash`] of its children, and `root` that of the top.
#[derive(Clone)]
pub struct StateTree {
    /// A binary heap: the top is at 1, the children of `i` at `2i` and `2i + 1`, bucket `b` at
    /// `BUCKETS + b`. Plain bytes, because zeroed plain bytes cost no page until one is written.
    nodes: Vec<NodeBytes>,
    root: StateRoot,
}

impl std::fmt::Debug for StateTree {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("StateTree").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Default for StateTree {
    fn default() -> Self {
        Self::new()
    }
}

impl StateTree {
    /// The tree of an empty state.
    pub fn new() -> Self {
        let nodes = vec![[0; HASH_BYTES]; 2 * BUCKETS as usize];
        Self { nodes, root: root_hash(&EMPTY_NODE) }
    }

    /// Rebuilds the tree from the stored hash of each bucket that is not empty, in any order.
    ///
    /// # Errors
    /// An error of the iterator, or [`StateError::BucketIndex`].
    pub fn rebuild(
        bucket_hashes: impl IntoIterator<Item = Result<(u32, StateBucketHash), StateError>>,
    ) -> Result<Self, StateError> {
        let mut tree = Self::new();
        for stored in bucket_hashes {
            let (index, hash) = stored?;
            let occupied = index >= BUCKETS || tree.hash_at(Place::top(index)) != bucket::EMPTY;
            if occupied {
                return Err(StateError::BucketIndex { index });
            }
            tree.nodes[heap_of(Place::top(index)) as usize] = hash.0;
        }
        for heap in (1..BUCKETS).rev() {
            let hash = node_hash(&tree.node(2 * heap), &tree.node(2 * heap + 1));
            if hash != EMPTY_NODE {
                tree.nodes[heap as usize] = hash.0;
            }
        }
        tree.root = root_hash(&tree.node(1));
        Ok(tree)
    }

    /// The root of the state.
    pub fn root(&self) -> StateRoot {
        self.root
    }

    /// The hash of a bucket at the top.
    fn hash_at(&self, top: Place) -> StateBucketHash {
        StateBucketHash(self.node(heap_of(top)).0)
    }

    /// The node at a heap position, at least 1 and below twice [`BUCKETS`].
    pub(super) fn node(&self, heap: u32) -> StateNodeHash {
        StateNodeHash(self.nodes[heap as usize])
    }

    /// Computes what `changes` make of the state, without changing anything: several candidates may
    /// be prepared on one parent. Every bucket read is checked against the tree.
    ///
    /// # Errors
    /// [`StateError`] if a bucket cannot be read or is damaged.
    pub fn prepare(
        &self,
        buckets: &impl BucketRead,
        changes: &Changes,
    ) -> Result<StateUpdate, StateError> {
        let edits = hashed(changes);
        let groups: Vec<&[Edit]> =
            edits.chunk_by(|left, right| Place::of(&left.0) == Place::of(&right.0)).collect();
        let tops: Vec<Place> = groups.iter().map(|group| Place::of(&group[0].0)).collect();
        let before = self.read_tops(buckets, &tops)?;
        let mut editor = Editor::new(buckets);
        for ((top, group), page) in tops.into_iter().zip(groups).zip(before) {
            editor.edit(top, &page, group)?;
        }
        Ok(self.update(editor.pages))
    }

    /// Makes a prepared update the current state.
    ///
    /// # Errors
    /// [`StateError::StaleUpdate`] if the update was prepared on another state; nothing changes.
    pub fn apply(&mut self, update: &StateUpdate) -> Result<(), StateError> {
        self.check_base(update)?;
        for (heap, hash) in update.levels.iter().flatten() {
            self.nodes[*heap as usize] = hash.0;
        }
        self.root = update.root;
        Ok(())
    }

    pub(super) fn check_base(&self, update: &StateUpdate) -> Result<(), StateError> {
        if update.prepared_on == self.root {
            return Ok(());
        }
        Err(StateError::StaleUpdate { prepared_on: update.prepared_on, tree: self.root })
    }

    /// Reads what stands at the top, checked against the tree; what is empty is not asked for.
    fn read_tops(
        &self,
        buckets: &impl BucketRead,
        tops: &[Place],
    ) -> Result<Vec<Page>, StateError> {
        let stored: Vec<Place> =
            tops.iter().copied().filter(|top| self.hash_at(*top) != bucket::EMPTY).collect();
        let mut answers = buckets.buckets(&stored)?.into_iter();
        let read = |top: &Place| {
            let expected = self.hash_at(*top);
            if expected == bucket::EMPTY {
                return Ok(Page::empty());
            }
            let bytes = answers.next().flatten();
            edit::checked(*top, bytes.as_deref(), expected)
        };
        tops.iter().map(read).collect()
    }

    /// Hashes every node above the changed buckets once, a level at a time.
    fn update(&self, pages: BTreeMap<Place, (Page, StateBucketHash)>) -> StateUpdate {
        let mut levels = Vec::with_capacity(LEVELS);
        let mut level: Vec<(u32, StateNodeHash)> = pages
            .iter()
            .filter(|(place, _)| place.splits() == 0)
            .map(|(place, (_, hash))| (heap_of(*place), StateNodeHash(hash.0)))
            .collect();
        while level.first().is_some_and(|(heap, _)| *heap != 1) {
            let parents = level
                .chunk_by(|left, right| left.0 / 2 == right.0 / 2)
                .map(|children| self.parent(children))
                .collect();
            levels.push(std::mem::replace(&mut level, parents));
        }
        let root = level.first().map_or(self.root, |(_, top)| root_hash(top));
        levels.push(level);
        let buckets =
            pages.into_iter().map(|(place, (page, hash))| (place, page.encode(), hash)).collect();
        StateUpdate { prepared_on: self.root, root, buckets, levels }
    }

    /// The parent of one or two changed siblings.
    fn parent(&self, children: &[(u32, StateNodeHash)]) -> (u32, StateNodeHash) {
        let (heap, first) = children[0];
        let hash = match children.get(1) {
            Some((_, second)) => node_hash(&first, second),
            None if heap % 2 == 0 => node_hash(&first, &self.node(heap + 1)),
            None => node_hash(&self.node(heap - 1), &first),
        };
        (heap / 2, hash)
    }
}

/// What a block makes of the state: its root, the buckets to store, and the tree's new nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateUpdate {
    prepared_on: StateRoot,
    root: StateRoot,
    /// What is to be stored where, and its hash, ascending by place.
    buckets: Vec<(Place, Vec<u8>, StateBucketHash)>,
    /// The changed nodes by heap position, ascending, the level of the buckets first.
    levels: Vec<Vec<(u32, StateNodeHash)>>,
}

impl StateUpdate {
    /// The root after the update.
    pub fn root(&self) -> StateRoot {
        self.root
    }

    /// The changed buckets in ascending order: place, new bytes (none: delete what is stored
    /// there), new hash.
    pub fn buckets(&self) -> impl Iterator<Item = (Place, &[u8], StateBucketHash)> {
        self.buckets.iter().map(|(place, bytes, hash)| (*place, bytes.as_slice(), *hash))
    }

    /// The new bytes at a place, if the update changes it.
    pub(super) fn bucket(&self, place: Place) -> Option<&[u8]> {
        let at = self.buckets.binary_search_by_key(&place, |(place, ..)| *place).ok()?;
        Some(&self.buckets[at].1)
    }

    /// The new node at a heap position, if the update changes it.
    pub(super) fn node(&self, heap: u32) -> Option<StateNodeHash> {
        let level = self.levels.get((BUCKET_BITS - heap.ilog2()) as usize)?;
        let at = level.binary_search_by_key(&heap, |(heap, _)| *heap).ok()?;
        Some(level[at].1)
    }
}

/// The heap position of a bucket at the top.
pub(super) fn heap_of(top: Place) -> u32 {
    BUCKETS + top.index()
}

/// The changes, hashed, ascending by key hash and so by bucket.
fn hashed(changes: &Changes) -> Vec<Edit> {
    let mut edits: Vec<Edit> = changes
        .iter()
        .map(|(key, value)| {
            let value = value.as_ref().map(|value| StateValueHash::of(&[value]));
            (StateKeyHash::of(&[key]), value)
        })
        .collect();
    edits.sort_unstable_by_key(|(key, _)| *key);
    edits
}
