//! Requests that wait for a commit: one task listens, nobody polls the database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::LogIndex;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::oneshot;

use crate::chain::{Chain, Committed};

/// Most who wait at a time, for the same or for different transactions.
pub const WAITING_MAX: usize = 200_000;

/// Who waits, by what for and by a number of their own.
#[derive(Debug, Default)]
struct Registered {
    senders: BTreeMap<(TransactionId, u64), oneshot::Sender<LogIndex>>,
    last: u64,
}

/// Who waits for which transaction.
#[derive(Debug, Default)]
pub struct Waiters {
    registered: Mutex<Registered>,
}

/// A place in the queue for one transaction. Dropping it gives the place up.
#[derive(Debug)]
pub struct Ticket {
    id: TransactionId,
    serial: u64,
    waiters: Arc<Waiters>,
    receiver: oneshot::Receiver<LogIndex>,
}

impl Waiters {
    /// Waits for `id` from now on; `None` if too many wait already. A commit before this call is
    /// not seen: ask the store after it.
    pub fn register(self: &Arc<Self>, id: TransactionId) -> Option<Ticket> {
        let (sender, receiver) = oneshot::channel();
        let mut registered = self.lock();
        if registered.senders.len() >= WAITING_MAX {
            return None;
        }
        registered.last += 1;
        let serial = registered.last;
        registered.senders.insert((id, serial), sender);
        Some(Ticket { id, serial, waiters: self.clone(), receiver })
    }

    /// Tells those who wait what is committed, until nobody commits any more.
    pub async fn listen(
        self: Arc<Self>,
        chain: Arc<Chain>,
        mut commits: broadcast::Receiver<Arc<Committed>>,
    ) {
        loop {
            match commits.recv().await {
                Ok(committed) => self.committed(&committed),
                Err(RecvError::Lagged(_)) => {
                    let (waiters, chain) = (self.clone(), chain.clone());
                    // The store knows what the channel has dropped.
                    let looked = tokio::task::spawn_blocking(move || waiters.look_up(&chain)).await;
                    if let Err(error) = looked {
                        tracing::error!(%error, "cannot look up commits that were missed");
                    }
                }
                Err(RecvError::Closed) => return,
            }
        }
    }

    /// Tells those who wait for `id` where its record stands.
    pub fn tell(&self, id: &TransactionId, index: LogIndex) {
        tell(&mut self.lock(), id, index);
    }

    fn committed(&self, committed: &Committed) {
        let mut registered = self.lock();
        if registered.senders.is_empty() {
            return;
        }
        for (id, index) in &committed.transactions {
            tell(&mut registered, id, *index);
        }
    }

    fn look_up(&self, chain: &Chain) {
        let mut ids: Vec<TransactionId> = self.lock().senders.keys().map(|(id, _)| *id).collect();
        ids.dedup();
        for id in ids {
            match chain.store().transaction(&id) {
                Ok(Some(index)) => tell(&mut self.lock(), &id, index),
                Ok(None) => {}
                Err(error) => tracing::error!(%error, "cannot look up a transaction"),
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Registered> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell(registered: &mut Registered, id: &TransactionId, index: LogIndex) {
    let waiting = registered.senders.range((*id, 0)..=(*id, u64::MAX));
    let serials: Vec<u64> = waiting.map(|((_, serial), _)| *serial).collect();
    for serial in serials {
        if let Some(sender) = registered.senders.remove(&(*id, serial)) {
            // Whoever has gone away needs no answer.
            let _ = sender.send(index);
        }
    }
}

impl Ticket {
    /// Where the record stands, once it is committed; `None` if the node stops before.
    pub async fn committed(&mut self) -> Option<LogIndex> {
        (&mut self.receiver).await.ok()
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.waiters.lock().senders.remove(&(self.id, self.serial));
    }
}
