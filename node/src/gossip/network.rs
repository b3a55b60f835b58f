//! The task that owns the swarm: it admits, calls and cuts off peers, fills batches, and starts a
//! writer and a reader for every connected peer. It never waits for a peer.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::swarm::{ListenError, SwarmEvent};
use libp2p::{Multiaddr, PeerId, Stream, StreamProtocol, Swarm, ping};
use libp2p_stream::IncomingStreams;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::gossip::Inbound;
use crate::gossip::batch::Batch;
use crate::gossip::counters::Counters;
use crate::gossip::message;
use crate::gossip::peers::{Due, PeerTable};
use crate::gossip::stream::{Misbehaviour, Reader, Writer};
use crate::gossip::swarm::{Behaviour, BehaviourEvent};

/// Reports of misbehaviour that may wait.
const REPORTS_MAX: usize = 16;

/// How long the task sleeps when nothing is due. Any event wakes it.
const IDLE: Duration = Duration::from_secs(3600);

/// What a handle asks of the task.
#[derive(Debug)]
pub enum Command {
    /// Send these to every connected peer.
    Transactions(Vec<Bytes>),
    /// Send this frame to every connected peer.
    Frame(Bytes),
    /// Replace the list of peers, and say when it is in force.
    SetPeers(BTreeMap<PeerId, Option<Multiaddr>>, oneshot::Sender<()>),
    /// Cut this peer off for the penalty.
    CutOff(Misbehaviour),
    /// Close every connection, and say when they are closed.
    Shutdown(oneshot::Sender<()>),
}

/// The task's state.
pub struct Network {
    swarm: Swarm<Behaviour>,
    protocol: StreamProtocol,
    incoming: IncomingStreams,
    peers: PeerTable,
    penalty: Duration,
    batch: Batch,
    frames: broadcast::Sender<Bytes>,
    queue_messages_max: usize,
    inbound: mpsc::Sender<Inbound>,
    reports: (mpsc::Sender<Misbehaviour>, mpsc::Receiver<Misbehaviour>),
    writers: BTreeMap<PeerId, Task>,
    readers: BTreeMap<PeerId, Task>,
    connected: watch::Sender<Vec<String>>,
    counters: Arc<Counters>,
}

/// What the task is made of.
pub struct Parts {
    /// The swarm, listening already.
    pub swarm: Swarm<Behaviour>,
    /// The protocol of the chain.
    pub protocol: StreamProtocol,
    /// Streams that peers open.
    pub incoming: IncomingStreams,
    /// How long a peer that misbehaved is cut off.
    pub penalty: Duration,
    /// How long a transaction waits in a batch.
    pub batch_delay: Duration,
    /// Frames that a slow peer may be behind.
    pub queue_messages_max: usize,
    /// Where messages of peers go.
    pub inbound: mpsc::Sender<Inbound>,
    /// Where the connected peers are published.
    pub connected: watch::Sender<Vec<String>>,
    /// Counts.
    pub counters: Arc<Counters>,
}

