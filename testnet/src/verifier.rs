//! The offline verifier on the demonstration's ledger: the first bureau states, with the officers'
//! own tool, which file its explorer hands out.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use minglian_client::Client;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::AttachmentHash;
use serde_json::Value;

use crate::cluster::Cluster;
use crate::directory::{self, Directory, OfficerEntry, OfficersIndex};
use crate::program;

/// How long the explorer may take to show what is on the ledger.
const SHOWN_LIMIT: Duration = Duration::from_secs(60);

/// How often its page is asked for while waiting.
const ASK_INTERVAL: Duration = Duration::from_millis(200);

/// What the page says where the newest record names the file that it hands out.
const SAME: &str = "states this very file";

/// Records the file that the explorer hands out. What an earlier run recorded stays as it is.
pub async fn record(
    minglian: &Path,
    cluster: &Cluster,
    explorer: SocketAddr,
) -> anyhow::Result<()> {
    let client = Client::new(&format!("http://{explorer}"))?;
    let file = client.bytes("/verify.html", &[]).await.context("the offline verifier")?;
    let directory = cluster.directory();
    let recorded = directory.offline_verifier();
    if fs::read(&recorded).is_ok_and(|known| known == file) {
        return Ok(());
    }
    let coming = recorded.with_extension("coming.html");
    fs::write(&coming, &file).with_context(|| format!("writing {}", coming.display()))?;
    let index: OfficersIndex = directory::read_json(&directory.officers())?;
    let bureau = cluster.nodes().first().context("a network has nodes")?.validator.organization;
    let officer = |role| {
        let mut officers = index.officers.iter();
        officers.find(|officer| officer.organization == bureau && officer.role == role)
    };
    let maker = officer(Role::Maker).context("no maker's key is at hand")?;
    let checker = officer(Role::Checker).context("no checker's key is at hand")?;
    let url = cluster.url(0)?;
    let mut command = as_officer(minglian, directory, &url, maker, "verifier");
    let said: Value = serde_json::from_str(&program::output(command.arg(&coming))?)?;
    if said["is_open"] == true {
        let proposal = said["proposal"].as_str().context("an act that waits has a name")?;
        let mut command = as_officer(minglian, directory, &url, checker, "approve");
        program::output(command.arg(proposal))?;
    }
    fs::rename(&coming, &recorded).with_context(|| format!("writing {}", recorded.display()))?;
    Ok(())
}

/// `minglian tx` by an officer of the demonstration.
fn as_officer(
    minglian: &Path,
    directory: &Directory,
    url: &str,
    officer: &OfficerEntry,
    act: &str,
) -> Command {
    let mut command = Command::new(minglian);
    command.args(["tx", act, "--url", url, "--yes", "--json"]);
    command.args(["--organization", &officer.organization.to_string()]);
    command.arg("--key").arg(directory.path().join(&officer.key_file));
    command.arg("--passphrase-file").arg(directory.passphrase());
    command.arg("--outbox").arg(directory.path().join("outbox"));
    command
}

/// Waits until the explorer says that its file is the one on the ledger, and takes the same file
/// from a node.
pub async fn check(cluster: &Cluster, explorer: SocketAddr) -> anyhow::Result<()> {
    let client = Client::new(&format!("http://{explorer}"))?;
    let deadline = Instant::now() + SHOWN_LIMIT;
    while !client.text("/en/verify").await?.contains(SAME) {
        ensure!(Instant::now() < deadline, "the explorer does not find its offline verifier");
        tokio::time::sleep(ASK_INTERVAL).await;
    }
    let file = client.bytes("/verify.html", &[]).await?;
    let (hash, mut kept) = (AttachmentHash::of(&[&file]), Vec::new());
    cluster.client(0)?.attachment(&hash, file.len() as u64, &mut kept).await?;
    ensure!(kept == file, "the node keeps another offline verifier");
    Ok(())
}
