//! All tables as one Frictionless data package: CSV files and their description in an archive.
//!
//! All files are of one height: they are read in one transaction. The description is the last file
//! of the archive, because it holds the hash and size of the others.

use std::io::Write;

use serde_json::{Value as Json, json};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::catalogue::TABLES;
use super::csv::Csv;
use super::export::{self, About, Counted, ExportError, Measured};
use super::rows::Selection;
use super::table::{Column, Kind, Table};
use super::{Ledger, value};
use crate::database::Connection;
use crate::language::Language;

/// How the cells that are text are to be read.
const READING: &str = "A text cell that begins with an apostrophe stands behind one apostrophe \
                       more; take one away. 以撇号开头的文字单元格多一个撇号,读取时去掉一个。";

/// Writes the archive; also its description.
///
/// # Errors
/// [`ExportError`]; what was written before is no whole archive.
pub fn write(
    connection: &Connection,
    ledger: &Ledger,
    out: &mut Measured<'_>,
) -> Result<(Counted, Vec<u8>), ExportError> {
    let mut archive = ZipWriter::new_stream(out);
    // The same height gives the same bytes, so no time is taken from a clock.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .large_file(true);
    let (mut all, mut resources) = (Counted::default(), Vec::new());
    for table in TABLES {
        let path = format!("data/{}.csv", table.name);
        archive.start_file(path.as_str(), options)?;
        let mut file = Measured::new(&mut archive);
        let about = About {
            ledger: ledger.clone(),
            table,
            language: Language::English,
            filters: Default::default(),
        };
        let writer = Box::new(Csv::new(&mut file, &about, false)?);
        let counted = export::table(connection, &about, &Selection::default(), writer)?;
        let (sha256, bytes) = file.finish();
        resources.push(resource(table, &path, &sha256, bytes, counted.rows));
        all.rows = all.rows.saturating_add(counted.rows);
        for (name, sum) in counted.totals {
            all.totals.insert(format!("{}.{name}", table.name), sum);
        }
    }
    let descriptor = serde_json::to_vec_pretty(&describe(ledger, resources))?;
    archive.start_file("datapackage.json", options)?;
    archive.write_all(&descriptor)?;
    archive.finish()?;
    Ok((all, descriptor))
}

fn describe(ledger: &Ledger, resources: Vec<Json>) -> Json {
    let (chinese, _) = ledger.mark();
    json!({
        "profile": "data-package",
        "name": "minglian",
        "title": format!("明链 {chinese}高度 {}", ledger.height),
        "description": READING,
        "created": value::iso(ledger.time_ms),
        "minglianLedger": ledger,
        "resources": resources,
    })
}

fn resource(table: &Table, path: &str, sha256: &str, bytes: u64, rows: u64) -> Json {
    let fields: Vec<Json> = table.columns.iter().map(field).collect();
    let keys: Vec<String> = table.columns.iter().take(table.keys).map(Column::yuan_key).collect();
    json!({
        "profile": "tabular-data-resource",
        "name": table.name,
        "title": table.chinese,
        "description": table.english,
        "path": path,
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "hash": format!("sha256:{sha256}"),
        "bytes": bytes,
        "rows": rows,
        "schema": { "fields": fields, "primaryKey": keys, "missingValues": [""] },
    })
}

fn field(column: &Column) -> Json {
    let mut field = json!({
        "name": column.yuan_key(),
        "type": match column.kind {
            Kind::Integer => "integer",
            Kind::Text => "string",
            Kind::Amount | Kind::TenThousands | Kind::Rate => "number",
            Kind::Date => "date",
            Kind::Time => "datetime",
            Kind::Flag => "boolean",
        },
        "title": column.heading(),
        "description": column.english,
    });
    if let (Kind::Time, Some(field)) = (column.kind, field.as_object_mut()) {
        field.insert("format".to_owned(), json!("%Y-%m-%dT%H:%M:%S.%f%z"));
    }
    field
}
