//! Reports: tables that say of each column what it is, so that pages can be added and printed by
//! whoever knows no report.

use minglian_ledger::date::Date;
use minglian_ledger::height::{Height, LogIndex};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Currency, Hex};

/// For which state of the ledger a report holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsOfView {
    /// The last block.
    pub height: Height,
    /// The last position of its log.
    pub index: LogIndex,
    /// Its day in Beijing.
    pub date: Date,
}

/// What stands in a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum ColumnKind {
    /// A part of the row's name: rows with the same name are parts of one row.
    Key,
    /// What follows from the row's name.
    Particular,
    /// An amount in fen, as decimal text; adds up.
    Sum,
    /// A number; adds up.
    Count,
    /// A number that does not add up.
    Number,
    /// Column `part` in basis points of column `whole`, rounded down.
    Rate {
        /// The key of the part's column.
        part: String,
        /// The key of the whole's column.
        whole: String,
    },
    /// Column `of` in 万元.
    TenThousands {
        /// The key of the amount's column.
        of: String,
    },
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnView {
    /// Its name in rows.
    pub key: String,
    /// Its heading in Chinese.
    pub chinese: String,
    /// Its heading in English.
    pub english: String,
    /// What stands in it.
    #[serde(flatten)]
    pub kind: ColumnKind,
}

/// A rule that was applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleView {
    /// The parameter.
    pub key: String,
    /// Its value.
    pub value: i64,
    /// In which unit.
    pub unit: String,
    /// The article behind it.
    pub article: String,
    /// Its version on the ledger; none where statute was applied.
    pub version: Option<u32>,
}

/// Two figures that must be the same. Amounts are decimal text, in fen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckView {
    /// Its name.
    pub key: String,
    /// What is compared, in Chinese.
    pub chinese: String,
    /// What is compared, in English.
    pub english: String,
    /// What the report comes to, in fen; figures compared, in 对账表.
    pub report: String,
    /// What the book holds, in the same unit.
    pub book: String,
    /// Whether they are the same; none until all pages are added.
    pub holds: Option<bool>,
}

/// An entry that contradicts the book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MismatchView {
    /// What it is about.
    pub subject: String,
    /// In Chinese.
    pub chinese: String,
    /// In English.
    pub english: String,
}

/// A page of a report, or several added together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportView {
    /// Its name.
    pub name: String,
    /// Its title in Chinese.
    pub chinese: String,
    /// Its title in English.
    pub english: String,
    /// What it holds for.
    pub as_of: AsOfView,
    /// What its last page holds for, where blocks came between its pages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of_until: Option<AsOfView>,
    /// The columns, in the order in which they are printed.
    pub columns: Vec<ColumnView>,
    /// The rows, by the columns' keys.
    pub rows: Vec<Map<String, Value>>,
    /// Sums of the columns that add up, and what follows from them.
    pub totals: Map<String, Value>,
    /// The rules that were applied.
    pub rules: Vec<RuleView>,
    /// How it was reconciled.
    pub reconciliation: Vec<CheckView>,
    /// What contradicts the book.
    pub mismatches: Vec<MismatchView>,
    /// Where the next page begins; none at the end.
    pub next: Option<Hex>,
    /// The currency of all amounts.
    pub currency: Currency,
}

impl ReportView {
    /// Whether everything that was compared is the same.
    pub fn is_reconciled(&self) -> bool {
        let holds = self.reconciliation.iter().all(|check| check.holds == Some(true));
        holds && self.mismatches.is_empty()
    }
}
