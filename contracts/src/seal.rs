//! From an executed block to its header and leaves: the one place where both are made, so that a
//! proposer, a validator, an audit and an explorer cannot differ.

use minglian_ledger::block::{Block, Header};
use minglian_ledger::date::DateError;
use minglian_ledger::hash::{StateRoot, ValidatorAddress};
use minglian_ledger::height::{Height, LogIndex, TimeMs};
use minglian_ledger::log::tree::Frontier;
use minglian_ledger::log::{self, LogHash, LogTooLarge};
use minglian_ledger::record::Leaf;
use minglian_ledger::state::tree::{StateTree, StateUpdate};
use minglian_ledger::state::{BucketRead, StateError, StateRead};
use minglian_ledger::transaction::Transaction;

use crate::context::{BlockContext, RULES_VERSION};
use crate::execute::{self, ExecuteError, Executed};

/// Most milliseconds between the times of a block and its parent: a year. A wrong clock cannot take
/// the chain to the calendar's end, beyond which no block follows. A chain that stood still longer
/// goes on in steps of a year.
pub const TIME_STEP_MS_MAX: u64 = 366 * 24 * 60 * 60 * 1000;

/// The latest time that the block after `parent` may have. The block after the genesis may have
/// any: a genesis is dated by people, perhaps long before its network starts.
pub fn latest_time(parent: &Header) -> TimeMs {
    if parent.height == Height::GENESIS {
        return TimeMs(u64::MAX);
    }
    TimeMs(parent.time_ms.0.saturating_add(TIME_STEP_MS_MAX))
}

/// A block's header and what it adds to the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The header.
    pub header: Header,
    /// The new leaves' bytes: a record for each transaction, then the closing leaf.
    pub leaves: Vec<Vec<u8>>,
    /// The hash of each new leaf.
    pub leaf_hashes: Vec<LogHash>,
    /// The log's frontier after the block.
    pub frontier: Frontier,
}

/// Who proposes a block, when, on what parent.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The parent's header.
    pub parent: &'a Header,
    /// The proposer's time, later than the parent's.
    pub time_ms: TimeMs,
    /// The validator that proposes.
    pub proposer: ValidatorAddress,
}

/// Why a block cannot be sealed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The time is not later than the parent's.
    #[error("time {time_ms} ms is not later than the parent's {parent_ms} ms")]
    Time {
        /// The block's time.
        time_ms: u64,
        /// The parent's time.
        parent_ms: u64,
    },
    /// The time is later than [`latest_time`].
    #[error("time {time_ms} ms is more than a year later than the parent's {parent_ms} ms")]
    TimeStep {
        /// The block's time.
        time_ms: u64,
        /// The parent's time.
        parent_ms: u64,
    },
    /// The frontier is not that of the parent's log.
    #[error("the log's frontier is at {found} leaves, the parent's log has {expected}")]
    Frontier {
        /// Leaves of the frontier.
        found: u64,
        /// Leaves of the parent's log.
        expected: u64,
    },
    /// Not one receipt for each transaction.
    #[error("{receipts} receipts for {transactions} transactions")]
    Receipts {
        /// Number of receipts.
        receipts: usize,
        /// Number of transactions.
        transactions: usize,
    },
    /// The log is full.
    #[error(transparent)]
    Log(#[from] LogTooLarge),
}

/// Makes header and leaves of an executed block. `state_root` is the root that
/// [`StateTree::prepare`] gives for `executed.changes`.
///
/// # Errors
/// [`SealError`] if the parts do not belong together.
pub fn seal(
    place: Place<'_>,
    transactions: &[Transaction],
    executed: &Executed,
    state_root: StateRoot,
    frontier: &Frontier,
) -> Result<Sealed, SealError> {
    let Place { parent, time_ms, proposer } = place;
    check_time(parent, time_ms)?;
    if frontier.size() != parent.log_size || frontier.root() != parent.log_root {
        return Err(SealError::Frontier { found: frontier.size(), expected: parent.log_size });
    }
    let receipts = &executed.receipts;
    if receipts.len() != transactions.len() {
        let (receipts, transactions) = (receipts.len(), transactions.len());
        return Err(SealError::Receipts { receipts, transactions });
    }
    let header = Header {
        chain_id: parent.chain_id.clone(),
        height: parent.height.next(),
        time_ms,
        parent: parent.id(),
        proposer,
        log_size: 0,
        log_root: LogHash::default(),
        state_root,
        rules_version: RULES_VERSION,
        next_validators_hash: executed.next_validators_hash,
    };
    let mut leaves = Vec::with_capacity(transactions.len() + 1);
    for (index, (transaction, receipt)) in
        (parent.log_size..).zip(transactions.iter().zip(receipts))
    {
        let index = LogIndex(index);
        leaves.push(Leaf::encode_record(header.height, index, transaction, receipt));
    }
    close(header, leaves, frontier.clone())
}

fn check_time(parent: &Header, time_ms: TimeMs) -> Result<(), SealError> {
    let parent_ms = parent.time_ms.0;
    if time_ms <= parent.time_ms {
        return Err(SealError::Time { time_ms: time_ms.0, parent_ms });
    }
    if time_ms > latest_time(parent) {
        return Err(SealError::TimeStep { time_ms: time_ms.0, parent_ms });
    }
    Ok(())
}

