//! Starts and steers the engine.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::net::{IpAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use malachitebft_app::config::{
    ConsensusConfig, NodeConfig, PubSubProtocol, ValuePayload, ValueSyncConfig,
};
use malachitebft_app::net::{self, Multiaddr};
use malachitebft_app::types::codec::Codec;
use malachitebft_app::types::core::{HeightParams, LinearTimeouts};
use malachitebft_app::types::{Keypair, PeerId};
use malachitebft_app_channel::{
    Channels, ConsensusContext, EngineBuilder, EngineHandle, NetworkContext, NetworkIdentity,
    NetworkRequest, RequestContext, SyncContext, WalContext,
};
use malachitebft_engine::network::PersistentPeerError;
use malachitebft_signing::Signer as _;
use minglian_ledger::hash::ValidatorAddress;
use minglian_ledger::height::Height;
use minglian_ledger::keys::SigningKey;
use minglian_ledger::transaction::ChainId;
use minglian_ledger::validators;
use tokio::sync::{mpsc, watch};

use crate::engine::context::{Address, Context};
use crate::engine::log_file;
use crate::engine::signer::Signer;
use crate::engine::verifier::Verifier;
use crate::engine::wire::Wire;

/// How often peers tell each other their height: how soon a node that fell behind notices.
const STATUS_INTERVAL: Duration = Duration::from_secs(2);

/// Requests to the engine that may wait.
const REQUESTS_MAX: usize = 64;

/// How long a stopping engine may take.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a taken port may stay so.
const PORT_PATIENCE: Duration = Duration::from_secs(5);

/// How often a lock or port is looked at.
const POLL: Duration = Duration::from_millis(10);

/// Connections one address may hold beyond two per known peer.
const SPARE_CONNECTIONS: usize = 16;

/// Whether this node votes.
#[derive(Debug, Clone)]
pub enum Role {
    /// Votes with this signer at heights whose validators include its address.
    Validator(Signer),
    /// Follows without a vote: an observer, or a validator below its signer's
    /// [`Signer::votes_from`]. To begin voting, stop the engine and start it as a validator.
    Observer,
}

/// Everything the engine needs to start.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// The chain.
    pub chain_id: ChainId,
    /// The node's name in logs and metrics.
    pub name: String,
    /// The peer key. Never a consensus key.
    pub peer_key: SigningKey,
    /// Where to listen, such as `/ip4/127.0.0.1/tcp/27000`.
    pub listen: String,
    /// The only peers that may connect, each with its id: `/ip4/…/tcp/…/p2p/12D3…`.
    pub peers: Vec<String>,
    /// The engine's write-ahead log. Never backed up.
    pub log_path: PathBuf,
    /// Whether this node votes.
    pub role: Role,
}

