//! The command line.

mod window;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail};
use clap::Parser;
use minglian_client::Client;
use minglian_explorer::data::manifest::ServiceKey;
use minglian_explorer::follower::Follower;
use minglian_explorer::index::{Reader, Writer};
use minglian_explorer::status::Status;
use minglian_explorer::web::{self, App};
use minglian_ledger::genesis::{GENESIS_BYTES_MAX, Genesis};
use tracing_subscriber::EnvFilter;

/// Shows a Minglian ledger to the public: follows a node, verifies every block, serves pages.
/// 明链浏览器: 跟随节点,逐块核验,展示账目。
#[derive(Debug, Parser)]
#[command(version)]
struct Options {
    /// The node to follow, such as http://127.0.0.1:28000
    #[arg(long, required_unless_present = "new_service_key")]
    node: Option<String>,
    /// The genesis file that you trust
    #[arg(long, required_unless_present = "new_service_key")]
    genesis: Option<PathBuf>,
    /// Where to serve the pages; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:28080")]
    listen: SocketAddr,
    /// The index, built from what was verified; may be deleted at any time
    #[arg(long, default_value = "minglian-explorer.sqlite")]
    index: PathBuf,
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
    /// Writes a new service key to this file and ends
    #[arg(long)]
    new_service_key: Option<PathBuf>,
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
    let (Some(node), Some(genesis)) = (&options.node, &options.genesis) else {
        bail!("--node and --genesis are needed");
    };
    let genesis = read_genesis(genesis)?;
    let writer = Writer::open(&options.index, &genesis.hash())
        .with_context(|| format!("the index {}", options.index.display()))?;
    let status = Status::default();
    let client = Client::new(node)?;
    let node = options.public_node.as_deref().unwrap_or(node);
    let reader = Reader::new(&options.index);
    let app = App::new(&genesis, reader, status.clone(), client.clone(), node);
    if let Some(path) = &options.service_key {
        let key = ServiceKey::read(path, &genesis.origin())
            .with_context(|| format!("the service key {}", path.display()))?;
        app.sign_with(key);
    }
    if let Some(url) = &options.public_url {
        app.reached_at(url);
    }
    if let Some(window) = options.window.open(client.clone(), &options.index)? {
        app.open_window(window);
    }
    let follower = Follower::new(genesis, writer)?;
    // Verifying keeps a thread busy, so the follower has one of its own.
    std::thread::Builder::new()
        .name("follower".to_owned())
        .spawn(move || follow(follower, client, status))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(serve(options.listen, app))
}

fn follow(follower: Follower, client: Client, status: Status) {
    match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(follower.follow(client, status)),
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
    let interrupted = async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::warn!(%error, "no signals: the explorer ends only by force");
            std::future::pending::<()>().await;
        }
    };
    if let Some(window) = app.window() {
        tokio::spawn(Arc::clone(window).attend());
    }
    let service = web::router(app).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(interrupted).await?;
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
