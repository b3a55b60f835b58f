//! The ledger of a running node: the one owner of store, state tree and log frontier.
//!
//! `app` proposes, considers and commits blocks here; everybody else reads. A candidate is executed
//! once and kept by block id until its height is decided, so that a decided block is only written.

pub(crate) mod additions;
mod selection;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use minglian_contracts::context::BlockContext;
use minglian_contracts::enrolment::changed::{self as enrolment, Changed};
use minglian_contracts::execute::{BLOCK_WEIGHT_MAX, ExecuteError, Run, Unfit};
use minglian_contracts::naming::{self, Thing};
use minglian_contracts::seal::{self, InvalidBlock, OtherRules, Place, Replayed};
use minglian_contracts::setup::SetupError;
use minglian_contracts::subsidy::batch;
use minglian_contracts::validator_set;
use minglian_ledger::block::{Block, Header};
use minglian_ledger::certificate::Certificate;
use minglian_ledger::genesis::Genesis;
use minglian_ledger::hash::{BlockId, Commitment, TransactionId, ValidatorAddress};
use minglian_ledger::height::{Height, LogIndex, TimeMs};
use minglian_ledger::log::tree::Frontier;
use minglian_ledger::state::StateError;
use minglian_ledger::state::tree::StateTree;
use minglian_ledger::store::{Store, StoreError};
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::transaction::{ChainId, Transaction};
use minglian_ledger::validators::ValidatorSet;
use tokio::sync::watch;

use additions::{Additions, GenesisAdditions};
use selection::Selected;

use crate::derived::{DerivedError, completion};

/// Most transactions left out of one proposal before it is closed: each was executed for nothing.
pub const UNFIT_MAX: usize = 2_048;

/// Most transactions of one organisation left out of one proposal. Its others wait for a later one,
/// so that one organisation's rubbish does not close a proposal for everybody.
pub const UNFIT_ORGANIZATION_MAX: usize = 512;

/// Most work on transactions of one organisation that are left out of one proposal, in the units of
/// a block's weight. Its others wait for a later one; those of all organisations together close the
/// proposal when they, with what is taken, come to a block's weight.
pub const UNFIT_ORGANIZATION_WEIGHT_MAX: u64 = BLOCK_WEIGHT_MAX / 2;

/// Work of one organisation's acts in a proposal after which its others wait until everybody else's
/// were looked at, in the units of a block's weight.
pub const TAKEN_ORGANIZATION_WEIGHT: u64 = BLOCK_WEIGHT_MAX / 8;

/// Most candidates kept at a time. A long halt brings a new one each round; one that is given up
/// here and decided after all is executed again.
const CANDIDATES_MAX: usize = 16;

