//! `minglian node`: creating, running and backing up a node.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use minglian_contracts::call::Call;
use minglian_contracts::governance::{self, Change};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

use crate::chain::Chain;
use crate::config::Config;
use crate::restore::{self, Restored};
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
    /// restored validator returns with a new key 备份
    Backup {
        /// The node's configuration (TOML)
        #[arg(long)]
        config: PathBuf,
        /// The directory to create
        #[arg(long)]
        out: PathBuf,
    },
    /// Make the data directory of a lost node anew from a backup, for a NEW validator key 恢复
    #[command(after_help = RESTORE_HELP)]
    Restore {
        /// The node's configuration (TOML); it names the new validator key
        #[arg(long)]
        config: PathBuf,
        /// What `node backup` wrote
        #[arg(long)]
        from: PathBuf,
    },
}

/// How a validator comes back.
const RESTORE_HELP: &str = "\
A validator that lost its data directory lost the signer's mark, which keeps it from signing
twice. It returns with a new validator key; the old key never signs again:

  1. minglian key new --kind validator --out keys/validator-2.json
  2. name that file in node.toml: validator = \"keys/validator-2.json\"
  3. move what is left of the data directory away
  4. minglian node restore --config node.toml --from DIR
  5. minglian node run --config node.toml: it catches up, without a vote
  6. governors of more than two thirds of the voting power replace the validator on the
     ledger: the command prints the call; set takes_effect_at to a height some hundred
     ahead and submit it with `minglian tx submit`; the others approve. From that height
     on the node votes.

Without a backup, `minglian node init` with a new key does the same from the first block.";

/// Runs the command.
pub fn run(command: NodeCommand) -> anyhow::Result<()> {
    match command {
        NodeCommand::Init { config } => {
            let config = Config::read(&config)?;
            let passphrase = super::passphrase(config.keys.passphrase_file.as_deref())?;
            let genesis = node::init(&config, &passphrase)?;
            println!("created {} of chain {}", config.name, genesis.chain_id()?);
            Ok(())
        }
        NodeCommand::Run { config } => run_node(Config::read(&config)?),
        NodeCommand::Backup { config, out } => {
            let config = Config::read(&config)?;
            let path = config.ledger_path();
            let opened = Chain::open(&path, genesis_file::read(&config.genesis)?);
            let chain = super::of_stopped_node(&path, opened)?;
            chain.store().backup(&out)?;
            println!("copied height {} to {}", chain.head().header.height, out.display());
            Ok(())
        }
        NodeCommand::Restore { config, from } => {
            print_restored(&restore::restore(&Config::read(&config)?, &from)?)
        }
    }
}

/// Prints what was restored, and the call that puts a new validator key on the ledger.
fn print_restored(restored: &Restored) -> anyhow::Result<()> {
    let mut shown = json!({ "height": restored.height, "chain_id": restored.chain_id });
    if let Some((old, new)) = &restored.replaces {
        // From one height after the backup's on it can only be refused: the governors choose it.
        let takes_effect_at = restored.height.next();
        let change = Change::Replace { old: *old, new: new.clone() };
        let call = governance::Call::ChangeValidators { change, takes_effect_at };
        shown["call"] = serde_json::to_value(Call::Governance(call))?;
    }
    println!("{}", serde_json::to_string_pretty(&shown)?);
    Ok(())
}

fn run_node(config: Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_LOG));
    // A log that goes to a file holds text only.
    let is_terminal = io::stderr().is_terminal();
    let logged = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    logged.with_ansi(is_terminal).init();
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
