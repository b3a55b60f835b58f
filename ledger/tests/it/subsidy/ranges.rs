//! Range mode: free amounts between two bounds.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::scalar::Scalar;
use minglian_ledger::subsidy::domain::HeaderHash;
use minglian_ledger::subsidy::draft::Draft;
use minglian_ledger::subsidy::encoding::{EncodingError, PointBytes};
use minglian_ledger::subsidy::leaf::OpenLeaf;
use minglian_ledger::subsidy::pedersen::Opening;
use minglian_ledger::subsidy::range::{self, RangeError, RangeGenerators};
use minglian_ledger::subsidy::scheme::{BatchError, Scheme};
use minglian_ledger::subsidy::standards::{RangeBits, RangeRule, RangeRuleError, Standards};

use super::fixture::{Made, Stream, Stuck, name, open_leaves, point, terms};

/// Up to 500元 in steps of 10元.
fn rule() -> RangeRule {
    RangeRule::new(0, 50_000, 1_000, RangeBits::Eight).unwrap()
}

fn prove(
    rule: &RangeRule,
    header: &HeaderHash,
    leaves: &[OpenLeaf],
) -> Result<Vec<u8>, RangeError> {
    let points: Vec<_> = leaves.iter().map(|it| it.leaf.commitment).collect();
    let openings: Vec<&Opening> = leaves.iter().map(|it| &it.opening).collect();
    let generators = RangeGenerators::new(rule.bits());
    range::prove(&generators, rule, header, 0, &points, &openings, &mut Stream::new(80))
}

fn verify(
    rule: &RangeRule,
    header: &HeaderHash,
    points: &[PointBytes],
    proof: &[u8],
) -> Result<(), RangeError> {
    let generators = RangeGenerators::new(rule.bits());
    range::verify(&generators, rule, header, 0, points, proof, &mut Stream::new(81))
}

#[test]
fn a_batch_of_free_amounts_balances() {
    let scheme = Scheme::new(&Standards::Range(rule()));
    let amounts: Vec<u32> = (0..45).map(|it| it % 51 * 1_000).collect();
    let total = amounts.iter().map(|it| u64::from(*it)).sum();
    let leaves = open_leaves(&name().id(), &amounts);
    let draft = Draft::new(terms(&name(), total), leaves).unwrap();
    let (sealed, body) = draft.prove(&scheme, &mut Stream::new(82), |_| ()).unwrap();
    let made = Made { sealed, body };
    // A group of 32 and one of 13, whose 26 commitments are filled up to 32.
    assert_eq!(made.body.proofs[0].len(), 864 + 800);
    let verify = |made: &Made| made.body.verify(&scheme, &made.sealed, &mut Stream::new(83));
    assert_eq!(verify(&made), Ok(()));
    for (place, first_index) in [(5, 0), (863, 0), (864, 32), (1_663, 32)] {
        let mut changed = made.clone();
        changed.body.proofs[0][place] ^= 1;
        let source = RangeError::Proof;
        assert_eq!(verify(&changed), Err(BatchError::Range { first_index, source }));
    }
    let mut other_period = made.clone();
    other_period.sealed.header.name.period = name().period.add_months(1).unwrap();
    let source = RangeError::Proof;
    assert_eq!(verify(&other_period), Err(BatchError::Range { first_index: 0, source }));
    let mut other_leaf = made;
    other_leaf.body.leaves[0].copy_within(4..36, 104);
    assert_eq!(verify(&other_leaf), Err(BatchError::Range { first_index: 0, source }));
}

#[test]
fn amounts_outside_of_the_bounds_are_not_proven() {
    let header = HeaderHash([3; 32]);
    for amount in [51_000, 50_001, 999, 1_500, u32::MAX] {
        let leaves = open_leaves(&name().id(), &[1_000, amount]);
        assert_eq!(prove(&rule(), &header, &leaves), Err(RangeError::NotInRange), "{amount}");
    }
    // The prover who lies about what it committed to, by a unit, a fen, and below zero.
    let lawful = open_leaves(&name().id(), &[0, 50_000, 25_000]);
    let proof = prove(&rule(), &header, &lawful).unwrap();
    let points: Vec<_> = lawful.iter().map(|it| it.leaf.commitment).collect();
    assert_eq!(verify(&rule(), &header, &points, &proof), Ok(()));
    for (index, by) in [(1, 1_000_i32), (1, 1), (0, -1_000), (2, 1)] {
        let by =
            if by < 0 { -Scalar::from(by.unsigned_abs()) } else { Scalar::from(by.unsigned_abs()) };
        let moved =
            |point_bytes| PointBytes::of(&(point(point_bytes) + by * RISTRETTO_BASEPOINT_POINT));
        let mut forged = lawful.clone();
        forged[index].leaf.commitment = moved(&points[index]);
        let proof = prove(&rule(), &header, &forged).unwrap();
        let points: Vec<_> = forged.iter().map(|it| it.leaf.commitment).collect();
        assert_eq!(verify(&rule(), &header, &points, &proof), Err(RangeError::Proof));
    }
}

#[test]
fn both_bounds_hold_where_the_bits_would_allow_more() {
    // 50 units in 8 bits: 255 would fit below the one bound, and −205 above the other.
    let header = HeaderHash([4; 32]);
    let wide = RangeRule::new(0, 255_000, 1_000, RangeBits::Eight).unwrap();
    let leaves = open_leaves(&name().id(), &[200_000]);
    let points: Vec<_> = leaves.iter().map(|it| it.leaf.commitment).collect();
    let proof = prove(&wide, &header, &leaves).unwrap();
    assert_eq!(verify(&wide, &header, &points, &proof), Ok(()));
    assert_eq!(verify(&rule(), &header, &points, &proof), Err(RangeError::Proof));
    let higher = RangeRule::new(1_000, 256_000, 1_000, RangeBits::Eight).unwrap();
    assert_eq!(verify(&higher, &header, &points, &proof), Err(RangeError::Proof));
}

