//! The HTTP interface: what clerks' programs, explorers, auditors and monitors ask a node.
//!
//! Everything is JSON under `/v1`, described at `/v1/openapi.json`; errors are
//! `application/problem+json` with a stable code. `/log` is the transparency log as C2SP tlog-tiles
//! serves it. There is no TLS and no login: every route is public, a transaction carries its own
//! signature, and a proxy stands in front where the network is not trusted.

pub mod problem;
mod accounts;
mod allocations;
mod attachments;
mod batches;
mod body;
mod chain;
mod charities;
mod custody;
mod disclosures;
mod enrolment;
mod extract;
mod gifts;
mod limits;
mod log;
mod openings;
mod organizations;
mod oversight;
mod programmes;
mod proposals;
pub mod range;
mod readers;
mod records;
mod rules;
mod reports;
mod status;
mod submit;
mod trace;
mod transactions;
mod view;
pub mod waiters;

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::middleware;
use bytes::Bytes;
use minglian_client::wire::KeyShareView;
use minglian_ledger::store::Store;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, broadcast, watch};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admission::Admission;
use crate::attachments::Keeper;
use crate::batches::Batches;
use crate::batches::custody::Custody;
use crate::chain::{Chain, Committed};
use crate::checkpoints::Checkpoints;
use crate::gossip::GossipHandle;
use crate::metrics::Metrics;
use crate::places::Places;
pub use limits::HttpLimits;
use limits::{Limits, Shares};
use problem::{Kind, Refusal};
use waiters::Waiters;

/// Passes transactions on to the other nodes.
pub type Broadcast = Arc<dyn Fn(Vec<Bytes>) + Send + Sync>;

/// What the interface needs from the node.
pub struct RpcParts {
    /// The ledger.
    pub chain: Arc<Chain>,
    /// The pool's door.
    pub admission: Arc<Admission>,
    /// Tells what was committed.
    pub commits: broadcast::Sender<Arc<Committed>>,
    /// Passes on what clients brought.
    pub broadcast: Broadcast,
    /// Signed heads.
    pub checkpoints: Arc<Checkpoints>,
    /// The node's counters.
    pub metrics: Arc<Metrics>,
    /// Attachments and openings.
    pub keeper: Arc<Keeper>,
    /// Bodies of batches of private subsidies.
    pub batches: Arc<Batches>,
    /// Their envelopes, at a custodian.
    pub custody: Option<Arc<Custody>>,
    /// What the network between nodes reports.
    pub network: Network,
    /// What this node has of keys that nobody holds.
    pub key_shares: watch::Receiver<Vec<KeyShareView>>,
    /// What clients are given.
    pub limits: HttpLimits,
}

/// What the network between nodes reports.
#[derive(Clone)]
pub struct Network {
    /// Ids of the connected peers.
    pub peers: Arc<dyn Fn() -> Vec<String> + Send + Sync>,
    /// Its counters, in the text format that Prometheus reads.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
}

impl Network {
    /// The gossip's report.
    pub fn of(gossip: GossipHandle) -> Self {
        let counters = gossip.clone();
        Self {
            peers: Arc::new(move || gossip.connected()),
            metrics: Arc::new(move || status::render_gossip(&counters.counters())),
        }
    }
}

