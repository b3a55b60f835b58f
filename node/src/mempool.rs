//! Transactions that wait for a block, in order of arrival, bounded in number, bytes and share.
//!
//! Everything here has passed admission. Under overload the pool refuses at its bounds instead of
//! growing, so that throughput plateaus. No organisation can take the whole pool, nor a whole
//! proposal while others wait: organisations are served in turn, [`TURN_BYTES`] each.

use std::collections::BTreeMap;
use std::sync::Arc;

use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::transaction::{TRANSACTION_BYTES_MAX, Transaction};

/// Bytes that one organisation has before the others have as much: the largest transaction, so that
/// everybody's turn is worth something, and few enough that what fits here keeps the order in which
/// it came, whosever it is.
pub const TURN_BYTES: usize = TRANSACTION_BYTES_MAX;

/// How much the pool holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Transactions in all.
    pub count_max: usize,
    /// Encoded bytes in all.
    pub bytes_max: usize,
    /// Transactions of one organisation.
    pub organization_count_max: usize,
    /// Encoded bytes of one organisation.
    pub organization_bytes_max: usize,
}

impl Default for Limits {
    /// A few seconds of work. Every node checks what any of them admits, so a longer queue takes
    /// the processor from the blocks that would shorten it: 50,000 left a third of the peak.
    fn default() -> Self {
        Self {
            count_max: 10_000,
            bytes_max: 64 << 20,
            organization_count_max: 4_000,
            organization_bytes_max: 16 << 20,
        }
    }
}

/// Why a transaction does not get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PoolError {
    /// It is here already.
    #[error("the transaction is waiting already")]
    Known,
    /// The pool is full.
    #[error("the node has too many waiting transactions; try again in a moment")]
    Full,
    /// The organisation has its share.
    #[error("the organisation has too many waiting transactions; try again in a moment")]
    Quota,
}

/// A transaction that waits.
#[derive(Debug, Clone)]
pub struct Waiting {
    /// Its name.
    pub id: TransactionId,
    /// The act.
    pub transaction: Arc<Transaction>,
    /// Its encoded size in bytes.
    pub bytes: usize,
}

/// What one organisation has in the pool.
#[derive(Debug, Clone, Copy, Default)]
struct Share {
    count: usize,
    bytes: usize,
}

/// The pool.
///
/// **Invariant:** `arrivals` and `order` hold the same transactions; `bytes` and `organizations`
/// are their sums.
#[derive(Debug, Default)]
pub struct Mempool {
    limits: Limits,
    next: u64,
    order: BTreeMap<u64, Waiting>,
    arrivals: BTreeMap<TransactionId, u64>,
    organizations: BTreeMap<OrganizationCode, Share>,
    bytes: usize,
}

impl Mempool {
    /// An empty pool.
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// How many more transactions the pool takes, whosever they are.
    pub fn room(&self) -> usize {
        if self.bytes >= self.limits.bytes_max {
            return 0;
        }
        self.limits.count_max.saturating_sub(self.order.len())
    }

    /// Adds a transaction behind the others.
    pub fn insert(&mut self, waiting: Waiting) -> Result<(), PoolError> {
        if self.arrivals.contains_key(&waiting.id) {
            return Err(PoolError::Known);
        }
        let bytes = self.bytes.saturating_add(waiting.bytes);
        if self.order.len() >= self.limits.count_max || bytes > self.limits.bytes_max {
            return Err(PoolError::Full);
        }
        let organization = waiting.transaction.body.organization;
        let share = self.organizations.get(&organization).copied().unwrap_or_default();
        let share =
            Share { count: share.count + 1, bytes: share.bytes.saturating_add(waiting.bytes) };
        if share.count > self.limits.organization_count_max
            || share.bytes > self.limits.organization_bytes_max
        {
            return Err(PoolError::Quota);
        }
        self.organizations.insert(organization, share);
        self.bytes = bytes;
        self.arrivals.insert(waiting.id, self.next);
        self.order.insert(self.next, waiting);
        self.next += 1;
        Ok(())
    }

    /// Takes a transaction out, if it is here.
    pub fn remove(&mut self, id: &TransactionId) -> Option<Waiting> {
        let waiting = self.arrivals.remove(id).and_then(|arrival| self.order.remove(&arrival))?;
        self.bytes = self.bytes.saturating_sub(waiting.bytes);
        let organization = waiting.transaction.body.organization;
        if let Some(share) = self.organizations.get_mut(&organization) {
            share.count = share.count.saturating_sub(1);
            share.bytes = share.bytes.saturating_sub(waiting.bytes);
            if share.count == 0 {
                self.organizations.remove(&organization);
            }
        }
        Some(waiting)
    }

    /// Drops what no block above `height` may hold, and returns it.
    pub fn expire(&mut self, height: Height) -> Vec<Waiting> {
        let expired: Vec<TransactionId> = self
            .order
            .values()
            .filter(|waiting| waiting.transaction.body.expires_at <= height)
            .map(|waiting| waiting.id)
            .collect();
        expired.iter().filter_map(|id| self.remove(id)).collect()
    }

    /// The transactions to serve first, at most `bytes` of them: in rounds, each with the next
    /// [`TURN_BYTES`] of every organisation. Within a round, and within an organisation, the order
    /// is that of arrival.
    pub fn first(&self, bytes: usize) -> Vec<Arc<Transaction>> {
        let mut ahead: BTreeMap<OrganizationCode, usize> = BTreeMap::new();
        let mut turns = Vec::new();
        for waiting in self.order.values() {
            let ahead = ahead.entry(waiting.transaction.body.organization).or_default();
            if *ahead < bytes {
                turns.push((*ahead / TURN_BYTES, waiting));
            }
            *ahead = ahead.saturating_add(waiting.bytes);
        }
        // The sort is stable: who came first within a round stays first.
        turns.sort_by_key(|(round, _)| *round);
        let mut left = bytes;
        turns
            .into_iter()
            .map_while(|(_, waiting)| {
                left = left.checked_sub(waiting.bytes)?;
                Some(Arc::clone(&waiting.transaction))
            })
            .collect()
    }

    /// The arrival that comes next: what is here now came before it.
    pub fn next_arrival(&self) -> u64 {
        self.next
    }

    /// Transactions that arrived from `from` on and before `until`, in that order, at most `bytes`
    /// of them but one at least; and the arrival behind them, none if there are no more.
    pub fn arrived(
        &self,
        from: u64,
        until: u64,
        bytes: usize,
    ) -> (Vec<Arc<Transaction>>, Option<u64>) {
        let (mut found, mut left) = (Vec::new(), bytes);
        for (arrival, waiting) in self.order.range(from.min(until)..until) {
            match left.checked_sub(waiting.bytes) {
                None if !found.is_empty() => return (found, Some(*arrival)),
                rest => left = rest.unwrap_or(0),
            }
            found.push(Arc::clone(&waiting.transaction));
        }
        (found, None)
    }

    /// Whether this transaction waits here.
    pub fn contains(&self, id: &TransactionId) -> bool {
        self.arrivals.contains_key(id)
    }

    /// Number of waiting transactions.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Encoded bytes of all that waits.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}
