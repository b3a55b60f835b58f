//! Making a batch: envelopes and leaves, the header, the proofs, on as many threads as asked for.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::batch::{BatchKind, BatchName, Lot, SealedBatch};
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::subsidy::draft::{BatchBody, BatchTerms, Draft, DraftError};
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::envelope::{Envelope, EnvelopeError, EnvelopePlace};
use minglian_ledger::subsidy::envelope_contents::{EnvelopeContents, ShortText};
use minglian_ledger::subsidy::identity_number::{IdentityError, IdentityNumber};
use minglian_ledger::subsidy::leaf::{OpenLeaf, Payment};
use minglian_ledger::subsidy::pedersen::Amount;
use minglian_ledger::subsidy::scheme::Scheme;
use minglian_ledger::subsidy::secret::PersonKey;
use minglian_ledger::subsidy::standards::Standards;
use minglian_ledger::subsidy::tree::CHUNK_LEAVES;
use minglian_ledger::transaction::ChainId;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};

use crate::month::{MonthError, Plan};
use crate::programme::ProgrammeError;
use crate::roll::batches::{BatchRecord, Progress};
use crate::roll::{PersonNumber, Roll};

/// Most threads that prove.
pub const THREADS_MAX: usize = 64;

/// A number that no region has, for handles whose person was erased. The leaf pays nothing.
const NOBODY: &str = "999999190001010007";

/// What the ledger says about the batch to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerTerms {
    /// The chain.
    pub chain_id: ChainId,
    /// Root of the enrolment list, in hexadecimal.
    pub enrolment_root: String,
    /// The auditors' escrow key of the year, in hexadecimal.
    pub escrow_key: String,
    /// Where the money comes from: numbers of inflows, with amounts in fen.
    #[serde(rename = "lot")]
    pub lots: Vec<LotTerms>,
}

/// Money of one inflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LotTerms {
    /// Number of the movement that brought it.
    pub inflow: u64,
    /// How much of it, in fen as text.
    pub amount: Fen,
}

