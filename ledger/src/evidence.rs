//! One self-contained proof: a leaf or a state entry, tied to a header, tied to a certificate, tied
//! through every validator change to a set that the reader already trusts.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::block::Header;
use crate::certificate::{Certificate, CertificateError};
use crate::height::{Height, LogIndex};
use crate::log::{self, LogHash};
use crate::record::Leaf;
use crate::state;
use crate::transaction::{self, ChainId};
use crate::validators::ValidatorSet;

/// Largest encoded evidence bundle in bytes.
pub const EVIDENCE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Most validator changes in one bundle.
pub const CHANGES_MAX: usize = 4_096;

/// What the reader trusts before reading: pinned by the genesis file, or learnt from evidence that
/// was verified earlier.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trust {
    /// The chain.
    pub chain_id: ChainId,
    /// The last height whose header is known; the genesis is height 0.
    pub height: Height,
    /// The validators that certify the heights after `height`, until a change.
    pub validators: ValidatorSet,
}

/// A certified change of validators.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ValidatorChange {
    /// The header that names the next validators.
    pub header: Header,
    /// Its certificate, by the validators before the change.
    pub certificate: Certificate,
    /// The validators that certify the heights after it.
    pub validators: ValidatorSet,
}

/// What is proven.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(clippy::large_enum_variant, reason = "one subject a bundle; a box would gain nothing")]
pub enum Subject {
    /// A leaf of the log.
    Leaf {
        /// Its position.
        index: LogIndex,
        /// Its bytes, canonical.
        #[serde(with = "crate::transaction::hexadecimal")]
        bytes: Vec<u8>,
        /// RFC 6962 inclusion proof at the header's log size.
        proof: Vec<LogHash>,
    },
    /// An entry of the state, or its absence, after the header's block.
    State {
        /// The key.
        #[serde(with = "crate::transaction::hexadecimal")]
        key: Vec<u8>,
        /// The value, or none when the key is proven absent.
        #[serde(default, with = "crate::transaction::hexadecimal::option")]
        value: Option<Vec<u8>>,
        /// Path to the state root.
        proof: state::proof::StateProof,
    },
}

/// A self-contained proof.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// Validator changes after the trusted height, ascending.
    pub changes: Vec<ValidatorChange>,
    /// The header that commits to the subject.
    pub header: Header,
    /// Its certificate.
    pub certificate: Certificate,
    /// What is proven.
    pub subject: Subject,
}

/// Why evidence proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Larger than [`EVIDENCE_BYTES_MAX`], or with more than [`CHANGES_MAX`] changes.
    #[error("evidence is larger than the limit")]
    TooLarge,
    /// Not the canonical encoding.
    #[error("evidence is not canonically encoded: {0}")]
    Malformed(std::io::Error),
    /// A header of another chain.
    #[error("header {0} belongs to chain {1}")]
    WrongChain(Height, ChainId),
    /// Headers are not strictly ascending above the trusted height.
    #[error("header {0} does not follow the trusted height or the change before it")]
    HeightOrder(Height),
    /// A certificate for another block than the header.
    #[error("the certificate at height {0} names another block than the header")]
    WrongBlock(Height),
    /// A certificate that does not certify.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A change whose validators are not those the header names.
    #[error("the validators given at height {0} are not those its header names")]
    WrongValidators(Height),
    /// The leaf is not in the log at that position.
    #[error("the leaf is not in the log: {0}")]
    Log(log::proof::ProofError),
    /// The bytes are not a leaf.
    #[error("the proven bytes are not a leaf: {0}")]
    Leaf(std::io::Error),
    /// A record that claims another position than the one proven.
    #[error("the leaf at {0} claims another position or a later height than its header")]
    Misplaced(LogIndex),
    /// The state proof fails.
    #[error("the state entry is not proven: {0}")]
    State(state::proof::ProofError),
}

/// What verified evidence says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proven {
    /// This leaf stands at this position.
    Leaf(LogIndex, Box<Leaf>),
    /// This key has this value, or none, after the header's block.
    State(Vec<u8>, Option<Vec<u8>>),
}

impl Evidence {
    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        transaction::encode(self)
    }

    /// Decodes, bounded, refusing trailing bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, EvidenceError> {
        if bytes.len() > EVIDENCE_BYTES_MAX {
            return Err(EvidenceError::TooLarge);
        }
        borsh::from_slice(bytes).map_err(EvidenceError::Malformed)
    }

    /// Checks everything from `trust` down to the subject, and returns what is proven.
    pub fn verify(&self, trust: &Trust) -> Result<Proven, EvidenceError> {
        if self.changes.len() > CHANGES_MAX {
            return Err(EvidenceError::TooLarge);
        }
        let mut height = trust.height;
        let mut validators = &trust.validators;
        for change in &self.changes {
            certified(&trust.chain_id, height, validators, &change.header, &change.certificate)?;
            if change.validators.hash() != change.header.next_validators_hash {
                return Err(EvidenceError::WrongValidators(change.header.height));
            }
            height = change.header.height;
            validators = &change.validators;
        }
        certified(&trust.chain_id, height, validators, &self.header, &self.certificate)?;
        self.verify_subject()
    }

    fn verify_subject(&self) -> Result<Proven, EvidenceError> {
        match &self.subject {
            Subject::Leaf { index, bytes, proof } => {
                let Header { log_size, log_root, height, .. } = &self.header;
                let leaf_hash = log::leaf_hash(bytes);
                log::proof::verify_inclusion(&leaf_hash, index.0, *log_size, proof, log_root)
                    .map_err(EvidenceError::Log)?;
                let leaf = Leaf::decode(bytes).map_err(EvidenceError::Leaf)?;
                let in_place = match &leaf {
                    Leaf::Record(record) => record.index == *index && record.height <= *height,
                    Leaf::Closing(closing) => closing.height <= *height,
                };
                if !in_place {
                    return Err(EvidenceError::Misplaced(*index));
                }
                Ok(Proven::Leaf(*index, Box::new(leaf)))
            }
            Subject::State { key, value, proof } => {
                let root = &self.header.state_root;
                state::proof::verify(proof, root, key, value.as_deref())
                    .map_err(EvidenceError::State)?;
                Ok(Proven::State(key.clone(), value.clone()))
            }
        }
    }
}

/// Checks that `header` is of the chain, above `after`, and certified by `validators`.
pub fn certified(
    chain_id: &ChainId,
    after: Height,
    validators: &ValidatorSet,
    header: &Header,
    certificate: &Certificate,
) -> Result<(), EvidenceError> {
    if header.chain_id != *chain_id {
        return Err(EvidenceError::WrongChain(header.height, header.chain_id.clone()));
    }
    if header.height <= after {
        return Err(EvidenceError::HeightOrder(header.height));
    }
    if certificate.height != header.height || certificate.block_id != header.id() {
        return Err(EvidenceError::WrongBlock(header.height));
    }
    certificate.verify(chain_id, validators)?;
    Ok(())
}
