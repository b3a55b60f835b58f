//! Wiring: what a node starts, in order, and how the parts are connected. No logic lives here.
//!
//! ```text
//!  clients --HTTP--> rpc ---> admission ---> pool        gossip <---> other nodes
//!                     |          ^                          |
//!                     |          '------ transactions ------'
//!                     v
//!                   chain <--- app <---> engine <---> other validators
//! ```

mod peers;
mod subsidies;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use minglian_client::key_file::passphrase::Passphrase;
use minglian_client::key_file::{KeyFile, KeyFileError, KeyKind};
use minglian_client::wire::KeyShareView;
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::Height;
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::transaction::ChainId;
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;

use crate::admission::Admission;
use crate::app::judge::Judge;
use crate::app::peers::Peers;
use crate::app::{App, AppError, AppParts, Ended};
use crate::attachments::replicate::{self, Replicator};
use crate::attachments::{KeepFault, Keeper, wiper};
use crate::batches::BatchFault;
use crate::bodies::{Bodies, BodiesError};
use crate::chain::{Chain, ChainError, Committed};
use crate::checkpoints::{Checkpoints, CheckpointsError};
use crate::config::Config;
use crate::derived::DerivedError;
use crate::engine::mark::{Mark, MarkError};
use crate::engine::signer::Signer;
use crate::engine::start::{self, EngineError, EngineSettings, Role, Timeouts};
use crate::genesis_file::{self, GenesisFileError};
use crate::gossip::{self, GossipError, GossipHandle};
use crate::inbound;
use crate::mempool::{self, Mempool};
use crate::metrics::Metrics;
use crate::resend;
use crate::rpc::{self, HttpLimits, RpcParts};
use crate::signatures::VerifiedCache;
use crate::threshold;
use crate::threshold::secrets::{SecretError, Secrets};

/// Commits that a slow listener may lag behind.
const COMMITS_MAX: usize = 1_024;

