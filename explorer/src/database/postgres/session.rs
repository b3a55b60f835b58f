//! A connection to the server, made anew after it was lost.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::io::ErrorKind;
use std::time::Duration;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor};

use super::super::catalogue::{Column, SERVER_COLUMNS};
use super::super::place::Address;
use super::super::{Access, Error, Result, ToSql};
use super::{Failure, Query, bound, dialect, layout, value, wait};

/// Statements that a session keeps compiled: more than pages and files have.
const STATEMENTS_MAX: usize = 1_024;

/// Rows that a cursor gives at a time.
const BATCH_ROWS: usize = 500;

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a writer waits for the one before it to end.
const WRITER_TIMEOUT: &str = "5s";

/// Names the lock that the one writer holds: `minglian` in ASCII.
const WRITER_LOCK: i64 = 0x6d69_6e67_6c69_616e;

/// What every session begins with. Statements of pages are too short for what compiling costs.
const SETTINGS: &str = "SET jit = off; SET client_min_messages = warning";

/// A session.
pub struct Session {
    address: Address,
    access: Access,
    connection: RefCell<Option<PgConnection>>,
    /// Whether a transaction runs, and whether a statement in it failed.
    is_within: Cell<bool>,
    is_failed: Cell<bool>,
    translated: RefCell<BTreeMap<String, Query>>,
    cursors: Cell<u64>,
}

impl fmt::Debug for Session {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Session").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Session {
    /// Connects.
    pub fn open(address: Address, access: Access) -> Result<Self> {
        let session = Self {
            address,
            access,
            connection: RefCell::default(),
            is_within: Cell::default(),
            is_failed: Cell::default(),
            translated: RefCell::default(),
            cursors: Cell::default(),
        };
        *session.connection.borrow_mut() = Some(session.connect()?);
        Ok(session)
    }

    fn connect(&self) -> Result<PgConnection> {
        let options = self.address.options().clone();
        let options = options
            .application_name("minglian-explorer")
            .statement_cache_capacity(STATEMENTS_MAX)
            .disable_statement_logging();
        let connect = async {
            match tokio::time::timeout(CONNECT_TIMEOUT, options.connect()).await {
                Ok(connected) => connected,
                Err(_) => Err(sqlx::Error::Io(ErrorKind::TimedOut.into())),
            }
        };
        let mut connection = wait(connect)?;
        let settings = format!("{SETTINGS}; SET search_path = {}", self.schemas());
        wait(connection.execute(sqlx::raw_sql(AssertSqlSafe(settings))))?;
        if self.access == Access::Write {
            let lock = format!(
                "SET lock_timeout = '{WRITER_TIMEOUT}'; SELECT pg_advisory_lock({WRITER_LOCK}); \
                 SET lock_timeout = 0"
            );
            match wait(connection.execute(sqlx::raw_sql(AssertSqlSafe(lock)))) {
                Err(failure) if failure.is_locked() => return Err(Error::Written),
                locked => locked?,
            };
        }
        Ok(connection)
    }

