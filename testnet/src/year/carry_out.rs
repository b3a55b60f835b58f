//! Threads of acts, wave by wave: of each thread the next signature, all of them together, then the
//! next wave once they are committed. Every transaction follows from the plan and the keys alone,
//! so that sending one again changes nothing.

use std::collections::BTreeMap;
use std::future::Future;

use minglian_contracts::call::Call;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::transaction::{ChainId, Transaction};
use serde::Serialize;

use super::keyring::Keyring;
use super::script::{Act, Coming, Thread};
use crate::act::approve;

/// Most surprises that are kept word for word.
const SURPRISES_MAX: usize = 50;

/// So many signatures are not worth a thread of their own.
const SIGNED_ALONE: usize = 64;

/// A transaction that is in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// Where.
    pub index: LogIndex,
    /// 0, or the number of the refusal.
    pub code: u32,
    /// What the refusal says.
    pub detail: String,
}

/// What commits transactions: a running network, or the contracts in memory.
pub trait Ledger: Sync {
    /// Commits all of them, in any order; what became of each, in the order given.
    fn commit(
        &self,
        transactions: Vec<Transaction>,
    ) -> impl Future<Output = anyhow::Result<Vec<Committed>>> + Send;
}

/// How acts are signed.
pub struct Office<'a> {
    /// By whom.
    pub keyring: &'a Keyring,
    /// For which chain.
    pub chain_id: ChainId,
    /// Until which height.
    pub expires_at: Height,
    /// What a sample can name.
    pub coming: Option<Coming>,
}

/// Records by their labels.
pub type Labels = BTreeMap<String, LogIndex>;

/// An act that got another code than the plan says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Surprise {
    /// Which: phase or lot, thread, act, step.
    pub reference: String,
    /// The code of the plan.
    pub expected: u32,
    /// The code that it got.
    pub code: u32,
    /// What the refusal says.
    pub detail: String,
}

/// What became of acts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Acts that were applied.
    pub applied: u64,
    /// Transactions committed, refused ones too.
    pub transactions: u64,
    /// Acts that were refused as planned, by code.
    pub refused: BTreeMap<u32, u64>,
    /// How many got another code.
    pub surprising: u64,
    /// The first of them.
    pub surprises: Vec<Surprise>,
}

impl Tally {
    /// Adds another one.
    pub fn add(&mut self, other: Self) {
        self.applied += other.applied;
        self.transactions += other.transactions;
        for (code, count) in other.refused {
            *self.refused.entry(code).or_default() += count;
        }
        self.surprising += other.surprising;
        let room = SURPRISES_MAX.saturating_sub(self.surprises.len());
        self.surprises.extend(other.surprises.into_iter().take(room));
    }

    fn surprise(&mut self, surprise: Surprise) {
        self.surprising += 1;
        if self.surprises.len() < SURPRISES_MAX {
            self.surprises.push(surprise);
        }
    }
}

/// How far a thread is.
#[derive(Default)]
struct Cursor {
    act: usize,
    step: usize,
    proposal: Option<TransactionId>,
}

impl Office<'_> {
    /// The next transaction of an act.
    fn sign(
        &self,
        act: &Act,
        cursor: &Cursor,
        reference: &str,
        labels: &Labels,
    ) -> anyhow::Result<Transaction> {
        let post = act.signers.get(cursor.step);
        let post = post.ok_or_else(|| anyhow::anyhow!("{reference}: no signer"))?;
        let call: Call = match cursor.proposal {
            Some(proposal) => approve(proposal),
            None => {
                let nothing = Coming { height: Height(0), date: minglian_ledger::date::Date::MIN };
                let known = |label: &str| labels.get(label).copied();
                act.bound_call(known, || self.coming.unwrap_or(nothing))
            }
        };
        self.keyring.officer(*post)?.sign(&self.chain_id, reference, self.expires_at, &call)
    }
}

/// Carries out threads side by side. `mark` begins their references.
pub async fn carry_out(
    ledger: &impl Ledger,
    office: &Office<'_>,
    threads: &[Thread],
    mark: &str,
    labels: &mut Labels,
) -> anyhow::Result<Tally> {
    let mut tally = Tally::default();
    let mut cursors: Vec<Cursor> = threads.iter().map(|_| Cursor::default()).collect();
    loop {
        let goes_on = |place: &usize| cursors[*place].act < threads[*place].len();
        let places: Vec<usize> = (0..threads.len()).filter(goes_on).collect();
        if places.is_empty() {
            return Ok(tally);
        }
        let wave = sign_all(&places, |place| {
            let cursor = &cursors[place];
            let act = &threads[place][cursor.act];
            office.sign(act, cursor, &reference(mark, place, cursor), labels)
        })?;
        let ids: Vec<TransactionId> = wave.iter().map(Transaction::id).collect();
        let answers = ledger.commit(wave).await?;
        anyhow::ensure!(answers.len() == ids.len(), "{} answers", answers.len());
        for ((place, id), committed) in places.into_iter().zip(ids).zip(answers) {
            let Some(act) = threads[place].get(cursors[place].act) else { continue };
            tally.transactions += 1;
            let named = reference(mark, place, &cursors[place]);
            advance(act, &mut cursors[place], id, committed, &named, &mut tally, labels);
        }
    }
}

/// Signs for each of `places`, on all processors; the transactions are in their order.
fn sign_all(
    places: &[usize],
    sign: impl Fn(usize) -> anyhow::Result<Transaction> + Sync,
) -> anyhow::Result<Vec<Transaction>> {
    let signers = std::thread::available_parallelism().map_or(1, usize::from);
    let share = places.len().div_ceil(signers).max(SIGNED_ALONE);
    let sign_part = |part: &[usize]| -> anyhow::Result<Vec<Transaction>> {
        part.iter().map(|place| sign(*place)).collect()
    };
    let sign_part = &sign_part;
    std::thread::scope(|scope| {
        let parts = places.chunks(share);
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || sign_part(part))).collect();
        let mut signed = Vec::with_capacity(places.len());
        for thread in threads {
            let part = thread.join();
            signed.extend(part.map_err(|_| anyhow::anyhow!("a signing thread broke off"))??);
        }
        Ok(signed)
    })
}

fn reference(mark: &str, place: usize, cursor: &Cursor) -> String {
    format!("{mark}-{place}-{}-{}", cursor.act, cursor.step)
}

/// Goes on to the act's next signature, or to the next act.
fn advance(
    act: &Act,
    cursor: &mut Cursor,
    id: TransactionId,
    committed: Committed,
    reference: &str,
    tally: &mut Tally,
    labels: &mut Labels,
) {
    let Committed { index, code, detail } = committed;
    let is_last = cursor.step + 1 == act.signers.len();
    if code == 0 && !is_last {
        cursor.step += 1;
        cursor.proposal.get_or_insert(id);
        return;
    }
    *cursor = Cursor { act: cursor.act + 1, step: 0, proposal: None };
    if code != act.expected {
        let (reference, expected) = (reference.to_owned(), act.expected);
        return tally.surprise(Surprise { reference, expected, code, detail });
    }
    if code != 0 {
        *tally.refused.entry(code).or_default() += 1;
        return;
    }
    tally.applied += 1;
    if let Some(label) = &act.label {
        labels.insert(label.clone(), index);
    }
}
