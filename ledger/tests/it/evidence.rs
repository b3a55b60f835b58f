//! Evidence: a stranger with the genesis file alone is convinced, and by nothing else.

pub mod damage;

use minglian_ledger::evidence::{Evidence, EvidenceError, Proven, Trust};
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::record::Leaf;

use crate::fixture::{self, CHANGES, Chain, TIP};

#[test]
fn every_leaf_is_proven_under_every_later_header_from_the_genesis_alone() {
    let chain = Chain::new();
    let trust = chain.trust();
    for (index, bytes) in (0..).zip(chain.leaves()) {
        for height in 1..=TIP {
            if chain.header(height).log_size <= index {
                continue;
            }
            let bundle = chain.leaf_evidence(index, height).encode();
            let proven = Evidence::decode(&bundle).unwrap().verify(&trust).unwrap();
            let leaf = Leaf::decode(bytes).unwrap();
            assert_eq!(proven, Proven::Leaf(LogIndex(index), Box::new(leaf)));
        }
    }
}

#[test]
fn a_state_entry_and_its_absence_are_proven_across_two_changes_of_validators() {
    let chain = Chain::new();
    let crowd = fixture::crowded_keys();
    for (key, value) in [
        (b"counter".to_vec(), Some(TIP.to_le_bytes().to_vec())),
        (b"account/1".to_vec(), None),
        (crowd[0].clone(), Some(b"crowd 0".to_vec())),
        (crowd[2].clone(), None),
    ] {
        let evidence = chain.state_evidence(&key);
        assert_eq!(evidence.changes.len(), CHANGES.len());
        let proven = Evidence::decode(&evidence.encode()).unwrap().verify(&chain.trust()).unwrap();
        assert_eq!(proven, Proven::State(key, value));
    }
}

#[test]
fn a_reader_who_knows_a_later_set_needs_fewer_changes_and_takes_no_older_header() {
    let chain = Chain::new();
    let later = Trust {
        chain_id: chain.chain_id.clone(),
        height: Height(CHANGES[0]),
        validators: fixture::validators(fixture::members_at(CHANGES[0] + 1)),
    };
    let mut evidence = chain.leaf_evidence(1, TIP);
    let error = evidence.verify(&later).unwrap_err();
    assert!(matches!(error, EvidenceError::HeightOrder(Height(2))), "{error}");
    evidence.changes.remove(0);
    evidence.verify(&later).unwrap();
}

/// Trust in the last set, so that a bundle needs no change.
fn late_trust(chain: &Chain) -> Trust {
    Trust {
        chain_id: chain.chain_id.clone(),
        height: Height(CHANGES[1]),
        validators: fixture::validators(fixture::members_at(TIP)),
    }
}

#[test]
fn flipping_a_bit_of_any_byte_proves_nothing() {
    let chain = Chain::new();
    let mut state_evidence = chain.state_evidence(&fixture::crowded_keys()[2]);
    state_evidence.changes.clear();
    for (evidence, trust) in
        [(chain.leaf_evidence(1, 4), chain.trust()), (state_evidence, late_trust(&chain))]
    {
        evidence.verify(&trust).unwrap();
        let bundle = evidence.encode();
        let mut decoded = 0;
        for at in 0..bundle.len() {
            let mut bytes = bundle.clone();
            bytes[at] ^= 1 << (at % 8);
            if let Ok(evidence) = Evidence::decode(&bytes) {
                decoded += 1;
                evidence.verify(&trust).expect_err(&format!("byte {at} does not matter"));
            }
        }
        assert!(decoded > bundle.len() / 2, "most flips are found by verifying, not by decoding");
    }
}

#[test]
fn a_bundle_cut_anywhere_does_not_decode() {
    let bundle = Chain::new().leaf_evidence(1, 1).encode();
    for length in 0..bundle.len() {
        Evidence::decode(&bundle[..length]).unwrap_err();
    }
}

#[test]
fn each_damaged_bundle_is_refused_for_its_own_reason() {
    let chain = Chain::new();
    let bundles = damage::invalid(&chain);
    let reason = |name: &str| {
        let (_, bytes) = bundles.iter().find(|(found, _)| found == name).unwrap();
        let error = Evidence::decode(bytes).and_then(|e| e.verify(&chain.trust())).unwrap_err();
        error.to_string()
    };
    for (name, expected) in [
        ("two of four validators", "power 2 of 4 is not more than two thirds"),
        ("power 10 of 17", "power 10 of 17 is not more than two thirds"),
        ("a stranger signs", "is not a validator"),
        ("one validator twice", "signed twice"),
        ("one bad signature beyond a quorum", "does not verify"),
        ("everything of another chain", "belongs to chain other-test-"),
        ("the changes exchanged", "is not a validator"),
        ("one change twice", "header 2 does not follow"),
        ("validators that no header names", "are not those its header names"),
        ("a certified record of a later height", "claims another position or a later height"),
        ("a byte left over", "not canonically encoded"),
    ] {
        let found = reason(name);
        assert!(found.contains(expected), "{name}: {found}");
    }
}

#[test]
fn too_many_changes_are_refused_before_anything_is_checked() {
    let chain = Chain::new();
    let mut evidence = chain.leaf_evidence(1, TIP);
    evidence.changes = vec![evidence.changes[0].clone(); 4_097];
    assert!(matches!(evidence.verify(&chain.trust()), Err(EvidenceError::TooLarge)));
    let bytes = vec![0; 8 * 1024 * 1024 + 1];
    assert!(matches!(Evidence::decode(&bytes), Err(EvidenceError::TooLarge)));
}
