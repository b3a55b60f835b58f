//! Payments of a batch that came back from the bank: which leaves, and the proof that they come to
//! what is credited. It says nothing of one payment among several; a return of one leaf shows what
//! that leaf was paid.

use curve25519_dalek::ristretto::RistrettoPoint;
use rand_core::CryptoRngCore;

use super::balance::{self, BalanceError, BalanceProof};
use super::batch::BatchName;
use super::domain::{BatchId, HeaderHash, ReturnStatement};
use super::encoding::{EncodingError, PointBytes};
use super::pedersen::{self, Blinding, Opening};
use crate::fen::Fen;
use crate::transaction;

/// Why a return does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReturnError {
    /// The commitment of a leaf is no point, or the neutral element.
    #[error("a commitment of the return: {0}")]
    Commitment(#[from] EncodingError),
    /// The leaves do not come to the total.
    #[error(transparent)]
    Balance(#[from] BalanceError),
}

/// What the proof of a return is bound to: its own name, the batch, the leaves and the total.
pub fn statement(name: &BatchName, of: &BatchId, indexes: &[u32], total: Fen) -> HeaderHash {
    let leaves: Vec<u8> = indexes.iter().flat_map(|index| index.to_le_bytes()).collect();
    let total = transaction::encode(&total);
    HeaderHash(ReturnStatement::of_prefixed(&[&name.id().0, &of.0, &leaves, &total]).0)
}

/// Proves that the leaves with these openings come to `total`.
pub fn prove(
    statement: &HeaderHash,
    openings: &[&Opening],
    total: Fen,
    random: &mut impl CryptoRngCore,
) -> BalanceProof {
    let blinding = Blinding::sum(openings.iter().map(|opening| &opening.blinding));
    let sum = pedersen::commit_sum(total, &blinding);
    balance::prove(statement, &sum, total, &blinding, random)
}

/// Verifies that the leaves with these commitments come to `total`.
///
/// # Errors
/// Every [`ReturnError`].
pub fn verify(
    statement: &HeaderHash,
    commitments: &[PointBytes],
    total: Fen,
    proof: &BalanceProof,
) -> Result<(), ReturnError> {
    let points: Result<Vec<RistrettoPoint>, EncodingError> =
        commitments.iter().map(PointBytes::point).collect();
    let sum: RistrettoPoint = points?.into_iter().sum();
    Ok(balance::verify(statement, &sum, total, proof)?)
}
