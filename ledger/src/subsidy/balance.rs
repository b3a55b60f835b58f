//! The proof that a batch balances: the commitments add up to the total. What is left of their sum
//! without `T·G` is a multiple of H, and the prover knows which (Schnorr), as in Sapling's binding
//! signature. With the standards proven first, no amount is negative, so none can make up for
//! another.

use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use merlin::Transcript;
use rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::domain::{self, HeaderHash};
use super::encoding::{EncodingError, PointBytes, ScalarBytes};
use super::pedersen::{self, Blinding};
use super::transcript;
use crate::fen::Fen;

/// Bytes of the proof.
pub const BALANCE_BYTES: usize = 64;

/// A Schnorr proof to the base H.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct BalanceProof {
    /// The first message.
    pub first: PointBytes,
    /// The response.
    pub response: ScalarBytes,
}

/// Why a batch does not balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BalanceError {
    /// The first message or the response is not in its form.
    #[error("the balance proof: {0}")]
    Encoding(#[from] EncodingError),
    /// The payments do not add up to the total, or the proof is for another batch.
    #[error("the payments do not add up to the total of {total}")]
    Equation {
        /// The total of the header.
        total: Fen,
    },
}

/// What the commitments come to without the total.
fn difference(sum: &RistrettoPoint, total: Fen) -> RistrettoPoint {
    sum - pedersen::mul_g(&Scalar::from(total.get()))
}

fn begin(header: &HeaderHash, difference: &RistrettoPoint) -> Transcript {
    let mut transcript = Transcript::new(domain::BALANCE);
    transcript.append_message(b"header", &header.0);
    transcript::append_point(&mut transcript, b"difference", &PointBytes::of(difference));
    transcript
}

fn challenge(transcript: &mut Transcript, first: &PointBytes) -> Scalar {
    transcript::append_point(transcript, b"first", first);
    transcript::challenge(transcript, b"challenge")
}

/// Proves that commitments that add up to `sum` with the blinding factors' sum `blinding` pay
/// `total`.
pub fn prove(
    header: &HeaderHash,
    sum: &RistrettoPoint,
    total: Fen,
    blinding: &Blinding,
    random: &mut impl CryptoRngCore,
) -> BalanceProof {
    let mut transcript = begin(header, &difference(sum, total));
    let mut nonces = transcript::nonces(&transcript, &[&blinding.0], random);
    let nonce = Zeroizing::new(Scalar::random(&mut nonces));
    let first = PointBytes::of(&pedersen::mul_h(&nonce));
    let challenge = challenge(&mut transcript, &first);
    BalanceProof { first, response: ScalarBytes::of(&(*nonce + challenge * blinding.0)) }
}

/// Verifies that commitments that add up to `sum` pay `total`.
///
/// # Errors
/// Every [`BalanceError`].
pub fn verify(
    header: &HeaderHash,
    sum: &RistrettoPoint,
    total: Fen,
    proof: &BalanceProof,
) -> Result<(), BalanceError> {
    let difference = difference(sum, total);
    let first = proof.first.point()?;
    let response = proof.response.scalar()?;
    let challenge = challenge(&mut begin(header, &difference), &proof.first);
    if pedersen::mul_h(&response) == first + challenge * difference {
        Ok(())
    } else {
        Err(BalanceError::Equation { total })
    }
}
