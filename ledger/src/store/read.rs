//! Reading the store back. Every value is decoded strictly; a leaf is checked against its hash in
//! the log, so that a changed byte is found here and not by a reader of the public.

use rocksdb::{Direction, IteratorMode};

use super::schema::{
    BucketColumn, BucketHashColumn, CertificateColumn, Column, HeaderColumn, LeafColumn,
    LogNodeColumn, Meta, MetaColumn, StateColumn, StoredHeader, TransactionColumn, UndoColumn,
    ValidatorsColumn,
};
use super::{Store, StoreError};
use crate::block::Block;
use crate::certificate::Certificate;
use crate::hash::{GenesisHash, StateBucketHash, TransactionId};
use crate::height::{Height, LogIndex};
use crate::log::tree::NodeSource;
use crate::log::{self, LogHash};
use crate::record::Leaf;
use crate::state::place::Place;
use crate::state::{BucketRead, Changes, KeyValue, StateError, StateRead};
use crate::validators::ValidatorSet;

use data_encoding::HEXLOWER;

impl Store {
    /// What this database is and how far it has come.
    pub fn meta(&self) -> Result<Meta, StoreError> {
        self.read::<MetaColumn>(&())?.ok_or_else(|| damaged::<MetaColumn>(&(), "it is missing"))
    }

    /// The chain's genesis.
    pub fn genesis(&self) -> GenesisHash {
        self.genesis
    }

    /// The header at `height`.
    pub fn header(&self, height: Height) -> Result<Option<StoredHeader>, StoreError> {
        self.read::<HeaderColumn>(&height)
    }

    /// The last header. There always is one.
    pub fn tip(&self) -> Result<StoredHeader, StoreError> {
        let height = self.meta()?.tip;
        self.header(height)?.ok_or_else(|| damaged::<HeaderColumn>(&height, "it is missing"))
    }

    /// This node's certificate for `height`.
    pub fn certificate(&self, height: Height) -> Result<Option<Certificate>, StoreError> {
        self.read::<CertificateColumn>(&height)
    }

    /// The bytes of a leaf, checked against the log's hash of it.
    pub fn leaf(&self, index: LogIndex) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(bytes) = self.read::<LeafColumn>(&index)? else { return Ok(None) };
        if self.read::<LogNodeColumn>(&(0, index.0))? != Some(log::leaf_hash(&bytes)) {
            return Err(damaged::<LeafColumn>(&index, "it does not match its hash in the log"));
        }
        Ok(Some(bytes))
    }

    /// The leaves of one block, the closing leaf last.
    pub fn leaves(&self, stored: &StoredHeader) -> Result<Vec<Vec<u8>>, StoreError> {
        (stored.first_leaf.0..stored.header.log_size)
            .map(|index| {
                let index = LogIndex(index);
                self.leaf(index)?.ok_or_else(|| damaged::<LeafColumn>(&index, "it is missing"))
            })
            .collect()
    }

    /// The block at `height`, put together from its header and leaves.
    pub fn block(&self, height: Height) -> Result<Option<Block>, StoreError> {
        let Some(stored) = self.header(height)? else { return Ok(None) };
        let mut transactions = Vec::new();
        for (index, bytes) in (stored.first_leaf.0..).zip(self.leaves(&stored)?) {
            match Leaf::decode(&bytes) {
                Ok(Leaf::Record(record)) => transactions.push(record.transaction),
                Ok(Leaf::Closing(_)) => {}
                Err(_) => return Err(damaged::<LeafColumn>(&LogIndex(index), "it is not a leaf")),
            }
        }
        Ok(Some(Block { header: stored.header, transactions }))
    }

    /// Where the record of a transaction stands.
    pub fn transaction(&self, id: &TransactionId) -> Result<Option<LogIndex>, StoreError> {
        self.read::<TransactionColumn>(id)
    }

    /// The validators that certify `height`, with the height of the header that named them.
    pub fn validators(&self, height: Height) -> Result<(Height, ValidatorSet), StoreError> {
        let before = height.previous().unwrap_or_default();
        let start = ValidatorsColumn::key(&before);
        let mode = IteratorMode::From(&start, Direction::Reverse);
        let mut entries = self.database.iterator_cf(self.column::<ValidatorsColumn>()?, mode);
        let Some(entry) = entries.next() else {
            return Err(damaged::<ValidatorsColumn>(&before, "no validators at or before it"));
        };
        let (key, value) = entry.map_err(|source| self.failed(source))?;
        self.validators_entry(&key, &value)
    }

    /// Every change of validators after `height`, ascending: the height of the header that names
    /// them, and the set.
    pub fn validator_changes(
        &self,
        after: Height,
    ) -> Result<Vec<(Height, ValidatorSet)>, StoreError> {
        let start = ValidatorsColumn::key(&after.next());
        let mode = IteratorMode::From(&start, Direction::Forward);
        self.database
            .iterator_cf(self.column::<ValidatorsColumn>()?, mode)
            .map(|entry| {
                let (key, value) = entry.map_err(|source| self.failed(source))?;
                self.validators_entry(&key, &value)
            })
            .collect()
    }

    /// The changes that undo the block at `height`, while they are kept.
    pub fn undo(&self, height: Height) -> Result<Option<Changes>, StoreError> {
        self.read::<UndoColumn>(&height)
    }

    /// The hash of each state bucket at the top that is not empty: the input of
    /// [`crate::state::tree::StateTree::rebuild`].
    pub fn bucket_hashes(
        &self,
    ) -> Result<impl Iterator<Item = Result<(u32, StateBucketHash), StateError>> + '_, StoreError>
    {
        let column = self.column::<BucketHashColumn>()?;
        Ok(self.database.iterator_cf(column, IteratorMode::Start).map(|entry| {
            let (key, value) = entry.map_err(|source| self.failed(source))?;
            let index = key.as_ref().try_into().map(u32::from_be_bytes);
            match (index, BucketHashColumn::read(&value)) {
                (Ok(index), Some(hash)) => Ok((index, hash)),
                _ => Err(damaged_at(BucketHashColumn::NAME, &key, "it does not decode").into()),
            }
        }))
    }

    /// The first `limit` of `entries`, as long as their keys start with `prefix`.
    pub(super) fn collect(
        &self,
        entries: impl Iterator<Item = Result<(Box<[u8]>, Box<[u8]>), rocksdb::Error>>,
        prefix: &[u8],
        limit: usize,
    ) -> Result<Vec<KeyValue>, StoreError> {
        let mut found = Vec::new();
        for entry in entries.take(limit) {
            let (key, value) = entry.map_err(|source| self.failed(source))?;
            if !key.starts_with(prefix) {
                break;
            }
            found.push((key.into_vec(), value.into_vec()));
        }
        Ok(found)
    }

    fn read<C: Column>(&self, key: &C::Key) -> Result<Option<C::Value>, StoreError> {
        let bytes = self
            .database
            .get_pinned_cf(self.column::<C>()?, C::key(key))
            .map_err(|source| self.failed(source))?;
        bytes
            .map(|bytes| C::read(&bytes).ok_or_else(|| damaged::<C>(key, "it does not decode")))
            .transpose()
    }

    fn validators_entry(
        &self,
        key: &[u8],
        value: &[u8],
    ) -> Result<(Height, ValidatorSet), StoreError> {
        match (key.try_into().map(u64::from_be_bytes), ValidatorsColumn::read(value)) {
            (Ok(height), Some(set)) => Ok((Height(height), set)),
            _ => Err(damaged_at(ValidatorsColumn::NAME, key, "it does not decode")),
        }
    }
}

