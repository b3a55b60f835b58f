//! A sheet of persons: which column is what, and how faults are told without telling of whom.

use std::fmt;

use minglian_ledger::width;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Most rows of a sheet.
pub const ROWS_MAX: usize = crate::roll::PERSONS_MAX;

/// What stands in a cell. It is wiped when it is dropped, and cannot be printed.
#[derive(Clone, Default, Zeroize, ZeroizeOnDrop)]
pub struct Cell {
    /// The text, without space around it.
    pub text: String,
    /// Whether a workbook stores it as a number. Long ones lose their last digits so.
    pub is_number: bool,
}

/// A row with its number in the file, from 1.
#[derive(Clone)]
pub struct Row {
    /// Its number.
    pub number: u64,
    /// Its cells.
    pub cells: Vec<Cell>,
}

/// A sheet. Its header is never repeated in an error: a sheet without one has a person there.
#[derive(Clone)]
pub struct Sheet {
    /// The headers.
    pub header: Vec<String>,
    /// The rows below.
    pub rows: Vec<Row>,
}

/// A column that a command reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Headers that it is known by; the first is what faults call it.
    pub names: &'static [&'static str],
    /// Whether a sheet must have it.
    pub is_needed: bool,
}

/// Why a sheet cannot be read as asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// Columns are missing.
    #[error("the sheet lacks the columns {} 缺少列", .0.join(", "))]
    Missing(Vec<&'static str>),
    /// Two columns mean the same.
    #[error("the sheet has the column {0} twice 列重复")]
    Twice(&'static str),
    /// Too many rows.
    #[error("the sheet has more than {ROWS_MAX} rows")]
    Rows,
}

/// What is wrong with one row. Says where, never what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The row, from 1.
    pub row: u64,
    /// The column; none if it is the row as a whole.
    pub column: Option<&'static str>,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = self.row;
        match self.column {
            Some(column) => write!(formatter, "第{row}行“{column}” row {row}: {}", self.reason),
            None => write!(formatter, "第{row}行 row {row}: {}", self.reason),
        }
    }
}

/// Where the columns stand.
pub struct Layout<'a> {
    columns: &'a [Column],
    places: Vec<Option<usize>>,
}

/// A header without space, marks and width.
fn normalized(header: &str) -> String {
    let folded = width::fold(header).to_lowercase();
    folded.chars().filter(|letter| !letter.is_whitespace() && *letter != '*').collect()
}

impl Sheet {
    /// Finds the columns.
    ///
    /// # Errors
    /// [`ColumnsError`].
    pub fn layout<'a>(&self, columns: &'a [Column]) -> Result<Layout<'a>, ColumnsError> {
        if self.rows.len() > ROWS_MAX {
            return Err(ColumnsError::Rows);
        }
        let mut places = vec![None; columns.len()];
        for (place, title) in self.header.iter().enumerate() {
            let title = normalized(title);
            let found = columns.iter().position(|column| column.names.contains(&title.as_str()));
            if let Some(found) = found
                && places[found].replace(place).is_some()
            {
                return Err(ColumnsError::Twice(columns[found].names[0]));
            }
        }
        let missing = columns.iter().zip(&places);
        let missing: Vec<&'static str> = missing
            .filter(|(column, place)| column.is_needed && place.is_none())
            .map(|(column, _)| column.names[0])
            .collect();
        if missing.is_empty() {
            Ok(Layout { columns, places })
        } else {
            Err(ColumnsError::Missing(missing))
        }
    }
}

impl Layout<'_> {
    /// The cell of a column; none if it is empty or not there.
    pub fn cell<'a>(&self, row: &'a Row, column: &Column) -> Option<&'a Cell> {
        let known = self.columns.iter().position(|known| known == column)?;
        let place = self.places.get(known).copied().flatten()?;
        row.cells.get(place).filter(|cell| !cell.text.is_empty())
    }

    /// The cell's text with full-width characters made plain; empty if there is none.
    pub fn text(&self, row: &Row, column: &Column) -> String {
        let text = self.cell(row, column).map(|cell| width::fold(&cell.text));
        text.map(|text| text.trim().to_owned()).unwrap_or_default()
    }

    /// A fault in a column of a row.
    pub fn fault(&self, row: &Row, column: &Column, reason: impl fmt::Display) -> Fault {
        let column = column.names.first().copied();
        Fault { row: row.number, column, reason: reason.to_string() }
    }
}
