//! Attacks on the proof that an amount is a standard.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::scalar::Scalar;
use minglian_ledger::subsidy::batch::BatchKind;
use minglian_ledger::subsidy::draft::{Draft, DraftError};
use minglian_ledger::subsidy::encoding::{EncodingError, PointBytes, ScalarBytes};
use minglian_ledger::subsidy::pedersen::{Amount, Opening};
use minglian_ledger::subsidy::scheme::BatchError;
use minglian_ledger::subsidy::standard::{
    self, Purpose, StandardContext, StandardError, StandardProof,
};
use minglian_ledger::subsidy::standards::{StandardTable, StandardTableError};
use minglian_ledger::text::Text;

use super::fixture::{
    Made, STANDARDS, Stream, Stuck, amounts, make, name, open_leaf, open_leaves, point, scalar,
    scheme, table, terms,
};

fn moved(commitment: &PointBytes, fen: Scalar) -> PointBytes {
    PointBytes::of(&(point(commitment) + fen * RISTRETTO_BASEPOINT_POINT))
}

/// What verifies proof `index` of a batch alone.
fn alone(made: &Made, index: u32, commitment: &PointBytes) -> Result<(), StandardError> {
    let (header, table) = (made.header(), table());
    let context = StandardContext { header: &header, purpose: Purpose::Amount, table: &table };
    standard::verify(&context, index, commitment, &made.proof(usize::try_from(index).unwrap()))
}

#[test]
fn every_standard_is_proven_and_every_k() {
    let made = make(&name(), &amounts(8));
    for leaf in made.leaves() {
        assert_eq!(alone(&made, leaf.index, &leaf.commitment), Ok(()));
    }
    for count in 2..=8_u32 {
        let table = StandardTable::new((0..count).map(|it| it * 1_000).collect()).unwrap();
        let header = made.header();
        let context =
            StandardContext { header: &header, purpose: Purpose::Cumulative, table: &table };
        for choice in 0..count {
            let it = open_leaf(&name().id(), 0, choice * 1_000);
            let (commitment, random) = (it.leaf.commitment, &mut Stream::new(3));
            let proof = standard::prove(&context, 0, &commitment, &it.opening, random).unwrap();
            let mut bytes = Vec::new();
            proof.encode(&mut bytes);
            assert_eq!(bytes.len(), standard::proof_bytes(table.standards().len()));
            assert_eq!(bytes.len(), 96 * usize::try_from(count).unwrap() - 32);
            assert_eq!(StandardProof::decode(&bytes, table.standards().len()), Some(proof.clone()));
            assert_eq!(standard::verify(&context, 0, &commitment, &proof), Ok(()));
        }
    }
}

#[test]
fn a01_an_amount_outside_of_the_table_is_not_proven() {
    let batch = name().id();
    let leaves = open_leaves(&batch, &[3_000, 3_001]);
    let draft = Draft::new(terms(&name(), 6_001), leaves).unwrap();
    let error = draft.prove(&scheme(), &mut Stream::new(1), |_| ()).err().unwrap();
    let source = StandardError::NotAStandard;
    assert_eq!(error, DraftError::Amount(BatchError::Standard { index: 1, source }));

    // The prover who does it all the same: an honest-looking proof for another amount.
    let mut made = make(&name(), &amounts(4));
    let leaf = made.leaves()[1];
    let commitment = moved(&leaf.commitment, Scalar::ONE);
    made.body.leaves[0][104..136].copy_from_slice(&commitment.0);
    let equation = StandardError::Equation { branch: 0 };
    assert_eq!(alone(&made, 1, &commitment), Err(equation));
    assert_eq!(made.verify(), Err(BatchError::Standard { index: 1, source: equation }));
}

#[test]
fn a04_a_negative_amount_is_not_proven() {
    let it = open_leaf(&name().id(), 0, 0);
    // q − 5000: an elder who pays 50元, so that another may get 50元 more.
    let negative = moved(&it.leaf.commitment, -Scalar::from(5_000_u32));
    let (header, table) = (make(&name(), &amounts(1)).header(), table());
    let context = StandardContext { header: &header, purpose: Purpose::Amount, table: &table };
    for amount in STANDARDS {
        let opening = Opening { amount: Amount(amount), blinding: it.opening.blinding.clone() };
        let random = &mut Stream::new(2);
        let proof = standard::prove(&context, 0, &negative, &opening, random).unwrap();
        let error = standard::verify(&context, 0, &negative, &proof).err();
        assert!(matches!(error, Some(StandardError::Equation { .. })), "{amount}: {error:?}");
    }
}

