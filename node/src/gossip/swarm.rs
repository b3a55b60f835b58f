//! The swarm: TCP, noise, yamux, and who gets through.

use std::time::Duration;

use futures::StreamExt as _;
use libp2p::allow_block_list::{self, AllowedPeers};
use libp2p::connection_limits::{self, ConnectionLimits};
use libp2p::identity::Keypair;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, Swarm, SwarmBuilder, noise, ping, tcp, yamux};
use minglian_ledger::keys::SigningKey;

use crate::gossip::GossipError;

/// Connections that may be in their handshake at once.
const PENDING_CONNECTIONS_MAX: u32 = 32;

/// Connections per peer: one each way when both call at once, and one that is dead and not yet
/// noticed.
const CONNECTIONS_PER_PEER_MAX: u32 = 3;

/// Streams per connection. Two are used for messages and two for pings. The receive window of each
/// is 256 KiB, so that a connection takes a bounded amount of memory.
const STREAMS_MAX: usize = 16;

/// How often an idle connection is tried.
const PING_INTERVAL: Duration = Duration::from_secs(15);

/// How long a peer may take to answer.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// What the swarm does. The allow-list comes first: whoever it refuses reaches no protocol.
#[derive(NetworkBehaviour)]
pub struct Behaviour {
    /// The allow-list by peer id.
    pub allowed: allow_block_list::Behaviour<AllowedPeers>,
    limits: connection_limits::Behaviour,
    /// Notices dead connections.
    pub ping: ping::Behaviour,
    /// The streams that carry messages.
    pub streams: libp2p_stream::Behaviour,
}

/// The libp2p form of a peer key.
pub fn keypair(peer_key: &SigningKey) -> Result<Keypair, GossipError> {
    Keypair::ed25519_from_bytes(peer_key.to_bytes())
        .map_err(|error| GossipError::PeerKey(error.to_string()))
}

/// A swarm that admits nobody yet. `prologue` is mixed into the handshake: nodes with different
/// ones cannot connect.
pub fn build(keypair: Keypair, prologue: &str) -> Result<Swarm<Behaviour>, GossipError> {
    let prologue = prologue.as_bytes().to_vec();
    let noise = move |keypair: &Keypair| {
        noise::Config::new(keypair).map(|config| config.with_prologue(prologue))
    };
    let yamux = || {
        let mut config = yamux::Config::default();
        config.set_max_num_streams(STREAMS_MAX);
        config
    };
    let swarm = SwarmBuilder::with_existing_identity(keypair)
        .with_tokio()
        .with_tcp(tcp::Config::default().nodelay(true), noise, yamux)
        .map_err(|error| GossipError::Start(error.to_string()))?
        .with_dns()
        .map_err(|error| GossipError::Start(error.to_string()))?
        .with_behaviour(|_| behaviour())
        .map_err(|error| GossipError::Start(error.to_string()))?
        .with_swarm_config(|config| {
            // A connection is kept while both list each other, however quiet the chain is.
            config.with_idle_connection_timeout(Duration::from_secs(u64::MAX))
        })
        .build();
    Ok(swarm)
}

/// Listens, and waits for the address that was bound.
pub async fn listen(
    swarm: &mut Swarm<Behaviour>,
    address: Multiaddr,
) -> Result<Multiaddr, GossipError> {
    let failed = |error: String| GossipError::Listen { address: address.to_string(), error };
    let listener = swarm.listen_on(address.clone()).map_err(|error| failed(error.to_string()))?;
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::NewListenAddr { listener_id, address } if listener_id == listener => {
                return Ok(address);
            }
            SwarmEvent::ListenerClosed { listener_id, reason, .. } if listener_id == listener => {
                return Err(failed(format!("{reason:?}")));
            }
            _ => {}
        }
    }
}

fn behaviour() -> Behaviour {
    let limits = ConnectionLimits::default()
        .with_max_pending_incoming(Some(PENDING_CONNECTIONS_MAX))
        .with_max_established_per_peer(Some(CONNECTIONS_PER_PEER_MAX));
    let ping = ping::Config::new().with_interval(PING_INTERVAL).with_timeout(PING_TIMEOUT);
    Behaviour {
        allowed: allow_block_list::Behaviour::default(),
        limits: connection_limits::Behaviour::new(limits),
        ping: ping::Behaviour::new(ping),
        streams: libp2p_stream::Behaviour::new(),
    }
}
