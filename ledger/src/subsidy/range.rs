//! The proof that committed amounts lie in a range, for programmes without a table: aggregated
//! Bulletproofs over two commitments a payment, `C − min·G` and `max·G − C`, so that both bounds
//! hold. A group of 32 payments has one proof, so a fault names the group and not the leaf.

use bulletproofs::{BulletproofGens, PedersenGens, RangeProof};
use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity as _;
use merlin::Transcript;
use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

use super::domain::{self, HeaderHash};
use super::encoding::{ELEMENT_BYTES, EncodingError, PointBytes};
use super::pedersen::{self, Opening};
use super::standards::{RangeBits, RangeRule};
use super::transcript;

/// Most payments of a group.
pub const GROUP_PAYMENTS: usize = 32;

/// Commitments of a full group: two a payment.
const GROUP_COMMITMENTS: usize = 2 * GROUP_PAYMENTS;

/// The bases of proofs of one number of bits. Making them takes some milliseconds; they can be
/// kept.
#[derive(Clone)]
pub struct RangeGenerators {
    bases: BulletproofGens,
    bits: RangeBits,
}

/// Why a proof is not made, or does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// The prover was given an amount outside of the range, or between two units.
    #[error("an amount is outside of the range, or no whole number of units")]
    NotInRange,
    /// No payments, or more than a group holds.
    #[error("a group has 1 to {GROUP_PAYMENTS} payments, not {found}")]
    Group {
        /// Payments given.
        found: usize,
    },
    /// The bases are for another number of bits than the rule.
    #[error("the bases are for another number of bits")]
    Generators,
    /// Not as many bytes as a proof for such a group has.
    #[error("a proof of {found} bytes, this group's has {expected}")]
    Length {
        /// Bytes that it should have.
        expected: usize,
        /// Bytes that it has.
        found: usize,
    },
    /// A commitment is no point, or the neutral element.
    #[error("commitment {position} of the group: {source}")]
    Commitment {
        /// Position in the group, from 0.
        position: usize,
        /// What is wrong with it.
        source: EncodingError,
    },
    /// The proof does not hold.
    #[error("the range proof does not hold")]
    Proof,
}

impl RangeGenerators {
    /// The bases for proofs of that many bits.
    pub fn new(bits: RangeBits) -> Self {
        Self { bases: BulletproofGens::new(bits.count(), GROUP_COMMITMENTS), bits }
    }
}

/// Commitments that a proof for so many payments is over: a power of two.
fn commitments(payments: usize) -> usize {
    payments.saturating_mul(2).next_power_of_two()
}

/// Bytes of a proof for a group of so many payments.
pub fn proof_bytes(payments: usize, bits: RangeBits) -> usize {
    let rounds = bits.count().saturating_mul(commitments(payments)).ilog2();
    // Seven elements, two for each halving, two at the end.
    ELEMENT_BYTES * usize::try_from(2 * rounds).map_or(0, |halvings| halvings + 9)
}

/// One unit of the rule is what a proof counts in.
fn bases(rule: &RangeRule) -> PedersenGens {
    PedersenGens {
        B: Scalar::from(rule.unit()) * RISTRETTO_BASEPOINT_POINT,
        B_blinding: pedersen::h(),
    }
}

fn begin(
    header: &HeaderHash,
    rule: &RangeRule,
    first_index: u32,
    group: &[PointBytes],
) -> Transcript {
    let mut transcript = Transcript::new(domain::RANGE);
    transcript.append_message(b"header", &header.0);
    transcript.append_message(b"rule", &crate::transaction::encode(rule));
    transcript.append_message(b"first-index", &first_index.to_le_bytes());
    transcript.append_u64(b"payments", u64::try_from(group.len()).unwrap_or(u64::MAX));
    group.iter().for_each(|it| transcript::append_point(&mut transcript, b"commitment", it));
    transcript
}

fn check_group(
    generators: &RangeGenerators,
    rule: &RangeRule,
    payments: usize,
) -> Result<(), RangeError> {
    if !(1..=GROUP_PAYMENTS).contains(&payments) {
        return Err(RangeError::Group { found: payments });
    }
    if generators.bits != rule.bits() {
        return Err(RangeError::Generators);
    }
    Ok(())
}

