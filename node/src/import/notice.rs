//! A published notice as rows of the 15-column table.

use std::collections::BTreeMap;
use std::str::FromStr;

use minglian_ledger::date;
use minglian_ledger::division::Division;
use minglian_ledger::document_number::DocumentNumberSet;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::personal_number;
use minglian_ledger::text::Text;
use minglian_ledger::width;

use super::amount;
use super::csv_file::{self, CELL_BYTES_MAX, Encoding, FileError, LineError};
use super::divisions;
use super::kind::Kind;
use super::refusal::{Reason, RefusedRow};

/// The columns a table must have, in any order. Others are ignored and reported.
pub const COLUMNS: [&str; 15] = [
    "dataset",
    "row",
    "year",
    "region",
    "fund_source",
    "category",
    "item",
    "unit_or_recipient",
    "doc_no",
    "amount_published",
    "unit",
    "amount_fen",
    "kind",
    "count",
    "note",
];

/// The text of a cell, trimmed, otherwise as published.
pub type Cell = Text<CELL_BYTES_MAX>;

/// One checked row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its line in the file, from 1.
    pub line: u64,
    /// The notice it belongs to.
    pub dataset: Cell,
    /// Its number in the notice.
    pub row: u32,
    /// The year the notice reports on.
    pub year: u16,
    /// The region as published.
    pub region: Cell,
    /// The region's code, if it names one division.
    pub division: Option<Division>,
    /// Where the money comes from, as published.
    pub fund_source: Cell,
    /// The category of use, as published; may be empty.
    pub category: Cell,
    /// The project or line, as published; may be empty.
    pub item: Cell,
    /// Who gets it, as published; may be empty.
    pub unit_or_recipient: Cell,
    /// The document numbers, in the printed order; may be empty.
    pub document_numbers: DocumentNumberSet,
    /// Whether a document number was printed otherwise than in canonical form.
    pub document_numbers_mended: bool,
    /// The amount as printed; empty if the table gives only fen.
    pub amount_published: Cell,
    /// The unit it is printed in.
    pub unit: Option<Unit>,
    /// The amount.
    pub amount: Fen,
    /// What the line says happened.
    pub kind: Kind,
    /// Persons, places or things counted, as published; may be empty.
    pub count: Cell,
    /// The transcriber's note; may be empty.
    pub note: Cell,
}

/// The rows of one notice (one data set), in the file's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The data set's name.
    pub dataset: Cell,
    /// Its rows; never empty.
    pub rows: Vec<NoticeRow>,
}

/// What a file came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParsedFile {
    /// The file's name as the caller gave it.
    pub file: String,
    /// How its text was written.
    pub encoding: Encoding,
    /// Columns of the header that are not among [`COLUMNS`].
    pub ignored_columns: Vec<String>,
    /// The notices, in the order in which they first appear.
    pub notices: Vec<Notice>,
    /// The rows left out, in the file's order.
    pub refused: Vec<RefusedRow>,
}

impl Notice {
    /// The rows that say what happened to money.
    pub fn entries(&self) -> impl Iterator<Item = &NoticeRow> {
        self.rows.iter().filter(|row| !row.kind.is_control_total())
    }

    /// The sums the notice prints, to check the ledger against.
    pub fn control_totals(&self) -> impl Iterator<Item = &NoticeRow> {
        self.rows.iter().filter(|row| row.kind.is_control_total())
    }

    /// The sum of the rows of one kind, or none above [`Fen::MAX`].
    pub fn sum_of(&self, kind: Kind) -> Option<Fen> {
        Fen::sum(self.rows.iter().filter(|row| row.kind == kind).map(|row| row.amount))
    }
}

/// Reads a table from the bytes of a file; `file` is the name that refusals show.
///
/// # Errors
/// [`FileError`] if the file as a whole cannot be a table. A bad row is no error: it is among
/// [`ParsedFile::refused`].
pub fn parse(file: &str, bytes: &[u8]) -> Result<ParsedFile, FileError> {
    let (text, encoding) = csv_file::decode(bytes)?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    let mut lines = csv_file::lines(text);
    let (line, header) = lines.next().ok_or(FileError::Empty)?;
    let header = csv_file::split(header).map_err(|reason| FileError::Header { line, reason })?;
    let header = Header::new(&header)?;
    let ignored_columns = header.ignored.clone();
    let mut parsed = ParsedFile {
        file: file.to_owned(),
        encoding,
        ignored_columns,
        notices: Vec::new(),
        refused: Vec::new(),
    };
    let mut places = Places::default();
    for (index, (line, text)) in lines.enumerate() {
        if index >= csv_file::ROWS_MAX {
            return Err(FileError::TooManyRows);
        }
        let row = header.record(text).and_then(|record| parse_row(line, &record));
        if let Err(reason) = row.and_then(|row| places.put(row, &mut parsed.notices)) {
            parsed.refused.push(RefusedRow { file: file.to_owned(), line, reason });
        }
    }
    Ok(parsed)
}

/// Where each column stands.
struct Header {
    /// The place of each of [`COLUMNS`].
    places: [usize; COLUMNS.len()],
    width: usize,
    ignored: Vec<String>,
}

impl Header {
    fn new(cells: &[String]) -> Result<Self, FileError> {
        let names: Vec<_> = cells.iter().map(|cell| cell.trim()).collect();
        let mut places = [0; COLUMNS.len()];
        let mut missing = Vec::new();
        for (place, column) in places.iter_mut().zip(COLUMNS) {
            let mut found = names.iter().enumerate().filter(|(_, name)| **name == column);
            match found.next() {
                Some((index, _)) => *place = index,
                None => missing.push(column),
            }
            if found.next().is_some() {
                return Err(FileError::RepeatedColumn { column });
            }
        }
        if !missing.is_empty() {
            return Err(FileError::MissingColumns { columns: missing });
        }
        let ignored = names.iter().filter(|name| !COLUMNS.contains(name));
        let ignored = ignored.map(|name| (*name).to_owned()).collect();
        Ok(Self { places, width: cells.len(), ignored })
    }

