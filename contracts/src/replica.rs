//! A ledger that believes nobody: every block is verified before it is applied.
//!
//! Certificate, signatures, execution, state root and log root are checked against the genesis and
//! what was applied before. `minglian audit`, the explorer and the network checker are replicas:
//! the explorer's is kept on disk ([`kept`]), the others are in memory.

pub mod kept;

use minglian_ledger::block::{Block, Header};
use minglian_ledger::certificate::Certificate;
use minglian_ledger::evidence::{self, EvidenceError};
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::keys::{self, SignedMessage};
use minglian_ledger::log::tree::Frontier;
use minglian_ledger::state::proof::StateProof;
use minglian_ledger::state::tree::{StateTree, StateUpdate};
use minglian_ledger::state::{self, BucketRead, Changes, MemoryState, StateError, StateRead};
use minglian_ledger::validators::ValidatorSet;
use rand_core::{CryptoRng, RngCore};

use crate::execute::ExecuteError;
use crate::seal::{self, InvalidBlock, Replayed, Sealed};
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

impl ReplicaError {
    /// Why the own state cannot be read, if it is that: then nothing is said about the block.
    pub fn of_state(&self) -> Option<&StateError> {
        match self {
            Self::State(error)
            | Self::Invalid { source: InvalidBlock::Execute(ExecuteError::State(error)), .. } => {
                Some(error)
            }
            _ => None,
        }
    }

    /// Whether the block is certified and signed and does not follow from the own state: either
    /// the validators are wrong, or the own state is.
    pub fn is_contradiction(&self) -> bool {
        match self {
            Self::Invalid { source, .. } => {
                !matches!(source, InvalidBlock::Rules(_)) && self.of_state().is_none()
            }
            _ => false,
        }
    }
}

/// What a verified block makes of the ledger.
#[derive(Debug)]
pub struct Step<'a> {
    /// Its header.
    pub header: &'a Header,
    /// What certifies it; none for the genesis block.
    pub certificate: Option<&'a Certificate>,
    /// The position of its first leaf.
    pub first_leaf: LogIndex,
    /// The state's new values.
    pub changes: &'a Changes,
    /// The state's new buckets.
    pub update: &'a StateUpdate,
    /// The log after it.
    pub frontier: &'a Frontier,
    /// The next validators, when it changes them.
    pub validators: Option<&'a ValidatorSet>,
}

/// Where a replica has its state.
pub trait Keep: StateRead + BucketRead {
    /// Takes a verified block over: reads see it when this returns.
    ///
    /// # Errors
    /// [`StateError`]; nothing has changed then.
    fn keep(&mut self, step: &Step<'_>) -> Result<(), StateError>;
}

impl Keep for MemoryState {
    fn keep(&mut self, step: &Step<'_>) -> Result<(), StateError> {
        self.commit(step.update, step.changes);
        Ok(())
    }
}

/// A verified ledger.
#[derive(Debug)]
pub struct Replica<S = MemoryState> {
    header: Header,
    /// Every set of validators since the genesis, with the first height that it certifies.
    validators: Vec<(Height, ValidatorSet)>,
    /// The last of them.
    current: ValidatorSet,
    state: S,
    tree: StateTree,
    frontier: Frontier,
}

/// What the genesis sets up.
struct Founded {
    changes: Changes,
    update: StateUpdate,
    sealed: Sealed,
}

impl Founded {
    fn new(genesis: &Genesis) -> Result<Self, ReplicaError> {
        let changes = setup::genesis_changes(genesis)?;
        let update = StateTree::new().prepare(&MemoryState::new(), &changes)?;
        let sealed = setup::genesis_block(genesis, update.root())?;
        Ok(Self { changes, update, sealed })
    }

    fn step<'a>(&'a self, genesis: &'a Genesis) -> Step<'a> {
        Step {
            header: &self.sealed.header,
            certificate: None,
            first_leaf: LogIndex(0),
            changes: &self.changes,
            update: &self.update,
            frontier: &self.sealed.frontier,
            validators: Some(&genesis.validators),
        }
    }

    /// The ledger at its genesis, which `state` has taken over.
    fn replica<S>(self, genesis: &Genesis, state: S) -> Result<Replica<S>, ReplicaError> {
        let mut tree = StateTree::new();
        tree.apply(&self.update)?;
        let Sealed { header, frontier, .. } = self.sealed;
        let current = genesis.validators.clone();
        let validators = vec![(Height::GENESIS.next(), current.clone())];
        Ok(Replica { header, validators, current, state, tree, frontier })
    }
}

impl Replica {
    /// The ledger at its genesis, in memory.
    ///
    /// # Errors
    /// [`ReplicaError::Setup`] if the genesis cannot start a chain.
    pub fn new(genesis: &Genesis) -> Result<Self, ReplicaError> {
        let founded = Founded::new(genesis)?;
        let mut state = MemoryState::new();
        state.keep(&founded.step(genesis))?;
        founded.replica(genesis, state)
    }
}

impl<S: Keep> Replica<S> {
    /// The last applied header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The validators that certify the next block.
    pub fn validators(&self) -> &ValidatorSet {
        &self.current
    }

    /// The validators that certify `height`, which is at most the next one.
    pub fn validators_at(&self, height: Height) -> &ValidatorSet {
        let mut sets = self.validators.iter().rev();
        sets.find(|(first, _)| *first <= height).map_or(&self.current, |(_, set)| set)
    }

    /// The state after the last applied block.
    pub fn state(&self) -> &S {
        &self.state
    }

    /// What the state says of a key after the last applied block, with the proof of it, which was
    /// checked.
    ///
    /// # Errors
    /// [`StateError`] if the key's bucket or its value is damaged.
    pub fn prove(&self, key: &[u8]) -> Result<(Option<Vec<u8>>, StateProof), StateError> {
        let value = self.state.get(key)?;
        let proof = state::proof::prove(&self.tree, &self.state, key)?;
        state::proof::verify(&proof, &self.tree.root(), key, value.as_deref())
            .map_err(StateError::backend)?;
        Ok((value, proof))
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
        evidence::certified(chain_id, *height, &self.current, &block.header, certificate)?;
        self.check_signatures(block, random)?;
        let replayed = seal::replay(&self.header, block, &self.state, &self.tree, &self.frontier)
            .map_err(|source| ReplicaError::Invalid { height: found, source })?;
        let is_change = block.header.next_validators_hash != self.header.next_validators_hash;
        let changes = &replayed.executed.changes;
        let next = is_change.then(|| validator_set::after(&self.state, changes)).transpose()?;
        self.state.keep(&Step {
            header: &block.header,
            certificate: Some(certificate),
            first_leaf: LogIndex(self.header.log_size),
            changes,
            update: &replayed.update,
            frontier: &replayed.sealed.frontier,
            validators: next.as_ref(),
        })?;
        self.tree.apply(&replayed.update)?;
        self.frontier = replayed.sealed.frontier.clone();
        if let Some(next) = next {
            self.validators.push((block.header.height.next(), next.clone()));
            self.current = next;
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
