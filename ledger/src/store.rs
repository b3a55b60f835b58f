//! The ledger on disk: RocksDB, typed columns ([`schema`]), one synced batch per block.
//!
//! Everything a block adds is written by [`Store::commit`] at once or not at all. Besides the
//! columns of the schema there is one of *derived* entries, whose keys and values the caller
//! chooses: query indexes that are rebuilt from the log and that nothing certified depends on.
//!
//! A value that cannot be read back as what was written is an error that names its column and key.
//! It is never served.

pub mod schema;
mod read;

use std::path::{Path, PathBuf};

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, Options,
    WriteBatch, WriteOptions,
};

use crate::block::Header;
use crate::certificate::Certificate;
use crate::hash::{GenesisHash, TransactionId};
use crate::height::{Height, LogIndex};
use crate::log::tree::Node;
use crate::state::tree::StateUpdate;
use crate::state::{Changes, StateError};
use crate::validators::ValidatorSet;
use schema::{Column, Meta, StoredHeader};

/// Bytes of block cache and of write buffers, for all columns together.
const CACHE_BYTES: usize = 64 * 1024 * 1024;
const WRITE_BUFFER_BYTES: usize = 64 * 1024 * 1024;
/// Bytes of write-ahead log after which RocksDB flushes.
const WAL_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Table files held open.
const OPEN_FILES_MAX: i32 = 512;

/// Why the store cannot do what it is asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// RocksDB failed.
    #[error("database at {path}: {source}")]
    Database {
        /// Where it is.
        path: PathBuf,
        /// What RocksDB says.
        #[source]
        source: rocksdb::Error,
    },
    /// There is no ledger at this path.
    #[error("there is no ledger at {0}; create one with `minglian node init`, or check the path")]
    Missing(PathBuf),
    /// There is something at this path already.
    #[error("{0} already holds something; a new ledger needs an empty or absent directory")]
    Occupied(PathBuf),
    /// A database of another program, or of another version of this one.
    #[error("the database at {path} has format version {found}, this program reads {expected}")]
    FormatVersion {
        /// Where it is.
        path: PathBuf,
        /// Its version; 0 when it says none.
        found: u32,
        /// [`schema::FORMAT_VERSION`].
        expected: u32,
    },
    /// A ledger of another chain.
    #[error("the database at {path} belongs to genesis {found}, not {expected}")]
    WrongGenesis {
        /// Where it is.
        path: PathBuf,
        /// Its genesis.
        found: GenesisHash,
        /// The genesis asked for.
        expected: GenesisHash,
    },
    /// A value is not what was written.
    #[error("the database is damaged: column {column}, key {key}: {reason}")]
    Damaged {
        /// The column.
        column: &'static str,
        /// The key in hexadecimal.
        key: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A block that does not follow the tip.
    #[error("block {height} does not follow the tip {tip}")]
    NotNext {
        /// The block's height.
        height: Height,
        /// The last committed height.
        tip: Height,
    },
}

impl From<StoreError> for StateError {
    fn from(error: StoreError) -> Self {
        Self::backend(error)
    }
}

/// All that one block adds to the database.
#[derive(Debug)]
pub struct BlockWrite<'a> {
    /// The header.
    pub header: &'a Header,
    /// Its certificate; none for the genesis block.
    pub certificate: Option<&'a Certificate>,
    /// The position of the first leaf.
    pub first_leaf: LogIndex,
    /// The leaves, the closing leaf last.
    pub leaves: &'a [Vec<u8>],
    /// The log's newly complete subtrees.
    pub nodes: &'a [Node],
    /// The state's new buckets.
    pub update: &'a StateUpdate,
    /// The state's new values.
    pub changes: &'a Changes,
    /// What undoes `changes`.
    pub undo: &'a Changes,
    /// Where each transaction's record stands.
    pub transactions: &'a [(TransactionId, LogIndex)],
    /// The next validators, when this header changes them.
    pub validators: Option<&'a ValidatorSet>,
    /// Derived entries to write.
    pub derived: &'a [(Vec<u8>, Vec<u8>)],
}

