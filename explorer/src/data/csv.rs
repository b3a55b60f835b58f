//! A table as CSV for spreadsheet programs.
//!
//! UTF-8 behind a byte-order mark, lines ended by CR LF. Text that a spreadsheet would take for a
//! formula, and text that begins with an apostrophe, stands behind one apostrophe more: whoever
//! takes away one apostrophe from each cell that begins with one has the text again.

use std::io::Write;

pub use minglian_client::csv::{line, safe};

use super::export::{About, ExportError, TableWriter};
use super::rows::Row;
use super::table::{Kind, Table};
use super::value;
use crate::database::Value;
use crate::language::Language;

/// The byte-order mark of UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();

/// Writes a table as CSV.
pub struct Csv<W: Write> {
    out: W,
    table: &'static Table,
}

impl<W: Write> Csv<W> {
    /// Writes the headings. `has_mark` is for spreadsheets; other programs need no mark.
    ///
    /// # Errors
    /// [`ExportError::Io`].
    pub fn new(mut out: W, about: &About, has_mark: bool) -> Result<Self, ExportError> {
        if has_mark {
            out.write_all(MARK)?;
        }
        let headings = about.table.columns.iter().map(|column| match about.language {
            Language::Chinese => column.heading(),
            Language::English => column.yuan_key(),
        });
        out.write_all(line(headings).as_bytes())?;
        Ok(Self { out, table: about.table })
    }
}

impl<W: Write> TableWriter for Csv<W> {
    fn row(&mut self, row: &Row) -> Result<(), ExportError> {
        let cells = self.table.columns.iter().zip(row).map(|(column, value)| {
            let text = value::text(column.kind, value);
            match (column.kind, value) {
                (Kind::Text, Value::Text(_)) => safe(&text),
                _ => text,
            }
        });
        Ok(self.out.write_all(line(cells).as_bytes())?)
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        Ok(self.out.flush()?)
    }
}
