//! Open data: the tables that downloads, the data package and the API all read.
//!
//! [`table`] says what a table holds; [`rows`] reads it by key, a batch at a time; [`csv`],
//! [`jsonl`], [`xlsx`] and [`parquet`] write it; [`giving`] and [`package`] are exports of more
//! than one table; [`export`] makes them, and [`manifest`] says, signed, what was given.
//! Nothing here holds more than its pages show: the tables are read from the same index.

pub mod ask;
pub mod catalogue;
pub mod csv;
pub mod export;
pub mod giving;
pub mod jsonl;
pub mod manifest;
pub mod package;
pub mod parquet;
pub mod rows;
pub mod table;
pub mod value;
pub mod xlsx;

use minglian_ledger::height::TimeMs;
use serde::Serialize;

use crate::database::{Connection, OptionalExtension};
use crate::index::history::Kept;
use crate::index::{IndexError, count, names};

/// Digits of the genesis hash in a tag.
const TAG_DIGITS: usize = 16;

/// The head of the ledger from which an export is made, and whose ledger it is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Ledger {
    /// The network's name.
    pub network: String,
    /// Whether the network is a demonstration.
    pub demonstration: bool,
    /// The chain.
    pub chain_id: String,
    /// The hash of its genesis file.
    pub genesis_hash: String,
    /// The height whose state the export holds.
    pub height: i64,
    /// The height whose names of organisations and accounts it holds: another than `height` only
    /// where those of an old height are not kept any more.
    pub names_height: i64,
    /// The block of that height.
    pub block_id: String,
    /// Its time, in milliseconds since 1970.
    pub time_ms: i64,
    /// Leaves in the log.
    pub log_size: i64,
    /// The log's root.
    pub log_root: String,
}

impl Ledger {
    /// The same ledger at the height that `connection` reads.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn at_head(mut self, connection: &Connection) -> Result<Self, IndexError> {
        let query = "SELECT height, block_id, time_ms, log_size, log_root FROM blocks \
                     ORDER BY height DESC LIMIT 1";
        let found = connection
            .prepare_cached(query)?
            .query_row([], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
            })
            .optional()?;
        if let Some((height, block_id, time_ms, log_size, log_root)) = found {
            (self.height, self.block_id, self.time_ms) = (height, block_id, time_ms);
            self.names_height = height;
            (self.log_size, self.log_root) = (log_size, log_root);
        }
        Ok(self)
    }

    /// The same ledger as `connection` reads it, of the newest height or of one of which this is
    /// kept.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn read(self, connection: &Connection, kept: Option<&Kept>) -> Result<Self, IndexError> {
        let mut ledger = self.at_head(connection)?;
        if let Some(kept) = kept {
            ledger.names_height = kept.rows_height(ledger.height);
        }
        Ok(ledger)
    }

    /// What tells answers apart that are made of this ledger, as an HTTP entity tag: the heights,
    /// and which names of donors stand in the index.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn tag(&self, connection: &Connection, more: &str) -> Result<String, IndexError> {
        let genesis = self.genesis_hash.get(..TAG_DIGITS).unwrap_or_default();
        let names = names::revision(connection)?;
        let of_names = match self.names_height == self.height {
            true => String::new(),
            false => format!("-names{}", self.names_height),
        };
        Ok(format!("\"{genesis}-{}{of_names}{names}{more}\"", self.height))
    }

    /// The head's time.
    pub fn time(&self) -> TimeMs {
        TimeMs(count(self.time_ms))
    }

    /// What marks files of a demonstration, in Chinese and for names that must be ASCII.
    pub const fn mark(&self) -> (&'static str, &'static str) {
        if self.demonstration { ("演示-", "DEMO-") } else { ("", "") }
    }
}
