//! The authenticated map against a plain sorted map, and against a root computed the slow way.

mod forgery;
mod overlay;
mod split;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use minglian_ledger::hash::{
    StateBucketHash, StateBucketNodeHash, StateKeyHash, StateLeafHash, StateNodeHash, StateRoot,
    StateSplitHash, StateValueHash,
};
use minglian_ledger::state::bucket::{Bucket, Damage};
use minglian_ledger::state::place::{BUCKETS, Place};
use minglian_ledger::state::proof;
use minglian_ledger::state::tree::StateTree;
use minglian_ledger::state::{self, BucketRead, Changes, MemoryState, StateError, StateRead};
use proptest::collection::vec;
use proptest::prelude::{ProptestConfig, Strategy, any, prop_assert, prop_assert_eq, proptest};

/// A tree and the state below it.
#[derive(Default)]
struct Ledger {
    tree: StateTree,
    state: MemoryState,
}

impl Ledger {
    fn with(entries: &[(&[u8], &[u8])]) -> Self {
        let mut ledger = Self::default();
        let set = |(key, value): &(&[u8], &[u8])| (key.to_vec(), Some(value.to_vec()));
        ledger.commit(&entries.iter().map(set).collect());
        ledger
    }

    fn commit(&mut self, changes: &Changes) {
        let before = self.tree.root();
        let update = self.tree.prepare(&self.state, changes).unwrap();
        assert_eq!(self.tree.root(), before, "preparing changes nothing");
        self.tree.apply(&update).unwrap();
        self.state.commit(&update, changes);
        assert_eq!(self.tree.root(), update.root());
    }

    /// Proves what the state says of `key`, checks the proof, and that it proves nothing else.
    fn check_proof(&self, key: &[u8]) {
        let proof = proof::prove(&self.tree, &self.state, key).unwrap();
        let root = self.tree.root();
        let value = self.state.get(key).unwrap();
        assert_eq!(proof::verify(&proof, &root, key, value.as_deref()), Ok(()));
        let bytes = borsh::to_vec(&proof).unwrap();
        assert_eq!(proof::StateProof::decode(&bytes).as_ref(), Ok(&proof));
        proof::verify(&proof, &root, key, Some(b"another value")).unwrap_err();
        proof::verify(&proof, &StateRoot::default(), key, value.as_deref()).unwrap_err();
        if value.is_some() {
            proof::verify(&proof, &root, key, None).unwrap_err();
            proof::verify(&proof, &root, b"another key", value.as_deref()).unwrap_err();
        }
        for (present, _) in self.state.entries() {
            proof::verify(&proof, &root, present, None).unwrap_err();
        }
    }
}

/// The root as the format describes it, over all entries at once and without any shortcut.
fn root_the_slow_way(entries: &BTreeMap<Vec<u8>, Vec<u8>>) -> StateRoot {
    let mut hashed: Vec<_> = entries
        .iter()
        .map(|(key, value)| (StateKeyHash::of(&[key]).0, StateValueHash::of(&[value]).0))
        .collect();
    hashed.sort();
    StateRoot::of(&[&node_the_slow_way(&hashed, 0, 20)])
}

/// The node over entries that share `depth` bits; at `bottom` stand buckets.
fn node_the_slow_way(entries: &[([u8; 32], [u8; 32])], depth: usize, bottom: usize) -> [u8; 32] {
    if entries.is_empty() {
        return [0; 32];
    }
    if depth == bottom {
        return bucket_the_slow_way(entries, depth);
    }
    let middle = entries.partition_point(|(key, _)| key[depth / 8] >> (7 - depth % 8) & 1 == 0);
    let (left, right) = entries.split_at(middle);
    let hash = |side| node_the_slow_way(side, depth + 1, bottom);
    StateNodeHash::of(&[&hash(left), &hash(right)]).0
}

