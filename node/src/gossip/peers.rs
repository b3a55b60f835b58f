//! Who may connect, and when to call whom: back-off and penalties, without any network.

use std::collections::BTreeMap;
use std::time::Duration;

use libp2p::{Multiaddr, PeerId};
use tokio::time::Instant;

/// The first wait before a peer is called again. It doubles with every failure.
const BACKOFF_MIN: Duration = Duration::from_millis(250);

/// The longest wait before a peer is called again.
const BACKOFF_MAX: Duration = Duration::from_secs(10);

/// A connection that lasted this long resets the back-off. A shorter one counts as a failure: a
/// peer that does not list us accepts our call and hangs up at once.
const STABLE_AFTER: Duration = Duration::from_secs(10);

/// How long the node with the larger id waits for the other to call, so that two nodes seldom
/// hold two connections.
const COURTESY: Duration = Duration::from_millis(500);

/// The peers that may connect.
#[derive(Debug)]
pub struct PeerTable {
    own: PeerId,
    peers: BTreeMap<PeerId, Peer>,
}

#[derive(Debug)]
struct Peer {
    /// None for a peer that calls and is not called.
    address: Option<Multiaddr>,
    backoff: Duration,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Waiting { until: Instant },
    Dialing,
    Connected { since: Instant },
    Penalized { until: Instant },
}

/// What is due now.
#[derive(Debug, PartialEq, Eq)]
pub enum Due {
    /// Call this peer.
    Dial(PeerId, Multiaddr),
    /// The penalty is over: admit this peer again.
    Forgive(PeerId),
}

/// How the list changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Peers that may connect now.
    pub added: Vec<PeerId>,
    /// Peers that may not any more.
    pub removed: Vec<PeerId>,
}

impl PeerTable {
    /// An empty list of the node `own`.
    pub fn new(own: PeerId) -> Self {
        Self { own, peers: BTreeMap::new() }
    }

    /// Replaces the list. The node itself is left out. A known peer keeps its connection, and its
    /// penalty; a new address is used at the next call.
    pub fn set(&mut self, mut peers: BTreeMap<PeerId, Option<Multiaddr>>, now: Instant) -> Change {
        peers.remove(&self.own);
        let removed: Vec<PeerId> =
            self.peers.keys().filter(|peer| !peers.contains_key(peer)).copied().collect();
        for peer in &removed {
            self.peers.remove(peer);
        }
        let mut added = Vec::new();
        for (id, address) in peers {
            if let Some(peer) = self.peers.get_mut(&id) {
                peer.address = address;
                continue;
            }
            let until = now + self.courtesy(&id);
            let state = State::Waiting { until };
            self.peers.insert(id, Peer { address, backoff: BACKOFF_MIN, state });
            added.push(id);
        }
        Change { added, removed }
    }

    /// Whether the peer is on the list, cut off or not.
    pub fn contains(&self, peer: &PeerId) -> bool {
        self.peers.contains_key(peer)
    }

    /// A first connection to the peer exists.
    pub fn connected(&mut self, peer: &PeerId, now: Instant) {
        if let Some(peer) = self.peers.get_mut(peer)
            && !matches!(peer.state, State::Connected { .. } | State::Penalized { .. })
        {
            peer.state = State::Connected { since: now };
        }
    }

    /// The last connection to the peer is gone.
    pub fn disconnected(&mut self, id: &PeerId, now: Instant) {
        let courtesy = self.courtesy(id);
        if let Some(peer) = self.peers.get_mut(id)
            && let State::Connected { since } = peer.state
        {
            if now.duration_since(since) >= STABLE_AFTER {
                peer.backoff = BACKOFF_MIN;
            }
            peer.wait(now, courtesy);
        }
    }

    /// A call failed. Nothing happens if the peer connected meanwhile.
    pub fn dial_failed(&mut self, peer: &PeerId, now: Instant) {
        if let Some(peer) = self.peers.get_mut(peer)
            && peer.state == State::Dialing
        {
            peer.wait(now, Duration::ZERO);
        }
    }

    /// Cuts the peer off until `until`. False if it is not on the list.
    pub fn penalize(&mut self, peer: &PeerId, until: Instant) -> bool {
        let Some(peer) = self.peers.get_mut(peer) else { return false };
        peer.state = State::Penalized { until };
        true
    }

    /// Takes what is due: each peer is returned once.
    pub fn take_due(&mut self, now: Instant) -> Vec<Due> {
        let mut due = Vec::new();
        for (id, peer) in &mut self.peers {
            match (peer.state, &peer.address) {
                (State::Waiting { until }, Some(address)) if until <= now => {
                    due.push(Due::Dial(*id, address.clone()));
                    peer.state = State::Dialing;
                }
                (State::Penalized { until }, _) if until <= now => {
                    peer.state = State::Waiting { until: now };
                    due.push(Due::Forgive(*id));
                }
                _ => {}
            }
        }
        due
    }

    /// When the next thing is due.
    pub fn next_due(&self) -> Option<Instant> {
        self.peers
            .values()
            .filter_map(|peer| match peer.state {
                State::Waiting { until } => peer.address.is_some().then_some(until),
                State::Penalized { until } => Some(until),
                State::Dialing | State::Connected { .. } => None,
            })
            .min()
    }

    /// The connected peers, in the order of their ids.
    pub fn connected_peers(&self) -> impl Iterator<Item = &PeerId> {
        self.peers
            .iter()
            .filter(|(_, peer)| matches!(peer.state, State::Connected { .. }))
            .map(|(id, _)| id)
    }

    fn courtesy(&self, peer: &PeerId) -> Duration {
        if self.own < *peer { Duration::ZERO } else { COURTESY }
    }
}

impl Peer {
    fn wait(&mut self, now: Instant, courtesy: Duration) {
        self.state = State::Waiting { until: now + self.backoff + courtesy };
        self.backoff = (self.backoff * 2).min(BACKOFF_MAX);
    }
}
