//! The proof that a committed amount is one of a table's, without saying which: for one standard
//! the prover knows r with `C − s·G = r·H`, for the others it simulates (Cramer, Damgård,
//! Schoenmakers 1994). Written by hand; `docs/privacy.md` says what that means.
//!
//! With the true opening every first message is `A_i = a_i·H − c_i·(v − s_i)·G` for random a_i and
//! c_i: at the true standard the second part vanishes. So the prover does the same for every
//! standard, in constant time, and corrects one challenge by a constant-time selection.

use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity as _, VartimeMultiscalarMul as _};
use merlin::Transcript;
use rand_core::CryptoRngCore;
use subtle::{Choice, ConditionallySelectable as _, ConstantTimeEq as _};
use zeroize::Zeroizing;

use super::domain::{self, HeaderHash};
use super::encoding::{ELEMENT_BYTES, EncodingError, PointBytes, ScalarBytes};
use super::pedersen::{self, Opening};
use super::standards::StandardTable;
use super::transcript;

/// What the amount is. The number of a variant is part of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Purpose {
    /// What the batch pays.
    Amount,
    /// What all batches of the period paid so far, this one included: a sum of commitments.
    Cumulative,
}

/// What all proofs of a batch are bound to.
#[derive(Debug, Clone, Copy)]
pub struct StandardContext<'a> {
    /// The batch.
    pub header: &'a HeaderHash,
    /// What the amounts are.
    pub purpose: Purpose,
    /// What they may be.
    pub table: &'a StandardTable,
}

/// A proof that an amount is one of k standards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandardProof {
    /// k first messages.
    pub first: Vec<PointBytes>,
    /// k − 1 challenges; the last follows from them.
    pub challenges: Vec<ScalarBytes>,
    /// k responses.
    pub responses: Vec<ScalarBytes>,
}

/// Why a proof is not made, or does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StandardError {
    /// The prover was given an amount that is not in the table.
    #[error("the amount is not one of the standards")]
    NotAStandard,
    /// The proof is not made for as many standards as the table has.
    #[error(
        "{first} first messages, {challenges} challenges and {responses} responses are no proof \
         for {standards} standards"
    )]
    Length {
        /// First messages.
        first: usize,
        /// Challenges.
        challenges: usize,
        /// Responses.
        responses: usize,
        /// Standards of the table.
        standards: usize,
    },
    /// The commitment is no point, or the neutral element.
    #[error("the commitment: {0}")]
    Commitment(EncodingError),
    /// A first message, challenge or response is not in its form.
    #[error("branch {branch} of the proof: {source}")]
    Encoding {
        /// The standard it belongs to, from 0.
        branch: usize,
        /// What is wrong with it.
        source: EncodingError,
    },
    /// The equation of a standard does not hold.
    #[error("the equation of branch {branch} does not hold")]
    Equation {
        /// The standard, from 0.
        branch: usize,
    },
}

/// Bytes of a proof for `standards` standards.
pub fn proof_bytes(standards: usize) -> usize {
    ELEMENT_BYTES * (3 * standards).saturating_sub(1)
}

impl StandardProof {
    /// Adds the proof's bytes: first messages, challenges, responses, without lengths.
    pub fn encode(&self, bytes: &mut Vec<u8>) {
        self.first.iter().for_each(|point| bytes.extend(point.0));
        self.challenges.iter().chain(&self.responses).for_each(|scalar| bytes.extend(scalar.0));
    }

    /// Reads a proof for `standards` standards; none for another number of bytes.
    pub fn decode(bytes: &[u8], standards: usize) -> Option<Self> {
        let (elements, rest) = bytes.as_chunks::<ELEMENT_BYTES>();
        if bytes.len() != proof_bytes(standards) || !rest.is_empty() {
            return None;
        }
        let (first, scalars) = elements.split_at_checked(standards)?;
        let (challenges, responses) = scalars.split_at_checked(standards.checked_sub(1)?)?;
        Some(Self {
            first: first.iter().copied().map(PointBytes).collect(),
            challenges: challenges.iter().copied().map(ScalarBytes).collect(),
            responses: responses.iter().copied().map(ScalarBytes).collect(),
        })
    }
}

impl StandardContext<'_> {
    /// The transcript that all proofs of the context begin with.
    pub(super) fn transcript(&self) -> Transcript {
        let mut transcript = Transcript::new(domain::STANDARD_OR);
        transcript.append_message(b"header", &self.header.0);
        transcript.append_message(b"purpose", &crate::transaction::encode(&self.purpose));
        transcript.append_message(b"table", &crate::transaction::encode(self.table));
        transcript
    }
}

fn append_statement(transcript: &mut Transcript, index: u32, commitment: &PointBytes) {
    transcript.append_message(b"index", &index.to_le_bytes());
    transcript::append_point(transcript, b"commitment", commitment);
}

fn challenge(transcript: &mut Transcript, first: &[PointBytes]) -> Scalar {
    first.iter().for_each(|point| transcript::append_point(transcript, b"first", point));
    transcript::challenge(transcript, b"challenge")
}

