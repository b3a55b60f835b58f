//! Proof that more than two thirds of the validators committed a block.

use std::collections::BTreeSet;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::hash::{BlockId, ValidatorAddress};
use crate::height::Height;
use crate::keys::{self, Signature};
use crate::transaction::{self, ChainId};
use crate::validators::{VALIDATORS_MAX, ValidatorSet};

/// First line of the bytes a validator signs to precommit a block. Every other kind of message has
/// a first line of its own, so that none can be read as another.
const PRECOMMIT_LINE: &[u8] = b"minglian/precommit/v1\n";

/// The bytes a validator signs to precommit `block_id`: the first line, then the canonical encoding
/// of chain id, height, round and block id.
pub fn precommit_sign_bytes(
    chain_id: &ChainId,
    height: Height,
    round: u32,
    block_id: &BlockId,
) -> Vec<u8> {
    [PRECOMMIT_LINE, &transaction::encode(&(chain_id, height, round, block_id))].concat()
}

/// One validator's precommit.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommitSignature {
    /// The validator.
    pub address: ValidatorAddress,
    /// Its signature over [`precommit_sign_bytes`].
    pub signature: Signature,
}

/// Precommits for one block in one round. Two honest nodes may hold different certificates for the
/// same block (any quorum will do), so a certificate is never hashed into state.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// The block's height.
    pub height: Height,
    /// The round that decided.
    pub round: u32,
    /// The block.
    pub block_id: BlockId,
    /// The precommits.
    pub signatures: Vec<CommitSignature>,
}

/// Why a certificate does not certify.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// More signatures than a set can have members.
    #[error("certificate at height {0} has more than {VALIDATORS_MAX} signatures")]
    TooMany(Height),
    /// A signer that is not in the set.
    #[error("certificate at height {0}: {1} is not a validator")]
    UnknownValidator(Height, ValidatorAddress),
    /// A signer that stands twice.
    #[error("certificate at height {0}: {1} signed twice")]
    Repeated(Height, ValidatorAddress),
    /// A signature that does not verify. One bad signature refuses the whole certificate.
    #[error("certificate at height {0}: the signature of {1} does not verify")]
    BadSignature(Height, ValidatorAddress),
    /// Not more than two thirds of the voting power.
    #[error("certificate at height {height}: power {power} of {total} is not more than two thirds")]
    NoQuorum {
        /// The height.
        height: Height,
        /// Voting power that signed.
        power: u64,
        /// Voting power of the set.
        total: u64,
    },
}

impl Certificate {
    /// Checks every signature and the quorum against the validators of this height.
    pub fn verify(
        &self,
        chain_id: &ChainId,
        validators: &ValidatorSet,
    ) -> Result<(), CertificateError> {
        if self.signatures.len() > VALIDATORS_MAX {
            return Err(CertificateError::TooMany(self.height));
        }
        let message = precommit_sign_bytes(chain_id, self.height, self.round, &self.block_id);
        let mut seen = BTreeSet::new();
        let mut power = 0;
        for commit in &self.signatures {
            let validator = validators
                .find(&commit.address)
                .ok_or(CertificateError::UnknownValidator(self.height, commit.address))?;
            if !seen.insert(commit.address) {
                return Err(CertificateError::Repeated(self.height, commit.address));
            }
            keys::verify(&validator.consensus_key, &message, &commit.signature)
                .map_err(|_| CertificateError::BadSignature(self.height, commit.address))?;
            power += validator.power;
        }
        if validators.is_quorum(power) {
            Ok(())
        } else {
            let total = validators.total_power();
            Err(CertificateError::NoQuorum { height: self.height, power, total })
        }
    }
}
