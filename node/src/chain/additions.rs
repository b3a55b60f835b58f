//! What blocks write to the database: the same for the node that commits a block and for the audit
//! that executes it again.

use minglian_contracts::seal::{Replayed, SealError, Sealed};
use minglian_contracts::setup;
use minglian_ledger::block::Block;
use minglian_ledger::certificate::Certificate;
use minglian_ledger::genesis::Genesis;
use minglian_ledger::hash::{Commitment, TransactionId};
use minglian_ledger::height::LogIndex;
use minglian_ledger::log::tree::{Frontier, Node};
use minglian_ledger::state::tree::{StateTree, StateUpdate};
use minglian_ledger::state::{Changes, MemoryState};
use minglian_ledger::store::BlockWrite;
use minglian_ledger::validators::ValidatorSet;

use super::{ChainError, InvalidBlock};
use crate::derived::{self, DerivedError};

/// What the genesis block writes.
pub(crate) struct GenesisAdditions<'a> {
    genesis: &'a Genesis,
    sealed: Sealed,
    nodes: Vec<Node>,
    update: StateUpdate,
    changes: Changes,
    undo: Changes,
    derived: Vec<(Vec<u8>, Vec<u8>)>,
}

impl<'a> GenesisAdditions<'a> {
    pub(crate) fn new(genesis: &'a Genesis) -> Result<Self, ChainError> {
        let changes = setup::genesis_changes(genesis)?;
        let update = StateTree::new().prepare(&MemoryState::new(), &changes)?;
        let undo = changes.keys().map(|key| (key.clone(), None)).collect();
        let sealed = setup::genesis_block(genesis, update.root())?;
        let nodes = complete_nodes(&Frontier::new(), &sealed)?;
        let derived = derived::first_entries();
        Ok(Self { genesis, sealed, nodes, update, changes, undo, derived })
    }

    /// The log after the genesis block.
    pub(crate) fn frontier(&self) -> &Frontier {
        &self.sealed.frontier
    }

    pub(crate) fn write(&self) -> BlockWrite<'_> {
        BlockWrite {
            header: &self.sealed.header,
            certificate: None,
            first_leaf: LogIndex(0),
            leaves: &self.sealed.leaves,
            nodes: &self.nodes,
            update: &self.update,
            changes: &self.changes,
            undo: &self.undo,
            transactions: &[],
            validators: Some(&self.genesis.validators),
            derived: &self.derived,
        }
    }
}

/// What a block after genesis writes.
pub(crate) struct Additions<'a> {
    replayed: &'a Replayed,
    first_leaf: LogIndex,
    nodes: Vec<Node>,
    derived: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where each transaction's record stands.
    pub(crate) transactions: Vec<(TransactionId, LogIndex)>,
}

impl<'a> Additions<'a> {
    /// What `block` adds to a log that stood at `before`.
    pub(crate) fn new(
        before: &Frontier,
        block: &Block,
        replayed: &'a Replayed,
    ) -> Result<Self, ChainError> {
        let first = before.size();
        let ids = block.transactions.iter().map(|transaction| transaction.id());
        Ok(Self {
            replayed,
            first_leaf: LogIndex(first),
            nodes: complete_nodes(before, &replayed.sealed)?,
            derived: derived::entries(first, &block.transactions, &replayed.executed.receipts),
            transactions: ids.zip((first..).map(LogIndex)).collect(),
        })
    }

    /// The commitments that its records name.
    pub(crate) fn commitments(&self) -> Vec<Commitment> {
        derived::commitments(&self.derived)
    }

    /// The acts that waited and that it ended without effect.
    pub(crate) fn failed(&self) -> Result<Vec<TransactionId>, DerivedError> {
        derived::failed(&self.derived)
    }

    /// All of it, with the next validators if the block changes them.
    pub(crate) fn write<'b>(
        &'b self,
        certificate: &'b Certificate,
        validators: Option<&'b ValidatorSet>,
    ) -> BlockWrite<'b> {
        let Replayed { executed, update, sealed } = self.replayed;
        BlockWrite {
            header: &sealed.header,
            certificate: Some(certificate),
            first_leaf: self.first_leaf,
            leaves: &sealed.leaves,
            nodes: &self.nodes,
            update,
            changes: &executed.changes,
            undo: &executed.inverse,
            transactions: &self.transactions,
            validators,
            derived: &self.derived,
        }
    }
}

/// The complete subtrees that a block adds to the log.
fn complete_nodes(before: &Frontier, sealed: &Sealed) -> Result<Vec<Node>, ChainError> {
    let mut frontier = before.clone();
    let mut nodes = Vec::with_capacity(2 * sealed.leaf_hashes.len());
    for leaf_hash in &sealed.leaf_hashes {
        frontier
            .append_nodes(*leaf_hash, &mut nodes)
            .map_err(|error| InvalidBlock::from(SealError::from(error)))?;
    }
    Ok(nodes)
}
