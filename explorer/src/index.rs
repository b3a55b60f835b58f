//! The index: what verified blocks said, laid out for pages. SQLite, one transaction per block.
//!
//! [`Writer`] is the one connection that writes; [`Reader`] gives out connections that only read,
//! each in one transaction, so that a page never mixes two heights.

pub mod account;
pub mod act;
pub mod band;
pub mod certified;
pub mod charity;
pub mod crossing;
pub mod history;
pub mod log;
pub mod lottery;
pub mod mirror;
pub mod movement;
pub mod names;
pub mod obligation;
pub mod oversight;
pub mod proof;
pub mod read;
pub mod state;
pub mod totals;
pub mod trace;
pub mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use history::Kept;
use minglian_contracts::context::RULES_VERSION;
use minglian_ledger::hash::GenesisHash;
use minglian_ledger::height::Height;
use minglian_ledger::state::{MemoryState, StateError};
use rusqlite::{Connection, OpenFlags, OptionalExtension};

/// The layout of the tables and how they are filled. An index of another form is built anew.
pub const FORMAT: u32 = 9;

/// How long a statement waits for the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements that a connection keeps ready: more than writing a block uses, or pages have.
const STATEMENTS_KEPT: usize = 256;

/// Memory of the connection that writes, in KiB. A block changes more pages than the 2 MiB hold
/// that SQLite takes by itself, which would then be written several times.
const WRITER_CACHE_KIB: i64 = 64 * 1024;

/// Memory of each connection that reads, in KiB.
const READER_CACHE_KIB: i64 = 8 * 1024;

/// Most idle connections kept for readers.
const IDLE_CONNECTIONS_MAX: usize = 8;

/// Why the index cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The database.
    #[error("the index: {0}")]
    Database(#[from] rusqlite::Error),
    /// An entry of the index does not decode: it is not what this program wrote.
    #[error("the index holds {what} that does not decode: {source}")]
    Damaged {
        /// Which entry.
        what: &'static str,
        /// What the decoder says.
        source: std::io::Error,
    },
    /// The replica's state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// A value that cannot be written as JSON.
    #[error("a record as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A figure beyond what the database counts.
    #[error("{what} {value} is larger than the index counts")]
    TooLarge {
        /// Which figure.
        what: &'static str,
        /// Its value.
        value: u64,
    },
    /// The log's tree has a hole: it is not what this program wrote.
    #[error("the index lacks hash {index} of level {level} of the log")]
    LogHole {
        /// The level of tiles.
        level: u8,
        /// The position in it.
        index: u64,
    },
    /// An act names a proposal that the index does not know.
    #[error("proposal {0} is not in the index")]
    ProposalMissing(String),
}

/// A figure as the database stores it.
pub(crate) fn stored(what: &'static str, value: u64) -> Result<i64, IndexError> {
    i64::try_from(value).map_err(|_| IndexError::TooLarge { what, value })
}

/// A figure as the database gave it; it never stores a negative one.
pub(crate) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// What an index is of: its layout, the rules that its state was executed by, and its chain.
fn identity(genesis: &GenesisHash) -> String {
    format!("{FORMAT} {RULES_VERSION} {genesis}")
}

/// Writes the index.
#[derive(Debug)]
pub struct Writer {
    pub(crate) connection: Connection,
    /// How far the ledger is known to go.
    pub(crate) target: Height,
    /// For how many heights every row is kept.
    pub(crate) kept_heights: u64,
    /// Whether files of the database may still hold names that its tables do not.
    pub(crate) unscrubbed: bool,
}

