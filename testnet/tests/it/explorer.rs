//! An explorer beside a network of a test.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use minglian_client::Client;
use minglian_ledger::height::Height;
use minglian_testnet::process::{self, Process};
use minglian_testnet::{ports, program};
use serde_json::Value;
use tempfile::TempDir;

use crate::network::Network;

const LIMIT: Duration = Duration::from_secs(90);

/// An explorer with files of its own; dropped, it ends.
pub struct Explorer {
    pub directory: TempDir,
    pub address: SocketAddr,
    pub process: Process,
}

impl Drop for Explorer {
    fn drop(&mut self) {
        if let Err(error) = self.process.stop(LIMIT) {
            eprintln!("while stopping: {error:#}");
        }
        if std::thread::panicking() {
            let log = std::fs::read_to_string(self.directory.path().join("explorer.log"));
            eprintln!("what the explorer said:\n{}", log.unwrap_or_default());
        }
    }
}

/// A program of this checkout.
pub fn beside(name: &str) -> PathBuf {
    program::find_beside(name, Path::new(env!("CARGO_BIN_EXE_minglian-testnet"))).unwrap()
}

fn open(network: &Network, node: usize, directory: &Path, address: SocketAddr) -> Process {
    let mut command = Command::new(beside("minglian-explorer"));
    command.arg("--node").arg(network.url(node).unwrap());
    command.arg("--genesis").arg(network.directory().genesis());
    run(command, directory, address)
}

/// Runs an explorer that knows whom it follows.
fn run(mut command: Command, directory: &Path, address: SocketAddr) -> Process {
    command.args(["--listen", &address.to_string()]).current_dir(directory);
    let (log, pid) = (directory.join("explorer.log"), directory.join("explorer.pid"));
    process::start(&mut command, &log, &pid).unwrap()
}

impl Explorer {
    /// One that follows a node.
    pub fn start(network: &Network, node: usize) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free().unwrap()));
        let process = open(network, node, directory.path(), address);
        Self { directory, address, process }
    }

    /// One that follows a directory of blocks and the genesis beside them.
    pub fn reading(blocks: &Path) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, ports::free().unwrap()));
        let mut command = Command::new(beside("minglian-explorer"));
        command.arg("--directory").arg(blocks);
        command.arg("--genesis").arg(blocks.join("genesis.json"));
        let process = run(command, directory.path(), address);
        Self { directory, address, process }
    }

    /// Where the trace of a payment's money begins, by the payment's reference. Its texts are found
    /// a moment after its blocks are shown.
    pub async fn trace_of(&self, reference: &str) -> String {
        let mut trace = None;
        let is_found = async || {
            trace = self.find_trace(reference).await;
            trace.is_some()
        };
        eventually("an entry of the payment leads to a trace", is_found).await;
        trace.unwrap()
    }

    async fn find_trace(&self, reference: &str) -> Option<String> {
        let found = self.page(&format!("/search?q={reference}")).await;
        for entry in addresses(&found, "/entries/") {
            // Only the last signature on it moved money.
            let page = self.page(&entry).await;
            let up = addresses(&page, "/trace/").find(|address| address.ends_with("/up"));
            if up.is_some() {
                return up;
            }
        }
        None
    }

    /// Ends it, and starts it with what it had on a node that may be another.
    pub fn restart(&mut self, network: &Network, node: usize) {
        self.process.stop(LIMIT).unwrap();
        self.process = open(network, node, self.directory.path(), self.address);
    }

    /// A page, or nothing while there is none.
    pub async fn page(&self, path: &str) -> String {
        let client = Client::new(&format!("http://{}", self.address)).unwrap();
        client.text(path).await.unwrap_or_default()
    }

    async fn height(&self) -> u64 {
        let head: Value =
            serde_json::from_str(&self.page("/api/v1/head").await).unwrap_or_default();
        let height = &head["ledger"]["height"];
        height.as_u64().or_else(|| height.as_str()?.parse().ok()).unwrap_or(0)
    }

    /// Waits until it shows a height.
    pub async fn wait_height(&self, height: Height) {
        eventually("the explorer follows", async || self.height().await >= height.0).await;
    }
}

/// What links of a page lead to that begins so.
fn addresses<'a>(page: &'a str, start: &'a str) -> impl Iterator<Item = String> + 'a {
    let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(move |link| link.starts_with(start)).map(str::to_owned)
}

/// Waits until something holds.
pub async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds().await {
        assert!(Instant::now() < deadline, "in vain: {what}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
