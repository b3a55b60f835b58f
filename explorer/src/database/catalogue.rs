//! Which tables there are, and what they are made of.

use super::{Connection, Result, params};

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, by SQLite's name.
    pub kind: String,
    /// Its place in the key, from 1; 0 if it is not in it.
    pub key: i64,
}

const SQLITE_TABLES: &str = "SELECT name FROM main.sqlite_master \
                             WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";

const SERVER_TABLES: &str = "SELECT tablename::text COLLATE \"C\" FROM pg_tables \
                             WHERE schemaname = 'main' ORDER BY 1";

const SQLITE_COLUMNS: &str = "SELECT name, type, pk FROM pragma_table_info(?1, 'main')";

pub(super) const SERVER_COLUMNS: &str = "SELECT a.attname::text, \
     CASE a.atttypid WHEN 'bigint'::regtype THEN 'INTEGER' \
     WHEN 'bytea'::regtype THEN 'BLOB' ELSE 'TEXT' END, \
     coalesce(array_position(i.indkey::int2[], a.attnum) + 1, 0)::bigint \
     FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary \
     WHERE a.attrelid = to_regclass('main.' || quote_ident($1)) AND a.attnum > 0 \
     AND NOT a.attisdropped ORDER BY a.attnum";

/// The names of the tables, in order.
///
/// # Errors
/// [`super::Error`].
pub fn tables(connection: &Connection) -> Result<Vec<String>> {
    let query = if connection.is_server() { SERVER_TABLES } else { SQLITE_TABLES };
    let mut statement = connection.prepare_cached(query)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// The columns of a table; none if there is no such table.
///
/// # Errors
/// [`super::Error`].
pub fn columns(connection: &Connection, table: &str) -> Result<Vec<Column>> {
    let query = if connection.is_server() { SERVER_COLUMNS } else { SQLITE_COLUMNS };
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map(params![table], |row| {
        Ok(Column { name: row.get(0)?, kind: row.get(1)?, key: row.get(2)? })
    });
    rows?.collect()
}
