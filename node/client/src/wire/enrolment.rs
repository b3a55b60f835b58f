//! Keys that nobody holds, requests to them, and what a node holds of them.

use minglian_ledger::date::Date;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::domain::KeyId;
use minglian_ledger::subsidy::threshold::KeyPurpose;
use serde::{Deserialize, Serialize};

/// What a node has of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareState {
    /// The key is being made.
    Making,
    /// It has its share and answers.
    Held,
    /// It has its share, and no key to sign answers with.
    Silent,
    /// It has no share and answers nothing.
    Missing,
}

/// A node's share of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyShareView {
    /// What the key is for.
    pub purpose: KeyPurpose,
    /// Which attempt at the key.
    pub attempt: u32,
    /// The member that the node's organisation is, from 1.
    pub member: u16,
    /// What the node has.
    pub state: ShareState,
}

/// How far a key has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyProgress {
    /// So many members have dealt.
    Dealing(u16),
    /// All have dealt, so many have acknowledged the key.
    Acknowledging(u16),
    /// A member accused another.
    Failed {
        /// Who, from 1.
        member: u16,
        /// Whom.
        accused: u16,
    },
    /// It is in use.
    Established,
    /// It is retired, for ever.
    Retired,
}

/// The newest attempt at a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThresholdKeyView {
    /// What it is for.
    pub purpose: KeyPurpose,
    /// Counts from 1.
    pub attempt: u32,
    /// Who makes or has it: member 1, 2 and so on.
    pub members: Vec<OrganizationCode>,
    /// How many of them are needed.
    pub threshold: u16,
    /// The last day on which it could be made.
    pub open_until: Date,
    /// How far it has come.
    pub progress: KeyProgress,
    /// Its public record's hash, once all have dealt.
    pub key: Option<KeyId>,
}

/// A request for evaluations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationView {
    /// Its record.
    pub request: LogIndex,
    /// The block of that record: answers stand in it or behind.
    pub height: Height,
    /// The county that asks.
    pub county: OrganizationCode,
    /// The key that is asked for.
    pub purpose: KeyPurpose,
    /// How many points it has.
    pub points: usize,
    /// The members that answered, ascending.
    pub answered: Vec<u16>,
    /// How many answers are needed.
    pub needed: u16,
}
