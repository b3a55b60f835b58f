//! How many bytes a database holds, column by column: what is stored, and what it takes on disk.

use std::collections::BTreeMap;
use std::path::Path;

use rocksdb::properties::{ESTIMATE_LIVE_DATA_SIZE, LIVE_SST_FILES_SIZE};
use rocksdb::{ColumnFamilyDescriptor, DB, IteratorMode, Options, ReadOptions};
use serde::Serialize;

use super::StoreError;
use super::read::damaged_at;
use super::schema::{self, Column, LeafColumn, MetaColumn, StateColumn};
use crate::height::Height;
use crate::record::Leaf;
use crate::transaction;

/// How often the tables of a database are opened beside a node that replaces them meanwhile.
const OPENING_TRIES_MAX: usize = 8;

/// Entries and their bytes, before the database packs them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Size {
    /// How many.
    pub entries: u64,
    /// Bytes of their keys.
    pub key_bytes: u64,
    /// Bytes of their values.
    pub value_bytes: u64,
}

/// What one column holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ColumnSize {
    /// Its entries, each counted once as it stands now.
    #[serde(flatten)]
    pub size: Size,
    /// Bytes of its table files, packed, with what is overwritten and not yet compacted away.
    pub table_bytes: u64,
    /// Of these, what RocksDB estimates to be live.
    pub live_bytes: u64,
}

/// What a database holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// The last block.
    pub tip: Height,
    /// By column.
    pub columns: BTreeMap<&'static str, ColumnSize>,
    /// The column of the state by the first byte of its keys, which names the table.
    pub state_tables: BTreeMap<u8, Size>,
    /// Records in the log.
    pub records: u64,
    /// Bytes of their transactions, as signed.
    pub transaction_bytes: u64,
    /// Bytes of their receipts.
    pub receipt_bytes: u64,
}

impl Size {
    /// Bytes of keys and values.
    pub fn bytes(&self) -> u64 {
        self.key_bytes.saturating_add(self.value_bytes)
    }

    fn add(&mut self, key: &[u8], value: &[u8]) {
        self.entries += 1;
        self.key_bytes += key.len() as u64;
        self.value_bytes += value.len() as u64;
    }
}

/// Opens a database beside the node that may run on it. A table that the node replaces between the
/// reading of the list and the opening of the tables is gone: then the newer list is read.
fn open_read_only(path: &Path) -> Result<DB, rocksdb::Error> {
    // Tables stay open, so those that are replaced later are read to the end.
    let mut options = Options::default();
    options.set_max_open_files(-1);
    let mut tries_left = OPENING_TRIES_MAX;
    loop {
        let columns = schema::COLUMNS.into_iter().chain([schema::DERIVED]);
        let all = columns.map(|name| ColumnFamilyDescriptor::new(name, Options::default()));
        tries_left -= 1;
        match DB::open_cf_descriptors_read_only(&options, path, all, false) {
            Err(_) if tries_left > 0 => {}
            opened => return opened,
        }
    }
}

impl Sizes {
    /// Reads the database at `path` from end to end, without writing to it: a node may run on it,
    /// whose later blocks are not seen. What is not in tables yet is counted as stored and takes no
    /// table bytes.
    ///
    /// # Errors
    /// [`StoreError::Missing`], [`StoreError::Database`], [`StoreError::Damaged`] for leaves that
    /// do not decode.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        if !path.join("CURRENT").exists() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        let failed = |source| StoreError::Database { path: path.to_owned(), source };
        let database = open_read_only(path).map_err(failed)?;
        let mut sizes = Self::default();
        for name in schema::COLUMNS.into_iter().chain([schema::DERIVED]) {
            let column = database.cf_handle(name).ok_or_else(|| missing(name))?;
            let property = |name| database.property_int_value_cf(column, name).map_err(failed);
            let mut found = ColumnSize {
                table_bytes: property(LIVE_SST_FILES_SIZE)?.unwrap_or_default(),
                live_bytes: property(ESTIMATE_LIVE_DATA_SIZE)?.unwrap_or_default(),
                size: Size::default(),
            };
            let mut reading = ReadOptions::default();
            reading.fill_cache(false);
            for entry in database.iterator_cf_opt(column, reading, IteratorMode::Start) {
                let (key, value) = entry.map_err(failed)?;
                found.size.add(&key, &value);
                sizes.note(name, &key, &value)?;
            }
            sizes.columns.insert(name, found);
        }
        Ok(sizes)
    }

    fn note(&mut self, column: &'static str, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        if column == StateColumn::NAME {
            let table = key.first().copied().unwrap_or_default();
            self.state_tables.entry(table).or_default().add(key, value);
        }
        if column == LeafColumn::NAME {
            let damaged = |_| damaged_at(column, key, "it is not a leaf");
            if let Leaf::Record(record) = Leaf::decode(value).map_err(damaged)? {
                self.records += 1;
                self.transaction_bytes += transaction::encode(&record.transaction).len() as u64;
                self.receipt_bytes += transaction::encode(&record.receipt).len() as u64;
            }
        }
        if column == MetaColumn::NAME {
            let meta = MetaColumn::read(value);
            self.tip = meta.ok_or_else(|| damaged_at(column, key, "it does not decode"))?.tip;
        }
        Ok(())
    }

    /// What several columns hold together.
    pub fn of(&self, columns: &[&str]) -> ColumnSize {
        let mut sum = ColumnSize::default();
        for (_, column) in self.columns.iter().filter(|(name, _)| columns.contains(*name)) {
            sum.size.entries += column.size.entries;
            sum.size.key_bytes += column.size.key_bytes;
            sum.size.value_bytes += column.size.value_bytes;
            sum.table_bytes += column.table_bytes;
            sum.live_bytes += column.live_bytes;
        }
        sum
    }
}

fn missing(column: &'static str) -> StoreError {
    damaged_at(column, &[], "the column is missing")
}
