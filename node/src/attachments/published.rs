//! Which openings everybody may see, numbered in the order in which this run came to know them, so
//! that whoever shows them asks for what is new only.

use std::collections::{BTreeMap, BTreeSet};

use minglian_ledger::hash::Commitment;

/// The public openings of one store.
#[derive(Debug, Default)]
pub(super) struct Published {
    last: u64,
    by_number: BTreeMap<u64, Commitment>,
    numbers: BTreeMap<Commitment, u64>,
    /// Found at the start; their files say who may see them.
    unread: BTreeSet<Commitment>,
}

impl Published {
    /// Notes an opening that was found at the start.
    pub(super) fn find(&mut self, commitment: Commitment) {
        self.unread.insert(commitment);
    }

    /// Numbers an opening.
    pub(super) fn enter(&mut self, commitment: Commitment) {
        if !self.numbers.contains_key(&commitment) {
            self.last += 1;
            self.by_number.insert(self.last, commitment);
            self.numbers.insert(commitment, self.last);
        }
    }

    /// Forgets an opening. Its number is not given again.
    pub(super) fn remove(&mut self, commitment: &Commitment) {
        self.unread.remove(commitment);
        if let Some(number) = self.numbers.remove(commitment) {
            self.by_number.remove(&number);
        }
    }

    /// Takes up to `limit` whose class is not known.
    pub(super) fn take_unread(&mut self, limit: usize) -> Vec<Commitment> {
        let taken: Vec<Commitment> = self.unread.iter().take(limit).copied().collect();
        for commitment in &taken {
            self.unread.remove(commitment);
        }
        taken
    }

    /// Whether the class of all is known.
    pub(super) fn is_complete(&self) -> bool {
        self.unread.is_empty()
    }

    /// Up to `limit` behind the number `after`.
    pub(super) fn page(&self, after: u64, limit: usize) -> Vec<(u64, Commitment)> {
        let from = after.saturating_add(1);
        let numbered = self.by_number.range(from..).take(limit);
        numbered.map(|(number, commitment)| (*number, *commitment)).collect()
    }
}
