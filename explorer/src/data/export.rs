//! Making one export: what it is called, what is in it, what it came to.

use std::collections::BTreeMap;
use std::io::{self, Write};

use data_encoding::HEXLOWER;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::csv::Csv;
use super::jsonl::JsonLines;
use super::parquet::Parquet;
use super::rows::{self, Row, Selection};
use super::table::Table;
use super::xlsx::{self, Xlsx};
use super::{Ledger, giving, package, value};
use crate::database::Connection;
use crate::database::Value;
use crate::index::IndexError;
use crate::language::Language;
use crate::pages::escape;

/// Digits of hashes in file names.
const NAME_DIGITS: usize = 8;

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// The reader went away, was too slow, or a temporary file cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A workbook cannot be written.
    #[error(transparent)]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// A Parquet file cannot be written.
    #[error(transparent)]
    Parquet(#[from] parquet::errors::ParquetError),
    /// An archive cannot be written.
    #[error(transparent)]
    Zip(#[from] zip::result::ZipError),
    /// A row cannot be written as JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// A workbook does not hold so many rows.
    #[error("a workbook holds at most {} rows", xlsx::ROWS_MAX)]
    TooManyRows,
}

impl From<crate::database::Error> for ExportError {
    fn from(error: crate::database::Error) -> Self {
        Self::Index(error.into())
    }
}

/// Writes rows in one format.
pub trait TableWriter {
    /// Writes a row.
    ///
    /// # Errors
    /// [`ExportError`] if it cannot be written.
    fn row(&mut self, row: &Row) -> Result<(), ExportError>;

    /// Writes the end.
    ///
    /// # Errors
    /// [`ExportError`] if it cannot be written.
    fn finish(self: Box<Self>) -> Result<(), ExportError>;
}

/// A format of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For spreadsheets.
    Csv,
    /// An object a line.
    JsonLines,
    /// An Excel workbook.
    Xlsx,
    /// For analysis.
    Parquet,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Xlsx, Self::JsonLines, Self::Parquet];

    /// How its files' names end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
        }
    }

    const fn media_type(self) -> &'static str {
        match self {
            Self::Csv => "text/csv; charset=utf-8",
            Self::JsonLines => "application/jsonl",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }
}

/// What is exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A table in a format.
    Table(&'static Table, Format),
    /// Grants in the 360Giving Data Standard.
    Giving,
    /// All tables as one Frictionless data package.
    Package,
    /// Only the description of that package.
    Descriptor,
}

impl What {
    /// What an address asks for: `movements.csv`, `package.zip`.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "360giving.json" => return Some(Self::Giving),
            "package.zip" => return Some(Self::Package),
            "datapackage.json" => return Some(Self::Descriptor),
            _ => {}
        }
        let (table, extension) = name.split_once('.')?;
        let format = Format::ALL.into_iter().find(|format| format.extension() == extension)?;
        Some(Self::Table(super::catalogue::find(table)?, format))
    }

    /// The table whose rows are chosen, if it is one.
    pub const fn table(&self) -> Option<&'static Table> {
        match self {
            Self::Table(table, _) => Some(*table),
            Self::Giving => Some(super::catalogue::ALLOCATIONS),
            Self::Package | Self::Descriptor => None,
        }
    }

    /// Its media type.
    pub const fn media_type(&self) -> &'static str {
        match self {
            Self::Table(_, format) => format.media_type(),
            Self::Package => "application/zip",
            Self::Giving | Self::Descriptor => "application/json",
        }
    }

    fn stem(&self) -> (&'static str, &'static str) {
        match self {
            Self::Table(table, format) => (table.name, format.extension()),
            Self::Giving => ("360giving", "json"),
            Self::Package => ("package", "zip"),
            Self::Descriptor => ("datapackage", "json"),
        }
    }
}

/// What one export is.
#[derive(Debug, Clone)]
pub struct Export {
    /// What is exported.
    pub what: What,
    /// Which of its rows.
    pub selection: Selection,
    /// The filters as they were asked for.
    pub filters: BTreeMap<String, String>,
    /// The language of its headings.
    pub language: Language,
    /// From which ledger.
    pub ledger: Ledger,
}

/// What an export of a table says of itself.
#[derive(Debug, Clone)]
pub struct About {
    /// From which ledger, at which height.
    pub ledger: Ledger,
    /// Which table.
    pub table: &'static Table,
    /// The language of its headings.
    pub language: Language,
    /// The filters as they were asked for.
    pub filters: BTreeMap<String, String>,
}

impl About {
    /// What the export is, from where, and how to read it.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let ledger = &self.ledger;
        let filters: Vec<String> =
            self.filters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let status = if ledger.demonstration {
            "演示网络的数据,不具法律效力。Demonstration: of no legal effect."
        } else {
            "正式网络。Production."
        };
        vec![
            ("table", format!("{} {}", self.table.chinese, self.table.english)),
            ("status", status.to_owned()),
            ("network", ledger.network.clone()),
            ("chain_id", ledger.chain_id.clone()),
            ("genesis_hash", ledger.genesis_hash.clone()),
            ("height", ledger.height.to_string()),
            ("names_height", ledger.names_height.to_string()),
            ("block_id", ledger.block_id.clone()),
            ("time", value::iso(ledger.time_ms)),
            ("log_size", ledger.log_size.to_string()),
            ("log_root", ledger.log_root.clone()),
            ("filters", filters.join("&")),
            ("units", "_fen 分; _yuan 元; _wan_yuan 万元; CNY".to_owned()),
        ]
    }
}

/// What an export came to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Made {
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Rows, of all tables.
    pub rows: u64,
    /// Sums of the columns of money, in fen, as text.
    pub totals: BTreeMap<String, String>,
}

