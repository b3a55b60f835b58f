//! What the book records: where money came from, which positions it had, which it has now.

use std::fmt;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::Commitment;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use crate::book::account::AccountId;
use crate::book::age::OriginDates;
use crate::book::interval::Interval;

/// Numbers the movements of the whole ledger in the order in which they happened, from 0. Money
/// moved by one movement can only be moved on by one with a higher number, so no trace can turn in
/// circles.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Default,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(transparent)]
pub struct MovementNumber(pub u64);

impl fmt::Display for MovementNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Where money comes from when it enters the ledger: the end of every trace back.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Quota issued by a document.
    Document {
        /// The document number (文号), or the printed set of them, which is never split.
        numbers: Text<256>,
        /// The level of government that printed it.
        level: Text<64>,
        /// Whether the document is only implied by another one, not at hand.
        implied: bool,
        /// The document's date.
        occurred_on: Date,
    },
    /// Sales of one lottery game in one period.
    Sales {
        /// The game.
        game: Text<64>,
        /// The period of the sales statement.
        period: Text<64>,
        /// The statement's date.
        occurred_on: Date,
    },
    /// A gift.
    Donation {
        /// The charity's reference: receipt number, campaign.
        reference: Text<128>,
        /// The donor's name as a commitment, if the donor is a natural person.
        donor: Option<Commitment>,
        /// The day it came in.
        occurred_on: Date,
    },
    /// Anything else, for example interest.
    Other {
        /// What it is.
        description: Text<128>,
        /// The day it came in.
        occurred_on: Date,
    },
}

impl Origin {
    /// The day from which the age of the money counts.
    pub fn occurred_on(&self) -> Date {
        match self {
            Self::Document { occurred_on, .. }
            | Self::Sales { occurred_on, .. }
            | Self::Donation { occurred_on, .. }
            | Self::Other { occurred_on, .. } => *occurred_on,
        }
    }
}

/// Where a movement takes money from.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// From outside the ledger.
    Outside(Origin),
    /// From an account.
    Account(AccountId),
}

impl Source {
    /// The account, unless the money comes from outside.
    pub fn account(&self) -> Option<&AccountId> {
        match self {
            Self::Outside(_) => None,
            Self::Account(account) => Some(account),
        }
    }
}

/// How it was decided which fen a movement takes. Pages name it and never mix it with an estimate.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The very fen that the act names (指定来源).
    Designated,
    /// The lowest unspent positions (先进先出).
    FirstInFirstOut,
    /// The lowest unspent positions, in place of fen of the named inflow that are already spent, or
    /// moved too often since to be looked for (替代).
    Substitution {
        /// The first position of the named inflow in the account the money is taken from.
        inflow: u64,
    },
}

/// What a movement is.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Money enters the ledger.
    Receipt,
    /// From one line to another of the same fund.
    Transfer,
    /// To a payee.
    Payment,
    /// To the same line of a later budget year (结转).
    CarryOver,
    /// To another fund, by an explicit act (调出, purpose change by filing or consent).
    PurposeChange {
        /// The filing or consent that allows it.
        authority: Text<128>,
    },
    /// A payment, or a part of it, came back.
    Return,
    /// A correction: takes back what an earlier movement had moved.
    Reversal {
        /// The earlier movement.
        of: MovementNumber,
    },
    /// Bookkeeping: the unspent positions of an account become one interval.
    Rebase,
}

/// Money moved: some positions of one account became one interval of another.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Movement {
    /// Its number in the ledger.
    pub number: MovementNumber,
    /// What it is.
    pub kind: Kind,
    /// How its fen were chosen.
    pub basis: Basis,
    /// Where the money was.
    pub from: Source,
    /// Which positions it had, lowest first; empty if it comes from outside.
    pub from_intervals: Vec<Interval>,
    /// Where it is now.
    pub to: AccountId,
    /// Which positions it has now: those of `from_intervals`, in order.
    pub to_interval: Interval,
    /// When its origins came about.
    pub origin_dates: OriginDates,
}

impl Basis {
    /// The basis without its particulars, for totals.
    pub fn attribution(self) -> Attribution {
        match self {
            Self::Designated => Attribution::Designated,
            Self::FirstInFirstOut => Attribution::FirstInFirstOut,
            Self::Substitution { .. } => Attribution::Substitution,
        }
    }
}

/// The three ways of attribution, as pages name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribution {
    /// 指定来源.
    Designated,
    /// 先进先出.
    FirstInFirstOut,
    /// 替代.
    Substitution,
}

impl Movement {
    /// How much was moved.
    pub fn amount(&self) -> Fen {
        Fen::new(self.to_interval.length()).unwrap_or(Fen::MAX)
    }
}

/// One inflow of an account, kept in the state under its first position so that an act can name it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Inflow {
    /// How much came in.
    pub amount: Fen,
    /// The movement that brought it.
    pub movement: MovementNumber,
    /// From where.
    pub from: Source,
    /// How much later acts have taken out in its name, by its own fen or by substitution. Never
    /// more than `amount`: nobody is refunded twice.
    pub named: Fen,
    /// How often the account had been re-based before it came in.
    pub rebases_before: u32,
    /// When its origins came about.
    pub origin_dates: OriginDates,
}
