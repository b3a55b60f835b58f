//! The database that holds the index: a SQLite file, or a PostgreSQL server that many explorers
//! read.
//!
//! Whoever queries the index sees one [`Connection`] with the shape of rusqlite's, and writes one
//! text of SQL, which is SQLite's where the two differ; `postgres/` says it in PostgreSQL's words.
//! Values are rusqlite's on both sides.

pub mod catalogue;
pub mod place;
mod postgres;
pub mod row;
mod sqlite;
mod transaction;
pub mod turns;
mod values;

pub use rusqlite::types::Value;
pub use rusqlite::{ToSql, params};

use place::Place;
use postgres::Session;
pub use row::{Mapped, Row, Rows};
pub use transaction::Transaction;
pub use values::{Params, ParamsFromIter, params_from_iter};

/// What a statement came to.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a statement came to nothing. None of them holds a value of a statement or of a row.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no row where one is asked for.
    #[error("no such row")]
    NoRow,
    /// SQLite.
    #[error(transparent)]
    Sqlite(rusqlite::Error),
    /// PostgreSQL.
    #[error("PostgreSQL: {0}")]
    Postgres(#[from] postgres::Failure),
    /// A value is not of the type that is asked for.
    #[error("column {column}: {source}")]
    Column {
        /// Which, counted from 0.
        column: usize,
        /// What is wrong with it.
        source: rusqlite::types::FromSqlError,
    },
    /// Another explorer writes this index.
    #[error("another explorer writes this index; only one can, and others take --read-only")]
    Written,
    /// Only a file can do this.
    #[error("{0}")]
    FileOnly(&'static str),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::QueryReturnedNoRows => Self::NoRow,
            other => Self::Sqlite(other),
        }
    }
}

impl Error {
    /// Whether the server went away, or somebody else writes since: what was asked may have
    /// happened, and may be asked again.
    pub const fn is_lost(&self) -> bool {
        match self {
            Self::Postgres(failure) => failure.is_lost(),
            Self::Written => true,
            _ => false,
        }
    }
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To write: the only one that may.
    Write,
    /// To read.
    Read,
}

/// Tells a row that is not there from what went wrong.
pub trait OptionalExtension<T> {
    /// None for [`Error::NoRow`].
    ///
    /// # Errors
    /// Any other error.
    fn optional(self) -> Result<Option<T>>;
}

impl<T> OptionalExtension<T> for Result<T> {
    fn optional(self) -> Result<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(Error::NoRow) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A connection. Blocks the thread that asks it.
#[derive(Debug)]
pub struct Connection(Server);

#[derive(Debug)]
enum Server {
    Sqlite(rusqlite::Connection),
    Postgres(Session),
}

impl Connection {
    /// Connects to where the index lies.
    ///
    /// # Errors
    /// [`Error`]; [`Error::Written`] if another explorer writes it.
    pub fn open(place: &Place, access: Access) -> Result<Self> {
        Ok(Self(match place {
            Place::File(path) => Server::Sqlite(sqlite::open(path, access)?),
            Place::Server(address) => Server::Postgres(Session::open(address.clone(), access)?),
        }))
    }

    /// Begins a transaction, which is undone when it is dropped.
    ///
    /// # Errors
    /// [`Error`].
    pub fn transaction(&mut self) -> Result<Transaction<'_>> {
        self.begin()?;
        Ok(Transaction::over(self))
    }

