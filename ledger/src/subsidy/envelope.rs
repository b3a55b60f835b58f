//! The envelope of one payment: 432 bytes, kept off the ledger, that the county opens with the
//! person's key and auditors with a quorum of nodes.
//!
//! The data key is wrapped under a Diffie–Hellman value with the escrow key. The maker proves that
//! it knows the exponent, for this leaf of this batch and these bytes: a value copied from another
//! county's envelope, changed or not, cannot be put into one's own and opened under one's own case.

use borsh::{BorshDeserialize, BorshSerialize};
use chacha20poly1305::aead::AeadInPlace as _;
use chacha20poly1305::{KeyInit as _, Tag, XChaCha20Poly1305, XNonce};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use merlin::Transcript;
use rand_core::CryptoRngCore;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::domain::{self, BatchId, CiphertextHash, KeyCommitment};
use super::encoding::{EncodingError, PointBytes, ScalarBytes};
use super::envelope_contents::{CONTENTS_BYTES, EnvelopeContents};
use super::pedersen;
use super::secret::DataKey;
use super::transcript;
use crate::transaction;

/// Bytes of an envelope.
pub const ENVELOPE_BYTES: usize = 432;

/// Bytes of the nonce of XChaCha20.
const NONCE_BYTES: usize = 24;

/// Bytes of the tag of Poly1305.
const TAG_BYTES: usize = 16;

/// An envelope; all of it is ciphertext or public.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Envelope {
    /// G multiplied by the maker's exponent.
    pub ephemeral: PointBytes,
    /// The data key under the value that the escrow key gives with `ephemeral`.
    pub wrapped: [u8; 32],
    /// Commits to the data key: the cipher alone does not.
    pub key_commitment: KeyCommitment,
    /// That the maker knows the exponent: first message.
    pub first: PointBytes,
    /// That the maker knows the exponent: response.
    pub response: ScalarBytes,
    /// The contents, then the tag.
    pub ciphertext: [u8; CONTENTS_BYTES + TAG_BYTES],
}

/// The leaf that an envelope belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnvelopePlace<'a> {
    /// The batch.
    pub batch: &'a BatchId,
    /// The leaf.
    pub index: u32,
}

/// Why an envelope is refused, or does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// Not 432 bytes.
    #[error("an envelope has {ENVELOPE_BYTES} bytes, not {found}")]
    Length {
        /// Bytes given.
        found: usize,
    },
    /// A point or a scalar is not in its form.
    #[error("the envelope: {0}")]
    Encoding(#[from] EncodingError),
    /// The maker does not know the exponent, or made the envelope for another leaf.
    #[error("the maker does not know the exponent of this envelope for this leaf")]
    Proof,
    /// The key is not the one the envelope commits to.
    #[error("the key is not the envelope's")]
    KeyCommitment,
    /// The ciphertext was changed, or belongs to another leaf.
    #[error("the envelope does not open")]
    Ciphertext,
    /// What was encrypted is not in its form; a finding against the county.
    #[error("the contents of the envelope are not in their form")]
    Contents,
}

impl EnvelopePlace<'_> {
    fn bytes(&self) -> [u8; 36] {
        let mut bytes = [0; 36];
        let parts = self.batch.0.into_iter().chain(self.index.to_le_bytes());
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = from);
        bytes
    }

    fn key_commitment(&self, key: &DataKey) -> KeyCommitment {
        KeyCommitment::of_prefixed(&[&key.0, &self.bytes()])
    }

    fn wrapping(&self, shared: &PointBytes, ephemeral: &PointBytes) -> Zeroizing<[u8; 32]> {
        let place = self.bytes();
        domain::derive_secret(domain::ESCROW_KEK, &[&shared.0, &ephemeral.0, &place])
    }
}

fn xor(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut result = *left;
    result.iter_mut().zip(right).for_each(|(to, from)| *to ^= from);
    result
}

/// The nonce is the start of the ephemeral point: a data key that was used twice by mistake does
/// not encrypt two texts under one nonce.
fn nonce(ephemeral: &PointBytes) -> XNonce {
    let mut nonce = XNonce::default();
    nonce.iter_mut().zip(ephemeral.0).take(NONCE_BYTES).for_each(|(to, from)| *to = from);
    nonce
}

