//! The demonstration: a network with published tables and a year of 演示 data in it, and the explorer
//! over it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use minglian_ledger::fen::Unit;
use minglian_ledger::genesis::Role;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::signal::unix::{SignalKind, signal};

use crate::cluster::Cluster;
use crate::directory::{self, Directory, OfficersIndex};
use crate::ports;
use crate::process::{self, Process};
use crate::setup::Plan;
use crate::totals::{self, Notice};
use crate::verifier;
use crate::year::summary::Places;
use crate::year::{self, Wanted};

/// How long the explorer may take until it answers.
const EXPLORER_LIMIT: Duration = Duration::from_secs(60);

/// How long the explorer may take to end.
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// How long until the nodes are looked at again.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Where the explorer listens unless another program does.
const EXPLORER_PORT: u16 = 26_900;

/// Nodes of the demonstration.
const NODES: usize = 4;

/// The programs that a demonstration starts.
#[derive(Debug, Clone)]
pub struct Programs {
    /// The node and its tools.
    pub minglian: PathBuf,
    /// The explorer.
    pub explorer: PathBuf,
}

/// A running demonstration. Whatever happens, dropping it stops all that it started.
pub struct Demonstration {
    /// The network.
    pub cluster: Cluster,
    /// What the import said.
    pub notices: Vec<Notice>,
    /// Where the explorer answers.
    pub explorer: SocketAddr,
    explorer_process: Option<Process>,
}

impl Drop for Demonstration {
    fn drop(&mut self) {
        if let Some(process) = self.explorer_process {
            report(process.stop(STOP_LIMIT));
        }
        report(self.cluster.down());
    }
}

fn report(result: anyhow::Result<()>) {
    if let Err(error) = result {
        eprintln!("while stopping: {error:#}");
    }
}

/// Starts a network in `directory`, imports `files` and opens the explorer at a port.
pub async fn start(
    programs: &Programs,
    directory: &Path,
    files: &[PathBuf],
    explorer_port: u16,
) -> anyhow::Result<Demonstration> {
    end_earlier(programs, directory)?;
    let cluster = open_or_create(programs, directory)?;
    let explorer = SocketAddr::from((Ipv4Addr::LOCALHOST, explorer_port));
    let mut demonstration =
        Demonstration { cluster, notices: Vec::new(), explorer, explorer_process: None };
    eprintln!("starting {NODES} nodes …");
    demonstration.cluster.up().await?;
    eprintln!("importing {} published tables …", files.len());
    demonstration.notices = totals::import(&programs.minglian, &demonstration.cluster, files)?;
    eprintln!("opening the explorer …");
    let process = open_explorer(programs, &demonstration.cluster, explorer)?;
    demonstration.explorer_process = Some(process);
    wait_for_page(explorer, process).await?;
    eprintln!("recording the offline verifier …");
    verifier::record(&programs.minglian, &demonstration.cluster, explorer).await?;
    Ok(demonstration)
}

/// Sees to it that nothing of an earlier demonstration in `directory` runs. One that was killed
/// leaves its explorer, which holds the index.
fn end_earlier(programs: &Programs, directory: &Path) -> anyhow::Result<()> {
    if !Directory::new(directory)?.manifest().exists() {
        return Ok(());
    }
    let cluster = Cluster::open(&programs.minglian, directory)?;
    require_stopped(&cluster)?;
    if cluster.stop_explorer()? {
        eprintln!("stopped the explorer that an earlier demonstration left 已停止遗留的浏览器");
    }
    Ok(())
}

/// The network in `directory`. One that is there goes on: importing again changes nothing.
fn open_or_create(programs: &Programs, directory: &Path) -> anyhow::Result<Cluster> {
    if Directory::new(directory)?.manifest().exists() {
        let cluster = Cluster::open(&programs.minglian, directory)?;
        eprintln!("going on with the network in {} …", directory.display());
        return Ok(cluster);
    }
    eprintln!("making keys and genesis in {} …", directory.display());
    let plan = Plan::validators(NODES);
    Cluster::create(&programs.minglian, directory, &plan)
}

/// Refuses a network that runs: its nodes would be stopped with this demonstration.
fn require_stopped(cluster: &Cluster) -> anyhow::Result<()> {
    for number in 0..cluster.nodes().len() {
        if cluster.process(number)?.is_some() {
            let path = cluster.directory().path().display();
            bail!(
                "the network in {path} runs already, at {}; end its demonstration with Ctrl-C \
                 (or `minglian-testnet --directory {path} down`), or name another --directory",
                cluster.url(number)?
            );
        }
    }
    Ok(())
}

fn open_explorer(
    programs: &Programs,
    cluster: &Cluster,
    listen: SocketAddr,
) -> anyhow::Result<Process> {
    let directory = cluster.directory();
    let mut command = Command::new(&programs.explorer);
    command.arg("--node").arg(cluster.url(0)?);
    command.arg("--genesis").arg(directory.genesis());
    command.args(["--listen", &listen.to_string()]);
    let path = directory.path();
    command.current_dir(path);
    // With a key of its own it signs what it hands out as files.
    let key = path.join("explorer.key");
    if !key.exists() {
        let made = Command::new(&programs.explorer).arg("--new-service-key").arg(&key).status()?;
        ensure!(made.success(), "the explorer made no service key");
    }
    command.arg("--service-key").arg(&key);
    open_window(&mut command, directory)?;
    process::start(&mut command, &path.join("explorer.log"), &directory.explorer_pid_file())
}

