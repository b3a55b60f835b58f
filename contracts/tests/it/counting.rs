//! A state that counts what is read of it.

use std::cell::Cell;

use minglian_ledger::state::{KeyValue, StateError, StateRead};

pub struct Counting<'a> {
    state: &'a dyn StateRead,
    /// Entries that were asked for one by one.
    pub single: Cell<usize>,
    /// Scans, and what they found.
    pub scanned: Cell<usize>,
}

impl<'a> Counting<'a> {
    pub fn new(state: &'a dyn StateRead) -> Self {
        Self { state, single: Cell::new(0), scanned: Cell::new(0) }
    }

    pub fn all(&self) -> usize {
        self.single.get() + self.scanned.get()
    }
}

impl StateRead for Counting<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.single.set(self.single.get() + 1);
        self.state.get(key)
    }

    fn scan_prefix(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StateError> {
        let found = self.state.scan_prefix(prefix, after, limit)?;
        self.scanned.set(self.scanned.get() + 1 + found.len());
        Ok(found)
    }
}
