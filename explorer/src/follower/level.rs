//! Whether the verified ledger is the newest one, which is what lets names of donors be shown.
//!
//! Whoever follows a node that is cut off, stopped or behind does not hear of an order to erase a
//! name. Such a node says of itself that what it has is the newest, also for a while after it was
//! resumed. So its word counts only with a block that the validators certified after it began to
//! answer: every order before that block has then been verified.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use minglian_ledger::height::TimeMs;

use crate::status::now_ms;

/// How old the newest block may be. An idle network makes one every ten minutes.
const FRESH_MAX: Duration = Duration::from_secs(15 * 60);

/// How long being level is believed, and how long a source may be silent.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For how long names are shown after the explorer was last known to be level.
    pub unproven: Duration,
    /// Who is silent for longer may have missed blocks. By as much the newest block may be older
    /// than the first answer: clocks differ, and a node makes up for so little in seconds.
    pub away: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { unproven: Duration::from_secs(60), away: Duration::from_secs(20) }
    }
}

/// Since when a source answers without a gap.
#[derive(Debug, Clone, Copy)]
struct Contact {
    since_ms: u64,
    last: Instant,
}

/// What is known of being level.
#[derive(Debug, Default)]
pub(super) struct Level {
    patience: Patience,
    /// By the number of the source.
    contacts: BTreeMap<usize, Contact>,
    /// When the explorer was last known to be level; none if it is not any more.
    proven: Option<Instant>,
}

impl Level {
    /// Nothing is known yet.
    pub(super) fn new(patience: Patience) -> Self {
        Self { patience, ..Self::default() }
    }

    /// A source told its tip.
    pub(super) fn answered(&mut self, source: usize) {
        let now = Contact { since_ms: now_ms(), last: Instant::now() };
        let contact = self.contacts.entry(source).or_insert(now);
        if contact.last.elapsed() > self.patience.away {
            *contact = now;
        }
        contact.last = now.last;
    }

    /// No source told a newer tip than the verified one, whose block is of `time`, and this one
    /// told the same. Whether that proves to be level.
    pub(super) fn agreed(&mut self, source: usize, time: TimeMs) -> bool {
        let Some(contact) = self.contacts.get(&source) else { return false };
        let is_after = time.0.saturating_add(millis(self.patience.away)) >= contact.since_ms;
        let is_fresh = now_ms().saturating_sub(time.0) <= millis(FRESH_MAX);
        let proves = is_after && is_fresh;
        if proves {
            self.proven = Some(Instant::now());
        }
        proves
    }

    /// Whether the explorer was level not long ago.
    pub(super) fn is_known(&self) -> bool {
        self.proven.is_some_and(|at| at.elapsed() <= self.patience.unproven)
    }

    /// Whether the explorer was level once and is not known to be any more: names have to go.
    pub(super) fn is_lost(&self) -> bool {
        self.proven.is_some() && !self.is_known()
    }

    /// Names are gone.
    pub(super) fn forget(&mut self) {
        self.proven = None;
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
