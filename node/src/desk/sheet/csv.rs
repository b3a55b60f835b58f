//! CSV, as the importer of notices reads it: each line one record, nothing guessed.

use super::{COLUMNS_MAX, Cell, ROWS_MAX, Row, SheetError, Table, table};
use crate::import::csv_file;

/// Reads CSV text in UTF-8 or GB18030.
///
/// # Errors
/// [`SheetError`].
pub fn parse(bytes: &[u8]) -> Result<Table, SheetError> {
    let (text, _) = csv_file::decode(bytes)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let mut rows = Vec::new();
    for (number, line) in csv_file::lines(text) {
        if rows.len() > ROWS_MAX {
            return Err(SheetError::TooManyRows);
        }
        let wrong = |reason| SheetError::Line { row: number, reason };
        let cells = csv_file::split(line).map_err(wrong)?;
        if cells.len() > COLUMNS_MAX {
            return Err(SheetError::TooManyColumns { row: number });
        }
        let cells = cells
            .into_iter()
            .map(|cell| if cell.is_empty() { Cell::Empty } else { Cell::Text(cell) });
        rows.push(Row { number, cells: cells.collect() });
    }
    table(rows)
}
