//! Nothing but the truth can be proven about a key.

use minglian_ledger::hash::{StateKeyHash, StateNodeHash};
use minglian_ledger::state::place::{Place, SPLITS_MAX};
use minglian_ledger::state::proof::{
    self, BucketProof, Neighbour, PROOF_BYTES_MAX, ProofError, SplitProof, StateProof,
};
use minglian_ledger::state::{BucketRead, Changes, StateRead, bucket};

use super::{Ledger, crowd};

/// The first `size` keys of the crowd but `missing`, and some keys elsewhere.
fn ledger_without(missing: Option<usize>, size: usize) -> Ledger {
    let mut entries: Vec<(&[u8], &[u8])> = vec![(b"x", b"1"), (b"y", b"2"), (b"z", b"3")];
    let present = (0..size).filter(|position| Some(*position) != missing);
    entries.extend(present.map(|position| (&crowd()[position][..], &b"here"[..])));
    Ledger::with(&entries)
}

fn prove(ledger: &Ledger, key: &[u8]) -> StateProof {
    proof::prove(&ledger.tree, &ledger.state, key).unwrap()
}

pub(super) fn check_every_bit(ledger: &Ledger, key: &[u8]) {
    let root = ledger.tree.root();
    let value = ledger.state.get(key).unwrap();
    let bytes = borsh::to_vec(&prove(ledger, key)).unwrap();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        if let Ok(proof) = StateProof::decode(&flipped) {
            let verdict = proof::verify(&proof, &root, key, value.as_deref());
            assert!(verdict.is_err(), "bit {bit} does not matter");
        }
    }
}

#[test]
fn a_bucket_of_any_size_proves_presence_and_absence_at_each_position() {
    for size in 1..=crowd().len() {
        let mut ledger = ledger_without(None, size);
        for (missing, absent) in crowd()[..size].iter().enumerate() {
            ledger.commit(&Changes::from([(absent.clone(), None)]));
            for key in crowd() {
                ledger.check_proof(key);
            }
            let Neighbours { position, before, after } = neighbours(&ledger, absent);
            assert_eq!((position, before, after), (missing, 0 < missing, missing + 1 < size));
            ledger.commit(&Changes::from([(absent.clone(), Some(b"here".to_vec()))]));
        }
    }
}

/// What an absence proof looks like; an empty bucket is position 0 without neighbours.
struct Neighbours {
    position: usize,
    before: bool,
    after: bool,
}

fn neighbours(ledger: &Ledger, key: &[u8]) -> Neighbours {
    match prove(ledger, key).bucket {
        BucketProof::Empty {} => Neighbours { position: 0, before: false, after: false },
        BucketProof::Present { .. } => panic!("the key is there"),
        BucketProof::Absent { position, before, after, .. } => Neighbours {
            position: position as usize,
            before: before.is_some(),
            after: after.is_some(),
        },
    }
}

#[test]
fn every_bit_of_a_proof_matters() {
    let last = crowd().len() - 1;
    for missing in [0, 4, last] {
        let ledger = ledger_without(Some(missing), crowd().len());
        check_every_bit(&ledger, &crowd()[missing]);
        check_every_bit(&ledger, &crowd()[5]);
    }
    check_every_bit(&ledger_without(None, 1), &crowd()[0]);
    check_every_bit(&ledger_without(None, 1), &crowd()[1]);
    check_every_bit(&ledger_without(None, 0), &crowd()[0]);
}

