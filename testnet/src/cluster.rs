//! A network's nodes as processes: started, stopped, held, waited for.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use minglian_client::Client;
use minglian_client::wire::{Health, HealthStatus};
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::Height;

use crate::directory::{self, Directory, Manifest, NodeEntry};
use crate::process::{self, Process, Signal};
use crate::setup::{self, Plan};

/// How long a node may take to answer after its start.
const START_LIMIT: Duration = Duration::from_secs(60);

/// How long a node may take to end.
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// How long a node may take to say how it is.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// How often a node is asked while waiting for it.
const ASK_INTERVAL: Duration = Duration::from_millis(100);

/// What nodes log unless RUST_LOG says otherwise: their own steps, of the engine only complaints.
const LOG_FILTER: &str = "info,arc_malachitebft=warn";

/// A network with its processes.
#[derive(Debug, Clone)]
pub struct Cluster {
    directory: Directory,
    minglian: PathBuf,
    manifest: Manifest,
}

impl Cluster {
    /// Makes a new network; nothing runs yet.
    pub fn create(minglian: &Path, directory: &Path, plan: &Plan) -> anyhow::Result<Self> {
        setup::create(minglian, &Directory::new(directory)?, plan)?;
        Self::open(minglian, directory)
    }

    /// An existing network.
    pub fn open(minglian: &Path, directory: &Path) -> anyhow::Result<Self> {
        let directory = Directory::new(directory)?;
        let manifest = directory::read_json(&directory.manifest())
            .with_context(|| format!("there is no network in {}", directory.path().display()))?;
        Ok(Self { directory, minglian: minglian.to_owned(), manifest })
    }

    /// Its directory.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Its genesis, as its file says.
    pub fn genesis(&self) -> anyhow::Result<Genesis> {
        self.directory.read_genesis()
    }

    /// All nodes, spares included.
    pub fn nodes(&self) -> &[NodeEntry] {
        &self.manifest.nodes
    }

    /// The numbers of the nodes that run now.
    pub fn running(&self) -> Vec<usize> {
        (0..self.nodes().len())
            .filter(|number| matches!(self.process(*number), Ok(Some(_))))
            .collect()
    }

    /// The numbers of the nodes that run and are not held.
    pub fn awake(&self) -> Vec<usize> {
        self.running().into_iter().filter(|number| !self.is_held(*number)).collect()
    }

    /// Whether a node's process is held: it answers nobody.
    pub fn is_held(&self, number: usize) -> bool {
        matches!(self.process(number), Ok(Some(process)) if process.is_held())
    }

    /// A node's process, if it runs.
    pub fn process(&self, number: usize) -> anyhow::Result<Option<Process>> {
        ensure!(number < self.nodes().len(), "there is no node {number}");
        process::running(&self.directory.pid_file(number))
    }

    /// Where a node answers.
    pub fn url(&self, number: usize) -> anyhow::Result<String> {
        let node = self.nodes().get(number).with_context(|| format!("no node {number}"))?;
        Ok(format!("http://{}", node.http))
    }

    /// Speaks to a node.
    pub fn client(&self, number: usize) -> anyhow::Result<Client> {
        Ok(Client::new(&self.url(number)?)?)
    }

    /// Speaks to all nodes that run.
    pub fn clients(&self) -> anyhow::Result<Vec<Client>> {
        self.running().into_iter().map(|number| self.client(number)).collect()
    }

    /// The program that its nodes run, for commands beside them.
    pub fn minglian(&self) -> Command {
        Command::new(&self.minglian)
    }

    /// Starts a node, unless it runs.
    pub fn start(&self, number: usize) -> anyhow::Result<Process> {
        self.start_with(number, &[])
    }

    /// Starts a node with further environment variables, unless it runs.
    pub fn start_with(
        &self,
        number: usize,
        environment: &[(&str, PathBuf)],
    ) -> anyhow::Result<Process> {
        if let Some(process) = self.process(number)? {
            return Ok(process);
        }
        let mut command = self.minglian();
        command.args(["node", "run", "--config"]).arg(self.directory.config(number));
        command.env("NO_COLOR", "1");
        if std::env::var_os("RUST_LOG").is_none() {
            command.env("RUST_LOG", LOG_FILTER);
        }
        command.envs(environment.iter().map(|(name, value)| (name, value)));
        process::start(&mut command, &self.directory.log(number), &self.directory.pid_file(number))
    }

