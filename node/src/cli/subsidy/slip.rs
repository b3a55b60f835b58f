//! `minglian subsidy slip` and `receipt`.

use std::path::PathBuf;

use clap::Subcommand;
use minglian_client::key_file::private_file;
use minglian_county::bundle::Bundle;
use minglian_county::slip;
use minglian_ledger::subsidy::receipt::Receipt;

use super::VaultOptions;

/// Whose receipt, and where to.
#[derive(Debug, clap::Args)]
pub struct SlipArguments {
    /// The vault
    #[command(flatten)]
    options: VaultOptions,
    /// The batch, or the first 8 digits of it
    #[arg(long)]
    batch: String,
    /// The page to create; print it, then delete it
    #[arg(long)]
    out: PathBuf,
}

/// What to do with a receipt.
#[derive(Debug, Subcommand)]
pub enum ReceiptCommand {
    /// Check a receipt; the identity number is asked for here and sent nowhere
    Check {
        /// The receipt's 85 characters
        text: String,
        /// The batch's directory
        #[arg(long)]
        bundle: PathBuf,
    },
}

/// Runs `slip`.
pub fn run(arguments: &SlipArguments) -> anyhow::Result<()> {
    let vault = arguments.options.open()?;
    let place = vault.roll.batch(&arguments.batch)?;
    let identity = super::ask_identity()?;
    let page = slip::page(&vault.roll, place, &identity)?;
    private_file::create(&arguments.out, page.as_bytes())?;
    println!("written 已生成: print it on A6, hand it over folded, delete the file");
    Ok(())
}

/// Runs `receipt`.
pub fn receipt(command: ReceiptCommand) -> anyhow::Result<()> {
    let ReceiptCommand::Check { text, bundle } = command;
    let receipt = Receipt::parse(&text)?;
    let bundle = Bundle::open(&bundle)?;
    let identity = super::ask_identity()?;
    slip::check(&receipt, &bundle, &identity)?;
    let name = &bundle.sealed.header.name;
    println!(
        "the receipt holds 核验通过: {} 元 for {}",
        super::yuan(receipt.amount.0.into()),
        name.period
    );
    Ok(())
}
