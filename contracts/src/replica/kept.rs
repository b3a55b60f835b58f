//! A replica on disk: its state is a database, from which it goes on after a restart.
//!
//! The database lies on the disk of whoever verified what is in it. So what is verified again at a
//! restart is not how the state came about, but that the disk still has it: the stored sets of
//! validators lead from the genesis to the last header, each change certified by the set before
//! it; the last header is certified; the hashes of all buckets come to its state root, and the
//! log's right edge to its log root. A bucket is compared with its hash whenever it is read, a
//! value whenever it is proven. What is wrong with it names what is damaged.

use std::path::Path;

use minglian_ledger::block::Header;
use minglian_ledger::evidence::{self, EvidenceError};
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::Height;
use minglian_ledger::log::tree::Frontier;
use minglian_ledger::state::tree::StateTree;
use minglian_ledger::state::{Changes, StateError};
use minglian_ledger::store::{
    self, BlockWrite, BufferedStore, DerivedRead as _, Store, StoreError,
};
use minglian_ledger::validators::ValidatorSet;

use super::{Founded, Keep, Replica, ReplicaError, Step};
use crate::schema;
use crate::seal::{self, OtherRules};

/// Derived entries: the log's right edge, and the name that was given to the ledger.
const FRONTIER: &[u8] = b"frontier";
const NAME: &[u8] = b"name";

