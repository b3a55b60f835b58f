//! When a head of the log is certified: the log signed it, and cosigners with more than 2/3 of the
//! voting power cosigned it.

use crate::checkpoint::cosignature::SignatureError;
use crate::checkpoint::key::VerifierKey;
use crate::checkpoint::note::Note;
use crate::checkpoint::{Checkpoint, CheckpointError};

/// A head that a quorum stands behind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertifiedCheckpoint {
    /// The head.
    pub checkpoint: Checkpoint,
    /// Who cosigned it, in the order in which the cosigners were given.
    pub cosigners: Vec<CosignedBy>,
    /// Voting power of those who cosigned.
    pub power_cosigned: u64,
    /// Voting power of all cosigners.
    pub power_total: u64,
}

/// One cosigner's part in a certified head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CosignedBy {
    /// The cosigner's key name.
    pub name: String,
    /// Its voting power.
    pub power: u64,
    /// When it says it saw the head, in seconds since 1970.
    pub time_seconds: u64,
}

/// A note that certifies nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QuorumError {
    /// The note's text is not a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint is another log's.
    #[error("the checkpoint is of the log {origin:?}, the key is of {expected:?}")]
    OtherLog {
        /// The origin line of the checkpoint.
        origin: String,
        /// The name of the log key.
        expected: String,
    },
    /// A signature by a known key does not verify: the whole note is refused (signed-note).
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The log did not sign.
    #[error("the note has no signature by the log {name}")]
    LogSignatureMissing {
        /// The name of the log key.
        name: String,
    },
    /// The same public key is given as two cosigners, and would count twice.
    #[error("the public key of {name} is given for two cosigners")]
    CosignerRepeated {
        /// The second cosigner's key name.
        name: String,
    },
    /// The voting powers do not add up in 64 bits.
    #[error("the voting powers are too large to add up")]
    PowerTooLarge,
    /// Too few cosigned.
    #[error("cosigners with {power_cosigned} of {power_total} votes are not more than two thirds")]
    TooFew {
        /// Voting power of those who cosigned.
        power_cosigned: u64,
        /// Voting power of all cosigners.
        power_total: u64,
    },
}

/// Checks that a note is a checkpoint signed by the log, whose origin is the log key's name, and
/// cosigned by more than 2/3 of the power. Signatures by unknown keys are passed over.
pub fn verify_quorum(
    note: &Note,
    log_key: &VerifierKey,
    cosigners: &[(VerifierKey, u64)],
) -> Result<CertifiedCheckpoint, QuorumError> {
    let checkpoint: Checkpoint = note.text().parse()?;
    if checkpoint.origin() != log_key.name() {
        return Err(QuorumError::OtherLog {
            origin: checkpoint.origin().to_owned(),
            expected: log_key.name().to_owned(),
        });
    }
    let power_total = total_power(cosigners)?;
    if !note.is_signed_by_log(log_key)? {
        return Err(QuorumError::LogSignatureMissing { name: log_key.name().to_owned() });
    }
    let mut cosigned_by = Vec::new();
    for (key, power) in cosigners {
        if let Some(cosignature) = note.cosignature_by(key)? {
            let time_seconds = cosignature.time_seconds();
            cosigned_by.push(CosignedBy {
                name: key.name().to_owned(),
                power: *power,
                time_seconds,
            });
        }
    }
    // A part of a sum that fits in 64 bits fits as well.
    let power_cosigned = cosigned_by.iter().map(|cosigner| cosigner.power).sum();
    if !is_quorum(power_cosigned, power_total) {
        return Err(QuorumError::TooFew { power_cosigned, power_total });
    }
    Ok(CertifiedCheckpoint { checkpoint, cosigners: cosigned_by, power_cosigned, power_total })
}

/// Whether `power` is more than two thirds of `power_total`.
pub fn is_quorum(power: u64, power_total: u64) -> bool {
    u128::from(power) * 3 > u128::from(power_total) * 2
}

/// The power of all cosigners, none of whom may be named twice.
pub(super) fn total_power(cosigners: &[(VerifierKey, u64)]) -> Result<u64, QuorumError> {
    for (position, (key, _)) in cosigners.iter().enumerate() {
        if cosigners[..position].iter().any(|(seen, _)| seen.public_key() == key.public_key()) {
            return Err(QuorumError::CosignerRepeated { name: key.name().to_owned() });
        }
    }
    cosigners
        .iter()
        .try_fold(0_u64, |total, (_, power)| total.checked_add(*power))
        .ok_or(QuorumError::PowerTooLarge)
}
