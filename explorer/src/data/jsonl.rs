//! A table as JSON Lines: an object a row, as the API gives it.

use std::io::Write;

use serde_json::Map;

use super::export::{ExportError, TableWriter};
use super::rows::Row;
use super::table::Table;
use super::value;
use crate::database::Value;

/// A row as an object: amounts in fen as text under names that end in `_fen`.
pub fn object(table: &Table, row: &[Value]) -> Map<String, serde_json::Value> {
    let cells = table.columns.iter().zip(row);
    cells.map(|(column, it)| (column.fen_key(), value::json(column.kind, it))).collect()
}

/// Writes a table as JSON Lines.
pub struct JsonLines<W: Write> {
    out: W,
    table: &'static Table,
}

impl<W: Write> JsonLines<W> {
    /// Begins without a heading.
    pub fn new(out: W, table: &'static Table) -> Self {
        Self { out, table }
    }
}

impl<W: Write> TableWriter for JsonLines<W> {
    fn row(&mut self, row: &Row) -> Result<(), ExportError> {
        let mut line = serde_json::to_vec(&object(self.table, row))?;
        line.push(b'\n');
        Ok(self.out.write_all(&line)?)
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        Ok(self.out.flush()?)
    }
}