/// Proves that each of `openings`, which open `group`, is an amount of the rule.
///
/// # Errors
/// [`RangeError::NotInRange`], [`RangeError::Group`], [`RangeError::Generators`].
pub fn prove(
    generators: &RangeGenerators,
    rule: &RangeRule,
    header: &HeaderHash,
    first_index: u32,
    group: &[PointBytes],
    openings: &[&Opening],
    random: &mut impl CryptoRngCore,
) -> Result<Vec<u8>, RangeError> {
    check_group(generators, rule, group.len())?;
    if openings.len() != group.len() {
        return Err(RangeError::Group { found: openings.len() });
    }
    let mut values = Zeroizing::new(Vec::with_capacity(GROUP_COMMITMENTS));
    let mut blindings = Zeroizing::new(Vec::with_capacity(GROUP_COMMITMENTS));
    for opening in openings {
        let units = opening
            .amount
            .0
            .checked_sub(rule.min())
            .filter(|above| above.checked_rem(rule.unit()) == Some(0))
            .and_then(|above| above.checked_div(rule.unit()));
        let left = units.and_then(|units| rule.units().checked_sub(units));
        let (units, left) = units.zip(left).ok_or(RangeError::NotInRange)?;
        values.extend([u64::from(units), u64::from(left)]);
        blindings.extend([opening.blinding.0, -opening.blinding.0]);
    }
    // The pads are commitments to nothing with no blinding; who verifies adds them too.
    values.resize(commitments(group.len()), 0);
    blindings.resize(commitments(group.len()), Scalar::ZERO);
    let mut transcript = begin(header, rule, first_index, group);
    let witness: Vec<&Scalar> = blindings.iter().collect();
    let mut nonces = transcript::nonces(&transcript, &witness, random);
    let (proof, _) = RangeProof::prove_multiple_with_rng(
        &generators.bases,
        &bases(rule),
        &mut transcript,
        &values,
        &blindings,
        rule.bits().count(),
        &mut nonces,
    )
    .map_err(|_| RangeError::NotInRange)?;
    Ok(proof.to_bytes())
}

/// The commitments that the proof is over.
fn shifted(rule: &RangeRule, group: &[PointBytes]) -> Result<Vec<CompressedRistretto>, RangeError> {
    let min = Scalar::from(rule.min()) * RISTRETTO_BASEPOINT_POINT;
    let max = Scalar::from(rule.max()) * RISTRETTO_BASEPOINT_POINT;
    let mut shifted = Vec::with_capacity(commitments(group.len()));
    for (position, commitment) in group.iter().enumerate() {
        let point =
            commitment.point().map_err(|source| RangeError::Commitment { position, source })?;
        shifted.extend([(point - min).compress(), (max - point).compress()]);
    }
    shifted.resize(commitments(group.len()), RistrettoPoint::identity().compress());
    Ok(shifted)
}

/// Verifies the proof of a group. `random` weighs two equations against each other, together with
/// the proof itself: a false proof passes by a chance below 2^-128 and the answer is otherwise the
/// same for everybody.
///
/// # Errors
/// Every [`RangeError`] but [`RangeError::NotInRange`].
pub fn verify(
    generators: &RangeGenerators,
    rule: &RangeRule,
    header: &HeaderHash,
    first_index: u32,
    group: &[PointBytes],
    proof: &[u8],
    random: &mut impl CryptoRngCore,
) -> Result<(), RangeError> {
    check_group(generators, rule, group.len())?;
    let expected = proof_bytes(group.len(), rule.bits());
    if proof.len() != expected {
        return Err(RangeError::Length { expected, found: proof.len() });
    }
    let shifted = shifted(rule, group)?;
    let read = RangeProof::from_bytes(proof).map_err(|_| RangeError::Proof)?;
    let mut transcript = begin(header, rule, first_index, group);
    let mut weights =
        transcript.build_rng().rekey_with_witness_bytes(b"proof", proof).finalize(random);
    read.verify_multiple_with_rng(
        &generators.bases,
        &bases(rule),
        &mut transcript,
        &shifted,
        rule.bits().count(),
        &mut weights,
    )
    .map_err(|_| RangeError::Proof)
}
