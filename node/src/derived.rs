//! Query indexes in the store's derived column: rebuilt from the log, certified by nothing.
//!
//! `m` number → movement and the record that made it; `i` account, start → the movement that
//! credited these positions; `o` account, start → the movement that took them; `r` organisation,
//! position → a record of that organisation; `e` proposal → how it ended and the record that ended
//! it; `n` commitment, organisation, position → a record of that organisation that names the
//! commitment, and whether its act waited; `v` → the version of this list. Numbers are big-endian,
//! so that order is order.

mod naming;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_contracts::approval;
use minglian_contracts::book::{AccountId, Interval, Movement, MovementNumber, Source};
use minglian_contracts::event::{self, Event, Outcome};
use minglian_contracts::schema;
use minglian_contracts::trace::MovementSource;
use minglian_ledger::hash::{StateKeyHash, TransactionId};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::record::{Leaf, Receipt};
use minglian_ledger::store::{DerivedRead, ScanDirection, Store, StoreError};
use minglian_ledger::transaction::Transaction;

const MOVEMENT: u8 = b'm';
const INFLOW: u8 = b'i';
const OUTFLOW: u8 = b'o';
const RECORD: u8 = b'r';
const END: u8 = b'e';
const NAMING: u8 = b'n';
const VERSION: u8 = b'v';

/// The version of the list of kinds. 1: without ends of proposals, and without this entry; 2:
/// without records that name commitments.
const KINDS_VERSION: u8 = 3;

/// Entries written at a time when an index is completed.
const COMPLETED_AT_A_TIME: usize = 10_000;

/// A movement with the record that made it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct IndexedMovement {
    /// The record's position in the log.
    pub record: LogIndex,
    /// The movement.
    pub movement: Movement,
}

/// How an act that waited came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum End {
    /// The last step was taken: it took effect.
    Completed,
    /// An officer whose step was next rejected it.
    Rejected,
    /// The organisation that proposed it withdrew it.
    Withdrawn,
}

/// The end of a proposal with the record that brought it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct IndexedEnd {
    /// The record's position in the log.
    pub record: LogIndex,
    /// How it ended.
    pub end: End,
}

/// Positions that one movement credited or took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Span {
    movement: u64,
    end: u64,
}

/// Why the index cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum DerivedError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An entry is damaged; rebuild the index from the log.
    #[error("the query index is damaged at an entry of kind {0:?}; rebuild it from the log")]
    Damaged(char),
    /// A leaf of the log is missing or does not read.
    #[error("leaf {0} of the log cannot be read, so the query index cannot be made of it")]
    Leaf(LogIndex),
}

/// The entries of a chain before its first block.
pub fn first_entries() -> Vec<(Vec<u8>, Vec<u8>)> {
    vec![(vec![VERSION], vec![KINDS_VERSION])]
}

/// Makes the index of a database whole that a version of this program wrote which knew fewer kinds:
/// every entry is made of the log again. The version is written last, so that an interrupted run
/// is repeated.
///
/// # Errors
/// [`DerivedError`] if the log cannot be read or the entries cannot be written.
pub fn complete(store: &Store) -> Result<(), DerivedError> {
    if store.derived(&[VERSION])?.is_some_and(|version| version == [KINDS_VERSION]) {
        return Ok(());
    }
    let size = store.tip()?.header.log_size;
    tracing::info!(leaves = size, "making the query index whole");
    let mut made = Vec::new();
    for index in (0..size).map(LogIndex) {
        let unreadable = || DerivedError::Leaf(index);
        let bytes = store.leaf(index)?.ok_or_else(unreadable)?;
        if let Leaf::Record(record) = Leaf::decode(&bytes).map_err(|_| unreadable())? {
            let (transactions, receipts) = ([record.transaction], [record.receipt]);
            made.extend(entries(index.0, &transactions, &receipts));
        }
        if made.len() >= COMPLETED_AT_A_TIME {
            store.put_derived(&made)?;
            made.clear();
        }
    }
    made.extend(first_entries());
    Ok(store.put_derived(&made)?)
}

