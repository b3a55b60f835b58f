//! Organisations, their records, and what waits for officers.

use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::transaction::ClientReference;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A registered organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationView {
    /// 统一社会信用代码.
    pub code: OrganizationCode,
    /// Name, kind, division, and the block that registered it.
    #[serde(flatten)]
    pub organization: Value,
}

/// An officer's key with its role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyView {
    /// The key.
    pub key: PublicKey,
    /// Role, officer, and since when it counts.
    #[serde(flatten)]
    pub record: Value,
}

/// A record in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordSummary {
    /// Its position in the log.
    pub index: LogIndex,
    /// The block that holds it.
    pub height: Height,
    /// The transaction's name.
    pub id: TransactionId,
    /// The organisation's own reference.
    pub client_reference: ClientReference,
    /// 0 when applied, otherwise the refusal's number.
    pub code: u32,
}

/// An organisation with its live keys and newest records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationDetail {
    /// The organisation.
    #[serde(flatten)]
    pub organization: OrganizationView,
    /// Its live keys.
    pub keys: Vec<KeyView>,
    /// Its records, newest first.
    pub records: Vec<RecordSummary>,
    /// Give this as `before` for older records; none at the end.
    pub records_next: Option<LogIndex>,
}

/// An act that waits for other officers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalView {
    /// The transaction that proposed it, by which it is approved.
    pub id: TransactionId,
    /// The act, who has signed, and until when it stays open.
    #[serde(flatten)]
    pub proposal: Value,
}

/// A dated parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterView {
    /// Its name.
    pub key: String,
    /// All its versions, oldest first.
    pub versions: Vec<Value>,
}
