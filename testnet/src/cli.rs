//! The command line.

mod blocks;
mod nodes;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::{Args, Parser, Subcommand};
use minglian_ledger::date::Date;
use serde::Serialize;
use tempfile::TempDir;

use crate::cluster::Cluster;
use crate::demo::Programs;
use crate::fault::{flips, kill, power_cut};
use crate::page_times::Wanted;
use crate::process::Signal;
use crate::setup::Plan;
use crate::workload::Workload;
use crate::year;
use crate::year::summary::{Places, summary};
use crate::{bench, demo, load, page_times, program, report_times, sizes, smoke, totals};

/// Validators of a network unless told otherwise.
const NODES: usize = 4;

/// Networks of 明链 Minglian on one machine: start, load, damage, check.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Arguments {
    /// Where the network is: ./testnet-data without it (demo: ./demo-data); bench, fault and smoke
    /// use a new temporary directory
    #[arg(long, global = true)]
    directory: Option<PathBuf>,
    /// The minglian program; the one beside this program if left out
    #[arg(long, global = true)]
    minglian: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a network; make it first if the directory is empty or new
    Up(UpArguments),
    /// Show every node's height, peers and process
    Status,
    /// Send a signal to a node: 9 (SIGKILL) unless told otherwise
    Kill {
        /// The node's number, from 0, as `status` shows
        #[arg(long)]
        node: usize,
        /// 9 SIGKILL, 15 SIGTERM, 18 SIGCONT or 19 SIGSTOP
        #[arg(long, default_value_t = 9)]
        signal: u8,
    },
    /// Start a node that does not run
    Restart {
        /// The node's number, from 0
        #[arg(long)]
        node: usize,
    },
    /// Hold a node (SIGSTOP)
    Pause {
        /// The node's number, from 0
        #[arg(long)]
        node: usize,
    },
    /// Let a held node go on (SIGCONT)
    Resume {
        /// The node's number, from 0
        #[arg(long)]
        node: usize,
    },
    /// Stop every node, and the demonstration's explorer
    Down,
    /// Print a node's log
    Logs {
        /// The node's number, from 0
        #[arg(long)]
        node: usize,
    },
    /// Check that all nodes agree, that evidence verifies, and that the book balances
    Check {
        /// Succeed though validators are down or held: those that answer agree
        #[arg(long)]
        allow_dead: bool,
    },
    /// Send real payments at a given rate
    Load {
        /// Payments a second
        #[arg(long, default_value_t = 500)]
        rate: u64,
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// Measure throughput and latency of four nodes; prints JSON
    Bench {
        /// How long half load and overload are held
        #[arg(long, default_value_t = 8)]
        seconds: u64,
        #[arg(long, default_value_t = 4)]
        nodes: usize,
    },
    /// Damage a network under load and look for what was acknowledged
    #[command(subcommand)]
    Fault(FaultCommand),
    /// Four nodes, published tables, a year of 演示 data, the explorer; until Ctrl-C
    Demo {
        #[command(flatten)]
        demo: DemoArguments,
        #[command(flatten)]
        year: YearArguments,
    },
    /// The demonstration without its year, checked and audited; prints one line of JSON
    Smoke(DemoArguments),
    /// Enter a year of 演示 data into a running network, or what is missing of it
    Year {
        #[command(flatten)]
        year: YearArguments,
        /// Print one line of JSON in place of the summary
        #[arg(long)]
        json: bool,
    },
    /// Time each of the eleven reports; prints JSON
    Reports {
        /// How often each is asked once it is warm
        #[arg(long, default_value_t = 100)]
        requests: usize,
        /// Also add up state and log in the node's database, as `sizes` does
        #[arg(long)]
        state: bool,
    },
    /// Time every kind of page of an explorer for many readers at once; prints JSON
    Pages {
        /// The explorer, such as http://127.0.0.1:28080
        #[arg(long)]
        explorer: String,
        /// Readers who each ask for the next page when they have the last
        #[arg(long, default_value_t = 50)]
        readers: usize,
        /// Pages a second that are asked for after that, whether or not earlier ones have come
        #[arg(long, default_value_t = 500)]
        rate: u64,
        /// How long each of both is held
        #[arg(long, default_value_t = 30)]
        seconds: u64,
        /// A page to ask for too, as a kind of its own, such as /trace/17/up; may be repeated
        #[arg(long = "path")]
        paths: Vec<String>,
    },
    /// Write a ledger of any length as a directory of blocks and genesis.json, without a network,
    /// for `minglian-explorer --directory DIR --genesis DIR/genesis.json`; prints JSON
    Blocks(blocks::BlocksArguments),
    /// Bytes of state and log a record in a node's database; prints JSON. The node may run
    Sizes {
        /// The node's number, from 0
        #[arg(long, default_value_t = 0)]
        node: usize,
    },
}

