//! `minglian tx`: signing an act and sending it to a node.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Subcommand;
use minglian_client::Client;
use minglian_client::key_file::{KeyFile, KeyKind};
use minglian_contracts::call::Call;
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::transaction::{ClientReference, Transaction, TransactionBody};

use super::KeyOptions;

/// How many heights a transaction may wait.
const LIFETIME_HEIGHTS: u64 = 1_000;

/// How long to wait for the commit.
const WAIT: Duration = Duration::from_secs(60);

/// What to do with acts.
#[derive(Debug, Subcommand)]
pub enum TxCommand {
    /// Sign a call and send it; prints the receipt as JSON once it is committed
    Submit {
        /// A node, such as http://127.0.0.1:26800
        #[arg(long)]
        url: String,
        /// Who signs
        #[command(flatten)]
        key: KeyOptions,
        /// The organisation that acts (统一社会信用代码)
        #[arg(long)]
        organization: OrganizationCode,
        /// The organisation's own reference, unique for ever: 文号 and line, voucher number …
        #[arg(long)]
        reference: String,
        /// File with the call as JSON (docs/contracts.md shows each)
        #[arg(long)]
        call: PathBuf,
    },
}

/// Runs the command.
pub fn run(command: TxCommand) -> anyhow::Result<()> {
    let TxCommand::Submit { url, key, organization, reference, call } = command;
    let text = std::fs::read(&call).with_context(|| format!("reading {}", call.display()))?;
    let call: Call = serde_json::from_slice(&text).context("the call does not read")?;
    let passphrase = super::passphrase(key.passphrase_file.as_deref())?;
    let signing_key = KeyFile::read(&key.key, KeyKind::Officer, &passphrase)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let client = Client::new(&url)?;
        let latest = client.latest_header().await?;
        let body = TransactionBody {
            chain_id: latest.header.chain_id,
            organization,
            client_reference: ClientReference::new(reference.clone())?,
            expires_at: Height(latest.header.height.0 + LIFETIME_HEIGHTS),
            call: call.encode(),
        };
        let transaction = Transaction::sign(body, &signing_key);
        let receipt = client.submit_and_wait(&[transaction.encode()], WAIT).await?;
        println!("{}", serde_json::to_string_pretty(&receipt)?);
        anyhow::Ok(())
    })
}