fn bucket_the_slow_way(entries: &[([u8; 32], [u8; 32])], depth: usize) -> [u8; 32] {
    if entries.len() > 64 {
        let count = (entries.len() as u64).to_le_bytes();
        return StateSplitHash::of(&[&count, &node_the_slow_way(entries, depth, depth + 4)]).0;
    }
    let count = u32::try_from(entries.len()).unwrap().to_le_bytes();
    StateBucketHash::of(&[&count, &inner_the_slow_way(entries)]).0
}

fn inner_the_slow_way(entries: &[([u8; 32], [u8; 32])]) -> [u8; 32] {
    if let [(key, value)] = entries {
        return StateLeafHash::of(&[key, value]).0;
    }
    let mut left = 1;
    while left * 2 < entries.len() {
        left *= 2;
    }
    let (left, right) = entries.split_at(left);
    StateBucketNodeHash::of(&[&inner_the_slow_way(left), &inner_the_slow_way(right)]).0
}

/// Keys that all fall into one bucket, ascending by key hash: the fullest bucket of a million keys.
fn crowd() -> &'static [Vec<u8>] {
    static CROWD: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    CROWD.get_or_init(|| {
        let index = |number: &u32| Place::of(&StateKeyHash::of(&[&number.to_le_bytes()])).index();
        let mut sizes = vec![0_u32; BUCKETS as usize];
        for number in 0..1 << 20 {
            sizes[index(&number) as usize] += 1;
        }
        let fullest = (0..BUCKETS).max_by_key(|index| sizes[*index as usize]).unwrap();
        let mut keys: Vec<_> = (0..1 << 20_u32)
            .filter(|number| index(number) == fullest)
            .map(|number| number.to_le_bytes().to_vec())
            .collect();
        keys.sort_by_key(|key| StateKeyHash::of(&[key]));
        assert!(6 < keys.len(), "{} keys are no crowd", keys.len());
        keys
    })
}

/// Few keys, half of them in one bucket, so that batches meet each other's entries.
fn key_for_test(number: u8) -> Vec<u8> {
    match crowd().get(number as usize) {
        Some(key) => key.clone(),
        None => vec![number % 4, number],
    }
}

fn batches() -> impl Strategy<Value = Vec<Changes>> {
    let value = proptest::option::weighted(0.7, (0_u8..4).prop_map(|byte| vec![byte; 3]));
    let batch = vec((0_u8..20, value), 0..12);
    let changes = batch.prop_map(|batch| -> Changes {
        batch.into_iter().map(|(number, value)| (key_for_test(number), value)).collect()
    });
    vec(changes, 1..6)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn the_root_is_that_of_the_contents_whatever_came_before(batches in batches()) {
        let mut ledger = Ledger::default();
        let mut plain = BTreeMap::new();
        for changes in &batches {
            for (key, value) in changes {
                match value {
                    Some(value) => plain.insert(key.clone(), value.clone()),
                    None => plain.remove(key),
                };
            }
            let before = ledger.tree.root();
            let inverse = state::inverse(&ledger.state, changes).unwrap();
            ledger.commit(changes);
            prop_assert_eq!(ledger.tree.root(), root_the_slow_way(&plain));
            let undone = ledger.tree.prepare(&ledger.state, &inverse).unwrap();
            prop_assert_eq!(undone.root(), before);
        }
        let entries: Vec<_> = plain.iter().map(|(key, value)| (&key[..], &value[..])).collect();
        let fresh = Ledger::with(&entries);
        prop_assert_eq!(&fresh.state, &ledger.state);
        prop_assert_eq!(fresh.tree.root(), ledger.tree.root());
        let rebuilt = StateTree::rebuild(ledger.state.bucket_hashes()).unwrap();
        prop_assert_eq!(rebuilt.root(), ledger.tree.root());
        prop_assert!(ledger.state.entries().eq(entries));
        for number in 0..22 {
            ledger.check_proof(&key_for_test(number));
        }
    }

    #[test]
    fn garbage_is_no_bucket_and_no_proof(bytes in vec(any::<u8>(), 0..300), index in 0..BUCKETS) {
        prop_assert!(Bucket::decode(Place::top(index), &bytes).is_err());
        if let Ok(proof) = proof::StateProof::decode(&bytes) {
            prop_assert!(proof::verify(&proof, &StateRoot::default(), b"key", None).is_err());
        }
    }
}

