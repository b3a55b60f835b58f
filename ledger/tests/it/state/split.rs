//! A bucket into which somebody has put more entries than chance ever would.

use std::collections::BTreeMap;
use std::ops::Range;

use minglian_ledger::hash::{StateKeyHash, StateNodeHash};
use minglian_ledger::state::page::{Page, SPLIT_BYTES, SPLIT_ENTRIES};
use minglian_ledger::state::place::{PARTS, Place};
use minglian_ledger::state::proof::{self, ProofError, StateProof};
use minglian_ledger::state::tree::StateTree;
use minglian_ledger::state::{self, BucketRead, Changes, StateError};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, any, prop_assert, prop_assert_eq, proptest};

use super::{Damaged, Ledger, root_the_slow_way};
use crate::fixture::stuffed_keys;

fn set(range: Range<usize>, value: Option<&[u8]>) -> Changes {
    stuffed_keys()[range].iter().map(|key| (key.clone(), value.map(<[u8]>::to_vec))).collect()
}

fn stuffed() -> Ledger {
    let mut ledger = Ledger::default();
    ledger.commit(&set(0..stuffed_keys().len(), Some(b"here")));
    ledger
}

fn place_of(key: &[u8]) -> Place {
    Place::of(&StateKeyHash::of(&[key]))
}

/// The key of the part that has split again, and the bucket, the part, and the part of that in
/// which it is.
fn deepest() -> (Vec<u8>, [Place; 3]) {
    let keys = stuffed_keys();
    let top = place_of(&keys[0]);
    let part_of = |key: &Vec<u8>, place: Place| place.part_of(&StateKeyHash::of(&[key]));
    let mut sizes = [0; PARTS];
    keys.iter().for_each(|key| sizes[part_of(key, top)] += 1);
    let crowded = (0..PARTS).find(|number| SPLIT_ENTRIES < sizes[*number]).unwrap();
    let key = keys.into_iter().find(|key| part_of(key, top) == crowded).unwrap();
    let part = top.part(crowded);
    let below = part.part(part_of(&key, part));
    (key, [top, part, below])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Ranges of the keys come and go, across the limit in both directions.
    #[test]
    fn a_stuffed_bucket_is_what_its_contents_are(
        steps in vec((0_usize..138, 0_usize..138, proptest::bool::weighted(0.6)), 1..6),
    ) {
        let mut ledger = Ledger::default();
        let mut plain = BTreeMap::new();
        for (one, other, is_put) in steps {
            let changes = set(one.min(other)..one.max(other), is_put.then_some(b"here"));
            for (key, value) in &changes {
                match value {
                    Some(value) => plain.insert(key.clone(), value.clone()),
                    None => plain.remove(key),
                };
            }
            let before = ledger.tree.root();
            let inverse = state::inverse(&ledger.state, &changes).unwrap();
            let keys = [0, one, other].map(|at| stuffed_keys()[at].clone());
            let past = keys.clone().map(|key| ledger.state.bucket(place_of(&key)).unwrap());
            ledger.commit(&changes);
            prop_assert_eq!(ledger.tree.root(), root_the_slow_way(&plain));
            let undo = ledger.tree.prepare(&ledger.state, &inverse).unwrap();
            prop_assert_eq!(undo.root(), before);
            for (key, _) in keys.iter().zip(past) {
                let then = inverse.get(key).cloned().unwrap_or_else(|| plain.get(key).cloned());
                let proof = proof::prove_after(&ledger.tree, &undo, &ledger.state, key).unwrap();
                prop_assert_eq!(proof::verify(&proof, &before, key, then.as_deref()), Ok(()));
                ledger.check_proof(key);
            }
        }
        let mut fresh = Ledger::default();
        fresh.commit(&plain.into_iter().map(|(key, value)| (key, Some(value))).collect());
        prop_assert_eq!(&fresh.state, &ledger.state);
        let rebuilt = StateTree::rebuild(ledger.state.bucket_hashes()).unwrap();
        prop_assert_eq!(rebuilt.root(), ledger.tree.root());
    }

    #[test]
    fn garbage_is_no_page(bytes in vec(any::<u8>(), 0..700)) {
        let place = place_of(&stuffed_keys()[0]);
        if let Ok(page) = Page::decode(place, &bytes) {
            prop_assert!(bytes.len() == SPLIT_BYTES);
            prop_assert_eq!(page.encode(), bytes);
        }
    }
}

