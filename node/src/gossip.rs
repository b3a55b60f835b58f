//! Transactions and checkpoint cosignatures between nodes, over a second libp2p swarm beside the
//! engine's: the same peer key, another port.
//!
//! The nodes of a chain form a full mesh of at most some ten listed peers. Every node sends what it
//! admitted itself to each connected peer once, and nobody relays. Delivery is best effort: a peer
//! that is away or too slow misses messages, and nothing is replayed. The chain does not depend on
//! it, because the node that admitted a transaction proposes it in its turn, and its mempool sends
//! again what stays out of the chain ([`GossipHandle::rebroadcast_transactions`]).
//!
//! ```text
//! handle ──commands──> network task ──ring of frames, oldest dropped──> writer per peer ──> stream
//! owner  <──inbound (bounded, back-pressure)── reader per peer <── stream
//! ```
//!
//! A peer that is not listed is refused right after the handshake, which is the first moment its id
//! is known. A listed peer that sends a malformed message is cut off for a while, and so is one
//! that passes on a transaction that no node admits or a cosignature that no node makes
//! ([`GossipHandle::report_forged`]).

pub mod counters;
pub mod exchange;
pub mod frame;
pub mod message;
mod batch;
mod network;
mod peers;
mod stream;
mod swarm;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use libp2p::multiaddr::Protocol;
use libp2p::{Multiaddr, PeerId, StreamProtocol};
use minglian_ledger::keys::SigningKey;
use minglian_ledger::transaction::ChainId;
use tokio::sync::{mpsc, oneshot, watch};

use crate::gossip::counters::{CounterSnapshot, Counters};
use crate::gossip::exchange::Exchange;
use crate::gossip::message::{GossipMessage, Malformed};
use crate::gossip::network::{Command, Network, Parts};
use crate::gossip::stream::Misbehaviour;

/// Calls of handles that may wait for the network task.
const COMMANDS_MAX: usize = 4096;

/// Most messages in any queue: memory for them must exist.
const QUEUE_MAX: usize = 4096;

/// Everything the gossip needs to start.
#[derive(Debug, Clone)]
pub struct GossipSettings {
    /// The chain. Nodes of different chains cannot connect.
    pub chain_id: ChainId,
    /// The peer key, the same as the engine's.
    pub peer_key: SigningKey,
    /// Where to listen, such as `/ip4/127.0.0.1/tcp/27100`.
    pub listen: String,
    /// The only peers that may connect. The node itself may be among them.
    pub peers: Vec<GossipPeer>,
    /// Queues and waits.
    pub limits: GossipLimits,
}

/// A peer that may connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GossipPeer {
    /// Its id in base58, such as `12D3KooW…`.
    pub peer_id: String,
    /// Its gossip address, with or without `/p2p/` and the id; empty for a peer that calls and is
    /// not called.
    pub address: String,
}

/// Queues and waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GossipLimits {
    /// Messages from peers that may wait for the owner. When full, peers wait.
    pub inbound_messages_max: usize,
    /// Messages a slow peer may be behind before it misses the oldest, rounded up to a power
    /// of two.
    pub queue_messages_max: usize,
    /// How long a transaction may wait for others to share its message.
    pub batch_delay: Duration,
    /// How long a peer is cut off for a malformed or forged message.
    pub penalty: Duration,
}

impl Default for GossipLimits {
    /// At most 128 × 512 KiB wait inside and, while some peer is slow, 256 × 300 KiB outside.
    fn default() -> Self {
        Self {
            inbound_messages_max: 128,
            queue_messages_max: 256,
            batch_delay: Duration::from_millis(5),
            penalty: Duration::from_secs(30),
        }
    }
}

/// A message and who sent it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inbound {
    /// The sender's peer id in base58, proven by the connection.
    pub from: String,
    /// The message.
    pub message: GossipMessage,
}