/// Why the engine did not start, or did not do as told.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Not a multiaddress.
    #[error("not a multiaddress: {text:?}: {reason}")]
    Address {
        /// The text.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A peer's address without its id: the allow-list goes by id.
    #[error("the peer address {0:?} does not end in /p2p/ and a peer id")]
    NoPeerId(String),
    /// Not an address to listen on, or one that is taken.
    #[error("cannot listen on {text:?}: {error:?}")]
    Listen {
        /// The address.
        text: String,
        /// The system's error; none if the form is not `/ip4/…/tcp/…` or `/ip6/…/tcp/…`.
        error: Option<io::Error>,
    },
    /// The peer key is not one.
    #[error("the peer key is unusable: {0}")]
    PeerKey(String),
    /// The engine's log cannot be read, cut or synced.
    #[error("the consensus log {path} cannot be made ready: {error}")]
    Log {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// The signer did not sign the proof that ties peer id and validator.
    #[error("the consensus key did not sign the validator proof: {0}")]
    Proof(String),
    /// The engine's own error.
    #[error("the engine did not start: {0}")]
    Start(String),
    /// The peer is on the list already, or is not.
    #[error("the peer list did not change: {0}")]
    Peer(#[from] PersistentPeerError),
    /// The engine has stopped.
    #[error("the engine has stopped")]
    Stopped,
}

/// How long the engine waits in each step, before it gives up a round. Later rounds wait longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a proposal and its body.
    pub propose: Duration,
    /// For the remaining votes once more than two thirds have voted for anything.
    pub vote: Duration,
    /// Added to both per round.
    pub increase: Duration,
}

impl Default for Timeouts {
    /// A dead proposer costs one second.
    fn default() -> Self {
        Self {
            propose: Duration::from_secs(1),
            vote: Duration::from_millis(500),
            increase: Duration::from_millis(500),
        }
    }
}

/// The parameters of a height: its validators and timeouts, effective at once.
pub fn height_params(
    validators: &validators::ValidatorSet,
    timeouts: Timeouts,
) -> HeightParams<Context> {
    let timeouts = LinearTimeouts {
        propose: timeouts.propose,
        propose_delta: timeouts.increase,
        prevote: timeouts.vote,
        prevote_delta: timeouts.increase,
        precommit: timeouts.vote,
        precommit_delta: timeouts.increase,
        rebroadcast: timeouts.propose + 2 * timeouts.vote,
        ..LinearTimeouts::default()
    };
    HeightParams::new(validators.into(), timeouts, None)
}

/// The peer id of a peer key, in base58.
pub fn peer_id(peer_key: &SigningKey) -> Result<PeerId, EngineError> {
    convert_peer_id(&keypair(peer_key)?.public().to_peer_id())
}

/// The engine's own peer id type for libp2p's.
fn convert_peer_id(peer_id: &net::PeerId) -> Result<PeerId, EngineError> {
    PeerId::from_bytes(&peer_id.to_bytes()).map_err(|error| EngineError::PeerKey(error.to_string()))
}

fn keypair(peer_key: &SigningKey) -> Result<Keypair, EngineError> {
    Keypair::ed25519_from_bytes(peer_key.to_bytes())
        .map_err(|error| EngineError::PeerKey(error.to_string()))
}

pub(crate) fn parse_address(text: &str) -> Result<Multiaddr, EngineError> {
    text.parse::<Multiaddr>()
        .map_err(|error| EngineError::Address { text: text.to_owned(), reason: error.to_string() })
}

fn parse_peer(text: &str) -> Result<Multiaddr, EngineError> {
    let address = parse_address(text)?;
    let named = address.protocol_stack().last() == Some("p2p");
    if named { Ok(address) } else { Err(EngineError::NoPeerId(text.to_owned())) }
}

/// A peer of the ledger or the configuration. One mistyped address must not keep the node from
/// starting: the others may be enough to put it right on the ledger.
fn parse_listed_peer(text: &str) -> Option<Multiaddr> {
    parse_peer(text).inspect_err(|error| tracing::error!(%error, "cannot dial a listed peer")).ok()
}

/// Refuses a TCP port that stays taken: the engine would only log it and wait for ever. A node that
/// has just stopped may hold it a little longer.
async fn check_port(listen: &str) -> Result<(), EngineError> {
    let refused = |error| EngineError::Listen { text: listen.to_owned(), error };
    let parts: Vec<&str> = listen.split('/').collect();
    let ["", "ip4" | "ip6", address, "tcp", port] = parts[..] else {
        return Err(refused(None));
    };
    let (Ok(address), Ok(port)) = (address.parse::<IpAddr>(), port.parse::<u16>()) else {
        return Err(refused(None));
    };
    let deadline = Instant::now() + PORT_PATIENCE;
    loop {
        match TcpListener::bind((address, port)) {
            Ok(_listener) => return Ok(()),
            Err(error) if Instant::now() >= deadline => return Err(refused(Some(error))),
            Err(_) => tokio::time::sleep(POLL).await,
        }
    }
}

/// Whether nobody holds the lock of the engine's log.
fn is_unlocked(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| file.try_lock().is_ok())
}

/// The engine's own configuration, made from [`EngineSettings`].
struct Configuration {
    name: String,
    consensus: ConsensusConfig,
    sync: ValueSyncConfig,
}

impl NodeConfig for Configuration {
    fn moniker(&self) -> &str {
        &self.name
    }

    fn consensus(&self) -> &ConsensusConfig {
        &self.consensus
    }

    fn consensus_mut(&mut self) -> &mut ConsensusConfig {
        &mut self.consensus
    }

    fn value_sync(&self) -> &ValueSyncConfig {
        &self.sync
    }

    fn value_sync_mut(&mut self) -> &mut ValueSyncConfig {
        &mut self.sync
    }
}

fn configuration(settings: &EngineSettings) -> Result<Configuration, EngineError> {
    let mut consensus =
        ConsensusConfig { value_payload: ValuePayload::ProposalAndParts, ..Default::default() };
    let p2p = &mut consensus.p2p;
    p2p.listen_addr = parse_address(&settings.listen)?;
    p2p.persistent_peers =
        settings.peers.iter().filter_map(|peer| parse_listed_peer(peer)).collect();
    p2p.persistent_peers_only = true;
    // Few validators, all connected: each message goes to every peer once, and none relays.
    p2p.protocol = PubSubProtocol::Broadcast;
    // A peer of another chain is disconnected when it names itself.
    p2p.protocol_names.consensus = format!("/minglian/consensus/v1/{}", settings.chain_id);
    // Peers may share one address (one box, one NAT); the allow-list is what keeps strangers out.
    let connections = 2 * settings.peers.len() + SPARE_CONNECTIONS;
    p2p.discovery.max_connections_per_ip = p2p.discovery.max_connections_per_ip.max(connections);
    let sync = ValueSyncConfig { status_update_interval: STATUS_INTERVAL, ..Default::default() };
    Ok(Configuration { name: settings.name.clone(), consensus, sync })
}

