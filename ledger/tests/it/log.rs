//! The transparency log against RFC 6962's own recursive definitions, known trees of other
//! implementations, and garbage.

use data_encoding::HEXLOWER;
use minglian_ledger::log::proof::{self, ProofError};
use minglian_ledger::log::tiles::{self, Content, Tile, TileError};
use minglian_ledger::log::tree::{Frontier, MemoryTree, Node, NodeSource};
use minglian_ledger::log::{self, LogHash};
use proptest::prelude::*;

/// The leaves and roots of the Certificate Transparency reference tree of 1 to 8 leaves, as in
/// github.com/transparency-dev/merkle, testonly/constants.go.
const CT_LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const CT_ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

fn leaf(index: u64) -> LogHash {
    log::leaf_hash(&index.to_be_bytes())
}

fn tree_of(size: u64) -> MemoryTree {
    let mut tree = MemoryTree::new();
    (0..size).for_each(|index| tree.append(leaf(index)).unwrap());
    tree
}

fn ct_tree() -> MemoryTree {
    let mut tree = MemoryTree::new();
    for hex in CT_LEAVES {
        tree.append(log::leaf_hash(&HEXLOWER.decode(hex.as_bytes()).unwrap())).unwrap();
    }
    tree
}

fn hashes(texts: &[&str]) -> Vec<LogHash> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn split(leaves: usize) -> usize {
    leaves.next_power_of_two() / 2
}

/// MTH, RFC 6962, 2.1, word for word.
fn root_by_definition(leaves: &[LogHash]) -> LogHash {
    match leaves {
        [] => log::empty_root(),
        [only] => *only,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            log::node_hash(&root_by_definition(left), &root_by_definition(right))
        }
    }
}

/// PATH, RFC 6962, 2.1.1, word for word.
fn path_by_definition(index: usize, leaves: &[LogHash]) -> Vec<LogHash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut path, sibling) = if index < left.len() {
        (path_by_definition(index, left), right)
    } else {
        (path_by_definition(index - left.len(), right), left)
    };
    path.push(root_by_definition(sibling));
    path
}

/// SUBPROOF, RFC 6962, 2.1.2, word for word.
fn subproof_by_definition(old: usize, leaves: &[LogHash], is_old_root: bool) -> Vec<LogHash> {
    if old == leaves.len() {
        return if is_old_root { Vec::new() } else { vec![root_by_definition(leaves)] };
    }
    let (left, right) = leaves.split_at(split(leaves.len()));
    let (mut path, sibling) = if old <= left.len() {
        (subproof_by_definition(old, left, is_old_root), right)
    } else {
        (subproof_by_definition(old - left.len(), right, false), left)
    };
    path.push(root_by_definition(sibling));
    path
}

#[test]
fn the_reference_tree_has_its_known_roots_and_proofs() {
    let tree = ct_tree();
    for (size, root) in CT_ROOTS.iter().enumerate() {
        assert_eq!(tree.root_at(size as u64).unwrap().to_string(), *root);
    }
    assert_eq!(tree.root_at(9), None);
    // Proofs of the same tree, github.com/transparency-dev/merkle, proof/verify_test.go.
    let inclusion = hashes(&[
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]);
    assert_eq!(proof::inclusion_proof(&tree, 5, 8).unwrap(), inclusion);
    let consistency = hashes(&[
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ]);
    assert_eq!(proof::consistency_proof(&tree, 6, 8).unwrap(), consistency);
}

#[test]
fn every_inclusion_proof_up_to_70_leaves_is_the_defined_one_and_verifies() {
    let tree = tree_of(70);
    let leaves: Vec<_> = (0..70).map(leaf).collect();
    for size in 1..=70_u64 {
        let root = tree.root_at(size).unwrap();
        assert_eq!(root, root_by_definition(&leaves[..size as usize]));
        for index in 0..size {
            let path = proof::inclusion_proof(&tree, index, size).unwrap();
            assert_eq!(path, path_by_definition(index as usize, &leaves[..size as usize]));
            let hash = &leaves[index as usize];
            assert_eq!(proof::verify_inclusion(hash, index, size, &path, &root), Ok(()));
            let longer = [path.clone(), vec![root]].concat();
            let refused = proof::verify_inclusion(hash, index, size, &longer, &root);
            assert_eq!(refused, Err(ProofError::TooLong { hashes: longer.len() }));
            if let Some(shorter) = path.len().checked_sub(1) {
                let refused = proof::verify_inclusion(hash, index, size, &path[..shorter], &root);
                assert_eq!(refused, Err(ProofError::TooShort { hashes: shorter }));
            }
        }
        assert!(proof::inclusion_proof(&tree, size, size).is_err());
    }
}

