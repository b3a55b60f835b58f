//! The command line.

mod proxy;
mod window;

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use clap::Parser;
use data_encoding::HEXLOWER;
use minglian_client::Client;
use minglian_explorer::alarm::AlarmFile;
use minglian_explorer::data::manifest::ServiceKey;
use minglian_explorer::data::manifest::kept::{self, Bounds, Manifests};
use minglian_explorer::database::place::Place;
use minglian_explorer::follower::watch::Pace;
use minglian_explorer::follower::{self, Follower};
use minglian_explorer::index::{self, Reader, Writer};
use minglian_explorer::source::Source;
use minglian_explorer::status::Status;
use minglian_explorer::text;
use minglian_explorer::text::keeper::Keeper;
use minglian_explorer::web::{self, App};
use minglian_ledger::genesis::{GENESIS_BYTES_MAX, Genesis};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// A name that never resolves (RFC 2606).
const NO_NODE: &str = "http://node.invalid";

/// With what the names of files begin that lie beside no file of an index.
const BESIDE_SERVER: &str = "minglian-explorer";

/// Shows a Minglian ledger to the public: follows a node, verifies every block, serves pages.
/// 明链浏览器: 跟随节点,逐块核验,展示账目。
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// A node to follow, such as http://127.0.0.1:28000; repeated, the next is taken when one is
    /// dead or lags, and the signed head of the log comes from the first
    #[arg(long)]
    node: Vec<String>,
    /// A directory of blocks to follow, as `minglian audit export` writes it and a one-way gateway
    /// carries it; may be repeated and stand beside nodes
    #[arg(long)]
    directory: Vec<PathBuf>,
    /// After how many seconds without a block the chain counts as standing still; 0 for never. An
    /// idle network makes a block every ten minutes
    #[arg(long, default_value_t = 1_800)]
    stale_after_seconds: u64,
    /// The genesis file that you trust
    #[arg(long, required_unless_present = "new_service_key")]
    genesis: Option<PathBuf>,
    /// Where to serve the pages; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:28080")]
    listen: SocketAddr,
    /// The index, built from what was verified: a file, or a PostgreSQL database such as
    /// postgres://explorer@host/minglian. It may be deleted at any time, and so may the directory
    /// beside it that ends with .text. The one that ends with .manifests keeps what was said of
    /// downloads and cannot be built anew
    #[arg(long, default_value = "minglian-explorer.sqlite")]
    index: Place,
    /// Reads the index that another explorer writes on PostgreSQL, and compares it with what it
    /// verifies itself
    #[arg(long)]
    read_only: bool,
    /// Where the files beside the index lie and how their names begin, if not as the index's; with
    /// PostgreSQL minglian-explorer in the working directory
    #[arg(long)]
    beside: Option<PathBuf>,
    /// The directory that keeps the verified ledger, so that a restart goes on where it stood;
    /// beside the index, ending with .ledger, if left out. Without it, or with an index from
    /// elsewhere, everything is verified from the genesis again
    #[arg(long)]
    ledger: Option<PathBuf>,
    /// The node's address in links to evidence, if readers reach it under another
    #[arg(long)]
    public_node: Option<String>,
    /// Under which address readers reach this site, such as https://ledger.example; it stands on
    /// printed pages. The host that a reader asked, if left out
    #[arg(long)]
    public_url: Option<String>,
    /// Signs the manifests of downloads with the key in this file; without it they are unsigned
    #[arg(long)]
    service_key: Option<PathBuf>,
    /// Writes a copy of the index to this file, says its height and SHA-256, and ends
    #[arg(long)]
    snapshot: Option<PathBuf>,
    /// Writes a new service key to this file and ends
    #[arg(long)]
    new_service_key: Option<PathBuf>,
    /// Who stands in front
    #[command(flatten)]
    proxy: proxy::ProxyOptions,
    /// Who relays complaints
    #[command(flatten)]
    window: window::WindowOptions,
}

