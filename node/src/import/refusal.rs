//! Why one row of a notice is refused. No reason repeats the digits of a personal number.

use minglian_ledger::document_number::DocumentNumberError;
use minglian_ledger::fen::Fen;
use minglian_ledger::personal_number::PersonalNumber;
use minglian_ledger::text::TextError;

use super::amount::AmountError;
use super::csv_file::LineError;
use super::kind::Kind;

/// A row that is left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}: {reason}")]
pub struct RefusedRow {
    /// The file's name as the caller gave it.
    pub file: String,
    /// The line in the file, from 1 (the header is usually line 1).
    pub line: u64,
    /// Why.
    pub reason: Reason,
}

/// Why a row is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The line is not a record.
    #[error(transparent)]
    Line(#[from] LineError),
    /// A cell that must be filled is empty.
    #[error("{column} is empty")]
    MissingCell {
        /// The column.
        column: &'static str,
    },
    /// A cell holds characters that no page could show as written.
    #[error("{column}: {reason}")]
    ForbiddenText {
        /// The column.
        column: &'static str,
        /// Why.
        reason: TextError,
    },
    /// A cell holds a natural person's number, which must never reach the ledger.
    #[error("{column} holds what looks like {number}; remove it from the table")]
    PersonalNumber {
        /// The column.
        column: &'static str,
        /// What it looks like.
        number: PersonalNumber,
    },
    /// A row number or year is not a plain whole number.
    #[error("{column} {text:?} is not a whole number in range")]
    NotANumber {
        /// The column.
        column: &'static str,
        /// The cell, cut to 80 characters.
        text: String,
    },
    /// The kind is not one of the table's kinds.
    #[error("kind {text:?} is unknown; there are {}", kinds())]
    UnknownKind {
        /// The cell, cut to 80 characters.
        text: String,
    },
    /// The amount cannot be trusted.
    #[error(transparent)]
    Amount(#[from] AmountError),
    /// The document numbers cannot be read.
    #[error("doc_no: {0}")]
    DocumentNumber(#[from] DocumentNumberError),
    /// The data set has a row of that number already; the first one stays.
    #[error("row {row} of {dataset} is already on line {first_line}")]
    RepeatedRow {
        /// The data set.
        dataset: String,
        /// The row's number.
        row: u32,
        /// Where it came first.
        first_line: u64,
    },
    /// A name that does not fit its field.
    #[error("a name: {0}")]
    Name(TextError),
    /// A region that is no division of the country: misspelt, renamed since, or a code with the
    /// name of another.
    #[error(
        "the region {0:?} names no division of the table: write its name from the province down \
             (安徽省滁州市来安县), or its own code of six digits before it (341122 来安县)"
    )]
    Region(String),
    /// A year beyond the calendar.
    #[error("the year is out of range")]
    Year,
    /// A transfer to a lower government that is not named.
    #[error("unit_or_recipient is empty: a transfer down names who gets it")]
    NoRecipient,
    /// A row that spends, allocates or carries more than there is.
    #[error("{amount} 元 is more than the {available} 元 there is for it")]
    MoreThanThereIs {
        /// The row's amount.
        amount: Fen,
        /// What is left for it.
        available: Fen,
    },
}

fn kinds() -> String {
    Kind::ALL.map(Kind::as_str).join(", ")
}

impl Reason {
    /// A name that does not fit.
    pub(super) fn name(error: TextError) -> Self {
        Self::Name(error)
    }
}