/// Adds the closing leaf and completes the header with the log's size and root.
pub(crate) fn close(
    mut header: Header,
    mut leaves: Vec<Vec<u8>>,
    mut frontier: Frontier,
) -> Result<Sealed, SealError> {
    leaves.push(Leaf::Closing(header.closing()).encode());
    let leaf_hashes: Vec<LogHash> = leaves.iter().map(|leaf| log::leaf_hash(leaf)).collect();
    for leaf_hash in &leaf_hashes {
        frontier.append(*leaf_hash)?;
    }
    header.log_size = frontier.size();
    header.log_root = frontier.root();
    Ok(Sealed { header, leaves, leaf_hashes, frontier })
}

/// Why a block does not follow its parent.
#[derive(Debug, thiserror::Error)]
pub enum InvalidBlock {
    /// The header is not the one that follows from parent and transactions.
    #[error("the header's {field} is not the one that follows from parent and transactions")]
    Header {
        /// The first field that differs.
        field: &'static str,
    },
    /// A time beyond the calendar.
    #[error(transparent)]
    Date(#[from] DateError),
    /// A block that cannot be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A transaction that cannot be in the block, or a state that cannot be read
    /// ([`ExecuteError::State`]).
    #[error(transparent)]
    Execute(#[from] ExecuteError),
    /// A block of another release.
    #[error(transparent)]
    Rules(#[from] OtherRules),
}

/// A header of other rules than this program's: with these its state would be misread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the chain is executed by version {found} of the rules, this program knows version \
     {RULES_VERSION} only: a chain keeps the release of its rules; run the release with version \
     {found}"
)]
pub struct OtherRules {
    /// The header's.
    pub found: u32,
}

/// Whether a header was made by the rules of this program.
///
/// # Errors
/// [`OtherRules`].
pub fn check_rules(header: &Header) -> Result<(), OtherRules> {
    let found = header.rules_version;
    if found == RULES_VERSION { Ok(()) } else { Err(OtherRules { found }) }
}

impl InvalidBlock {
    /// Whether this says nothing about the block, because the own state cannot be read.
    pub fn is_operational(&self) -> bool {
        matches!(self, Self::Execute(ExecuteError::State(_)))
    }
}

impl From<StateError> for InvalidBlock {
    fn from(error: StateError) -> Self {
        Self::Execute(ExecuteError::State(error))
    }
}

/// A block that was executed and found to follow its parent, with all that is to be stored.
#[derive(Debug)]
pub struct Replayed {
    /// Receipts and changes.
    pub executed: Executed,
    /// The update of the state tree.
    pub update: StateUpdate,
    /// Header and leaves.
    pub sealed: Sealed,
}

/// Executes transactions on the parent's state and seals the result: what a proposer does.
///
/// # Errors
/// [`InvalidBlock`].
pub fn build<R: StateRead + BucketRead>(
    place: Place<'_>,
    transactions: &[Transaction],
    reader: &R,
    tree: &StateTree,
    frontier: &Frontier,
) -> Result<Replayed, InvalidBlock> {
    check_time(place.parent, place.time_ms)?;
    let context = BlockContext::after(place.parent, place.time_ms)?;
    let executed = execute::execute_block(reader, &context, transactions)?;
    let update = tree.prepare(reader, &executed.changes)?;
    let sealed = seal(place, transactions, &executed, update.root(), frontier)?;
    Ok(Replayed { executed, update, sealed })
}

/// Executes a block on its parent's state and checks that its header is the one that follows: what
/// every validator, audit and explorer does. Signatures and certificate are checked elsewhere.
///
/// # Errors
/// [`InvalidBlock`].
pub fn replay<R: StateRead + BucketRead>(
    parent: &Header,
    block: &Block,
    reader: &R,
    tree: &StateTree,
    frontier: &Frontier,
) -> Result<Replayed, InvalidBlock> {
    check_rules(&block.header)?;
    let Header { time_ms, proposer, .. } = block.header;
    let place = Place { parent, time_ms, proposer };
    let replayed = build(place, &block.transactions, reader, tree, frontier)?;
    match first_difference(&block.header, &replayed.sealed.header) {
        Some(field) => Err(InvalidBlock::Header { field }),
        None => Ok(replayed),
    }
}

/// The first field in which two headers differ.
pub fn first_difference(left: &Header, right: &Header) -> Option<&'static str> {
    let fields = [
        ("chain_id", left.chain_id == right.chain_id),
        ("height", left.height == right.height),
        ("time_ms", left.time_ms == right.time_ms),
        ("parent", left.parent == right.parent),
        ("proposer", left.proposer == right.proposer),
        ("rules_version", left.rules_version == right.rules_version),
        ("state_root", left.state_root == right.state_root),
        ("next_validators_hash", left.next_validators_hash == right.next_validators_hash),
        ("log_size", left.log_size == right.log_size),
        ("log_root", left.log_root == right.log_root),
    ];
    fields.into_iter().find(|(_, same)| !same).map(|(field, _)| field)
}
