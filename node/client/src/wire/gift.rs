//! A donor's path from the code on a receipt.

use minglian_ledger::date::Date;
use minglian_ledger::hash::Commitment;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Currency, Hex, Money};

/// What `POST /v1/gifts/trace` takes. The code itself never leaves the donor's machine, and its
/// hash stands in no address, because addresses are logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GiftTraceRequest {
    /// The salted hash of the receipt's code.
    pub code_hash: Commitment,
    /// The charity that gave the receipt; needed only where several have entered the hash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charity: Option<OrganizationCode>,
    /// The `next` of the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Hex>,
    /// Most edges and rests of a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// A gift, without its donor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiftView {
    /// The charity that got it.
    pub charity: OrganizationCode,
    /// The charity's registered name.
    pub charity_name: String,
    /// What the charity calls the gift.
    pub reference: String,
    /// The fund that got it, as the charity calls it.
    pub fund: String,
    /// The fund's full name.
    pub fund_name: String,
    /// The campaign that brought it.
    pub campaign: Option<String>,
    /// `cash` or `goods`.
    pub measure: String,
    /// How much, or what the goods were worth.
    pub amount: Money,
    /// How much of it went back to the donor.
    pub refunded: Money,
    /// The use to which it is bound now.
    pub restriction: Option<String>,
    /// Whether it was entered wrongly and taken back.
    pub voided: bool,
    /// The day it came in.
    pub received_on: Date,
}

/// Some fen of the gift that moved together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiftEdge {
    /// The record that moved them: its position in the log.
    pub record: LogIndex,
    /// How many of them.
    pub amount: Money,
    /// The edge, as the contracts name it.
    pub edge: Value,
}

/// A payment into which fen of the gift went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiftPayment {
    /// Who paid.
    pub payer: OrganizationCode,
    /// The payer's voucher number.
    pub reference: String,
    /// Decision, bank result, evidence and feedback, as the contracts name them.
    pub known: Value,
    /// Who was paid; none where the node does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payee: Option<GiftPayee>,
}

/// Who was paid. Persons have no name here: the ledger knows a salted commitment to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum GiftPayee {
    /// An organisation.
    Organization {
        /// Its code.
        code: OrganizationCode,
        /// Its registered name; none if it is not on the ledger.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// A natural person.
    Person,
    /// Several natural persons at once.
    Persons {
        /// How many.
        count: u32,
    },
    /// The donor, to whom the gift went back.
    Donor,
}

/// A page of a gift's trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GiftTracePage {
    /// The last block that the page knows.
    pub height: Height,
    /// The gift.
    pub gift: GiftView,
    /// Where no charity was named: gifts of other charities that have entered the hash too. The
    /// receipt says which is the donor's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<GiftView>,
    /// The fen that moved.
    pub edges: Vec<GiftEdge>,
    /// The fen that moved no further: unspent, or paid out.
    pub rests: Vec<Value>,
    /// The payments among the edges of this page, each once.
    pub payments: Vec<GiftPayment>,
    /// Where to go on.
    pub next: Option<Hex>,
    /// One position is one fen of this currency.
    pub currency: Currency,
}
