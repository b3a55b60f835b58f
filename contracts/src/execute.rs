//! What becomes of a block: the receipts of its transactions and the changes to the state.
//!
//! For each transaction, in order: the envelope is checked (a fault there makes the whole block
//! invalid), then the reference, then the act's policy and the act itself. A refusal takes back
//! everything the act has written and becomes a receipt with its code; it does not take the
//! reference. A proposer runs candidates through [`Run::push`] and leaves out what does not fit;
//! a validator runs a block through [`execute_block`].

use minglian_ledger::block::BLOCK_BYTES_MAX;
use minglian_ledger::hash::ValidatorsHash;
use minglian_ledger::height::LogIndex;
use minglian_ledger::record::{RECEIPT_BYTES_MAX, Receipt};
use minglian_ledger::state::overlay::Overlay;
use minglian_ledger::state::{Changes, StateError, StateRead};
use minglian_ledger::transaction::Transaction;

use crate::context::{BlockContext, Context};
use crate::envelope::{self, Checked, EnvelopeFault, Reference};
use crate::event;
use crate::fault::Fault;
use crate::naming::{self, Named};
use crate::observer;
use crate::oversight::sample;
use crate::proposal;
use crate::refusal::{Code, Refusal};
use crate::schema::State;
use crate::validator_set;

/// Most work in one block, in the units of [`crate::call::Call::weight`]. Four validators that
/// share two cores executed and wrote blocks of three times this weight in 0.5 to 1.1 s, which is
/// beyond a proposer's second: under overload every block then needed several rounds.
pub const BLOCK_WEIGHT_MAX: u64 = 2 * envelope::ACT_WEIGHT_MAX;

/// Most bytes of transactions in one block; the rest of a block is its header.
pub const BLOCK_TRANSACTION_BYTES_MAX: u64 = BLOCK_BYTES_MAX as u64 - 4 * 1024;

/// Bytes that borsh puts around the events of a receipt: its code and the length.
const RECEIPT_OVERHEAD_BYTES: usize = 8;

/// What became of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Executed {
    /// One receipt for each transaction, in order.
    pub receipts: Vec<Receipt>,
    /// What the block does to the state.
    pub changes: Changes,
    /// What undoes it.
    pub inverse: Changes,
    /// The set that certifies the next block.
    pub next_validators_hash: ValidatorsHash,
}

/// Why a transaction cannot be in this block.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// No block may hold it.
    #[error(transparent)]
    Envelope(#[from] EnvelopeFault),
    /// It would be refused, and its organisation has had too many refused bytes today. Nothing
    /// keeps it from a later block.
    #[error("refused by {code} and over the organisation's refused bytes of the day")]
    RefusedBytes {
        /// The number of the refusal.
        code: u32,
    },
    /// The block's weight or size is used up.
    #[error("the block is full")]
    Full,
}

/// Why a block cannot be executed.
#[derive(Debug, thiserror::Error)]
pub enum ExecuteError {
    /// A transaction that cannot be in it: the block is invalid.
    #[error("transaction {position}: {unfit}")]
    Unfit {
        /// Its position in the block, from 0.
        position: usize,
        /// Why.
        #[source]
        unfit: Unfit,
    },
    /// The state cannot be read: nothing is said about the block.
    #[error(transparent)]
    State(#[from] StateError),
}

/// A block being executed.
pub struct Run<'a> {
    state: State<'a>,
    context: &'a BlockContext,
    receipts: Vec<Receipt>,
    weight: u64,
    wasted: u64,
    bytes: u64,
}