/// Why a batch was not made.
#[derive(Debug, thiserror::Error)]
pub enum MakeError {
    /// Amounts or header.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// The escrow key is none.
    #[error("the escrow key: {0}")]
    Escrow(#[from] EnvelopeError),
    /// A root or key is not 32 bytes in hexadecimal.
    #[error("{0} is not 32 bytes in hexadecimal")]
    Hexadecimal(&'static str),
    /// The programme's figures.
    #[error(transparent)]
    Programme(#[from] ProgrammeError),
    /// The vault held a number that is none.
    #[error("person {person} of the vault: {source}")]
    Identity {
        /// The number within the vault.
        person: PersonNumber,
        /// Why.
        source: IdentityError,
    },
    /// The name is taken.
    #[error(transparent)]
    Month(#[from] MonthError),
    /// The terms are not the programme's.
    #[error("the lots come to {lots}, the month to {total}: make them fit 资金来源与当月合计不符")]
    Lots {
        /// The lots' sum.
        lots: Fen,
        /// The month's.
        total: Fen,
    },
}

/// A batch that is made.
pub struct Made {
    /// The header with its proofs.
    pub sealed: SealedBatch,
    /// Leaves and proofs.
    pub body: BatchBody,
    /// Envelopes, in the same chunks.
    pub envelopes: Vec<Vec<u8>>,
    /// What the programme may pay.
    pub standards: Standards,
}

fn bytes(text: &str, what: &'static str) -> Result<[u8; 32], MakeError> {
    let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(MakeError::Hexadecimal(what))
}

impl LedgerTerms {
    /// What all lots come to.
    pub fn total(&self) -> Option<Fen> {
        Fen::sum(self.lots.iter().map(|lot| lot.amount))
    }
}

/// Takes the name of a batch, so that no other is ever made under it: two batches of one name
/// would repeat their blinding factors (A21). Save the vault before the batch is made.
///
/// # Errors
/// [`MonthError::Exists`] unless `again`, which says that the batch there is was not submitted.
pub fn reserve(
    roll: &mut Roll,
    plan: &Plan,
    chain_id: &ChainId,
    again: bool,
) -> Result<usize, MakeError> {
    let county = roll.county;
    let is_it = |record: &BatchRecord| {
        let name = &record.name;
        (name.programme, name.period, name.kind) == (plan.programme.number, plan.month, plan.kind)
    };
    // A main batch of a month is made once; a supplementary has a number of its own each time.
    let is_main = plan.kind == BatchKind::Main;
    if is_main && !again && roll.batches.iter().any(|record| is_it(record) && record.pays()) {
        return Err(MonthError::Exists { month: plan.month }.into());
    }
    let attempts = roll.batches.iter().filter(|record| is_it(record));
    let attempt = attempts.map(|record| record.name.attempt).max();
    let name = BatchName {
        chain_id: chain_id.clone(),
        county,
        programme: plan.programme.number,
        period: plan.month,
        kind: plan.kind,
        attempt: attempt.map_or(0, |last| last.saturating_add(1)),
    };
    roll.batches.push(BatchRecord {
        name,
        epoch: plan.epoch,
        progress: Progress::Named,
        amounts: plan.amounts.clone(),
        returned: Vec::new(),
        is_answered: false,
    });
    Ok(roll.batches.len() - 1)
}

/// Notes that a reserved batch is made; earlier attempts pay nothing any more.
pub fn record(roll: &mut Roll, place: usize, made: &Made) {
    let Some(name) = roll.batches.get(place).map(|record| record.name.clone()) else { return };
    for (other, record) in roll.batches.iter_mut().enumerate() {
        let it = &record.name;
        if other == place {
            record.progress = Progress::Made(made.sealed.hash());
        } else if (it.programme, it.period, it.kind) == (name.programme, name.period, name.kind) {
            record.progress = Progress::Replaced;
        }
    }
}

/// Runs `work` for 0 to `count` on `threads` threads; the results in order, or the first fault.
pub(crate) fn in_parallel<T: Send, E: Send>(
    count: usize,
    threads: usize,
    work: &(impl Fn(usize) -> Result<T, E> + Sync),
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let done = Mutex::new((0..count).map(|_| None).collect::<Vec<Option<Result<T, E>>>>());
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, THREADS_MAX) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if count <= number {
                        return;
                    }
                    let result = work(number);
                    let mut done = done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    if let Some(place) = done.get_mut(number) {
                        *place = Some(result);
                    }
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    done.into_iter().flatten().collect()
}

/// Makes the batch whose name was reserved at `place`. `progress` is told how many leaves are
/// sealed or proven, of twice as many as there are handles; several threads tell it.
///
/// # Errors
/// [`MakeError`].
pub fn make(
    roll: &Roll,
    plan: &Plan,
    place: usize,
    terms: &LedgerTerms,
    threads: usize,
    progress: &(impl Fn(usize) + Sync),
) -> Result<Made, MakeError> {
    let lots = terms.total().unwrap_or(Fen::MAX);
    if lots != plan.total {
        return Err(MakeError::Lots { lots, total: plan.total });
    }
    let record = roll.batches.get(place).ok_or(MonthError::Nothing { month: plan.month })?;
    let (name, escrow) = (record.name.clone(), PointBytes(bytes(&terms.escrow_key, "escrow_key")?));
    let enrolment_root = bytes(&terms.enrolment_root, "enrolment_root")?;
    let id = name.id();
    let chunk = usize::try_from(CHUNK_LEAVES).unwrap_or(usize::MAX);
    let count = plan.amounts.0.len();
    let sealed = in_parallel(count.div_ceil(chunk), threads, &|number: usize| {
        let first = number.saturating_mul(chunk);
        let places = first..first.saturating_add(chunk).min(count);
        let done = places.len();
        let sealed = seal_chunk(roll, plan, &id, &escrow, places)?;
        progress(done);
        Ok::<_, MakeError>(sealed)
    })?;
    let (leaves, envelopes): (Vec<Vec<OpenLeaf>>, Vec<Vec<u8>>) = sealed.into_iter().unzip();
    let standards = plan.programme.standards()?;
    let batch_terms = BatchTerms {
        name,
        group: plan.programme.group,
        epoch: plan.epoch,
        standards_version: plan.programme.standards_version,
        enrolment_root,
        lots: terms.lots.iter().map(|it| Lot { inflow: it.inflow, amount: it.amount }).collect(),
    };
    let draft = Draft::new(batch_terms, leaves.into_iter().flatten().collect())?;
    let scheme = Scheme::new(&standards);
    let proofs = in_parallel(draft.chunks(), threads, &|number: usize| {
        let proofs = draft.prove_chunk(&scheme, number, &mut StdRng::from_entropy())?;
        progress(chunk.min(count.saturating_sub(number.saturating_mul(chunk))));
        Ok::<_, MakeError>(proofs)
    })?;
    let (sealed, body) = draft.seal(proofs, &mut StdRng::from_entropy());
    Ok(Made { sealed, body, envelopes, standards })
}

fn seal_chunk(
    roll: &Roll,
    plan: &Plan,
    batch: &BatchId,
    escrow: &PointBytes,
    places: std::ops::Range<usize>,
) -> Result<(Vec<OpenLeaf>, Vec<u8>), MakeError> {
    let mut random = StdRng::from_entropy();
    let (mut leaves, mut envelopes) = (Vec::with_capacity(places.len()), Vec::new());
    let handles = roll.list(plan.programme.number, plan.epoch).map(|list| &list.handles);
    for place in places {
        let index = u32::try_from(place).unwrap_or(u32::MAX);
        let person = handles.and_then(|handles| handles.get(place).copied().flatten());
        let known = person.and_then(|number| Some((number, roll.persons.get(&number)?)));
        let amount = Amount(plan.amounts.0.get(place).copied().unwrap_or(0));
        let (key, identity, name, account, case_file) = match known {
            Some((number, person)) => {
                let fault = || MakeError::Identity {
                    person: number,
                    source: IdentityError::CheckCharacter,
                };
                let details = &person.details;
                let identity = person.identity.number().ok_or_else(fault)?;
                let account = last_four(&details.account);
                (person.key(), identity, details.name.as_str(), account, &*details.case_file)
            }
            None => {
                let nobody = IdentityNumber::parse(NOBODY)
                    .map_err(|source| MakeError::Identity { person: 0, source })?;
                (PersonKey::random(&mut random), nobody, "", [0; 4], "")
            }
        };
        let contents = EnvelopeContents {
            amount,
            seed: key.leaf_seed(batch),
            identity: identity.clone(),
            name: ShortText::new(name),
            account,
            handle: index,
            case_file: ShortText::new(case_file),
        };
        let at = EnvelopePlace { batch, index };
        let envelope = Envelope::seal(at, escrow, &key.data_key(batch), &contents, &mut random)?;
        envelopes.extend(envelope.encode());
        let payment = Payment { key: &key, identity: &identity, amount, envelope: envelope.hash() };
        leaves.push(OpenLeaf::new(batch, index, &payment));
    }
    Ok((leaves, envelopes))
}

fn last_four(account: &str) -> [u8; 4] {
    let mut last = [0; 4];
    let tail = account.len().saturating_sub(4);
    last.iter_mut().zip(account.bytes().skip(tail)).for_each(|(to, from)| *to = from);
    last
}
