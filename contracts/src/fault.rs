//! Why an act of the contracts did not go through: the one error type of this crate.

use minglian_ledger::state::StateError;

use crate::refusal::Refusal;

/// A business refusal, on which every node agrees and which becomes a receipt, or an operational
/// failure, on which nobody can agree and which stops the node.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The act is lawful to send but may not take effect.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}
