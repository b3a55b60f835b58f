//! A CSV file from a clerk's desk: its size, its encoding, its lines.
//!
//! Each line is one record. A quote left open would otherwise swallow the rest of the file as one
//! cell; here it spoils its own line only.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Largest file in bytes.
pub const FILE_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Most rows in a file, the header not counted.
pub const ROWS_MAX: usize = 1_000_000;
/// Largest cell in bytes of UTF-8.
pub const CELL_BYTES_MAX: usize = 4 * 1024;

/// The byte-order mark that spreadsheet programs put before UTF-8.
const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];

/// How a file's text was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8.
    Utf8,
    /// UTF-8 behind a byte-order mark.
    Utf8WithMark,
    /// GB18030, the national encoding that Chinese spreadsheet programs save by default (GBK and
    /// GB2312 are parts of it).
    Gb18030,
}

/// Why a whole file is refused.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Larger than [`FILE_BYTES_MAX`].
    #[error("the file has more than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// Neither UTF-8 nor GB18030.
    #[error("the file is neither UTF-8 nor GB18030 text")]
    Undecodable,
    /// UTF-16, as "Unicode text" from a spreadsheet program.
    #[error("the file is UTF-16: save it as UTF-8 or GB18030")]
    Utf16,
    /// Mostly UTF-8 with broken bytes: reading it as GB18030 would turn it into rubbish.
    #[error("the file is UTF-8 text with damaged bytes, first on line {line}")]
    DamagedUtf8 {
        /// The first damaged line, from 1.
        line: usize,
    },
    /// A zero byte: not a text file.
    #[error("the file holds zero bytes: it is not text")]
    NotText,
    /// An Excel workbook.
    #[error("the file is an Excel workbook: save its sheet as CSV")]
    Workbook,
    /// No header line.
    #[error("the file is empty")]
    Empty,
    /// The header line cannot be read.
    #[error("header, line {line}: {reason}")]
    Header {
        /// The line, from 1.
        line: u64,
        /// Why.
        reason: LineError,
    },
    /// The header lacks columns.
    #[error("the header lacks the columns {}", columns.join(", "))]
    MissingColumns {
        /// Their names.
        columns: Vec<&'static str>,
    },
    /// The header has a column twice.
    #[error("the header has the column {column} twice")]
    RepeatedColumn {
        /// Its name.
        column: &'static str,
    },
    /// More than [`ROWS_MAX`] rows.
    #[error("the file has more than {ROWS_MAX} rows")]
    TooManyRows,
}

/// Why one line is not a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// A quoted cell does not end on its line.
    #[error("a quotation mark is not closed on this line")]
    OpenQuote,
    /// A carriage return inside the line.
    #[error("a carriage return stands inside the line")]
    CarriageReturn,
    /// Another number of cells than the header has.
    #[error("{found} cells where the header has {expected}")]
    CellCount {
        /// The header's number.
        expected: usize,
        /// The line's number.
        found: usize,
    },
    /// A cell above [`CELL_BYTES_MAX`].
    #[error("cell {cell} has {bytes} bytes, the limit is {CELL_BYTES_MAX}")]
    CellTooLarge {
        /// Its number on the line, from 1.
        cell: usize,
        /// Its size in bytes.
        bytes: usize,
    },
    /// A quotation mark inside a cell that does not begin with one, or text after a closing one.
    #[error("a quotation mark stands inside a cell; it must be doubled and the cell quoted")]
    StrayQuote,
}

/// Reads a file of at most [`FILE_BYTES_MAX`] bytes.
///
/// # Errors
/// [`FileError::Io`] or [`FileError::TooLarge`].
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    let limit = FILE_BYTES_MAX + 1;
    File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|source| FileError::Io { path: path.to_owned(), source })?;
    check_size(&bytes)?;
    Ok(bytes)
}