/// Proves that `commitment`, which `opening` opens, is to one of the table's amounts.
///
/// # Errors
/// [`StandardError::NotAStandard`] only.
pub fn prove(
    context: &StandardContext<'_>,
    index: u32,
    commitment: &PointBytes,
    opening: &Opening,
    random: &mut impl CryptoRngCore,
) -> Result<StandardProof, StandardError> {
    prove_on(context.transcript(), context.table, index, commitment, opening, random)
}

pub(super) fn prove_on(
    mut transcript: Transcript,
    table: &StandardTable,
    index: u32,
    commitment: &PointBytes,
    opening: &Opening,
    random: &mut impl CryptoRngCore,
) -> Result<StandardProof, StandardError> {
    append_statement(&mut transcript, index, commitment);
    let (amount, blinding) = (opening.amount.0, &opening.blinding.0);
    let value = Zeroizing::new(Scalar::from(amount));
    let mut nonces = transcript::nonces(&transcript, &[blinding, &value], random);
    let mut draws = Zeroizing::new(Vec::with_capacity(table.standards().len()));
    let mut first = Vec::with_capacity(table.standards().len());
    for standard in table.standards() {
        let (nonce, share) = (Scalar::random(&mut nonces), Scalar::random(&mut nonces));
        let difference = Zeroizing::new(*value - Scalar::from(*standard));
        let simulated = Zeroizing::new(-(share * *difference));
        first.push(PointBytes::of(&(pedersen::mul_h(&nonce) + pedersen::mul_g(&simulated))));
        draws.push([nonce, share]);
    }
    let challenge = challenge(&mut transcript, &first);
    let excess = challenge - draws.iter().map(|[_, share]| share).sum::<Scalar>();
    let mut found = Choice::from(0);
    let mut scalars = Vec::with_capacity(draws.len());
    for (standard, [nonce, share]) in table.standards().iter().zip(draws.iter()) {
        let is_true = standard.ct_eq(&amount);
        found |= is_true;
        let share = share + Scalar::conditional_select(&Scalar::ZERO, &excess, is_true);
        scalars.push((ScalarBytes::of(&share), ScalarBytes::of(&(nonce + share * blinding))));
    }
    if !bool::from(found) {
        return Err(StandardError::NotAStandard);
    }
    let (mut challenges, responses): (Vec<_>, Vec<_>) = scalars.into_iter().unzip();
    challenges.pop();
    Ok(StandardProof { first, challenges, responses })
}

/// One branch of a proof, read.
pub(super) struct Branch {
    pub(super) first: RistrettoPoint,
    pub(super) challenge: Scalar,
    pub(super) response: Scalar,
    pub(super) standard: Scalar,
}

/// Reads a proof and draws its challenge.
pub(super) fn read(
    mut transcript: Transcript,
    table: &StandardTable,
    index: u32,
    commitment: &PointBytes,
    proof: &StandardProof,
) -> Result<Vec<Branch>, StandardError> {
    let standards = table.standards();
    let lengths = (proof.first.len(), proof.challenges.len() + 1, proof.responses.len());
    if lengths != (standards.len(), standards.len(), standards.len()) {
        return Err(StandardError::Length {
            first: proof.first.len(),
            challenges: proof.challenges.len(),
            responses: proof.responses.len(),
            standards: standards.len(),
        });
    }
    append_statement(&mut transcript, index, commitment);
    let mut left = challenge(&mut transcript, &proof.first);
    let mut branches = Vec::with_capacity(standards.len());
    for (branch, standard) in standards.iter().enumerate() {
        let fault = |source| StandardError::Encoding { branch, source };
        let first = proof.first.get(branch).ok_or(EncodingError::NotAPoint);
        let first = first.and_then(PointBytes::point).map_err(fault)?;
        let response = proof.responses.get(branch).ok_or(EncodingError::NotCanonical);
        let response = response.and_then(ScalarBytes::scalar).map_err(fault)?;
        // The last branch has no challenge of its own: what the others leave is its share.
        let challenge = match proof.challenges.get(branch) {
            Some(share) => share.scalar().map_err(fault)?,
            None => left,
        };
        left -= challenge;
        branches.push(Branch { first, challenge, response, standard: Scalar::from(*standard) });
    }
    Ok(branches)
}

/// Verifies one proof, without any randomness.
///
/// # Errors
/// Every [`StandardError`] but [`StandardError::NotAStandard`].
pub fn verify(
    context: &StandardContext<'_>,
    index: u32,
    commitment: &PointBytes,
    proof: &StandardProof,
) -> Result<(), StandardError> {
    let point = commitment.point().map_err(StandardError::Commitment)?;
    let branches = read(context.transcript(), context.table, index, commitment, proof)?;
    for (branch, it) in branches.iter().enumerate() {
        let g = curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
        let scalars = [it.response, -it.challenge, it.challenge * it.standard, -Scalar::ONE];
        let points = [pedersen::h(), point, g, it.first];
        if RistrettoPoint::vartime_multiscalar_mul(scalars, points) != RistrettoPoint::identity() {
            return Err(StandardError::Equation { branch });
        }
    }
    Ok(())
}