/// Why a node does not run.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// The ledger.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// The genesis file.
    #[error(transparent)]
    Genesis(#[from] GenesisFileError),
    /// A key file.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// Undecided blocks.
    #[error(transparent)]
    Bodies(#[from] BodiesError),
    /// The signer's mark.
    #[error("the signer's mark: {0}")]
    Mark(#[from] MarkError),
    /// The engine.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// Checkpoints.
    #[error(transparent)]
    Checkpoints(#[from] CheckpointsError),
    /// The gossip.
    #[error(transparent)]
    Gossip(#[from] GossipError),
    /// Attachments and openings.
    #[error(transparent)]
    Keep(#[from] KeepFault),
    /// Bodies and envelopes of batches.
    #[error(transparent)]
    Batches(#[from] BatchFault),
    /// Shares of keys that nobody holds.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The application.
    #[error(transparent)]
    App(#[from] AppError),
    /// The HTTP address.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The HTTP server ended.
    #[error("the HTTP server: {0}")]
    Http(std::io::Error),
}

/// The node's keys.
struct Keys {
    peer: SigningKey,
    validator: Option<SigningKey>,
    cosigner: Option<SigningKey>,
    log: Option<SigningKey>,
    service: Option<SigningKey>,
}

/// Creates a node's database and its signer's mark from the genesis. Refuses what exists, and what
/// [`run`] could not start with: keys, passphrase, addresses.
pub fn init(config: &Config, passphrase: &Passphrase) -> Result<Genesis, NodeError> {
    read_keys(config, passphrase)?;
    start::parse_address(&config.consensus.listen)?;
    gossip::parse_address(&config.gossip.listen)?;
    let genesis = genesis_file::read(&config.genesis)?;
    Chain::create(&config.ledger_path(), &genesis)?;
    if let Some(path) = &config.keys.validator {
        Mark::create(&config.mark_path(), KeyFile::public_key(path)?)?;
    }
    Ok(genesis)
}

/// Runs a node until `stop` turns true or something fails.
pub async fn run(
    config: Config,
    passphrase: Passphrase,
    stop: watch::Receiver<bool>,
) -> Result<(), NodeError> {
    let keys = read_keys(&config, &passphrase)?;
    let genesis = genesis_file::read(&config.genesis)?;
    let chain = match Chain::open_unless(&config.ledger_path(), genesis, &|| *stop.borrow()) {
        Err(ChainError::Derived(DerivedError::Stopped)) => return Ok(()),
        opened => Arc::new(opened?),
    };
    let metrics = Arc::new(Metrics::default());
    let verified = Arc::new(VerifiedCache::default());
    let pool = Mempool::new(mempool::Limits::default());
    let admission =
        Arc::new(Admission::new(chain.clone(), verified.clone(), pool, metrics.clone()));
    let commits = broadcast::Sender::new(COMMITS_MAX);
    let checkpoints = Arc::new(Checkpoints::new(&chain, keys.cosigner.clone(), keys.log.clone())?);
    let own_id = gossip::peer_id(&keys.peer)?;
    let (gossip, received) = gossip::start(peers::settings(&config, &chain, &keys)).await?;
    let openings = config.openings_path();
    let (keeper, hints) =
        Keeper::open(config.attachments.clone(), &openings, chain.clone(), &own_id).await?;
    let (batches, custody) = subsidies::open(&config, &keys, &chain)?;
    let held = watch::Sender::new(Vec::new());
    let address = config.http_address;
    let listener =
        TcpListener::bind(address).await.map_err(|source| NodeError::Listen { address, source })?;
    let parts = RpcParts {
        chain: chain.clone(),
        admission: admission.clone(),
        commits: commits.clone(),
        broadcast: peers::broadcaster(gossip.clone()),
        checkpoints: checkpoints.clone(),
        metrics: metrics.clone(),
        keeper: keeper.clone(),
        batches: batches.clone(),
        custody: custody.clone(),
        network: rpc::Network::of(gossip.clone()),
        key_shares: held.subscribe(),
        limits: http_limits(&config),
    };
    let mut tasks = JoinSet::new();
    let http = tokio::spawn(rpc::serve(parts, listener, stop.clone()));
    tasks.spawn(inbound::take(received, admission.clone(), checkpoints.clone(), gossip.clone()));
    tasks.spawn(cosign(commits.subscribe(), checkpoints, gossip.clone()));
    tasks.spawn(resend::run(admission.clone(), gossip.clone()));
    let replicator = Replicator::new(keeper.clone(), gossip.clone(), hints);
    tasks.spawn(replicator.run(commits.subscribe()));
    tasks.spawn(wiper::run(keeper.clone()));
    if let Some(questions) = gossip.exchange().questions() {
        let kept = (keeper.clone(), batches.clone());
        tasks.spawn(replicate::answer(questions, kept, chain.clone(), stop.clone()));
    }
    let service = subsidies::service(&keys, &admission, &gossip, (batches, custody), &stop, &chain);
    tasks.spawn(service.run(commits.subscribe()));
    tasks.spawn(peers::follow(chain.clone(), config.observers.clone(), gossip.clone()));
    tracing::info!(name = config.name, %address, peer_id = own_id, "node started");

    let shared = Shared { chain, admission, verified, metrics, keeper, commits, own_id };
    let secrets = Secrets::open(&config.threshold_path(), shared.chain_id(), passphrase)?;
    let parts = shared.member(gossip.clone(), keys.service.clone(), secrets, held);
    threshold::start(&mut tasks, parts, shared.commits.subscribe(), stop.clone());
    let ended = consensus(&config, &keys, shared, stop).await;
    tasks.shutdown().await;
    gossip.shutdown().await;
    http.abort();
    ended
}

fn http_limits(config: &Config) -> HttpLimits {
    HttpLimits {
        connections_per_client_max: config.http_connections_per_client_max,
        share_per_client_percent: config.http_share_per_client_percent,
        ..HttpLimits::default()
    }
}

/// What each start of the engine shares.
struct Shared {
    chain: Arc<Chain>,
    admission: Arc<Admission>,
    verified: Arc<VerifiedCache>,
    metrics: Arc<Metrics>,
    keeper: Arc<Keeper>,
    commits: broadcast::Sender<Arc<Committed>>,
    own_id: String,
}

impl Shared {
    fn chain_id(&self) -> ChainId {
        self.chain.chain_id().clone()
    }

    /// What takes part in keys that nobody holds.
    fn member(
        &self,
        gossip: GossipHandle,
        key: Option<SigningKey>,
        secrets: Secrets,
        held: watch::Sender<Vec<KeyShareView>>,
    ) -> threshold::Parts {
        let (chain, admission) = (self.chain.clone(), self.admission.clone());
        let own_id = self.own_id.clone();
        threshold::Parts { chain, admission, gossip, own_id, key, secrets, held }
    }
}

/// Runs the engine; without a vote first, when the signer's mark asks for it.
async fn consensus(
    config: &Config,
    keys: &Keys,
    shared: Shared,
    stop: watch::Receiver<bool>,
) -> Result<(), NodeError> {
    let signer = keys.validator.as_ref().map(|key| open_signer(config, key, &shared.chain));
    let signer = signer.transpose()?;
    loop {
        let next = shared.chain.head().header.height.next();
        let votes_from = signer.as_ref().map(Signer::votes_from).filter(|from| next < *from);
        // The engine's log of what was signed at that height is lost when it begins at another.
        let votes_from = votes_from.map(Height::next);
        let role = match &signer {
            Some(signer) if votes_from.is_none() => Role::Validator(signer.clone()),
            _ => Role::Observer,
        };
        if let Some(from) = votes_from {
            tracing::warn!(%from, "running without a vote until the chain passes the mark");
        }
        let peers = Peers::of(&shared.chain, &config.observers, &shared.own_id);
        let settings = EngineSettings {
            chain_id: shared.chain.chain_id().clone(),
            name: config.name.clone(),
            peer_key: keys.peer.clone(),
            listen: config.consensus.listen.clone(),
            peers: peers.addresses().cloned().collect(),
            log_path: config.consensus_log_path(),
            role,
        };
        let (channels, control) = start::start(settings).await?;
        let propose = Duration::from_millis(config.propose_timeout_ms);
        let parts = AppParts {
            chain: shared.chain.clone(),
            admission: shared.admission.clone(),
            metrics: shared.metrics.clone(),
            keeper: shared.keeper.clone(),
            judge: judge(config, &shared)?,
            signer: signer.clone().filter(|_| votes_from.is_none()),
            votes_from,
            observers: config.observers.clone(),
            peer_id: shared.own_id.clone(),
            control,
            timeouts: Timeouts { propose, ..Timeouts::default() },
            heartbeat: Duration::from_secs(config.heartbeat_seconds),
            commits: shared.commits.clone(),
            stop: stop.clone(),
        };
        match App::new(parts).run(channels).await? {
            Ended::Stopped => return Ok(()),
            Ended::MayVote => {}
        }
    }
}

fn judge(config: &Config, shared: &Shared) -> Result<Judge, BodiesError> {
    let Shared { chain, verified, metrics, .. } = shared;
    let bodies = Bodies::open(&config.bodies_path())?;
    let age_ms_max = config.proposal_age_ms_max;
    Ok(Judge::new(chain.clone(), verified.clone(), metrics.clone(), bodies, age_ms_max))
}

fn open_signer(config: &Config, key: &SigningKey, chain: &Chain) -> Result<Signer, NodeError> {
    let mark = Mark::open(&config.mark_path(), PublicKey::of(key))?;
    Ok(Signer::new(chain.chain_id().clone(), Arc::new(key.clone()), mark))
}

fn read_keys(config: &Config, passphrase: &Passphrase) -> Result<Keys, NodeError> {
    let read = |path: &Path, kind| KeyFile::read(path, kind, passphrase);
    let optional = |path: &Option<std::path::PathBuf>, kind| {
        path.as_deref().map(|path| read(path, kind)).transpose()
    };
    Ok(Keys {
        peer: read(&config.keys.peer, KeyKind::Peer)?,
        validator: optional(&config.keys.validator, KeyKind::Validator)?,
        cosigner: optional(&config.keys.cosigner, KeyKind::Cosigner)?,
        log: optional(&config.keys.log, KeyKind::Log)?,
        service: optional(&config.keys.service, KeyKind::Officer)?,
    })
}

/// Cosigns each new head and tells the others.
async fn cosign(
    mut commits: broadcast::Receiver<Arc<Committed>>,
    checkpoints: Arc<Checkpoints>,
    gossip: GossipHandle,
) {
    loop {
        match commits.recv().await {
            Ok(committed) => {
                for note in checkpoints.on_committed(&committed) {
                    if let Err(error) = gossip.broadcast_cosignature(&note) {
                        tracing::warn!(%error, "cannot pass on a cosignature");
                    }
                }
            }
            Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(broadcast::error::RecvError::Closed) => return,
        }
    }
}