/// The entries of a block whose first record stands at `first`.
pub fn entries(
    first: u64,
    transactions: &[Transaction],
    receipts: &[Receipt],
) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut entries = Vec::new();
    for (index, (transaction, receipt)) in (first..).zip(transactions.iter().zip(receipts)) {
        let organization = &transaction.body.organization;
        entries.push((record_key(organization, LogIndex(index)), Vec::new()));
        // A receipt of our own making always reads.
        if let Ok(Outcome::Applied(events)) = event::read(receipt) {
            naming::push(&mut entries, LogIndex(index), transaction, &events);
            for event in events {
                match event {
                    Event::Movement(movement) => {
                        push_movement(&mut entries, LogIndex(index), movement);
                    }
                    Event::Approval(event) => entries.extend(end(LogIndex(index), &event)),
                    _ => {}
                }
            }
        }
    }
    // Ascending keys are cheaper to store.
    entries.sort_unstable();
    entries
}

fn push_movement(entries: &mut Vec<(Vec<u8>, Vec<u8>)>, record: LogIndex, movement: Movement) {
    let number = movement.number.0;
    let span = |end| schema::encode(&Span { movement: number, end });
    let to = movement.to_interval;
    entries.push((span_key(INFLOW, &movement.to, to.start()), span(to.end())));
    if let Source::Account(from) = &movement.from {
        for taken in &movement.from_intervals {
            entries.push((span_key(OUTFLOW, from, taken.start()), span(taken.end())));
        }
    }
    let value = schema::encode(&IndexedMovement { record, movement });
    entries.push((movement_key(MovementNumber(number)), value));
}

/// The entry of a proposal that ends with this event.
fn end(record: LogIndex, event: &approval::Event) -> Option<(Vec<u8>, Vec<u8>)> {
    let (proposal, end) = match event {
        approval::Event::Completed { proposal, .. } => (proposal, End::Completed),
        approval::Event::Rejected { proposal, .. } => (proposal, End::Rejected),
        approval::Event::Withdrawn { proposal } => (proposal, End::Withdrawn),
        approval::Event::Proposed { .. }
        | approval::Event::StepTaken { .. }
        | approval::Event::Retracted { .. } => return None,
    };
    Some((end_key(proposal), schema::encode(&IndexedEnd { record, end })))
}

fn end_key(proposal: &TransactionId) -> Vec<u8> {
    [&[END][..], &proposal.0].concat()
}

fn movement_key(number: MovementNumber) -> Vec<u8> {
    [&[MOVEMENT][..], &number.0.to_be_bytes()].concat()
}

fn record_key(organization: &OrganizationCode, index: LogIndex) -> Vec<u8> {
    [&[RECORD][..], organization.as_str().as_bytes(), &index.0.to_be_bytes()].concat()
}

fn span_prefix(kind: u8, account: &AccountId) -> Vec<u8> {
    let name = StateKeyHash::of(&[&schema::encode(account)]);
    [&[kind][..], &name.0].concat()
}

fn span_key(kind: u8, account: &AccountId, start: u64) -> Vec<u8> {
    [span_prefix(kind, account), start.to_be_bytes().to_vec()].concat()
}

/// Reads the derived indexes.
#[derive(Debug, Clone, Copy)]
pub struct DerivedIndex<'a> {
    store: &'a dyn DerivedRead,
}

impl<'a> DerivedIndex<'a> {
    /// The indexes in `store`.
    pub fn new(store: &'a dyn DerivedRead) -> Self {
        Self { store }
    }

    /// A movement by its number.
    pub fn movement(
        &self,
        number: MovementNumber,
    ) -> Result<Option<IndexedMovement>, DerivedError> {
        let value = self.store.derived(&movement_key(number))?;
        value.map(|bytes| decode(&bytes, MOVEMENT)).transpose()
    }