/// The text of a file: UTF-8 with or without a mark, else GB18030 without a single replacement.
///
/// # Errors
/// [`FileError`] for everything that is not clearly one of these.
pub fn decode(bytes: &[u8]) -> Result<(Cow<'_, str>, Encoding), FileError> {
    check_size(bytes)?;
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(FileError::Workbook);
    }
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(FileError::Utf16);
    }
    let marked = bytes.strip_prefix(UTF8_MARK);
    let body = marked.unwrap_or(bytes);
    if body.contains(&0) {
        return Err(FileError::NotText);
    }
    if let Ok(text) = std::str::from_utf8(body) {
        let encoding = if marked.is_some() { Encoding::Utf8WithMark } else { Encoding::Utf8 };
        return Ok((Cow::Borrowed(text), encoding));
    }
    if let Some(line) = damaged_utf8_line(body, marked.is_some()) {
        return Err(FileError::DamagedUtf8 { line });
    }
    encoding_rs::GB18030
        .decode_without_bom_handling_and_without_replacement(body)
        .map(|text| (text, Encoding::Gb18030))
        .ok_or(FileError::Undecodable)
}

/// The cells of one line, by RFC 4180 and nothing looser: CSV libraries read an open quote or
/// `"a"b` as something, a table of money must not be guessed.
///
/// # Errors
/// Every [`LineError`] but [`LineError::CellCount`], which needs the header.
pub fn split(line: &str) -> Result<Vec<String>, LineError> {
    if line.contains('\r') {
        return Err(LineError::CarriageReturn);
    }
    let mut cells = Vec::new();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let (cell, after) = match text.strip_prefix('"') {
            Some(quoted) => quoted_cell(quoted)?,
            None => plain_cell(text)?,
        };
        if cell.len() > CELL_BYTES_MAX {
            return Err(LineError::CellTooLarge { cell: cells.len() + 1, bytes: cell.len() });
        }
        cells.push(cell);
        rest = after;
    }
    Ok(cells)
}

/// A cell up to the next comma, and what follows that comma, if there is one.
fn plain_cell(text: &str) -> Result<(String, Option<&str>), LineError> {
    let (cell, after) = match text.split_once(',') {
        Some((cell, after)) => (cell, Some(after)),
        None => (text, None),
    };
    if cell.contains('"') { Err(LineError::StrayQuote) } else { Ok((cell.to_owned(), after)) }
}

/// A cell whose opening quote is already read, with doubled quotes undone.
fn quoted_cell(mut text: &str) -> Result<(String, Option<&str>), LineError> {
    let mut cell = String::new();
    loop {
        let (part, after) = text.split_once('"').ok_or(LineError::OpenQuote)?;
        cell.push_str(part);
        match after.strip_prefix('"') {
            Some(doubled) => {
                cell.push('"');
                text = doubled;
            }
            None if after.is_empty() => return Ok((cell, None)),
            None => {
                let next = after.strip_prefix(',').ok_or(LineError::StrayQuote)?;
                return Ok((cell, Some(next)));
            }
        }
    }
}

/// The lines that hold anything, with their numbers from 1 and without their ends.
pub fn lines(text: &str) -> impl Iterator<Item = (u64, &str)> {
    (1..)
        .zip(text.split('\n'))
        .map(|(number, line)| (number, line.strip_suffix('\r').unwrap_or(line)))
        .filter(|(_, line)| {
            line.chars().any(|character| !character.is_whitespace() && character != ',')
        })
}

fn check_size(bytes: &[u8]) -> Result<(), FileError> {
    match u64::try_from(bytes.len()) {
        Ok(length) if length <= FILE_BYTES_MAX => Ok(()),
        _ => Err(FileError::TooLarge),
    }
}

/// The first broken line of bytes that are UTF-8 but for a few places: marked as UTF-8, or with
/// more whole three-byte characters than breaks. GB18030 text hardly ever looks so.
fn damaged_utf8_line(body: &[u8], marked: bool) -> Option<usize> {
    let mut first_line = None;
    let (mut line, mut breaks, mut wide_characters) = (1_usize, 0_usize, 0_usize);
    for chunk in body.utf8_chunks() {
        line += chunk.valid().bytes().filter(|byte| *byte == b'\n').count();
        wide_characters +=
            chunk.valid().chars().filter(|character| character.len_utf8() >= 3).count();
        if !chunk.invalid().is_empty() {
            first_line.get_or_insert(line);
            breaks += 1;
        }
    }
    first_line.filter(|_| marked || wide_characters > breaks)
}
