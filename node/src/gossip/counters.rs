//! What the gossip counts, for the node's metrics.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! counters {
    ($($(#[$documentation:meta])* $name:ident,)*) => {
        /// The running counters.
        #[derive(Debug, Default)]
        pub struct Counters {
            $($(#[$documentation])* pub $name: Counter,)*
        }

        /// The counters at one moment. All of them only grow while the node runs.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct CounterSnapshot {
            $($(#[$documentation])* pub $name: u64,)*
        }

        impl Counters {
            /// Reads every counter.
            pub fn snapshot(&self) -> CounterSnapshot {
                CounterSnapshot { $($name: self.$name.get(),)* }
            }
        }
    };
}

counters! {
    /// Transactions handed over for broadcast, each counted once whatever the number of peers.
    transactions_broadcast,
    /// Of those, the ones that were broadcast again because they stayed out of the chain.
    transactions_rebroadcast,
    /// Cosignatures handed over for broadcast.
    cosignatures_broadcast,
    /// Calls refused because the queue to the gossip task was full.
    broadcasts_refused,
    /// Messages written, counted for each peer.
    messages_sent,
    /// Bytes of those messages, before encryption.
    bytes_sent,
    /// Messages dropped, oldest first, because their peer was too slow.
    messages_dropped,
    /// Well-formed messages read.
    messages_received,
    /// Bytes of those messages.
    bytes_received,
    /// Transactions in those messages.
    transactions_received,
    /// Cosignatures among those messages.
    cosignatures_received,
    /// Malformed messages. Each cuts its sender off for a while.
    messages_malformed,
    /// Messages with a transaction that no node admits. Each cuts its sender off for a while.
    messages_forged,
    /// Connections refused after the handshake: unknown or cut-off peers, or too many at once.
    connections_refused,
    /// Incoming connections that failed before it was clear who called.
    handshakes_failed,
    /// Outgoing connections that failed.
    dials_failed,
    /// Connections closed because the peer no longer answered pings.
    pings_failed,
}

/// One counter.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// Counts `amount` more.
    pub fn add(&self, amount: usize) {
        self.0.fetch_add(u64::try_from(amount).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// Counts one more.
    pub fn increment(&self) {
        self.add(1);
    }

    /// The count.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