/// Where an export goes: it is counted and hashed on its way.
pub struct Measured<'a> {
    out: &'a mut (dyn Write + Send),
    hash: Sha256,
    bytes: u64,
}

impl<'a> Measured<'a> {
    /// Passes what is written on to `out`.
    pub fn new(out: &'a mut (dyn Write + Send)) -> Self {
        Self { out, hash: Sha256::new(), bytes: 0 }
    }

    /// The hash and the number of bytes.
    pub fn finish(self) -> (String, u64) {
        (HEXLOWER.encode(&self.hash.finalize()), self.bytes)
    }
}

impl Write for Measured<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes = self.bytes.saturating_add(written as u64);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// How many rows a table had and what its columns of money add up to.
#[derive(Debug, Default)]
pub struct Counted {
    /// Rows.
    pub rows: u64,
    /// Sums in fen, by the columns' names.
    pub totals: BTreeMap<String, i128>,
}

impl Counted {
    /// Adds a row.
    pub fn add(&mut self, table: &Table, row: &Row) {
        self.rows = self.rows.saturating_add(1);
        for (place, column) in table.amounts() {
            if let Some(Value::Integer(fen)) = row.get(place) {
                let sum = self.totals.entry(column.fen_key()).or_default();
                *sum = sum.saturating_add(i128::from(*fen));
            }
        }
    }
}

/// Writes the chosen rows of a table.
///
/// # Errors
/// [`ExportError`]; what was written before is no whole file.
pub fn table(
    connection: &Connection,
    about: &About,
    selection: &Selection,
    mut writer: Box<dyn TableWriter + '_>,
) -> Result<Counted, ExportError> {
    let mut counted = Counted::default();
    rows::each(connection, about.table, selection, |row| {
        counted.add(about.table, row);
        writer.row(row)
    })?;
    writer.finish()?;
    Ok(counted)
}

impl Export {
    /// The name of its file: what, of when, at which height, of which ledger; the second form is
    /// ASCII. 演示 stands in it where the network is a demonstration.
    pub fn file_name(&self) -> (String, String) {
        let (name, extension) = self.what.stem();
        let mut rest = name.to_owned();
        for (filter, value) in &self.filters {
            if filter == "month" {
                rest.push_str(&format!("-{value}"));
            }
        }
        if self.filters.keys().any(|filter| filter != "month") {
            let digest = Sha256::digest(format!("{:?}", self.filters));
            let digits = HEXLOWER.encode(&digest);
            rest.push_str(&format!("-filter{}", digits.get(..NAME_DIGITS).unwrap_or_default()));
        }
        let ledger = &self.ledger;
        let genesis = ledger.genesis_hash.get(..NAME_DIGITS).unwrap_or_default();
        rest.push_str(&format!("-h{}", ledger.height));
        if ledger.names_height != ledger.height {
            rest.push_str(&format!("-names{}", ledger.names_height));
        }
        rest.push_str(&format!("-{genesis}.{extension}"));
        let (chinese, ascii) = ledger.mark();
        (format!("明链-{chinese}{rest}"), format!("minglian-{ascii}{rest}"))
    }

    /// Where the same bytes are given again, while the height is served: the path and query on the
    /// site that gave it.
    pub fn address(&self) -> String {
        let (name, extension) = self.what.stem();
        let (code, height) = (self.language.code(), self.ledger.height);
        let mut address = format!("/{code}/data/{name}.{extension}?at={height}");
        for (filter, value) in &self.filters {
            address.push_str(&format!("&{filter}={}", escape(value)));
        }
        address
    }

    /// Whether its format holds its rows; asked before anything is written.
    ///
    /// # Errors
    /// [`ExportError::TooManyRows`], or [`IndexError`].
    pub fn check(&self, connection: &Connection) -> Result<(), ExportError> {
        if let What::Table(table, Format::Xlsx) = self.what {
            let rows = rows::count(connection, table, &self.selection, xlsx::ROWS_MAX + 1)?;
            if rows > xlsx::ROWS_MAX {
                return Err(ExportError::TooManyRows);
            }
        }
        Ok(())
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`ExportError`]; what was written before is no whole file.
    pub fn write(
        &self,
        connection: &Connection,
        out: &mut (dyn Write + Send),
    ) -> Result<Made, ExportError> {
        let mut out = Measured::new(out);
        let counted = match self.what {
            What::Table(which, format) => {
                let about = self.about(which);
                let writer: Box<dyn TableWriter> = match format {
                    Format::Csv => Box::new(Csv::new(&mut out, &about, true)?),
                    Format::JsonLines => Box::new(JsonLines::new(&mut out, which)),
                    Format::Xlsx => Box::new(Xlsx::new(&mut out, about.clone())?),
                    Format::Parquet => Box::new(Parquet::new(&mut out, &about)?),
                };
                table(connection, &about, &self.selection, writer)?
            }
            What::Giving => giving::write(connection, &self.ledger, &self.selection, &mut out)?,
            What::Package => package::write(connection, &self.ledger, &mut out)?.0,
            What::Descriptor => {
                let (counted, descriptor) =
                    package::write(connection, &self.ledger, &mut Measured::new(&mut io::sink()))?;
                out.write_all(&descriptor)?;
                counted
            }
        };
        let (sha256, bytes) = out.finish();
        let totals = counted.totals.iter().map(|(name, sum)| (name.clone(), sum.to_string()));
        Ok(Made { sha256, bytes, rows: counted.rows, totals: totals.collect() })
    }

    fn about(&self, table: &'static Table) -> About {
        let (ledger, filters) = (self.ledger.clone(), self.filters.clone());
        About { ledger, table, language: self.language, filters }
    }
}
