//! Asking one peer after the other for a thing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{AsyncRead, AsyncWrite};
use minglian_contracts::naming::Thing;
use tokio::time::Instant;

use super::exchange::{self, ExchangeError, Fetched};
use super::{KeepFault, Keeper};
use crate::places::{Place, Places};
use crate::recent::Recent;

/// Most things that are asked for at a time. Of each some 3 MiB wait for the disk.
const FETCHING_MAX: usize = 16;

/// For how long a peer that failed is asked last.
const FAILED_SPAN: Duration = Duration::from_secs(600);

/// How asking everybody for a thing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is here, or may not be here.
    Settled,
    /// It is for others only.
    Forbidden,
    /// Nobody had it, or there is no room for it.
    Nobody,
    /// Nobody else had it than, perhaps, a peer that is bringing something already; or the bucket
    /// does not take it now.
    Busy,
}

/// How many things are asked for at a time when so many peers are connected: one of each, so that
/// those that hold something up leave the places of the others free.
pub fn at_a_time(peers: usize) -> usize {
    peers.clamp(1, FETCHING_MAX)
}

/// Who is asked: for one thing at a time, and last who failed lately.
#[derive(Debug)]
pub struct Sources {
    places: Arc<Places>,
    failed: Mutex<Recent>,
}

impl Sources {
    /// Nobody is asked yet.
    pub fn new() -> Arc<Self> {
        let failed = Mutex::new(Recent::new(FAILED_SPAN));
        Arc::new(Self { places: Places::new(FETCHING_MAX, 1), failed })
    }

    /// A peer's place; none while it brings something.
    pub fn enter(&self, peer: &str) -> Option<Place> {
        self.places.enter(peer)
    }

    /// Takes the next of those who have not been asked, and whether it failed lately.
    fn take_next(&self, left: &mut Vec<String>) -> Option<(String, bool)> {
        let (failed, now) = (self.failed(), Instant::now());
        let good = left.iter().position(|peer| !failed.contains(peer, now));
        let at = good.unwrap_or(0);
        (at < left.len()).then(|| (left.remove(at), good.is_none()))
    }

    fn failed(&self) -> MutexGuard<'_, Recent> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Asks one peer after the other. Who brings something already is left out, so that one that does
/// so slowly keeps nothing waiting but what it brings. A good one is waited for rather than one
/// asked that failed.
pub async fn fetch_from<S, F>(
    keeper: &Arc<Keeper>,
    sources: &Sources,
    peers: &[String],
    thing: &Thing,
    open: impl Fn(String) -> F,
) -> Outcome
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future<Output = Option<S>>,
{
    let (mut forbidden, mut is_busy, mut is_good_busy) = (0, false, false);
    let mut left = peers.to_vec();
    while let Some((peer, has_failed)) = sources.take_next(&mut left) {
        match keeper.wants(thing) {
            Ok(true) => {}
            // It came meanwhile; or no record names it yet: ours may be behind the peer's.
            Ok(false) if keeper.is_known(thing) => return Outcome::Settled,
            _ => return Outcome::Nobody,
        }
        if has_failed && is_good_busy {
            return Outcome::Busy;
        }
        let Some(_place) = sources.enter(&peer) else {
            is_busy = true;
            is_good_busy |= !has_failed;
            continue;
        };
        let Some(mut stream) = open(peer.clone()).await else {
            sources.failed().note(&peer, Instant::now());
            continue;
        };
        match exchange::fetch(keeper, &mut stream, thing).await {
            Ok(Fetched::Kept) => {
                tracing::debug!(%thing, peer, "fetched");
                return Outcome::Settled;
            }
            Ok(Fetched::Absent) => {}
            Ok(Fetched::Forbidden) => forbidden += 1,
            // Another peer's copy would take as much; the keeper has counted it.
            Err(ExchangeError::Keep(KeepFault::NoRoom(_))) => return Outcome::Nobody,
            // Nor could another's be put into the bucket now.
            Err(ExchangeError::Keep(fault)) if fault.is_bucket() => {
                tracing::warn!(%thing, %fault, "cannot keep");
                return Outcome::Busy;
            }
            Err(error) => {
                if error.is_of_peer() {
                    sources.failed().note(&peer, Instant::now());
                }
                tracing::warn!(%thing, peer, %error, "cannot fetch");
            }
        }
    }
    match is_busy {
        true => Outcome::Busy,
        false if forbidden > 0 && forbidden == peers.len() => Outcome::Forbidden,
        false => Outcome::Nobody,
    }
}