    /// The cells of a line, trimmed, in the order of [`COLUMNS`].
    fn record(&self, line: &str) -> Result<Record, Reason> {
        let cells = csv_file::split(line)?;
        if cells.len() != self.width {
            let found = cells.len();
            return Err(LineError::CellCount { expected: self.width, found }.into());
        }
        let cell = |place: &usize| cells.get(*place).map_or("", |cell| cell.trim()).to_owned();
        Ok(Record(self.places.iter().map(cell).collect()))
    }
}

/// The cells of one row, in the order of [`COLUMNS`].
struct Record(Vec<String>);

impl Record {
    fn get(&self, column: &'static str) -> &str {
        let place = COLUMNS.iter().position(|name| *name == column);
        place.and_then(|place| self.0.get(place)).map_or("", String::as_str)
    }

    /// A cell of free text, refused if it holds a personal number.
    fn text(&self, column: &'static str) -> Result<Cell, Reason> {
        let text = self.get(column);
        if let Some(number) = personal_number::suspect(text) {
            return Err(Reason::PersonalNumber { column, number });
        }
        Cell::new(text).map_err(|reason| Reason::ForbiddenText { column, reason })
    }

    /// A cell of free text that must be filled.
    fn filled(&self, column: &'static str) -> Result<Cell, Reason> {
        let cell = self.text(column)?;
        if cell.is_empty() { Err(Reason::MissingCell { column }) } else { Ok(cell) }
    }

    /// A plain whole number.
    fn number<T: FromStr>(&self, column: &'static str) -> Result<T, Reason> {
        let text = self.get(column);
        let digits = width::fold(text);
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = if plain { digits.parse().ok() } else { None };
        self.guard(&[column], number.ok_or_else(|| Reason::NotANumber { column, text: cut(text) }))
    }

    /// Replaces an error, which repeats a cell, if one of those cells holds a personal number.
    fn guard<T>(&self, columns: &[&'static str], read: Result<T, Reason>) -> Result<T, Reason> {
        read.map_err(|reason| {
            let personal = columns.iter().find_map(|column| {
                let number = personal_number::suspect(self.get(column))?;
                Some(Reason::PersonalNumber { column, number })
            });
            personal.unwrap_or(reason)
        })
    }
}

fn parse_row(line: u64, record: &Record) -> Result<NoticeRow, Reason> {
    let year: u16 = record.number("year")?;
    if !(date::YEAR_MIN..=date::YEAR_MAX).contains(&year) {
        return Err(Reason::NotANumber { column: "year", text: year.to_string() });
    }
    let kind = record.get("kind");
    let kind = Kind::parse(kind).ok_or_else(|| Reason::UnknownKind { text: cut(kind) });
    let numbers = DocumentNumberSet::normalize(record.get("doc_no")).map_err(Reason::from);
    let numbers = record.guard(&["doc_no"], numbers)?;
    let amount = read_amount(record)?;
    let region = record.filled("region")?;
    Ok(NoticeRow {
        line,
        dataset: record.filled("dataset")?,
        row: record.number("row")?,
        year,
        division: divisions::find(region.as_str()),
        region,
        fund_source: record.filled("fund_source")?,
        category: record.text("category")?,
        item: record.text("item")?,
        unit_or_recipient: record.text("unit_or_recipient")?,
        document_numbers: numbers.canonical,
        document_numbers_mended: numbers.changed,
        amount_published: amount_text(record)?,
        unit: amount.unit,
        amount: amount.fen,
        kind: record.guard(&["kind"], kind)?,
        count: record.text("count")?,
        note: record.text("note")?,
    })
}

/// A large amount may look like a telephone number, so amounts are searched for personal numbers
/// only when they cannot be read.
fn read_amount(record: &Record) -> Result<amount::Amount, Reason> {
    let published = record.get("amount_published");
    let read = amount::reconcile(published, record.get("unit"), record.get("amount_fen"));
    match read {
        Err(amount::AmountError::Disagree { .. }) => read.map_err(Reason::from),
        read => {
            let columns = ["amount_published", "unit", "amount_fen"];
            record.guard(&columns, read.map_err(Reason::from))
        }
    }
}

fn amount_text(record: &Record) -> Result<Cell, Reason> {
    let column = "amount_published";
    Cell::new(record.get(column)).map_err(|reason| Reason::ForbiddenText { column, reason })
}

/// Where rows have gone so far.
#[derive(Default)]
struct Places {
    /// The place of each data set's notice.
    notices: BTreeMap<String, usize>,
    /// The line of each data set's row.
    lines: BTreeMap<(usize, u32), u64>,
}

impl Places {
    fn put(&mut self, row: NoticeRow, notices: &mut Vec<Notice>) -> Result<(), Reason> {
        let dataset = row.dataset.as_str().to_owned();
        let place = *self.notices.entry(dataset.clone()).or_insert(notices.len());
        let first_line = *self.lines.entry((place, row.row)).or_insert(row.line);
        if first_line != row.line {
            return Err(Reason::RepeatedRow { dataset, row: row.row, first_line });
        }
        match notices.get_mut(place) {
            Some(notice) => notice.rows.push(row),
            None => notices.push(Notice { dataset: row.dataset.clone(), rows: vec![row] }),
        }
        Ok(())
    }
}

/// The first 80 characters: how much of a refused cell a reason repeats.
fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
