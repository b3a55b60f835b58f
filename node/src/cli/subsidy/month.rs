//! `minglian subsidy month` and `verify`.

use std::path::PathBuf;

use anyhow::Context as _;
use data_encoding::HEXLOWER_PERMISSIVE;
use minglian_county::batch::{self, LedgerTerms};
use minglian_county::bundle::{self, Bundle, verify as verifying};
use minglian_county::month::{self, Plan, lists};
use minglian_ledger::date::Month;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::standards::Standards;
use rand::rngs::OsRng;

use super::VaultOptions;

/// Which month, and what is made of it.
#[derive(Debug, clap::Args)]
pub struct MonthArguments {
    /// The vault
    #[command(flatten)]
    options: VaultOptions,
    /// The programme's number
    #[arg(long)]
    programme: u16,
    /// The month that is paid for
    #[arg(long)]
    period: Month,
    /// The year of the enrolment; the month's year when left out
    #[arg(long)]
    epoch: Option<u16>,
    /// A supplementary batch of what the month's batches left out (补发)
    #[arg(long)]
    supplementary: bool,
    /// Another attempt in the place of a batch that was made and not submitted
    #[arg(long)]
    again: bool,
    /// Only show what the month comes to
    #[arg(long)]
    preview: bool,
    /// What the ledger says, in TOML: chain_id, enrolment_root, escrow_key, lots
    #[arg(long, required_unless_present = "preview")]
    ledger: Option<PathBuf>,
    /// The directory to create
    #[arg(long, required_unless_present = "preview")]
    out: Option<PathBuf>,
    /// A file to create with 新增, 停止, 调整, 补发 and 追缴
    #[arg(long)]
    lists: Option<PathBuf>,
    /// Threads that prove
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

/// What to verify.
#[derive(Debug, clap::Args)]
pub struct VerifyArguments {
    /// The batch's directory
    directory: PathBuf,
    /// The auditors' escrow key as the ledger has it, in hexadecimal: checks each envelope, too
    #[arg(long)]
    escrow: Option<String>,
    /// Threads that verify
    #[arg(long, default_value_t = 2)]
    threads: usize,
}

/// Runs `month`.
pub fn run(arguments: &MonthArguments) -> anyhow::Result<()> {
    let mut vault = arguments.options.open()?;
    let epoch = arguments.epoch.unwrap_or_else(|| arguments.period.year());
    let (programme, period) = (arguments.programme, arguments.period);
    if let Some(path) = &arguments.lists {
        let lists = lists::lists(&vault.roll, programme, period)?;
        super::write_list(path, &lists.to_csv(&vault.roll))?;
    }
    let plan = month::plan(&vault.roll, programme, period, epoch, arguments.supplementary)?;
    show(&plan);
    let (false, Some(terms), Some(out)) = (arguments.preview, &arguments.ledger, &arguments.out)
    else {
        return Ok(());
    };
    anyhow::ensure!(!out.exists(), "{} exists already and is not overwritten", out.display());
    let bytes = crate::import::csv_file::read(terms)?;
    let text = std::str::from_utf8(&bytes).context("the ledger's terms are not UTF-8")?;
    let terms: LedgerTerms = toml::from_str(text).context("the ledger's terms")?;
    // The name is on the disk before anything is derived from it: it is never used twice.
    let place = batch::reserve(&mut vault.roll, &plan, &terms.chain_id, arguments.again)?;
    vault.save(&mut OsRng)?;
    let bar = super::progress_bar(plan.amounts.0.len().saturating_mul(2))?;
    let told = |leaves| bar.inc(u64::try_from(leaves).unwrap_or(0));
    let made = batch::make(&vault.roll, &plan, place, &terms, arguments.threads, &told)?;
    bar.finish_and_clear();
    let manifest = bundle::write(&made, out)?;
    batch::record(&mut vault.roll, place, &made);
    vault.save(&mut OsRng)?;
    println!("batch {} 批次", manifest.batch);
    println!("seal {} 经办、审批签名用", manifest.seal);
    println!(
        "{} handles, {} 元, in {}; verify it, then clerk and approver sign the seal",
        manifest.leaves,
        manifest.total,
        out.display()
    );
    Ok(())
}

/// Numbers of persons are for the clerk's own screen.
fn show(plan: &Plan) {
    println!("{} {} {:?} 仅供本机查看", plan.programme.name, plan.month, plan.kind);
    for count in plan.counts() {
        let each = super::yuan(u64::from(count.standard_fen));
        println!("  {each:>10} 元 × {:>8} = {:>14} 元", count.handles, count.sum.to_string());
    }
    println!("  合计 {} 元, {} handles", plan.total, plan.amounts.0.len());
}

/// Runs `verify`.
pub fn verify(arguments: &VerifyArguments) -> anyhow::Result<()> {
    let escrow = arguments.escrow.as_ref().map(|text| {
        let bytes = HEXLOWER_PERMISSIVE.decode(text.as_bytes()).ok();
        bytes.and_then(|bytes| bytes.try_into().ok()).map(PointBytes)
    });
    let escrow = escrow.map(|key| key.context("an escrow key is 32 bytes in hexadecimal"));
    let escrow = escrow.transpose()?;
    let bundle = Bundle::open(&arguments.directory)?;
    let leaves = usize::try_from(bundle.manifest.leaves).unwrap_or(usize::MAX);
    let bar = super::progress_bar(leaves)?;
    let told = |leaves| bar.inc(u64::try_from(leaves).unwrap_or(0));
    let verified = verifying::verify(&bundle, escrow.as_ref(), arguments.threads, &told)?;
    bar.finish_and_clear();
    let header = &bundle.sealed.header;
    println!("valid 核验通过: batch {}", bundle.manifest.batch);
    println!("  {} {} {:?}", header.name.county, header.name.period, header.name.kind);
    println!("  {} 元 to {} handles", header.total, verified.leaves);
    if let Standards::Table(table) = &bundle.standards {
        let amounts: Vec<String> =
            table.standards().iter().map(|it| super::yuan(u64::from(*it)).to_string()).collect();
        println!("  each one of {} 元: compare with the ledger's standards", amounts.join(", "));
    }
    let escrow = if verified.is_escrow_checked { ", for the escrow key" } else { "" };
    println!("  {} envelopes are their leaves'{escrow}", verified.envelopes);
    Ok(())
}