impl Writer {
    /// Opens or creates the index of the chain with this genesis. An index of another chain, layout
    /// or version of the rules is emptied: it is derived, and is built anew; blocks of other rules
    /// are refused then.
    ///
    /// # Errors
    /// [`IndexError`] if the file is not a database or cannot be written.
    pub fn open(path: &Path, genesis: &GenesisHash) -> Result<Self, IndexError> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        connection.pragma_update(None, "cache_size", -WRITER_CACHE_KIB)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // Derived data: after a power cut the last blocks are indexed again.
        connection.pragma_update(None, "synchronous", "NORMAL")?;
        // So that what keeps earlier rows sees those that are replaced.
        connection.pragma_update(None, "recursive_triggers", true)?;
        // A name that is deleted is overwritten, not only left out.
        connection.pragma_update(None, "secure_delete", true)?;
        let (target, kept_heights) = (Height::GENESIS, history::KEPT_HEIGHTS);
        let mut writer = Self { connection, target, kept_heights, unscrubbed: false };
        if writer.identity()?.as_deref() != Some(&identity(genesis)) {
            writer.reset(genesis)?;
        }
        writer.forget_names()?;
        Ok(writer)
    }

    /// Says how far the ledger goes: of blocks far below, less is kept.
    pub fn expect(&mut self, target: Height) {
        self.target = target;
    }

    /// For how many of the last heights every row is kept, from now on.
    pub fn keep(&mut self, heights: u64) {
        self.kept_heights = heights;
    }

    fn identity(&self) -> Result<Option<String>, IndexError> {
        let query = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'";
        let tables: i64 = self.connection.query_row(query, [], |row| row.get(0))?;
        if tables == 0 {
            return Ok(None);
        }
        let query = "SELECT value FROM meta WHERE key = 'identity'";
        Ok(self.connection.query_row(query, [], |row| row.get(0)).optional()?)
    }

    /// Empties the index.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn reset(&mut self, genesis: &GenesisHash) -> Result<(), IndexError> {
        let transaction = self.connection.transaction()?;
        let tables: Vec<String> = {
            let query = "SELECT name FROM sqlite_master \
                         WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
            let mut statement = transaction.prepare(query)?;
            let names = statement.query_map([], |row| row.get(0))?;
            names.collect::<Result<_, _>>()?
        };
        for table in tables {
            transaction.execute(&format!("DROP TABLE \"{}\"", table.replace('"', "\"\"")), [])?;
        }
        transaction.execute_batch(include_str!("index/schema.sql"))?;
        transaction.execute_batch(include_str!("index/search.sql"))?;
        history::lay(&transaction)?;
        let identity = identity(genesis);
        transaction.execute("INSERT INTO meta VALUES ('identity', ?1)", [identity])?;
        transaction.commit()?;
        self.unscrubbed = true;
        Ok(())
    }

    /// The last indexed height; `None` before genesis.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn height(&self) -> Result<Option<Height>, IndexError> {
        let query = "SELECT max(height) FROM blocks";
        let height: Option<i64> = self.connection.query_row(query, [], |row| row.get(0))?;
        Ok(height.map(|height| Height(count(height))))
    }

    /// Whether the index keeps this state, byte for byte.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn holds_state(&self, state: &MemoryState) -> Result<bool, IndexError> {
        mirror::holds(&self.connection, state)
    }

    /// The name of the indexed block at `height`.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn block_id(&self, height: Height) -> Result<Option<String>, IndexError> {
        let query = "SELECT block_id FROM blocks WHERE height = ?1";
        let height = stored("a height", height.0)?;
        Ok(self.connection.query_row(query, [height], |row| row.get(0)).optional()?)
    }
}

/// Writes a copy of the index at `path` to `copy`, of one height, also while it is written. What
/// the copy holds is the word of whoever made it until it was verified again (docs/explorer.md).
/// Names of donors are not in it: no order would reach them there.
///
/// # Errors
/// [`IndexError::Database`] if the copy exists or cannot be written.
pub fn snapshot(path: &Path, copy: &Path) -> Result<read::Head, IndexError> {
    let open = |path: &Path| {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        Ok::<_, IndexError>(connection)
    };
    open(path)?.execute("VACUUM INTO ?1", [copy.to_string_lossy()])?;
    let copied = Connection::open(copy)?;
    copied.pragma_update(None, "journal_mode", "MEMORY")?;
    copied.pragma_update(None, "secure_delete", true)?;
    copied.execute("DELETE FROM donor_names", [])?;
    drop(copied);
    read::head(&open(copy)?)
}

/// Gives out connections that only read.
#[derive(Debug, Clone)]
pub struct Reader {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Connection>>>,
    /// Those with views of earlier heights.
    pinned: Arc<Mutex<Vec<Connection>>>,
}

impl Reader {
    /// Reads the index at `path`, which [`Writer::open`] has created.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), idle: Arc::default(), pinned: Arc::default() }
    }

    /// As [`Reader::read`], with every table as it was at `height`, if `accept` takes what is kept
    /// of it; rows that change are the newest where it is not kept.
    ///
    /// # Errors
    /// What `accept` or `work` reports, or [`IndexError`] as the caller's error.
    pub fn read_at<T, E: From<IndexError>>(
        &self,
        height: i64,
        accept: impl FnOnce(&Kept) -> Result<(), E>,
        work: impl FnOnce(&Connection, &Kept) -> Result<T, E>,
    ) -> Result<T, E> {
        let idle = self.pinned.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut connection = match idle {
            Some(connection) => connection,
            None => {
                let connection = self.connection()?;
                history::overlay(&connection)?;
                connection
            }
        };
        let result = {
            let transaction =
                connection.transaction().map_err(|error| E::from(IndexError::from(error)))?;
            let kept = Kept::around(&transaction, height)?;
            accept(&kept)?;
            history::pin(&transaction, height, &kept)?;
            work(&transaction, &kept)?
        };
        let mut idle = self.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_CONNECTIONS_MAX {
            idle.push(connection);
        }
        Ok(result)
    }

    /// Runs `work` in one read transaction. Blocks the thread.
    ///
    /// # Errors
    /// What `work` reports, or [`IndexError::Database`] as the caller's error.
    pub fn read<T, E: From<IndexError>>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.connection()?;
        let result = {
            let transaction =
                connection.transaction().map_err(|error| E::from(IndexError::from(error)))?;
            work(&transaction)?
        };
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_CONNECTIONS_MAX {
            idle.push(connection);
        }
        Ok(result)
    }

    fn connection(&self) -> Result<Connection, IndexError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        connection.pragma_update(None, "cache_size", -READER_CACHE_KIB)?;
        Ok(connection)
    }
}
