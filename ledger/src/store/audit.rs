//! Comparing a database with what its blocks make of it, entry by entry.

use std::collections::BTreeMap;

use rocksdb::IteratorMode;

use super::block_write::entry;
use super::read::damaged_at;
use super::schema::{self, BucketColumn, BucketHashColumn, Column, MetaColumn, StateColumn};
use super::{BlockWrite, Store, StoreError};
use crate::height::Height;
use crate::state::{BucketRead as _, MemoryState, StateError, StateRead as _};

const OTHER: &str = "it is not what the blocks of this chain make of it";
const MISSING: &str = "it is missing";
const SURPLUS: &str = "no block of this chain wrote it";

/// What a database holds that is what its blocks make of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// Entries of all columns.
    pub entries: u64,
    /// A hash of all columns, keys and values, to compare copies of one database by.
    pub content: blake3::Hash,
}

/// An audit under way: give it what each block writes, from genesis on, as execution yields it.
#[derive(Debug)]
pub struct Audit<'a> {
    store: &'a Store,
    tip: Height,
    expected: BTreeMap<&'static str, u64>,
}

impl<'a> Audit<'a> {
    /// Begins an audit of `store`, up to its tip.
    ///
    /// # Errors
    /// [`StoreError`] if the tip cannot be read.
    pub fn new(store: &'a Store) -> Result<Self, StoreError> {
        let tip = store.meta()?.tip;
        Ok(Self { store, tip, expected: BTreeMap::from([(MetaColumn::NAME, 1)]) })
    }

    /// Checks that everything that `block` wrote is there, byte for byte, but the state.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] names the first entry that is not.
    pub fn block(&mut self, block: &BlockWrite<'_>) -> Result<(), StoreError> {
        let Self { store, tip, expected } = self;
        let mut check = |column: &'static str, key: &[u8], value: &[u8]| {
            *expected.entry(column).or_default() += 1;
            let found = store
                .database
                .get_pinned_cf(store.column_named(column)?, key)
                .map_err(|source| store.failed(source))?;
            match found {
                Some(found) if *found == *value => Ok(()),
                Some(_) => Err(damaged_at(column, key, OTHER)),
                None => Err(damaged_at(column, key, MISSING)),
            }
        };
        block.each_addition(&mut check)?;
        let height = block.header.height;
        if height.0.saturating_add(schema::UNDO_HEIGHTS) > tip.0 {
            entry::<schema::UndoColumn>(&mut check, &height, block.undo)?;
        }
        Ok(())
    }

    /// Checks that the state is the one that the blocks lead to, and that nothing else is there.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] names the first entry that is not; [`StateError`] if `state` is
    /// damaged itself.
    pub fn finish(mut self, state: &MemoryState) -> Result<Audited, StateError> {
        for (key, value) in state.entries() {
            match self.store.get(key)? {
                Some(found) if found == value => {}
                Some(_) => return Err(damaged_at(StateColumn::NAME, key, OTHER).into()),
                None => return Err(damaged_at(StateColumn::NAME, key, MISSING).into()),
            }
        }
        let (mut buckets, mut tops) = (0, 0);
        for (place, bytes) in state.buckets() {
            buckets += 1;
            tops += u64::from(place.splits() == 0);
            // Their hashes lead to the state root, which the chain checks when it opens.
            if self.store.bucket(place)?.as_deref() != Some(bytes) {
                let key = BucketColumn::key(&place);
                return Err(damaged_at(BucketColumn::NAME, &key, OTHER).into());
            }
        }
        self.expected.insert(StateColumn::NAME, state.entries().count() as u64);
        self.expected.insert(BucketColumn::NAME, buckets);
        self.expected.insert(BucketHashColumn::NAME, tops);
        Ok(self.content()?)
    }

    /// Reads every column from end to end and counts.
    fn content(&self) -> Result<Audited, StoreError> {
        let mut hasher = blake3::Hasher::new();
        let mut entries = 0;
        for column in schema::COLUMNS.into_iter().chain([schema::DERIVED]) {
            let mut found = 0;
            let handle = self.store.column_named(column)?;
            for entry in self.store.database.iterator_cf(handle, IteratorMode::Start) {
                let (key, value) = entry.map_err(|source| self.store.failed(source))?;
                for part in [column.as_bytes(), &key, &value] {
                    hasher.update(&(part.len() as u64).to_be_bytes()).update(part);
                }
                found += 1;
            }
            if found != self.expected.get(column).copied().unwrap_or_default() {
                return Err(damaged_at(column, &[], SURPLUS));
            }
            entries += found;
        }
        Ok(Audited { entries, content: hasher.finalize() })
    }
}