    /// Begins a transaction that goes on until it is ended or undone.
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) fn begin(&self) -> Result<()> {
        match &self.0 {
            Server::Sqlite(connection) => Ok(connection.execute_batch("BEGIN DEFERRED")?),
            Server::Postgres(session) => session.begin(),
        }
    }

    /// Ends a transaction for good.
    ///
    /// # Errors
    /// [`Error`]; nothing has happened then, unless the server went away.
    pub(crate) fn commit(&self) -> Result<()> {
        match &self.0 {
            Server::Sqlite(connection) => Ok(connection.execute_batch("COMMIT")?),
            Server::Postgres(session) => session.commit(),
        }
    }

    /// Undoes a transaction, if one runs.
    pub(crate) fn roll_back(&self) -> Result<()> {
        match &self.0 {
            Server::Sqlite(connection) if connection.is_autocommit() => Ok(()),
            Server::Sqlite(connection) => Ok(connection.execute_batch("ROLLBACK")?),
            Server::Postgres(session) => session.roll_back(),
        }
    }

    /// Whether a server keeps the index, for what cannot be said in one text.
    pub(crate) const fn is_server(&self) -> bool {
        matches!(self.0, Server::Postgres(_))
    }

    /// A statement that is compiled once while it stays in use.
    ///
    /// # Errors
    /// [`Error`]; PostgreSQL reports a bad statement when it runs.
    pub fn prepare_cached(&self, query: &str) -> Result<Statement<'_>> {
        Ok(Statement(match &self.0 {
            Server::Sqlite(connection) => Asked::Sqlite(connection.prepare_cached(query)?),
            Server::Postgres(session) => Asked::Postgres(session, session.translated(query)?),
        }))
    }

    /// Runs a statement; how many rows it changed.
    ///
    /// # Errors
    /// [`Error`].
    pub fn execute(&self, query: &str, values: impl Params) -> Result<usize> {
        match &self.0 {
            Server::Sqlite(it) => values.with(|values| Ok(it.execute(query, values)?)),
            Server::Postgres(session) => {
                let query = session.translated(query)?;
                values.with(|values| session.execute(&query, values))
            }
        }
    }

    /// Reads the first row.
    ///
    /// # Errors
    /// [`Error::NoRow`] if there is none, or [`Error`].
    pub fn query_row<T>(
        &self,
        query: &str,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.prepare_cached(query)?.query_row(values, read)
    }

    /// Brings to the disk what was committed. A server has done so already.
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) fn settle(&self) -> Result<()> {
        match &self.0 {
            Server::Sqlite(connection) => sqlite::settle(connection),
            Server::Postgres(_) => Ok(()),
        }
    }

    /// Drops all tables.
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) fn empty(&self) -> Result<()> {
        match &self.0 {
            Server::Sqlite(connection) => sqlite::empty(connection, &catalogue::tables(self)?),
            Server::Postgres(session) => session.empty(),
        }
    }

    /// Runs statements that lay out tables, views and triggers.
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) fn lay_out(&self, statements: &str) -> Result<()> {
        match &self.0 {
            Server::Sqlite(connection) => Ok(connection.execute_batch(statements)?),
            Server::Postgres(session) => session.lay_out(statements),
        }
    }

    /// Lays what a server's readers see in place of tables.
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) fn lay_reading(&self) -> Result<()> {
        match &self.0 {
            Server::Sqlite(_) => Ok(()),
            Server::Postgres(session) => session.lay_reading(),
        }
    }

    /// Overwrites what was deleted from a table, as far as the files of the database go; whether it
    /// is done. Readers are not waited for: it is tried again.
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) fn scrub(&self, table: &str) -> Result<bool> {
        match &self.0 {
            Server::Sqlite(connection) => sqlite::scrub(connection),
            Server::Postgres(session) => session.scrub(table),
        }
    }

    /// Says that who writes hears of orders to erase names. A server's readers see names only for a
    /// minute after it was said.
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) fn attend(&self) -> Result<()> {
        match &self.0 {
            Server::Sqlite(_) => Ok(()),
            Server::Postgres(session) => session.attend(),
        }
    }

    /// Makes a server's tables those of an earlier height, until the transaction ends
    /// (`index/history.rs`).
    ///
    /// # Errors
    /// [`Error`].
    pub(crate) fn pin_server(&self, settings: &[(&str, i64)]) -> Result<()> {
        match &self.0 {
            Server::Sqlite(_) => Ok(()),
            Server::Postgres(session) => session.pin(settings),
        }
    }
}

/// Copies a file of an index.
///
/// # Errors
/// [`Error::FileOnly`] where a server keeps it, or [`Error`].
pub fn copy(place: &Place, copy: &std::path::Path) -> Result<()> {
    match place {
        Place::File(path) => sqlite::copy(path, copy),
        Place::Server(_) => Err(Error::FileOnly(
            "a copy is made of a file: PostgreSQL has pg_dump, and an explorer with --index FILE \
             builds a file from the genesis",
        )),
    }
}

/// A statement with places for values.
pub struct Statement<'c>(Asked<'c>);

enum Asked<'c> {
    Sqlite(rusqlite::CachedStatement<'c>),
    Postgres(&'c Session, postgres::Query),
}

impl Statement<'_> {
    /// Runs it; how many rows it changed.
    ///
    /// # Errors
    /// [`Error`].
    pub fn execute(&mut self, values: impl Params) -> Result<usize> {
        match &mut self.0 {
            Asked::Sqlite(statement) => values.with(|values| Ok(statement.execute(values)?)),
            Asked::Postgres(session, query) => values.with(|values| session.execute(query, values)),
        }
    }

    /// Its rows. A server gives all of them at once: see [`Statement::stream`].
    ///
    /// # Errors
    /// [`Error`].
    pub fn query(&mut self, values: impl Params) -> Result<Rows<'_>> {
        Ok(match &mut self.0 {
            Asked::Sqlite(statement) => Rows::sqlite(values.with(move |it| statement.query(it))?),
            Asked::Postgres(session, query) => {
                Rows::all(values.with(|values| session.fetch(query, values))?)
            }
        })
    }

    /// Its rows, of which a server gives some at a time; only within a transaction.
    ///
    /// # Errors
    /// [`Error`].
    pub fn stream(&mut self, values: impl Params) -> Result<Rows<'_>> {
        Ok(match &mut self.0 {
            Asked::Sqlite(statement) => Rows::sqlite(values.with(move |it| statement.query(it))?),
            Asked::Postgres(session, query) => {
                Rows::batches(values.with(|values| session.cursor(query, values))?)
            }
        })
    }

    /// Reads its first row.
    ///
    /// # Errors
    /// [`Error::NoRow`] if there is none, or [`Error`].
    pub fn query_row<T>(
        &mut self,
        values: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        match self.query(values)?.next()? {
            Some(row) => read(&row),
            None => Err(Error::NoRow),
        }
    }

    /// Reads its rows one by one.
    ///
    /// # Errors
    /// [`Error`].
    pub fn query_map<T, F>(&mut self, values: impl Params, read: F) -> Result<Mapped<'_, F>>
    where
        F: FnMut(&Row<'_>) -> Result<T>,
    {
        Ok(Mapped::new(self.query(values)?, read))
    }
}
