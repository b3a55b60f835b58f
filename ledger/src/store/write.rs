//! Writing: what belongs together in one synced batch.

use rocksdb::{WriteBatch, WriteOptions};

use super::schema::{self, Column, Meta};
use super::{BlockWrite, Store, StoreError};
use crate::hash::StateBucketHash;
use crate::height::Height;
use crate::state::Changes;
use crate::state::place::Place;

impl Store {
    /// Writes a block.
    pub(super) fn write(&self, block: &BlockWrite<'_>) -> Result<(), StoreError> {
        let mut batch = WriteBatch::default();
        block.each_addition(|column, key, value| {
            batch.put_cf(self.column_named(column)?, key, value);
            Ok(())
        })?;
        self.put_state(&mut batch, block.changes, block.update.buckets())?;
        self.put_undo(&mut batch, block.header.height, block.undo)?;
        self.finish(batch, block.header.height)
    }

    /// Writes a batch whose last block is `tip`; on disk when this returns.
    pub(super) fn finish(&self, mut batch: WriteBatch, tip: Height) -> Result<(), StoreError> {
        let version = schema::FORMAT_VERSION;
        let meta = Meta { format_version: version, genesis: self.genesis, tip };
        self.put::<schema::MetaColumn>(&mut batch, &(), &meta)?;
        self.write_synced(batch)?;
        self.reached.set(tip)
    }

    pub(super) fn write_synced(&self, batch: WriteBatch) -> Result<(), StoreError> {
        let mut options = WriteOptions::default();
        options.set_sync(true);
        self.database.write_opt(batch, &options).map_err(|source| self.failed(source))
    }

    /// Adds the state's new values and buckets.
    pub(super) fn put_state<'a>(
        &self,
        batch: &mut WriteBatch,
        changes: &Changes,
        changed: impl Iterator<Item = (Place, &'a [u8], StateBucketHash)>,
    ) -> Result<(), StoreError> {
        let state = self.column::<schema::StateColumn>()?;
        for (key, value) in changes {
            match value {
                Some(value) => batch.put_cf(state, key, value),
                None => batch.delete_cf(state, key),
            }
        }
        let buckets = self.column::<schema::BucketColumn>()?;
        let hashes = self.column::<schema::BucketHashColumn>()?;
        for (place, bytes, hash) in changed {
            let key = schema::BucketColumn::key(&place);
            let is_top = place.splits() == 0;
            match (bytes.is_empty(), is_top) {
                (true, true) => batch.delete_cf(hashes, &key),
                (false, true) => batch.put_cf(hashes, &key, hash.0),
                (_, false) => {}
            }
            if bytes.is_empty() {
                batch.delete_cf(buckets, &key);
            } else {
                batch.put_cf(buckets, &key, bytes);
            }
        }
        Ok(())
    }

    fn put_undo(
        &self,
        batch: &mut WriteBatch,
        height: Height,
        undo: &Changes,
    ) -> Result<(), StoreError> {
        self.put::<schema::UndoColumn>(batch, &height, undo)?;
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
}