/// Who this node is to its peers and to the consensus algorithm.
async fn identity(
    settings: &EngineSettings,
    wire: &Wire,
) -> Result<(NetworkIdentity, ConsensusContext<Context>), EngineError> {
    let keypair = keypair(&settings.peer_key)?;
    let name = settings.name.clone();
    let verifier = Box::new(Verifier { chain_id: settings.chain_id.clone() });
    let Role::Validator(signer) = &settings.role else {
        // No validator has this address: addresses are hashes of keys.
        let nobody = Address(ValidatorAddress([0; 32]));
        let identity = NetworkIdentity::new(name, keypair, None);
        return Ok((identity, ConsensusContext::new_full_node(nobody, verifier)));
    };
    let address = Address(signer.address());
    let peer_id = keypair.public().to_peer_id().to_bytes();
    let proof = signer
        .sign_validator_proof(signer.public_key().0.to_vec(), peer_id)
        .await
        .map_err(|error| EngineError::Proof(error.to_string()))?;
    let proof = wire.encode(&proof).map_err(|error| EngineError::Proof(error.to_string()))?;
    let identity = NetworkIdentity::new_validator(name, keypair, address.to_string(), proof);
    let signer = Box::new(signer.clone());
    Ok((identity, ConsensusContext::new_validator(address, verifier, signer)))
}

/// Starts the engine. It first asks for `ConsensusReady` once it listens.
pub async fn start(
    settings: EngineSettings,
) -> Result<(Channels<Context>, EngineControl), EngineError> {
    let configuration = configuration(&settings)?;
    check_port(&settings.listen).await?;
    let log_path = settings.log_path.clone();
    log_file::prepare(&log_path)
        .map_err(|error| EngineError::Log { path: log_path.clone(), error })?;
    let (wire, peer_tip) = Wire::new();
    let leaving = match &settings.role {
        Role::Validator(signer) => wire.clone().leaving(signer.clone()),
        Role::Observer => wire.clone(),
    };
    let (identity, consensus) = identity(&settings, &wire).await?;
    let (channels, handle) = EngineBuilder::new(Context, configuration)
        .with_default_wal(WalContext::new(settings.log_path, wire.clone()))
        .with_default_network(NetworkContext::new(identity, leaving))
        .with_default_sync(SyncContext::new(wire))
        .with_default_consensus(consensus)
        .with_default_request(RequestContext::new(REQUESTS_MAX))
        .build()
        .await
        .map_err(|error| EngineError::Start(format!("{error:#}")))?;
    let requests = channels.net_requests.clone();
    Ok((channels, EngineControl { requests, handle, peer_tip, log_path }))
}

/// Steers a running engine.
pub struct EngineControl {
    requests: mpsc::Sender<NetworkRequest>,
    handle: EngineHandle,
    peer_tip: watch::Receiver<Height>,
    log_path: PathBuf,
}

impl EngineControl {
    /// Lets a peer connect and dials it. Do so before a validator change activates.
    pub async fn add_peer(&self, address: &str) -> Result<(), EngineError> {
        let address = parse_peer(address)?;
        let added = NetworkRequest::add_persistent_peer(&self.requests, address).await;
        Ok(added.map_err(|_| EngineError::Stopped)??)
    }

    /// Disconnects a peer and keeps it out. `address` is the one it was added with.
    pub async fn remove_peer(&self, address: &str) -> Result<(), EngineError> {
        let address = parse_peer(address)?;
        let removed = NetworkRequest::remove_persistent_peer(&self.requests, address).await;
        Ok(removed.map_err(|_| EngineError::Stopped)??)
    }

    /// The height in the latest status of any peer. While it is above the decided height, answer
    /// `Finalized` at once: the engine catches up only from one height to the next.
    pub fn peer_tip(&self) -> watch::Receiver<Height> {
        self.peer_tip.clone()
    }

    /// The peers that are connected now.
    pub async fn connected_peers(&self) -> Result<BTreeSet<PeerId>, EngineError> {
        let state = NetworkRequest::dump_state(&self.requests).await;
        let state = state.map_err(|_| EngineError::Stopped)?.ok_or(EngineError::Stopped)?;
        let peers: BTreeSet<PeerId> =
            state.peers.keys().map(convert_peer_id).collect::<Result<_, _>>()?;
        Ok(peers)
    }

    /// Stops the engine and waits until its log is free, so that it can be started again. Go on
    /// answering (or drop the channels): a request that waits for its answer delays the stop.
    pub async fn stop(self) {
        let supervisor = self.handle.actor.get_cell();
        // The supervisor kills all parts as soon as it sees one end, and a network killed before it
        // ended its own task listens and dials for ever: so each ends unseen, and before those that
        // it uses, which were made first.
        let mut parts = supervisor.get_children();
        parts.sort_by_key(|part| Reverse(part.get_id()));
        for part in &parts {
            part.unlink(supervisor.clone());
        }
        for part in parts {
            let reason = Some("stopping".to_owned());
            if part.stop_and_wait(reason, Some(STOP_TIMEOUT)).await.is_err() {
                tracing::warn!(part = %part.get_id(), "a part of the engine was killed");
                part.kill();
            }
        }
        supervisor.stop(Some("stopping".to_owned()));
        let freed = async {
            let _ = self.handle.handle.await;
            // The log's own thread ends after the actors do.
            while !is_unlocked(&self.log_path) {
                tokio::time::sleep(POLL).await;
            }
        };
        if tokio::time::timeout(STOP_TIMEOUT, freed).await.is_err() {
            tracing::warn!(path = %self.log_path.display(), "the stopped engine holds its log");
        }
    }
}