/// These were computed by a separate program in another language, from the description alone.
#[test]
fn golden_roots() {
    let root = |entries| Ledger::with(entries).tree.root().to_string();
    let one: &[(&[u8], &[u8])] = &[(b"account/1", b"100")];
    let three: &[(&[u8], &[u8])] =
        &[(b"account/1", b"100"), (b"account/2", b""), (b"", b"the empty key")];
    assert_eq!(root(&[]), "1d939c2a9fd2c8ea98139e7e0200e04d3d4b79bacdbfd129aad13df85b244fa9");
    assert_eq!(root(one), "86c63865277fdcc294e1c18f91e92f0161a40211b78ff02ccb34ba667d7ba158");
    assert_eq!(root(three), "611b286b2dd6c62785b4479cf0012cd3f430d17e844aecb11ecacc9810f86d3e");
}

#[test]
fn golden_root_of_a_crowded_bucket() {
    let entries: Vec<(&[u8], &[u8])> = crowd().iter().map(|key| (&key[..], &b"full"[..])).collect();
    assert_eq!(entries.len(), 9);
    let golden = "412f2aa04d647bff67d746327909db61c415066ae0ceadc106d0a01be695b1bd";
    assert_eq!(Ledger::with(&entries).tree.root().to_string(), golden);
}

#[test]
fn writing_what_is_there_changes_nothing() {
    let ledger = Ledger::with(&[(b"a", b"1"), (b"b", b"2")]);
    let changes =
        Changes::from([(b"a".to_vec(), Some(b"1".to_vec())), (b"never there".to_vec(), None)]);
    let update = ledger.tree.prepare(&ledger.state, &changes).unwrap();
    assert_eq!(update.root(), ledger.tree.root());
    assert_eq!(update.buckets().count(), 0);
}

#[test]
fn the_last_entry_leaves_an_empty_state() {
    let mut ledger = Ledger::with(&[(b"a", b"1"), (b"b", b"2")]);
    ledger.commit(&Changes::from([(b"a".to_vec(), None), (b"b".to_vec(), None)]));
    assert_eq!(ledger.tree.root(), StateTree::new().root());
    assert_eq!(ledger.state, MemoryState::new());
}

#[test]
fn candidates_on_one_parent_and_only_one_is_applied() {
    let mut ledger = Ledger::with(&[(b"a", b"1")]);
    let parent = ledger.tree.root();
    let set = |value: &[u8]| Changes::from([(b"a".to_vec(), Some(value.to_vec()))]);
    let first = ledger.tree.prepare(&ledger.state, &set(b"2")).unwrap();
    let second = ledger.tree.prepare(&ledger.state, &set(b"3")).unwrap();
    ledger.tree.apply(&second).unwrap();
    let refused = ledger.tree.apply(&first).unwrap_err();
    assert!(matches!(
        refused,
        StateError::StaleUpdate { prepared_on, tree }
            if prepared_on == parent && tree == second.root()
    ));
    assert_eq!(ledger.tree.root(), second.root());
}

#[test]
fn a_past_state_is_proven_by_undoing_in_thought() {
    let mut ledger = Ledger::with(&[(b"a", b"1"), (b"b", b"2")]);
    let past = ledger.tree.root();
    let set = |value: &[u8]| Some(value.to_vec());
    let changes = Changes::from([(b"a".to_vec(), None), (b"c".to_vec(), set(b"3"))]);
    let inverse = state::inverse(&ledger.state, &changes).unwrap();
    ledger.commit(&changes);
    let undo = ledger.tree.prepare(&ledger.state, &inverse).unwrap();
    for (key, value) in [(b"a", Some(&b"1"[..])), (b"b", Some(b"2")), (b"c", None)] {
        let proof = proof::prove_after(&ledger.tree, &undo, &ledger.state, key).unwrap();
        assert_eq!(proof::verify(&proof, &past, key, value), Ok(()));
    }
    ledger.commit(&Changes::from([(b"d".to_vec(), set(b"4"))]));
    let stale = proof::prove_after(&ledger.tree, &undo, &ledger.state, b"a").unwrap_err();
    assert!(matches!(stale, StateError::StaleUpdate { .. }));
}

