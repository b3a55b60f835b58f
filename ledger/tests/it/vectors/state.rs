//! `state.json`: a map, its root, and what can and cannot be proven of it.

use minglian_ledger::hash::{StateKeyHash, StateNodeHash, StateRoot, StateValueHash};
use minglian_ledger::state::place::Place;
use minglian_ledger::state::proof::{self, BucketProof, Neighbour, SplitProof, StateProof};
use minglian_ledger::state::tree::StateTree;
use minglian_ledger::state::{Changes, MemoryState, StateRead};
use serde_json::{Value, json};

use super::{error_name, hex};
use crate::fixture::{self, Chain};

fn statement(proof: &StateProof, key: &[u8], value: Option<&[u8]>) -> Value {
    json!({
        "key": hex(key),
        "bucket": Place::of(&StateKeyHash::of(&[key])).index(),
        "value": value.map(hex),
        "proof": proof,
        "hex": hex(borsh::to_vec(proof).unwrap()),
    })
}

struct Proofs {
    tree: StateTree,
    state: MemoryState,
    root: StateRoot,
    refused: Vec<Value>,
}

impl Proofs {
    fn prove(&self, key: &[u8]) -> (StateProof, Option<Vec<u8>>) {
        let proof = proof::prove(&self.tree, &self.state, key).unwrap();
        let value = self.state.get(key).unwrap();
        proof::verify(&proof, &self.root, key, value.as_deref()).unwrap();
        (proof, value)
    }

    fn accept(&self, name: &str, key: &[u8]) -> Value {
        let (proof, value) = self.prove(key);
        let mut entry = statement(&proof, key, value.as_deref());
        entry["name"] = json!(name);
        entry
    }

    fn refuse(&mut self, why: &str, proof: &StateProof, key: &[u8], value: Option<&[u8]>) {
        let error = proof::verify(proof, &self.root, key, value).expect_err(why);
        let mut entry = statement(proof, key, value);
        entry["why"] = json!(why);
        entry["error"] = json!(error_name(&error));
        self.refused.push(entry);
    }

    fn refuse_each(&mut self, crowd: &[Vec<u8>]) {
        let (present, value) = self.prove(&crowd[1]);
        let value = value.as_deref();
        let (absent, _) = self.prove(&crowd[2]);
        self.refuse("another value", &present, &crowd[1], Some(b"other"));
        self.refuse("another key", &present, &crowd[0], value);
        self.refuse("presence claimed as absence", &present, &crowd[1], None);
        self.refuse("absence claimed as presence", &absent, &crowd[2], Some(b"other"));
        self.refuse("a present key claimed absent", &absent, &crowd[1], None);
        let mut proof = present.clone();
        proof.bucket = BucketProof::Empty {};
        self.refuse("the bucket claimed empty", &proof, &crowd[1], None);
        let mut proof = present.clone();
        proof.sibling_bits |= 1 << 20;
        self.refuse("a bit above the tree", &proof, &crowd[1], value);
        let mut proof = present.clone();
        proof.siblings.pop();
        self.refuse("a listed sibling is missing", &proof, &crowd[1], value);
        let mut proof = present.clone();
        let level = (!proof.sibling_bits).trailing_zeros();
        proof.sibling_bits |= 1 << level;
        let below = (proof.sibling_bits & ((1 << level) - 1)).count_ones();
        let at = usize::try_from(below).unwrap();
        proof.siblings.insert(at, StateNodeHash::default());
        self.refuse("an empty sibling is listed", &proof, &crowd[1], value);
        let mut proof = present.clone();
        proof.siblings[0].0[0] ^= 1;
        self.refuse("one bit of a sibling", &proof, &crowd[1], value);
        self.refuse_in_bucket(&present, &absent, crowd, value);
    }

    fn refuse_in_bucket(
        &mut self,
        present: &StateProof,
        absent: &StateProof,
        crowd: &[Vec<u8>],
        value: Option<&[u8]>,
    ) {
        let edit = |edit: fn(&mut u32, &mut u32)| {
            let mut proof = present.clone();
            if let BucketProof::Present { count, position, .. } = &mut proof.bucket {
                edit(count, position);
            }
            proof
        };
        self.refuse("a position outside", &edit(|_, p| *p = 3), &crowd[1], value);
        self.refuse("another position", &edit(|_, p| *p = 0), &crowd[1], value);
        self.refuse("another count", &edit(|c, _| *c = 4), &crowd[1], value);
        let edit = |edit: fn(&mut BucketProof)| {
            let mut proof = absent.clone();
            edit(&mut proof.bucket);
            proof
        };
        let missing = edit(|bucket| {
            if let BucketProof::Absent { before, .. } = bucket {
                *before = None;
            }
        });
        self.refuse("a neighbour is missing", &missing, &crowd[2], None);
        let swapped = edit(|bucket| {
            if let BucketProof::Absent { before, after, .. } = bucket {
                std::mem::swap(before, after);
            }
        });
        self.refuse("the neighbours are swapped", &swapped, &crowd[2], None);
        let changed = edit(|bucket| {
            if let BucketProof::Absent { after: Some(after), .. } = bucket {
                after.value.0[0] ^= 1;
            }
        });
        self.refuse("one neighbour's value", &changed, &crowd[2], None);
        let moved = edit(|bucket| {
            if let BucketProof::Absent { position, .. } = bucket {
                *position = 1;
            }
        });
        self.refuse("another place for the absent key", &moved, &crowd[2], None);
        self.refuse_ends(crowd);
    }