/// Runs the explorer until it is interrupted.
pub fn run() -> anyhow::Result<()> {
    let options = Options::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    if let Some(path) = &options.new_service_key {
        return ServiceKey::create(path)
            .with_context(|| format!("the service key {}", path.display()));
    }
    if let Some(copy) = &options.snapshot {
        return copy_index(&options.index, copy);
    }
    let Some(genesis) = &options.genesis else { bail!("--genesis is needed") };
    let genesis = read_genesis(genesis)?;
    let clients =
        options.node.iter().map(|node| Client::new(node)).collect::<Result<Vec<_>, _>>()?;
    let directories = options.directory.iter().map(|path| Source::directory(path));
    let sources: Vec<Source> =
        clients.iter().cloned().map(Source::node).chain(directories).collect();
    if sources.is_empty() {
        bail!("--node or --directory is needed");
    }
    let writer = open_writer(&options, &genesis)?;
    let beside = beside(&options);
    let status = Status::default();
    // Without a node nobody is asked: this name is none.
    let has_node = !clients.is_empty();
    let node = options.public_node.clone();
    let node = node.or_else(|| clients.first().map(|client| client.base_url().to_owned()));
    let client = clients.into_iter().next().map_or_else(|| Client::new(NO_NODE), Ok)?;
    let reader = Reader::new(&options.index);
    let keeper = Keeper::new(&text::directory(&beside), reader.clone());
    let relay = client.clone();
    let app = App::new(&genesis, reader, status.clone(), client, node.as_deref());
    app.search_in(keeper.index());
    if let Some(path) = &options.service_key {
        let key = ServiceKey::read(path, &genesis.origin())
            .with_context(|| format!("the service key {}", path.display()))?;
        app.sign_with(key);
    }
    let manifests = kept::directory(&beside);
    let kept = Manifests::open(&manifests, Bounds::default())
        .with_context(|| format!("the manifests {}", manifests.display()))?;
    app.keep_manifests(kept);
    if let Some(url) = &options.public_url {
        app.reached_at(url);
    }
    app.behind(options.proxy.proxies());
    if let Some(window) = options.window.open(relay, &beside)? {
        app.open_window(window);
    }
    let follower = open_follower(&options, genesis, writer)?;
    app.prove_from(&follower.verified());
    if !has_node {
        app.follow_no_node();
    }
    let limit = Duration::from_secs(options.stale_after_seconds);
    let stale_after = Some(limit).filter(|limit| !limit.is_zero());
    let pace = Pace { stale_after, ..Pace::default() };
    // Verifying keeps a thread busy, so the follower has one of its own.
    std::thread::Builder::new()
        .name("follower".to_owned())
        .spawn(move || follow(follower, sources, status, pace))?;
    // Searches stay behind rather than hold up following.
    std::thread::Builder::new().name("text".to_owned()).spawn(move || keeper.run())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(options.listen, app))
}

/// Opens the index: to write it, or only to compare it with what is followed.
fn open_writer(options: &Options, genesis: &Genesis) -> anyhow::Result<Writer> {
    let writer = match (options.read_only, &options.index) {
        // Nothing in a file says whether who writes it still hears of orders to erase names.
        (true, Place::File(_)) => bail!("--read-only is of an index on PostgreSQL"),
        (true, place) => Writer::watch(place, &genesis.hash()),
        (false, place) => Writer::open(place, &genesis.hash()),
    };
    writer.with_context(|| format!("the index {}", options.index))
}

/// Opens the ledger that is kept, and the alarm that stands, beside the index.
fn open_follower(options: &Options, genesis: Genesis, writer: Writer) -> anyhow::Result<Follower> {
    let beside = beside(options);
    let ledger = options.ledger.clone().unwrap_or_else(|| follower::kept::directory(&beside));
    Ok(Follower::open(genesis, writer, &ledger)?.alarmed_by(AlarmFile::beside(&beside))?)
}

fn follow(follower: Follower, sources: Vec<Source>, status: Status, pace: Pace) {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(follower.follow(sources, status, pace)),
        Err(error) => tracing::error!(%error, "the follower does not start"),
    }
}

async fn serve(listen: SocketAddr, app: App) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(listen)
        .await
        .with_context(|| format!("listening on {listen}"))?;
    let address = listener.local_addr()?;
    println!("http://{address}/");
    tracing::info!(%address, "serving");
    let (stopping, stop) = watch::channel(false);
    tokio::spawn(async move {
        match tokio::signal::ctrl_c().await {
            // Whoever listens has ended if nobody hears it.
            Ok(()) => drop(stopping.send(true)),
            Err(error) => {
                tracing::warn!(%error, "no signals: the explorer ends only by force");
                std::future::pending::<()>().await;
            }
        }
    });
    if let Some(window) = app.window() {
        tokio::spawn(Arc::clone(window).attend());
    }
    web::serve(listener, app, stop).await?;
    Ok(())
}

/// With what the names of the files beside the index begin.
fn beside(options: &Options) -> PathBuf {
    match (&options.beside, &options.index) {
        (Some(path), _) | (None, Place::File(path)) => path.clone(),
        (None, Place::Server(_)) => PathBuf::from(BESIDE_SERVER),
    }
}

fn copy_index(index: &Place, copy: &Path) -> anyhow::Result<()> {
    let head =
        index::snapshot(index, copy).with_context(|| format!("copying the index {index}"))?;
    let mut hasher = Sha256::new();
    let mut file = File::open(copy).with_context(|| format!("the copy {}", copy.display()))?;
    std::io::copy(&mut file, &mut hasher)?;
    println!("height {} log root {}", head.height, head.log_root);
    println!("{}  {}", HEXLOWER.encode(&hasher.finalize()), copy.display());
    Ok(())
}

fn read_genesis(path: &Path) -> anyhow::Result<Genesis> {
    let bytes =
        std::fs::read(path).with_context(|| format!("the genesis file {}", path.display()))?;
    if bytes.len() > GENESIS_BYTES_MAX {
        bail!("the genesis file {} is larger than {GENESIS_BYTES_MAX} bytes", path.display());
    }
    let genesis: Genesis = serde_json::from_slice(&bytes)
        .with_context(|| format!("the genesis file {}", path.display()))?;
    genesis.check()?;
    Ok(genesis)
}
