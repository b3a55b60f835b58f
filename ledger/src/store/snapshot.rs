//! One state of the ledger, read while blocks go on.
//!
//! A reader that needs many entries of one height must not keep the next block waiting, and must
//! not see half of it. A snapshot holds nobody up: RocksDB keeps what it shows for as long as it is
//! there, so whoever takes one reads a bounded amount and drops it.

use std::fmt;

use rocksdb::{Direction, IteratorMode};

use super::read::{damaged, first_key};
use super::schema::{Column as _, DERIVED, MetaColumn, StateColumn};
use super::{ScanDirection, Store, StoreError};
use crate::block::Header;
use crate::state::{KeyValue, StateError, StateRead};

/// Read access to derived entries.
pub trait DerivedRead: fmt::Debug {
    /// A derived entry.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    fn derived(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Derived entries whose key starts with `prefix`, from `from` on in `direction`, at most
    /// `limit`.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    fn derived_range(
        &self,
        prefix: &[u8],
        from: &[u8],
        direction: ScanDirection,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError>;
}

/// State and derived entries as one block left them. Headers and leaves up to its own are the
/// store's: they never change.
pub struct Snapshot<'a> {
    store: &'a Store,
    view: rocksdb::Snapshot<'a>,
    header: Header,
}

impl Store {
    /// The ledger as it is now.
    ///
    /// # Errors
    /// [`StoreError`] if the database cannot be read.
    pub fn snapshot(&self) -> Result<Snapshot<'_>, StoreError> {
        let view = self.database.snapshot();
        let key = MetaColumn::key(&());
        let bytes = view.get_pinned_cf(self.column::<MetaColumn>()?, key);
        let bytes = bytes.map_err(|source| self.failed(source))?;
        let meta = bytes.and_then(|bytes| MetaColumn::read(&bytes));
        let tip = meta.ok_or_else(|| damaged::<MetaColumn>(&(), "it cannot be read"))?.tip;
        let header = self.header(tip)?;
        let header = header.ok_or_else(|| damaged::<MetaColumn>(&(), "its header is missing"))?;
        Ok(Snapshot { store: self, view, header: header.header })
    }
}

impl<'a> Snapshot<'a> {
    /// The header of the block that left this state.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The store, for headers and leaves.
    pub fn store(&self) -> &'a Store {
        self.store
    }
}

impl StateRead for Snapshot<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        let found = self.view.get_cf(self.store.column::<StateColumn>()?, key);
        Ok(found.map_err(|source| self.store.failed(source))?)
    }

    fn scan_prefix(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StateError> {
        let start = first_key(prefix, after);
        let mode = IteratorMode::From(&start, Direction::Forward);
        let entries = self.view.iterator_cf(self.store.column::<StateColumn>()?, mode);
        Ok(self.store.collect(entries, prefix, limit)?)
    }
}

impl DerivedRead for Snapshot<'_> {
    fn derived(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.view.get_cf(self.store.column_named(DERIVED)?, key);
        found.map_err(|source| self.store.failed(source))
    }

    fn derived_range(
        &self,
        prefix: &[u8],
        from: &[u8],
        direction: ScanDirection,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError> {
        let mode = IteratorMode::From(from, direction.into());
        let entries = self.view.iterator_cf(self.store.column_named(DERIVED)?, mode);
        self.store.collect(entries, prefix, limit)
    }
}

impl DerivedRead for Store {
    fn derived(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.database.get_cf(self.column_named(DERIVED)?, key);
        found.map_err(|source| self.failed(source))
    }

    fn derived_range(
        &self,
        prefix: &[u8],
        from: &[u8],
        direction: ScanDirection,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError> {
        let mode = IteratorMode::From(from, direction.into());
        let entries = self.database.iterator_cf(self.column_named(DERIVED)?, mode);
        self.collect(entries, prefix, limit)
    }
}

impl From<ScanDirection> for Direction {
    fn from(direction: ScanDirection) -> Self {
        match direction {
            ScanDirection::Forward => Self::Forward,
            ScanDirection::Backward => Self::Reverse,
        }
    }
}

impl fmt::Debug for Snapshot<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Snapshot").field("height", &self.header.height).finish()
    }
}