    /// Where names of tables are looked for.
    const fn schemas(&self) -> &'static str {
        match self.access {
            Access::Write => "main, pg_catalog",
            Access::Read => "reading, main, pg_catalog",
        }
    }

    /// Asks the server. A connection that was lost is made anew, but not within a transaction.
    fn ask<T>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error>,
    ) -> Result<T> {
        let mut slot = self.connection.borrow_mut();
        let connection = match &mut *slot {
            Some(connection) => connection,
            None if self.is_within.get() => return Err(Failure::lost("it went away").into()),
            empty => empty.insert(self.connect()?),
        };
        let answer = wait(work(connection));
        if let Err(failure) = &answer {
            self.is_failed.set(true);
            if failure.is_lost() {
                *slot = None;
            }
        }
        Ok(answer?)
    }

    /// Runs statements that have no values.
    fn run(&self, statements: &str) -> Result<()> {
        self.ask(async |connection| {
            connection.execute(sqlx::raw_sql(AssertSqlSafe(statements))).await.map(|_| ())
        })
    }

    /// Begins a transaction; a reader's is of one moment.
    pub fn begin(&self) -> Result<()> {
        let begin = match self.access {
            Access::Write => "BEGIN",
            Access::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let was_open = self.connection.borrow().is_some();
        match self.run(begin) {
            // It was lost while nobody asked.
            Err(error) if was_open && error.is_lost() => self.run(begin)?,
            begun => begun?,
        }
        self.is_within.set(true);
        self.is_failed.set(false);
        Ok(())
    }

    /// Ends a transaction for good.
    pub fn commit(&self) -> Result<()> {
        if self.is_failed.get() {
            // The server would undo it and report no error.
            return Err(Failure::other("a statement of this transaction failed").into());
        }
        let done = self.run("COMMIT");
        self.is_within.set(false);
        done
    }

    /// Undoes the transaction, if one runs.
    pub fn roll_back(&self) -> Result<()> {
        if !self.is_within.replace(false) || self.connection.borrow().is_none() {
            return Ok(());
        }
        let done = self.run("ROLLBACK");
        if done.is_err() {
            *self.connection.borrow_mut() = None;
        }
        done
    }

    /// A statement in the server's words.
    pub fn translated(&self, query: &str) -> Result<Query> {
        if let Some(known) = self.translated.borrow().get(query) {
            return Ok(known.clone());
        }
        let text = match dialect::replaced_table(query) {
            Some(table) => dialect::replace(query, &self.columns(table)?),
            None => dialect::statement(query),
        };
        let translated = Query(text.into());
        let mut known = self.translated.borrow_mut();
        if known.len() >= STATEMENTS_MAX {
            known.clear();
        }
        known.insert(query.to_owned(), translated.clone());
        Ok(translated)
    }

    fn columns(&self, table: &str) -> Result<Vec<Column>> {
        let rows = self.fetch(&Query(SERVER_COLUMNS.into()), &[&table])?;
        let column = |row: &PgRow| {
            let text = |at| -> Result<String> {
                Ok(match value(row, at)? {
                    super::Value::Text(text) => text,
                    _ => String::new(),
                })
            };
            let key = match value(row, 2)? {
                super::Value::Integer(place) => place,
                _ => 0,
            };
            Ok(Column { name: text(0)?, kind: text(1)?, key })
        };
        rows.iter().map(column).collect()
    }

    /// How many rows a statement changed.
    pub fn execute(&self, query: &Query, values: &[&dyn ToSql]) -> Result<usize> {
        let values = bound(values)?;
        let statement = sqlx::query_with(AssertSqlSafe(query.0.clone()), values);
        let done = self.ask(async |connection| connection.execute(statement).await)?;
        Ok(usize::try_from(done.rows_affected()).unwrap_or(usize::MAX))
    }

    /// All rows of a statement.
    pub fn fetch(&self, query: &Query, values: &[&dyn ToSql]) -> Result<Vec<PgRow>> {
        let values = bound(values)?;
        let statement = sqlx::query_with(AssertSqlSafe(query.0.clone()), values);
        self.ask(async |connection| statement.fetch_all(connection).await)
    }

    /// The rows of a statement, some at a time, within the transaction that runs.
    pub fn cursor(&self, query: &Query, values: &[&dyn ToSql]) -> Result<Cursor<'_>> {
        let number = self.cursors.get().wrapping_add(1);
        self.cursors.set(number);
        let text = format!("DECLARE rows_{number} NO SCROLL CURSOR FOR {}", query.0);
        let statement = sqlx::query_with(AssertSqlSafe(text), bound(values)?).persistent(false);
        self.ask(async |connection| connection.execute(statement).await)?;
        let fetch = Query(format!("FETCH {BATCH_ROWS} FROM rows_{number}").into());
        Ok(Cursor { session: self, fetch, rows: Vec::new().into_iter(), is_done: false })
    }

    /// Lays out what the SQL of SQLite says.
    pub fn lay_out(&self, statements: &str) -> Result<()> {
        for statement in layout::statements(statements) {
            self.run(&statement)?;
        }
        Ok(())
    }

    /// Drops everything, and lays the functions that queries use.
    pub fn empty(&self) -> Result<()> {
        self.run(include_str!("functions.sql"))
    }

    /// Lays what readers see in place of tables.
    pub fn lay_reading(&self) -> Result<()> {
        self.run(include_str!("reading.sql"))
    }

    /// Writes a table anew, so that no file holds what was deleted from it. It is of those that the
    /// server does not log.
    pub fn scrub(&self, table: &str) -> Result<bool> {
        let anew = format!(
            "BEGIN; LOCK TABLE main.{table} IN ACCESS EXCLUSIVE MODE NOWAIT; \
             CREATE TEMP TABLE kept_rows ON COMMIT DROP AS TABLE main.{table}; \
             TRUNCATE main.{table}; INSERT INTO main.{table} TABLE kept_rows; COMMIT"
        );
        let Err(error) = self.run(&anew) else { return Ok(true) };
        if !error.is_lost() {
            self.run("ROLLBACK")?;
        }
        match &error {
            Error::Postgres(failure) if failure.is_locked() => Ok(false),
            _ => Err(error),
        }
    }

    /// Notes the time until which readers see names.
    pub fn attend(&self) -> Result<()> {
        self.run(
            "INSERT INTO reading.attended VALUES (1, now() + interval '1 minute') \
             ON CONFLICT (one) DO UPDATE SET until = excluded.until",
        )
    }

    /// Lets every table be the view of it in the schema `pinned`, which these settings choose.
    pub fn pin(&self, settings: &[(&str, i64)]) -> Result<()> {
        let mut query = format!("SET LOCAL search_path = pinned, {}", self.schemas());
        for (name, value) in settings {
            query.push_str(&format!("; SET LOCAL minglian.{name} = {value}"));
        }
        self.run(&query)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // The server ends the session, and lets go of the writer's lock, when it hears of it.
        if let Err(error) = wait(connection.close()) {
            tracing::debug!(%error, "a session of PostgreSQL was not closed");
        }
    }
}

/// Rows that come in batches. It ends with its transaction.
pub struct Cursor<'s> {
    session: &'s Session,
    fetch: Query,
    rows: std::vec::IntoIter<PgRow>,
    is_done: bool,
}

impl Cursor<'_> {
    /// The next row.
    pub fn next(&mut self) -> Result<Option<PgRow>> {
        if let Some(row) = self.rows.next() {
            return Ok(Some(row));
        }
        if self.is_done {
            return Ok(None);
        }
        let statement = sqlx::query(AssertSqlSafe(self.fetch.0.clone())).persistent(false);
        let rows = self.session.ask(async |it| statement.fetch_all(it).await)?;
        self.is_done = rows.len() < BATCH_ROWS;
        self.rows = rows.into_iter();
        Ok(self.rows.next())
    }
}
