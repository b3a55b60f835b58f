//! Whom the node speaks to on the network of its own, and how.

use std::sync::Arc;

use bytes::Bytes;

use super::Keys;
use crate::chain::Chain;
use crate::config::Config;
use crate::gossip::{GossipHandle, GossipLimits, GossipPeer, GossipSettings};

/// What the gossip starts with.
pub(super) fn settings(config: &Config, chain: &Chain, keys: &Keys) -> GossipSettings {
    GossipSettings {
        chain_id: chain.chain_id().clone(),
        peer_key: keys.peer.clone(),
        listen: config.gossip.listen.clone(),
        peers: gossip_peers(chain, &config.observers),
        limits: GossipLimits::default(),
    }
}

/// The validators, which are called, and observers, which call: the ledger does not name their
/// addresses on this network.
fn gossip_peers(chain: &Chain, observers: &[String]) -> Vec<GossipPeer> {
    let peer = |validator: &minglian_ledger::validators::Validator| GossipPeer {
        peer_id: validator.peer_id.to_string(),
        address: validator.gossip_address.to_string(),
    };
    let mut peers: Vec<_> = chain.head().validators.members().iter().map(peer).collect();
    for observer in observers {
        let Some((_, peer_id)) = observer.rsplit_once("/p2p/") else { continue };
        if peers.iter().all(|known| known.peer_id != peer_id) {
            peers.push(GossipPeer { peer_id: peer_id.to_owned(), address: String::new() });
        }
    }
    peers
}

/// Passes on what clients brought.
pub(super) fn broadcaster(gossip: GossipHandle) -> Arc<dyn Fn(Vec<Bytes>) + Send + Sync> {
    Arc::new(move |transactions| {
        if let Err(error) = gossip.broadcast_transactions(transactions) {
            tracing::warn!(%error, "cannot pass on transactions");
        }
    })
}

/// Keeps the gossip's peers in step with the ledger.
pub(super) async fn follow(chain: Arc<Chain>, observers: Vec<String>, gossip: GossipHandle) {
    let mut head = chain.subscribe();
    let mut known = gossip_peers(&chain, &observers);
    while head.changed().await.is_ok() {
        let wanted = gossip_peers(&chain, &observers);
        if wanted != known {
            if let Err(error) = gossip.set_peers(&wanted).await {
                tracing::warn!(%error, "cannot change the gossip's peers");
            }
            known = wanted;
        }
    }
}
