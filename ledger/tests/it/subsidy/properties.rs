//! Single bits, random mixes of good and bad proofs, and the bounds of chunks.

use std::sync::LazyLock;

use curve25519_dalek::scalar::Scalar;
use minglian_ledger::subsidy::encoding::ScalarBytes;
use minglian_ledger::subsidy::scheme::BatchError;
use minglian_ledger::subsidy::standard::{self, Purpose, StandardContext, StandardError};
use minglian_ledger::subsidy::standard_batch::{self, Proven};
use minglian_ledger::subsidy::standards::StandardTable;
use proptest::prelude::*;

use super::fixture::{Made, Stream, Stuck, amounts, make, name, open_leaf, scalar, table};

static BASE: LazyLock<Made> = LazyLock::new(|| make(&name(), &amounts(5)));

/// Flips one bit, counted over the bytes of all parts.
fn flip(bytes: &mut [u8], bit: usize) {
    let bit = bit % (bytes.len() * 8);
    bytes[bit / 8] ^= 1 << (bit % 8);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_flipped_bit_of_the_header_is_seen(bit in any::<usize>()) {
        let mut bytes = borsh::to_vec(&BASE.sealed.header).unwrap();
        flip(&mut bytes, bit);
        // A header that is none is refused when it is read.
        if let Ok(header) = borsh::from_slice(&bytes) {
            let mut made = BASE.clone();
            made.sealed.header = header;
            prop_assert!(made.verify().is_err());
        }
    }

    #[test]
    fn any_flipped_bit_of_the_seal_is_seen(bit in any::<usize>()) {
        let header = borsh::to_vec(&BASE.sealed.header).unwrap().len();
        let mut bytes = borsh::to_vec(&BASE.sealed).unwrap();
        flip(&mut bytes[header..], bit);
        let mut made = BASE.clone();
        made.sealed = borsh::from_slice(&bytes).unwrap();
        prop_assert!(made.verify().is_err());
    }

    #[test]
    fn any_flipped_bit_of_a_leaf_is_seen(bit in any::<usize>()) {
        let mut made = BASE.clone();
        flip(&mut made.body.leaves[0], bit);
        prop_assert!(made.verify().is_err());
    }

    #[test]
    fn any_flipped_bit_of_a_proof_is_seen(bit in any::<usize>()) {
        let mut made = BASE.clone();
        flip(&mut made.body.proofs[0], bit);
        let place = u32::try_from(bit % (made.body.proofs[0].len() * 8) / 8 / 352).unwrap();
        let named = match made.verify() {
            Err(BatchError::Standard { index, .. }) => Some(index),
            _ => None,
        };
        prop_assert_eq!(named, Some(place));
    }

    #[test]
    fn any_table_proves_its_own_amounts_only(
        others in proptest::collection::btree_set(1..u32::MAX, 1..8), choice: usize, beside: u32,
    ) {
        let standards: Vec<u32> = [0].into_iter().chain(others).collect();
        let table = StandardTable::new(standards.clone()).unwrap();
        let header = BASE.header();
        let context = StandardContext { header: &header, purpose: Purpose::Amount, table: &table };
        let prove = |amount: u32| {
            let it = open_leaf(&name().id(), 0, amount);
            let random = &mut Stream::new(4);
            let proof = standard::prove(&context, 0, &it.leaf.commitment, &it.opening, random)?;
            standard::verify(&context, 0, &it.leaf.commitment, &proof)
        };
        prop_assert_eq!(prove(standards[choice % standards.len()]), Ok(()));
        if !standards.contains(&beside) {
            prop_assert_eq!(prove(beside), Err(StandardError::NotAStandard));
        }
    }

    #[test]
    fn batched_is_as_single_on_any_mix(
        bad in proptest::collection::vec(any::<bool>(), 5), seed: u64,
    ) {
        let mut made = BASE.clone();
        for (index, _) in bad.iter().enumerate().filter(|(_, bad)| **bad) {
            let mut proof = made.proof(index);
            let branch = index % 4;
            let response = scalar(&proof.responses[branch]) + Scalar::ONE;
            proof.responses[branch] = ScalarBytes::of(&response);
            made.set_proof(index, &proof);
        }
        let (header, table) = (made.header(), table());
        let context = StandardContext { header: &header, purpose: Purpose::Amount, table: &table };
        let proofs: Vec<_> = (0..5).map(|index| made.proof(index)).collect();
        let leaves = made.leaves();
        let proven: Vec<_> = leaves.iter().zip(&proofs).map(|(leaf, proof)| {
            Proven { index: leaf.index, commitment: leaf.commitment, proof }
        }).collect();
        let batched = standard_batch::verify(&context, &proven, &mut Stream::new(seed));
        let single = proven.iter().find_map(|it| {
            let error = standard::verify(&context, it.index, &it.commitment, it.proof).err()?;
            Some((it.index, error))
        });
        prop_assert_eq!(batched.err().map(|fault| (fault.index, fault.source)), single);
        let first = single.map(|(index, _)| usize::try_from(index).unwrap());
        prop_assert_eq!(first, bad.iter().position(|bad| *bad));
    }
}

