//! A table as an Excel workbook: a sheet 说明 and sheets of rows, written row by row.

use std::io::Write;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet};

use super::export::{About, ExportError, TableWriter};
use super::rows::Row;
use super::table::{Column, Kind};
use super::value;
use crate::database::Value;
use crate::language::Language;

/// Rows of one sheet below its headings: Excel has 1,048,576 rows.
const SHEET_ROWS_MAX: u32 = 1_048_575;

/// Most sheets of rows in one workbook.
const SHEETS_MAX: u32 = 4;

/// Most rows in one workbook; more are downloaded by month.
pub const ROWS_MAX: usize = (SHEET_ROWS_MAX * SHEETS_MAX) as usize;

/// Amounts from here on have more digits than a number of Excel keeps, and are text.
const FEN_AS_NUMBER_MAX: u64 = 100_000_000_000_000;

/// Width of a column in characters.
const COLUMN_WIDTH: u16 = 18;

/// Writes a table as a workbook.
pub struct Xlsx<W: Write + Send> {
    out: W,
    about: About,
    workbook: Workbook,
    bold: Format,
    amount: Format,
    /// Sheets of rows so far.
    sheets: u32,
    /// The next row of the last sheet.
    next_row: u32,
}

impl<W: Write + Send> Xlsx<W> {
    /// Writes the sheet 说明 and the headings.
    ///
    /// # Errors
    /// [`ExportError`] if a temporary file cannot be written.
    pub fn new(out: W, about: About) -> Result<Self, ExportError> {
        let mut workbook = Workbook::new();
        // The block's time: the same export is the same file.
        let seconds = about.ledger.time_ms.div_euclid(1_000);
        let created = ExcelDateTime::from_timestamp(seconds)?;
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
        let bold = Format::new().set_bold();
        let amount = Format::new().set_num_format("#,##0.00");
        explain(workbook.add_worksheet_with_constant_memory()?, &about, &bold)?;
        let mut written = Self { out, about, workbook, bold, amount, sheets: 0, next_row: 0 };
        written.add_sheet()?;
        Ok(written)
    }

    fn add_sheet(&mut self) -> Result<(), ExportError> {
        if self.sheets == SHEETS_MAX {
            return Err(ExportError::TooManyRows);
        }
        self.sheets += 1;
        let sheet = self.workbook.add_worksheet_with_constant_memory()?;
        let name = self.about.language.pick(self.about.table.chinese, self.about.table.name);
        sheet.set_name(format!("{name}{}", self.sheets))?;
        for (place, column) in (0_u16..).zip(self.about.table.columns) {
            sheet.set_column_width(place, COLUMN_WIDTH)?;
            let heading = heading(column, self.about.language);
            sheet.write_string_with_format(0, place, heading, &self.bold)?;
        }
        self.next_row = 1;
        Ok(())
    }
}

impl<W: Write + Send> TableWriter for Xlsx<W> {
    fn row(&mut self, row: &Row) -> Result<(), ExportError> {
        if self.next_row > SHEET_ROWS_MAX {
            self.add_sheet()?;
        }
        let place = usize::try_from(self.sheets).unwrap_or(0);
        let sheet = self.workbook.worksheet_from_index(place)?;
        for (place, (column, value)) in (0_u16..).zip(self.about.table.columns.iter().zip(row)) {
            cell(sheet, (self.next_row, place), column, value, &self.amount)?;
        }
        self.next_row += 1;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        self.workbook.save_to_writer(&mut self.out)?;
        Ok(self.out.flush()?)
    }
}

fn heading(column: &Column, language: Language) -> String {
    match language {
        Language::Chinese => column.heading(),
        Language::English => column.yuan_key(),
    }
}

/// Money is a number that Excel adds, as far as it is exact there; codes and numbers of documents
/// are text and nothing is a formula.
fn cell(
    sheet: &mut Worksheet,
    (row, place): (u32, u16),
    column: &Column,
    value: &Value,
    format: &Format,
) -> Result<(), ExportError> {
    let text = value::text(column.kind, value);
    let is_number = match (column.kind, value) {
        (Kind::Amount | Kind::TenThousands | Kind::Rate, Value::Integer(number)) => {
            number.unsigned_abs() < FEN_AS_NUMBER_MAX
        }
        (Kind::Integer, Value::Integer(number)) => number.unsigned_abs() < FEN_AS_NUMBER_MAX,
        _ => false,
    };
    // The decimal text is read as Excel reads what is typed; nothing is computed with it.
    match text.parse::<f64>() {
        Ok(number) if is_number && column.kind == Kind::Amount => {
            sheet.write_number_with_format(row, place, number, format)?;
        }
        Ok(number) if is_number => {
            sheet.write_number(row, place, number)?;
        }
        _ if text.is_empty() => {}
        _ => {
            sheet.write_string(row, place, text)?;
        }
    }
    Ok(())
}

fn explain(sheet: &mut Worksheet, about: &About, bold: &Format) -> Result<(), ExportError> {
    sheet.set_name("说明")?;
    sheet.set_column_width(0, COLUMN_WIDTH)?;
    sheet.set_column_width(1, COLUMN_WIDTH)?;
    let mut next: u32 = 0;
    for (name, value) in about.facts() {
        sheet.write_string_with_format(next, 0, name, bold)?;
        sheet.write_string(next, 1, value)?;
        next += 1;
    }
    next += 1;
    for column in about.table.columns {
        sheet.write_string(next, 0, heading(column, about.language))?;
        sheet.write_string(next, 1, column.chinese)?;
        sheet.write_string(next, 2, column.english)?;
        next += 1;
    }
    Ok(())
}
