//! The header of a batch: what is public of it on the ledger.

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Serialize};

use super::balance::BalanceProof;
use super::domain::{self, BatchId, EnvelopeRoot, HeaderHash, LeafRoot, ProofRoot, SealHash};
use super::tree::BATCH_LEAVES_MAX;
use crate::date::Month;
use crate::fen::Fen;
use crate::organization_code::OrganizationCode;
use crate::transaction::{self, ChainId};

/// The version of the format that this module is.
pub const BATCH_VERSION: u8 = 1;

/// Most inflows that a batch is paid from.
pub const LOTS_MAX: usize = 64;

/// What a batch is for. The number of a variant is part of the format.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum BatchKind {
    /// The payment of the period.
    Main,
    /// A later payment for the same period, numbered from 1; most of its amounts are zero.
    Supplementary(u16),
    /// Payments of the period that came back, numbered from 1.
    Return(u16),
}

/// Money of one inflow that a batch uses.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Lot {
    /// Number of the movement that brought it.
    pub inflow: u64,
    /// How much of it.
    pub amount: Fen,
}

/// What a batch is, before it has payments. [`BatchId`] is its hash.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct BatchName {
    /// The chain; a proof does not hold on another.
    pub chain_id: ChainId,
    /// The county's bureau that pays.
    pub county: OrganizationCode,
    /// Number of the programme.
    pub programme: u16,
    /// The month that is paid for.
    pub period: Month,
    /// What the batch is for.
    pub kind: BatchKind,
    /// Counts on when a batch is made again. Two batches of one name would repeat their blinding
    /// factors, and the difference of two commitments would show the difference of two amounts.
    pub attempt: u32,
}

/// The header of a batch.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct BatchHeader {
    /// [`BATCH_VERSION`].
    pub version: u8,
    /// What the batch is.
    pub name: BatchName,
    /// Programmes that exclude one another share a group.
    pub group: u16,
    /// Year of the enrolment.
    pub epoch: u16,
    /// Version of the programme's standards.
    pub standards_version: u32,
    /// Root of the enrolment list when the batch was cut off.
    #[serde(with = "root_text")]
    pub enrolment_root: [u8; 32],
    /// Handles of that list, so leaves of the batch.
    pub leaves: u32,
    /// What left the account.
    pub total: Fen,
    /// Where it came from, by increasing inflow.
    pub lots: Vec<Lot>,
    /// The leaves.
    pub leaf_root: LeafRoot,
    /// The envelopes.
    pub envelope_root: EnvelopeRoot,
}

/// A header with the proofs of the whole batch.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct SealedBatch {
    /// The header.
    pub header: BatchHeader,
    /// The chunks of proofs, one for each payment or group of payments.
    pub proof_root: ProofRoot,
    /// The proof that the payments add up to the total.
    pub balance: BalanceProof,
}

/// Why a header cannot be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// Another version of the format.
    #[error("version {found} of a batch is not {BATCH_VERSION}")]
    Version {
        /// The version given.
        found: u8,
    },
    /// No leaves, or too many.
    #[error("a batch has 1 to {BATCH_LEAVES_MAX} leaves, not {found}")]
    Leaves {
        /// The number given.
        found: u32,
    },
    /// No lots, too many, or not by increasing inflow.
    #[error("the lots of a batch are 1 to {LOTS_MAX}, each inflow once, in increasing order")]
    Lots,
    /// The lots do not add up to the total.
    #[error("the lots come to {lots:?}, the total is {total}")]
    LotsTotal {
        /// Their sum, unless it is no amount.
        lots: Option<Fen>,
        /// The total.
        total: Fen,
    },
}

impl BatchName {
    /// The hash that what is derived for the batch is derived from.
    pub fn id(&self) -> BatchId {
        BatchId::of_prefixed(&[&transaction::encode(self)])
    }
}

impl BatchHeader {
    /// The hash that every proof of the batch is bound to.
    pub fn hash(&self) -> HeaderHash {
        HeaderHash::of_prefixed(&[&transaction::encode(self)])
    }

    /// Checks what can be checked of a header alone.
    pub fn check(&self) -> Result<(), HeaderError> {
        if self.version != BATCH_VERSION {
            return Err(HeaderError::Version { found: self.version });
        }
        if !(1..=BATCH_LEAVES_MAX).contains(&self.leaves) {
            return Err(HeaderError::Leaves { found: self.leaves });
        }
        let increasing =
            self.lots.windows(2).all(|pair| matches!(pair, [a, b] if a.inflow < b.inflow));
        if !(1..=LOTS_MAX).contains(&self.lots.len()) || !increasing {
            return Err(HeaderError::Lots);
        }
        let lots = Fen::sum(self.lots.iter().map(|lot| lot.amount));
        if lots != Some(self.total) {
            return Err(HeaderError::LotsTotal { lots, total: self.total });
        }
        Ok(())
    }
}

impl SealedBatch {
    /// The hash that clerk and approver sign.
    pub fn hash(&self) -> SealHash {
        let balance = transaction::encode(&self.balance);
        SealHash::of_prefixed(&[&self.header.hash().0, &self.proof_root.0, &balance])
    }

    /// What the clerk signs.
    pub fn clerk_message(&self) -> Vec<u8> {
        [domain::SIGN_CLERK, &self.hash().0].concat()
    }

    /// What the approver signs.
    pub fn approver_message(&self) -> Vec<u8> {
        [domain::SIGN_APPROVER, &self.hash().0].concat()
    }
}

/// How the root of an enrolment list stands in JSON: as every hash.
mod root_text {
    use data_encoding::HEXLOWER;
    use serde::de::Error as _;
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::hash::{HASH_BYTES, parse_hex};

    pub(super) fn serialize<S: Serializer>(
        root: &[u8; HASH_BYTES],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&HEXLOWER.encode(root))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<[u8; HASH_BYTES], D::Error> {
        parse_hex(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