/// Which way to read a range of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScanDirection {
    /// Ascending.
    Forward,
    /// Descending.
    Backward,
}

/// An open ledger database.
#[derive(Debug)]
pub struct Store {
    database: DB,
    path: PathBuf,
    genesis: GenesisHash,
}

impl Store {
    /// Creates the database with its genesis block.
    ///
    /// # Errors
    /// [`StoreError::Occupied`] unless the directory is absent or empty.
    pub fn create(
        path: &Path,
        genesis: GenesisHash,
        block: &BlockWrite<'_>,
    ) -> Result<Self, StoreError> {
        let is_empty = std::fs::read_dir(path).map_or(true, |mut list| list.next().is_none());
        if !is_empty {
            return Err(StoreError::Occupied(path.to_owned()));
        }
        let store = Self { database: open_database(path, true)?, path: path.to_owned(), genesis };
        store.write(block)?;
        Ok(store)
    }

    /// Opens an existing database of this chain. It never creates one, so that a mistyped path
    /// cannot start a second ledger.
    ///
    /// # Errors
    /// [`StoreError`] that says whether the path, the version, the chain or the disk is wrong.
    pub fn open(path: &Path, genesis: GenesisHash) -> Result<Self, StoreError> {
        if !path.join("CURRENT").exists() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        let store = Self { database: open_database(path, false)?, path: path.to_owned(), genesis };
        let meta = store.meta()?;
        if meta.format_version != schema::FORMAT_VERSION {
            return Err(StoreError::FormatVersion {
                path: path.to_owned(),
                found: meta.format_version,
                expected: schema::FORMAT_VERSION,
            });
        }
        if meta.genesis != genesis {
            let (found, expected) = (meta.genesis, genesis);
            return Err(StoreError::WrongGenesis { path: path.to_owned(), found, expected });
        }
        Ok(store)
    }

    /// Writes a block: everything or nothing, on disk when this returns.
    ///
    /// # Errors
    /// [`StoreError::NotNext`] if the block does not follow the tip; nothing is written.
    pub fn commit(&self, block: &BlockWrite<'_>) -> Result<(), StoreError> {
        let tip = self.meta()?.tip;
        if block.header.height != tip.next() {
            return Err(StoreError::NotNext { height: block.header.height, tip });
        }
        self.write(block)
    }

    /// Copies the ledger into a new directory while it is in use. Signing marks and write-ahead
    /// logs of consensus are not part of it: a node restored from a backup returns with a new key.
    ///
    /// # Errors
    /// [`StoreError::Database`], also when the directory exists.
    pub fn backup(&self, path: &Path) -> Result<(), StoreError> {
        rocksdb::checkpoint::Checkpoint::new(&self.database)
            .and_then(|checkpoint| checkpoint.create_checkpoint(path))
            .map_err(|source| StoreError::Database { path: path.to_owned(), source })
    }

    fn write(&self, block: &BlockWrite<'_>) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        let height = block.header.height;
        self.put_block(&mut batch, block)?;
        self.put_state(&mut batch, block)?;
        for (key, value) in block.derived {
            batch.put_cf(self.column_named(schema::DERIVED)?, key, value);
        }
        let version = schema::FORMAT_VERSION;
        let meta = Meta { format_version: version, genesis: self.genesis, tip: height };
        self.put::<schema::MetaColumn>(&mut batch, &(), &meta)?;
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.database.write_opt(batch, &options).map_err(|source| self.failed(source))
    }

