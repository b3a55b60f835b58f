//! The door to the pool: what comes from clients and from other nodes passes the same checks.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minglian_contracts::call::Call;
use minglian_contracts::contents;
use minglian_contracts::context::BlockContext;
use minglian_contracts::envelope::{self, EnvelopeFault};
use minglian_ledger::hash::{EnvelopeHash, TransactionId};
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::personal_number;
use minglian_ledger::transaction::{Transaction, TransactionError};
use tokio::sync::watch;

use crate::chain::{Chain, ChainError, Committed, LeftOut};
use crate::clock;
use crate::mempool::{Mempool, PoolError, Waiting};
use crate::metrics::Metrics;
use crate::signatures::VerifiedCache;

/// Why a transaction is turned away. Each variant has a stable [`AdmissionError::code`].
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    /// Not a transaction.
    #[error(transparent)]
    Malformed(#[from] TransactionError),
    /// No block could hold it now.
    #[error(transparent)]
    Envelope(EnvelopeFault),
    /// Its key must never be registered.
    #[error("the key cannot sign here: {0}")]
    UnusableKey(minglian_ledger::keys::KeyError),
    /// Its signature does not verify.
    #[error("the signature does not verify")]
    BadSignature,
    /// The pool does not take it.
    #[error(transparent)]
    Pool(#[from] PoolError),
    /// This node cannot answer.
    #[error(transparent)]
    Chain(#[from] ChainError),
}

impl AdmissionError {
    /// A stable name for clients and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Malformed(TransactionError::TooLarge { .. })
            | Self::Envelope(EnvelopeFault::TooLarge(_)) => "too_large",
            Self::Malformed(TransactionError::Malformed(_)) => "malformed",
            Self::Envelope(fault) => match fault {
                EnvelopeFault::WrongChain(_) => "wrong_chain",
                EnvelopeFault::Expired { .. } => "expired",
                EnvelopeFault::ExpiresTooLate(_) => "expires_too_late",
                EnvelopeFault::NoReference => "no_reference",
                EnvelopeFault::MalformedCall(_) => "malformed_call",
                EnvelopeFault::PersonalNumber(_) => "personal_number",
                EnvelopeFault::TooHeavy(_) => "too_heavy",
                EnvelopeFault::KeyNotLive(_) => "unknown_key",
                EnvelopeFault::Repeated(_) => "repeated",
                EnvelopeFault::TooLarge(_) => "too_large",
            },
            Self::UnusableKey(_) => "unusable_key",
            Self::BadSignature => "bad_signature",
            Self::Pool(PoolError::Known) => "known",
            Self::Pool(PoolError::Full) => "pool_full",
            Self::Pool(PoolError::Quota) => "quota",
            Self::Chain(_) => "unavailable",
        }
    }

    /// Whether no node can ever have admitted the transaction, whatever its state: a peer that
    /// passes it on did not check it. What depends on height, state or room is innocent.
    pub fn is_forged(&self) -> bool {
        matches!(
            self,
            Self::Malformed(_)
                | Self::BadSignature
                | Self::Envelope(
                    EnvelopeFault::WrongChain(_)
                        | EnvelopeFault::TooLarge(_)
                        | EnvelopeFault::TooHeavy(_)
                )
        )
    }
}

/// Refuses what looks like a person's number in groups that nobody uses: the rules, which every
/// block was judged by, let it pass.
fn check_texts(call: &Call) -> Result<(), AdmissionError> {
    let texts = contents::of(call).texts;
    match texts.into_iter().find_map(personal_number::suspect) {
        Some(number) => Err(AdmissionError::Envelope(EnvelopeFault::PersonalNumber(number))),
        None => Ok(()),
    }
}

/// A transaction that may wait for a block.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// Its name.
    pub id: TransactionId,
    /// Where its record stands, if it was committed before: sending again is answered so.
    pub committed: Option<LogIndex>,
    /// Whether it is new to this node and should be passed on to the others.
    pub is_new: bool,
}

