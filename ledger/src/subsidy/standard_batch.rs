//! Many proofs of standards at once: every equation of a chunk is multiplied by a random weight of
//! its own, and the sum of all is one multiplication of many points.
//!
//! The weights hang on the proofs as well as on the caller's randomness, so a caller whose
//! randomness is foreseen still gives the prover nothing to aim at. An invalid chunk passes by a
//! chance of 2^-128; when a chunk fails, its leaves are verified one by one without weights, so the
//! leaf that is named is the same on every node.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{IsIdentity as _, VartimeMultiscalarMul as _};
use rand_core::CryptoRngCore;

use super::domain;
use super::encoding::PointBytes;
use super::pedersen;
use super::standard::{self, StandardContext, StandardError, StandardProof};
use crate::hash::update_prefixed;

/// A commitment with its proof.
#[derive(Debug, Clone, Copy)]
pub struct Proven<'a> {
    /// Position in the batch.
    pub index: u32,
    /// The commitment to the amount.
    pub commitment: PointBytes,
    /// The proof.
    pub proof: &'a StandardProof,
}

/// A leaf whose proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("leaf {index}: {source}")]
pub struct StandardFault {
    /// The first such leaf.
    pub index: u32,
    /// Why.
    pub source: StandardError,
}

/// Verifies many proofs; the answer is that of [`standard::verify`] for each, the first fault
/// named.
///
/// # Errors
/// The first leaf whose proof does not hold.
pub fn verify(
    context: &StandardContext<'_>,
    proven: &[Proven<'_>],
    random: &mut impl CryptoRngCore,
) -> Result<(), StandardFault> {
    if sum_vanishes(context, proven, random) {
        return Ok(());
    }
    for it in proven {
        standard::verify(context, it.index, &it.commitment, it.proof)
            .map_err(|source| StandardFault { index: it.index, source })?;
    }
    Ok(())
}

/// Whether the weighted sum of all equations is zero; no if anything cannot be read.
fn sum_vanishes(
    context: &StandardContext<'_>,
    proven: &[Proven<'_>],
    random: &mut impl CryptoRngCore,
) -> bool {
    let begun = context.transcript();
    let mut weights = Weights::new(context, proven, random);
    let size = proven.len().saturating_mul(context.table.standards().len().saturating_add(1));
    let mut scalars = Vec::with_capacity(size.saturating_add(2));
    let mut points = Vec::with_capacity(size.saturating_add(2));
    let (mut of_g, mut of_h) = (Scalar::ZERO, Scalar::ZERO);
    for it in proven {
        let Ok(commitment) = it.commitment.point() else { return false };
        let read = standard::read(begun.clone(), context.table, it.index, &it.commitment, it.proof);
        let Ok(branches) = read else { return false };
        let mut of_commitment = Scalar::ZERO;
        for branch in branches {
            let weight = weights.draw();
            let weighted = weight * branch.challenge;
            of_commitment += weighted;
            of_g -= weighted * branch.standard;
            of_h -= weight * branch.response;
            // First messages keep the short weight: half of their digits are zero.
            scalars.push(weight);
            points.push(branch.first);
        }
        scalars.push(of_commitment);
        points.push(commitment);
    }
    scalars.extend([of_g, of_h]);
    points.extend([RISTRETTO_BASEPOINT_POINT, pedersen::h()]);
    RistrettoPoint::vartime_multiscalar_mul(scalars, points).is_identity()
}

/// Weights of 128 bits, never zero.
struct Weights(blake3::OutputReader);

impl Weights {
    fn new(
        context: &StandardContext<'_>,
        proven: &[Proven<'_>],
        random: &mut impl CryptoRngCore,
    ) -> Self {
        let mut seed = [0; 32];
        random.fill_bytes(&mut seed);
        let mut hasher = blake3::Hasher::new_derive_key(domain::BATCH_WEIGHTS);
        update_prefixed(&mut hasher, &seed);
        update_prefixed(&mut hasher, &context.header.0);
        let mut bytes = Vec::new();
        for it in proven {
            bytes.clear();
            it.proof.encode(&mut bytes);
            update_prefixed(&mut hasher, &it.index.to_le_bytes());
            update_prefixed(&mut hasher, &it.commitment.0);
            update_prefixed(&mut hasher, &bytes);
        }
        Self(hasher.finalize_xof())
    }

    fn draw(&mut self) -> Scalar {
        let mut bytes = [0; 16];
        self.0.fill(&mut bytes);
        Scalar::from(u128::from_le_bytes(bytes).max(1))
    }
}