    /// Starts every node but the spares and waits until all answer.
    pub async fn up(&self) -> anyhow::Result<()> {
        let numbers: Vec<usize> =
            (0..self.nodes().len()).filter(|number| !self.nodes()[*number].spare).collect();
        for number in &numbers {
            self.start(*number)?;
        }
        for number in numbers {
            self.wait_healthy(number).await?;
        }
        Ok(())
    }

    /// Stops the demonstration's explorer, if one runs; whether one did.
    pub fn stop_explorer(&self) -> anyhow::Result<bool> {
        let explorer = process::running(&self.directory.explorer_pid_file())?;
        explorer.map(|explorer| explorer.stop(STOP_LIMIT)).transpose().map(|done| done.is_some())
    }

    /// Stops the explorer and every node: asks, then insists.
    pub fn down(&self) -> anyhow::Result<()> {
        self.stop_explorer()?;
        let processes: Vec<Process> =
            self.running().into_iter().filter_map(|number| self.process(number).ok()?).collect();
        for process in &processes {
            process.signal(Signal::Continue)?;
            process.signal(Signal::Terminate)?;
        }
        for process in processes {
            process.stop(STOP_LIMIT)?;
        }
        Ok(())
    }

    /// Sends a signal to a node; waits for its end if the signal ends it.
    pub fn signal(&self, number: usize, signal: Signal) -> anyhow::Result<()> {
        let Some(process) = self.process(number)? else { bail!("node {number} does not run") };
        process.signal(signal)?;
        if matches!(signal, Signal::Kill | Signal::Terminate) {
            process.wait(STOP_LIMIT).with_context(|| format!("ending node {number}"))?;
        }
        Ok(())
    }

    /// Waits until a node answers, and says how it is.
    pub async fn wait_healthy(&self, number: usize) -> anyhow::Result<Health> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            let log = self.directory.log(number);
            ensure!(
                !self.is_held(number),
                "node {number} is held (SIGSTOP) 已暂停: let it go on with `resume --node {number}`"
            );
            let said = match self.health(number).await {
                Ok(health) if health.status == HealthStatus::Running => return Ok(health),
                Ok(health) => {
                    let why = health.detail.unwrap_or_default();
                    format!("its engine has stopped: {why}")
                }
                Err(error) => format!("{error:#}"),
            };
            if Instant::now() > deadline {
                bail!("node {number} is not well: {said}; see {}", log.display());
            }
            let ended = self.process(number)?.is_none();
            ensure!(!ended, "node {number} has ended:\n{}", tail(&log));
            tokio::time::sleep(ASK_INTERVAL).await;
        }
    }

    /// How a node is, unless it is silent.
    pub async fn health(&self, number: usize) -> anyhow::Result<Health> {
        let client = self.client(number)?;
        match tokio::time::timeout(ANSWER_LIMIT, client.health()).await {
            Ok(answer) => Ok(answer?),
            Err(_) => bail!("it does not answer within {} s", ANSWER_LIMIT.as_secs()),
        }
    }

    /// Waits until a node has `height`.
    pub async fn wait_height(
        &self,
        number: usize,
        height: Height,
        limit: Duration,
    ) -> anyhow::Result<()> {
        let client = self.client(number)?;
        let deadline = Instant::now() + limit;
        loop {
            let reached = client.health().await.map(|health| health.height);
            if reached.as_ref().is_ok_and(|reached| *reached >= height) {
                return Ok(());
            }
            if Instant::now() >= deadline {
                let said = match reached {
                    Ok(reached) => format!("it is at {reached}"),
                    Err(error) => error.to_string(),
                };
                bail!("node {number} does not reach height {height}: {said}");
            }
            tokio::time::sleep(ASK_INTERVAL).await;
        }
    }

    /// Waits until all running nodes have the height of the highest; returns it.
    pub async fn wait_level(&self, limit: Duration) -> anyhow::Result<Height> {
        let mut highest = Height::GENESIS;
        let running = self.running();
        for number in &running {
            highest = highest.max(self.client(*number)?.health().await?.height);
        }
        for number in running {
            self.wait_height(number, highest, limit).await?;
        }
        Ok(highest)
    }
}

/// The last lines of a log.
fn tail(log: &Path) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(10).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
