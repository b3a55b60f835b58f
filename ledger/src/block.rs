//! Headers and blocks.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::hash::{BlockId, StateRoot, ValidatorAddress, ValidatorsHash};
use crate::height::{Height, TimeMs};
use crate::log::LogHash;
use crate::record::Closing;
use crate::transaction::{self, ChainId, Transaction};

/// Largest encoded block in bytes.
pub const BLOCK_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Commits to one block and, through log and state root, to everything before it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The chain.
    pub chain_id: ChainId,
    /// This block's height.
    pub height: Height,
    /// The proposer's time, later than the parent's.
    pub time_ms: TimeMs,
    /// The block before.
    pub parent: BlockId,
    /// The validator that first proposed this block.
    pub proposer: ValidatorAddress,
    /// Leaves in the log, this block's closing leaf included.
    pub log_size: u64,
    /// RFC 6962 root of the log at that size.
    pub log_root: LogHash,
    /// The state after this block.
    pub state_root: StateRoot,
    /// The version of the rules this block was executed by.
    pub rules_version: u32,
    /// The validators that certify the next block.
    pub next_validators_hash: ValidatorsHash,
}

impl Header {
    /// This block's name.
    pub fn id(&self) -> BlockId {
        BlockId::of(&[&transaction::encode(self)])
    }

    /// The closing leaf that belongs to this header.
    pub fn closing(&self) -> Closing {
        Closing {
            height: self.height,
            time_ms: self.time_ms,
            parent: self.parent,
            proposer: self.proposer,
            state_root: self.state_root,
            rules_version: self.rules_version,
            next_validators_hash: self.next_validators_hash,
        }
    }
}

/// A header with the transactions whose execution it commits to.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// The transactions, in execution order.
    pub transactions: Vec<Transaction>,
}

/// Why bytes are not a block.
#[derive(Debug, thiserror::Error)]
pub enum BlockError {
    /// Larger than [`BLOCK_BYTES_MAX`].
    #[error("block of {bytes} bytes is larger than {BLOCK_BYTES_MAX}")]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
    },
    /// Not the canonical encoding.
    #[error("not a canonically encoded block: {0}")]
    Malformed(std::io::Error),
}

impl Block {
    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        transaction::encode(self)
    }

    /// Decodes, bounded, refusing trailing bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, BlockError> {
        if bytes.len() > BLOCK_BYTES_MAX {
            return Err(BlockError::TooLarge { bytes: bytes.len() });
        }
        borsh::from_slice(bytes).map_err(BlockError::Malformed)
    }
}
