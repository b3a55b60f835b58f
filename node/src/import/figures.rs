//! Declared figures (公告数) from a table: one row a figure, by notice.

use std::collections::BTreeMap;

use minglian_contracts::report::printed::Figure;
use minglian_contracts::report::transcript::{Transcript, TranscriptError};
use minglian_ledger::personal_number;

use super::csv_file::{self, FileError, LineError};

/// The columns, in any order.
pub const COLUMNS: [&str; 8] =
    ["notice", "label", "subject", "category", "measure", "year", "printed", "unit"];

/// Why a table of declared figures is refused; none of it is compared then.
#[derive(Debug, thiserror::Error)]
pub enum FiguresError {
    /// The file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line.
    #[error("line {line}: {reason}")]
    Line {
        /// The line, from 1.
        line: u64,
        /// Why.
        reason: LineError,
    },
    /// A row.
    #[error("line {line}: {reason}")]
    Row {
        /// The line, from 1.
        line: u64,
        /// Why.
        reason: TranscriptError,
    },
    /// A cell that looks like a natural person's number; it is not repeated here.
    #[error("line {line}: it holds what looks like a natural person's number")]
    Personal {
        /// The line, from 1.
        line: u64,
    },
}

/// Reads a table: the figures of each notice, in their order.
///
/// # Errors
/// [`FiguresError`] for the first thing that cannot stand.
pub fn parse(bytes: &[u8]) -> Result<BTreeMap<String, Vec<Figure>>, FiguresError> {
    let (text, _) = csv_file::decode(bytes)?;
    let mut lines = csv_file::lines(&text);
    let (line, header) = lines.next().ok_or(FileError::Empty)?;
    let header = csv_file::split(header).map_err(|reason| FileError::Header { line, reason })?;
    let place = |column: &str| header.iter().position(|cell| cell.trim() == column);
    let missing: Vec<&'static str> =
        COLUMNS.into_iter().filter(|column| place(column).is_none()).collect();
    if !missing.is_empty() {
        return Err(FileError::MissingColumns { columns: missing }.into());
    }
    let places = COLUMNS.map(|column| place(column).unwrap_or(usize::MAX));
    let mut notices: BTreeMap<String, Vec<Figure>> = BTreeMap::new();
    for (line, text) in lines {
        let cells = csv_file::split(text).map_err(|reason| FiguresError::Line { line, reason })?;
        if cells.len() != header.len() {
            let reason = LineError::CellCount { expected: header.len(), found: cells.len() };
            return Err(FiguresError::Line { line, reason });
        }
        if cells.iter().any(|cell| personal_number::suspect(cell).is_some()) {
            return Err(FiguresError::Personal { line });
        }
        let cell = |column: usize| cells.get(places[column]).map_or("", |cell| cell.trim());
        let row = Transcript {
            label: cell(1),
            subject: cell(2),
            category: cell(3),
            measure: cell(4),
            year: cell(5),
            printed: cell(6),
            unit: cell(7),
        };
        let figure = row.figure().map_err(|reason| FiguresError::Row { line, reason })?;
        notices.entry(cell(0).to_owned()).or_default().push(figure);
    }
    Ok(notices)
}
