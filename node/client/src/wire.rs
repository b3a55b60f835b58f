//! What travels between client and node: JSON by serde, blocks and evidence by borsh.
//!
//! Bytes are hexadecimal text; amounts are decimal text in fen beside `"currency": "CNY"`; lists
//! are pages whose `next`, given back as `after`, continues them.

pub mod account;
pub mod batch;
pub mod chain;
pub mod disclosure;
pub mod deposit;
pub mod enrolment;
pub mod gift;
pub mod organization;
pub mod oversight;
pub mod report;
pub mod transaction;

use data_encoding::HEXLOWER;
use minglian_ledger::fen::Fen;
use serde::{Deserialize, Serialize};

pub use account::{
    AccountView, DestinationView, LineDetail, LineView, MovementView, Span, TraceDirection,
    TracePage, TraceQuery,
};
pub use batch::{
    BatchView, CustodyReceiptView, CustodyView, EnrolmentListView, FindingView, MissingChunks,
    ProgrammeView, VerdictStatus,
};
pub use chain::{
    BlockSummary, BlockView, CertifiedBlock, Consistency, HeaderView, Health, HealthStatus,
    PeerView, Tip, ValidatorView, ValidatorsView,
};
pub use deposit::{
    AttachmentStatus, AttachmentView, MissingAttachment, OpeningRequest, OpeningView,
    PublishedOpenings, Uploaded,
};
pub use disclosure::{ObligationView, PublicationView};
pub use enrolment::{EvaluationView, KeyProgress, KeyShareView, ShareState, ThresholdKeyView};
pub use gift::{GiftEdge, GiftPayee, GiftPayment, GiftTracePage, GiftTraceRequest, GiftView};
pub use organization::{
    KeyView, NextStepView, OrganizationDetail, OrganizationView, ParameterView, ProposalEnd,
    ProposalEndView, ProposalView, RecordSummary,
};
pub use oversight::{AuditView, ComplaintView, SampleView};
pub use report::{AsOfView, CheckView, ColumnKind, ColumnView, MismatchView, ReportView, RuleView};
pub use transaction::{
    CommittedView, ReceiptView, RecordView, RefusalView, SubmitAnswer, SubmitAnswers,
    SubmitRequest, SubmitStatus, TransactionStatus, TransactionView,
};

/// Most entries of one page.
pub const PAGE_MAX: usize = 1_000;

/// Entries of a page whose length is not asked for.
pub const PAGE_DEFAULT: usize = 100;

/// Most blocks of one page of the block feed.
pub const BLOCKS_MAX: usize = 256;

/// Bytes before each item of a binary list: its length, little endian.
pub const FRAME_LENGTH_BYTES: usize = 4;

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page begins; none at the end.
    pub next: Option<String>,
}

/// Bytes whose JSON form is lower-case hexadecimal text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hex(#[serde(with = "minglian_ledger::transaction::hexadecimal")] pub Vec<u8>);

impl std::fmt::Display for Hex {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&HEXLOWER.encode(&self.0))
    }
}

/// An amount of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Money {
    /// Decimal digits, in fen.
    pub fen: Fen,
    /// Always CNY.
    pub currency: Currency,
}

/// The ledger's one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Currency {
    /// Renminbi.
    #[serde(rename = "CNY")]
    Cny,
}

impl From<Fen> for Money {
    fn from(fen: Fen) -> Self {
        Self { fen, currency: Currency::Cny }
    }
}

/// Appends an item with its length to a binary list.
pub fn push_frame(list: &mut Vec<u8>, item: &[u8]) {
    // No item reaches 4 GiB; one that did would not read back, and is refused there.
    let length = u32::try_from(item.len()).unwrap_or(u32::MAX);
    list.extend_from_slice(&length.to_le_bytes());
    list.extend_from_slice(item);
}

/// A binary list that ends inside an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the list of {bytes} bytes ends inside item {item}")]
pub struct BrokenFrame {
    /// The item, from 0.
    pub item: usize,
    /// The list's length in bytes.
    pub bytes: usize,
}

/// The items of a binary list, borrowed from it.
pub fn frames(list: &[u8]) -> Result<Vec<&[u8]>, BrokenFrame> {
    let mut items = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        let broken = BrokenFrame { item: items.len(), bytes: list.len() };
        let (length, tail) = rest.split_first_chunk::<FRAME_LENGTH_BYTES>().ok_or(broken)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| broken)?;
        let (item, tail) = tail.split_at_checked(length).ok_or(broken)?;
        items.push(item);
        rest = tail;
    }
    Ok(items)
}
