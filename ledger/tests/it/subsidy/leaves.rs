//! Leaves, their tree, and the header over them.

use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::balance::BalanceError;
use minglian_ledger::subsidy::batch::{BatchHeader, HeaderError, Lot};
use minglian_ledger::subsidy::draft::{Draft, DraftError};
use minglian_ledger::subsidy::scheme::{self, BatchError};
use minglian_ledger::subsidy::tree::{self, Node, PathError};

use super::fixture::{amounts, forge, make, name, open_leaves, terms};

#[test]
fn a_leaf_is_a_hundred_bytes() {
    let made = make(&name(), &amounts(3));
    assert_eq!(made.body.leaves[0].len(), 300);
    assert!(made.leaves().iter().all(|leaf| leaf.encode().len() == 100));
    assert_eq!(made.leaves()[2].encode()[..4], [2, 0, 0, 0]);
    assert_eq!(made.verify(), Ok(()));
}

#[test]
fn every_leaf_of_every_small_tree_has_a_path() {
    let nodes: Vec<Node> = (0..70).map(|byte| [byte; 32]).collect();
    for count in 1..=70_u32 {
        let nodes = &nodes[..usize::try_from(count).unwrap()];
        let top = tree::top(nodes).unwrap();
        for (index, node) in (0..count).zip(nodes) {
            let path = tree::path(nodes, index).unwrap();
            assert_eq!(tree::climb(node, index, count, &path), Ok(top), "{index} of {count}");
            let mut longer = path.clone();
            longer.push([0; 32]);
            let found = longer.len();
            let length = PathError::Length { found, index, count };
            assert_eq!(tree::climb(node, index, count, &longer), Err(length));
            if let Some((_, shorter)) = path.split_last() {
                let length = PathError::Length { found: shorter.len(), index, count };
                assert_eq!(tree::climb(node, index, count, shorter), Err(length));
            }
            for place in 0..path.len() {
                let mut other = path.clone();
                other[place][0] ^= 1;
                assert_ne!(tree::climb(node, index, count, &other), Ok(top));
            }
        }
        let past = PathError::Index { index: count, count };
        assert_eq!(tree::climb(&nodes[0], count, count, &[]), Err(past));
        assert_eq!(tree::path(nodes, count), None);
    }
    assert_eq!(tree::top(&[]), None);
}

#[test]
fn the_root_of_a_node_is_not_the_root_of_its_leaves() {
    // Two leaves, or one leaf that is their parent: the tops are the same, the roots are not.
    let leaves: [Node; 2] = [[1; 32], [2; 32]];
    let parent = tree::top(&leaves).unwrap();
    assert_eq!(tree::top(&[parent]), Some(parent));
    assert_ne!(scheme::leaf_root(2, &[parent]), scheme::leaf_root(1, &[parent]));
}

#[test]
fn chunks_are_subtrees_of_the_whole() {
    let nodes: Vec<Node> =
        (0..9_300_u32).map(|it| *blake3::hash(&it.to_le_bytes()).as_bytes()).collect();
    let tops: Vec<Node> = nodes.chunks(4_096).filter_map(tree::top).collect();
    assert_eq!(tree::top(&tops), tree::top(&nodes));
}

#[test]
fn a06_one_leaf_too_few_or_too_many_is_seen() {
    let base = make(&name(), &amounts(6));
    let mut fewer = base.clone();
    fewer.body.leaves[0].truncate(500);
    fewer.body.proofs[0].truncate(5 * 352);
    assert_eq!(fewer.verify(), Err(BatchError::LeafCount { expected: 6, found: 5 }));

    // Seven leaves for a list of six: the county that makes the header so cannot prove it.
    let more = make(&name(), &amounts(7));
    let mut forged = base.clone();
    forged.body = more.body.clone();
    assert!(matches!(forged.verify(), Err(BatchError::Standard { index: 0, .. })));
    let mut forged = more.clone();
    forged.sealed.header.leaves = 6;
    assert!(matches!(forged.verify(), Err(BatchError::Standard { index: 0, .. })));

    let mut cut = base.clone();
    cut.body.leaves[0].truncate(550);
    assert_eq!(cut.verify(), Err(BatchError::ChunkBytes { found: 550 }));
    let mut cut = base.clone();
    cut.body.proofs[0].truncate(6 * 352 - 1);
    let bytes = BatchError::ProofBytes { expected: 2_112, found: 2_111 };
    assert_eq!(cut.verify(), Err(bytes));
    let mut none = base;
    none.body = Default::default();
    assert_eq!(none.verify(), Err(BatchError::LeafCount { expected: 6, found: 0 }));
}

