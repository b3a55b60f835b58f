//! A table as Parquet: amounts in fen as INT64, days as DATE, moments as TIMESTAMP.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::Type;

use super::export::{About, ExportError, TableWriter};
use super::rows::Row;
use super::table::{Column, Kind, Table};
use super::value;
use crate::database::Value;

/// Rows of a group: what is kept in memory at a time.
const GROUP_ROWS: usize = 20_000;

/// Writes a table as Parquet.
pub struct Parquet<W: Write + Send> {
    writer: SerializedFileWriter<W>,
    table: &'static Table,
    rows: Vec<Row>,
}

impl<W: Write + Send> Parquet<W> {
    /// Begins the file; what the export is stands in its metadata.
    ///
    /// # Errors
    /// [`ExportError`] if it cannot be written.
    pub fn new(out: W, about: &About) -> Result<Self, ExportError> {
        let fields: Result<Vec<_>, ExportError> =
            about.table.columns.iter().map(|column| Ok(Arc::new(field(column)?))).collect();
        let schema = Type::group_type_builder(about.table.name).with_fields(fields?).build()?;
        let mut facts: Vec<KeyValue> = about
            .facts()
            .into_iter()
            .map(|(name, value)| KeyValue::new(format!("minglian.{name}"), value))
            .collect();
        for column in about.table.columns {
            let meaning = format!("{}: {}", column.chinese, column.english);
            facts.push(KeyValue::new(format!("minglian.column.{}", column.fen_key()), meaning));
        }
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_key_value_metadata(Some(facts))
            .build();
        let writer = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?;
        Ok(Self { writer, table: about.table, rows: Vec::new() })
    }

    fn group(&mut self) -> Result<(), ExportError> {
        if self.rows.is_empty() {
            return Ok(());
        }
        let mut group = self.writer.next_row_group()?;
        for (place, column) in self.table.columns.iter().enumerate() {
            let Some(mut writer) = group.next_column()? else { break };
            let values = self.rows.iter().map(|row| row.get(place).unwrap_or(&Value::Null));
            write(&mut writer, column.kind, values)?;
            writer.close()?;
        }
        group.close()?;
        self.rows.clear();
        Ok(())
    }
}

impl<W: Write + Send> TableWriter for Parquet<W> {
    fn row(&mut self, row: &Row) -> Result<(), ExportError> {
        self.rows.push(row.clone());
        if self.rows.len() == GROUP_ROWS {
            self.group()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), ExportError> {
        self.group()?;
        self.writer.close()?;
        Ok(())
    }
}

fn field(column: &Column) -> Result<Type, ExportError> {
    let (physical, logical) = match column.kind {
        Kind::Integer | Kind::Amount | Kind::TenThousands | Kind::Rate => (Physical::INT64, None),
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Date => (Physical::INT32, Some(LogicalType::Date)),
        Kind::Time => {
            let logical = LogicalType::timestamp(true, TimeUnit::MILLIS);
            (Physical::INT64, Some(logical))
        }
        Kind::Flag => (Physical::BOOLEAN, None),
    };
    let name = column.fen_key();
    let builder = Type::primitive_type_builder(&name, physical);
    Ok(builder.with_repetition(Repetition::OPTIONAL).with_logical_type(logical).build()?)
}

/// Writes a column of a group: the values that there are, and which there are.
fn write<'a>(
    writer: &mut SerializedColumnWriter<'_>,
    kind: Kind,
    values: impl Iterator<Item = &'a Value>,
) -> Result<(), ExportError> {
    let mut levels: Vec<i16> = Vec::new();
    let (mut numbers, mut texts) = (Vec::new(), Vec::new());
    for value in values {
        let before = numbers.len() + texts.len();
        match (kind, value) {
            (Kind::Text, Value::Text(text)) => texts.push(ByteArray::from(text.as_str())),
            (Kind::Date, Value::Text(text)) => {
                numbers.extend(value::days(text).map(i64::from));
            }
            (Kind::Text | Kind::Date, _) => {}
            (_, Value::Integer(number)) => numbers.push(*number),
            _ => {}
        }
        levels.push(i16::from(numbers.len() + texts.len() > before));
    }
    let levels = Some(levels.as_slice());
    match kind {
        Kind::Text => {
            writer.typed::<ByteArrayType>().write_batch(&texts, levels, None)?;
        }
        Kind::Date => {
            let days: Vec<i32> =
                numbers.iter().filter_map(|day| i32::try_from(*day).ok()).collect();
            writer.typed::<Int32Type>().write_batch(&days, levels, None)?;
        }
        Kind::Flag => {
            let flags: Vec<bool> = numbers.iter().map(|flag| *flag != 0).collect();
            writer.typed::<BoolType>().write_batch(&flags, levels, None)?;
        }
        _ => {
            writer.typed::<Int64Type>().write_batch(&numbers, levels, None)?;
        }
    }
    Ok(())
}