/// One bad proof among many, wherever it stands, and whatever randomness the verifier has.
#[test]
fn a13_one_bad_proof_is_found_at_every_bound() {
    let made = make(&name(), &amounts(4_100));
    assert_eq!(made.verify(), Ok(()));
    let source = StandardError::Equation { branch: 3 };
    for index in [0_usize, 2_047, 4_095, 4_096, 4_099] {
        let mut bad = made.clone();
        let mut proof = made.proof(index);
        proof.responses[3] = ScalarBytes::of(&(scalar(&proof.responses[3]) + Scalar::ONE));
        bad.set_proof(index, &proof);
        let index = u32::try_from(index).unwrap();
        let expected = Err(BatchError::Standard { index, source });
        assert_eq!(bad.verify_chunk(usize::try_from(index / 4_096).unwrap()), expected);
        if index == 4_096 {
            let scheme = super::fixture::scheme();
            let (leaves, proofs) = (&bad.body.leaves[1], &bad.body.proofs[1]);
            for byte in [0, 0xFF] {
                let random = &mut Stuck(byte);
                let checked = scheme.verify(&bad.header(), 4_096, leaves, proofs, random);
                assert_eq!(checked.map(|_| ()), expected);
            }
            assert_eq!(bad.verify(), expected);
        }
    }
}

#[test]
fn chunks_of_another_batch_or_in_another_order_are_refused() {
    use minglian_ledger::subsidy::scheme::conclude;
    let made = make(&name(), &amounts(4_100));
    let scheme = super::fixture::scheme();
    let check = |made: &Made, number: usize| {
        let first = u32::try_from(number * 4_096).unwrap();
        let (leaves, proofs) = (&made.body.leaves[number], &made.body.proofs[number]);
        scheme.verify(&made.header(), first, leaves, proofs, &mut Stream::new(5)).unwrap()
    };
    let (first, second) = (check(&made, 0), check(&made, 1));
    assert_eq!(conclude(&made.sealed, &[first.clone(), second.clone()]), Ok(()));
    let missing = |expected| Err(BatchError::Chunks { expected });
    assert_eq!(conclude(&made.sealed, &[second.clone(), first.clone()]), missing(0));
    assert_eq!(conclude(&made.sealed, &[first.clone(), first.clone()]), missing(4_096));
    let count = BatchError::LeafCount { expected: 4_100, found: 4_096 };
    assert_eq!(conclude(&made.sealed, &[first]), Err(count));
    let mut other = name();
    other.attempt = 1;
    let other = check(&make(&other, &amounts(4)), 0);
    assert_eq!(conclude(&made.sealed, &[other]), missing(0));
    // A chunk that begins beyond every batch.
    let (leaves, proofs) = (&made.body.leaves[1], &made.body.proofs[1]);
    for first in [1 << 20, u32::MAX] {
        let header = made.header();
        let checked = scheme.verify(&header, first, leaves, proofs, &mut Stream::new(5));
        assert_eq!(checked.map(|_| ()), missing(first));
    }
}