#[test]
fn a05_scalars_have_one_form() {
    let made = make(&name(), &amounts(2));
    let leaf = made.leaves()[1];
    let order = {
        let mut bytes = (-Scalar::ONE).to_bytes();
        bytes[0] += 1;
        bytes
    };
    let plus_order = |bytes: [u8; 32]| {
        let mut carry = 0_u16;
        let mut sum = [0; 32];
        for ((to, left), right) in sum.iter_mut().zip(bytes).zip(order) {
            carry += u16::from(left) + u16::from(right);
            *to = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        sum
    };
    let (header, table) = (made.header(), table());
    let context = StandardContext { header: &header, purpose: Purpose::Amount, table: &table };
    let source = EncodingError::NotCanonical;
    for branch in 0..4 {
        let mut proof = made.proof(1);
        proof.responses[branch] = ScalarBytes(plus_order(proof.responses[branch].0));
        let error = StandardError::Encoding { branch, source };
        assert_eq!(standard::verify(&context, 1, &leaf.commitment, &proof), Err(error));
        let mut batch = made.clone();
        batch.set_proof(1, &proof);
        assert_eq!(batch.verify(), Err(BatchError::Standard { index: 1, source: error }));
    }
    for branch in 0..3 {
        let mut proof = made.proof(1);
        proof.challenges[branch] = ScalarBytes(plus_order(proof.challenges[branch].0));
        let error = StandardError::Encoding { branch, source };
        assert_eq!(standard::verify(&context, 1, &leaf.commitment, &proof), Err(error));
    }
}

#[test]
fn a08_a_proof_holds_for_one_leaf_of_one_batch_only() {
    let base = make(&name(), &amounts(6));
    // Another leaf of the batch with the same amount.
    let leaves = base.leaves();
    let mut other_leaf = base.clone();
    let proof = base.proof(1);
    other_leaf.set_proof(5, &proof);
    assert!(matches!(other_leaf.verify(), Err(BatchError::Standard { index: 5, .. })));
    assert!(matches!(alone(&base, 4, &leaves[0].commitment), Err(StandardError::Equation { .. })));

    // The same people, amounts and randomness elsewhere: each proof fails under the other header.
    let mut elsewhere = vec![name(); 5];
    elsewhere[0].chain_id = Text::new("minglian-test-2").unwrap();
    elsewhere[1].county =
        minglian_ledger::organization_code::OrganizationCode::parse("11341124MLDEM00013").unwrap();
    elsewhere[2].period = name().period.add_months(1).unwrap();
    elsewhere[3].kind = BatchKind::Supplementary(1);
    elsewhere[4].programme = 2;
    for name in elsewhere {
        let other = make(&name, &amounts(6));
        assert_eq!(other.verify(), Ok(()));
        let mut replayed = other.clone();
        replayed.body = base.body.clone();
        assert!(matches!(replayed.verify(), Err(BatchError::Standard { index: 0, .. })));
        // Even over the very same leaves, whose seeds the county could have chosen equal.
        let mut replayed = base.clone();
        replayed.sealed.header.name = name;
        assert!(matches!(replayed.verify(), Err(BatchError::Standard { index: 0, .. })));
    }
}

#[test]
fn a09_a_table_changed_after_proving_is_seen() {
    let made = make(&name(), &amounts(4));
    for standards in [[0, 3_000, 6_000, 30_001], [0, 1, 3_000, 6_000], [0, 2_999, 6_000, 30_000]] {
        let table = StandardTable::new(standards.to_vec()).unwrap();
        let header = made.header();
        let context = StandardContext { header: &header, purpose: Purpose::Amount, table: &table };
        let error = standard::verify(&context, 0, &made.leaves()[0].commitment, &made.proof(0));
        assert!(matches!(error, Err(StandardError::Equation { .. })), "{standards:?}");
    }
    let mut old_version = made.clone();
    old_version.sealed.header.standards_version = 0;
    assert!(matches!(old_version.verify(), Err(BatchError::Standard { index: 0, .. })));
    // A proof of the period's sum is no proof of the payment, although both are lawful.
    let (header, table) = (made.header(), table());
    let context = StandardContext { header: &header, purpose: Purpose::Cumulative, table: &table };
    let error = standard::verify(&context, 0, &made.leaves()[0].commitment, &made.proof(0));
    assert!(matches!(error, Err(StandardError::Equation { .. })));
}

#[test]
fn a11_points_that_say_nothing_are_refused_in_leaves_and_proofs() {
    let base = make(&name(), &amounts(2));
    for (bytes, source) in
        [([0; 32], EncodingError::Identity), ([0xFF; 32], EncodingError::NotAPoint)]
    {
        let mut made = base.clone();
        made.body.leaves[0][104..136].copy_from_slice(&bytes);
        assert_eq!(made.verify(), Err(BatchError::Commitment { index: 1, source }));
        let alone = alone(&base, 1, &PointBytes(bytes));
        assert_eq!(alone, Err(StandardError::Commitment(source)));
        for branch in 0..4 {
            let mut made = base.clone();
            let mut proof = base.proof(1);
            proof.first[branch] = PointBytes(bytes);
            made.set_proof(1, &proof);
            let source = StandardError::Encoding { branch, source };
            assert_eq!(made.verify(), Err(BatchError::Standard { index: 1, source }));
        }
    }
}

#[test]
fn a12_lengths_are_those_of_the_table() {
    use StandardTableError::{FirstNotZero, Length, NotIncreasing};
    for (standards, error) in [
        (vec![], Length { found: 0 }),
        (vec![0], Length { found: 1 }),
        ((0..9).collect(), Length { found: 9 }),
        (vec![1, 2], FirstNotZero { found: 1 }),
        (vec![0, 2, 2], NotIncreasing { position: 2 }),
        (vec![0, 3, 2], NotIncreasing { position: 2 }),
    ] {
        let bytes = borsh::to_vec(&standards).unwrap();
        assert!(borsh::from_slice::<StandardTable>(&bytes).is_err());
        assert_eq!(StandardTable::new(standards), Err(error));
    }
    let made = make(&name(), &amounts(1));
    let (header, table) = (made.header(), table());
    let context = StandardContext { header: &header, purpose: Purpose::Amount, table: &table };
    let commitment = made.leaves()[0].commitment;
    let lengths = |first, challenges, responses| {
        let mut proof = made.proof(0);
        proof.first.resize(first, PointBytes([0; 32]));
        proof.challenges.resize(challenges, ScalarBytes([0; 32]));
        proof.responses.resize(responses, ScalarBytes([0; 32]));
        standard::verify(&context, 0, &commitment, &proof)
    };
    assert_eq!(lengths(4, 3, 4), Ok(()));
    for (first, challenges, responses) in
        [(0, 0, 0), (3, 3, 4), (5, 3, 4), (4, 2, 4), (4, 4, 4), (4, 3, 3), (4, 3, 5), (1, 0, 1)]
    {
        let error = StandardError::Length { first, challenges, responses, standards: 4 };
        assert_eq!(lengths(first, challenges, responses), Err(error));
    }
    for bytes in [0, 31, 351, 353, 448] {
        assert_eq!(StandardProof::decode(&vec![0; bytes], 4), None);
    }
    assert_eq!(StandardProof::decode(&[], 0), None);
}

#[test]
fn a14_two_faults_that_cancel_are_seen() {
    let base = make(&name(), &amounts(4));
    let delta = Scalar::from(12_345_u32);
    let shift = |proof: &mut StandardProof, branch: usize, by: Scalar| {
        proof.responses[branch] = ScalarBytes::of(&(scalar(&proof.responses[branch]) + by));
    };
    // In two leaves: with equal weights the sum of all equations would not change.
    let mut two_leaves = base.clone();
    for (index, by) in [(1, delta), (2, -delta)] {
        let mut proof = base.proof(index);
        shift(&mut proof, 0, by);
        two_leaves.set_proof(index, &proof);
    }
    let source = StandardError::Equation { branch: 0 };
    assert_eq!(two_leaves.verify(), Err(BatchError::Standard { index: 1, source }));
    // In two branches of one leaf.
    let mut one_leaf = base.clone();
    let mut proof = base.proof(3);
    shift(&mut proof, 1, delta);
    shift(&mut proof, 2, -delta);
    one_leaf.set_proof(3, &proof);
    let source = StandardError::Equation { branch: 1 };
    assert_eq!(one_leaf.verify(), Err(BatchError::Standard { index: 3, source }));
    // And when whoever verifies has no randomness at all: the weights hang on the proofs too.
    for byte in [0, 1, 0xFF] {
        let error = two_leaves.body.verify(&scheme(), &two_leaves.sealed, &mut Stuck(byte));
        assert!(matches!(error, Err(BatchError::Standard { index: 1, .. })));
    }
}

#[test]
fn nonces_do_not_repeat_when_the_machine_s_randomness_does() {
    let batch = name().id();
    let (header, table) = (make(&name(), &amounts(1)).header(), table());
    let context = StandardContext { header: &header, purpose: Purpose::Amount, table: &table };
    let mut seen = std::collections::BTreeSet::new();
    for index in 0..8 {
        let it = open_leaf(&batch, index, 3_000);
        let commitment = it.leaf.commitment;
        let proof =
            standard::prove(&context, index, &commitment, &it.opening, &mut Stuck(0)).unwrap();
        for first in proof.first {
            assert!(seen.insert(first), "a first message was used twice");
        }
    }
    assert_eq!(seen.len(), 32);
}

#[test]
fn a16_two_batches_of_a_period_do_not_pay_a_standard_twice() {
    let mut later = name();
    later.kind = BatchKind::Supplementary(1);
    let cap = StandardTable::new(vec![0, 3_000]).unwrap();
    let header = make(&later, &amounts(1)).header();
    let context = StandardContext { header: &header, purpose: Purpose::Cumulative, table: &cap };
    for (main, supplementary, is_lawful) in
        [(3_000, 0, true), (0, 3_000, true), (3_000, 3_000, false)]
    {
        let first = open_leaf(&name().id(), 0, main);
        let second = open_leaf(&later.id(), 0, supplementary);
        let sum = point(&first.leaf.commitment) + point(&second.leaf.commitment);
        let (sum, random) = (PointBytes::of(&sum), &mut Stream::new(8));
        let opening = Opening {
            amount: Amount(main + supplementary),
            blinding: first.opening.blinding.plus(&second.opening.blinding),
        };
        let proof = standard::prove(&context, 0, &sum, &opening, random);
        if is_lawful {
            assert_eq!(standard::verify(&context, 0, &sum, &proof.unwrap()), Ok(()));
        } else {
            assert_eq!(proof, Err(StandardError::NotAStandard));
            // Said to be paid once, it is proven and does not hold.
            let once = Opening { amount: Amount(3_000), blinding: opening.blinding.clone() };
            let forged = standard::prove(&context, 0, &sum, &once, random).unwrap();
            let error = standard::verify(&context, 0, &sum, &forged);
            assert_eq!(error, Err(StandardError::Equation { branch: 0 }));
        }
    }
}

/// A smoke test of hiding: which standard is the true one does not show in the bytes of any part.
#[test]
fn the_true_branch_does_not_stand_out() {
    let (header, table) = (make(&name(), &amounts(1)).header(), table());
    let context = StandardContext { header: &header, purpose: Purpose::Amount, table: &table };
    let random = &mut Stream::new(9);
    for amount in STANDARDS {
        // Sums of bytes 0 to 30 of each challenge and response, over 200 proofs.
        let mut sums = [0_u64; 7];
        for index in 0..200 {
            let it = open_leaf(&name().id(), index, amount);
            let commitment = it.leaf.commitment;
            let proof = standard::prove(&context, index, &commitment, &it.opening, random).unwrap();
            for (sum, part) in sums.iter_mut().zip(proof.challenges.iter().chain(&proof.responses))
            {
                *sum += part.0[..31].iter().map(|byte| u64::from(*byte)).sum::<u64>();
            }
        }
        // The mean of a byte is 127.5, the deviation of the mean of 6,200 bytes about 1.
        for sum in sums {
            assert!((122..=133).contains(&(sum / 6_200)), "{amount}: {sums:?}");
        }
    }
}