/// Why a ledger is not kept, or does not go on from where it stood.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The state in it.
    #[error(transparent)]
    State(#[from] StateError),
    /// The genesis.
    #[error(transparent)]
    Genesis(Box<ReplicaError>),
    /// It was executed by other rules.
    #[error(transparent)]
    Rules(#[from] OtherRules),
    /// A header that nobody certified.
    #[error("the kept ledger is damaged: {0}")]
    Certificate(#[from] EvidenceError),
    /// Something else than its last header commits to.
    #[error("the kept ledger is damaged: its {part} is not the one of header {height}")]
    Inconsistent {
        /// What differs.
        part: &'static str,
        /// The header's height.
        height: Height,
    },
}

impl KeptError {
    /// Whether what is kept is not this ledger, or not any more: then it is verified from the
    /// genesis again. Otherwise a disk or a right is missing, and what is kept may be well.
    pub fn is_unusable(&self) -> bool {
        match self {
            Self::Store(error) => error.is_unusable(),
            Self::State(error) => store::is_unusable(error),
            Self::Genesis(_) => false,
            Self::Rules(_) | Self::Certificate(_) | Self::Inconsistent { .. } => true,
        }
    }
}

/// A verified ledger on disk.
pub type KeptReplica = Replica<BufferedStore>;

/// What undoes a block is not kept.
static NO_UNDO: Changes = Changes::new();

impl Keep for BufferedStore {
    fn keep(&mut self, step: &Step<'_>) -> Result<(), StateError> {
        Ok(self.commit(&write_of(step, &right_edge(step)))?)
    }
}

fn right_edge(step: &Step<'_>) -> [(Vec<u8>, Vec<u8>); 1] {
    [(FRONTIER.to_vec(), schema::encode(step.frontier))]
}

/// What a step adds to the database, with its right edge.
fn write_of<'a>(step: &Step<'a>, derived: &'a [(Vec<u8>, Vec<u8>)]) -> BlockWrite<'a> {
    BlockWrite {
        header: step.header,
        certificate: step.certificate,
        first_leaf: step.first_leaf,
        leaves: &[],
        nodes: &[],
        update: step.update,
        changes: step.changes,
        undo: &NO_UNDO,
        transactions: &[],
        validators: step.validators,
        derived,
    }
}

impl KeptReplica {
    /// The ledger at its genesis, kept in `path`, which is absent or empty.
    ///
    /// # Errors
    /// [`KeptError::Genesis`] if the genesis cannot start a chain, [`KeptError::Store`] if the
    /// directory cannot be written.
    pub fn create(path: &Path, genesis: &Genesis) -> Result<Self, KeptError> {
        let founded = founded(genesis)?;
        let step = founded.step(genesis);
        let store = Store::create(path, genesis.hash(), &write_of(&step, &right_edge(&step)))?;
        let state = BufferedStore::new(store)?;
        founded.replica(genesis, state).map_err(|error| KeptError::Genesis(Box::new(error)))
    }

    /// The ledger that is kept in `path`, where it stood when it was last written.
    ///
    /// # Errors
    /// [`KeptError`] that names what is wrong with it.
    pub fn resume(path: &Path, genesis: &Genesis) -> Result<Self, KeptError> {
        Self::read(BufferedStore::new(Store::open(path, genesis.hash())?)?, genesis)
    }

    /// Goes back to where it was last written.
    ///
    /// # Errors
    /// [`KeptError`] that names what is wrong with what is kept; nothing has changed then.
    pub fn go_back(&mut self, genesis: &Genesis) -> Result<(), KeptError> {
        let Parts { header, validators, tree, frontier } = Parts::read(&self.state, genesis)?;
        self.state.forget();
        self.current = last_of(&validators, genesis);
        (self.header, self.validators) = (header, validators);
        (self.tree, self.frontier) = (tree, frontier);
        Ok(())
    }

    /// What the ledger was called when it was last written; none if it was not since it was
    /// created.
    ///
    /// # Errors
    /// [`KeptError::Store`].
    pub fn name(&self) -> Result<Option<Vec<u8>>, KeptError> {
        Ok(self.state.store().derived(NAME)?)
    }

    /// Writes what was applied since the last time, all of it or nothing, and calls the ledger
    /// `name`. On disk when this returns.
    ///
    /// # Errors
    /// [`KeptError::Store`]; it can be tried again.
    pub fn write(&mut self, name: &str) -> Result<(), KeptError> {
        Ok(self.state.flush(&[(NAME.to_vec(), name.as_bytes().to_vec())])?)
    }

    fn read(state: BufferedStore, genesis: &Genesis) -> Result<Self, KeptError> {
        let Parts { header, validators, tree, frontier } = Parts::read(&state, genesis)?;
        let current = last_of(&validators, genesis);
        Ok(Self { header, validators, current, state, tree, frontier })
    }
}

/// What a replica has beside its state.
struct Parts {
    header: Header,
    validators: Vec<(Height, ValidatorSet)>,
    tree: StateTree,
    frontier: Frontier,
}

impl Parts {
    /// Reads them and checks them against the genesis and the last header.
    fn read(state: &BufferedStore, genesis: &Genesis) -> Result<Self, KeptError> {
        let store = state.store();
        let header = store.tip()?.header;
        seal::check_rules(&header)?;
        let height = header.height;
        let inconsistent = |part| KeptError::Inconsistent { part, height };
        let validators = certified(store, genesis, &header)?;
        if last_of(&validators, genesis).hash() != header.next_validators_hash {
            return Err(inconsistent("set of validators"));
        }
        let frontier: Option<Frontier> =
            store.derived(FRONTIER)?.and_then(|bytes| borsh::from_slice(&bytes).ok());
        let is_of_header = |frontier: &Frontier| {
            frontier.size() == header.log_size && frontier.root() == header.log_root
        };
        let frontier = frontier.filter(is_of_header).ok_or_else(|| inconsistent("log"))?;
        let tree = StateTree::rebuild(store.bucket_hashes()?)?;
        if tree.root() != header.state_root {
            return Err(inconsistent("state"));
        }
        Ok(Self { header, validators, tree, frontier })
    }
}

fn founded(genesis: &Genesis) -> Result<Founded, KeptError> {
    Founded::new(genesis).map_err(|error| KeptError::Genesis(Box::new(error)))
}

fn last_of(validators: &[(Height, ValidatorSet)], genesis: &Genesis) -> ValidatorSet {
    validators.last().map_or(&genesis.validators, |(_, set)| set).clone()
}

/// Every set of validators since the genesis, with the first height that it certifies: each change
/// is certified by the set before it, and so is `tip`, the last header.
fn certified(
    store: &Store,
    genesis: &Genesis,
    tip: &Header,
) -> Result<Vec<(Height, ValidatorSet)>, KeptError> {
    let missing = |height| KeptError::Inconsistent { part: "chain of headers", height };
    let mut sets = vec![(Height::GENESIS.next(), genesis.validators.clone())];
    let first = founded(genesis)?.sealed.header;
    if tip.height == Height::GENESIS {
        let is_ours = first == *tip;
        return is_ours.then_some(sets).ok_or_else(|| missing(tip.height));
    }
    let mut above = Height::GENESIS;
    let check = |above, set: &ValidatorSet, header: &Header| -> Result<(), KeptError> {
        let certificate = store.certificate(header.height)?;
        let certificate = certificate.ok_or_else(|| missing(header.height))?;
        Ok(evidence::certified(&first.chain_id, above, set, header, &certificate)?)
    };
    for (height, next) in store.validator_changes(Height::GENESIS)? {
        let header = store.header(height)?.ok_or_else(|| missing(height))?.header;
        check(above, &last_of(&sets, genesis), &header)?;
        if header.height != height || next.hash() != header.next_validators_hash {
            return Err(EvidenceError::WrongValidators(height).into());
        }
        above = height;
        sets.push((height.next(), next));
    }
    // The last change may be the tip's own: it is certified by the set before.
    if above < tip.height {
        check(above, &last_of(&sets, genesis), tip)?;
    } else if above > tip.height {
        return Err(missing(above));
    }
    Ok(sets)
}
