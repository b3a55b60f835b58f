//! What one block adds to the database.

use super::StoreError;
use super::schema::{self, Column, StoredHeader};
use crate::block::Header;
use crate::certificate::Certificate;
use crate::hash::TransactionId;
use crate::height::LogIndex;
use crate::log::tree::Node;
use crate::state::Changes;
use crate::state::tree::StateUpdate;
use crate::validators::ValidatorSet;

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

impl BlockWrite<'_> {
    /// Calls `add` with column, key and value of each entry that no later block changes: all but
    /// the state and what undoes it.
    pub(super) fn each_addition(
        &self,
        mut add: impl FnMut(&'static str, &[u8], &[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let height = self.header.height;
        let stored = StoredHeader { header: self.header.clone(), first_leaf: self.first_leaf };
        entry::<schema::HeaderColumn>(&mut add, &height, &stored)?;
        if let Some(certificate) = self.certificate {
            entry::<schema::CertificateColumn>(&mut add, &height, certificate)?;
        }
        if let Some(validators) = self.validators {
            entry::<schema::ValidatorsColumn>(&mut add, &height, validators)?;
        }
        for (index, leaf) in (self.first_leaf.0..).map(LogIndex).zip(self.leaves) {
            add(schema::LeafColumn::NAME, &schema::LeafColumn::key(&index), leaf)?;
        }
        for Node { level, index, hash } in self.nodes {
            entry::<schema::LogNodeColumn>(&mut add, &(*level, *index), hash)?;
        }
        for (id, index) in self.transactions {
            entry::<schema::TransactionColumn>(&mut add, id, index)?;
        }
        for (key, value) in self.derived {
            add(schema::DERIVED, key, value)?;
        }
        Ok(())
    }
}

/// Calls `add` with one entry.
pub(super) fn entry<C: Column>(
    add: &mut impl FnMut(&'static str, &[u8], &[u8]) -> Result<(), StoreError>,
    key: &C::Key,
    value: &C::Value,
) -> Result<(), StoreError> {
    add(C::NAME, &C::key(key), &C::value(value))
}
