//! Headers, blocks, validators, and the node itself.

use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::block::{BLOCK_BYTES_MAX, Block, Header};
use minglian_ledger::certificate::Certificate;
use minglian_ledger::hash::{BlockId, TransactionId, ValidatorAddress, ValidatorsHash};
use minglian_ledger::height::{Height, LogIndex, TimeMs};
use minglian_ledger::log::LogHash;
use minglian_ledger::validators::Validator;
use serde::{Deserialize, Serialize};

/// Room for a certificate of 100 signatures beside a block, in bytes.
const CERTIFICATE_BYTES_MAX: usize = 16 * 1024;

/// A block with what certifies it; the genesis block has no certificate.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CertifiedBlock {
    /// The block.
    pub block: Block,
    /// The precommits.
    pub certificate: Option<Certificate>,
}

impl CertifiedBlock {
    /// The canonical encoding.
    pub fn encode(&self) -> io::Result<Vec<u8>> {
        borsh::to_vec(self)
    }

    /// Decodes, bounded, refusing trailing bytes.
    pub fn decode(bytes: &[u8]) -> io::Result<Self> {
        if bytes.len() > BLOCK_BYTES_MAX + CERTIFICATE_BYTES_MAX {
            return Err(io::Error::other(format!("{} bytes are too many", bytes.len())));
        }
        borsh::from_slice(bytes)
    }
}

/// A header with its certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeaderView {
    /// The block's name: the hash of the header.
    pub block_id: BlockId,
    /// The header.
    pub header: Header,
    /// Position of the block's first leaf.
    pub first_leaf: LogIndex,
    /// The precommits; none for genesis.
    pub certificate: Option<Certificate>,
}

/// A block without its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockSummary {
    /// Its height.
    pub height: Height,
    /// Its name.
    pub block_id: BlockId,
    /// Its time.
    pub time_ms: TimeMs,
    /// Who proposed it.
    pub proposer: ValidatorAddress,
    /// How many transactions it holds.
    pub transactions: u64,
    /// Leaves in the log after it.
    pub log_size: u64,
}

/// A block with the names of its transactions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockView {
    /// Header and certificate.
    #[serde(flatten)]
    pub head: HeaderView,
    /// Its transactions in order; the first one's record stands at `first_leaf`.
    pub transactions: Vec<TransactionId>,
}

/// The end of the chain after a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tip {
    /// The last block's height.
    pub height: Height,
    /// The last block's name.
    pub block_id: BlockId,
    /// The last block's time.
    pub time_ms: TimeMs,
    /// Leaves in the log.
    pub log_size: u64,
}

/// Proof that a log is a prefix of a longer one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consistency {
    /// Leaves of the older log.
    pub from: u64,
    /// Its root.
    pub from_root: LogHash,
    /// Leaves of the newer log.
    pub to: u64,
    /// Its root.
    pub to_root: LogHash,
    /// RFC 6962 consistency proof.
    pub proof: Vec<LogHash>,
}

/// A validator with its name in consensus.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorView {
    /// Its name in consensus.
    pub address: ValidatorAddress,
    /// Its record.
    #[serde(flatten)]
    pub validator: Validator,
}

/// The validators of a height.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ValidatorsView {
    /// The height that they certify.
    pub height: Height,
    /// The height of the header that named them.
    pub named_at: Height,
    /// The set's name.
    pub hash: ValidatorsHash,
    /// The sum of all voting power.
    pub total_power: u64,
    /// The validators, ascending by address.
    pub validators: Vec<ValidatorView>,
}

/// A connected peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerView {
    /// Its libp2p id, in base58.
    pub peer_id: String,
}

/// Whether a node works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthStatus {
    /// It follows the chain.
    Running,
    /// Its engine has stopped.
    Stopped,
}

/// How a node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    /// Whether it works.
    pub status: HealthStatus,
    /// Height of its last block.
    pub height: Height,
    /// Milliseconds since its last block's time. An idle chain makes a block a heartbeat only.
    pub last_block_age_ms: u64,
    /// How many peers are connected.
    pub peers: usize,
    /// Transactions that wait for a block here.
    pub waiting: usize,
    /// The largest attachment in bytes that it takes; an earlier node does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment_bytes_max: Option<u64>,
    /// Why it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Health {
    pub(crate) fn stopped(detail: String) -> Self {
        Self {
            status: HealthStatus::Stopped,
            height: Height::GENESIS,
            last_block_age_ms: 0,
            peers: 0,
            attachment_bytes_max: None,
            waiting: 0,
            detail: Some(detail),
        }
    }
}
