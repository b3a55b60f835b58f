//! What the log holds: one record per transaction, one closing leaf per block.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use crate::hash::{BlockId, StateRoot, ValidatorAddress, ValidatorsHash};
use crate::height::{Height, LogIndex, TimeMs};
use crate::log;
use crate::transaction::{self, TRANSACTION_BYTES_MAX, Transaction};

/// Largest encoded receipt in bytes.
pub const RECEIPT_BYTES_MAX: usize = 15 * 1024;

/// Bytes a record adds to its transaction and receipt: the leaf's tag, height and index.
const RECORD_OVERHEAD_BYTES: usize = 1 + 8 + 8;

const _: () = assert!(
    TRANSACTION_BYTES_MAX + RECEIPT_BYTES_MAX + RECORD_OVERHEAD_BYTES <= log::MAX_LEAF_BYTES
);

/// What became of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// 0 when applied; otherwise the stable number of the refusal (`docs/contracts.md`).
    pub code: u32,
    /// What the contracts report, in their canonical encoding: the events of an applied act
    /// (movements with their intervals among them), the detail of a refusal.
    #[serde(with = "crate::transaction::hexadecimal")]
    pub events: Vec<u8>,
}

impl Receipt {
    /// The code of an applied act.
    pub const APPLIED: u32 = 0;

    /// Whether the act took effect.
    pub fn is_applied(&self) -> bool {
        self.code == Self::APPLIED
    }
}

/// One committed transaction with what became of it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The block that holds it.
    pub height: Height,
    /// Its position in the log.
    pub index: LogIndex,
    /// The signed act.
    pub transaction: Transaction,
    /// What became of it.
    pub receipt: Receipt,
}

/// The last leaf of a block: what outsiders must be able to hold the validators to, inside the log
/// that they watch.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Closing {
    /// The block it closes.
    pub height: Height,
    /// The time that decides "on time or late".
    pub time_ms: TimeMs,
    /// The block before.
    pub parent: BlockId,
    /// The validator that proposed the block; the genesis block has the zero address.
    pub proposer: ValidatorAddress,
    /// The state after the block.
    pub state_root: StateRoot,
    /// The version of the rules the block was executed by.
    pub rules_version: u32,
    /// The validators that certify the next block.
    pub next_validators_hash: ValidatorsHash,
}

/// A leaf of the log.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Leaf {
    /// A transaction with its receipt.
    Record(Record),
    /// The end of a block.
    Closing(Closing),
}

/// The tag of [`Leaf::Record`] in its encoding.
const RECORD_TAG: u8 = 0;

impl Leaf {
    /// The canonical encoding, which is what the log hashes.
    pub fn encode(&self) -> Vec<u8> {
        transaction::encode(self)
    }

    /// The canonical encoding of a record's leaf, without copying its parts into a record first.
    pub fn encode_record(
        height: Height,
        index: LogIndex,
        transaction: &Transaction,
        receipt: &Receipt,
    ) -> Vec<u8> {
        transaction::encode(&(RECORD_TAG, height, index, transaction, receipt))
    }

    /// Decodes, refusing trailing bytes and anything over the leaf limit.
    pub fn decode(bytes: &[u8]) -> Result<Self, std::io::Error> {
        if bytes.len() > log::MAX_LEAF_BYTES {
            return Err(std::io::Error::other("leaf is larger than 65535 bytes"));
        }
        borsh::from_slice(bytes)
    }
}