    fn refuse_splits(&mut self, key: &[u8]) {
        let (truth, value) = self.prove(key);
        let mut refuse = |why: &str, edit: &dyn Fn(&mut Vec<SplitProof>)| {
            let mut proof = truth.clone();
            edit(&mut proof.splits);
            self.refuse(why, &proof, key, value.as_deref());
        };
        refuse("a split of too few entries", &|splits| splits[0].count = 64);
        refuse("another number of entries", &|splits| splits[1].count += 1);
        refuse("a split is left out", &|splits| drop(splits.remove(0)));
        refuse("the splits are swapped", &|splits| splits.reverse());
        refuse("twelve splits", &|splits| splits.resize(12, splits[0].clone()));
        refuse("a bit above the parts", &|splits| splits[0].sibling_bits |= 1 << 4);
        refuse("a sibling of a part is missing", &|splits| splits[0].siblings.truncate(3));
        refuse("one bit of a sibling of a part", &|splits| splits[0].siblings[0].0[0] ^= 1);
        let none = |splits: &mut Vec<SplitProof>| {
            splits[0].siblings[0] = StateNodeHash::default();
        };
        refuse("an empty sibling of a part is listed", &none);
    }

    fn check(&self, file: &str, about: &str, accepted: &[Value]) {
        let entry = |(key, value): (&[u8], &[u8])| json!({ "key": hex(key), "value": hex(value) });
        super::check(
            file,
            about,
            json!({
                "empty_root": StateTree::new().root(),
                "entries": self.state.entries().map(entry).collect::<Vec<_>>(),
                "root": self.root,
                "proofs": accepted,
                "refused": self.refused,
            }),
        );
    }

    /// The entry at one end of the bucket, which is there, as the only neighbour of a key on its
    /// other side. All hashes lead to the root: only the order of the keys gives it away.
    fn refuse_ends(&mut self, crowd: &[Vec<u8>]) {
        let mut claim = |why: &str, end: usize, key: usize, position: u32| {
            let (mut proof, value) = self.prove(&crowd[end]);
            let BucketProof::Present { count, path, .. } = proof.bucket else {
                panic!("the entry is there")
            };
            let key_hash = StateKeyHash::of(&[&crowd[end]]);
            let value = StateValueHash::of(&[&value.unwrap()]);
            let neighbour = Some(Neighbour { key: key_hash, value, path });
            let (before, after) = if position == 0 { (None, neighbour) } else { (neighbour, None) };
            proof.bucket = BucketProof::Absent { count, position, before, after };
            self.refuse(why, &proof, &crowd[key], None);
        };
        claim("the neighbour after lies before the absent key", 0, 2, 0);
        claim("the neighbour before lies after the absent key", 3, 2, 3);
        claim("the neighbour after lies before a present key", 0, 3, 0);
        claim("the neighbour before lies after a present key", 3, 0, 3);
        claim("the neighbour after is the key itself", 0, 0, 0);
    }
}

#[test]
fn state() {
    let chain = Chain::new();
    let crowd = fixture::crowded_keys();
    let root = chain.header(fixture::TIP).state_root;
    let mut proofs = Proofs { tree: chain.tree, state: chain.state, root, refused: Vec::new() };
    let accepted = vec![
        proofs.accept("alone in its bucket", b"counter"),
        proofs.accept("first of three in its bucket", &crowd[0]),
        proofs.accept("last of three", &crowd[3]),
        proofs.accept("absent between two neighbours", &crowd[2]),
        proofs.accept("absent from an empty bucket", b"account/1"),
    ];
    proofs.refuse_each(&crowd);
    proofs.check(
        "state.json",
        "The entries of a state, its root, proofs of presence and absence, and proofs that fail.",
        &accepted,
    );
}

/// A bucket that has split, and a part of it that has split again.
#[test]
fn state_split() {
    let keys = fixture::stuffed_keys();
    let (mut tree, mut state) = (StateTree::new(), MemoryState::new());
    let put = |key: &Vec<u8>| (key.clone(), Some(b"here".to_vec()));
    let changes: Changes = keys.iter().skip(1).map(put).collect();
    let update = tree.prepare(&state, &changes).unwrap();
    tree.apply(&update).unwrap();
    state.commit(&update, &changes);
    let mut proofs = Proofs { root: tree.root(), tree, state, refused: Vec::new() };
    let splits = |key: &&Vec<u8>, count: usize| proofs.prove(key).0.splits.len() == count;
    let once = keys.iter().skip(1).find(|key| splits(key, 1)).unwrap();
    let twice = keys.iter().skip(1).find(|key| splits(key, 2)).unwrap();
    let accepted = vec![
        proofs.accept("in a part of a bucket", once),
        proofs.accept("in a part of a part", twice),
        proofs.accept("absent from a part", &keys[0]),
    ];
    proofs.refuse_splits(twice);
    proofs.check("state_split.json", "The same of a bucket that has split twice.", &accepted);
}
