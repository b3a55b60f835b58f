//! `minglian subsidy status`: how far a batch is, at a node.

use std::path::PathBuf;

use anyhow::Context as _;
use minglian_client::Client;
use minglian_client::wire::{BatchView, VerdictStatus};
use minglian_contracts::subsidy::verdict::Finding;
use minglian_county::bundle::Bundle;
use minglian_ledger::subsidy::domain::BatchId;
use serde_json::Value;

use crate::cli::tx::block_on;

/// Which batch, and where it is asked for.
#[derive(Debug, clap::Args)]
pub struct StatusArguments {
    /// The batch's directory, or its name in hexadecimal
    batch: PathBuf,
    /// A node, such as http://127.0.0.1:26800; once for each that is asked
    #[arg(long = "url", required = true)]
    urls: Vec<String>,
    /// Print JSON for programs
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(arguments: &StatusArguments) -> anyhow::Result<()> {
    let named = arguments.batch.to_str().and_then(|text| text.parse::<BatchId>().ok());
    let id = match named {
        Some(id) => id,
        None => Bundle::open(&arguments.batch)?.manifest.batch,
    };
    for url in &arguments.urls {
        let view = block_on(async { Ok(Client::new(url)?.batch(&id).await?) });
        let view = view.with_context(|| url.clone())?;
        if arguments.json {
            println!("{}", serde_json::to_string_pretty(&view)?);
        } else {
            println!("{url}: {}", standing(&view.standing));
            println!("{}", progress(&view));
        }
    }
    Ok(())
}

/// What became of a batch.
pub(super) fn standing(standing: &str) -> &'static str {
    match standing {
        "pending" => "等待核验 waits for the verdicts",
        "applied" => "已入账 applied",
        "rejected" => "已否决,资金退回 rejected, the money is back",
        "expired" => "已过期,资金退回 ran out, the money is back",
        _ => "状态未知 of an unknown standing",
    }
}

/// How far the node is, and who found what.
pub(super) fn progress(view: &BatchView) -> String {
    let BatchView { chunks, chunks_had, leaves, leaves_verified, .. } = view;
    let mut lines = vec![format!(
        "  块 chunks {chunks_had}/{chunks}, 已核验 verified {leaves_verified}/{leaves}"
    )];
    if let Some(found) = &view.found {
        lines.push(format!("  本节点 this node: {}; {}", finding(found), verdict(view.verdict)));
    }
    for it in &view.findings {
        lines.push(format!("  {}: {}", it.organization, finding(&it.finding)));
    }
    lines.join("\n")
}

fn verdict(status: VerdictStatus) -> &'static str {
    match status {
        VerdictStatus::None => "无需表决 no verdict to give",
        VerdictStatus::NoKey => "没有表决密钥 it has no key for verdicts",
        VerdictStatus::NotAValidator => "不是验证单位 its organisation runs no validator",
        VerdictStatus::Withheld => "暂不表决:缺少累计或迁移的证明 it withholds its verdict",
        VerdictStatus::Sent => "结论已发出 its verdict is sent",
        VerdictStatus::Counted => "结论已计入 its verdict is counted",
        VerdictStatus::Refused => "结论被拒 its verdict was refused",
    }
}

fn finding(value: &Value) -> String {
    match serde_json::from_value::<Finding>(value.clone()) {
        Ok(Finding::Valid) => "有效 valid".to_owned(),
        Ok(Finding::Invalid { leaf: Some(leaf), check }) => {
            format!("无效 invalid: 第 {leaf} 片叶 leaf {leaf}, {check:?}")
        }
        Ok(Finding::Invalid { leaf: None, check }) => format!("无效 invalid: {check:?}"),
        Err(_) => value.to_string(),
    }
}
