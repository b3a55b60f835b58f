//! A clerk's sheet, one act a row: CSV in UTF-8 or GB18030, or XLSX.
//!
//! Reading a sheet decides nothing about its meaning: a cell is text, a number as the shortest
//! decimal that names what is stored, or a date. [`columns`] says what a column is, [`build`] makes
//! an act of each row and refuses by row and column, [`run`] signs and sends. Acts without a form
//! in [`columns`] have the columns that [`schema`] reads off their example.

pub mod csv;
pub mod xlsx;
pub mod columns;
pub mod cells;
pub mod build;
pub mod schema;
pub mod run;

use std::path::Path;

use minglian_ledger::date::Date;

use crate::import::csv_file::{self, FileError, LineError};

/// Most rows of a sheet, the header not counted.
pub const ROWS_MAX: usize = 100_000;

/// Most columns of a sheet.
pub const COLUMNS_MAX: usize = 256;

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Text, as written.
    Text(String),
    /// A number: the shortest decimal that names the stored one.
    Number(String),
    /// A day.
    Date(Date),
    /// What a spreadsheet program could not compute, such as `#REF!`.
    Broken(String),
}

impl Cell {
    /// Whether nothing but space stands in it.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::Number(_) | Self::Date(_) | Self::Broken(_) => false,
        }
    }

    /// What stands in it, as text without space around it.
    pub fn text(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.trim().to_owned(),
            Self::Number(text) | Self::Broken(text) => text.clone(),
            Self::Date(date) => date.to_string(),
        }
    }
}

/// A row with its number in the file, from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number.
    pub number: u64,
    /// Its cells, as many as the header has.
    pub cells: Vec<Cell>,
}

/// A sheet: what stands in its first filled row, and the rows below.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The headers.
    pub header: Vec<String>,
    /// The rows that hold anything.
    pub rows: Vec<Row>,
}

/// Why a file is no sheet.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file, or a CSV file's text.
    #[error(transparent)]
    File(#[from] FileError),
    /// A line of a CSV file is not a record.
    #[error("row {row} 第{row}行: {reason}")]
    Line {
        /// The row.
        row: u64,
        /// Why.
        reason: LineError,
    },
    /// Not a workbook.
    #[error("the workbook does not read: {0}; save it as .xlsx or .csv 无法读取工作簿")]
    Workbook(String),
    /// A workbook that would unpack to more than is read.
    #[error("the workbook unpacks to more than {bytes_max} bytes: split it")]
    TooLarge {
        /// The most that is read.
        bytes_max: u64,
    },
    /// No sheet of this name.
    #[error("the workbook has no sheet {name:?}; it has {}", found.join(", "))]
    NoSheet {
        /// What was asked for.
        name: String,
        /// What there is.
        found: Vec<String>,
    },
    /// Several sheets, and none was named.
    #[error("the workbook has several sheets ({}): name one with --sheet", .0.join(", "))]
    SeveralSheets(Vec<String>),
    /// Nothing in it.
    #[error("the sheet is empty 表是空的")]
    Empty,
    /// More than [`ROWS_MAX`] rows.
    #[error("the sheet has more than {ROWS_MAX} rows: split it 请拆分")]
    TooManyRows,
    /// More than [`COLUMNS_MAX`] columns.
    #[error("row {row} has more than {COLUMNS_MAX} columns")]
    TooManyColumns {
        /// The row.
        row: u64,
    },
    /// A cell is too large.
    #[error(
        "row {row}, column {column}: the cell is larger than {} bytes",
        csv_file::CELL_BYTES_MAX
    )]
    CellTooLarge {
        /// The row.
        row: u64,
        /// The column's letters.
        column: String,
    },
}

/// Reads a file; `sheet` names one of a workbook's.
///
/// # Errors
/// [`SheetError`].
pub fn read(path: &Path, sheet: Option<&str>) -> Result<Table, SheetError> {
    let bytes = csv_file::read(path)?;
    parse(bytes, sheet)
}

/// Reads the bytes of a file: a workbook by its first bytes, otherwise CSV.
///
/// # Errors
/// [`SheetError`].
pub fn parse(bytes: Vec<u8>, sheet: Option<&str>) -> Result<Table, SheetError> {
    if bytes.starts_with(b"PK\x03\x04") { xlsx::parse(bytes, sheet) } else { csv::parse(&bytes) }
}

/// A column's letters, from 0: A, B … Z, AA.
pub fn letters(column: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}

/// The table of rows that hold anything: the first is the header.
fn table(rows: Vec<Row>) -> Result<Table, SheetError> {
    let mut rows = rows.into_iter().filter(|row| row.cells.iter().any(|cell| !cell.is_empty()));
    let header = rows.next().ok_or(SheetError::Empty)?;
    let header: Vec<String> = header.cells.iter().map(Cell::text).collect();
    let width = header.len();
    let rows = rows.map(|mut row| {
        row.cells.resize(width.max(row.cells.len()), Cell::Empty);
        row
    });
    let rows: Vec<Row> = rows.collect();
    if rows.len() > ROWS_MAX {
        return Err(SheetError::TooManyRows);
    }
    Ok(Table { header, rows })
}
