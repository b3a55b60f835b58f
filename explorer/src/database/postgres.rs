//! The index on a PostgreSQL server.
//!
//! [`session`] keeps a connection and runs statements on it, [`dialect`] says the statements of
//! queries in PostgreSQL's words, and [`layout`] those that lay out tables and triggers. The few
//! functions of SQLite that queries use are laid beside the tables (`postgres/functions.sql`).

mod dialect;
mod layout;
mod session;

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::types::Oid;
use sqlx::postgres::{PgArgumentBuffer, PgArguments, PgRow, PgTypeInfo, PgValueRef};
use sqlx::{Arguments, Encode, Postgres, Row, Type, TypeInfo, ValueRef as _};
use tokio::runtime::{Builder, Runtime};

use super::{Error, Result, ToSql};
pub use session::{Cursor, Session};

/// How long a statement is waited for.
const ANSWER_TIMEOUT: Duration = Duration::from_mins(10);

/// What went wrong on the way to the server or there. Values are left out: a server quotes them in
/// the details of its errors.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// SQLSTATE; empty if the server said nothing.
    code: String,
    message: String,
    is_lost: bool,
}

impl Failure {
    fn lost(message: impl Into<String>) -> Self {
        Self { code: String::new(), message: message.into(), is_lost: true }
    }

    fn other(message: impl Into<String>) -> Self {
        Self { code: String::new(), message: message.into(), is_lost: false }
    }

    /// Whether the connection is gone.
    pub const fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// Whether somebody else holds a lock.
    fn is_locked(&self) -> bool {
        self.code == "55P03"
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Database(said) => {
                let code = said.code().unwrap_or_default().into_owned();
                // Connection exceptions, and a server that shuts down or starts.
                let is_lost = code.starts_with("08") || code.starts_with("57P");
                Self { code, message: said.message().to_owned(), is_lost }
            }
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => {
                Self::lost(error.to_string())
            }
            other => Self::other(other.to_string()),
        }
    }
}

/// A statement in PostgreSQL's words.
#[derive(Debug, Clone)]
pub struct Query(Arc<str>);

/// Waits for the server. The index is read on threads that may wait, and written on one of its own.
fn wait<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, Failure> {
    let _inside = runtime()?.enter();
    // Whoever waits may be run by another runtime, which would count our turns as its own.
    let work = tokio::task::unconstrained(tokio::time::timeout(ANSWER_TIMEOUT, work));
    match futures::executor::block_on(work) {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(Failure::lost("the server did not answer in ten minutes")),
    }
}

/// What looks after the sockets of all sessions.
fn runtime() -> Result<&'static Runtime, Failure> {
    static RUNTIME: OnceLock<std::io::Result<Runtime>> = OnceLock::new();
    let made = RUNTIME.get_or_init(|| {
        Builder::new_multi_thread().worker_threads(1).thread_name("postgres").enable_all().build()
    });
    made.as_ref().map_err(|error| Failure::other(error.to_string()))
}

/// NULL, of the type that its place asks for.
struct Untyped;

impl Type<Postgres> for Untyped {
    fn type_info() -> PgTypeInfo {
        // The type `unknown`.
        PgTypeInfo::with_oid(Oid(705))
    }
}

impl Encode<'_, Postgres> for Untyped {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

/// The values of a statement's places.
fn bound(values: &[&dyn ToSql]) -> Result<PgArguments> {
    let mut arguments = PgArguments::default();
    for value in values {
        let value = value.to_sql()?;
        let value = match &value {
            ToSqlOutput::Borrowed(value) => *value,
            ToSqlOutput::Owned(value) => ValueRef::from(value),
            _ => return Err(Failure::other("a value of a kind that the index has not").into()),
        };
        let added = match value {
            ValueRef::Null => arguments.add(Untyped),
            ValueRef::Integer(number) => arguments.add(number),
            ValueRef::Real(number) => arguments.add(number),
            ValueRef::Text(text) => match std::str::from_utf8(text) {
                Ok(text) => arguments.add(text),
                Err(error) => Err(error.into()),
            },
            ValueRef::Blob(bytes) => arguments.add(bytes),
        };
        added.map_err(|error| Failure::other(error.to_string()))?;
    }
    Ok(arguments)
}

/// What stands in a column.
pub(super) fn value(row: &PgRow, column: usize) -> Result<Value> {
    let read = || -> Result<Value, sqlx::Error> {
        let raw: PgValueRef<'_> = row.try_get_raw(column)?;
        if raw.is_null() {
            return Ok(Value::Null);
        }
        Ok(match raw.type_info().name() {
            "BOOL" => Value::Integer(row.try_get_unchecked::<bool, _>(column)?.into()),
            "INT2" => Value::Integer(row.try_get_unchecked::<i16, _>(column)?.into()),
            "INT4" => Value::Integer(row.try_get_unchecked::<i32, _>(column)?.into()),
            "INT8" => Value::Integer(row.try_get_unchecked(column)?),
            "FLOAT8" => Value::Real(row.try_get_unchecked(column)?),
            "BYTEA" => Value::Blob(row.try_get_unchecked(column)?),
            "TEXT" | "VARCHAR" | "NAME" => Value::Text(row.try_get_unchecked(column)?),
            other => return Err(sqlx::Error::Decode(format!("a column of type {other}").into())),
        })
    };
    read().map_err(|error| Error::Postgres(error.into()))
}
