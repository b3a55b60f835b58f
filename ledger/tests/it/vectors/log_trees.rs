//! `log_trees.json` and `tiles.json`: the log's trees and proofs, and the log as static files.

use minglian_ledger::log::tiles::{self, Content, Tile, TileError};
use minglian_ledger::log::tree::MemoryTree;
use minglian_ledger::log::{self, LogHash, proof};
use serde_json::{Value, json};

use super::{error_name, hex};

/// Sizes of which every proof is listed, and sizes of which the proofs at the edges are.
const SMALL_SIZES: u64 = 9;
const LARGE_SIZES: [u64; 10] = [15, 16, 17, 31, 32, 33, 63, 64, 65, 70];

fn leaf(number: u64) -> Vec<u8> {
    number.to_be_bytes().to_vec()
}

fn tree_of(size: u64) -> MemoryTree {
    let mut tree = MemoryTree::new();
    (0..size).for_each(|number| tree.append(log::leaf_hash(&leaf(number))).unwrap());
    tree
}

fn inclusion(tree: &MemoryTree, index: u64, size: u64) -> Value {
    let proof = proof::inclusion_proof(tree, index, size).unwrap();
    let root = tree.root_at(size).unwrap();
    proof::verify_inclusion(&log::leaf_hash(&leaf(index)), index, size, &proof, &root).unwrap();
    json!({ "index": index, "size": size, "proof": proof })
}

fn consistency(tree: &MemoryTree, old: u64, new: u64) -> Value {
    let proof = proof::consistency_proof(tree, old, new).unwrap();
    let (old_root, new_root) = (tree.root_at(old).unwrap(), tree.root_at(new).unwrap());
    proof::verify_consistency(old, &old_root, new, &new_root, &proof).unwrap();
    json!({ "old": old, "new": new, "proof": proof })
}

fn bad_inclusions(tree: &MemoryTree) -> Vec<Value> {
    let good = proof::inclusion_proof(tree, 11, 70).unwrap();
    let root = tree.root();
    let leaf_hash = log::leaf_hash(&leaf(11));
    let mut swapped = good.clone();
    swapped.swap(0, 1);
    let mut flipped = good.clone();
    flipped[3].0[31] ^= 1;
    let longer = [&good[..], &[LogHash::default()]].concat();
    let shorter = good[..good.len() - 1].to_vec();
    let wrong = |why: &str, index: u64, size: u64, proof: &[LogHash], root: &LogHash| {
        let error = proof::verify_inclusion(&leaf_hash, index, size, proof, root).expect_err(why);
        let error = error_name(&error);
        json!({
            "why": why, "leaf": 11, "index": index, "size": size, "proof": proof, "root": root,
            "error": error,
        })
    };
    vec![
        wrong("one hash too many", 11, 70, &longer, &root),
        wrong("one hash too few", 11, 70, &shorter, &root),
        wrong("no hash", 11, 70, &[], &root),
        wrong("two hashes swapped", 11, 70, &swapped, &root),
        wrong("one bit of a hash", 11, 70, &flipped, &root),
        wrong("another position", 10, 70, &good, &root),
        wrong("a size of another depth", 11, 64, &good, &root),
        wrong("another root", 11, 70, &good, &tree.root_at(69).unwrap()),
        wrong("a position outside the tree", 70, 70, &good, &root),
        wrong("no tree", 0, 0, &[], &log::empty_root()),
        wrong("a size above the largest log", 11, 1 << 53, &good, &root),
    ]
}

fn bad_consistencies(tree: &MemoryTree) -> Vec<Value> {
    let good = proof::consistency_proof(tree, 33, 70).unwrap();
    let power_of_two = proof::consistency_proof(tree, 32, 70).unwrap();
    let (old_root, root) = (tree.root_at(33).unwrap(), tree.root());
    let mut flipped = good.clone();
    flipped[0].0[0] ^= 0x80;
    let longer = [&good[..], &[LogHash::default()]].concat();
    let empty = log::empty_root();
    let wrong = |why: &str, sizes: (u64, u64), proof: &[LogHash], roots: (LogHash, LogHash)| {
        let (old, new) = sizes;
        let error = proof::verify_consistency(old, &roots.0, new, &roots.1, proof).expect_err(why);
        let error = error_name(&error);
        json!({
            "why": why, "old": old, "new": new, "old_root": roots.0, "new_root": roots.1,
            "proof": proof, "error": error,
        })
    };
    vec![
        wrong("one hash too many", (33, 70), &longer, (old_root, root)),
        wrong("one hash too few", (33, 70), &good[..good.len() - 1], (old_root, root)),
        wrong("no hash", (33, 70), &[], (old_root, root)),
        wrong("one bit of a hash", (33, 70), &flipped, (old_root, root)),
        wrong("the roots swapped", (33, 70), &good, (root, old_root)),
        wrong("another old root", (33, 70), &good, (tree.root_at(34).unwrap(), root)),
        wrong("another new root", (33, 70), &good, (old_root, tree.root_at(69).unwrap())),
        wrong("another old root at a power of two", (32, 70), &power_of_two, (old_root, root)),
        wrong("the sizes swapped", (70, 33), &good, (root, old_root)),
        wrong("equal sizes, other roots", (70, 70), &[], (old_root, root)),
        wrong("equal sizes, a proof", (70, 70), &good, (root, root)),
        wrong("from nothing, a proof", (0, 70), &good, (empty, root)),
        wrong("from nothing, another root", (0, 70), &[], (old_root, root)),
    ]
}