/// Lets the explorer relay complaints as the first bureau, with the key of its maker. The bureau's
/// checker approves each: `minglian tx approve`.
fn open_window(command: &mut Command, directory: &Directory) -> anyhow::Result<()> {
    let index: OfficersIndex = directory::read_json(&directory.officers())?;
    let maker = index.officers.iter().find(|officer| officer.role == Role::Maker);
    let maker = maker.context("no maker's key is at hand")?;
    command.args(["--complaint-organization", &maker.organization.to_string()]);
    command.arg("--complaint-key").arg(directory.path().join(&maker.key_file));
    command.arg("--complaint-passphrase-file").arg(directory.passphrase());
    Ok(())
}

/// Waits until the explorer's home page is served.
async fn wait_for_page(address: SocketAddr, process: Process) -> anyhow::Result<()> {
    let deadline = Instant::now() + EXPLORER_LIMIT;
    loop {
        if status(address, "/").await.is_ok_and(|status| status.contains(" 200 ")) {
            return Ok(());
        }
        ensure!(process.is_running(), "the explorer has ended; see explorer.log");
        ensure!(Instant::now() < deadline, "the explorer does not answer at {address}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The status line of a page.
pub async fn status(address: SocketAddr, path: &str) -> anyhow::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.take(4_096).read_to_end(&mut answer).await?;
    let text = String::from_utf8_lossy(&answer);
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

/// `minglian-testnet demo`: runs until Ctrl-C. The published tables are entered first, then the
/// year, which goes on where it was broken off.
pub async fn run(
    programs: &Programs,
    directory: &Path,
    files: &[PathBuf],
    wanted: Wanted,
) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    end_earlier(programs, directory)?;
    // The usual port, so that a bookmark outlives a restart.
    let port = if ports::is_free(EXPLORER_PORT) { EXPLORER_PORT } else { ports::free()? };
    let demonstration = tokio::select! {
        started = start(programs, directory, files, port) => started?,
        _ = interrupt.recv() => return stopped_early(programs, directory),
        _ = terminate.recv() => return stopped_early(programs, directory),
    };
    let report = tokio::select! {
        entered = enter_year(&demonstration, wanted) => entered?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    summary(programs, &demonstration)?;
    let node = demonstration.cluster.url(0)?;
    let explorer = Some(demonstration.explorer);
    let places = Places { minglian: &programs.minglian, node: &node, explorer };
    println!("{}", year::summary::summary(&report, places)?);
    report.require_as_planned()?;
    println!("Ctrl-C stops everything.");
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        gone = taken_down(&demonstration.cluster) => {
            gone?;
            eprintln!("the network was taken down; the demonstration ends 网络已停止,演示结束");
        }
    }
    eprintln!("stopping …");
    Ok(())
}

/// Waits until no node of the network runs, as after `minglian-testnet down`. One that is merely
/// restarted is not the end.
pub async fn taken_down(cluster: &Cluster) -> anyhow::Result<()> {
    loop {
        let mut running = false;
        for number in 0..cluster.nodes().len() {
            running |= cluster.process(number)?.is_some();
        }
        if !running {
            return Ok(());
        }
        tokio::time::sleep(LOOK_INTERVAL).await;
    }
}

async fn enter_year(
    demonstration: &Demonstration,
    wanted: Wanted,
) -> anyhow::Result<year::YearReport> {
    eprintln!("entering the year, all of it 演示 …");
    year::run(&demonstration.cluster, wanted).await
}

fn stopped_early(programs: &Programs, directory: &Path) -> anyhow::Result<()> {
    match Cluster::open(&programs.minglian, directory) {
        Ok(cluster) => cluster.down(),
        Err(_) => Ok(()),
    }
}

fn summary(programs: &Programs, demonstration: &Demonstration) -> anyhow::Result<()> {
    let Demonstration { cluster, notices, explorer, .. } = demonstration;
    println!("\n明链 Minglian 演示网络: {NODES} nodes run:");
    for node in cluster.nodes() {
        println!("  {}  http://{}", node.bureau, node.http);
    }
    println!("Genesis hash 创世哈希 {}", cluster.genesis()?.hash());
    println!("These figures are published ones 以下为公告数字:");
    for notice in notices {
        let came_in = notice.came_in()?.display_in(Unit::TenThousandYuan);
        let acts = notice.entered + notice.unchanged;
        println!("  {}: {came_in}万元, {acts} acts", notice.dataset);
    }
    println!("Look at:");
    println!("  the home page        首页      http://{explorer}/");
    println!("  where the money went 资金分配  http://{explorer}/allocations");
    println!("  who holds it         单位      http://{explorer}/organizations");
    println!("  how to check it all  核验中心  http://{explorer}/verify");
    println!("Verify the whole ledger yourself:");
    let (minglian, genesis) = (programs.minglian.display(), cluster.directory().genesis());
    println!(
        "  {minglian} audit export --from {} --out audit-export && \
         {minglian} audit verify audit-export --genesis {}",
        cluster.url(0)?,
        genesis.display()
    );
    Ok(())
}
