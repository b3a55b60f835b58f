//! Rows as a statement gives them.

use rusqlite::types::{FromSql, ValueRef};
use sqlx::postgres::PgRow;

use super::postgres::{self, Cursor};
use super::{Error, Result};

/// A row.
pub struct Row<'r>(Given<'r>);

enum Given<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r PgRow),
}

impl Row<'_> {
    /// The value of a column, counted from 0.
    ///
    /// # Errors
    /// [`Error::Column`] if it is of another type, or [`Error`].
    pub fn get<T: FromSql>(&self, column: usize) -> Result<T> {
        match self.0 {
            Given::Sqlite(row) => Ok(row.get(column)?),
            Given::Postgres(row) => {
                let value = postgres::value(row, column)?;
                let read = T::column_result(ValueRef::from(&value));
                read.map_err(|source| Error::Column { column, source })
            }
        }
    }

    /// Whether a column holds these bytes.
    ///
    /// # Errors
    /// [`Error`].
    pub fn is_blob(&self, column: usize, bytes: &[u8]) -> Result<bool> {
        match self.0 {
            Given::Sqlite(row) => Ok(row.get_ref(column)? == ValueRef::Blob(bytes)),
            Given::Postgres(row) => {
                let value = postgres::value(row, column)?;
                Ok(ValueRef::from(&value) == ValueRef::Blob(bytes))
            }
        }
    }
}

/// Rows, in their order.
pub struct Rows<'s>(Source<'s>);

enum Source<'s> {
    Sqlite(rusqlite::Rows<'s>),
    All(std::vec::IntoIter<PgRow>, Option<PgRow>),
    Batches(Cursor<'s>, Option<PgRow>),
}

impl<'s> Rows<'s> {
    pub(super) const fn sqlite(rows: rusqlite::Rows<'s>) -> Self {
        Self(Source::Sqlite(rows))
    }

    pub(super) fn all(rows: Vec<PgRow>) -> Self {
        Self(Source::All(rows.into_iter(), None))
    }

    pub(super) const fn batches(cursor: Cursor<'s>) -> Self {
        Self(Source::Batches(cursor, None))
    }

    /// The next one; none behind the last.
    ///
    /// # Errors
    /// [`Error`].
    #[expect(clippy::should_implement_trait, reason = "a row lives until the next is read")]
    pub fn next(&mut self) -> Result<Option<Row<'_>>> {
        let given = match &mut self.0 {
            Source::Sqlite(rows) => rows.next()?.map(Given::Sqlite),
            Source::All(rows, current) => {
                *current = rows.next();
                current.as_ref().map(Given::Postgres)
            }
            Source::Batches(cursor, current) => {
                *current = cursor.next()?;
                current.as_ref().map(Given::Postgres)
            }
        };
        Ok(given.map(Row))
    }
}

/// What was read from each row.
pub struct Mapped<'s, F> {
    rows: Rows<'s>,
    read: F,
}

impl<'s, F> Mapped<'s, F> {
    pub(super) const fn new(rows: Rows<'s>, read: F) -> Self {
        Self { rows, read }
    }
}

impl<T, F: FnMut(&Row<'_>) -> Result<T>> Iterator for Mapped<'_, F> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Result<T>> {
        match self.rows.next() {
            Ok(row) => row.map(|row| (self.read)(&row)),
            Err(error) => Some(Err(error)),
        }
    }
}
