//! Why something of a batch is not kept or handed out.

use std::io;

use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateError;
use minglian_ledger::subsidy::batch::HeaderError;
use minglian_ledger::subsidy::chunk_list::ChunkError;
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::transaction::ChainId;

/// Why something of a batch is not kept or handed out.
#[derive(Debug, thiserror::Error)]
pub enum BatchFault {
    /// The ledger has no such batch.
    #[error("the ledger here has no batch {0} 账本中没有该批次")]
    Unknown(BatchId),
    /// The batch was rejected or ran out.
    #[error("batch {0} was rejected or ran out 该批次已被否决或过期")]
    Closed(BatchId),
    /// Payments that came back have no body of their own.
    #[error("batch {0} states what came back: it has no body of its own")]
    NoBody(BatchId),
    /// Not signed by a live key of the county.
    #[error("it is not signed by a live key of {0} 未由县级民政部门的有效密钥签署")]
    NotSigned(OrganizationCode),
    /// The list of chunks comes before the chunks.
    #[error("the list of the chunks of batch {0} is not here yet")]
    NoList(BatchId),
    /// The bytes do not read as a list or a header.
    #[error("the bytes do not read: {0}")]
    Malformed(io::Error),
    /// The list or the chunk is not the batch's.
    #[error(transparent)]
    Chunk(#[from] ChunkError),
    /// The batch's directory would outgrow this node's room.
    #[error("the node has no more room for batches: {bytes_max} bytes at most")]
    NoRoom {
        /// The most that is kept.
        bytes_max: u64,
    },
    /// This node keeps no envelopes.
    #[error("this node is no custodian of envelopes 本节点不保管信封")]
    NoCustodian,
    /// Who pays cannot be the custodian.
    #[error("{0} pays the batch: another organisation keeps its envelopes")]
    OwnBatch(OrganizationCode),
    /// The header is for another chain.
    #[error("the batch is for chain {0}")]
    WrongChain(ChainId),
    /// The header could not be one.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The ledger never had the enrolment list of the header.
    #[error("the ledger here has no enrolment list of {leaves} handles with the header's root")]
    NoEnrolmentList {
        /// Handles of the header.
        leaves: u32,
    },
    /// The ledger takes no batch of this name any more.
    #[error("the ledger takes batch {0} no more: its period is paid, or its attempt passed over")]
    Past(BatchId),
    /// A receipt was signed for another batch of this name.
    #[error("a receipt was signed for another batch {0}: make it again as another attempt")]
    Signed(BatchId),
    /// The county has as many batches here that are not on the ledger as it may.
    #[error("{county} has {count} batches here that are not on the ledger: no more are taken")]
    TooMany {
        /// The county.
        county: OrganizationCode,
        /// How many it has.
        count: usize,
    },
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// A file.
    #[error("files of batches: {0}")]
    Io(#[from] io::Error),
}

impl BatchFault {
    /// Whether this node failed, and not who asked.
    pub fn is_operational(&self) -> bool {
        matches!(self, Self::State(_) | Self::Io(_))
    }
}