#[derive(Debug, Args)]
struct YearArguments {
    /// 1 can be read by hand; each further step adds some 450 records
    #[arg(long)]
    scale: Option<u64>,
    /// Decides names, amounts and days
    #[arg(long)]
    seed: Option<u64>,
    /// The twelve complete months before this day are entered; today if left out
    #[arg(long)]
    until: Option<Date>,
}

impl YearArguments {
    fn wanted(&self) -> year::Wanted {
        let Self { scale, seed, until } = *self;
        year::Wanted { seed, until, scale }
    }
}

#[derive(Debug, Args)]
struct UpArguments {
    /// How many validators: 4 unless told otherwise, or those of the network that is there
    #[arg(long)]
    nodes: Option<usize>,
    /// Further nodes that wait to be added to the validators
    #[arg(long, default_value_t = 0)]
    spares: usize,
    /// First of three ports a node, the third of which is HTTP; free ones are chosen if left out
    #[arg(long)]
    base_port: Option<u16>,
    /// Longest time without a block, at least 1
    #[arg(long, default_value_t = 600)]
    heartbeat_seconds: u64,
}

#[derive(Debug, Subcommand)]
enum FaultCommand {
    /// SIGKILL random nodes and start them again
    Kill {
        #[arg(long, default_value_t = 200)]
        cycles: u32,
    },
    /// Cut the power of random nodes: what was not synced is lost
    Powercut {
        #[arg(long, default_value_t = 50)]
        cycles: u32,
    },
    /// Change bytes of a stopped node's database, one at a time, and audit each copy
    Flips {
        #[arg(long, default_value_t = 1_000)]
        count: u32,
        /// Draws the same files and bytes again; the report prints it
        #[arg(long)]
        seed: Option<u64>,
    },
}

#[derive(Debug, Args)]
struct DemoArguments {
    /// The explorer's program; the one beside this program if left out
    #[arg(long)]
    explorer: Option<PathBuf>,
    /// Directory of the published tables; testnet/data without it
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Runs the command.
pub fn run(arguments: Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let minglian = program::find("minglian", arguments.minglian.as_deref())?;
    let given = arguments.directory;
    let directory = || given.clone().unwrap_or_else(|| PathBuf::from("testnet-data"));
    let open = || Cluster::open(&minglian, &directory());
    runtime.block_on(async {
        match arguments.command {
            Command::Up(up) => start(&minglian, &directory(), up).await,
            Command::Status => nodes::status(&open()?).await,
            Command::Kill { node, signal } => {
                nodes::send(&open()?, node, Signal::from_number(signal)?)
            }
            Command::Restart { node } => nodes::restart(&open()?, node).await,
            Command::Pause { node } => nodes::send(&open()?, node, Signal::Stop),
            Command::Resume { node } => nodes::send(&open()?, node, Signal::Continue),
            Command::Down => {
                let cluster = open()?;
                cluster.down()?;
                println!("stopped 已停止: {}", cluster.directory().path().display());
                Ok(())
            }
            Command::Logs { node } => logs(&open()?, node),
            Command::Check { allow_dead } => nodes::check_all(&open()?, allow_dead).await,
            Command::Load { rate, seconds } => load(&open()?, rate, seconds).await,
            Command::Bench { seconds, nodes } => {
                let own = Temporary::up(&minglian, given.as_deref(), nodes).await?;
                print(&bench::run(&own.cluster, seconds).await?)
            }
            Command::Fault(fault) => {
                let own = Temporary::up(&minglian, given.as_deref(), 4).await?;
                match fault {
                    FaultCommand::Kill { cycles } => print(&kill::run(&own.cluster, cycles).await?),
                    FaultCommand::Powercut { cycles } => {
                        print(&power_cut::run(&own.cluster, cycles).await?)
                    }
                    FaultCommand::Flips { count, seed } => {
                        print(&flips::run(&own.cluster, count, seed).await?)
                    }
                }
            }
            Command::Demo { demo, year } => {
                let directory = given.clone().unwrap_or_else(|| PathBuf::from("demo-data"));
                let (programs, files) = demonstration(&minglian, &demo)?;
                demo::run(&programs, &directory, &files, year.wanted()).await
            }
            Command::Year { year, json } => enter_year(&minglian, &open()?, &year, json).await,
            Command::Reports { requests, state } => {
                print(&report_times::run(&open()?, requests, state).await?)
            }
            Command::Pages { explorer, readers, rate, seconds, paths } => {
                let wanted = Wanted { readers, rate, seconds, paths };
                print(&page_times::run(&explorer, wanted).await?)
            }
            Command::Blocks(wanted) => blocks::make(given.clone(), wanted).await,
            Command::Sizes { node } => print(&sizes::run(&open()?.directory().data(node))?),
            Command::Smoke(demo) => {
                let (programs, files) = demonstration(&minglian, &demo)?;
                print(&smoke::run(&programs, &files).await?)
            }
        }
    })
}

async fn enter_year(
    minglian: &Path,
    cluster: &Cluster,
    arguments: &YearArguments,
    json: bool,
) -> anyhow::Result<()> {
    let report = year::run(cluster, arguments.wanted()).await?;
    if json {
        print(&report)?;
    } else {
        let node = *cluster.running().first().context("no node runs")?;
        let node = cluster.url(node)?;
        let places = Places { minglian, node: &node, explorer: None };
        println!("{}", summary(&report, places)?);
    }
    report.require_as_planned()
}

fn print(report: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string(report)?);
    Ok(())
}

