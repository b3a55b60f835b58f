//! Why something is not kept or handed out.

use minglian_contracts::naming::Thing;
use minglian_ledger::deposit::MediaType;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateError;
use minglian_ledger::transaction::ChainId;

use super::blobs::BlobError;
use super::index::NoRoom;
use super::openings::OpeningFault;
use crate::derived::DerivedError;

/// Why something is not kept or handed out. None repeats what an opening says.
#[derive(Debug, thiserror::Error)]
pub enum KeepFault {
    /// Signed for another chain.
    #[error("the deposit is for chain {0}")]
    WrongChain(ChainId),
    /// Not signed by a key of its organisation that lives.
    #[error("the deposit is not signed by a live key of {0}")]
    NotSigned(OrganizationCode),
    /// The deposit is of something else.
    #[error("the deposit is not of an attachment")]
    NotAnAttachment,
    /// Nothing is brought.
    #[error("the file is empty: at least one byte is taken 文件为空")]
    Empty,
    /// Larger than this node takes, or than its deposit says.
    #[error("{bytes} bytes; at most {bytes_max} are taken 文件超出大小上限")]
    Size {
        /// What the deposit says, or what came.
        bytes: u64,
        /// The most that is taken.
        bytes_max: u64,
    },
    /// This node does not take the type.
    #[error("this node takes no {0}")]
    TypeNotTaken(MediaType),
    /// The bytes are not of the type.
    #[error("the bytes are not those of a {0}")]
    WrongType(MediaType),
    /// The bytes are not the named ones.
    #[error("the bytes that came are not those that the deposit names")]
    Mismatch,
    /// This node is no validator's.
    #[error("only validators' nodes keep openings, and attachments that are not public")]
    NotHere,
    /// An order has erased it.
    #[error("{0} was erased by an order on the ledger")]
    Erased(Thing),
    /// No record names it.
    #[error("no record names {0} yet")]
    NotNamed(Thing),
    /// A record of another organisation named it first.
    #[error("{0} is named by a record of another organisation")]
    Others(Thing),
    /// There is no room.
    #[error(transparent)]
    NoRoom(#[from] NoRoom),
    /// The opening may not be kept.
    #[error(transparent)]
    Opening(OpeningFault),
    /// The store of attachments.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// The store of openings.
    #[error("the store of openings: {0}")]
    File(#[from] std::io::Error),
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The query index cannot be read.
    #[error(transparent)]
    Index(#[from] DerivedError),
}

impl KeepFault {
    /// Whether this node failed, and not whoever asked.
    pub fn is_operational(&self) -> bool {
        matches!(self, Self::Blob(_) | Self::File(_) | Self::State(_) | Self::Index(_))
    }

    /// Whether the copy here is damaged.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Blob(BlobError::Damaged(_)))
    }

    /// Whether the bucket does not do what it is asked now, and may later.
    pub fn is_bucket(&self) -> bool {
        matches!(self, Self::Blob(BlobError::Bucket(_)))
    }
}
