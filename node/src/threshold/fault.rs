//! Why this node cannot do its part of a key.

use minglian_ledger::state::StateError;
use minglian_ledger::store::StoreError;
use minglian_ledger::subsidy::evaluation::EvaluationError;
use minglian_ledger::subsidy::key_generation::KeyGenerationError;
use minglian_ledger::subsidy::threshold::ThresholdError;

use super::secrets::SecretError;

/// Why this node cannot do its part of a key. Never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum MemberFault {
    /// The state.
    #[error(transparent)]
    State(#[from] StateError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The directory of secrets.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// Making the key.
    #[error(transparent)]
    Generation(#[from] KeyGenerationError),
    /// The request.
    #[error(transparent)]
    Request(#[from] ThresholdError),
    /// Answering.
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    /// The seed is gone.
    #[error(
        "this member's dealing stands on the ledger, and what it follows from is not on this disk: \
         the ceremony cannot be finished and has to be begun anew when it is over"
    )]
    SeedLost,
    /// The dealing on the ledger follows from something else.
    #[error(
        "this member's dealing on the ledger is not this node's: another node of the organisation, \
         or another program, made it"
    )]
    OtherDealing,
    /// The share on the disk is not the key's.
    #[error("the share on this disk is not the one that the key's record has for this member")]
    OtherShare,
}
