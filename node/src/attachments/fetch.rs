//! Asking one peer after the other for a thing.

use std::sync::Arc;

use futures::{AsyncRead, AsyncWrite};
use minglian_contracts::naming::Thing;

use super::exchange::{self, ExchangeError, Fetched};
use super::places::Places;
use super::{KeepFault, Keeper};

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

/// Asks one peer after the other. Who brings something already is left out, so that one that does
/// so slowly keeps nothing waiting but what it brings.
pub async fn fetch_from<S, F>(
    keeper: &Arc<Keeper>,
    fetches: &Arc<Places>,
    peers: &[String],
    thing: &Thing,
    open: impl Fn(String) -> F,
) -> Outcome
where
    S: AsyncRead + AsyncWrite + Unpin,
    F: Future<Output = Option<S>>,
{
    let (mut forbidden, mut is_busy) = (0, false);
    for peer in peers {
        match keeper.wants(thing) {
            Ok(true) => {}
            // It came meanwhile; or no record names it yet: ours may be behind the peer's.
            Ok(false) if keeper.is_known(thing) => return Outcome::Settled,
            _ => return Outcome::Nobody,
        }
        let Some(_place) = fetches.enter(peer) else {
            is_busy = true;
            continue;
        };
        let Some(mut stream) = open(peer.clone()).await else { continue };
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
            Err(error) => tracing::warn!(%thing, peer, %error, "cannot fetch"),
        }
    }
    match is_busy {
        true => Outcome::Busy,
        false if forbidden > 0 && forbidden == peers.len() => Outcome::Forbidden,
        false => Outcome::Nobody,
    }
}
