//! The proof that many results are the same multiple of their points as a key is of G
//! (Chaum–Pedersen, batched as in RFC 9497). The pairs are put together with weights that hang on
//! all of them, so one wrong result among many is enough to fail. Written by hand.

use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::VartimeMultiscalarMul as _;
use merlin::Transcript;
use rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::domain;
use super::encoding::{EncodingError, PointBytes, ScalarBytes};
use super::pedersen;
use super::transcript;

/// A proof, 64 bytes.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct DleqProof {
    /// The challenge.
    pub challenge: ScalarBytes,
    /// The response.
    pub response: ScalarBytes,
}

/// What is proven: each second point of a pair is the multiple of the first that `key` is of G.
#[derive(Debug, Clone, Copy)]
pub struct DleqStatement<'a> {
    /// The transcript's label, one for each use.
    pub label: &'static [u8],
    /// What the proof is for; it holds for nothing else.
    pub context: &'a [u8],
    /// The key, a multiple of G.
    pub key: &'a PointBytes,
    /// Points and results.
    pub pairs: &'a [(PointBytes, PointBytes)],
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DleqError {
    /// The key, or a scalar of the proof, is not in its form.
    #[error("the key or a scalar of the proof: {0}")]
    Encoding(EncodingError),
    /// A point or a result is not in its form.
    #[error("pair {position}: {source}")]
    Pair {
        /// Position of the pair, from 0.
        position: usize,
        /// What is wrong with it.
        source: EncodingError,
    },
    /// A result is another multiple of its point, or the proof is for something else.
    #[error("the results are not the key's")]
    Equation,
}

/// The pairs of a statement put together to one, and the transcript that goes on with it.
struct Composite {
    transcript: Transcript,
    key: RistrettoPoint,
    point: RistrettoPoint,
    result: RistrettoPoint,
}

fn compose(statement: &DleqStatement<'_>) -> Result<Composite, DleqError> {
    let key = statement.key.point().map_err(DleqError::Encoding)?;
    let mut seed = Transcript::new(domain::DLEQ_SEED);
    seed.append_message(b"label", statement.label);
    seed.append_message(b"context", statement.context);
    transcript::append_point(&mut seed, b"key", statement.key);
    seed.append_u64(b"pairs", u64::try_from(statement.pairs.len()).unwrap_or(u64::MAX));
    let (mut points, mut results) = (Vec::new(), Vec::new());
    for (position, (point, result)) in statement.pairs.iter().enumerate() {
        let fault = |source| DleqError::Pair { position, source };
        transcript::append_point(&mut seed, b"point", point);
        transcript::append_point(&mut seed, b"result", result);
        points.push(point.point().map_err(fault)?);
        results.push(result.point().map_err(fault)?);
    }
    let weights: Vec<Scalar> =
        points.iter().map(|_| transcript::challenge(&mut seed, b"weight")).collect();
    let point = RistrettoPoint::vartime_multiscalar_mul(&weights, &points);
    let result = RistrettoPoint::vartime_multiscalar_mul(&weights, &results);
    let mut bound = [0; 32];
    seed.challenge_bytes(b"statement", &mut bound);
    let mut transcript = Transcript::new(statement.label);
    transcript.append_message(b"statement", &bound);
    transcript.append_message(b"context", statement.context);
    transcript::append_point(&mut transcript, b"key", statement.key);
    transcript::append_point(&mut transcript, b"point", &PointBytes::of(&point));
    transcript::append_point(&mut transcript, b"result", &PointBytes::of(&result));
    Ok(Composite { transcript, key, point, result })
}

fn challenge(
    transcript: &mut Transcript,
    of_g: &RistrettoPoint,
    of_point: &RistrettoPoint,
) -> Scalar {
    transcript::append_point(transcript, b"first-g", &PointBytes::of(of_g));
    transcript::append_point(transcript, b"first-point", &PointBytes::of(of_point));
    transcript::challenge(transcript, b"challenge")
}

/// Proves `statement` with the key's secret.
///
/// # Errors
/// Every [`DleqError`] but [`DleqError::Equation`]: whether the statement is true is the caller's.
pub fn prove(
    statement: &DleqStatement<'_>,
    secret: &Scalar,
    random: &mut impl CryptoRngCore,
) -> Result<DleqProof, DleqError> {
    let mut it = compose(statement)?;
    let mut nonces = transcript::nonces(&it.transcript, &[secret], random);
    let nonce = Zeroizing::new(Scalar::random(&mut nonces));
    let challenge = challenge(&mut it.transcript, &pedersen::mul_g(&nonce), &(*nonce * it.point));
    let response = *nonce + challenge * secret;
    Ok(DleqProof { challenge: ScalarBytes::of(&challenge), response: ScalarBytes::of(&response) })
}

/// Verifies a proof.
///
/// # Errors
/// Every [`DleqError`].
pub fn verify(statement: &DleqStatement<'_>, proof: &DleqProof) -> Result<(), DleqError> {
    let mut it = compose(statement)?;
    let claimed = proof.challenge.scalar().map_err(DleqError::Encoding)?;
    let response = proof.response.scalar().map_err(DleqError::Encoding)?;
    let of_g = RistrettoPoint::vartime_double_scalar_mul_basepoint(&-claimed, &it.key, &response);
    let scalars = [response, -claimed];
    let of_point = RistrettoPoint::vartime_multiscalar_mul(scalars, [it.point, it.result]);
    if challenge(&mut it.transcript, &of_g, &of_point) == claimed {
        Ok(())
    } else {
        Err(DleqError::Equation)
    }
}
