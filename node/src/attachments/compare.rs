//! Looking for openings that others have: each peer is asked which it has, page by page.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::{AsyncRead, AsyncWrite};
use minglian_contracts::naming::Thing;
use minglian_ledger::hash::Commitment;

use super::exchange::{self, ExchangeError, LIST_MAX};
use super::{Hint, KeepFault, Keeper};
use crate::gossip::frame::FrameError;
use crate::places::Places;

/// Most pages of one peer's openings that are read at a time; the next time goes on behind them.
const PAGES_MAX: usize = 10;

/// What is being compared, and how far it was.
pub struct Comparison {
    keeper: Arc<Keeper>,
    /// Behind which opening of a peer its list is read on.
    listed: Mutex<BTreeMap<String, Commitment>>,
    /// One for a peer, however often it is begun to compare with it.
    places: Arc<Places>,
}

impl Comparison {
    /// Nothing is compared yet.
    pub fn new(keeper: Arc<Keeper>) -> Arc<Self> {
        let places = Places::new(usize::MAX, 1);
        Arc::new(Self { keeper, listed: Mutex::default(), places })
    }

    /// Hints at openings that a peer has and this node wants, unless that is under way. `open`
    /// makes a stream to the peer.
    pub async fn compare<S, F>(&self, peer: &str, open: impl Fn() -> F)
    where
        S: AsyncRead + AsyncWrite + Unpin,
        F: Future<Output = Option<S>>,
    {
        let Some(_place) = self.places.enter(peer) else { return };
        let after = self.listed().remove(peer);
        match self.read_on(peer, after, open).await {
            Ok(Some(after)) => {
                self.listed().insert(peer.to_owned(), after);
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(peer, %error, "cannot compare openings"),
        }
    }

    /// Reads a list behind `after`; where to go on, or none at its end.
    async fn read_on<S, F>(
        &self,
        peer: &str,
        mut after: Option<Commitment>,
        open: impl Fn() -> F,
    ) -> Result<Option<Commitment>, ExchangeError>
    where
        S: AsyncRead + AsyncWrite + Unpin,
        F: Future<Output = Option<S>>,
    {
        for _ in 0..PAGES_MAX {
            let Some(mut stream) = open().await else { return Ok(after) };
            let list = exchange::list(&mut stream, after).await?;
            for commitment in &list {
                // Ascending, or a peer could keep us here for ever.
                if after.is_some_and(|after| *commitment <= after) {
                    return Err(FrameError::Malformed.into());
                }
                if !self.hint_at(Thing::Opening(*commitment), peer)? {
                    return Ok(after);
                }
                after = Some(*commitment);
            }
            if list.len() < LIST_MAX {
                return Ok(None);
            }
        }
        Ok(after)
    }

    /// Hints at an opening if it is wanted and there is room for it; `false` if the replicator is
    /// behind.
    fn hint_at(&self, thing: Thing, peer: &str) -> Result<bool, KeepFault> {
        if !self.keeper.wants(&thing)? {
            return Ok(true);
        }
        match self.keeper.owner(&thing)? {
            Some(owner) if !self.keeper.has_room_for_opening(&owner) => {
                self.keeper.count_left(1, &owner);
                Ok(true)
            }
            _ => Ok(self.keeper.hint(Hint::Heard(thing, peer.to_owned()))),
        }
    }

    fn listed(&self) -> MutexGuard<'_, BTreeMap<String, Commitment>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