#[test]
fn neighbours_that_are_not_adjacent_prove_no_absence() {
    let ledger = ledger_without(None, crowd().len());
    let root = ledger.tree.root();
    let target = 4;
    let truth = prove(&ledger, &crowd()[target]);
    let BucketProof::Present { count, .. } = truth.bucket else { panic!("the key is there") };
    let place = Place::of(&StateKeyHash::of(&[&crowd()[target]]));
    let stored =
        bucket::Bucket::decode(place, &ledger.state.bucket(place).unwrap().unwrap()).unwrap();
    let neighbour = |position: usize| {
        let entry = stored.entries()[position];
        Some(Neighbour { key: entry.key, value: entry.value, path: stored.path(position) })
    };
    // Real entries on both sides of the key, with every position and number of entries.
    for before in [None, neighbour(target - 1), neighbour(0)] {
        for after in [None, neighbour(target + 1), neighbour(count as usize - 1)] {
            for count in 0..=count + 2 {
                for position in 0..=count + 1 {
                    let lie = BucketProof::Absent {
                        count,
                        position,
                        before: before.clone(),
                        after: after.clone(),
                    };
                    let proof = StateProof { bucket: lie, ..truth.clone() };
                    proof::verify(&proof, &root, &crowd()[target], None).unwrap_err();
                }
            }
        }
    }
    let emptied = StateProof { bucket: BucketProof::Empty {}, ..truth };
    let verdict = proof::verify(&emptied, &root, &crowd()[target], None);
    assert!(matches!(verdict, Err(ProofError::Root { .. })));
}

#[test]
fn a_proof_has_one_form() {
    let ledger = ledger_without(None, 3);
    let root = ledger.tree.root();
    let key = &crowd()[0];
    let verify = |proof: &StateProof| proof::verify(proof, &root, key, Some(b"here"));
    let truth = prove(&ledger, key);
    assert_eq!(verify(&truth), Ok(()));

    let level = truth.sibling_bits.trailing_ones();
    let at = (truth.sibling_bits & ((1 << level) - 1)).count_ones() as usize;
    let mut padded = truth.clone();
    padded.sibling_bits |= 1 << level;
    padded.siblings.insert(at, StateNodeHash([0; 32]));
    assert_eq!(verify(&padded), Err(ProofError::EmptySibling { level }));

    let listed = truth.siblings.len();
    let above = StateProof { sibling_bits: truth.sibling_bits | 1 << 20, ..truth.clone() };
    let bits = above.sibling_bits;
    assert_eq!(verify(&above), Err(ProofError::Siblings { bits, listed }));
    let mut spare = truth.clone();
    spare.siblings.push(StateNodeHash([7; 32]));
    let bits = truth.sibling_bits;
    assert_eq!(verify(&spare), Err(ProofError::Siblings { bits, listed: listed + 1 }));

    let mut bytes = borsh::to_vec(&truth).unwrap();
    bytes.push(0);
    assert!(matches!(StateProof::decode(&bytes), Err(ProofError::Malformed { .. })));
    bytes.resize(PROOF_BYTES_MAX + 1, 0);
    let bytes = StateProof::decode(&bytes);
    assert_eq!(bytes, Err(ProofError::TooLong { bytes: PROOF_BYTES_MAX + 1 }));
}

#[test]
fn the_longest_possible_proof_can_be_decoded() {
    let neighbour = Neighbour {
        key: Default::default(),
        value: Default::default(),
        path: vec![Default::default(); 32],
    };
    let split = SplitProof {
        count: u64::MAX,
        sibling_bits: (1 << 4) - 1,
        siblings: vec![StateNodeHash([1; 32]); 4],
    };
    let longest = StateProof {
        bucket: BucketProof::Absent {
            count: u32::MAX,
            position: u32::MAX / 2,
            before: Some(neighbour.clone()),
            after: Some(neighbour),
        },
        splits: vec![split; SPLITS_MAX],
        sibling_bits: (1 << 20) - 1,
        siblings: vec![StateNodeHash([1; 32]); 20],
    };
    let bytes = borsh::to_vec(&longest).unwrap();
    assert_eq!(StateProof::decode(&bytes), Ok(longest));
}

#[test]
fn json_has_names_and_hexadecimal_hashes() {
    let ledger = ledger_without(Some(1), 3);
    let truth = prove(&ledger, &crowd()[1]);
    let json = serde_json::to_value(&truth).unwrap();
    assert_eq!(json["bucket"]["kind"], "absent");
    assert_eq!(json["bucket"]["count"], 2);
    assert_eq!(json["bucket"]["before"]["key"].as_str().map(str::len), Some(64));
    assert_eq!(serde_json::from_value::<StateProof>(json).unwrap(), truth);
}
