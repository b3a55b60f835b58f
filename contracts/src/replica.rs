//! A ledger in memory that believes nobody: every block is verified before it is applied.
//!
//! Certificate, signatures, execution, state root and log root are checked against the genesis and
//! what was applied before. `minglian audit`, the explorer and the network checker are replicas.

use minglian_ledger::block::{Block, Header};
use minglian_ledger::certificate::Certificate;
use minglian_ledger::evidence::{self, EvidenceError};
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys::{self, SignedMessage};
use minglian_ledger::log::tree::Frontier;
use minglian_ledger::state::proof::StateProof;
use minglian_ledger::state::tree::StateTree;
use minglian_ledger::state::{self, MemoryState, StateError};
use minglian_ledger::validators::ValidatorSet;
use rand_core::{CryptoRng, RngCore};

use crate::seal::{self, InvalidBlock, Replayed};
use crate::setup::{self, SetupError};
use crate::validator_set;

/// Why a block is not applied. Every message names the place.
#[derive(Debug, thiserror::Error)]
pub enum ReplicaError {
    /// The genesis.
    #[error("genesis: {0}")]
    Setup(#[from] SetupError),
    /// The header or its certificate.
    #[error("{0}")]
    Certificate(#[from] EvidenceError),
    /// A block that is not the next one.
    #[error("block {found} where block {expected} should stand")]
    Height {
        /// The next height.
        expected: u64,
        /// The block's height.
        found: u64,
    },
    /// A signature that does not verify.
    #[error("block {height}: the signature of record {record} does not verify")]
    Signature {
        /// The block.
        height: u64,
        /// The record's position in the log.
        record: LogIndex,
    },
    /// Execution gives another result than the header.
    #[error("block {height}: {source}")]
    Invalid {
        /// The block.
        height: u64,
        /// What differs.
        #[source]
        source: InvalidBlock,
    },
    /// The replica's own state.
    #[error(transparent)]
    State(#[from] StateError),
}

/// A verified ledger in memory.
#[derive(Debug)]
pub struct Replica {
    header: Header,
    validators: ValidatorSet,
    state: MemoryState,
    tree: StateTree,
    frontier: Frontier,
}

impl Replica {
    /// The ledger at its genesis.
    ///
    /// # Errors
    /// [`ReplicaError::Setup`] if the genesis cannot start a chain.
    pub fn new(genesis: &Genesis) -> Result<Self, ReplicaError> {
        let changes = setup::genesis_changes(genesis)?;
        let (mut state, mut tree) = (MemoryState::new(), StateTree::new());
        let update = tree.prepare(&state, &changes)?;
        tree.apply(&update)?;
        state.commit(&update, &changes);
        let sealed = setup::genesis_block(genesis, update.root())?;
        let validators = genesis.validators.clone();
        Ok(Self { header: sealed.header, validators, state, tree, frontier: sealed.frontier })
    }

    /// The last applied header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The validators that certify the next block.
    pub fn validators(&self) -> &ValidatorSet {
        &self.validators
    }

    /// The state after the last applied block.
    pub fn state(&self) -> &MemoryState {
        &self.state
    }

    /// Proves what the state says of a key after the last applied block.
    ///
    /// # Errors
    /// [`StateError`] if the key's bucket is damaged.
    pub fn prove(&self, key: &[u8]) -> Result<StateProof, StateError> {
        state::proof::prove(&self.tree, &self.state, key)
    }

    /// Verifies the next block and applies it; on an error nothing changes.
    ///
    /// # Errors
    /// [`ReplicaError`] that names the first thing that is wrong.
    pub fn apply(
        &mut self,
        block: &Block,
        certificate: &Certificate,
        random: &mut (impl RngCore + CryptoRng),
    ) -> Result<Replayed, ReplicaError> {
        let (expected, found) = (self.header.height.next().0, block.header.height.0);
        if expected != found {
            return Err(ReplicaError::Height { expected, found });
        }
        let Header { chain_id, height, .. } = &self.header;
        evidence::certified(chain_id, *height, &self.validators, &block.header, certificate)?;
        self.check_signatures(block, random)?;
        let replayed = seal::replay(&self.header, block, &self.state, &self.tree, &self.frontier)
            .map_err(|source| ReplicaError::Invalid { height: found, source })?;
        self.tree.apply(&replayed.update)?;
        self.state.commit(&replayed.update, &replayed.executed.changes);
        self.frontier = replayed.sealed.frontier.clone();
        if block.header.next_validators_hash != self.header.next_validators_hash {
            self.validators = validator_set::validators(&self.state)?;
        }
        self.header = block.header.clone();
        Ok(replayed)
    }

    fn check_signatures(
        &self,
        block: &Block,
        random: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), ReplicaError> {
        let messages: Vec<Vec<u8>> =
            block.transactions.iter().map(|transaction| transaction.sign_bytes()).collect();
        let items: Vec<SignedMessage<'_>> = block
            .transactions
            .iter()
            .zip(&messages)
            .map(|(transaction, message)| SignedMessage {
                key: transaction.key,
                message,
                signature: transaction.signature,
            })
            .collect();
        keys::verify_batch(&items, random).map_err(|bad| {
            let position = bad.first().copied().unwrap_or_default() as u64;
            let record = LogIndex(self.header.log_size.saturating_add(position));
            ReplicaError::Signature { height: block.header.height.0, record }
        })
    }
}
