//! Proofs put together from the tree and the stored buckets.

use super::{BucketProof, Neighbour, SplitProof, StateProof};
use crate::hash::{StateBucketHash, StateKeyHash, StateNodeHash};
use crate::state::bucket::{self, Bucket};
use crate::state::page::Page;
use crate::state::place::{BUCKET_BITS, PARTS, Place, SPLIT_BITS};
use crate::state::tree::{self, EMPTY_NODE, StateTree, StateUpdate};
use crate::state::{BucketRead, StateError, edit};

/// Proves what the current state says of `key`.
///
/// # Errors
/// [`StateError`] if the key's bucket cannot be read or is damaged.
pub fn prove(
    tree: &StateTree,
    buckets: &impl BucketRead,
    key: &[u8],
) -> Result<StateProof, StateError> {
    assemble(
        key,
        |heap| tree.node(heap),
        |place, expected| edit::checked_page(buckets, place, expected),
    )
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
    let node = |heap| update.node(heap).unwrap_or_else(|| tree.node(heap));
    assemble(key, node, |place, expected| match update.bucket(place) {
        Some(bytes) if expected != bucket::EMPTY => edit::checked(place, Some(bytes), expected),
        _ => edit::checked_page(buckets, place, expected),
    })
}

/// The proof about `key`, from the nodes of the tree by heap position and the pages below.
fn assemble(
    key: &[u8],
    node: impl Fn(u32) -> StateNodeHash,
    page: impl Fn(Place, StateBucketHash) -> Result<Page, StateError>,
) -> Result<StateProof, StateError> {
    let key = StateKeyHash::of(&[key]);
    let mut place = Place::of(&key);
    let top = tree::heap_of(place);
    let (sibling_bits, siblings) = siblings_above(top, BUCKET_BITS, &node);
    let mut below = page(place, StateBucketHash(node(top).0))?;
    let mut splits = Vec::new();
    let bucket = loop {
        let split = match below {
            Page::Entries(bucket) => break prove_in_bucket(&key, &bucket),
            Page::Split(split) => split,
        };
        let number = place.part_of(&key);
        let heap = split.heap();
        let (sibling_bits, siblings) =
            siblings_above((PARTS + number) as u32, SPLIT_BITS, |at| heap[at as usize]);
        splits.push(SplitProof { count: split.count, sibling_bits, siblings });
        place = place.part(number);
        below = page(place, split.parts[number])?;
    };
    splits.reverse();
    Ok(StateProof { bucket, splits, sibling_bits, siblings })
}

/// The siblings on the way from a heap position up over so many levels: which are not empty, and
/// those.
fn siblings_above(
    mut heap: u32,
    levels: u32,
    node: impl Fn(u32) -> StateNodeHash,
) -> (u32, Vec<StateNodeHash>) {
    let mut bits = 0;
    let mut siblings = Vec::new();
    for level in 0..levels {
        let sibling = node(heap ^ 1);
        if sibling != EMPTY_NODE {
            bits |= 1 << level;
            siblings.push(sibling);
        }
        heap /= 2;
    }
    (bits, siblings)
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
