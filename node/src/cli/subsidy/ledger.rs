//! `minglian subsidy ledger`: what `month` must know of the ledger, asked of a node.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use data_encoding::HEXLOWER;
use minglian_client::Client;
use minglian_client::key_file::private_file;
use minglian_county::batch::{LedgerTerms, LotTerms};
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;

use super::lots::{self, OpenLot};
use crate::cli::tx::block_on;

/// Of whom, and for how much.
#[derive(Debug, clap::Args)]
pub struct LedgerArguments {
    /// A node, such as http://127.0.0.1:26800
    #[arg(long)]
    url: String,
    /// The bureau that pays (统一社会信用代码)
    #[arg(long)]
    county: OrganizationCode,
    /// The programme's number
    #[arg(long)]
    programme: u16,
    /// Year of the enrolment
    #[arg(long)]
    epoch: u16,
    /// What the month comes to, in fen: 合计 of `month --preview`. Without it nothing is chosen
    #[arg(long)]
    total_fen: Option<u64>,
    /// Take only these inflows; by default the lowest numbers that suffice
    #[arg(long = "inflow")]
    inflows: Vec<u64>,
    /// The auditors' key in hexadecimal, where the ledger has none of the year yet
    #[arg(long)]
    escrow: Option<String>,
    /// The file to create for `month --ledger`
    #[arg(long, requires = "total_fen")]
    out: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: &LedgerArguments) -> anyhow::Result<()> {
    let LedgerArguments { url, county, programme, epoch, .. } = arguments;
    let (chain_id, list, lots) = block_on(async {
        let client = Client::new(url)?;
        let header = client.latest_header().await?.header;
        let list = client.enrolment_list(*programme, county, *epoch, None).await;
        let list = list.context("the county's enrolment list 名册")?;
        Ok((header.chain_id, list, lots::open_lots(&client, county).await?))
    })?;
    println!("{chain_id}, 区块 height {}", list.height);
    println!("名册 list: {} handles, {}", list.length, list.root);
    for OpenLot { inflow, free, source } in &lots {
        let line = &source.line;
        println!("  inflow {inflow}: {free} 元, {} {} {}", line.fund, line.year, line.line);
    }
    let Some(total) = arguments.total_fen else { return Ok(()) };
    let total = Fen::new(total)?;
    let chosen = choose(&lots, &arguments.inflows, total)?;
    let escrow = match (&list.escrow_key, &arguments.escrow) {
        (Some(known), None) => known.to_string(),
        (Some(known), Some(said)) if known.to_string() == *said => said.clone(),
        (None, Some(said)) => said.clone(),
        (Some(_), Some(_)) => bail!("the ledger has another escrow key of the year 托管密钥不符"),
        (None, None) => bail!(
            "the ledger has no escrow key of {epoch} yet: name one with --escrow \
             账本尚无该年度托管密钥"
        ),
    };
    let terms = LedgerTerms {
        chain_id,
        enrolment_root: HEXLOWER.encode(&list.root.0),
        escrow_key: escrow,
        lots: chosen,
    };
    let text = toml::to_string(&terms)?;
    match &arguments.out {
        Some(path) => {
            private_file::create(path, text.as_bytes())?;
            println!("{} 已写入 written", path.display());
        }
        None => print!("{text}"),
    }
    Ok(())
}

/// Takes `total` out of the lots, the lowest numbers first.
fn choose(lots: &[OpenLot], wanted: &[u64], total: Fen) -> anyhow::Result<Vec<LotTerms>> {
    let mut missing = total;
    let mut chosen = Vec::new();
    let may = |lot: &&OpenLot| wanted.is_empty() || wanted.contains(&lot.inflow);
    for lot in lots.iter().filter(may) {
        let amount = lot.free.min(missing);
        if !amount.is_zero() {
            missing = missing.checked_sub(amount).unwrap_or_default();
            chosen.push(LotTerms { inflow: lot.inflow, amount });
        }
    }
    if !missing.is_zero() {
        bail!("{missing} 元 of {total} 元 are missing in these lines 指标余额不足");
    }
    Ok(chosen)
}
