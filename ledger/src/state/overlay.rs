//! The state as a block being executed sees it: writes on top of a reader.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::iter::Peekable;

use crate::state::{self, Changes, KeyValue, StateError, StateRead};

/// A point to which an overlay can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    journal_length: usize,
}

/// Writes on top of a reader. Reads see the writes; the reader is asked for each key once.
///
/// A transaction takes a [`checkpoint`](Self::checkpoint) first and, if it is refused, is taken
/// back to it by [`rollback`](Self::rollback): no trace of it is left. Checkpoints nest.
#[derive(Debug)]
pub struct Overlay<'a, R: StateRead + ?Sized> {
    reader: &'a R,
    reads: RefCell<BTreeMap<Vec<u8>, Option<Vec<u8>>>>,
    changes: Changes,
    /// Oldest first.
    journal: Vec<Overwritten>,
}

/// What a write replaced.
#[derive(Debug)]
struct Overwritten {
    key: Vec<u8>,
    /// The earlier write to the key, if there was one.
    before: Option<Option<Vec<u8>>>,
}

impl<'a, R: StateRead + ?Sized> Overlay<'a, R> {
    /// An overlay without writes.
    pub fn new(reader: &'a R) -> Self {
        Self { reader, reads: RefCell::default(), changes: Changes::new(), journal: Vec::new() }
    }

    /// Sets `key` to `value`.
    pub fn put(&mut self, key: &[u8], value: Vec<u8>) {
        self.write(key, Some(value));
    }

    /// Removes `key`, if it is there.
    pub fn delete(&mut self, key: &[u8]) {
        self.write(key, None);
    }

    /// Marks the present writes, for [`rollback`](Self::rollback).
    pub fn checkpoint(&self) -> Checkpoint {
        Checkpoint { journal_length: self.journal.len() }
    }

    /// Takes back every write since `checkpoint`. Reads stay cached: they are the reader's.
    pub fn rollback(&mut self, checkpoint: Checkpoint) {
        while self.journal.len() > checkpoint.journal_length {
            let Some(Overwritten { key, before }) = self.journal.pop() else { return };
            match before {
                Some(before) => self.changes.insert(key, before),
                None => self.changes.remove(&key),
            };
        }
    }

    /// The writes that stand.
    pub fn into_changes(self) -> Changes {
        self.changes
    }

    /// The writes that stand, and the changes that undo them (as [`state::inverse`], but keys that
    /// execution has read are not read again).
    ///
    /// # Errors
    /// [`StateError`] if the reader cannot answer.
    pub fn into_changes_and_inverse(self) -> Result<(Changes, Changes), StateError> {
        let mut reads = self.reads.into_inner();
        let mut inverse = Changes::new();
        for key in self.changes.keys() {
            let before = match reads.remove(key) {
                Some(before) => before,
                None => self.reader.get(key)?,
            };
            inverse.insert(key.clone(), before);
        }
        Ok((self.changes, inverse))
    }

    fn write(&mut self, key: &[u8], value: Option<Vec<u8>>) {
        let before = self.changes.insert(key.to_vec(), value);
        self.journal.push(Overwritten { key: key.to_vec(), before });
    }
}

impl<R: StateRead + ?Sized> StateRead for Overlay<'_, R> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        if let Some(written) = self.changes.get(key) {
            return Ok(written.clone());
        }
        if let Some(read) = self.reads.borrow().get(key) {
            return Ok(read.clone());
        }
        let read = self.reader.get(key)?;
        self.reads.borrow_mut().insert(key.to_vec(), read.clone());
        Ok(read)
    }

    fn scan_prefix(
        &self,
        prefix: &[u8],
        after: Option<&[u8]>,
        limit: usize,
    ) -> Result<Vec<KeyValue>, StateError> {
        scan(self.reader, &self.changes, prefix, after, limit)
    }
}

/// As [`StateRead::scan_prefix`] of `reader` with `written` on top.
pub(crate) fn scan<R: StateRead + ?Sized>(
    reader: &R,
    written: &Changes,
    prefix: &[u8],
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<KeyValue>, StateError> {
    let (mut found, mut page) = (Vec::new(), limit);
    let mut behind = after.map(<[u8]>::to_vec);
    loop {
        let base = reader.scan_prefix(prefix, behind.as_deref(), page)?;
        // Behind a full page there may be more, which is read only if too much of it is removed.
        let last = base.last().filter(|_| base.len() == page).map(|(key, _)| key.clone());
        let on_page = |key: &Vec<u8>| last.as_ref().is_none_or(|last| key <= last);
        let over = state::scan_map(written, prefix, behind.as_deref());
        let over = over.take_while(|(key, _)| on_page(key));
        let missing = limit - found.len();
        found.extend(merge(base.into_iter().peekable(), over.peekable(), missing));
        match last {
            Some(last) if found.len() < limit => behind = Some(last),
            _ => return Ok(found),
        }
        page = page.saturating_mul(2);
    }
}

/// The first `limit` of the entries in `base` and `written` together, both ascending; where both
/// have a key, `written` holds.
fn merge<'w>(
    mut base: Peekable<impl Iterator<Item = KeyValue>>,
    mut written: Peekable<impl Iterator<Item = (&'w Vec<u8>, &'w Option<Vec<u8>>)>>,
    limit: usize,
) -> Vec<KeyValue> {
    let mut merged = Vec::new();
    while merged.len() < limit {
        let next_written = written.peek().map(|(key, _)| *key);
        let untouched = base.next_if(|(key, _)| next_written.is_none_or(|written| key < written));
        if let Some(entry) = untouched {
            merged.push(entry);
            continue;
        }
        let Some((key, value)) = written.next() else { break };
        base.next_if(|(base_key, _)| base_key == key);
        if let Some(value) = value {
            merged.push((key.clone(), value.clone()));
        }
    }
    merged
}
