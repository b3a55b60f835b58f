//! What a block and an act know about themselves.

use minglian_ledger::block::Header;
use minglian_ledger::date::{self, Date, DateError};
use minglian_ledger::hash::{BlockId, TransactionId};
use minglian_ledger::height::{Height, LogIndex, TimeMs};
use minglian_ledger::transaction::ChainId;

use borsh::BorshSerialize;

use crate::actor::{Actor, Author, Signature};
use crate::book;
use crate::schema;

/// The version of the rules in this crate, as headers name it. A change of what any act comes to
/// raises it; `contracts/tests/it/rules.rs` sees to that, and `docs/contracts.md` lists them.
pub const RULES_VERSION: u32 = 10;

/// The block that is being executed. Contracts know no other time than this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockContext {
    /// The chain.
    pub chain_id: ChainId,
    /// The block's height.
    pub height: Height,
    /// The header's time.
    pub time_ms: TimeMs,
    /// The header's Beijing date.
    pub date: Date,
    /// The block before.
    pub parent: BlockId,
    /// The time of the block before.
    pub parent_time_ms: TimeMs,
    /// Leaves in the log before this block: the position of its first record.
    pub log_size_before: u64,
    /// The version of the rules by which the block is executed.
    pub rules_version: u32,
}

impl BlockContext {
    /// The context of the block after `parent`, at `time_ms`.
    ///
    /// # Errors
    /// [`DateError`] if the time lies beyond the calendar.
    pub fn after(parent: &Header, time_ms: TimeMs) -> Result<Self, DateError> {
        Ok(Self {
            chain_id: parent.chain_id.clone(),
            height: parent.height.next(),
            time_ms,
            date: date::beijing_date(time_ms)?,
            parent: parent.id(),
            parent_time_ms: parent.time_ms,
            log_size_before: parent.log_size,
            rules_version: RULES_VERSION,
        })
    }
}

/// The act that is being executed, and the events it has caused so far.
#[derive(Debug)]
pub struct Context<'a> {
    /// Its block.
    pub block: &'a BlockContext,
    /// Its record's position in the log.
    pub index: LogIndex,
    /// Its name.
    pub transaction: TransactionId,
    /// Who signed this transaction: the last approver, where an act needed approval.
    pub actor: Actor,
    /// The organisation whose act it is: the one that proposed it.
    pub author: Author,
    /// Who is responsible for the act, the proposer first, then the approvers in order. For an act
    /// that needs no approval: the actor alone.
    pub signatures: Vec<Signature>,
    /// What is reported in the receipt: encoded [`Report`]s, each behind its number.
    pub events: Vec<Vec<u8>>,
}

/// What an act can report. Each module has its own kind; `event` gives the numbers and lists them
/// all, so that the modules need not know one another.
pub trait Report: BorshSerialize {
    /// The kind's number in receipts.
    const NUMBER: u8;
}

fn encode<R: Report>(report: &R) -> Vec<u8> {
    let mut bytes = vec![R::NUMBER];
    schema::append(&mut bytes, report);
    bytes
}

impl Context<'_> {
    /// Adds an event to the receipt.
    pub fn emit(&mut self, event: impl Report) {
        self.events.push(encode(&event));
    }

    /// Adds an event to the receipt, unless the receipt has it already.
    pub fn emit_once(&mut self, event: impl Report) {
        let bytes = encode(&event);
        if !self.events.contains(&bytes) {
            self.events.push(bytes);
        }
    }

    /// Adds movements to the receipt, in their order.
    pub fn emit_movements(&mut self, movements: impl IntoIterator<Item = book::Movement>) {
        self.events.extend(movements.into_iter().map(|movement| encode(&movement)));
    }

    /// The header's Beijing date.
    pub fn today(&self) -> Date {
        self.block.date
    }

    /// Whether an act that happened on `occurred_on` is entered late (补录): its substance is
    /// judged by that date, its timeliness by the header's.
    pub fn is_late(&self, occurred_on: Date) -> bool {
        occurred_on < self.block.date
    }
}
