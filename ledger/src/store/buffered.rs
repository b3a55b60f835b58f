//! A database whose blocks are written several at a time.
//!
//! A node has a decided block on disk before anybody hears of it. Whoever can fetch and verify a
//! block again needs no such haste: it gathers blocks and writes them in one synced batch, all of
//! them or none. Reads see what is gathered as if it were written. What undoes a block is not kept.

use std::collections::BTreeMap;

use rocksdb::WriteBatch;

use super::schema;
use super::{BlockWrite, Store, StoreError};
use crate::hash::StateBucketHash;
use crate::height::Height;
use crate::state::place::Place;
use crate::state::{BucketRead, Changes, KeyValue, StateError, StateRead, overlay};

/// Bytes of keys and values that are gathered before they have to be written.
const GATHERED_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Blocks that are gathered before they have to be written: so many are verified again at most.
const GATHERED_BLOCKS_MAX: u64 = 1_000;

/// A database, and blocks that are not in it yet.
#[derive(Debug)]
pub struct BufferedStore {
    store: Store,
    /// The last block in the database.
    written: Height,
    /// The last block, written or gathered.
    tip: Height,
    gathered: Gathered,
}

#[derive(Debug, Default)]
struct Gathered {
    /// Column, key and value, in the order of blocks.
    additions: Vec<(&'static str, Vec<u8>, Vec<u8>)>,
    changes: Changes,
    /// New bytes (none: what is stored is deleted) and hash.
    buckets: BTreeMap<Place, (Vec<u8>, StateBucketHash)>,
    blocks: u64,
    bytes: usize,
}

impl BufferedStore {
    /// Goes on where the database stands.
    ///
    /// # Errors
    /// [`StoreError`] if its tip cannot be read.
    pub fn new(store: Store) -> Result<Self, StoreError> {
        let tip = store.meta()?.tip;
        Ok(Self { store, written: tip, tip, gathered: Gathered::default() })
    }

    /// The database, without what is gathered.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The last block, written or gathered.
    pub fn tip(&self) -> Height {
        self.tip
    }

    /// Blocks that are gathered.
    pub fn gathered(&self) -> u64 {
        self.gathered.blocks
    }

    /// Whether what is gathered has to be written before more is.
    pub fn is_full(&self) -> bool {
        let Gathered { blocks, bytes, .. } = &self.gathered;
        *blocks >= GATHERED_BLOCKS_MAX || *bytes >= GATHERED_BYTES_MAX
    }

    /// Gathers a block; what undoes it is left out.
    ///
    /// # Errors
    /// [`StoreError::NotNext`] if it does not follow the tip; nothing is gathered.
    pub fn commit(&mut self, block: &BlockWrite<'_>) -> Result<(), StoreError> {
        let (height, tip) = (block.header.height, self.tip);
        if height != tip.next() {
            return Err(StoreError::NotNext { height, tip });
        }
        let Gathered { additions, changes, buckets, blocks, bytes } = &mut self.gathered;
        block.each_addition(|column, key, value| {
            *bytes += key.len() + value.len();
            additions.push((column, key.to_vec(), value.to_vec()));
            Ok(())
        })?;
        for (key, value) in block.changes {
            *bytes += key.len() + value.as_ref().map_or(0, Vec::len);
            changes.insert(key.clone(), value.clone());
        }
        for (place, page, hash) in block.update.buckets() {
            *bytes += page.len() + hash.0.len();
            buckets.insert(place, (page.to_vec(), hash));
        }
        *blocks += 1;
        self.tip = height;
        Ok(())
    }

    /// Forgets what is gathered.
    pub fn forget(&mut self) {
        self.gathered = Gathered::default();
        self.tip = self.written;
    }

    /// Writes what is gathered, with these derived entries: everything or nothing, on disk when
    /// this returns.
    ///
    /// # Errors
    /// [`StoreError::Database`]; it is still gathered then.
    pub fn flush(&mut self, derived: &[(Vec<u8>, Vec<u8>)]) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        for (column, key, value) in &self.gathered.additions {
            batch.put_cf(self.store.column_named(column)?, key, value);
        }
        for (key, value) in derived {
            batch.put_cf(self.store.column_named(schema::DERIVED)?, key, value);
        }
        let buckets = self.gathered.buckets.iter();
        let buckets = buckets.map(|(place, (page, hash))| (*place, page.as_slice(), *hash));
        self.store.put_state(&mut batch, &self.gathered.changes, buckets)?;
        self.store.finish(batch, self.tip)?;
        self.gathered = Gathered::default();
        self.written = self.tip;
        Ok(())
    }
}

impl StateRead for BufferedStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        match self.gathered.changes.get(key) {
            Some(value) => Ok(value.clone()),
            None => self.store.get(key),
        }
    }

    fn scan_prefix(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StateError> {
        overlay::scan(&self.store, &self.gathered.changes, prefix, after, limit)
    }
}

impl BucketRead for BufferedStore {
    fn bucket(&self, place: Place) -> Result<Option<Vec<u8>>, StateError> {
        match self.gathered.bucket(place) {
            Some(page) => Ok(page),
            None => self.store.bucket(place),
        }
    }

    fn buckets(&self, places: &[Place]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        let is_stored = |place: &&Place| !self.gathered.buckets.contains_key(*place);
        let stored: Vec<Place> = places.iter().filter(is_stored).copied().collect();
        let mut stored = self.store.buckets(&stored)?.into_iter();
        let answer = |place: &Place| match self.gathered.bucket(*place) {
            Some(page) => page,
            None => stored.next().flatten(),
        };
        Ok(places.iter().map(answer).collect())
    }
}

impl Gathered {
    /// What will stand at a place, if it changes.
    fn bucket(&self, place: Place) -> Option<Option<Vec<u8>>> {
        let (page, _) = self.buckets.get(&place)?;
        Some(Some(page.clone()).filter(|page| !page.is_empty()))
    }
}