/// A state of which one bucket reads as something else.
struct Damaged<'a> {
    state: &'a MemoryState,
    place: Place,
    bytes: Option<Vec<u8>>,
}

impl BucketRead for Damaged<'_> {
    fn bucket(&self, place: Place) -> Result<Option<Vec<u8>>, StateError> {
        if place == self.place { Ok(self.bytes.clone()) } else { self.state.bucket(place) }
    }
}

#[test]
fn a_damaged_bucket_is_named_and_neither_served_nor_built_upon() {
    let entries: Vec<(&[u8], &[u8])> = crowd().iter().map(|key| (&key[..], &b"1"[..])).collect();
    let ledger = Ledger::with(&entries);
    let place = Place::of(&StateKeyHash::of(&[&crowd()[0]]));
    let sound = ledger.state.bucket(place).unwrap().unwrap();
    let check = |bytes: Option<Vec<u8>>, is_expected: fn(&Damage) -> bool| {
        let damaged = Damaged { state: &ledger.state, place, bytes };
        let changes = Changes::from([(crowd()[0].clone(), Some(b"2".to_vec()))]);
        let served = proof::prove(&ledger.tree, &damaged, &crowd()[0]).unwrap_err();
        let built_upon = ledger.tree.prepare(&damaged, &changes).unwrap_err();
        for error in [served, built_upon] {
            let StateError::DamagedBucket { place: named, damage } = error else { panic!() };
            assert_eq!(named, place);
            assert!(is_expected(&damage), "{damage}");
        }
    };
    let edited = |edit: fn(&mut Vec<u8>)| {
        let mut bytes = sound.clone();
        edit(&mut bytes);
        Some(bytes)
    };
    check(None, |damage| matches!(damage, Damage::Missing { .. }));
    check(Some(Vec::new()), |damage| matches!(damage, Damage::Length { bytes: 0 }));
    check(edited(|bytes| bytes.truncate(100)), |damage| {
        matches!(damage, Damage::Length { bytes: 100 })
    });
    check(edited(|bytes| bytes.rotate_left(64)), |damage| {
        matches!(damage, Damage::Order { position: 8 })
    });
    check(edited(|bytes| bytes.copy_within(..64, 64)), |damage| {
        matches!(damage, Damage::Order { position: 1 })
    });
    check(edited(|bytes| bytes[64] ^= 1), |damage| {
        matches!(damage, Damage::Foreign { position: 1, .. })
    });
    check(edited(|bytes| bytes[63] ^= 1), |damage| matches!(damage, Damage::Hash { .. }));
    check(edited(|bytes| bytes.truncate(128)), |damage| matches!(damage, Damage::Hash { .. }));
}

#[test]
fn stored_bucket_hashes_that_cannot_be_are_refused() {
    let hash = StateBucketHash([1; 32]);
    let rebuild = |indexes: &[u32]| {
        let stored: Vec<_> = indexes.iter().map(|index| Ok((*index, hash))).collect();
        StateTree::rebuild(stored)
    };
    assert!(matches!(rebuild(&[3, 3]), Err(StateError::BucketIndex { index: 3 })));
    assert!(matches!(rebuild(&[BUCKETS]), Err(StateError::BucketIndex { index: BUCKETS })));
    let failing = StateTree::rebuild([Err(StateError::backend("disk on fire"))]).unwrap_err();
    assert_eq!(failing.to_string(), "reading the state: disk on fire");
}
