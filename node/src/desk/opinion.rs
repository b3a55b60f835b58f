//! Opinions on acts and names of natural persons: text that never enters the ledger. The ledger
//! holds a commitment to salt and text; the file here is the only place that holds both, until it
//! is given to whoever may read it.

use std::path::Path;

use minglian_client::key_file::private_file::{self, PrivateFileError};
use minglian_client::wire::Hex;
use minglian_ledger::hash::Commitment;
use minglian_ledger::personal_number::{self, PersonalNumber};

/// Longest opinion in bytes.
pub const OPINION_BYTES_MAX: usize = 4 * 1024;

/// An opinion that is not kept.
#[derive(Debug, thiserror::Error)]
pub enum OpinionError {
    /// Longer than [`OPINION_BYTES_MAX`].
    #[error("the reason has {0} bytes, at most {OPINION_BYTES_MAX}")]
    TooLong(usize),
    /// It holds a natural person's number.
    #[error("the reason holds what looks like {0}: leave it out 请勿填写个人号码")]
    Personal(PersonalNumber),
    /// It cannot be written.
    #[error(transparent)]
    File(#[from] PrivateFileError),
}

/// Keeps an opinion beside the outbox and returns the commitment to it: of the salt's 16 bytes,
/// then the text.
///
/// # Errors
/// [`OpinionError`].
pub fn keep(directory: &Path, text: &str, salt: [u8; 16]) -> Result<Commitment, OpinionError> {
    if text.len() > OPINION_BYTES_MAX {
        return Err(OpinionError::TooLong(text.len()));
    }
    if let Some(number) = personal_number::suspect(text) {
        return Err(OpinionError::Personal(number));
    }
    let commitment = Commitment::of(&[&salt, text.as_bytes()]);
    let opening = serde_json::json!({
        "commitment": commitment,
        "salt": Hex(salt.to_vec()),
        "text": text,
    });
    let path = directory.join(format!("{commitment}.json"));
    match private_file::create(&path, opening.to_string().as_bytes()) {
        // The name is the commitment: what is there is the same.
        Ok(()) | Err(PrivateFileError::Exists(_)) => Ok(commitment),
        Err(error) => Err(error.into()),
    }
}