impl<'a> Run<'a> {
    /// Begins a block on the state of its parent.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn new(reader: &'a dyn StateRead, context: &'a BlockContext) -> Result<Self, StateError> {
        let mut state = Overlay::new(reader);
        envelope::forget_expired(&mut state, context.height)?;
        sample::begin_block(&mut state, context)?;
        Ok(Self { state, context, receipts: Vec::new(), weight: 0, wasted: 0, bytes: 0 })
    }

    /// Executes the next transaction. One that does not fit leaves nothing behind.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read; the inner error is the verdict.
    pub fn push(
        &mut self,
        transaction: &Transaction,
    ) -> Result<Result<&Receipt, Unfit>, StateError> {
        let checked = match envelope::check_envelope(&self.state, self.context, transaction)? {
            Ok(checked) => checked,
            Err(fault) => return Ok(Err(fault.into())),
        };
        let waiting_weight = proposal::waiting_weight(&self.state, &checked.call)?;
        let own_weight = checked.weight.saturating_add(waiting_weight);
        let weight = self.weight.saturating_add(own_weight);
        let bytes = self.bytes.saturating_add(checked.bytes);
        if weight > BLOCK_WEIGHT_MAX || bytes > BLOCK_TRANSACTION_BYTES_MAX {
            return Ok(Err(Unfit::Full));
        }
        let position = self.receipts.len() as u64;
        let index = LogIndex(self.context.log_size_before.saturating_add(position));
        let executed =
            execute_transaction(&mut self.state, self.context, index, transaction, &checked)?;
        let receipt = match executed {
            Ok(receipt) => receipt,
            Err(unfit) => {
                self.wasted = self.wasted.saturating_add(own_weight);
                return Ok(Err(unfit));
            }
        };
        (self.weight, self.bytes) = (weight, bytes);
        self.receipts.push(receipt);
        Ok(Ok(&self.receipts[self.receipts.len() - 1]))
    }

    /// Work done so far, in the units of [`crate::call::Call::weight`]: of what was taken, and of
    /// what was executed and did not fit.
    pub fn work(&self) -> u64 {
        self.weight.saturating_add(self.wasted)
    }

    /// Ends the block.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn finish(mut self) -> Result<Executed, StateError> {
        let next_validators_hash =
            validator_set::close_block(&mut self.state, self.context.height)?;
        let (changes, inverse) = self.state.into_changes_and_inverse()?;
        Ok(Executed { receipts: self.receipts, changes, inverse, next_validators_hash })
    }
}

/// Executes a block's transactions on the state of its parent.
///
/// # Errors
/// [`ExecuteError::Unfit`] if the block is invalid, [`ExecuteError::State`] if nothing can be said.
pub fn execute_block(
    reader: &dyn StateRead,
    context: &BlockContext,
    transactions: &[Transaction],
) -> Result<Executed, ExecuteError> {
    let mut run = Run::new(reader, context)?;
    for (position, transaction) in transactions.iter().enumerate() {
        if let Err(unfit) = run.push(transaction)? {
            return Err(ExecuteError::Unfit { position, unfit });
        }
    }
    Ok(run.finish()?)
}

/// Executes one transaction whose envelope is in order, to be recorded at `index`.
///
/// # Errors
/// [`StateError`] if the state cannot be read; the inner error says that no block may hold the
/// refused act today.
pub fn execute_transaction(
    state: &mut State<'_>,
    block: &BlockContext,
    index: LogIndex,
    transaction: &Transaction,
    checked: &Checked,
) -> Result<Result<Receipt, Unfit>, StateError> {
    let checkpoint = state.checkpoint();
    let refusal = match apply(state, block, index, checked) {
        Ok(receipt) => {
            let reference = Reference { transaction: checked.id, index };
            envelope::take_reference(state, transaction, reference);
            return Ok(Ok(receipt));
        }
        Err(Fault::Refused(refusal)) => refusal,
        Err(Fault::State(error)) => return Err(error),
    };
    state.rollback(checkpoint);
    if envelope::count_refused(state, block, transaction, checked)? {
        Ok(Ok(event::refused(&refusal)))
    } else {
        Ok(Err(Unfit::RefusedBytes { code: refusal.code.number() }))
    }
}

/// Applies the act, with what it obliges to, or stores it for its approvers; the receipt of
/// success.
fn apply(
    state: &mut State<'_>,
    block: &BlockContext,
    index: LogIndex,
    checked: &Checked,
) -> Result<Receipt, Fault> {
    if let Some(Reference { index, .. }) = checked.reference_taken {
        let detail = format!("by the act at log position {index}");
        return Err(Refusal::new(Code::ReferenceTaken, detail).into());
    }
    let mut context = Context {
        block,
        index,
        transaction: checked.id,
        author: checked.actor.author(),
        actor: checked.actor.clone(),
        signatures: Vec::new(),
        events: Vec::new(),
    };
    if let Some(call) = proposal::submit(checked.call.clone(), state, &mut context)? {
        observer::observe(&call, state, &mut context)?;
    }
    let named = Named { organization: context.actor.organization, index };
    naming::enter(&checked.things, named, state)?;
    let receipt = event::applied(&context.events);
    let bytes = receipt.events.len() + RECEIPT_OVERHEAD_BYTES;
    if bytes > RECEIPT_BYTES_MAX {
        let detail = format!("{bytes} bytes, {RECEIPT_BYTES_MAX} are the limit");
        return Err(Refusal::new(Code::ReceiptTooLarge, detail).into());
    }
    Ok(receipt)
}
