//! Filters of downloads and of the API, as they stand in an address.

use std::collections::BTreeMap;

use super::rows::{self, Selection};
use super::table::{Kind, Table};
use crate::database::Connection;
use crate::database::Value;
use crate::index::IndexError;

/// Longest value of a filter, in characters: the longest name on the ledger, with room.
pub const VALUE_CHARACTERS_MAX: usize = 170;

/// A filter that is not answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The table has no such filter.
    #[error("没有筛选项“{0}”")]
    Unknown(String),
    /// The value is nothing that the filter compares with.
    #[error("筛选项“{0}”的值有误")]
    Value(String),
}

/// Which rows the filters choose. Empty values are those of fields that were left empty.
///
/// # Errors
/// The inner error if the filters are not answered, the outer if the index cannot be read.
pub fn selection(
    connection: &Connection,
    table: &Table,
    filters: &BTreeMap<String, String>,
) -> Result<Result<Selection, AskError>, IndexError> {
    let mut selection = Selection::default();
    for (name, text) in filters.iter().filter(|(_, text)| !text.is_empty()) {
        let wrong = || AskError::Value(name.clone());
        if name == "month" && table.has_months() {
            let Some(records) = rows::month(connection, text)? else { return Ok(Err(wrong())) };
            selection.records = Some(records);
            continue;
        }
        let found = table.filters.iter().find(|(known, _)| known == name);
        let Some((_, expression)) = found else {
            return Ok(Err(AskError::Unknown(name.chars().take(64).collect())));
        };
        let value = fits(text).then(|| value(table, expression, text));
        let Some(value) = value.flatten() else { return Ok(Err(wrong())) };
        selection.equal.push((*expression, value));
    }
    Ok(Ok(selection))
}

fn fits(text: &str) -> bool {
    text.chars().nth(VALUE_CHARACTERS_MAX).is_none()
}

/// The value as the column of the expression has it.
fn value(table: &Table, expression: &str, text: &str) -> Option<Value> {
    let column = table.columns.iter().find(|column| column.sql == expression);
    match column.map(|column| column.kind) {
        Some(Kind::Integer) => text.parse().ok().map(Value::Integer),
        _ => Some(Value::Text(text.to_owned())),
    }
}

/// The key that stands in a path, part by part; none if it is no key of the table.
pub fn key(table: &Table, parts: &[String]) -> Option<Vec<Value>> {
    let fits = parts.len() == table.keys && parts.iter().all(|it| fits(it));
    let keys = table.columns.iter().zip(parts).filter(|_| fits);
    let keys: Option<Vec<Value>> =
        keys.map(|(column, part)| value(table, column.sql, part)).collect();
    keys.filter(|keys| keys.len() == table.keys)
}
