//! The command line: one module a subcommand.

pub mod audit;
pub mod deposit;
pub mod gift;
pub mod import;
pub mod key;
pub mod node;
pub mod rules;
pub mod report;
pub mod subsidy;
pub mod tx;

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use minglian_client::key_file::passphrase::{Passphrase, Source};

/// 明链 Minglian: a ledger for civil-affairs welfare money.
#[derive(Debug, Parser)]
#[command(
    version,
    about,
    long_about = "\
明链 Minglian: a ledger for civil-affairs (民政) welfare money.\n\n\
An operator runs a node (`minglian node`), a clerk signs acts (`minglian tx`), and\n\
everybody's keys are made by `minglian key`. Every command explains itself with --help."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Create, run and back up a node 节点
    #[command(subcommand)]
    Node(node::NodeCommand),
    /// Make and show keys 密钥
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Enter and approve acts 办理业务:预览、签署、提交、审批
    #[command(subcommand, after_help = tx::HELP)]
    Tx(tx::TxCommand),
    /// Hand over attachments, and texts behind commitments 附件与原文
    #[command(subcommand)]
    Deposit(deposit::DepositCommand),
    /// Follow a gift from the code on its receipt 捐赠查询
    #[command(subcommand)]
    Gift(gift::GiftCommand),
    /// Enter published notices 导入公告
    Import(import::ImportArguments),
    /// Show the figures of law that a chain can start with 规则参数
    Rules(rules::RulesArguments),
    /// Print a report as JSON or CSV 报表
    Report(report::ReportArguments),
    /// Take and check the whole ledger 导出与核验
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// A county's private subsidies, on its own machine 补贴:名册、登记、批次、代发、回执
    #[command(subcommand, after_help = subsidy::HELP)]
    Subsidy(subsidy::SubsidyCommand),
}

/// The status with which a command ends that cannot say whether the ledger takes its act
/// (`EX_TEMPFAIL`): the same command, or `minglian tx resend`, asks again.
pub const UNCONFIRMED: u8 = 75;

/// An act was signed and sent, and no block holds it yet. Not an error: it must not be entered
/// again under another reference.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unconfirmed(String);

impl Unconfirmed {
    /// In these words.
    pub fn new(said: impl Into<String>) -> Self {
        Self(said.into())
    }
}

/// Where the passphrase of a key file comes from: a file, or the terminal.
pub fn passphrase_source(file: Option<&Path>) -> Source {
    file.map_or(Source::Prompt, |path| Source::File(path.to_owned()))
}

/// The passphrase of an existing key file.
pub fn passphrase(file: Option<&Path>) -> anyhow::Result<Passphrase> {
    Ok(passphrase_source(file).passphrase()?)
}

/// What was made of a database, or that its node must be stopped first: the database's own words
/// for it speak of a lock file.
fn of_stopped_node<T, E>(directory: &Path, opened: Result<T, E>) -> anyhow::Result<T>
where
    E: std::error::Error + Send + Sync + 'static,
{
    opened.map_err(|error| {
        if !error.to_string().contains("lock file") {
            return error.into();
        }
        let path = directory.display();
        anyhow::anyhow!(
            "{path} is in use: its node is running. Stop the node first, then try again"
        )
    })
}

/// Options that name a key file.
#[derive(Debug, clap::Args)]
pub struct KeyOptions {
    /// The key file of the officer who signs
    #[arg(long)]
    pub key: PathBuf,
    /// File with the key file's passphrase; asked for when left out
    #[arg(long)]
    pub passphrase_file: Option<PathBuf>,
}