#[test]
fn a07_swapped_and_repeated_leaves_are_seen() {
    let base = make(&name(), &amounts(6));
    let mut swapped = base.clone();
    let (left, right) = swapped.body.leaves[0].split_at_mut(300);
    left[200..].swap_with_slice(&mut right[..100]);
    assert_eq!(swapped.verify(), Err(BatchError::LeafIndex { position: 2, found: 3 }));
    // With the numbers put right, the proofs are at the wrong leaves.
    for place in [2, 3] {
        swapped.body.leaves[0][place * 100] = u8::try_from(place).unwrap();
    }
    assert!(matches!(swapped.verify(), Err(BatchError::Standard { index: 2, .. })));

    let mut repeated = base;
    repeated.body.leaves[0].copy_within(100..200, 200);
    assert_eq!(repeated.verify(), Err(BatchError::LeafIndex { position: 2, found: 1 }));
}

#[test]
fn what_is_not_proven_of_a_leaf_is_held_by_the_root() {
    let base = make(&name(), &amounts(6));
    let mut bound_to_another = base.clone();
    bound_to_another.body.leaves[0][140] ^= 1;
    assert_eq!(bound_to_another.verify(), Err(BatchError::LeafRoot));
    let mut other_envelope = base.clone();
    other_envelope.body.leaves[0][199] ^= 1;
    assert_eq!(other_envelope.verify(), Err(BatchError::LeafRoot));
    let mut other_proof_root = base;
    other_proof_root.sealed.proof_root.0[0] ^= 1;
    assert_eq!(other_proof_root.verify(), Err(BatchError::ProofRoot));
}

#[test]
fn a_header_is_looked_at_before_anything_else() {
    let base = make(&name(), &amounts(4));
    let check = |change: fn(&mut BatchHeader), error: HeaderError| {
        let mut changed = base.clone();
        change(&mut changed.sealed.header);
        assert_eq!(changed.verify(), Err(BatchError::Header(error)));
    };
    let total = base.sealed.header.total;
    let one = |header: &mut BatchHeader| header.lots[0].amount = Fen::new(1).unwrap();
    check(one, HeaderError::LotsTotal { lots: Fen::new(1).ok(), total });
    check(|header| header.version = 2, HeaderError::Version { found: 2 });
    check(|header| header.leaves = 0, HeaderError::Leaves { found: 0 });
    check(|header| header.leaves = (1 << 20) + 1, HeaderError::Leaves { found: (1 << 20) + 1 });
    check(|header| header.lots.clear(), HeaderError::Lots);
    let twice = |header: &mut BatchHeader| header.lots = vec![header.lots[0]; 2];
    check(twice, HeaderError::Lots);
    let overflow = |header: &mut BatchHeader| {
        header.lots =
            vec![1, 2].into_iter().map(|inflow| Lot { inflow, amount: Fen::MAX }).collect();
    };
    check(overflow, HeaderError::LotsTotal { lots: None, total });
}

#[test]
fn a_county_is_told_before_it_proves() {
    let leaves = open_leaves(&name().id(), &[3_000, 0]);
    let error = Draft::new(terms(&name(), 3_001), leaves.clone()).err().unwrap();
    let lots = Fen::new(3_001).unwrap();
    assert_eq!(error, DraftError::Total { payments: 3_000, lots });
    let mut reversed = leaves;
    reversed.reverse();
    let error = Draft::new(terms(&name(), 3_000), reversed).err().unwrap();
    assert_eq!(error, DraftError::LeafIndex { position: 0, found: 1 });
    let error = Draft::new(terms(&name(), 0), Vec::new()).err().unwrap();
    assert_eq!(error, DraftError::Header(HeaderError::Leaves { found: 0 }));
}

#[test]
fn what_a_county_proves_for_a_wrong_header_is_refused_all_the_same() {
    let leaves = open_leaves(&name().id(), &amounts(6));
    let honest = make(&name(), &amounts(6)).sealed.header;
    assert_eq!(forge(honest.clone(), &leaves).verify(), Ok(()));
    let check = |change: fn(&mut BatchHeader), error: BatchError| {
        let mut header = honest.clone();
        change(&mut header);
        assert_eq!(forge(header, &leaves).verify(), Err(error));
    };
    check(|header| header.leaf_root.0[0] ^= 1, BatchError::LeafRoot);
    check(|header| header.envelope_root.0[0] ^= 1, BatchError::EnvelopeRoot);
    check(|header| header.leaves = 5, BatchError::LeafCount { expected: 5, found: 6 });
    check(|header| header.leaves = 7, BatchError::LeafCount { expected: 7, found: 6 });
    for total in [honest.total.get() - 1, honest.total.get() + 1] {
        let total = Fen::new(total).unwrap();
        let mut header = honest.clone();
        (header.total, header.lots[0].amount) = (total, total);
        let error = BatchError::Balance(BalanceError::Equation { total });
        assert_eq!(forge(header, &leaves).verify(), Err(error));
    }
    // A leaf more than the list has handles, paid out of the same total.
    let more = open_leaves(&name().id(), &[amounts(6), vec![0]].concat());
    let count = BatchError::LeafCount { expected: 6, found: 7 };
    assert_eq!(forge(honest, &more).verify(), Err(count));
}