#[test]
fn a09_another_rule_header_place_or_group_is_seen() {
    let header = HeaderHash([5; 32]);
    let leaves = open_leaves(&name().id(), &[0, 10_000, 20_000, 50_000]);
    let points: Vec<_> = leaves.iter().map(|it| it.leaf.commitment).collect();
    let proof = prove(&rule(), &header, &leaves).unwrap();
    assert_eq!(verify(&rule(), &header, &points, &proof), Ok(()));
    let refused = Err(RangeError::Proof);
    let half = RangeRule::new(0, 50_000, 500, RangeBits::Eight).unwrap();
    assert_eq!(verify(&half, &header, &points, &proof), refused);
    assert_eq!(verify(&rule(), &HeaderHash([6; 32]), &points, &proof), refused);
    let mut reversed = points.clone();
    reversed.reverse();
    assert_eq!(verify(&rule(), &header, &reversed, &proof), refused);
    let generators = RangeGenerators::new(RangeBits::Eight);
    let elsewhere =
        range::verify(&generators, &rule(), &header, 32, &points, &proof, &mut Stream::new(1));
    assert_eq!(elsewhere, refused);
    // Three and four payments are both filled up to eight commitments, and still not the same.
    assert_eq!(verify(&rule(), &header, &points[..3], &proof), refused);
    let stuck = range::verify(&generators, &rule(), &header, 0, &points, &proof, &mut Stuck(0));
    assert_eq!(stuck, Ok(()));
    let wide = RangeRule::new(0, 50_000, 1_000, RangeBits::Sixteen).unwrap();
    let other = range::verify(&generators, &wide, &header, 0, &points, &proof, &mut Stuck(0));
    assert_eq!(other, Err(RangeError::Generators));
}

#[test]
fn a11_neutral_elements_are_pads_only() {
    let header = HeaderHash([7; 32]);
    let leaves = open_leaves(&name().id(), &[0, 10_000, 20_000]);
    let proof = prove(&rule(), &header, &leaves).unwrap();
    let points: Vec<_> = leaves.iter().map(|it| it.leaf.commitment).collect();
    for (bytes, source) in
        [([0; 32], EncodingError::Identity), ([0xFF; 32], EncodingError::NotAPoint)]
    {
        let mut points = points.clone();
        points[2] = PointBytes(bytes);
        let error = RangeError::Commitment { position: 2, source };
        assert_eq!(verify(&rule(), &header, &points, &proof), Err(error));
    }
    assert_eq!(verify(&rule(), &header, &[], &proof), Err(RangeError::Group { found: 0 }));
    let many = vec![points[0]; 33];
    assert_eq!(verify(&rule(), &header, &many, &proof), Err(RangeError::Group { found: 33 }));
    for found in [0, 1, proof.len() - 32, proof.len() - 1, proof.len() + 32] {
        let mut bytes = proof.clone();
        bytes.resize(found, 0);
        let error = RangeError::Length { expected: proof.len(), found };
        assert_eq!(verify(&rule(), &header, &points, &bytes), Err(error));
    }
    let high = vec![0xFF; proof.len()];
    assert_eq!(verify(&rule(), &header, &points, &high), Err(RangeError::Proof));
    let zero = vec![0; proof.len()];
    assert_eq!(verify(&rule(), &header, &points, &zero), Err(RangeError::Proof));
}

#[test]
fn rules_that_cannot_be_are_refused() {
    use RangeRuleError::{Bits, Empty, Unit};
    for (min, max, unit, error) in [
        (5, 5, 1, Empty { min: 5, max: 5 }),
        (6, 5, 1, Empty { min: 6, max: 5 }),
        (0, 10, 3, Unit { min: 0, max: 10, unit: 3 }),
        (0, 10, 0, Unit { min: 0, max: 10, unit: 0 }),
        (0, 256, 1, Bits { units: 256, bits: 8 }),
    ] {
        assert_eq!(RangeRule::new(min, max, unit, RangeBits::Eight), Err(error));
        let bytes = borsh::to_vec(&(min, max, unit, RangeBits::Eight)).unwrap();
        assert!(borsh::from_slice::<RangeRule>(&bytes).is_err());
    }
    for (max, bits) in
        [(255, RangeBits::Eight), (65_535, RangeBits::Sixteen), (u32::MAX, RangeBits::ThirtyTwo)]
    {
        let rule = RangeRule::new(0, max, 1, bits).unwrap();
        let bytes = borsh::to_vec(&rule).unwrap();
        assert_eq!(borsh::from_slice::<RangeRule>(&bytes).unwrap(), rule);
    }
}

#[test]
fn sizes_are_those_of_the_design() {
    for (payments, bits, bytes) in [
        (32, RangeBits::Eight, 864),
        (32, RangeBits::Sixteen, 928),
        (32, RangeBits::ThirtyTwo, 992),
        (1, RangeBits::Eight, 544),
    ] {
        assert_eq!(range::proof_bytes(payments, bits), bytes);
        let max = u32::try_from((1_u64 << bits.count()) - 1).unwrap();
        let rule = RangeRule::new(0, max, 1, bits).unwrap();
        let amounts: Vec<u32> = (0..u32::try_from(payments).unwrap()).collect();
        if payments == 1 {
            let leaves = open_leaves(&name().id(), &amounts);
            assert_eq!(prove(&rule, &HeaderHash([8; 32]), &leaves).unwrap().len(), bytes);
        }
    }
}
