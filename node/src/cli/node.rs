//! `minglian node`: creating, running and backing up a node.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::chain::Chain;
use crate::config::Config;
use crate::{genesis_file, node};

/// What is logged unless `RUST_LOG` says otherwise: this program's own steps, and what goes
/// wrong in the engine and its network.
const DEFAULT_LOG: &str = "warn,minglian_node=info,arc_malachitebft_discovery=error,\
    arc_malachitebft_network=error,libp2p=error";

/// What to do with a node.
#[derive(Debug, Subcommand)]
pub enum NodeCommand {
    /// Create the database and the signer's mark of a new node
    Init {
        /// The node's configuration (TOML)
        #[arg(long)]
        config: PathBuf,
    },
    /// Run the node until SIGINT or SIGTERM
    Run {
        /// The node's configuration (TOML)
        #[arg(long)]
        config: PathBuf,
    },
    /// Copy the ledger of a stopped node into a new directory. Signing marks are left out: a
    /// restored validator returns with a new key
    Backup {
        /// The node's configuration (TOML)
        #[arg(long)]
        config: PathBuf,
        /// The directory to create
        #[arg(long)]
        out: PathBuf,
    },
}

/// Runs the command.
pub fn run(command: NodeCommand) -> anyhow::Result<()> {
    match command {
        NodeCommand::Init { config } => {
            let config = Config::read(&config)?;
            let genesis = node::init(&config)?;
            println!("created {} of chain {}", config.name, genesis.chain_id()?);
            Ok(())
        }
        NodeCommand::Run { config } => run_node(Config::read(&config)?),
        NodeCommand::Backup { config, out } => {
            let config = Config::read(&config)?;
            let chain = Chain::open(&config.ledger_path(), genesis_file::read(&config.genesis)?)?;
            chain.store().backup(&out)?;
            println!("copied height {} to {}", chain.head().header.height, out.display());
            Ok(())
        }
    }
}

fn run_node(config: Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let passphrase = super::passphrase(config.keys.passphrase_file.as_deref())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async move {
        let (stop, stopped) = watch::channel(false);
        let mut interrupt = signal(SignalKind::interrupt()).context("waiting for SIGINT")?;
        let mut terminate = signal(SignalKind::terminate()).context("waiting for SIGTERM")?;
        tokio::spawn(async move {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            tracing::info!("stopping");
            stop.send_replace(true);
        });
        node::run(config, passphrase, stopped).await?;
        anyhow::Ok(())
    })
}
