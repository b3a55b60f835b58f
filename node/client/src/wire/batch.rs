//! Batches of private subsidies at a node: how far they are, and receipts for their envelopes.

use minglian_ledger::height::{Height, LogIndex, TimeMs};
use minglian_ledger::keys::{PublicKey, Signature};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::domain::BatchId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Hex, Money};

/// What became of a node's own verdict about a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VerdictStatus {
    /// Nothing was found yet, or the batch waits no more.
    #[default]
    None,
    /// The node has no key for verdicts, or it is no live maker's: it only reports.
    NoKey,
    /// Its organisation runs no validator.
    NotAValidator,
    /// The batch would need proofs that no body has a place for: the node says nothing.
    Withheld,
    /// It was sent and is not counted yet.
    Sent,
    /// It is counted.
    Counted,
    /// The rules refused it.
    Refused,
}

/// What an organisation found about a batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingView {
    /// The organisation.
    pub organization: OrganizationCode,
    /// `"valid"`, or `{"invalid": {"leaf", "check"}}`.
    pub finding: Value,
}

/// A batch, as the ledger has it and as far as it is at the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchView {
    /// Its name.
    pub batch: BatchId,
    /// Chain, county, programme, period, kind and attempt.
    pub name: Value,
    /// `"pending"`, `"applied"`, `"rejected"` or `"expired"`.
    pub standing: String,
    /// Handles, or leaves that came back.
    pub leaves: u32,
    /// What it pays, or what came back by it.
    pub total: Money,
    /// The record that submitted it.
    pub record: LogIndex,
    /// The last instant at which a verdict counts.
    pub due: TimeMs,
    /// The findings that were counted.
    pub findings: Vec<FindingView>,
    /// Whether the node has the list of its chunks.
    pub has_list: bool,
    /// Chunks of leaves and of proofs of the batch; none of what came back.
    pub chunks: u32,
    /// How many of them the node has.
    pub chunks_had: u32,
    /// Leaves that the node has verified.
    pub leaves_verified: u32,
    /// What the node found.
    pub found: Option<Value>,
    /// What became of its verdict.
    pub verdict: VerdictStatus,
}

/// What of a batch is not at a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingChunks {
    /// Whether the list of chunks is missing.
    pub list: bool,
    /// Numbers of the chunks of leaves.
    pub leaves: Vec<u32>,
    /// Numbers of the chunks of proofs.
    pub proofs: Vec<u32>,
}

/// A custodian's receipt for the envelopes of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustodyReceiptView {
    /// The custodian.
    pub custodian: OrganizationCode,
    /// Its officer's key.
    pub key: PublicKey,
    /// Under the batch's name, the number of its envelopes and their root.
    pub signature: Signature,
}

/// How far the envelopes of a batch are at a custodian.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustodyView {
    /// The batch.
    pub batch: BatchId,
    /// Chunks of envelopes.
    pub chunks: u32,
    /// Numbers of those that are missing.
    pub missing: Vec<u32>,
    /// The receipt, once none is.
    pub receipt: Option<CustodyReceiptView>,
}

/// A programme of private subsidies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgrammeView {
    /// Its number.
    pub programme: u16,
    /// The bureau that declared it.
    pub owner: OrganizationCode,
    /// What it is.
    pub kind: Value,
    /// Programmes that exclude one another share a group.
    pub group: u16,
    /// What one batch pays for: a month, a quarter or a year.
    pub length: Value,
    /// `version`, `terms` and `superseded_from` of its newest standards, the oldest first.
    pub versions: Vec<Value>,
}

/// An enrolment list at one length.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentListView {
    /// The group under whose key its tags are.
    pub group: u16,
    /// Handles.
    pub length: u32,
    /// Its root then, 32 bytes.
    pub root: Hex,
    /// The record that brought it to this length.
    pub record: LogIndex,
    /// The height at which this was read.
    pub height: Height,
    /// The auditors' escrow key of the year; none before its ceremony ended.
    pub escrow_key: Option<Hex>,
}