#[test]
fn every_consistency_proof_up_to_70_leaves_is_the_defined_one_and_verifies() {
    let tree = tree_of(70);
    let leaves: Vec<_> = (0..70).map(leaf).collect();
    for new in 0..=70_u64 {
        let new_root = tree.root_at(new).unwrap();
        for old in 0..=new {
            let old_root = tree.root_at(old).unwrap();
            let path = proof::consistency_proof(&tree, old, new).unwrap();
            if old > 0 {
                let defined = subproof_by_definition(old as usize, &leaves[..new as usize], true);
                assert_eq!(path, defined);
            }
            let verify =
                |path: &[LogHash]| proof::verify_consistency(old, &old_root, new, &new_root, path);
            assert_eq!(verify(&path), Ok(()), "{old} to {new}");
            let longer = [path.clone(), vec![new_root]].concat();
            assert_eq!(verify(&longer), Err(ProofError::TooLong { hashes: longer.len() }));
            if let Some(shorter) = path.len().checked_sub(1) {
                assert_eq!(verify(&path[..shorter]), Err(ProofError::TooShort { hashes: shorter }));
            }
        }
        assert!(proof::consistency_proof(&tree, new + 1, new).is_err());
    }
}

#[test]
fn one_flipped_bit_anywhere_is_refused() {
    let tree = tree_of(13);
    let root = tree.root();
    let flipped = |hash: &LogHash, bit: usize| {
        let mut bytes = hash.0;
        bytes[bit / 8] ^= 1 << (bit % 8);
        LogHash(bytes)
    };
    let path = proof::inclusion_proof(&tree, 9, 13).unwrap();
    let steps = proof::consistency_proof(&tree, 6, 13).unwrap();
    let old_root = tree.root_at(6).unwrap();
    for bit in 0..256 {
        let wrong = flipped(&leaf(9), bit);
        assert!(proof::verify_inclusion(&wrong, 9, 13, &path, &root).is_err());
        assert!(proof::verify_inclusion(&leaf(9), 9, 13, &path, &flipped(&root, bit)).is_err());
        for position in 0..path.len() {
            let mut wrong = path.clone();
            wrong[position] = flipped(&wrong[position], bit);
            assert!(proof::verify_inclusion(&leaf(9), 9, 13, &wrong, &root).is_err());
        }
        for position in 0..steps.len() {
            let mut wrong = steps.clone();
            wrong[position] = flipped(&wrong[position], bit);
            assert!(proof::verify_consistency(6, &old_root, 13, &root, &wrong).is_err());
        }
        let wrong = flipped(&old_root, bit);
        assert!(proof::verify_consistency(6, &wrong, 13, &root, &steps).is_err());
        assert!(proof::verify_consistency(6, &old_root, 13, &flipped(&root, bit), &steps).is_err());
    }
    assert!(proof::verify_inclusion(&leaf(9), 8, 13, &path, &root).is_err());
    assert!(proof::verify_consistency(0, &flipped(&log::empty_root(), 0), 13, &root, &[]).is_err());
}

#[test]
fn the_frontier_reports_each_complete_node_once_and_survives_storage() {
    let tree = tree_of(300);
    let mut frontier = Frontier::new();
    let mut completed: Vec<Node> = Vec::new();
    for index in 0..300_u64 {
        let bytes = borsh::to_vec(&frontier).unwrap();
        assert_eq!(bytes.len() as u64, 8 + 32 * u64::from(index.count_ones()));
        assert_eq!(borsh::from_slice::<Frontier>(&bytes).unwrap(), frontier);
        assert_eq!(Frontier::load(&tree, index).unwrap(), frontier);
        assert_eq!(frontier.root(), tree.root_at(index).unwrap());
        frontier.append_nodes(leaf(index), &mut completed).unwrap();
    }
    for node in &completed {
        assert_eq!(tree.node(node.level, node.index), Ok(node.hash));
    }
    let expected: u64 = (0..9).map(|level| 300 >> level).sum();
    assert_eq!(completed.len() as u64, expected);
    let too_large = borsh::to_vec(&(log::MAX_LOG_SIZE + 1)).unwrap();
    assert!(borsh::from_slice::<Frontier>(&too_large).is_err());
}

