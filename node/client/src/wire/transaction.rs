//! Submitting acts, and what became of them.

use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::{Height, LogIndex, TimeMs};
use minglian_ledger::keys::{PublicKey, Signature};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::transaction::{ChainId, ClientReference, Transaction, TransactionBody};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Currency, Hex};

/// What `POST /v1/transactions` takes: one of the two.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmitRequest {
    /// One encoded transaction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<Hex>,
    /// Several encoded transactions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transactions: Option<Vec<Hex>>,
}

/// What `POST /v1/transactions` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitAnswers {
    /// One answer for each transaction, in order.
    pub answers: Vec<SubmitAnswer>,
}

/// How a submitted transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubmitStatus {
    /// It waits for a block.
    Admitted,
    /// It is in the ledger, applied or refused by the rules.
    Committed,
    /// The node does not take it.
    Refused,
}

/// The answer to one submitted transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitAnswer {
    /// Its name; none if the bytes are not a transaction, or were not read for want of room.
    pub id: Option<TransactionId>,
    /// How it stands.
    pub status: SubmitStatus,
    /// A stable name of the reason: `admitted`, `known` (it waits already), `committed`, or why it
    /// was not taken.
    pub code: String,
    /// The reason in words, unless all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Where and how it was committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<CommittedView>,
}

impl SubmitAnswer {
    /// Whether the node has no room now and may have some in a moment: send again.
    pub fn is_for_now(&self) -> bool {
        self.status == SubmitStatus::Refused && matches!(&*self.code, "pool_full" | "quota")
    }
}

/// A committed transaction's place and outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommittedView {
    /// Position of its record in the log.
    pub index: LogIndex,
    /// The block that holds it.
    pub height: Height,
    /// What became of it.
    pub receipt: ReceiptView,
}

/// A receipt, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptView {
    /// 0 when applied, otherwise the refusal's number.
    pub code: u32,
    /// Whether the act took effect.
    pub applied: bool,
    /// What the act caused, as the contracts name it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Value>,
    /// Why the rules refused it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refusal: Option<RefusalView>,
}

/// A refusal by the rules, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusalView {
    /// The refusal's name.
    pub name: String,
    /// The rule in one English sentence.
    pub english: String,
    /// The same in Chinese.
    pub chinese: String,
    /// The article behind it; empty where the rule is the ledger's own.
    pub article: String,
    /// The offending values.
    pub detail: String,
}

/// How a transaction stands that was asked for by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransactionStatus {
    /// It waits for a block at this node.
    Waiting,
    /// It is in the ledger.
    Committed,
}

/// A transaction by its name or reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionView {
    /// Its name.
    pub id: TransactionId,
    /// How it stands.
    pub status: TransactionStatus,
    /// Where and how it was committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub committed: Option<CommittedView>,
}

/// A record of the log, decoded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordView {
    /// Its position.
    pub index: LogIndex,
    /// The block that holds it.
    pub height: Height,
    /// The block's time.
    pub time_ms: TimeMs,
    /// The transaction's name.
    pub id: TransactionId,
    /// The chain.
    pub chain_id: ChainId,
    /// Who acts.
    pub organization: OrganizationCode,
    /// The organisation's own reference.
    pub client_reference: ClientReference,
    /// The last height that could have held it.
    pub expires_at: Height,
    /// The officer's key.
    pub key: PublicKey,
    /// The officer's signature.
    pub signature: Signature,
    /// The act, decoded; amounts in it are fen.
    pub call: Value,
    /// The act's bytes as signed.
    pub call_bytes: Hex,
    /// What became of it.
    pub receipt: ReceiptView,
    /// The currency of every amount here.
    pub currency: Currency,
}

impl RecordView {
    /// The transaction as it was signed. Who signs for what another brought compares its id with
    /// the one that the signature names, and reads the act from `call_bytes`: so a node cannot
    /// show one act and have another approved.
    pub fn transaction(&self) -> Transaction {
        let body = TransactionBody {
            chain_id: self.chain_id.clone(),
            organization: self.organization,
            client_reference: self.client_reference.clone(),
            expires_at: self.expires_at,
            call: self.call_bytes.0.clone(),
        };
        Transaction { body, key: self.key, signature: self.signature }
    }
}