impl Envelope {
    /// Seals `contents` for a leaf, under the person's data key and the escrow key.
    ///
    /// # Errors
    /// [`EnvelopeError::Encoding`] for an escrow key that is none.
    pub fn seal(
        place: EnvelopePlace<'_>,
        escrow: &PointBytes,
        key: &DataKey,
        contents: &EnvelopeContents,
        random: &mut impl CryptoRngCore,
    ) -> Result<Self, EnvelopeError> {
        let escrow_point = escrow.point()?;
        let exponent = Zeroizing::new(Scalar::random(random));
        let ephemeral = PointBytes::of(&pedersen::mul_g(&exponent));
        let shared = Zeroizing::new((*exponent * escrow_point).compress().to_bytes());
        let wrapping = place.wrapping(&PointBytes(*shared), &ephemeral);
        let mut plain = contents.encode();
        let cipher = XChaCha20Poly1305::new(&key.0.into());
        let tag = cipher
            .encrypt_in_place_detached(&nonce(&ephemeral), &place.bytes(), plain.as_mut_slice())
            .map_err(|_| EnvelopeError::Ciphertext)?;
        let mut ciphertext = [0; CONTENTS_BYTES + TAG_BYTES];
        let sealed = plain.iter().chain(tag.iter());
        ciphertext.iter_mut().zip(sealed).for_each(|(to, from)| *to = *from);
        let mut envelope = Self {
            ephemeral,
            wrapped: xor(&key.0, &wrapping),
            key_commitment: place.key_commitment(key),
            first: ephemeral,
            response: ScalarBytes([0; 32]),
            ciphertext,
        };
        let mut transcript = envelope.transcript(place, escrow);
        let mut nonces = transcript::nonces(&transcript, &[&exponent], random);
        let nonce = Zeroizing::new(Scalar::random(&mut nonces));
        envelope.first = PointBytes::of(&pedersen::mul_g(&nonce));
        let challenge = envelope.challenge(&mut transcript);
        envelope.response = ScalarBytes::of(&(*nonce + challenge * *exponent));
        Ok(envelope)
    }

    /// The 432 bytes.
    pub fn encode(&self) -> Vec<u8> {
        transaction::encode(self)
    }

    /// Reads an envelope.
    ///
    /// # Errors
    /// [`EnvelopeError::Length`].
    pub fn decode(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        borsh::from_slice(bytes).map_err(|_| EnvelopeError::Length { found: bytes.len() })
    }

    /// The hash that stands in the leaf.
    pub fn hash(&self) -> CiphertextHash {
        CiphertextHash::of_prefixed(&[&self.encode()])
    }

    fn transcript(&self, place: EnvelopePlace<'_>, escrow: &PointBytes) -> Transcript {
        let mut transcript = Transcript::new(domain::ENVELOPE);
        transcript.append_message(b"place", &place.bytes());
        transcript::append_point(&mut transcript, b"escrow", escrow);
        transcript::append_point(&mut transcript, b"ephemeral", &self.ephemeral);
        transcript.append_message(b"wrapped", &self.wrapped);
        transcript.append_message(b"key-commitment", &self.key_commitment.0);
        transcript.append_message(b"ciphertext", &self.ciphertext);
        transcript
    }

    fn challenge(&self, transcript: &mut Transcript) -> Scalar {
        transcript::append_point(transcript, b"first", &self.first);
        transcript::challenge(transcript, b"challenge")
    }

    /// Whether the maker made the envelope for this leaf and knows its exponent. No node answers an
    /// escrow request for an envelope that fails here.
    ///
    /// # Errors
    /// [`EnvelopeError::Encoding`], [`EnvelopeError::Proof`].
    pub fn check(
        &self,
        place: EnvelopePlace<'_>,
        escrow: &PointBytes,
    ) -> Result<(), EnvelopeError> {
        escrow.point()?;
        let (ephemeral, first) = (self.ephemeral.point()?, self.first.point()?);
        let response = self.response.scalar()?;
        let challenge = self.challenge(&mut self.transcript(place, escrow));
        let scalars = [response, -challenge];
        let left = RistrettoPoint::vartime_double_scalar_mul_basepoint(
            &scalars[1],
            &ephemeral,
            &scalars[0],
        );
        if left == first { Ok(()) } else { Err(EnvelopeError::Proof) }
    }

    /// Opens with the person's data key: the county's way.
    ///
    /// # Errors
    /// [`EnvelopeError::KeyCommitment`], [`EnvelopeError::Ciphertext`],
    /// [`EnvelopeError::Contents`].
    pub fn open(
        &self,
        place: EnvelopePlace<'_>,
        key: &DataKey,
    ) -> Result<EnvelopeContents, EnvelopeError> {
        let committed = place.key_commitment(key).0.ct_eq(&self.key_commitment.0);
        if !bool::from(committed) {
            return Err(EnvelopeError::KeyCommitment);
        }
        let (ciphertext, tag) =
            self.ciphertext.split_last_chunk::<TAG_BYTES>().ok_or(EnvelopeError::Ciphertext)?;
        let mut plain = Zeroizing::new(ciphertext.to_vec());
        XChaCha20Poly1305::new(&key.0.into())
            .decrypt_in_place_detached(
                &nonce(&self.ephemeral),
                &place.bytes(),
                plain.as_mut_slice(),
                Tag::from_slice(tag),
            )
            .map_err(|_| EnvelopeError::Ciphertext)?;
        EnvelopeContents::decode(&plain).ok_or(EnvelopeError::Contents)
    }

    /// The data key, from what a quorum of nodes made of `ephemeral`: the auditors' way.
    ///
    /// # Errors
    /// [`EnvelopeError::KeyCommitment`].
    pub fn unwrap_key(
        &self,
        place: EnvelopePlace<'_>,
        shared: &PointBytes,
    ) -> Result<DataKey, EnvelopeError> {
        let wrapping = place.wrapping(shared, &self.ephemeral);
        let key = DataKey(xor(&self.wrapped, &wrapping));
        let committed = place.key_commitment(&key).0.ct_eq(&self.key_commitment.0);
        if bool::from(committed) { Ok(key) } else { Err(EnvelopeError::KeyCommitment) }
    }
}
