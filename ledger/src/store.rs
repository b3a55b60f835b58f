//! The ledger on disk: RocksDB, typed columns ([`schema`]), one synced batch per block.
//!
//! Everything a block adds is written by [`Store::commit`] at once or not at all. Besides the
//! columns of the schema there is one of *derived* entries, whose keys and values the caller
//! chooses: query indexes that are rebuilt from the log and that nothing certified depends on.
//!
//! A value that cannot be read back as what was written is an error that names its column and key.
//! It is never served. Blocks that RocksDB dropped at the end, because its write-ahead log is
//! damaged, and tables that its manifest no longer names, are missed by the file `TIP` (see the
//! module `reached`).

pub mod audit;
pub mod schema;
pub mod size;
mod block_write;
mod buffered;
mod files;
mod reached;
mod read;
mod snapshot;
mod write;

use std::path::{Path, PathBuf};

use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB,
    DBCompressionType, ErrorKind, Options, WriteBatch,
};

use crate::hash::GenesisHash;
use crate::height::Height;
use crate::state::StateError;
pub use block_write::BlockWrite;
pub use buffered::BufferedStore;
use reached::Reached;
use schema::Column;
pub use snapshot::{DerivedRead, Snapshot};

/// Bytes of block cache and of write buffers, for all columns together.
const CACHE_BYTES: usize = 48 * 1024 * 1024;
const METADATA_BLOCK_BYTES: usize = 4 * 1024;
const WRITE_BUFFER_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of write-ahead log after which RocksDB flushes.
const WAL_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// What RocksDB says of a table that its list names and that is not there.
const GONE: &str = "No such file";
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
    /// Blocks at the end are gone: RocksDB dropped what follows a damaged record of its log.
    #[error(
        "the database is damaged: it ends at height {tip}, but had reached {reached}; its \
         write-ahead log has lost blocks. What is left is whole: check the disk, then delete \
         {path} to go on from height {tip}; the other nodes have the rest"
    )]
    Shortened {
        /// The file that names the height reached.
        path: PathBuf,
        /// The last block that is left.
        tip: Height,
        /// The last block that was written.
        reached: Height,
    },
    /// The list of tables is not what it was: RocksDB would forget those that it no longer names.
    #[error("the database is damaged: {path}, the list of its tables, has changed")]
    Manifest {
        /// The list.
        path: PathBuf,
    },
    /// A file beside the database, or of a backup, cannot be written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
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

impl StoreError {
    /// Whether the database does not hold the ledger that was asked for: it is damaged, or another
    /// one. Otherwise a disk or a right is missing, and what was written may be well.
    pub fn is_unusable(&self) -> bool {
        match self {
            Self::Database { source, .. } => {
                let said: &str = source.as_ref();
                source.kind() == ErrorKind::Corruption || said.contains(GONE)
            }
            Self::File { .. } | Self::Occupied(_) | Self::NotNext { .. } => false,
            _ => true,
        }
    }
}

/// Whether a state that a [`Store`] keeps does not read, and so has to be made anew; see
/// [`StoreError::is_unusable`].
pub fn is_unusable(error: &StateError) -> bool {
    match error {
        StateError::Backend(source) => {
            source.downcast_ref::<StoreError>().is_none_or(StoreError::is_unusable)
        }
        _ => true,
    }
}

impl From<StoreError> for StateError {
    fn from(error: StoreError) -> Self {
        Self::backend(error)
    }
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
    reached: Reached,
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
        let store = Self::of(open_database(path, true)?, path, genesis)?;
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
        Reached::check_manifest(path)?;
        let store = Self::of(open_database(path, false)?, path, genesis)?;
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
        store.reached.check_height(meta.tip)?;
        store.reached.set(meta.tip)?;
        Ok(store)
    }

    fn of(database: DB, path: &Path, genesis: GenesisHash) -> Result<Self, StoreError> {
        let reached = Reached::open(path)?;
        Ok(Self { database, path: path.to_owned(), genesis, reached })
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
    /// [`StoreError::Database`], also when the directory exists; [`StoreError::File`].
    pub fn backup(&self, path: &Path) -> Result<(), StoreError> {
        rocksdb::checkpoint::Checkpoint::new(&self.database)
            .and_then(|checkpoint| checkpoint.create_checkpoint(path))
            .map_err(|source| StoreError::Database { path: path.to_owned(), source })?;
        // On one file system RocksDB links its tables: what damages the ledger's would damage the
        // backup's.
        files::unshare(path)
    }

    /// Copies a backup, or a closed database, into the new directory `to`; on disk when this
    /// returns.
    ///
    /// # Errors
    /// [`StoreError::Missing`] if there is no ledger at `from`; [`StoreError::File`].
    pub fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
        if !from.join("CURRENT").exists() {
            return Err(StoreError::Missing(from.to_owned()));
        }
        files::copy(from, to)
    }

    /// Writes derived entries outside of a block, made of what the log holds already. They are on
    /// disk when this returns.
    ///
    /// # Errors
    /// [`StoreError::Database`]; nothing is written.
    pub fn put_derived(&self, entries: &[(Vec<u8>, Vec<u8>)]) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        for (key, value) in entries {
            batch.put_cf(self.column_named(schema::DERIVED)?, key, value);
        }
        self.write_synced(batch)
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
    // Indexes and filters in small parts: whole, one is as large as the cache at some hundred
    // thousand records, and every read would bring it in again.
    table.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    table.set_partition_filters(true);
    table.set_metadata_block_size(METADATA_BLOCK_BYTES);
    table.set_pin_top_level_index_and_filter(true);
    let mut options = Options::default();
    options.set_block_based_table_factory(&table);
    options.set_compression_type(DBCompressionType::Lz4);
    options.set_level_compaction_dynamic_level_bytes(true);
    options
}
