//! Reports: what officers, auditors and the public ask the ledger, derived and never typed.
//!
//! Each report is a pure function of the authenticated state, and, where it asks when and by which
//! record something happened, of the log's movements through [`flow::Flows`]. It names the height
//! and day it holds for, the rules it applied with their articles, and how it was reconciled: what
//! its rows come to against what the book holds, to the fen. A mismatch is named, never hidden.
//!
//! Reports are read in pages. A page reads a bounded number of entries; rows of one name on several
//! pages are parts of one row and are added, as [`table`] says of each column.

pub mod table;
pub mod selection;
pub mod facts;
pub mod field;
pub mod rule;
pub mod flow;
pub mod lines;
pub mod holding;
pub mod shares;
pub mod planned;
pub mod finding;
pub mod gifts;
pub mod ratio;
pub mod paper;
pub mod printed;
pub mod contradiction;
pub mod words;
pub mod derived;
pub mod declared;
pub mod transcript;

use minglian_ledger::date::Date;
use minglian_ledger::height::{Height, LogIndex};
use serde::Serialize;

use rule::Rule;
use table::{Amount, Cell, Column, Table};

/// The names of all reports, as addresses and commands have them, with their titles.
pub const NAMES: [(&str, &str, &str); 11] = [
    ("execution", "预算执行进度表", "Budget execution"),
    ("carry-over", "结转结余明细表", "Carried and lapsed money"),
    ("documents", "指标文件清单", "Quota by document"),
    ("notice", "资金使用情况公告", "Use of the fund"),
    ("holding", "滞留天数表", "Days that quota was held"),
    ("findings", "疑点清单", "Doubtful points"),
    ("charity", "慈善收支明细表", "Income and expenditure of a charity"),
    ("charity-ratios", "年度支出与管理费比例", "Spending ratios of a charity's year"),
    ("declared", "对账表", "Declared figures against the book"),
    ("working-paper", "审计取证单", "Audit working paper"),
    ("shares", "提前下达与类别占比表", "Early issue and shares of categories"),
];

/// For which state of the ledger a report holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct AsOf {
    /// The last block.
    pub height: Height,
    /// The last position of its log.
    pub index: LogIndex,
    /// Its day in Beijing, to which days are counted.
    pub date: Date,
}

/// Two figures that must be the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its name.
    pub key: &'static str,
    /// What is compared, in Chinese.
    pub chinese: &'static str,
    /// What is compared, in English.
    pub english: &'static str,
    /// What the report comes to.
    pub report: Amount,
    /// What the book holds.
    pub book: Amount,
    /// Whether they are the same; none if that is known only once all pages are added.
    pub holds: Option<bool>,
}

impl Check {
    /// Compares two figures.
    pub fn new(
        key: &'static str,
        chinese: &'static str,
        english: &'static str,
        report: i128,
        book: i128,
    ) -> Self {
        let holds = Some(report == book);
        Self { key, chinese, english, report: Amount(report), book: Amount(book), holds }
    }

    /// Says that the figures of all pages are to be added before they are compared.
    #[must_use]
    pub fn over_all_pages(mut self) -> Self {
        self.holds = None;
        self
    }
}

/// One entry whose own figures contradict the book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mismatch {
    /// What it is about.
    pub subject: String,
    /// In Chinese.
    pub chinese: String,
    /// In English.
    pub english: String,
}

/// A page of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its name, one of [`NAMES`].
    pub name: &'static str,
    /// Its title in Chinese.
    pub chinese: &'static str,
    /// Its title in English.
    pub english: &'static str,
    /// What it holds for.
    pub as_of: AsOf,
    /// What stands in each row.
    pub columns: Vec<Column>,
    /// The rows.
    pub rows: Vec<Vec<Cell>>,
    /// The sums of this page's rows.
    pub totals: Vec<Cell>,
    /// The rules that were applied.
    pub rules: Vec<Rule>,
    /// How this page was reconciled.
    pub reconciliation: Vec<Check>,
    /// What contradicts the book.
    pub mismatches: Vec<Mismatch>,
    /// The place behind which the next page begins; none at the end.
    #[serde(skip)]
    pub next: Option<Vec<u8>>,
}

impl Report {
    /// A report of a table that is complete.
    pub fn of(name: &'static str, as_of: AsOf, table: Table) -> Self {
        let (columns, rows, totals) = table.finish();
        let title = NAMES.iter().find(|known| known.0 == name);
        let (name, chinese, english) = title.copied().unwrap_or((name, name, name));
        Self {
            name,
            chinese,
            english,
            as_of,
            columns,
            rows,
            totals,
            rules: Vec::new(),
            reconciliation: Vec::new(),
            mismatches: Vec::new(),
            next: None,
        }
    }

    /// Whether everything that was compared is the same.
    pub fn is_reconciled(&self) -> bool {
        self.mismatches.is_empty()
            && self.reconciliation.iter().all(|check| check.holds != Some(false))
    }
}
