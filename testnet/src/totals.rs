//! Importing the published tables, and what they came to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use minglian_ledger::fen::Fen;
use serde::{Deserialize, Serialize};

use crate::cluster::Cluster;

/// The tables of the demonstration.
pub const TABLES: [&str; 3] =
    ["luxian_2020.csv", "panzhihua_2022_by_county.csv", "guanyun_2024_execution.csv"];

/// What one fund source of a notice came to, in fen, as the import says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Received by the notice.
    pub received: Fen,
    /// Implied by the notice: it prints no receipt.
    pub implied: Fen,
    /// Allocated or issued.
    pub allocated: Fen,
    /// Spent.
    pub spent: Fen,
    /// Carried forward.
    pub carried: Fen,
}

/// What one notice came to, as the import says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// The notice.
    pub dataset: String,
    /// Acts that were entered.
    pub entered: usize,
    /// Acts that were there before.
    pub unchanged: usize,
    /// Rows and acts that were refused.
    pub refused: Vec<String>,
    /// By fund source.
    pub funds: BTreeMap<String, Sums>,
    /// Printed totals that disagree with the rows.
    pub disagreements: Vec<String>,
}

impl Notice {
    /// All that came in, received or implied.
    pub fn came_in(&self) -> anyhow::Result<Fen> {
        let amounts = self.funds.values().flat_map(|sums| [sums.received, sums.implied]);
        Fen::sum(amounts).context("the sum is out of range")
    }
}

/// The directory of the published tables: as given, or of this checkout.
pub fn tables(given: Option<&Path>) -> anyhow::Result<Vec<PathBuf>> {
    let directory = given.unwrap_or(Path::new("testnet/data"));
    let files: Vec<PathBuf> = TABLES.iter().map(|table| directory.join(table)).collect();
    for file in &files {
        ensure!(
            file.is_file(),
            "there is no table {}: run this in the checkout, or name --data",
            file.display()
        );
    }
    Ok(files)
}

/// Imports tables at the first running node with `minglian import`.
pub fn import(
    minglian: &Path,
    cluster: &Cluster,
    files: &[PathBuf],
) -> anyhow::Result<Vec<Notice>> {
    let node = *cluster.running().first().context("no node runs")?;
    let mut command = Command::new(minglian);
    command.args(["import", "--json", "--url"]).arg(cluster.url(node)?);
    command.arg("--officers").arg(cluster.directory().officers()).args(files);
    // Its progress bar and its complaints are for whoever watches.
    let output = command.stderr(Stdio::inherit()).output().context("starting minglian import")?;
    let printed = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "minglian import failed ({}): {printed}", output.status);
    let notices: Vec<Notice> =
        serde_json::from_str(&printed).context("the import's JSON does not read")?;
    ensure!(notices.len() == files.len(), "{} notices of {} files", notices.len(), files.len());
    Ok(notices)
}
