//! The demonstration, checked and audited, without anybody watching: one line of JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::Serialize;
use serde_json::Value;

use crate::check::{self, CheckReport};
use crate::demo::{self, Programs};
use crate::totals::{Notice, Sums};
use crate::{ports, program, verifier};

/// What a smoke test found.
#[derive(Debug, Serialize)]
pub struct SmokeReport {
    /// The sources.
    pub commit: Option<String>,
    /// What was imported, by notice and fund source, in fen.
    pub notices: BTreeMap<String, BTreeMap<String, Sums>>,
    /// What the check of the running network found.
    pub check: CheckReport,
    /// What the audit of the export found.
    pub audit: Value,
    /// How the explorer's home page answered.
    pub explorer: String,
}

/// Runs the demonstration in a temporary directory, checks and audits it, stops it.
pub async fn run(programs: &Programs, files: &[PathBuf]) -> anyhow::Result<SmokeReport> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("network");
    let demonstration = demo::start(programs, &path, files, ports::free()?).await?;
    let cluster = &demonstration.cluster;
    eprintln!("checking …");
    let check = check::run(cluster).await?;
    agree(&demonstration.notices, &check)?;
    verifier::check(cluster, demonstration.explorer).await?;
    eprintln!("auditing …");
    let export = directory.path().join("export");
    let mut command = Command::new(&programs.minglian);
    command.args(["audit", "export", "--from"]).arg(cluster.url(0)?).arg("--out").arg(&export);
    program::output(&mut command)?;
    let mut command = Command::new(&programs.minglian);
    command.args(["audit", "verify"]).arg(&export);
    command.arg("--genesis").arg(cluster.directory().genesis());
    let verified = program::output(&mut command)?;
    let audit: Value = serde_json::from_str(&verified).context("what the audit printed")?;
    ensure!(audit["verified"] == true, "the audit does not verify: {audit}");
    ensure!(
        audit["origins_fen"] == check.origins_fen.as_str(),
        "the audit counts {}, the check {} fen",
        audit["origins_fen"],
        check.origins_fen
    );
    let notices = demonstration.notices.iter();
    Ok(SmokeReport {
        commit: crate::measure::commit(),
        notices: notices.map(|notice| (notice.dataset.clone(), notice.funds.clone())).collect(),
        check,
        audit,
        explorer: demo::status(demonstration.explorer, "/").await?,
    })
}

/// What the import says it entered is what the executed ledger holds, to the fen.
fn agree(notices: &[Notice], check: &CheckReport) -> anyhow::Result<()> {
    let mut came_in: u128 = 0;
    for notice in notices {
        let Notice { dataset, refused, disagreements, .. } = notice;
        ensure!(refused.is_empty(), "{dataset}: refused {refused:?}");
        ensure!(disagreements.is_empty(), "{dataset}: printed totals disagree: {disagreements:?}");
        came_in += u128::from(notice.came_in()?.get());
    }
    ensure!(
        came_in.to_string() == check.origins_fen,
        "the import entered {came_in} fen, the ledger holds {}",
        check.origins_fen
    );
    Ok(())
}
