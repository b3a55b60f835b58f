//! The index: what verified blocks said, laid out for pages, in one transaction per block, or for
//! several while a ledger is caught up with; in a SQLite file, or on a PostgreSQL server
//! ([`crate::database`]).
//!
//! [`Writer`] is the one connection that writes; [`Reader`] gives out connections that only read,
//! each in one transaction, so that a page never mixes two heights.

pub mod account;
pub mod act;
pub mod band;
mod batch;
pub mod certified;
pub mod charity;
pub mod crossing;
pub mod history;
pub mod kept;
pub mod log;
pub mod lottery;
pub mod mirror;
pub mod movement;
pub mod names;
pub mod obligation;
pub mod oversight;
mod posting;
pub mod proof;
pub mod read;
pub mod state;
pub mod totals;
pub mod trace;
pub mod write;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use batch::Batch;
use history::Kept;
use minglian_contracts::context::RULES_VERSION;
use minglian_ledger::hash::GenesisHash;
use minglian_ledger::height::Height;
use minglian_ledger::state::{StateError, StateRead};

use crate::database::place::Place;
use crate::database::turns::{Turn, Turns};
use crate::database::{self, Access, Connection, OptionalExtension, catalogue};

/// The layout of the tables and how they are filled. An index of another form is built anew.
pub const FORMAT: u32 = 11;

/// Most idle connections kept for readers.
const IDLE_CONNECTIONS_MAX: usize = 8;

/// Why the index cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The database.
    #[error("the index: {0}")]
    Database(#[from] database::Error),
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
    /// A block that does not follow the last one: blocks between them were undone.
    #[error("block {found} does not follow {last}, with which the index ends")]
    Gap {
        /// The last indexed height.
        last: i64,
        /// The block's.
        found: Height,
    },
    /// An act names a proposal that the index does not know.
    #[error("proposal {0} is not in the index")]
    ProposalMissing(String),
    /// It is only read here, and whoever writes it has written nothing that belongs to this chain.
    #[error(
        "the index at {0} is not one of this chain and this version: the explorer that writes it \
         starts first"
    )]
    NotWritten(String),
}

impl IndexError {
    /// Whether less may be written than was entered: the server of the index went away, or blocks
    /// were undone.
    pub const fn is_lost(&self) -> bool {
        match self {
            Self::Database(error) => error.is_lost(),
            Self::Gap { .. } => true,
            _ => false,
        }
    }
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
    access: Access,
    /// How far the ledger is known to go.
    pub(crate) target: Height,
    /// For how many heights every row is kept.
    pub(crate) kept_heights: u64,
    /// Whether files of the database may still hold names that its tables do not.
    pub(crate) unscrubbed: bool,
    /// The blocks that are entered and not committed.
    batch: Batch,
}

impl Writer {
    /// Opens or creates the index of the chain with this genesis. An index of another chain, layout
    /// or version of the rules is emptied: it is derived, and is built anew; blocks of other rules
    /// are refused then.
    ///
    /// # Errors
    /// [`IndexError`] if the file is not a database or cannot be written.
    pub fn open(place: impl Into<Place>, genesis: &GenesisHash) -> Result<Self, IndexError> {
        let mut writer = Self::on(Connection::open(&place.into(), Access::Write)?, Access::Write);
        if writer.identity()?.as_deref() != Some(&identity(genesis)) {
            writer.reset(genesis)?;
        }
        writer.forget_names()?;
        Ok(writer)
    }

    /// Looks at the index of the chain with this genesis, which another explorer writes.
    ///
    /// # Errors
    /// [`IndexError::NotWritten`] if there is none, or [`IndexError::Database`].
    pub fn watch(place: impl Into<Place>, genesis: &GenesisHash) -> Result<Self, IndexError> {
        let place = place.into();
        let watched = Self::on(Connection::open(&place, Access::Read)?, Access::Read);
        match watched.identity()?.as_deref() == Some(&identity(genesis)) {
            true => Ok(watched),
            false => Err(IndexError::NotWritten(place.to_string())),
        }
    }

    fn on(connection: Connection, access: Access) -> Self {
        let (target, kept_heights) = (Height::GENESIS, history::KEPT_HEIGHTS);
        let batch = Batch::default();
        Self { connection, access, target, kept_heights, unscrubbed: false, batch }
    }

    /// Whether another explorer writes this index.
    pub fn only_watches(&self) -> bool {
        self.access == Access::Read
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
        if catalogue::columns(&self.connection, "meta")?.is_empty() {
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
        let transaction = self.transaction()?;
        transaction.empty()?;
        transaction.lay_out(include_str!("index/schema.sql"))?;
        transaction.lay_out(include_str!("index/search.sql"))?;
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
        last_height(&self.connection)
    }

    /// Whether the index, if it ends with this height, keeps this state, byte for byte.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn may_hold(&mut self, height: Height, state: &dyn StateRead) -> Result<bool, IndexError> {
        if self.height()? != Some(height) {
            return Ok(true);
        }
        // One that is only watched goes on meanwhile.
        let transaction = self.transaction()?;
        let last = last_height(&transaction)?;
        Ok(last != Some(height) || mirror::holds(&transaction, state)?)
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

fn last_height(connection: &Connection) -> Result<Option<Height>, IndexError> {
    let query = "SELECT max(height) FROM blocks";
    let height: Option<i64> = connection.query_row(query, [], |row| row.get(0))?;
    Ok(height.map(|height| Height(count(height))))
}

/// Writes a copy of the index in a file to `copy`, of one height, also while it is written. What
/// the copy holds is the word of whoever made it until it was verified again (docs/explorer.md).
/// Names of donors are not in it: no order would reach them there.
///
/// # Errors
/// [`IndexError::Database`] if the copy exists or cannot be written.
pub fn snapshot(place: impl Into<Place>, copy: &Path) -> Result<read::Head, IndexError> {
    database::copy(&place.into(), copy)?;
    read::head(&Connection::open(&Place::from(copy), Access::Read)?)
}

/// Gives out connections that only read.
#[derive(Debug, Clone)]
pub struct Reader {
    place: Place,
    turns: Arc<Turns>,
    idle: Arc<Mutex<Vec<Connection>>>,
    /// Those with views of earlier heights.
    pinned: Arc<Mutex<Vec<Connection>>>,
}

impl Reader {
    /// Reads the index that [`Writer::open`] has created there.
    pub fn new(place: impl Into<Place>) -> Self {
        let (turns, idle, pinned) = <_>::default();
        Self { place: place.into(), turns, idle, pinned }
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
        let _turn = self.turn();
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
        let _turn = self.turn();
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

    /// A turn to have a connection, where there are few.
    fn turn(&self) -> Option<Turn<'_>> {
        matches!(self.place, Place::Server(_)).then(|| self.turns.take())
    }

    fn connection(&self) -> Result<Connection, IndexError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        if let Some(connection) = idle {
            return Ok(connection);
        }
        Ok(Connection::open(&self.place, Access::Read)?)
    }
}
