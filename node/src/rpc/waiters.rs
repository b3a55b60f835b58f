//! Requests that wait for a commit: one task listens, nobody polls the database.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::LogIndex;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::sync::oneshot;

use crate::chain::{Chain, Committed};

/// Most transactions that are waited for at a time.
const WAITING_MAX: usize = 200_000;

type Registered = BTreeMap<TransactionId, Vec<oneshot::Sender<LogIndex>>>;

/// Who waits for which transaction.
#[derive(Debug, Default)]
pub struct Waiters {
    registered: Mutex<Registered>,
}

/// A place in the queue for one transaction. Dropping it gives the place up.
#[derive(Debug)]
pub struct Ticket {
    id: TransactionId,
    waiters: Arc<Waiters>,
    receiver: oneshot::Receiver<LogIndex>,
}

impl Waiters {
    /// Waits for `id` from now on; `None` if too many wait already. A commit before this call is
    /// not seen: ask the store after it.
    pub fn register(self: &Arc<Self>, id: TransactionId) -> Option<Ticket> {
        let (sender, receiver) = oneshot::channel();
        let mut registered = self.lock();
        if registered.len() >= WAITING_MAX {
            return None;
        }
        registered.entry(id).or_default().push(sender);
        Some(Ticket { id, waiters: self.clone(), receiver })
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
        if registered.is_empty() {
            return;
        }
        for (id, index) in &committed.transactions {
            tell(&mut registered, id, *index);
        }
    }

    fn look_up(&self, chain: &Chain) {
        let ids: Vec<TransactionId> = self.lock().keys().copied().collect();
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
    for sender in registered.remove(id).unwrap_or_default() {
        // Whoever has gone away needs no answer.
        let _ = sender.send(index);
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
        self.receiver.close();
        let mut registered = self.waiters.lock();
        if let Some(senders) = registered.get_mut(&self.id) {
            senders.retain(|sender| !sender.is_closed());
            if senders.is_empty() {
                registered.remove(&self.id);
            }
        }
    }
}