    fn put_block(&self, batch: &mut WriteBatch, block: &BlockWrite<'_>) -> Result<(), StoreError> {
        let height = block.header.height;
        let stored = StoredHeader { header: block.header.clone(), first_leaf: block.first_leaf };
        self.put::<schema::HeaderColumn>(batch, &height, &stored)?;
        if let Some(certificate) = block.certificate {
            self.put::<schema::CertificateColumn>(batch, &height, certificate)?;
        }
        if let Some(validators) = block.validators {
            self.put::<schema::ValidatorsColumn>(batch, &height, validators)?;
        }
        let leaves = self.column::<schema::LeafColumn>()?;
        for (index, leaf) in (block.first_leaf.0..).zip(block.leaves) {
            batch.put_cf(leaves, index.to_be_bytes(), leaf);
        }
        for Node { level, index, hash } in block.nodes {
            self.put::<schema::LogNodeColumn>(batch, &(*level, *index), hash)?;
        }
        for (id, index) in block.transactions {
            self.put::<schema::TransactionColumn>(batch, id, index)?;
        }
        Ok(())
    }

    fn put_state(&self, batch: &mut WriteBatch, block: &BlockWrite<'_>) -> Result<(), StoreError> {
        let state = self.column::<schema::StateColumn>()?;
        for (key, value) in block.changes {
            match value {
                Some(value) => batch.put_cf(state, key, value),
                None => batch.delete_cf(state, key),
            }
        }
        let buckets = self.column::<schema::BucketColumn>()?;
        let hashes = self.column::<schema::BucketHashColumn>()?;
        for (index, bytes, hash) in block.update.buckets() {
            let key = index.to_be_bytes();
            if bytes.is_empty() {
                batch.delete_cf(buckets, key);
                batch.delete_cf(hashes, key);
            } else {
                batch.put_cf(buckets, key, bytes);
                batch.put_cf(hashes, key, hash.0);
            }
        }
        let height = block.header.height;
        self.put::<schema::UndoColumn>(batch, &height, block.undo)?;
        if let Some(old) = height.0.checked_sub(schema::UNDO_HEIGHTS) {
            batch.delete_cf(self.column::<schema::UndoColumn>()?, old.to_be_bytes());
        }
        Ok(())
    }

    fn put<C: Column>(
        &self,
        batch: &mut WriteBatch,
        key: &C::Key,
        value: &C::Value,
    ) -> Result<(), StoreError> {
        batch.put_cf(self.column::<C>()?, C::key(key), C::value(value));
        Ok(())
    }

    fn column<C: Column>(&self) -> Result<&ColumnFamily, StoreError> {
        self.column_named(C::NAME)
    }

    fn column_named(&self, name: &'static str) -> Result<&ColumnFamily, StoreError> {
        self.database.cf_handle(name).ok_or(StoreError::Damaged {
            column: name,
            key: String::new(),
            reason: "the column is missing",
        })
    }

    fn failed(&self, source: rocksdb::Error) -> StoreError {
        StoreError::Database { path: self.path.clone(), source }
    }
}

fn open_database(path: &Path, create: bool) -> Result<DB, StoreError> {
    let cache = Cache::new_lru_cache(CACHE_BYTES);
    let mut options = Options::default();
    options.create_if_missing(create);
    options.create_missing_column_families(create);
    options.set_db_write_buffer_size(WRITE_BUFFER_BYTES);
    options.set_max_total_wal_size(WAL_BYTES_MAX);
    options.set_max_open_files(OPEN_FILES_MAX);
    options.set_keep_log_file_num(4);
    // One writer. Without the machinery for several, keys that ascend are inserted next to the
    // last one instead of being searched for.
    options.set_allow_concurrent_memtable_write(false);
    let columns = schema::COLUMNS
        .into_iter()
        .chain([schema::DERIVED])
        .map(|name| ColumnFamilyDescriptor::new(name, column_options(&cache)));
    DB::open_cf_descriptors(&options, path, columns)
        .map_err(|source| StoreError::Database { path: path.to_owned(), source })
}

fn column_options(cache: &Cache) -> Options {
    let mut table = BlockBasedOptions::default();
    table.set_block_cache(cache);
    table.set_bloom_filter(10.0, false);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_level_compaction_dynamic_level_bytes(true);
    options
}
