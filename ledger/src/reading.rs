//! What an officer signs to read something that is kept off the log and that is not for everybody:
//! which node is asked for what, and when. It is of use at that node only, for a moment only.

use borsh::{BorshDeserialize, BorshSerialize};

use crate::height::TimeMs;
use crate::keys::{self, KeyError, PublicKey, Signature, SigningKey};
use crate::text::Text;
use crate::transaction::{self, ChainId};

/// Largest encoded question in bytes.
pub const READING_BYTES_MAX: usize = 512;

/// What the officer's signature begins with.
const SIGN_LINE: &[u8] = b"minglian/reading/v1\n";

/// What is signed.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ReadingBody {
    /// The chain whose records name what is read.
    pub chain_id: ChainId,
    /// The id of the node that is asked, as it stands among the validators.
    pub node: Text<96>,
    /// Method and path: `GET /v1/openings/…`.
    pub request: Text<160>,
    /// When it is asked.
    pub time_ms: TimeMs,
}

/// A signed question.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Reading {
    /// What is signed.
    pub body: ReadingBody,
    /// An officer's key.
    pub key: PublicKey,
    /// Its signature over the line `minglian/reading/v1` and the encoded body.
    pub signature: Signature,
}

/// Why bytes are not a question.
#[derive(Debug, thiserror::Error)]
pub enum ReadingError {
    /// Larger than [`READING_BYTES_MAX`].
    #[error("a question of {0} bytes is larger than {READING_BYTES_MAX}")]
    TooLarge(usize),
    /// Not the canonical encoding.
    #[error("not a canonically encoded question: {0}")]
    Malformed(std::io::Error),
}

impl Reading {
    /// Signs `body` with `key`.
    pub fn sign(body: ReadingBody, key: &SigningKey) -> Self {
        let signature = keys::sign(key, &sign_bytes(&body));
        Self { body, key: PublicKey::of(key), signature }
    }

    /// Checks the signature; whose key it is, the state knows.
    ///
    /// # Errors
    /// [`KeyError`] if it does not verify.
    pub fn verify(&self) -> Result<(), KeyError> {
        keys::verify(&self.key, &sign_bytes(&self.body), &self.signature)
    }

    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        transaction::encode(self)
    }

    /// Decodes, bounded, refusing trailing bytes.
    ///
    /// # Errors
    /// [`ReadingError`] if the bytes are no question.
    pub fn decode(bytes: &[u8]) -> Result<Self, ReadingError> {
        if bytes.len() > READING_BYTES_MAX {
            return Err(ReadingError::TooLarge(bytes.len()));
        }
        borsh::from_slice(bytes).map_err(ReadingError::Malformed)
    }
}

fn sign_bytes(body: &ReadingBody) -> Vec<u8> {
    [SIGN_LINE, &transaction::encode(body)].concat()
}
