//! Transactions that wait a few milliseconds so that many leave in one message.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::gossip::message::{BATCH_BYTES, BATCH_TRANSACTIONS_MAX};

/// The batch that is being filled.
#[derive(Debug)]
pub struct Batch {
    delay: Duration,
    transactions: Vec<Bytes>,
    bytes: usize,
    deadline: Option<Instant>,
}

impl Batch {
    /// An empty batch. `delay` is the longest a transaction waits in it.
    pub fn new(delay: Duration) -> Self {
        Self { delay, transactions: Vec::new(), bytes: 0, deadline: None }
    }

    /// Adds a transaction and returns the batch if it is full now.
    pub fn push(&mut self, transaction: Bytes) -> Option<Vec<Bytes>> {
        self.bytes = self.bytes.saturating_add(transaction.len());
        self.transactions.push(transaction);
        if self.bytes >= BATCH_BYTES || self.transactions.len() >= BATCH_TRANSACTIONS_MAX {
            return self.take();
        }
        self.deadline.get_or_insert_with(|| Instant::now() + self.delay);
        None
    }

    /// Empties the batch. `None` if it was empty.
    pub fn take(&mut self) -> Option<Vec<Bytes>> {
        self.deadline = None;
        self.bytes = 0;
        let transactions = std::mem::take(&mut self.transactions);
        (!transactions.is_empty()).then_some(transactions)
    }

    /// When the batch must leave. `None` while it is empty.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }
}