/// Checks transactions and keeps those that wait.
pub struct Admission {
    chain: Arc<Chain>,
    verified: Arc<VerifiedCache>,
    pool: Mutex<Mempool>,
    waiting: watch::Sender<usize>,
    metrics: Arc<Metrics>,
}

impl Admission {
    /// A door to `pool`.
    pub fn new(
        chain: Arc<Chain>,
        verified: Arc<VerifiedCache>,
        pool: Mempool,
        metrics: Arc<Metrics>,
    ) -> Self {
        let waiting = watch::Sender::new(0);
        Self { chain, verified, pool: Mutex::new(pool), waiting, metrics }
    }

    /// Checks encoded transactions and keeps those that pass; one answer for each.
    ///
    /// What the pool has no room for is turned away unread: under overload, looking at what cannot
    /// be kept would cost the processor that the kept transactions need. Only a good signature
    /// takes room, so that rubbish in front turns nothing away that stands behind it.
    pub fn admit(&self, encoded: &[impl AsRef<[u8]>]) -> Vec<Result<Admitted, AdmissionError>> {
        let context = match self.chain.next_context(clock::now()) {
            Ok(context) => context,
            Err(error) => {
                let text = error.to_string();
                return encoded.iter().map(|_| Err(unavailable(&text))).collect();
            }
        };
        let mut answers = Vec::with_capacity(encoded.len());
        while answers.len() < encoded.len() {
            let rest = &encoded[answers.len()..];
            let room = self.lock().room();
            if room == 0 {
                answers.extend(rest.iter().map(|_| Err(PoolError::Full.into())));
                break;
            }
            answers.extend(self.admit_some(&context, rest, room));
        }
        self.metrics.count_admissions(&answers);
        answers
    }

    /// Answers the first of `encoded`: as far as the pool has room if all signatures are good.
    fn admit_some(
        &self,
        context: &BlockContext,
        encoded: &[impl AsRef<[u8]>],
        room: usize,
    ) -> Vec<Result<Admitted, AdmissionError>> {
        let mut answers = Vec::new();
        let (mut fresh, mut envelopes) = (Vec::new(), Vec::new());
        for bytes in encoded {
            let answer = self.check(context, bytes.as_ref());
            if let Ok(Checked::Fresh(waiting)) = &answer {
                let envelope = Transaction::envelope_hash(bytes.as_ref());
                fresh.push(answers.len());
                envelopes.push((envelope, Arc::clone(&waiting.transaction)));
            }
            answers.push(answer);
            if fresh.len() >= room {
                break;
            }
        }
        let envelopes: Vec<(EnvelopeHash, &Transaction)> =
            envelopes.iter().map(|(hash, transaction)| (*hash, &**transaction)).collect();
        if let Err(bad) = self.verified.verify(&envelopes, &AtomicBool::new(true)) {
            for position in bad {
                answers[fresh[position]] = Err(AdmissionError::BadSignature);
            }
        }
        self.keep(answers)
    }

    fn check(&self, context: &BlockContext, bytes: &[u8]) -> Result<Checked, AdmissionError> {
        let transaction = Transaction::decode(bytes)?;
        let id = transaction.id();
        let store = self.chain.store();
        if self.is_waiting(&id) {
            // Another signature over the same act may be garbage: it is not known by its name.
            self.verify(bytes, &transaction)?;
            // The pool is cleared a moment after the block is written.
            let committed = store.transaction(&id).map_err(ChainError::from)?;
            return match committed {
                Some(index) => Ok(Checked::Committed(id, index)),
                None => Err(PoolError::Known.into()),
            };
        }
        match envelope::check_envelope(store, context, &transaction).map_err(ChainError::from)? {
            Ok(checked) => {
                check_texts(&checked.call)?;
                let transaction = Arc::new(transaction);
                Ok(Checked::Fresh(Waiting { id, transaction, bytes: bytes.len() }))
            }
            Err(fault @ EnvelopeFault::KeyNotLive(_)) => {
                transaction.key.check_registrable().map_err(AdmissionError::UnusableKey)?;
                Err(AdmissionError::Envelope(fault))
            }
            Err(fault @ EnvelopeFault::Repeated(_)) => {
                // The same signed act again: the first receipt answers it, applied or refused.
                self.verify(bytes, &transaction)?;
                match store.transaction(&id).map_err(ChainError::from)? {
                    Some(index) => Ok(Checked::Committed(id, index)),
                    None => Err(AdmissionError::Envelope(fault)),
                }
            }
            Err(fault) => Err(AdmissionError::Envelope(fault)),
        }
    }

