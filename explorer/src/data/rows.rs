//! Reading a table in the order of its key: all of it as it comes, or a page behind a key. Memory
//! is that of one row or page, and no page is found by counting over those before it.

use data_encoding::BASE64URL_NOPAD;
use minglian_contracts::book::Movement;
use minglian_contracts::words::book as book_words;

use super::table::{Expansion, Kind, Table};
use crate::database::Value;
use crate::database::{Connection, OptionalExtension, params_from_iter};
use crate::index::{IndexError, account};

/// Longest cursor in characters.
const CURSOR_CHARACTERS_MAX: usize = 4_096;

/// Which rows of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Selection {
    /// From this record on, to before that one: a month of the ledger.
    pub records: Option<(i64, i64)>,
    /// Expressions of the table's filters, with the value that each must have.
    pub equal: Vec<(&'static str, Value)>,
    /// The row with this key only.
    pub key: Option<Vec<Value>>,
}

/// A row, its values in the order of the table's columns.
pub type Row = Vec<Value>;

/// At most `limit` rows after the one with the key `after`.
///
/// # Errors
/// [`IndexError`] if the index cannot be read.
pub fn read(
    connection: &Connection,
    table: &Table,
    selection: &Selection,
    after: Option<&[Value]>,
    limit: usize,
) -> Result<Vec<Row>, IndexError> {
    let (query, values) = query(table, selection, after);
    let mut statement = connection.prepare_cached(&format!("{query} LIMIT {limit}"))?;
    let mut found = statement.query(params_from_iter(values))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(values_of(table, &row)?);
    }
    Ok(rows)
}

/// Calls `each` with every row. One statement reads them all: in the past every statement lays out
/// anew what other tables a row names.
///
/// # Errors
/// What `each` reports, or [`IndexError`] as the caller's error.
pub fn each<E: From<IndexError>>(
    connection: &Connection,
    table: &Table,
    selection: &Selection,
    mut each: impl FnMut(&Row) -> Result<(), E>,
) -> Result<(), E> {
    let failed = |error: crate::database::Error| E::from(IndexError::from(error));
    let (query, values) = query(table, selection, None);
    let mut statement = connection.prepare_cached(&query).map_err(failed)?;
    let mut found = statement.stream(params_from_iter(values)).map_err(failed)?;
    while let Some(row) = found.next().map_err(failed)? {
        each(&values_of(table, &row)?)?;
    }
    Ok(())
}

/// Reads the chosen rows behind a key in the order of the keys.
fn query(table: &Table, selection: &Selection, after: Option<&[Value]>) -> (String, Vec<Value>) {
    let (clause, values) = clause(table, selection, after);
    let columns: Vec<&str> = table.columns.iter().map(|column| column.sql).collect();
    let (columns, order) = (columns.join(", "), keys(table).join(", "));
    (format!("SELECT {columns} FROM {} {clause} ORDER BY {order}", table.from), values)
}

fn values_of(table: &Table, row: &crate::database::Row<'_>) -> Result<Row, IndexError> {
    let mut values = Vec::with_capacity(table.columns.len());
    for place in 0..table.columns.len() {
        values.push(row.get(place)?);
    }
    expand(table.expansion, &mut values)?;
    Ok(values)
}

/// How many rows there are, counted no further than `max`.
///
/// # Errors
/// [`IndexError::Database`].
pub fn count(
    connection: &Connection,
    table: &Table,
    selection: &Selection,
    max: usize,
) -> Result<usize, IndexError> {
    let (clause, values) = clause(table, selection, None);
    let from = table.from;
    let query =
        format!("SELECT count(*) FROM (SELECT 1 FROM {from} {clause} LIMIT {max}) AS found");
    let found: i64 =
        connection.prepare_cached(&query)?.query_row(params_from_iter(values), |row| row.get(0))?;
    Ok(usize::try_from(found).unwrap_or(max))
}

/// The key of a row.
pub fn key(table: &Table, row: &[Value]) -> Vec<Value> {
    row.iter().take(table.keys).cloned().collect()
}

/// The expressions of the key.
fn keys(table: &Table) -> Vec<&'static str> {
    table.columns.iter().take(table.keys).map(|column| column.sql).collect()
}

/// The condition of a query, and the values for its places.
fn clause(table: &Table, selection: &Selection, after: Option<&[Value]>) -> (String, Vec<Value>) {
    let keys = keys(table);
    let mut values: Vec<Value> = Vec::new();
    let mut conditions: Vec<String> = Vec::new();
    if !table.only.is_empty() {
        conditions.push(table.only.to_owned());
    }
    let mut place = |value: Value| {
        values.push(value);
        format!("?{}", values.len())
    };
    for (expression, value) in &selection.equal {
        conditions.push(format!("{expression} = {}", place(value.clone())));
    }
    if let Some((from, to)) = selection.records {
        // The order is the key's; the sign keeps SQLite from ordering by another index instead.
        let record = table.record;
        let sign = if keys.contains(&record) { "" } else { "+" };
        let (from, to) = (place(Value::Integer(from)), place(Value::Integer(to)));
        conditions.push(format!("{sign}{record} >= {from} AND {sign}{record} < {to}"));
    }
    for (values, sign) in [(after, ">"), (selection.key.as_deref(), "=")] {
        if let Some(values) = values {
            let places: Vec<String> = values.iter().map(|value| place(value.clone())).collect();
            conditions.push(format!("({}) {sign} ({})", keys.join(", "), places.join(", ")));
        }
    }
    if conditions.is_empty() {
        return (String::new(), values);
    }
    (format!("WHERE {}", conditions.join(" AND ")), values)
}