/// What every handler sees.
struct Shared {
    parts: RpcParts,
    waiters: Arc<Waiters>,
    /// Streams of tips that may still be opened.
    streams: Shares,
    /// Submissions that may still be checked at a time.
    submitting: Arc<Semaphore>,
    /// Bytes of bodies that may still be read.
    bodies: Arc<Semaphore>,
    /// Attachments that may still be handed out at a time.
    downloads: Shares,
    /// Attachments that may still come at a time.
    uploads: Arc<Semaphore>,
    /// The same by organisation.
    uploads_by: Arc<Places>,
    /// Refused bodies that may still be read on at a time.
    drains: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

type Node = State<Arc<Shared>>;

/// Serves the interface until `stop` turns true.
pub async fn serve(
    parts: RpcParts,
    listener: TcpListener,
    stop: watch::Receiver<bool>,
) -> io::Result<()> {
    let waiters = Arc::new(Waiters::default());
    let listening = waiters.clone().listen(parts.chain.clone(), parts.commits.subscribe());
    let listening = tokio::spawn(listening);
    let limits = parts.limits;
    let places = |count| Arc::new(Semaphore::new(count));
    let shared = Shared {
        parts,
        waiters,
        streams: Shares::new(limits::STREAMS_MAX, limits.share_per_client_percent),
        submitting: places(limits.submitting_max),
        bodies: places(limits.body_bytes_max),
        downloads: Shares::new(limits::DOWNLOADING_MAX, limits.share_per_client_percent),
        uploads: places(limits::UPLOADING_MAX),
        uploads_by: Places::new(limits::WAITING_MAX, limits::UPLOADING_ORGANIZATION_MAX),
        drains: places(limits::DRAINING_MAX),
        stop: stop.clone(),
    };
    let (router, _) = routes(Arc::new(shared));
    let limits = minglian_listener::Limits {
        connections_per_client_max: limits.connections_per_client_max,
        write_patience: limits.write_patience,
    };
    let served = minglian_listener::run(listener, router, limits, stop).await;
    listening.abort();
    served
}

/// Every route, and their description.
fn routes(shared: Arc<Shared>) -> (Router, OpenApi) {
    let answers = Arc::new(Semaphore::new(shared.parts.limits.answer_bytes_max));
    let within = |limits: Limits| middleware::from_fn_with_state(limits, limits::apply);
    let share = shared.parts.limits.share_per_client_percent;
    let submitting = OpenApiRouter::new()
        .routes(routes!(submit::submit))
        .layer(within(Limits::waiting(&answers, share)));
    let waiting = OpenApiRouter::new()
        .routes(routes!(transactions::transaction))
        .layer(within(Limits::waiting(&answers, share)));
    let bulk = OpenApiRouter::new()
        .routes(routes!(proposals::proposals))
        .routes(routes!(reports::report))
        .routes(routes!(chain::blocks))
        .routes(routes!(chain::block))
        .routes(routes!(log::tile))
        .routes(routes!(batches::batches))
        .routes(routes!(batches::chunk))
        .layer(within(Limits::bulk(&answers)));
    let uploading = OpenApiRouter::new()
        .routes(routes!(attachments::upload))
        .merge(handing_over())
        .layer(within(Limits::uploading(&answers, share)));
    let reading = OpenApiRouter::new()
        .routes(routes!(attachments::attachments))
        .routes(routes!(attachments::attachment))
        .routes(routes!(openings::deposit, openings::published))
        .routes(routes!(openings::opening))
        .routes(routes!(openings::openings_of))
        .merge(subsidies())
        .routes(routes!(transactions::receipt))
        .routes(routes!(records::record))
        .routes(routes!(records::record_evidence))
        .merge(money())
        .routes(routes!(organizations::organizations))
        .routes(routes!(organizations::organization))
        .routes(routes!(organizations::projects))
        .routes(routes!(proposals::proposal))
        .routes(routes!(proposals::end))
        .routes(routes!(rules::parameters))
        .routes(routes!(rules::parameter))
        .routes(routes!(rules::holidays))
        .routes(routes!(allocations::allocations))
        .routes(routes!(allocations::allocation))
        .merge(society())
        .merge(enrolments())
        .routes(routes!(chain::header))
        .routes(routes!(chain::consistency))
        .routes(routes!(chain::tips))
        .routes(routes!(chain::validators))
        .routes(routes!(chain::genesis))
        .routes(routes!(status::peers))
        .routes(routes!(status::health))
        .routes(routes!(status::metrics))
        .routes(routes!(log::checkpoint))
        .routes(routes!(log::policy))
        .layer(within(Limits::reading(&answers)));
    let all = OpenApiRouter::new().merge(submitting).merge(waiting).merge(bulk);
    let all = all.merge(uploading).merge(reading);
    let (router, mut description) = all.with_state(shared).split_for_parts();
    description.info.title = "Minglian node".to_owned();
    description.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let document = description.clone();
    let router = router
        .route("/v1/openapi.json", axum::routing::get(async move || axum::Json(document)))
        .fallback(absent)
        .method_not_allowed_fallback(not_allowed);
    (router, description)
}

/// Routes about who looked into what, and what must be published.
fn society() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(oversight::complaints))
        .routes(routes!(oversight::complaint))
        .routes(routes!(oversight::audits))
        .routes(routes!(oversight::audit))
        .routes(routes!(oversight::samples))
        .routes(routes!(oversight::sample))
        .routes(routes!(disclosures::obligations))
        .routes(routes!(disclosures::disclosures))
        .routes(routes!(disclosures::disclosure))
}

/// Routes by which a county hands over what stays off the ledger of a batch.
fn handing_over() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(custody::begin))
        .routes(routes!(custody::put))
        .routes(routes!(batches::put_chunk_list))
        .routes(routes!(batches::put_chunk))
}

/// Routes about private subsidies.
fn subsidies() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(programmes::programme))
        .routes(routes!(programmes::enrolment_list))
        .routes(routes!(batches::batch))
        .routes(routes!(batches::missing))
        .routes(routes!(batches::chunk_list))
}

/// Routes about keys that nobody holds.
fn enrolments() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(enrolment::threshold_keys))
        .routes(routes!(enrolment::key_evidence))
        .routes(routes!(enrolment::evaluation))
}

/// Routes about where money is and was.
fn money() -> OpenApiRouter<Arc<Shared>> {
    OpenApiRouter::new()
        .routes(routes!(accounts::accounts))
        .routes(routes!(accounts::account))
        .routes(routes!(accounts::account_evidence))
        .routes(routes!(trace::trace))
        .routes(routes!(gifts::gift_trace))
        .routes(routes!(charities::quarter_evidence))
}

async fn absent(uri: Uri) -> Refusal {
    Refusal::absent(uri.path())
}

async fn not_allowed(uri: Uri) -> Refusal {
    Refusal::new(Kind::MethodNotAllowed, uri.path())
}

impl Shared {
    fn chain(&self) -> &Chain {
        &self.parts.chain
    }

    fn store(&self) -> &Store {
        self.parts.chain.store()
    }
}

/// Reads from the store on a thread that may block. The request keeps its place until that ends.
async fn reading<T: Send + 'static>(
    shared: Arc<Shared>,
    read: impl FnOnce(&Shared) -> Result<T, Refusal> + Send + 'static,
) -> Result<T, Refusal> {
    let place = limits::place();
    let work = move || {
        let _place = place;
        read(&shared)
    };
    tokio::task::spawn_blocking(work).await.map_err(Refusal::internal)?
}