#[test]
fn log_trees() {
    let tree = tree_of(70);
    let roots: Vec<_> = (0..=70).map(|size| tree.root_at(size).unwrap()).collect();
    let mut inclusions = Vec::new();
    let mut consistencies = Vec::new();
    for size in 1..=SMALL_SIZES {
        inclusions.extend((0..size).map(|index| inclusion(&tree, index, size)));
        consistencies.extend((0..=size).map(|old| consistency(&tree, old, size)));
    }
    for size in LARGE_SIZES {
        let edges = [0, 1, size / 2 - 1, size / 2, size - 2, size - 1];
        inclusions.extend(edges.map(|index| inclusion(&tree, index, size)));
        let olds = [1, 8, size / 2, size - 1, size];
        consistencies.extend(olds.map(|old| consistency(&tree, old, size)));
    }
    super::check(
        "log_trees.json",
        "Leaf i is the number i in eight bytes, big-endian. Roots of 0 to 70 leaves; proofs that \
         hold (with those roots) and proofs that do not.",
        json!({
            "roots": roots,
            "inclusion": inclusions,
            "consistency": consistencies,
            "refused_inclusion": bad_inclusions(&tree),
            "refused_consistency": bad_consistencies(&tree),
        }),
    );
}

fn paths() -> Vec<Value> {
    let path = |content: Content, index: u64, width: u16| {
        let tile = Tile::new(content, index, width).unwrap();
        assert_eq!(tile.to_string().parse(), Ok(tile));
        let level = match content {
            Content::Hashes { level } => json!(level),
            Content::Entries => json!("entries"),
        };
        json!({ "path": tile.to_string(), "level": level, "index": index, "width": width })
    };
    vec![
        path(Content::Hashes { level: 0 }, 0, 256),
        path(Content::Hashes { level: 0 }, 999, 1),
        path(Content::Hashes { level: 1 }, 1_000, 256),
        path(Content::Hashes { level: 63 }, 0, 255),
        path(Content::Entries, 1_234_067, 256),
        path(Content::Entries, 1_234_067, 17),
    ]
}

#[test]
fn tiles_and_bundles() {
    let tree = tree_of(600);
    let refused_paths = [
        "",
        "tile",
        "tile/0",
        "/tile/0/000",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/001.p/0",
        "tile/0/001.p/256",
        "tile/0/001.p/07",
        "tile/0/001.p/",
        "tile/0/x000/001",
        "tile/0/001/002",
        "tile/0/X001/000",
        "tile/0/000/",
        "tile/Entries/000",
        "tile/0/+01",
        "tile/0/000?",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
    ];
    for path in refused_paths {
        path.parse::<Tile>().expect_err(path);
    }
    let listed: Vec<Value> = tiles::tiles_between(0, 600)
        .map(|tile| match tile.content() {
            Content::Hashes { .. } if tile.width() < 256 => {
                let bytes = tiles::hash_tile(&tree, &tile, 600).unwrap();
                json!({ "path": tile.to_string(), "hex": hex(bytes) })
            }
            _ => json!({ "path": tile.to_string() }),
        })
        .collect();
    let entries: [&[u8]; 3] = [b"", b"a", &[7; 300]];
    let bundle = tiles::entry_bundle(&entries).unwrap();
    let refuse = |why: &str, bytes: &[u8], width: u16| {
        let error: TileError = tiles::parse_entry_bundle(bytes, width).expect_err(why);
        json!({ "why": why, "hex": hex(bytes), "width": width, "error": error_name(&error) })
    };
    let longer = [&bundle[..], &[0]].concat();
    super::check(
        "tiles.json",
        "Tile paths; the tiles of a log of 600 leaves (leaf i is i in eight bytes, big-endian), \
         with the bytes of the partial hash tiles; entry bundles.",
        json!({
            "paths": paths(),
            "refused_paths": refused_paths,
            "tiles_of_600": listed,
            "bundle": { "entries": entries.map(hex), "hex": hex(&bundle) },
            "refused_bundles": [
                refuse("one item more is asked for", &bundle, 4),
                refuse("one item less is asked for", &bundle, 2),
                refuse("a byte is missing", &bundle[..bundle.len() - 1], 3),
                refuse("a byte is left over", &longer, 3),
                refuse("half a length", &bundle[..1], 3),
            ],
        }),
    );
}