    /// Checks one signature, unless it was found good lately.
    fn verify(&self, bytes: &[u8], transaction: &Transaction) -> Result<(), AdmissionError> {
        let envelope = Transaction::envelope_hash(bytes);
        self.verified
            .verify(&[(envelope, transaction)], &AtomicBool::new(true))
            .map_err(|_| AdmissionError::BadSignature)
    }

    fn keep(
        &self,
        answers: Vec<Result<Checked, AdmissionError>>,
    ) -> Vec<Result<Admitted, AdmissionError>> {
        let mut pool = self.lock();
        let answers = answers
            .into_iter()
            .map(|answer| match answer? {
                Checked::Committed(id, index) => {
                    Ok(Admitted { id, committed: Some(index), is_new: false })
                }
                Checked::Fresh(waiting) => {
                    let id = waiting.id;
                    pool.insert(waiting)?;
                    Ok(Admitted { id, committed: None, is_new: true })
                }
            })
            .collect();
        self.waiting.send_replace(pool.len());
        answers
    }

    /// The transactions to propose next, at most `bytes` of them, organisations in turn.
    pub fn first(&self, bytes: usize) -> Vec<Arc<Transaction>> {
        self.lock().first(bytes)
    }

    /// Drops what was committed, and what can no longer be.
    pub fn committed(&self, committed: &Committed) {
        let mut pool = self.lock();
        for (id, _) in &committed.transactions {
            pool.remove(id);
        }
        let expired = pool.expire(committed.header.height);
        self.metrics.count_expired(expired.len());
        self.waiting.send_replace(pool.len());
    }

    /// Drops what a proposal left out: what no block may hold any more or has room for, and what
    /// would be refused while its organisation is over its refused bytes of the day. The latter may
    /// be lawful on another day, but until then it would stand in the way of every proposal; its
    /// client sends it again.
    pub fn left_out(&self, left_out: &[LeftOut]) {
        let mut pool = self.lock();
        let dropped = left_out.iter().filter_map(|left| pool.remove(&left.id)).count();
        self.metrics.count_left_out(dropped);
        self.waiting.send_replace(pool.len());
    }

    /// The pool's next arrival.
    pub fn next_arrival(&self) -> u64 {
        self.lock().next_arrival()
    }

    /// Transactions that wait, by arrival ([`Mempool::arrived`]), encoded to be passed on again.
    pub fn arrived(&self, from: u64, until: u64, bytes: usize) -> (Vec<Vec<u8>>, Option<u64>) {
        let (found, next) = self.lock().arrived(from, until, bytes);
        (found.iter().map(|transaction| transaction.encode()).collect(), next)
    }

    /// Follows how many transactions wait.
    pub fn subscribe(&self) -> watch::Receiver<usize> {
        self.waiting.subscribe()
    }

    /// Whether this transaction waits here.
    pub fn is_waiting(&self, id: &TransactionId) -> bool {
        self.lock().contains(id)
    }

    /// Number and bytes of waiting transactions.
    pub fn size(&self) -> (usize, usize) {
        let pool = self.lock();
        (pool.len(), pool.bytes())
    }

    /// The height of the last block here.
    pub fn height(&self) -> Height {
        self.chain.head().header.height
    }

    fn lock(&self) -> MutexGuard<'_, Mempool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Checked {
    Fresh(Waiting),
    Committed(TransactionId, LogIndex),
}

fn unavailable(text: &str) -> AdmissionError {
    let error = minglian_ledger::state::StateError::backend(text.to_owned());
    AdmissionError::Chain(ChainError::State(error))
}
