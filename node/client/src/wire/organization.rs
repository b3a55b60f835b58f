//! Organisations, their records, and what waits for officers.

use minglian_ledger::genesis::{OrganizationKind, Role};
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
    /// Whose step is next; none where the node cannot say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<NextStepView>,
    /// The act, who has signed, and until when it stays open.
    #[serde(flatten)]
    pub proposal: Value,
}

/// How an act that waited came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalEnd {
    /// The last step was taken: it took effect.
    Completed,
    /// An officer whose step was next rejected it.
    Rejected,
    /// The organisation that proposed it withdrew it.
    Withdrawn,
}

/// The end of an act that waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalEndView {
    /// The transaction that proposed it.
    pub id: TransactionId,
    /// How it ended.
    pub end: ProposalEnd,
    /// The record that ended it.
    pub record: LogIndex,
}

/// Who may take the next step of an act that waits. Officers who have signed it already may not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStepView {
    /// The organisation whose officer it is; none where several may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationCode>,
    /// Organisations whose officers it is not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_than: Vec<OrganizationCode>,
    /// The only key that may sign, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<PublicKey>,
    /// What the officer's organisation is; empty where its kind does not matter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<OrganizationKind>,
    /// In which role.
    pub role: Role,
    /// The same in Chinese words.
    pub chinese: String,
    /// The same in English words.
    pub english: String,
}

impl NextStepView {
    /// Whether an officer of `organization`, which is of `kind`, may take it, as far as can be said
    /// without the officer.
    pub fn concerns(&self, organization: &OrganizationCode, kind: OrganizationKind) -> bool {
        self.organization.is_none_or(|named| named == *organization)
            && !self.other_than.contains(organization)
            && (self.kinds.is_empty() || self.kinds.contains(&kind))
    }
}

/// A dated parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParameterView {
    /// Its name.
    pub key: String,
    /// All its versions, oldest first.
    pub versions: Vec<Value>,
}