impl NodeSource for Store {
    type Error = StoreError;

    fn node(&self, level: u8, index: u64) -> Result<LogHash, StoreError> {
        let key = (level, index);
        self.read::<LogNodeColumn>(&key)?
            .ok_or_else(|| damaged::<LogNodeColumn>(&key, "it is missing"))
    }
}

impl StateRead for Store {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.read::<StateColumn>(&key.to_vec())?)
    }

    fn scan_prefix(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StateError> {
        let start = first_key(prefix, after);
        let mode = IteratorMode::From(&start, Direction::Forward);
        let entries = self.database.iterator_cf(self.column::<StateColumn>()?, mode);
        Ok(self.collect(entries, prefix, limit)?)
    }
}

impl BucketRead for Store {
    fn bucket(&self, place: Place) -> Result<Option<Vec<u8>>, StateError> {
        Ok(self.read::<BucketColumn>(&place)?)
    }

    fn buckets(&self, places: &[Place]) -> Result<Vec<Option<Vec<u8>>>, StateError> {
        let keys: Vec<Vec<u8>> = places.iter().map(BucketColumn::key).collect();
        let column = self.column::<BucketColumn>()?;
        self.database
            .batched_multi_get_cf(column, &keys, true)
            .into_iter()
            .map(|answer| match answer {
                Ok(bytes) => Ok(bytes.map(|bytes| bytes.to_vec())),
                Err(source) => Err(self.failed(source).into()),
            })
            .collect()
    }
}

/// Where a scan of the keys that start with `prefix` begins behind `after`.
pub(super) fn first_key(prefix: &[u8], after: Option<&[u8]>) -> Vec<u8> {
    match after {
        Some(after) if prefix <= after => [after, &[0]].concat(),
        _ => prefix.to_vec(),
    }
}

pub(super) fn damaged<C: Column>(key: &C::Key, reason: &'static str) -> StoreError {
    damaged_at(C::NAME, &C::key(key), reason)
}

pub(super) fn damaged_at(column: &'static str, key: &[u8], reason: &'static str) -> StoreError {
    StoreError::Damaged { column, key: HEXLOWER.encode(key), reason }
}