#[test]
fn tile_paths_are_the_ones_of_the_specification() {
    let cases = [
        (Content::Hashes { level: 0 }, 0, 256, "tile/0/000"),
        (Content::Hashes { level: 63 }, 999, 256, "tile/63/999"),
        (Content::Hashes { level: 1 }, 1000, 17, "tile/1/x001/000.p/17"),
        (Content::Entries, 1_234_067, 256, "tile/entries/x001/x234/067"),
        (Content::Entries, 273, 112, "tile/entries/273.p/112"),
    ];
    for (content, index, width, path) in cases {
        let tile = Tile::new(content, index, width).unwrap();
        assert_eq!(tile.to_string(), path);
        assert_eq!(path.parse(), Ok(tile));
    }
    let refused = "tile/0/0 tile/0/00 tile/0/0000 tile/00/000 tile/64/000 tile/-1/000 tile/+1/000
        tile/0/x000/001 tile/0/001/001 tile/0/x001 tile/0/x001/x001 tile/0/X001/001 tile/0/
        tile/0/000.p/0 tile/0/000.p/256 tile/0/000.p/01 tile/0/000.p/ tile/0/000.p tile//000
        tile/0/000/ /tile/0/000 tile/Entries/000 tile/data/000 tile/0/000.p/1.p/1 tile/0/+01
        tile/0/x999/x999/x999/x999/x999/x999/x999/999 entries/000 tile";
    for path in refused.split_whitespace().chain(["", "tile/0/000\n"]) {
        assert_eq!(path.parse::<Tile>(), Err(TileError::Path { path: path.to_owned() }));
    }
}

/// All tiles of a log, built and read back, hold each complete node once, and the frontier of the
/// log can be found in them.
fn check_tiles(tree: &MemoryTree, size: u64) {
    for tile in tiles::tiles_between(0, size) {
        let Content::Hashes { level } = tile.content() else { continue };
        let bytes = tiles::hash_tile(tree, &tile, size).unwrap();
        let parsed = tiles::parse_hash_tile(&bytes, tile.width()).unwrap();
        for (item, hash) in (tile.first_item()..).zip(parsed) {
            assert_eq!(tree.node(level * 8, item), Ok(hash));
        }
        assert!(tile.least_size().unwrap() <= size);
        assert!(tiles::hash_tile(tree, &tile, tile.least_size().unwrap()).is_ok());
        assert!(tiles::parse_hash_tile(&bytes[1..], tile.width()).is_err());
    }
    let items = |content| {
        tiles::tiles_between(0, size)
            .filter(|tile| tile.content() == content)
            .map(|tile| u64::from(tile.width()))
            .sum::<u64>()
    };
    assert_eq!(items(Content::Entries), size);
    for level in 0..4 {
        assert_eq!(items(Content::Hashes { level }), size >> (8 * level));
    }
}

#[test]
fn tiles_of_every_size_around_a_full_tile_hold_the_tree() {
    let tree = tree_of(65_537);
    for size in (0..=70).chain(255..=257).chain([511, 512, 513, 65_535, 65_536, 65_537]) {
        check_tiles(&tree, size);
    }
}

