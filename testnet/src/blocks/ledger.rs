//! Blocks made by one process: executed by the contracts on a state on disk, certified with all
//! validators' keys, written to files.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, bail, ensure};
use minglian_client::wire::CertifiedBlock;
use minglian_contracts::context::BlockContext;
use minglian_contracts::event::{self, Outcome};
use minglian_contracts::execute::{Executed, Run, Unfit};
use minglian_contracts::seal::{self, Place, Sealed};
use minglian_contracts::setup;
use minglian_ledger::block::{Block, Header};
use minglian_ledger::certificate::{Certificate, CommitSignature, precommit_sign_bytes};
use minglian_ledger::date::Date;
use minglian_ledger::hash::ValidatorAddress;
use minglian_ledger::height::{LogIndex, TimeMs};
use minglian_ledger::keys::{self, PublicKey, SigningKey};
use minglian_ledger::log::tree::Frontier;
use minglian_ledger::record::Receipt;
use minglian_ledger::state::tree::{StateTree, StateUpdate};
use minglian_ledger::state::{Changes, MemoryState};
use minglian_ledger::store::{BlockWrite, Store};
use minglian_ledger::transaction::Transaction;

use super::files::BlockFiles;
use super::founding::{Founding, begin_of};
use crate::year::carry_out::{Committed, Ledger};
use crate::year::progress::Bar;

/// Most transactions of a block: as many as a second brings under load.
const BLOCK_TRANSACTIONS_MAX: usize = 1_000;

/// The folder of the state, which is gone when the ledger is complete.
const STATE: &str = "state";

/// When entries are made: from a time on, evenly over some days.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    begin: TimeMs,
    length_ms: u64,
    entries: u64,
}

impl Span {
    /// `entries` from `first` on over `days` days.
    ///
    /// # Errors
    /// If the days are beyond the calendar.
    pub fn new(first: Date, days: i32, entries: u64) -> anyhow::Result<Self> {
        let (begin, last) = (begin_of(first)?, first.add_days(days).context("too many days")?);
        let length_ms = begin_of(last)?.0.saturating_sub(begin.0);
        Ok(Self { begin, length_ms, entries: entries.max(1) })
    }

    /// When entry `number` is made; those beyond the last are made with it.
    fn time(&self, number: u64) -> TimeMs {
        let part = u128::from(self.length_ms) * u128::from(number.min(self.entries));
        let passed = u64::try_from(part / u128::from(self.entries)).unwrap_or(self.length_ms);
        TimeMs(self.begin.0 + passed)
    }
}

/// A chain that is being made.
pub struct Certified {
    inner: Mutex<Inner>,
    state: PathBuf,
}

struct Inner {
    store: Store,
    tree: StateTree,
    header: Header,
    frontier: Frontier,
    validators: Vec<(ValidatorAddress, SigningKey)>,
    files: BlockFiles,
    span: Span,
    now: TimeMs,
    records: u64,
    bar: Bar,
}

impl Certified {
    /// The chain at its genesis, whose blocks go into `directory`.
    ///
    /// # Errors
    /// If the genesis starts no chain, or the directory cannot be written.
    pub fn create(founding: &Founding, directory: &Path, span: Span) -> anyhow::Result<Self> {
        let genesis = &founding.genesis;
        let changes = setup::genesis_changes(genesis)?;
        let mut tree = StateTree::new();
        let update = tree.prepare(&MemoryState::new(), &changes)?;
        let Sealed { header, frontier, .. } = setup::genesis_block(genesis, update.root())?;
        let state = directory.join(STATE);
        let store =
            Store::create(&state, genesis.hash(), &state_write(&header, &update, &changes))?;
        tree.apply(&update)?;
        let address = |key: &SigningKey| ValidatorAddress::of(&[&PublicKey::of(key).0]);
        let keys = founding.consensus.iter();
        let inner = Inner {
            store,
            tree,
            header,
            frontier,
            validators: keys.map(|key| (address(key), key.clone())).collect(),
            files: BlockFiles::new(directory),
            span,
            now: span.begin,
            records: 0,
            bar: Bar::new(span.entries, 0),
        };
        Ok(Self { inner: Mutex::new(inner), state })
    }

    /// The last header.
    pub fn header(&self) -> Header {
        self.lock().header.clone()
    }

    /// Goes on to the time at which the next entries are made. What is committed until this is
    /// called again is of one time: no proposal runs out while others are entered.
    pub fn pass_time(&self) {
        let mut inner = self.lock();
        inner.now = inner.span.time(inner.records).max(inner.header.time_ms);
    }

