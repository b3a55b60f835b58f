//! Cosignatures: a validator's or witness's word, with a time, that it saw this head of the log
//! (C2SP tlog-cosignature, Ed25519, type 0x04).

use ed25519_dalek::Signer;

use crate::checkpoint::Checkpoint;
use crate::checkpoint::key::{self, KeyKind, VerifierKey};
use crate::checkpoint::note::{NoteError, NoteSignature};

/// Bytes in a cosignature: the time, then the Ed25519 signature.
pub const COSIGNATURE_BYTES: usize = 8 + 64;

/// The latest time that a cosignature may carry, in seconds since 1970 (tlog-cosignature).
pub const MAX_TIME_SECONDS: u64 = i64::MAX as u64;

/// A cosignature: when the head was seen, and the signature over time and head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosignature {
    time_seconds: u64,
    signature: [u8; 64],
}

/// A signature that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The signature has the wrong length or an impossible time.
    #[error("the signature by {name} is malformed")]
    Malformed {
        /// The key's name.
        name: String,
    },
    /// The signature is not by the key over this text.
    #[error("the signature by {name} does not verify")]
    Invalid {
        /// The key's name.
        name: String,
    },
    /// A log key was given where a cosigner's is needed, or the reverse.
    #[error("the key {name} is of kind {kind:?}, which does not sign this")]
    WrongKind {
        /// The key's name.
        name: String,
        /// The kind that the key has.
        kind: KeyKind,
    },
}

/// A head that could not be cosigned.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CosignError {
    /// The time is beyond [`MAX_TIME_SECONDS`].
    #[error("{time_seconds} seconds since 1970 is beyond what a cosignature can say")]
    Time {
        /// The time given.
        time_seconds: u64,
    },
    /// The name is not a key name.
    #[error(transparent)]
    Name(#[from] NoteError),
}

/// Cosigns a head at a time, in seconds since 1970, that the caller states. It takes a checkpoint
/// and not any text, so that a cosigner key can never be led to sign something else.
pub fn cosign(
    checkpoint: &Checkpoint,
    name: &str,
    key: &ed25519_dalek::SigningKey,
    time_seconds: u64,
) -> Result<NoteSignature, CosignError> {
    if time_seconds > MAX_TIME_SECONDS {
        return Err(CosignError::Time { time_seconds });
    }
    let message = signed_message(time_seconds, &checkpoint.to_string());
    let signature = key.sign(message.as_bytes()).to_bytes();
    let key_id = key::key_id(name, KeyKind::Cosigner, key.verifying_key().as_bytes());
    let cosignature = Cosignature { time_seconds, signature };
    Ok(NoteSignature::new(name, key_id, cosignature.to_bytes().to_vec())?)
}

impl Cosignature {
    /// Reads the bytes after the key id. `None` if the length or the time is impossible.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (time, signature) = bytes.split_first_chunk::<8>()?;
        let time_seconds = u64::from_be_bytes(*time);
        let signature = signature.try_into().ok()?;
        (time_seconds <= MAX_TIME_SECONDS).then_some(Self { time_seconds, signature })
    }

    /// The bytes after the key id: the time, big-endian, then the signature.
    pub fn to_bytes(&self) -> [u8; COSIGNATURE_BYTES] {
        let mut bytes = [0; COSIGNATURE_BYTES];
        bytes[..8].copy_from_slice(&self.time_seconds.to_be_bytes());
        bytes[8..].copy_from_slice(&self.signature);
        bytes
    }

    /// When the cosigner says it saw the head, in seconds since 1970.
    pub fn time_seconds(&self) -> u64 {
        self.time_seconds
    }

    /// Checks the cosignature over a note text.
    pub fn verify(&self, key: &VerifierKey, text: &str) -> Result<(), SignatureError> {
        check_kind(key, KeyKind::Cosigner)?;
        let message = signed_message(self.time_seconds, text);
        verify_ed25519(key, &self.signature, message.as_bytes())
    }
}

impl SignatureError {
    pub(super) fn malformed(key: &VerifierKey) -> Self {
        Self::Malformed { name: key.name().to_owned() }
    }
}

/// What a cosigner signs: a header line of its own, so that it can be nothing else, the time, and
/// the note text.
fn signed_message(time_seconds: u64, text: &str) -> String {
    format!("cosignature/v1\ntime {time_seconds}\n{text}")
}

pub(super) fn check_kind(key: &VerifierKey, kind: KeyKind) -> Result<(), SignatureError> {
    if key.kind() == kind {
        return Ok(());
    }
    Err(SignatureError::WrongKind { name: key.name().to_owned(), kind: key.kind() })
}

/// Verifies by ZIP-215, the one rule of the project: see `docs/format.md`.
pub(super) fn verify_ed25519(
    key: &VerifierKey,
    signature: &[u8; 64],
    message: &[u8],
) -> Result<(), SignatureError> {
    let invalid = |_| SignatureError::Invalid { name: key.name().to_owned() };
    let verification_key =
        ed25519_zebra::VerificationKey::try_from(*key.public_key()).map_err(invalid)?;
    verification_key.verify(&ed25519_zebra::Signature::from(*signature), message).map_err(invalid)
}