#[test]
fn a_change_costs_a_few_pages_however_many_entries_there_are() {
    let mut ledger = stuffed();
    let (key, places) = deepest();
    let changes = Changes::from([(key, Some(b"changed".to_vec()))]);
    let update = ledger.tree.prepare(&ledger.state, &changes).unwrap();
    let written: Vec<(Place, usize)> =
        update.buckets().map(|(place, bytes, _)| (place, bytes.len())).collect();
    assert_eq!(written.iter().map(|(place, _)| *place).collect::<Vec<_>>(), places);
    assert!(written.iter().all(|(_, bytes)| *bytes <= SPLIT_ENTRIES * 64), "{written:?}");
    ledger.commit(&changes);
}

#[test]
fn a_bucket_splits_at_its_limit_and_is_joined_at_it() {
    let mut ledger = Ledger::default();
    let top = place_of(&stuffed_keys()[0]);
    ledger.commit(&set(0..SPLIT_ENTRIES, Some(b"here")));
    assert_eq!(ledger.state.buckets().count(), 1);
    ledger.commit(&set(SPLIT_ENTRIES..SPLIT_ENTRIES + 1, Some(b"here")));
    assert!(2 < ledger.state.buckets().count());
    assert_eq!(ledger.state.bucket(top).unwrap().map(|bytes| bytes.len()), Some(SPLIT_BYTES));
    ledger.commit(&set(7..8, None));
    assert_eq!(ledger.state.buckets().count(), 1);
    ledger.commit(&set(0..SPLIT_ENTRIES + 1, None));
    assert_eq!(ledger.tree.root(), StateTree::new().root());
}

#[test]
fn a_damaged_page_below_is_named_and_neither_served_nor_built_upon() {
    let ledger = stuffed();
    let (key, places) = deepest();
    for place in places {
        let sound = ledger.state.bucket(place).unwrap().unwrap();
        for at in [0, sound.len() / 2, sound.len() - 1] {
            let mut bytes = sound.clone();
            bytes[at] ^= 1;
            let damaged = Damaged { state: &ledger.state, place, bytes: Some(bytes) };
            let changes = Changes::from([(key.clone(), None)]);
            let served = proof::prove(&ledger.tree, &damaged, &key).unwrap_err();
            let built_upon = ledger.tree.prepare(&damaged, &changes).unwrap_err();
            for error in [served, built_upon] {
                let StateError::DamagedBucket { place: named, .. } = error else { panic!() };
                assert_eq!(named, place);
            }
        }
    }
    let named: Vec<String> = places.map(|place| place.to_string()).into();
    assert!(named[1].starts_with(&format!("{}/", named[0])), "{named:?}");
    assert!(named[2].starts_with(&format!("{}/", named[1])), "{named:?}");
}

#[test]
fn every_bit_of_a_proof_through_splits_matters() {
    let mut ledger = stuffed();
    let (key, _) = deepest();
    super::forgery::check_every_bit(&ledger, &key);
    ledger.commit(&Changes::from([(key.clone(), None)]));
    super::forgery::check_every_bit(&ledger, &key);
}

#[test]
fn splits_are_as_they_are() {
    let ledger = stuffed();
    let root = ledger.tree.root();
    let (key, _) = deepest();
    let truth = proof::prove(&ledger.tree, &ledger.state, &key).unwrap();
    assert_eq!(truth.splits.len(), 2);
    assert_eq!(truth.splits[1].count, 138);
    let verify = |proof: &StateProof| proof::verify(proof, &root, &key, Some(b"here"));
    assert_eq!(verify(&truth), Ok(()));
    let changed = |edit: fn(&mut StateProof)| {
        let mut proof = truth.clone();
        edit(&mut proof);
        verify(&proof).unwrap_err()
    };
    let few = changed(|proof| proof.splits[0].count = 64);
    assert_eq!(few, ProofError::Splits { splits: 2, fewest: 64 });
    let many = changed(|proof| proof.splits = vec![proof.splits[0].clone(); 12]);
    assert!(matches!(many, ProofError::Splits { splits: 12, .. }));
    let left_out = changed(|proof| drop(proof.splits.remove(0)));
    assert!(matches!(left_out, ProofError::Root { .. }));
    let swapped = changed(|proof| proof.splits.reverse());
    assert!(matches!(swapped, ProofError::Root { .. }));
    let high = changed(|proof| proof.splits[0].sibling_bits |= 1 << 4);
    assert!(matches!(high, ProofError::Siblings { .. }));
    let empty = changed(|proof| proof.splits[0].siblings[0] = StateNodeHash([0; 32]));
    assert!(matches!(empty, ProofError::EmptySibling { .. }));
}
