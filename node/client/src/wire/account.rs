//! Accounts, quota lines and traces.

use data_encoding::HEXLOWER;
use minglian_ledger::height::{Height, LogIndex};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Currency, Hex, Money};

/// Positions of an account from `start` up to, not including, `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first position.
    pub start: u64,
    /// The position after the last.
    pub end: u64,
}

/// A movement with the record that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovementView {
    /// Position of the record in the log.
    pub record: LogIndex,
    /// How much moved.
    pub amount: Money,
    /// The movement, as the book names it.
    pub movement: Value,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    /// Its canonical name.
    pub id: Hex,
    /// Its name in words.
    pub account: Value,
    /// The height after which this holds.
    pub height: Height,
    /// Unspent money.
    pub balance: Money,
    /// All that ever came in, in fen: the first position not yet given out.
    pub credited: u64,
    /// Every position below is spent.
    pub frontier: u64,
    /// Positions spent ahead of the frontier.
    pub holes: Vec<Span>,
    /// Movements in, lowest position first; in a list of accounts it is left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inflows: Vec<MovementView>,
    /// Where the next page of movements in begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inflows_next: Option<u64>,
    /// Movements out, by the positions they took; a movement that took several runs of positions
    /// stands once for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outflows: Vec<MovementView>,
    /// Where the next page of movements out begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outflows_next: Option<u64>,
}

/// A quota line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineView {
    /// Its canonical name.
    pub id: Hex,
    /// Its name in words.
    pub name: Value,
    /// The canonical name of its account.
    pub account: Hex,
    /// The canonical name of the line from which its first money came.
    pub parent: Option<Hex>,
    /// What it is for, what it rests on, and its sums in fen.
    pub line: Value,
    /// What is left.
    pub available: Money,
    /// How far its money is (`stage`), and in fen what left its way: returned, corrected,
    /// recovered, carried, lapsed, transferred out.
    pub status: Value,
    /// The currency of every amount here.
    pub currency: Currency,
}

/// Where a line's money went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationView {
    /// The canonical name of the account.
    pub id: Hex,
    /// The account in words.
    pub account: Value,
    /// The sum of the movements on this page.
    pub amount: Money,
    /// How many movements.
    pub movements: u64,
}

/// A quota line with where its money went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineDetail {
    /// The line.
    #[serde(flatten)]
    pub line: LineView,
    /// Accounts to which its money went: lines below, payments, other lines.
    pub destinations: Vec<DestinationView>,
    /// The rows of plans that divide it: each proposed, reviewed, or issued whole.
    pub planned: Vec<Value>,
    /// The position where the next page of movements begins.
    pub next: Option<u64>,
}

/// Which way to follow the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceDirection {
    /// To where it came from.
    Up,
    /// To where it went.
    Down,
}

/// What to trace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceQuery {
    /// The account's canonical name.
    pub account: Vec<u8>,
    /// First position; 0 if none.
    pub start: Option<u64>,
    /// Position after the last; all that came in if none.
    pub end: Option<u64>,
    /// Which way.
    pub direction: TraceDirection,
    /// The `next` of the page before; the account and positions are then not looked at.
    pub cursor: Option<Hex>,
    /// Most edges and rests of a page.
    pub limit: Option<usize>,
}

impl TraceQuery {
    /// The trace of all that an account ever held.
    pub fn whole(account: Vec<u8>, direction: TraceDirection) -> Self {
        Self { account, start: None, end: None, direction, cursor: None, limit: None }
    }

    pub(crate) fn pairs(&self) -> Vec<(&'static str, String)> {
        let direction = match self.direction {
            TraceDirection::Up => "up",
            TraceDirection::Down => "down",
        };
        let mut pairs =
            vec![("account", HEXLOWER.encode(&self.account)), ("direction", direction.to_owned())];
        pairs.extend(self.start.map(|start| ("start", start.to_string())));
        pairs.extend(self.end.map(|end| ("end", end.to_string())));
        pairs.extend(self.cursor.as_ref().map(|cursor| ("cursor", cursor.to_string())));
        pairs.extend(self.limit.map(|limit| ("limit", limit.to_string())));
        pairs
    }
}

/// A page of a trace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracePage {
    /// The fen that moved, as the contracts name it.
    pub edges: Vec<Value>,
    /// The fen that moved no further.
    pub rests: Vec<Value>,
    /// Where to go on.
    pub next: Option<Hex>,
    /// One position is one fen of this currency.
    pub currency: Currency,
}