/// Why the gossip did not start, or did not do as told.
#[derive(Debug, thiserror::Error)]
pub enum GossipError {
    /// Not a multiaddress, or one whose `/p2p/` names another peer.
    #[error("not the multiaddress of a peer: {text:?}: {reason}")]
    Address {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Not a peer id.
    #[error("not a peer id: {text:?}: {reason}")]
    PeerId {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A queue holds no message, or too many.
    #[error("a gossip queue must hold between 1 and {QUEUE_MAX} messages: {0:?}")]
    Limits(GossipLimits),
    /// The peer key is not one.
    #[error("the peer key is unusable: {0}")]
    PeerKey(String),
    /// The transport did not start.
    #[error("the gossip transport did not start: {0}")]
    Start(String),
    /// The address cannot be listened on.
    #[error("gossip cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: String,
        /// What is wrong with it.
        error: String,
    },
    /// A message no peer would take. Nothing of the call was sent.
    #[error("not sent: {0}")]
    Message(#[from] Malformed),
    /// The network task is behind. Nothing of the call was sent.
    #[error("not sent: {COMMANDS_MAX} calls are waiting already")]
    Busy,
    /// The gossip has stopped.
    #[error("the gossip has stopped")]
    Stopped,
}

/// The peer id of a peer key, in base58.
pub fn peer_id(peer_key: &SigningKey) -> Result<String, GossipError> {
    Ok(swarm::keypair(peer_key)?.public().to_peer_id().to_string())
}

/// Listens, and begins to call the peers. Messages of peers arrive at the receiver; dropping it
/// means that they are thrown away.
pub async fn start(
    settings: GossipSettings,
) -> Result<(GossipHandle, mpsc::Receiver<Inbound>), GossipError> {
    let limits = settings.limits;
    let sensible = 1..=QUEUE_MAX;
    if !sensible.contains(&limits.inbound_messages_max)
        || !sensible.contains(&limits.queue_messages_max)
    {
        return Err(GossipError::Limits(limits));
    }
    let peers = parse_peers(&settings.peers)?;
    let listen = parse_address(&settings.listen)?;
    let protocol_name = format!("/minglian/{}/gossip/1", settings.chain_id);
    let protocol = StreamProtocol::try_from_owned(protocol_name.clone())
        .map_err(|error| GossipError::Start(error.to_string()))?;

    let mut swarm = swarm::build(swarm::keypair(&settings.peer_key)?, &protocol_name)?;
    let incoming = swarm
        .behaviour()
        .streams
        .new_control()
        .accept(protocol.clone())
        .map_err(|error| GossipError::Start(error.to_string()))?;
    let questions = |about: &str| {
        let name = format!("/minglian/{}/{about}", settings.chain_id);
        let protocol = StreamProtocol::try_from_owned(name).map_err(|error| error.to_string())?;
        Exchange::new(swarm.behaviour().streams.new_control(), protocol)
    };
    let exchange = questions("exchange/2").map_err(GossipError::Start)?;
    let shares = questions("shares/1").map_err(GossipError::Start)?;
    let listen_address = swarm::listen(&mut swarm, listen).await?.to_string();

    let (commands, command_receiver) = mpsc::channel(COMMANDS_MAX);
    let (inbound, inbound_receiver) = mpsc::channel(limits.inbound_messages_max);
    let (connected_sender, connected) = watch::channel(Vec::new());
    let counters = Arc::new(Counters::default());
    let mut network = Network::new(Parts {
        swarm,
        protocol,
        incoming,
        penalty: limits.penalty,
        batch_delay: limits.batch_delay,
        queue_messages_max: limits.queue_messages_max,
        inbound,
        connected: connected_sender,
        counters: counters.clone(),
    });
    network.set_peers(peers);
    tokio::spawn(network.run(command_receiver));
    let penalty = limits.penalty;
    let handle =
        GossipHandle { commands, connected, counters, exchange, shares, listen_address, penalty };
    Ok((handle, inbound_receiver))
}

/// Sends messages and steers the gossip. The gossip stops when the last handle is dropped.
#[derive(Debug, Clone)]
pub struct GossipHandle {
    commands: mpsc::Sender<Command>,
    connected: watch::Receiver<Vec<String>>,
    counters: Arc<Counters>,
    exchange: Exchange,
    shares: Exchange,
    listen_address: String,
    penalty: Duration,
}

impl GossipHandle {
    /// Sends transactions that this node admitted to every connected peer. Never waits. On an
    /// error none of them is sent.
    pub fn broadcast_transactions(&self, transactions: Vec<Bytes>) -> Result<(), GossipError> {
        let count = transactions.len();
        if count == 0 {
            return Ok(());
        }
        transactions.iter().try_for_each(|bytes| message::check_transaction(bytes))?;
        self.try_command(Command::Transactions(transactions))?;
        self.counters.transactions_broadcast.add(count);
        Ok(())
    }

    /// Sends transactions again that stayed out of the chain for too long. As
    /// [`Self::broadcast_transactions`], and counted apart.
    pub fn rebroadcast_transactions(&self, transactions: Vec<Bytes>) -> Result<(), GossipError> {
        let count = transactions.len();
        self.broadcast_transactions(transactions)?;
        self.counters.transactions_rebroadcast.add(count);
        Ok(())
    }

    /// Sends this node's cosignature, as note text, to every connected peer. Never waits.
    pub fn broadcast_cosignature(&self, note: &str) -> Result<(), GossipError> {
        message::check_note(note)?;
        let frame = message::cosignature_frame(note)
            .map_err(|error| Malformed::Encoding(error.to_string()))?;
        self.try_command(Command::Frame(frame))?;
        self.counters.cosignatures_broadcast.increment();
        Ok(())
    }

    /// Replaces the list of peers. When this returns, connections to peers that left it are being
    /// closed, and new ones are called.
    pub async fn set_peers(&self, peers: &[GossipPeer]) -> Result<(), GossipError> {
        let peers = parse_peers(peers)?;
        let (done, wait) = oneshot::channel();
        self.commands
            .send(Command::SetPeers(peers, done))
            .await
            .map_err(|_| GossipError::Stopped)?;
        wait.await.map_err(|_| GossipError::Stopped)
    }

    /// Cuts a peer off for [`GossipLimits::penalty`]: it sent a transaction that no node admits, or
    /// a cosignature that no node makes, by the code of its refusal. Returns that time.
    pub async fn report_forged(
        &self,
        from: &str,
        code: &'static str,
    ) -> Result<Duration, GossipError> {
        let peer = from.parse().map_err(|error| GossipError::PeerId {
            text: from.to_owned(),
            reason: format!("{error}"),
        })?;
        self.counters.messages_forged.increment();
        let report = Misbehaviour { peer, malformed: Malformed::Transaction(code) };
        self.commands.send(Command::CutOff(report)).await.map_err(|_| GossipError::Stopped)?;
        Ok(self.penalty)
    }

    /// The ids of the connected peers, sorted.
    pub fn connected(&self) -> Vec<String> {
        self.connected.borrow().clone()
    }

    /// Follows the ids of the connected peers.
    pub fn subscribe_connected(&self) -> watch::Receiver<Vec<String>> {
        self.connected.clone()
    }

    /// Streams for questions between nodes.
    pub fn exchange(&self) -> Exchange {
        self.exchange.clone()
    }

    /// Streams for the shares of keys that nobody holds. Their two ends are authenticated by peer
    /// key and encrypted, as all of this network.
    pub fn shares(&self) -> Exchange {
        self.shares.clone()
    }

    /// The counters at this moment.
    pub fn counters(&self) -> CounterSnapshot {
        self.counters.snapshot()
    }

    /// The address that was bound, with the port the system chose if none was given.
    pub fn listen_address(&self) -> &str {
        &self.listen_address
    }

    /// Stops, and waits until it has stopped. Stopping twice is no error.
    pub async fn shutdown(&self) {
        let (done, wait) = oneshot::channel();
        if self.commands.send(Command::Shutdown(done)).await.is_ok() {
            // An error means that another handle stopped it first.
            let _ = wait.await;
        }
    }

    fn try_command(&self, command: Command) -> Result<(), GossipError> {
        self.commands.try_send(command).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                self.counters.broadcasts_refused.increment();
                GossipError::Busy
            }
            mpsc::error::TrySendError::Closed(_) => GossipError::Stopped,
        })
    }
}

fn parse_peers(peers: &[GossipPeer]) -> Result<BTreeMap<PeerId, Option<Multiaddr>>, GossipError> {
    peers.iter().map(parse_peer).collect()
}

fn parse_peer(peer: &GossipPeer) -> Result<(PeerId, Option<Multiaddr>), GossipError> {
    let id: PeerId = peer.peer_id.parse().map_err(|error| GossipError::PeerId {
        text: peer.peer_id.clone(),
        reason: format!("{error}"),
    })?;
    if peer.address.is_empty() {
        return Ok((id, None));
    }
    let mut address = parse_address(&peer.address)?;
    if let Some(Protocol::P2p(named)) = address.iter().last() {
        if named != id {
            return Err(GossipError::Address {
                text: peer.address.clone(),
                reason: format!("it names another peer than {id}"),
            });
        }
        address.pop();
    }
    Ok((id, Some(address)))
}

pub(crate) fn parse_address(text: &str) -> Result<Multiaddr, GossipError> {
    text.parse::<Multiaddr>()
        .map_err(|error| GossipError::Address { text: text.to_owned(), reason: error.to_string() })
}