/// A task that ends when it is dropped.
struct Task(JoinHandle<()>);

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Network {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        let peers = PeerTable::new(*parts.swarm.local_peer_id());
        // The ring holds a power of two.
        let queue_messages_max = parts.queue_messages_max.next_power_of_two();
        Self {
            swarm: parts.swarm,
            protocol: parts.protocol,
            incoming: parts.incoming,
            peers,
            penalty: parts.penalty,
            batch: Batch::new(parts.batch_delay),
            frames: broadcast::Sender::new(queue_messages_max),
            queue_messages_max,
            inbound: parts.inbound,
            reports: mpsc::channel(REPORTS_MAX),
            writers: BTreeMap::new(),
            readers: BTreeMap::new(),
            connected: parts.connected,
            counters: parts.counters,
        }
    }

    /// Runs until it is told to stop, or every handle is gone.
    pub async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let stopped = loop {
            let wake = self.next_wake();
            tokio::select! {
                event = self.swarm.select_next_some() => self.on_event(event),
                Some((peer, stream)) = self.incoming.next() => self.on_stream(peer, stream),
                Some(report) = self.reports.1.recv() => self.on_misbehaviour(&report),
                command = commands.recv() => match command {
                    Some(Command::Transactions(transactions)) => self.fill(transactions),
                    Some(Command::Frame(frame)) => self.send(frame),
                    Some(Command::SetPeers(peers, done)) => {
                        self.set_peers(peers);
                        // A caller that went away needs no answer.
                        let _ = done.send(());
                    }
                    Some(Command::CutOff(report)) => self.on_misbehaviour(&report),
                    Some(Command::Shutdown(done)) => break Some(done),
                    None => break None,
                },
                () = tokio::time::sleep_until(wake) => {}
            }
            self.on_time();
        };
        self.flush();
        self.connected.send_replace(Vec::new());
        drop(self);
        if let Some(done) = stopped {
            let _ = done.send(());
        }
    }

    /// Replaces the list of peers.
    pub fn set_peers(&mut self, peers: BTreeMap<PeerId, Option<Multiaddr>>) {
        let change = self.peers.set(peers, Instant::now());
        for peer in &change.removed {
            self.cut_off(peer);
        }
        for peer in change.added {
            self.swarm.behaviour_mut().allowed.allow_peer(peer);
        }
        self.publish_connected();
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::ConnectionEstablished { peer_id, .. } => self.on_connected(peer_id),
            SwarmEvent::ConnectionClosed { peer_id, num_established: 0, .. } => {
                self.writers.remove(&peer_id);
                self.readers.remove(&peer_id);
                self.peers.disconnected(&peer_id, Instant::now());
                self.publish_connected();
            }
            SwarmEvent::IncomingConnectionError { error, peer_id, .. } => {
                if let ListenError::Denied { cause } = error {
                    self.counters.connections_refused.increment();
                    tracing::debug!(?peer_id, %cause, "gossip connection refused");
                } else {
                    self.counters.handshakes_failed.increment();
                }
            }
            SwarmEvent::OutgoingConnectionError { peer_id, error, .. } => {
                self.counters.dials_failed.increment();
                tracing::debug!(?peer_id, %error, "gossip peer not reached");
                if let Some(peer) = peer_id {
                    self.peers.dial_failed(&peer, Instant::now());
                }
            }
            SwarmEvent::Behaviour(BehaviourEvent::Ping(ping::Event {
                connection,
                result: Err(ping::Failure::Timeout | ping::Failure::Other { .. }),
                ..
            })) => {
                self.counters.pings_failed.increment();
                self.swarm.close_connection(connection);
            }
            SwarmEvent::ListenerClosed { reason, .. } => {
                tracing::error!(?reason, "gossip no longer listens");
            }
            _ => {}
        }
    }

    fn on_connected(&mut self, peer: PeerId) {
        if !self.peers.contains(&peer) {
            // The list changed while the connection was made. An error says that it is gone.
            let _ = self.swarm.disconnect_peer_id(peer);
            return;
        }
        self.peers.connected(&peer, Instant::now());
        let writer = Writer {
            peer,
            control: self.swarm.behaviour().streams.new_control(),
            protocol: self.protocol.clone(),
            frames: self.frames.subscribe(),
            queue_messages_max: self.queue_messages_max,
            counters: self.counters.clone(),
        };
        self.writers.entry(peer).or_insert_with(|| Task(tokio::spawn(writer.run())));
        self.publish_connected();
    }

    /// The newest stream of a peer is the one that is read: it opens another only when the last
    /// one broke.
    fn on_stream(&mut self, peer: PeerId, stream: Stream) {
        if !self.swarm.behaviour().allowed.allowed_peers().contains(&peer) {
            return;
        }
        let reader = Reader {
            peer,
            inbound: self.inbound.clone(),
            reports: self.reports.0.clone(),
            counters: self.counters.clone(),
        };
        self.readers.insert(peer, Task(tokio::spawn(reader.run(stream))));
    }

    fn on_misbehaviour(&mut self, report: &Misbehaviour) {
        let Misbehaviour { peer, malformed } = report;
        if self.peers.penalize(peer, Instant::now() + self.penalty) {
            tracing::warn!(%peer, %malformed, "gossip peer cut off for what it sent");
            self.cut_off(peer);
            self.publish_connected();
        }
    }

    /// Refuses the peer from now on, and closes what it has open.
    fn cut_off(&mut self, peer: &PeerId) {
        self.writers.remove(peer);
        self.readers.remove(peer);
        self.swarm.behaviour_mut().allowed.disallow_peer(*peer);
    }

    fn on_time(&mut self) {
        let now = Instant::now();
        if self.batch.deadline().is_some_and(|deadline| deadline <= now) {
            self.flush();
        }
        for due in self.peers.take_due(now) {
            match due {
                Due::Forgive(peer) => {
                    self.swarm.behaviour_mut().allowed.allow_peer(peer);
                }
                Due::Dial(peer, address) => self.dial(peer, address),
            }
        }
    }

    fn dial(&mut self, peer: PeerId, address: Multiaddr) {
        let options = DialOpts::peer_id(peer)
            .condition(PeerCondition::DisconnectedAndNotDialing)
            .addresses(vec![address])
            .build();
        if let Err(error) = self.swarm.dial(options) {
            tracing::debug!(%peer, %error, "gossip peer not called");
            self.peers.dial_failed(&peer, Instant::now());
        }
    }

    fn next_wake(&self) -> Instant {
        [self.batch.deadline(), self.peers.next_due()]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or_else(|| Instant::now() + IDLE)
    }

    fn fill(&mut self, transactions: Vec<Bytes>) {
        for transaction in transactions {
            if let Some(full) = self.batch.push(transaction) {
                self.send_batch(&full);
            }
        }
    }

    fn flush(&mut self) {
        if let Some(transactions) = self.batch.take() {
            self.send_batch(&transactions);
        }
    }

    fn send_batch(&self, transactions: &[Bytes]) {
        match message::transactions_frame(transactions) {
            Ok(frame) => self.send(frame),
            Err(error) => tracing::error!(%error, "a batch of transactions has no encoding"),
        }
    }

    fn send(&self, frame: Bytes) {
        // Without a connected peer nobody listens. Nothing is kept for later.
        let _ = self.frames.send(frame);
    }

    fn publish_connected(&self) {
        let connected: Vec<String> = self.peers.connected_peers().map(PeerId::to_string).collect();
        self.connected.send_if_modified(|published| {
            let changed = *published != connected;
            *published = connected;
            changed
        });
    }
}