#[test]
fn a_log_has_the_tiles_of_its_size_and_no_others() {
    // The example of tlog-tiles: 70,000 entries.
    let widths = |level| {
        let tiles = tiles::tiles_between(0, 70_000);
        tiles.filter(move |tile| tile.content() == Content::Hashes { level })
    };
    assert_eq!(widths(0).filter(|tile| tile.width() == 256).count(), 273);
    assert_eq!(widths(0).last().unwrap().to_string(), "tile/0/273.p/112");
    let upper: Vec<_> = widths(1).chain(widths(2)).map(|tile| tile.to_string()).collect();
    assert_eq!(upper, ["tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1"]);

    let tree = tree_of(300);
    for path in [
        "tile/0/001.p/43",
        "tile/0/001.p/45",
        "tile/0/001",
        "tile/0/000.p/255",
        "tile/1/000.p/2",
        "tile/2/000.p/1",
        "tile/0/002.p/1",
        "tile/63/000.p/1",
        "tile/entries/000",
    ] {
        assert!(tiles::hash_tile(&tree, &path.parse().unwrap(), 300).is_err(), "{path}");
    }
    let grown: Vec<_> = tiles::tiles_between(250, 300).map(|tile| tile.to_string()).collect();
    let expected = [
        "tile/0/000",
        "tile/0/001.p/44",
        "tile/1/000.p/1",
        "tile/entries/000",
        "tile/entries/001.p/44",
    ];
    assert_eq!(grown, expected);
    assert_eq!(tiles::tiles_between(300, 300).count(), 0);
}

#[test]
fn an_entry_bundle_is_read_back_and_nothing_may_be_missing_or_left_over() {
    let longest = vec![7; log::MAX_LEAF_BYTES];
    let entries: [&[u8]; 3] = [b"", b"leaf", &longest];
    let bundle = tiles::entry_bundle(&entries).unwrap();
    assert_eq!(tiles::parse_entry_bundle(&bundle, 3).unwrap(), entries);
    assert!(tiles::parse_entry_bundle(&bundle, 2).is_err());
    assert!(tiles::parse_entry_bundle(&bundle, 4).is_err());
    assert!(tiles::parse_entry_bundle(&bundle[..bundle.len() - 1], 3).is_err());
    assert!(tiles::entry_bundle(&[vec![0; log::MAX_LEAF_BYTES + 1]]).is_err());
    assert!(tiles::entry_bundle(&[[0_u8; 1]; 257]).is_err());
    assert!(tiles::entry_bundle::<&[u8]>(&[]).is_err());
}

#[test]
fn a_hash_is_64_lower_case_digits_in_json() {
    let json = format!("\"{}\"", CT_ROOTS[8]);
    let hash: LogHash = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&hash).unwrap(), json);
    assert!(serde_json::from_str::<LogHash>(&json.to_uppercase()).is_err());
}

prop_compose! {
    fn any_hashes()(bytes in prop::collection::vec(any::<[u8; 32]>(), 0..70)) -> Vec<LogHash> {
        bytes.into_iter().map(LogHash).collect()
    }
}

proptest! {
    #[test]
    fn garbage_is_no_proof(
        index in any::<u64>(), shift in 0_u32..64, size in any::<u64>(), garbage in any_hashes(),
    ) {
        let (index, size, root) = (index >> shift, size >> (shift / 2), LogHash([1; 32]));
        prop_assert!(proof::verify_inclusion(&leaf(0), index, size, &garbage, &root).is_err());
        let refused = proof::verify_consistency(index, &leaf(0), size, &root, &garbage);
        // A made-up root of the empty log is refused too, so nothing at all is accepted.
        prop_assert!(refused.is_err());
    }

    #[test]
    fn a_tile_path_formats_and_parses_to_itself(
        level in 0_u8..64, entries in any::<bool>(), index in 0..log::MAX_LOG_SIZE >> 8,
        shift in 0_u32..45, width in 1_u16..=256,
    ) {
        let content = if entries { Content::Entries } else { Content::Hashes { level } };
        let tile = Tile::new(content, index >> shift, width).unwrap();
        prop_assert_eq!(tile.to_string().parse(), Ok(tile));
    }

    #[test]
    fn whatever_parses_as_a_tile_path_is_its_text(path in "tile/([0-9]{1,2}|entries)/[x0-9/.p+]*") {
        if let Ok(tile) = path.parse::<Tile>() {
            prop_assert_eq!(tile.to_string(), path);
        }
    }

    #[test]
    fn whatever_parses_as_a_bundle_is_its_bytes(
        bundle in prop::collection::vec(0_u8..3, 0..64), width in 0_u16..20,
    ) {
        if let Ok(entries) = tiles::parse_entry_bundle(&bundle, width) && width > 0 {
            prop_assert_eq!(tiles::entry_bundle(&entries).unwrap(), bundle);
        }
    }
}
