//! XLSX workbooks. A formula's cell is what the spreadsheet program computed last.
//!
//! A workbook stores numbers as binary fractions. Each is read as the shortest decimal that names
//! it, which is what the program shows when it shows all digits: 220.85 typed is 220.85 read, while
//! 0.1 + 0.2 is 0.30000000000000004 and is refused as an amount. No arithmetic is done on them.

use std::io::Cursor;

use calamine::{DataRef, ExcelDateTime, Reader as _, Xlsx};
use minglian_ledger::date::Date;

use super::{COLUMNS_MAX, Cell, ROWS_MAX, Row, SheetError, Table, letters, table};
use crate::import::csv_file::CELL_BYTES_MAX;

/// Most bytes that a workbook may unpack to.
const UNPACKED_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Reads one sheet of a workbook.
///
/// # Errors
/// [`SheetError`].
pub fn parse(bytes: Vec<u8>, sheet: Option<&str>) -> Result<Table, SheetError> {
    check_unpacked(&bytes)?;
    let workbook = |error: calamine::XlsxError| SheetError::Workbook(error.to_string());
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(workbook)?;
    let names = book.sheet_names();
    let name = match (sheet, names.as_slice()) {
        (Some(name), names) if names.iter().any(|known| known == name) => name.to_owned(),
        (Some(name), _) => {
            return Err(SheetError::NoSheet { name: name.to_owned(), found: names });
        }
        (None, [one]) => one.clone(),
        (None, []) => return Err(SheetError::Empty),
        (None, _) => return Err(SheetError::SeveralSheets(names)),
    };
    let mut cells = book.worksheet_cells_reader(&name).map_err(workbook)?;
    let mut rows: Vec<Row> = Vec::new();
    while let Some(found) = cells.next_cell().map_err(workbook)? {
        let (row, column) = found.get_position();
        let (number, column) = (u64::from(row) + 1, column as usize);
        let cell = read_cell(found.get_value());
        if cell == Cell::Empty {
            continue;
        }
        if column >= COLUMNS_MAX {
            return Err(SheetError::TooManyColumns { row: number });
        }
        if let Cell::Text(text) = &cell
            && text.len() > CELL_BYTES_MAX
        {
            return Err(SheetError::CellTooLarge { row: number, column: letters(column) });
        }
        if rows.last().is_none_or(|last| last.number != number) {
            if rows.len() > ROWS_MAX {
                return Err(SheetError::TooManyRows);
            }
            rows.push(Row { number, cells: Vec::new() });
        }
        if let Some(last) = rows.last_mut() {
            if last.cells.len() <= column {
                last.cells.resize(column + 1, Cell::Empty);
            }
            last.cells[column] = cell;
        }
    }
    table(rows)
}

/// Refuses a workbook that says it unpacks to more than is read.
fn check_unpacked(bytes: &[u8]) -> Result<(), SheetError> {
    let wrong = |error: zip::result::ZipError| SheetError::Workbook(error.to_string());
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(wrong)?;
    let mut unpacked = 0_u64;
    for place in 0..archive.len() {
        unpacked = unpacked.saturating_add(archive.by_index_raw(place).map_err(wrong)?.size());
    }
    if unpacked > UNPACKED_BYTES_MAX {
        return Err(SheetError::TooLarge { bytes_max: UNPACKED_BYTES_MAX });
    }
    Ok(())
}

fn read_cell(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty => Cell::Empty,
        DataRef::Int(number) => Cell::Number(number.to_string()),
        // Rust prints the shortest decimal that reads back as the same number, never an exponent.
        DataRef::Float(number) => Cell::Number(number.to_string()),
        DataRef::String(text) => text_cell(text),
        DataRef::SharedString(text) => text_cell(text),
        DataRef::Bool(is_true) => Cell::Text(if *is_true { "是" } else { "否" }.to_owned()),
        DataRef::DateTime(date) => date_cell(date),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
            let day = text.split('T').next().unwrap_or_default();
            day.parse().map_or_else(|_| Cell::Text(text.clone()), Cell::Date)
        }
        DataRef::Error(error) => Cell::Broken(error.to_string()),
    }
}

fn text_cell(text: &str) -> Cell {
    if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) }
}

fn date_cell(date: &ExcelDateTime) -> Cell {
    let (year, month, day, ..) = date.to_ymd_hms_milli();
    let unreadable = || Cell::Broken(format!("{year}-{month}-{day}"));
    if !date.is_datetime() {
        return unreadable();
    }
    Date::new(year, month, day).map_or_else(|_| unreadable(), Cell::Date)
}
