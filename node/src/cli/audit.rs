//! `minglian audit`: take the whole ledger, check it, check one bundle of evidence.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use minglian_client::Client;
use minglian_ledger::block::Header;
use minglian_ledger::evidence::{EVIDENCE_BYTES_MAX, Evidence, Proven, Trust};
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::Height;
use serde::Deserialize;
use serde_json::json;

use crate::audit::verify::Verified;
use crate::audit::{MANIFEST, database, export, proven, verify};
use crate::genesis_file;

/// What the audit of a database costs and means.
const DATABASE_HELP: &str = "\
Stop the node first. Every block is executed again, so this takes as long as catching up.
Two copies with the same \"content\" hold the same bytes in every entry; certificates differ
between nodes, so \"content\" does too.";

/// What to check.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Take every block of a node into a directory 导出全部账本
    Export {
        /// A node, such as http://127.0.0.1:26800
        #[arg(long)]
        from: String,
        /// The directory to create
        #[arg(long)]
        out: PathBuf,
    },
    /// Check an export without a network: bytes, log, certificates, signatures, execution, state,
    /// and that the book balances 离线核验
    Verify {
        /// The export
        directory: PathBuf,
        /// The genesis file that you trust
        #[arg(long)]
        genesis: PathBuf,
    },
    /// Check the database of a stopped node, or a backup: everything the node would serve is
    /// compared with what the blocks make of it; prints the first height, column and key that is
    /// wrong 核验数据库
    #[command(after_help = DATABASE_HELP)]
    Database {
        /// The ledger: `ledger` in a node's data directory, or what `node backup` wrote
        directory: PathBuf,
        /// The genesis file that you trust
        #[arg(long)]
        genesis: PathBuf,
    },
    /// Check one bundle of evidence (JSON or binary), and say what it proves 核验一份证据
    VerifyEvidence {
        /// The bundle; an explorer's record page and `/v1/records/{index}/evidence` give it
        file: PathBuf,
        /// The genesis file that you trust
        #[arg(long)]
        genesis: PathBuf,
        /// Print what is proven as JSON, complete
        #[arg(long)]
        json: bool,
    },
    /// Print the hash and the chain of a genesis file: compare them by telephone with another
    /// bureau's 创世文件哈希
    Genesis {
        /// The genesis file
        file: PathBuf,
    },
}

/// Runs the command.
pub fn run(command: AuditCommand) -> anyhow::Result<()> {
    match command {
        AuditCommand::Export { from, out } => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let client = Client::new(&from)?;
            let progress = progress("blocks exported");
            let exported = runtime.block_on(export::export(&client, &out, &progress))?;
            progress.finish_and_clear();
            println!("{}", json!({ "height": exported.height, "files": exported.files }));
            Ok(())
        }
        AuditCommand::Verify { directory, genesis } => {
            let genesis = genesis_file::read(&genesis)?;
            if let Some(chain) = verify::chain_hint(&directory) {
                is_of_chain(&genesis, &chain, &format!("{MANIFEST} of the export"))?;
            }
            let progress = progress("blocks verified");
            progress.set_length(verify::height_hint(&directory).unwrap_or_default().0);
            let verified = verify::verify(&directory, &genesis, &progress)?;
            progress.finish_and_clear();
            println!("{}", summary(&verified));
            Ok(())
        }
        AuditCommand::Database { directory, genesis } => {
            let genesis = genesis_file::read(&genesis)?;
            let progress = progress("blocks verified");
            let audited = database::database(&directory, &genesis, &progress);
            let (verified, audited) = super::of_stopped_node(&directory, audited)?;
            progress.finish_and_clear();
            let mut summary = summary(&verified);
            summary["entries"] = json!(audited.entries);
            summary["content"] = json!(audited.content.to_string());
            println!("{summary}");
            Ok(())
        }
        AuditCommand::Genesis { file } => {
            let genesis = genesis_file::read(&file)?;
            let (chain_id, hash) = (genesis.chain_id()?, genesis.hash());
            println!("{}", json!({ "chain_id": chain_id, "genesis_hash": hash }));
            Ok(())
        }
        AuditCommand::VerifyEvidence { file, genesis, json } => {
            let genesis = genesis_file::read(&genesis)?;
            let trust = Trust {
                chain_id: genesis.chain_id()?,
                height: Height::GENESIS,
                validators: genesis.validators.clone(),
            };
            let bytes =
                std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
            let evidence = read_evidence(&bytes)?;
            is_of_chain(&genesis, &evidence.header.chain_id.to_string(), "the evidence")?;
            let proven = evidence.verify(&trust)?;
            if json {
                println!("{}", serde_json::to_string_pretty(&describe(&proven))?);
            } else {
                let Header { chain_id, height, .. } = &evidence.header;
                println!("核验通过 verified: chain {chain_id}, certified up to height {height}");
                println!("{}", proven::said(&proven));
            }
            Ok(())
        }
    }
}

/// Refuses a genesis file that is another chain's than what is checked with it.
fn is_of_chain(genesis: &Genesis, chain: &str, what: &str) -> anyhow::Result<()> {
    let given = genesis.chain_id()?.to_string();
    anyhow::ensure!(
        given == chain,
        "the genesis file is another chain's: it starts {given} (genesis hash {}), {what} is of \
         {chain}. Give the genesis file of {chain}, and compare its hash, which `minglian audit \
         genesis FILE` prints, with a bureau's",
        genesis.hash()
    );
    Ok(())
}

fn summary(verified: &Verified) -> serde_json::Value {
    let Verified { header, transactions, refused, totals } = verified;
    json!({
        "verified": true,
        "chain_id": header.chain_id,
        "height": header.height,
        "log_size": header.log_size,
        "log_root": header.log_root,
        "state_root": header.state_root,
        "transactions": transactions,
        "refused": refused,
        "accounts": totals.accounts,
        "movements": totals.movements,
        "origins_fen": totals.origins_fen.to_string(),
    })
}

/// An explorer's bundle for its offline verifier. The genesis in it is not believed.
#[derive(Deserialize)]
struct ExplorersBundle {
    evidence: String,
}

/// A node's evidence, in bytes or in JSON, or an explorer's bundle.
fn read_evidence(bytes: &[u8]) -> anyhow::Result<Evidence> {
    if bytes.first() != Some(&b'{') {
        return Ok(Evidence::decode(bytes)?);
    }
    anyhow::ensure!(bytes.len() <= 8 * EVIDENCE_BYTES_MAX, "the bundle is too large");
    let known = serde_json::from_slice::<ExplorersBundle>(bytes).map(|bundle| bundle.evidence);
    let evidence = known.as_ref().map_or(bytes, |evidence| evidence.as_bytes());
    serde_json::from_slice(evidence).context(
        "the bundle does not read: give what a node's /v1/records/N/evidence answers, or an \
         explorer's 下载证据包",
    )
}

fn describe(proven: &Proven) -> serde_json::Value {
    match proven {
        Proven::Leaf(index, leaf) => json!({ "proven": "leaf", "index": index, "leaf": leaf }),
        Proven::State(key, value) => json!({
            "proven": if value.is_some() { "state entry" } else { "absence of a state entry" },
            "key": data_encoding::HEXLOWER.encode(key),
            "value": value.as_ref().map(|value| data_encoding::HEXLOWER.encode(value)),
        }),
    }
}

fn progress(unit: &str) -> ProgressBar {
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}}/{{len}} {unit} {{eta}}"));
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