/// Adds what SQL cannot read.
fn expand(expansion: Expansion, values: &mut Row) -> Result<(), IndexError> {
    if expansion == Expansion::None {
        return Ok(());
    }
    let place = values.iter().position(|value| matches!(value, Value::Blob(_)));
    let Some((place, Value::Blob(body))) = place.and_then(|it| Some((it, values.get(it)?))) else {
        return Ok(());
    };
    let movement: Movement = account::decode("a movement", body)?;
    let dates = movement.origin_dates;
    let words = [
        book_words::kind(&movement.kind).to_owned(),
        book_words::attribution(movement.basis).to_owned(),
        dates.oldest.to_string(),
        dates.newest.to_string(),
    ];
    values.truncate(place);
    values.extend(words.into_iter().map(Value::Text));
    Ok(())
}

/// A cursor behind a row: its key, for the next question.
///
/// # Errors
/// [`IndexError::Json`].
pub fn cursor(table: &Table, row: &[Value]) -> Result<String, IndexError> {
    let values: Vec<serde_json::Value> = key(table, row)
        .iter()
        .map(|value| match value {
            Value::Integer(number) => serde_json::Value::from(*number),
            Value::Text(text) => serde_json::Value::from(text.as_str()),
            _ => serde_json::Value::Null,
        })
        .collect();
    Ok(BASE64URL_NOPAD.encode(&serde_json::to_vec(&values)?))
}

/// The key in a cursor; none if it is not one of this table's.
pub fn parse_cursor(table: &Table, cursor: &str) -> Option<Vec<Value>> {
    if cursor.len() > CURSOR_CHARACTERS_MAX {
        return None;
    }
    let bytes = BASE64URL_NOPAD.decode(cursor.as_bytes()).ok()?;
    let values: Vec<serde_json::Value> = serde_json::from_slice(&bytes).ok()?;
    if values.len() != table.keys {
        return None;
    }
    let texts = values.iter().zip(table.columns).map(|(value, column)| match value {
        serde_json::Value::Number(number) if column.kind == Kind::Integer => {
            Some(Value::Integer(number.as_i64()?))
        }
        serde_json::Value::String(text) if column.kind != Kind::Integer => {
            Some(Value::Text(text.clone()))
        }
        _ => None,
    });
    texts.collect()
}

/// The records of a month by Beijing time: `2026-03`. None if it is not a month.
///
/// # Errors
/// [`IndexError::Database`].
pub fn month(connection: &Connection, text: &str) -> Result<Option<(i64, i64)>, IndexError> {
    let Some((from, to)) = month_ms(text) else { return Ok(None) };
    Ok(Some((first_record(connection, from)?, first_record(connection, to)?)))
}

/// When a month begins and when the next one does.
fn month_ms(text: &str) -> Option<(i64, i64)> {
    let (year, month) = text.split_once('-').filter(|(year, month)| {
        year.len() == 4 && month.len() == 2 && (year.bytes().chain(month.bytes())).all(is_digit)
    })?;
    let (year, month): (i32, u32) = (year.parse().ok()?, month.parse().ok()?);
    let begin = |year: i32, month: u32| {
        let day: minglian_ledger::date::Date = format!("{year:04}-{month:02}-01").parse().ok()?;
        i64::from(day.days()).checked_mul(86_400_000)?.checked_sub(8 * 3_600_000)
    };
    let next = if month == 12 { (year.checked_add(1)?, 1) } else { (year, month.checked_add(1)?) };
    Some((begin(year, month)?, begin(next.0, next.1)?))
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

/// The first record of a block at or after this time. Times grow with heights, so it is found by
/// halving.
fn first_record(connection: &Connection, time_ms: i64) -> Result<i64, IndexError> {
    let query = "SELECT max(height) FROM blocks";
    let last: Option<i64> = connection.prepare_cached(query)?.query_row([], |row| row.get(0))?;
    let (mut low, mut high) = (0, last.map_or(0, |last| last.saturating_add(1)));
    let mut at = connection.prepare_cached("SELECT time_ms FROM blocks WHERE height = ?1")?;
    while low < high {
        let middle = low + (high - low) / 2;
        let time: Option<i64> = at.query_row([middle], |row| row.get(0)).optional()?;
        if time.is_none_or(|time| time < time_ms) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    let query = "SELECT log_size FROM blocks WHERE height = ?1";
    let size = connection.prepare_cached(query)?.query_row([low - 1], |row| row.get(0));
    Ok(size.optional()?.unwrap_or(0))
}
