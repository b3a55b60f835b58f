//! Who reads what is not public: officers of the organisation whose record names it, and of the
//! bureaus that run validators, each by a question that the officer's key signed for this node and
//! this moment. A question that somebody repeats in that moment is answered as before, and is worth
//! what the answer was on its way.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use minglian_contracts::registry;
use minglian_ledger::deposit::{Class, DepositBody};
use minglian_ledger::genesis::Role;
use minglian_ledger::height::TimeMs;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::reading::Reading;
use minglian_ledger::state::StateError;

use super::Keeper;

/// How far a question's time may be from this node's, in milliseconds.
const VALID_MS: u64 = 60_000;

/// Most questions of one key in a minute of this node's clock.
const MINUTE_READS_MAX: u32 = 60;

const MINUTE_MS: u64 = 60_000;

/// Why nothing is read.
#[derive(Debug, thiserror::Error)]
pub enum ReadFault {
    /// For another chain, node or thing.
    #[error("the question is for another chain, node or address")]
    Other,
    /// Too old, or of a clock that goes wrong.
    #[error("the question is of {0} ms away; at most {VALID_MS} are allowed")]
    Stale(u64),
    /// Not by an officer's key that lives.
    #[error("the question is not signed by a live key")]
    NotSigned,
    /// The officer's organisation or role does not allow it.
    #[error("officers of this organisation and role do not read it")]
    NotAllowed,
    /// Too many questions.
    #[error("the key has asked {MINUTE_READS_MAX} times in this minute")]
    TooMany,
    /// The state cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
}

/// What was read, in numbers, and by whom in this minute.
#[derive(Debug, Default)]
pub(super) struct Readers {
    restricted: AtomicU64,
    personal: AtomicU64,
    refused: AtomicU64,
    /// The minute, and how often each key asked in it. Only live keys come this far.
    minute: Mutex<(u64, BTreeMap<PublicKey, u32>)>,
}

impl Readers {
    fn enter(&self, key: PublicKey, now: TimeMs) -> Result<(), ReadFault> {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let present = now.0 / MINUTE_MS;
        if minute.0 != present {
            *minute = (present, BTreeMap::new());
        }
        let asked = minute.1.entry(key).or_default();
        if *asked >= MINUTE_READS_MAX {
            return Err(ReadFault::TooMany);
        }
        *asked += 1;
        Ok(())
    }

    /// The counters for the metrics; no label names anybody.
    pub(super) fn render(&self) -> String {
        let values = [
            ("restricted", &self.restricted),
            ("personal", &self.personal),
            ("refused", &self.refused),
        ];
        let lines = values.map(|(name, counter)| {
            let (name, value) =
                (format!("minglian_reads_{name}_total"), counter.load(Ordering::Relaxed));
            format!("# TYPE {name} counter\n{name} {value}\n")
        });
        lines.concat()
    }
}

impl Keeper {
    /// Lets an officer read what `deposit` handed over at `request`; counted either way.
    ///
    /// # Errors
    /// [`ReadFault`].
    pub fn admit_reader(
        &self,
        reading: &Reading,
        request: &str,
        deposit: &DepositBody,
        now: TimeMs,
    ) -> Result<(), ReadFault> {
        let admitted = self.try_admit_reader(reading, request, deposit, now);
        let counter = match (&admitted, deposit.class) {
            (Err(_), _) => &self.readers.refused,
            (Ok(()), Class::Personal) => &self.readers.personal,
            (Ok(()), _) => &self.readers.restricted,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        admitted
    }

    fn try_admit_reader(
        &self,
        reading: &Reading,
        request: &str,
        deposit: &DepositBody,
        now: TimeMs,
    ) -> Result<(), ReadFault> {
        let body = &reading.body;
        let is_ours = body.chain_id == *self.chain.chain_id() && body.node.as_str() == self.peer_id;
        if !is_ours || body.request.as_str() != request {
            return Err(ReadFault::Other);
        }
        let away_ms = now.0.abs_diff(body.time_ms.0);
        if away_ms > VALID_MS {
            return Err(ReadFault::Stale(away_ms));
        }
        let head = self.chain.head();
        let key = registry::KEYS.get(self.chain.store(), &reading.key)?;
        let key = key.filter(|key| key.is_live(head.header.height.next()));
        let key = key.filter(|_| reading.verify().is_ok()).ok_or(ReadFault::NotSigned)?;
        self.readers.enter(reading.key, now)?;
        let mut members = head.validators.members().iter();
        let is_bureau = members.any(|member| member.organization == key.organization);
        let has_role = match (deposit.class, key.role) {
            (_, Role::Maker | Role::Checker) => true,
            // Payers see vouchers; what is about persons is for who decides.
            (Class::Restricted, Role::Payer) => true,
            (_, Role::Payer | Role::Governor) => false,
        };
        if !has_role || !(is_bureau || key.organization == deposit.organization) {
            return Err(ReadFault::NotAllowed);
        }
        let (organization, class) = (key.organization, deposit.class);
        tracing::info!(%organization, key = %reading.key, request, ?class, "read");
        Ok(())
    }
}
