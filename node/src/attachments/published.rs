//! Which openings everybody may see, numbered in the order in which this run came to know them, so
//! that whoever shows them asks for what is new only. One whose act is not in force has no number
//! yet.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::time::{Duration, Instant};

use minglian_ledger::hash::Commitment;

/// When a file that could not be read is tried again.
pub const RETRY_INTERVAL: Duration = Duration::from_secs(10);

/// Who may see an opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Everybody.
    Shown,
    /// Everybody, once an act in force names it.
    Waiting,
    /// Not everybody.
    Hidden,
}

/// The public openings of one store.
#[derive(Debug, Default)]
pub struct Published {
    last: u64,
    by_number: BTreeMap<u64, Commitment>,
    numbers: BTreeMap<Commitment, u64>,
    /// Public ones that no act in force names, and the last of them that was looked at.
    waiting: BTreeSet<Commitment>,
    looked_at: Option<Commitment>,
    /// Found at the start; their files say who may see them, and have not been read.
    unread: BTreeSet<Commitment>,
    /// Whose files could not be read, and when that was seen last.
    failed: BTreeSet<Commitment>,
    failed_at: Option<Instant>,
}

impl Published {
    /// Notes an opening that was found at the start.
    pub fn find(&mut self, commitment: Commitment) {
        self.unread.insert(commitment);
    }

    /// Notes a public opening that is to be numbered when an act in force names it.
    pub fn await_act(&mut self, commitment: Commitment) {
        self.waiting.insert(commitment);
    }

    /// Up to `limit` public openings that no act in force named so far; in turn.
    pub fn waiting(&mut self, limit: usize) -> Vec<Commitment> {
        let from = self.looked_at.map_or(Bound::Unbounded, Bound::Excluded);
        let next = self.waiting.range((from, Bound::Unbounded)).take(limit);
        let next: Vec<Commitment> = next.copied().collect();
        self.looked_at = (next.len() == limit).then(|| next.last().copied()).flatten();
        next
    }

    /// Numbers an opening.
    pub fn enter(&mut self, commitment: Commitment) {
        self.waiting.remove(&commitment);
        if !self.numbers.contains_key(&commitment) {
            self.last += 1;
            self.by_number.insert(self.last, commitment);
            self.numbers.insert(commitment, self.last);
        }
    }

    /// Forgets an opening. Its number is not given again.
    pub fn remove(&mut self, commitment: &Commitment) {
        self.unread.remove(commitment);
        self.failed.remove(commitment);
        self.waiting.remove(commitment);
        if let Some(number) = self.numbers.remove(commitment) {
            self.by_number.remove(&number);
        }
    }

    /// Up to `limit` whose files are to be read. They stay unread until one of the two below.
    pub fn unread(&mut self, limit: usize, now: Instant) -> Vec<Commitment> {
        if self.failed_at.is_some_and(|at| now.duration_since(at) >= RETRY_INTERVAL) {
            self.unread.append(&mut self.failed);
            self.failed_at = None;
        }
        self.unread.iter().take(limit).copied().collect()
    }

    /// Says of one that was unread, and is not gone meanwhile, who may see it.
    pub fn classify(&mut self, commitment: Commitment, standing: Standing) {
        if self.unread.remove(&commitment) {
            match standing {
                Standing::Shown => self.enter(commitment),
                Standing::Waiting => self.await_act(commitment),
                Standing::Hidden => {}
            }
        }
    }

    /// Numbers one that waited, if it is not gone meanwhile.
    pub fn come_into_force(&mut self, commitment: Commitment) {
        if self.waiting.contains(&commitment) {
            self.enter(commitment);
        }
    }

    /// The file of one that was unread cannot be read: it keeps no others waiting.
    pub fn fail(&mut self, commitment: Commitment, now: Instant) {
        if self.unread.remove(&commitment) {
            self.failed.insert(commitment);
            self.failed_at = Some(now);
        }
    }

    /// Whether the class of all is known.
    pub fn is_complete(&self) -> bool {
        self.unread.is_empty() && self.failed.is_empty()
    }

    /// Up to `limit` behind the number `after`.
    pub fn page(&self, after: u64, limit: usize) -> Vec<(u64, Commitment)> {
        let from = after.saturating_add(1);
        let numbered = self.by_number.range(from..).take(limit);
        numbered.map(|(number, commitment)| (*number, *commitment)).collect()
    }
}