    /// How a proposal ended; none if it waits, or was never made.
    pub fn end(&self, proposal: &TransactionId) -> Result<Option<IndexedEnd>, DerivedError> {
        let value = self.store.derived(&end_key(proposal))?;
        value.map(|bytes| decode(&bytes, END)).transpose()
    }

    /// Records of an organisation, newest first, older than `before`.
    pub fn records(
        &self,
        organization: &OrganizationCode,
        before: Option<LogIndex>,
        limit: usize,
    ) -> Result<Vec<LogIndex>, DerivedError> {
        let before = before.map_or(u64::MAX, |index| index.0);
        let Some(last) = before.checked_sub(1) else { return Ok(Vec::new()) };
        let from = record_key(organization, LogIndex(last));
        let prefix = &from[..from.len() - 8];
        self.store
            .derived_range(prefix, &from, ScanDirection::Backward, limit)?
            .iter()
            .map(|(key, _)| position(key, RECORD).map(LogIndex))
            .collect()
    }

    /// Movements into an account from position `from` on, lowest first.
    pub fn inflows(
        &self,
        account: &AccountId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<IndexedMovement>, DerivedError> {
        self.movements(INFLOW, account, from, limit)
    }

    /// Movements out of an account by the positions they took, from `from` on, lowest first. A
    /// movement that took several intervals stands once for each.
    pub fn outflows(
        &self,
        account: &AccountId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<IndexedMovement>, DerivedError> {
        self.movements(OUTFLOW, account, from, limit)
    }

    fn movements(
        &self,
        kind: u8,
        account: &AccountId,
        from: u64,
        limit: usize,
    ) -> Result<Vec<IndexedMovement>, DerivedError> {
        let (prefix, start) = (span_prefix(kind, account), span_key(kind, account, from));
        self.store
            .derived_range(&prefix, &start, ScanDirection::Forward, limit)?
            .iter()
            .map(|(_, value)| self.expect(decode::<Span>(value, kind)?.movement))
            .collect()
    }

    /// The movement whose span of this kind meets `interval` lowest.
    fn meeting(
        &self,
        kind: u8,
        account: &AccountId,
        interval: Interval,
    ) -> Result<Option<Movement>, DerivedError> {
        let prefix = span_prefix(kind, account);
        let start = span_key(kind, account, interval.start());
        let before = self.store.derived_range(&prefix, &start, ScanDirection::Backward, 1)?;
        if let Some((_, value)) = before.first() {
            let span: Span = decode(value, kind)?;
            if span.end > interval.start() {
                return Ok(Some(self.expect(span.movement)?.movement));
            }
        }
        let after = self.store.derived_range(&prefix, &start, ScanDirection::Forward, 1)?;
        match after.first() {
            Some((key, value)) if position(key, kind)? < interval.end() => {
                let span: Span = decode(value, kind)?;
                Ok(Some(self.expect(span.movement)?.movement))
            }
            _ => Ok(None),
        }
    }

    fn expect(&self, number: u64) -> Result<IndexedMovement, DerivedError> {
        self.movement(MovementNumber(number))?.ok_or(DerivedError::Damaged(char::from(MOVEMENT)))
    }
}

impl MovementSource for DerivedIndex<'_> {
    type Error = DerivedError;

    fn inflow_at(
        &self,
        account: &AccountId,
        interval: Interval,
    ) -> Result<Option<Movement>, DerivedError> {
        self.meeting(INFLOW, account, interval)
    }

    fn outflow_at(
        &self,
        account: &AccountId,
        interval: Interval,
    ) -> Result<Option<Movement>, DerivedError> {
        self.meeting(OUTFLOW, account, interval)
    }
}

fn decode<T: BorshDeserialize>(bytes: &[u8], kind: u8) -> Result<T, DerivedError> {
    borsh::from_slice(bytes).map_err(|_| DerivedError::Damaged(char::from(kind)))
}

/// The big-endian number that ends a key.
fn position(key: &[u8], kind: u8) -> Result<u64, DerivedError> {
    key.last_chunk().copied().map(u64::from_be_bytes).ok_or(DerivedError::Damaged(char::from(kind)))
}