fn demonstration(
    minglian: &Path,
    arguments: &DemoArguments,
) -> anyhow::Result<(Programs, Vec<PathBuf>)> {
    let explorer = program::find("minglian-explorer", arguments.explorer.as_deref())?;
    let programs = Programs { minglian: minglian.to_owned(), explorer };
    Ok((programs, totals::tables(arguments.data.as_deref())?))
}

async fn start(minglian: &Path, directory: &Path, up: UpArguments) -> anyhow::Result<()> {
    let UpArguments { nodes, spares, base_port, heartbeat_seconds } = up;
    let cluster = if directory.join("cluster.json").exists() {
        let cluster = Cluster::open(minglian, directory)?;
        let there = cluster.nodes().iter().filter(|node| !node.spare).count();
        let is_other = nodes.is_some_and(|nodes| nodes != there) || base_port.is_some();
        ensure!(
            !is_other,
            "{} holds a network of {there} validators with ports of its own; leave out --nodes \
             and --base-port, or name another --directory",
            directory.display()
        );
        cluster
    } else {
        let plan = Plan::validators(nodes.unwrap_or(NODES));
        let plan = Plan { spares, base_port, heartbeat_seconds, ..plan };
        Cluster::create(minglian, directory, &plan)?
    };
    cluster.up().await?;
    nodes::status(&cluster).await
}

fn logs(cluster: &Cluster, node: usize) -> anyhow::Result<()> {
    let path = cluster.directory().log(node);
    let log = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    std::io::Write::write_all(&mut std::io::stdout(), &log)?;
    Ok(())
}

async fn load(cluster: &Cluster, rate: u64, seconds: u64) -> anyhow::Result<()> {
    let mut workload = Workload::prepare(cluster).await?;
    print(&load::run(cluster, &mut workload, rate, seconds).await?)
}

/// A network of this command's own, stopped when the command ends; it is deleted unless a directory
/// was named.
struct Temporary {
    cluster: Cluster,
    _directory: Option<TempDir>,
}

impl Temporary {
    async fn up(minglian: &Path, given: Option<&Path>, nodes: usize) -> anyhow::Result<Self> {
        let temporary = if given.is_some() { None } else { Some(tempfile::tempdir()?) };
        let path = given.map(Path::to_owned).or(temporary.as_ref().map(|it| it.path().to_owned()));
        let path = path.context("no directory")?.join("network");
        let cluster = Cluster::create(minglian, &path, &Plan::validators(nodes))?;
        let own = Self { cluster, _directory: temporary };
        own.cluster.up().await?;
        Ok(own)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Err(error) = self.cluster.down() {
            eprintln!("while stopping: {error:#}");
        }
    }
}