    /// Brings everything to the disk and removes the state, which every reader makes for itself;
    /// the last header, and how many records there are.
    ///
    /// # Errors
    /// If the disk does not take it.
    pub fn finish(self) -> anyhow::Result<(Header, u64)> {
        let Inner { header, records, store, mut files, bar, .. } =
            self.inner.into_inner().unwrap_or_else(PoisonError::into_inner);
        files.end()?;
        bar.finish();
        drop(store);
        std::fs::remove_dir_all(&self.state)?;
        Ok((header, records))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ledger for Certified {
    async fn commit(&self, transactions: Vec<Transaction>) -> anyhow::Result<Vec<Committed>> {
        let mut inner = self.lock();
        let mut committed = Vec::with_capacity(transactions.len());
        while committed.len() < transactions.len() {
            committed.extend(inner.block(&transactions[committed.len()..])?);
        }
        Ok(committed)
    }
}

impl Inner {
    /// Makes a block of the first of these transactions, as many as it holds.
    fn block(&mut self, waiting: &[Transaction]) -> anyhow::Result<Vec<Committed>> {
        let time_ms = self.now.max(TimeMs(self.header.time_ms.0 + 1));
        let executed = self.execute(waiting, time_ms)?;
        let transactions = &waiting[..executed.receipts.len()];
        let update = self.tree.prepare(&self.store, &executed.changes)?;
        let proposer = self.validators.first().map_or_else(Default::default, |(it, _)| *it);
        let place = Place { parent: &self.header, time_ms, proposer };
        let sealed = seal::seal(place, transactions, &executed, update.root(), &self.frontier)?;
        let header = sealed.header;
        let is_same = header.next_validators_hash == self.header.next_validators_hash;
        ensure!(is_same, "the validators have changed, and their new keys are not at hand");
        self.store.commit(&state_write(&header, &update, &executed.changes))?;
        self.tree.apply(&update)?;
        let block = Block { header: header.clone(), transactions: transactions.to_vec() };
        let certificate = Some(self.certify(&header));
        self.files.append(&CertifiedBlock { block, certificate })?;
        let first = self.header.log_size;
        (self.header, self.frontier) = (header, sealed.frontier);
        self.records += transactions.len() as u64;
        self.bar.add(transactions.len() as u64);
        let receipts = (first..).map(LogIndex).zip(&executed.receipts);
        receipts.map(|(index, receipt)| committed(index, receipt)).collect()
    }

    fn execute(&self, waiting: &[Transaction], time_ms: TimeMs) -> anyhow::Result<Executed> {
        let context = BlockContext::after(&self.header, time_ms)?;
        let mut run = Run::new(&self.store, &context)?;
        for (number, transaction) in waiting.iter().take(BLOCK_TRANSACTIONS_MAX).enumerate() {
            match run.push(transaction)? {
                Ok(_) => {}
                Err(Unfit::Full) if number > 0 => break,
                Err(unfit) => bail!("{} fits no block: {unfit}", transaction.id()),
            }
        }
        Ok(run.finish()?)
    }

    /// All validators precommit.
    fn certify(&self, header: &Header) -> Certificate {
        let (block_id, round) = (header.id(), 0);
        let message = precommit_sign_bytes(&header.chain_id, header.height, round, &block_id);
        let sign = |(address, key): &(ValidatorAddress, SigningKey)| CommitSignature {
            address: *address,
            signature: keys::sign(key, &message),
        };
        let signatures = self.validators.iter().map(sign).collect();
        Certificate { height: header.height, round, block_id, signatures }
    }
}

fn committed(index: LogIndex, receipt: &Receipt) -> anyhow::Result<Committed> {
    let (code, detail) = match event::read(receipt)? {
        Outcome::Applied(_) => (0, String::new()),
        Outcome::Refused { code, detail } => (code, detail.to_string()),
    };
    Ok(Committed { index, code, detail })
}

/// What a block writes of the state alone: nobody asks this store for its log.
fn state_write<'a>(
    header: &'a Header,
    update: &'a StateUpdate,
    changes: &'a Changes,
) -> BlockWrite<'a> {
    static NOTHING: Changes = Changes::new();
    BlockWrite {
        header,
        certificate: None,
        first_leaf: LogIndex(0),
        leaves: &[],
        nodes: &[],
        update,
        changes,
        undo: &NOTHING,
        transactions: &[],
        validators: None,
        derived: &[],
    }
}
