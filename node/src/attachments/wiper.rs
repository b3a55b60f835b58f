//! Removing from the disk what must go: what an order erased, what no record named in time, what
//! another organisation's record named, openings whose acts all ended without effect. Nobody is
//! shown any of it from the moment it is noted; overwriting it takes a disk its time, so that is
//! done a few things at a time on a thread of its own, and consensus never waits for it. What a
//! crash leaves is noted again at the next start.
//!
//! Of what a bucket holds the key goes in this way. The object, unreadable without it, is deleted
//! when the store agrees, however long that takes: nothing waits for it.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use minglian_contracts::naming::Thing;
use minglian_ledger::height::Height;
use tokio::time::MissedTickBehavior;

use super::{KeepFault, Keeper};

/// The pause between two turns.
const TURN_INTERVAL: Duration = Duration::from_millis(250);

/// Most things whose bytes are overwritten in a turn.
pub const WIPED_MAX: usize = 16;

/// Most things that are looked for in a turn: an order may name what never came here.
const SOUGHT_MAX: usize = 4_096;

/// What a disk did not let go is tried again after so many turns.
const RETRY_TURNS: u64 = 40;

/// The pause between two looks at what is to be deleted from the bucket, and after it refused.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
const SWEEP_PAUSE: Duration = Duration::from_secs(10);

/// What must go from the disk.
#[derive(Debug, Default)]
pub(super) struct Going {
    due: BTreeSet<Thing>,
    /// What the disk would not let go.
    failed: BTreeSet<Thing>,
}

/// Takes one turn after another until the node stops.
pub async fn run(keeper: Arc<Keeper>) {
    tokio::join!(wipe(keeper.clone()), sweep(keeper));
}

async fn sweep(keeper: Arc<Keeper>) {
    loop {
        let left = keeper.sweep().await;
        tokio::time::sleep(if left == 0 { SWEEP_INTERVAL } else { SWEEP_PAUSE }).await;
    }
}

async fn wipe(keeper: Arc<Keeper>) {
    let mut turns = tokio::time::interval(TURN_INTERVAL);
    turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 0_u64.. {
        turns.tick().await;
        if number.is_multiple_of(RETRY_TURNS) {
            let mut going = keeper.going();
            let mut failed = std::mem::take(&mut going.failed);
            going.due.append(&mut failed);
        }
        keeper.wipe_some().await;
    }
}

impl Keeper {
    /// Notes that a thing must go. It is not shown from now on.
    pub(super) fn doom(&self, thing: Thing) {
        if let Thing::Attachment(hash) = &thing {
            self.lock().remove(hash);
        }
        self.going().due.insert(thing);
    }

    /// Removes some of what must go; how much of it is known to be left, 0 if nothing is.
    pub async fn wipe_some(self: &Arc<Self>) -> usize {
        let keeper = self.clone();
        let turn = tokio::task::spawn_blocking(move || keeper.take_turn());
        turn.await.unwrap_or_else(|error| {
            tracing::error!(%error, "removing from the disk what must go broke off");
            0
        })
    }

    /// Deletes from the bucket what nothing may need; how many objects are left.
    pub async fn sweep(&self) -> usize {
        self.blobs.sweep().await
    }

    fn take_turn(&self) -> usize {
        let height = self.chain.head().header.height;
        let oldest = Height(height.0.saturating_sub(self.settings.waiting_heights_max));
        let stale = self.lock().take_stale(oldest, WIPED_MAX);
        self.going().due.extend(stale.into_iter().map(Thing::Attachment));
        let mut wiped = 0;
        for _ in 0..SOUGHT_MAX {
            let next = self.going().due.pop_first();
            let Some(thing) = next else { break };
            match self.wipe(&thing) {
                Ok(was_here) => wiped += usize::from(was_here),
                Err(error) => {
                    tracing::error!(%thing, %error, "cannot remove from the disk; tried again");
                    self.going().failed.insert(thing);
                    wiped += 1;
                }
            }
            if wiped >= WIPED_MAX {
                break;
            }
        }
        let waiting = usize::from(self.lock().has_stale(oldest));
        let going = self.going();
        going.due.len() + going.failed.len() + waiting
    }

    /// Removes one thing from the disk; `false` if it was not there, or is welcome again.
    fn wipe(&self, thing: &Thing) -> Result<bool, KeepFault> {
        // Nothing is entered meanwhile: who brings the same again finds it gone, or has it kept.
        let _entering = self.entering.blocking_lock();
        let is_erased = self.is_erased(thing)?;
        let was_here = match thing {
            Thing::Opening(commitment) if !is_erased => {
                self.openings.erase_forgotten(commitment)?
            }
            Thing::Opening(commitment) => self.openings.erase(commitment)?,
            Thing::Attachment(hash) if !is_erased && self.entry(hash).is_some() => false,
            Thing::Attachment(hash) => self.blobs.erase(hash)?,
        };
        if is_erased {
            self.counts.erased.fetch_add(1, Ordering::Relaxed);
            tracing::info!(%thing, "erased");
        }
        Ok(was_here)
    }

    fn going(&self) -> MutexGuard<'_, Going> {
        self.going.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