/// Why the chain cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// The genesis.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// A block that does not follow.
    #[error(transparent)]
    Invalid(#[from] InvalidBlock),
    /// A chain of another release.
    #[error(transparent)]
    Rules(#[from] OtherRules),
    /// The query indexes.
    #[error(transparent)]
    Derived(#[from] DerivedError),
    /// The database does not contain what its last header commits to.
    #[error("the database is damaged: its {part} is not the one that header {height} commits to")]
    Inconsistent {
        /// Log or state.
        part: &'static str,
        /// The last committed height.
        height: Height,
    },
    /// A certificate for a block that is not here.
    #[error("block {0} is decided, but its body is not here")]
    UnknownBlock(BlockId),
}

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The last committed header.
    pub header: Header,
    /// The validators that certify the next block.
    pub validators: ValidatorSet,
}

/// What a commit tells those who wait.
#[derive(Debug, Clone)]
pub struct Committed {
    /// The header.
    pub header: Header,
    /// The transactions, with where their records stand.
    pub transactions: Vec<(TransactionId, LogIndex)>,
    /// Whether the next block has other validators than this one.
    pub validators_changed: bool,
    /// What its records named first that is kept off the log.
    pub named: Vec<Thing>,
    /// What it erased.
    pub erased: Vec<Thing>,
    /// Of which commitments its records name the openings, first or again.
    pub commitments: Vec<Commitment>,
    /// Acts that waited and that it ended without effect: rejected or withdrawn.
    pub failed: Vec<TransactionId>,
    /// Batches of private subsidies that it submitted or changed.
    pub batches: Vec<BatchId>,
    /// What it changed of keys that nobody holds, and of requests to them.
    pub enrolment: Changed,
}

/// A transaction that was left out of a proposal.
#[derive(Debug, Clone)]
pub struct LeftOut {
    /// The transaction.
    pub id: TransactionId,
    /// Why.
    pub unfit: Unfit,
}

struct Inner {
    header: Header,
    validators: ValidatorSet,
    tree: StateTree,
    frontier: Frontier,
}

struct Candidate {
    block: Arc<Block>,
    replayed: Replayed,
}

/// The ledger of a running node.
pub struct Chain {
    genesis: Genesis,
    chain_id: ChainId,
    store: Store,
    inner: RwLock<Inner>,
    candidates: Mutex<BTreeMap<BlockId, Arc<Candidate>>>,
    head: watch::Sender<Head>,
}

impl Chain {
    /// Creates the database of a new node from the genesis.
    pub fn create(path: &Path, genesis: &Genesis) -> Result<(), ChainError> {
        let first = GenesisAdditions::new(genesis)?;
        Store::create(path, genesis.hash(), &first.write())?;
        Ok(())
    }

    /// Opens a node's database and checks that its rules are this program's, and that log and state
    /// are those of its last header. Query indexes that an earlier program did not make are made.
    pub fn open(path: &Path, genesis: Genesis) -> Result<Self, ChainError> {
        Self::open_unless(path, genesis, &|| false)
    }

    /// The same, but making query indexes ends with [`DerivedError::Stopped`] when `is_stopped`
    /// says so; the next start goes on.
    pub fn open_unless(
        path: &Path,
        genesis: Genesis,
        is_stopped: &dyn Fn() -> bool,
    ) -> Result<Self, ChainError> {
        let store = Store::open(path, genesis.hash())?;
        let header = store.tip()?.header;
        seal::check_rules(&header)?;
        let height = header.height;
        let inconsistent = |part| ChainError::Inconsistent { part, height };
        let frontier = Frontier::load(&store, header.log_size).map_err(|_| inconsistent("log"))?;
        if frontier.root() != header.log_root {
            return Err(inconsistent("log"));
        }
        let tree = StateTree::rebuild(store.bucket_hashes()?)?;
        if tree.root() != header.state_root {
            return Err(inconsistent("state"));
        }
        let (_, validators) = store.validators(height.next())?;
        if validators.hash() != header.next_validators_hash {
            return Err(inconsistent("validator set"));
        }
        completion::complete(&store, is_stopped)?;
        let chain_id = header.chain_id.clone();
        let head = Head { header: header.clone(), validators: validators.clone() };
        Ok(Self {
            genesis,
            chain_id,
            store,
            inner: RwLock::new(Inner { header, validators, tree, frontier }),
            candidates: Mutex::default(),
            head: watch::Sender::new(head),
        })
    }

    /// The genesis this chain began with.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The chain's id.
    pub fn chain_id(&self) -> &ChainId {
        &self.chain_id
    }

    /// The database, for readers.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The end of the chain now.
    pub fn head(&self) -> Head {
        self.head.borrow().clone()
    }

    /// Follows the end of the chain.
    pub fn subscribe(&self) -> watch::Receiver<Head> {
        self.head.subscribe()
    }

    /// The context of the block that would follow now, for admission.
    pub fn next_context(&self, now: TimeMs) -> Result<BlockContext, ChainError> {
        let header = self.head().header;
        let time_ms = time_after(&header, now);
        let context = BlockContext::after(&header, time_ms).map_err(InvalidBlock::from)?;
        Ok(context)
    }

    /// Runs `read` while no commit can change the state: for proofs, which need header, tree and
    /// buckets of one height. Blocks wait for it, so it reads a few entries; whoever reads more
    /// takes a snapshot ([`Store::snapshot`]).
    pub fn with_state<T>(&self, read: impl FnOnce(&Header, &StateTree, &Store) -> T) -> T {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        read(&inner.header, &inner.tree, &self.store)
    }

    /// Builds the next block from as many of `transactions` as fit, in their order but for those of
    /// an organisation beyond [`TAKEN_ORGANIZATION_WEIGHT`], which come last, and keeps it as a
    /// candidate. Their signatures were checked at admission. What no block may hold, or not
    /// today, is left out, up to [`UNFIT_MAX`] in all and [`UNFIT_ORGANIZATION_MAX`] of one
    /// organisation. The work on what is left out counts as the block's own.
    pub fn propose<'a>(
        &self,
        transactions: impl Iterator<Item = &'a Transaction>,
        now: TimeMs,
        proposer: ValidatorAddress,
    ) -> Result<(Arc<Block>, Vec<LeftOut>), ChainError> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let parent = &inner.header;
        let time_ms = time_after(parent, now);
        let context = BlockContext::after(parent, time_ms).map_err(InvalidBlock::from)?;
        let run = Run::new(&self.store, &context)?;
        let Selected { run, taken, left_out } = selection::select(run, transactions)?;
        let executed = run.finish()?;
        let update = inner.tree.prepare(&self.store, &executed.changes)?;
        let place = Place { parent, time_ms, proposer };
        let sealed = seal::seal(place, &taken, &executed, update.root(), &inner.frontier)
            .map_err(InvalidBlock::from)?;
        let block = Arc::new(Block { header: sealed.header.clone(), transactions: taken });
        self.keep(block.clone(), Replayed { executed, update, sealed });
        Ok((block, left_out))
    }

    /// Executes a block that follows the head: its header is exactly what these transactions come
    /// to. Nothing is kept, because a candidate is decided without another look: the caller checks
    /// the signatures, and then calls [`Chain::keep`].
    pub fn replay(&self, block: &Block) -> Result<Replayed, ChainError> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let Inner { header, tree, frontier, .. } = &*inner;
        Ok(seal::replay(header, block, &self.store, tree, frontier)?)
    }

    /// Keeps as a candidate a block whose header was replayed from its transactions, and whose
    /// signatures hold.
    pub fn keep(&self, block: Arc<Block>, replayed: Replayed) {
        let id = block.header.id();
        let mut candidates = self.candidates();
        if candidates.len() >= CANDIDATES_MAX {
            candidates.clear();
        }
        candidates.insert(id, Arc::new(Candidate { block, replayed }));
    }

    /// Whether this very block, with these transactions, is a candidate.
    pub fn holds(&self, block: &Block) -> bool {
        let candidate = self.candidates().get(&block.header.id()).cloned();
        candidate.is_some_and(|candidate| *candidate.block == *block)
    }

    /// Whether a block of this id was proposed or kept since the last commit.
    pub fn is_candidate(&self, id: &BlockId) -> bool {
        self.candidates().contains_key(id)
    }

    /// Writes the decided block; on disk when this returns.
    pub fn commit(&self, certificate: &Certificate) -> Result<Committed, ChainError> {
        let id = certificate.block_id;
        let candidate = self.candidates().get(&id).cloned().ok_or(ChainError::UnknownBlock(id))?;
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        let Candidate { block, replayed: Replayed { executed, update, sealed } } = &*candidate;
        let validators_changed =
            sealed.header.next_validators_hash != inner.header.next_validators_hash;
        let changes = &executed.changes;
        let after = || validator_set::after(&self.store, changes);
        let validators = validators_changed.then(after).transpose()?;
        let additions = Additions::new(&inner.frontier, block, &candidate.replayed)?;
        let (commitments, failed) = (additions.commitments(), additions.failed()?);
        self.store.commit(&additions.write(certificate, validators.as_ref()))?;
        let transactions = additions.transactions;
        inner.tree.apply(update)?;
        inner.frontier = sealed.frontier.clone();
        inner.header = sealed.header.clone();
        if let Some(validators) = validators {
            inner.validators = validators;
        }
        let head = Head { header: inner.header.clone(), validators: inner.validators.clone() };
        drop(inner);
        self.candidates().clear();
        self.head.send_replace(head);
        let header = sealed.header.clone();
        let (named, erased) = naming::changed(&executed.changes);
        let batches = batch::changed(&executed.changes);
        let enrolment = enrolment::changed(&executed.changes);
        Ok(Committed {
            header,
            transactions,
            validators_changed,
            named,
            erased,
            commitments,
            failed,
            batches,
            enrolment,
        })
    }

    fn candidates(&self) -> MutexGuard<'_, BTreeMap<BlockId, Arc<Candidate>>> {
        self.candidates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChainError {
    /// Whether this says nothing about a block, because this node's own disk or state failed.
    pub fn is_operational(&self) -> bool {
        match self {
            Self::Invalid(invalid) => invalid.is_operational(),
            _ => true,
        }
    }
}

impl From<ExecuteError> for ChainError {
    fn from(error: ExecuteError) -> Self {
        Self::Invalid(error.into())
    }
}

/// The time of the block after `parent` that is proposed `now`: later than the parent's, and as
/// late as the rules allow after a halt of more than a year.
fn time_after(parent: &Header, now: TimeMs) -> TimeMs {
    let earliest = TimeMs(parent.time_ms.0.saturating_add(1));
    now.max(earliest).min(seal::latest_time(parent))
}
