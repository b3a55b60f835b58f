//! The network's throughput and latency, end to end: from the client's signed payment to the
//! answer that says committed, on synced disks, every signature checked by every node.

use std::collections::BTreeMap;

use anyhow::ensure;
use serde::Serialize;

use crate::cluster::Cluster;
use crate::load::{self, LoadReport};
use crate::measure::{self, Metrics};
use crate::workload::Workload;

/// The first rate, in payments a second.
const RATE_FIRST: u64 = 1_000;

/// The highest rate that is tried while looking for the peak.
const RATE_MAX: u64 = 64_000;

/// How long each rate is held while looking for the peak.
const SEARCH_SECONDS: u64 = 5;

/// Overload is the peak times this.
const OVERLOAD: u64 = 4;

/// What a bench found; one line of JSON.
#[derive(Debug, Clone, Serialize)]
pub struct BenchReport {
    /// The sources.
    pub commit: Option<String>,
    /// Whether debug assertions were compiled in: the development profile.
    pub development_build: bool,
    /// Processors of this machine.
    pub processors: usize,
    /// Their name.
    pub processor: Option<String>,
    /// Load averages before and after.
    pub load_average: [Option<String>; 2],
    /// How many nodes.
    pub nodes: usize,
    /// The rates that were tried.
    pub search: Vec<LoadReport>,
    /// The most payments committed a second, at any rate tried.
    pub peak_per_second: u64,
    /// At half the peak.
    pub half_load: LoadReport,
    /// At four times the peak.
    pub overload: LoadReport,
    /// What overload leaves of the peak, in percent.
    pub overload_percent_of_peak: u64,
    /// Where each node's time went at half load.
    pub time: BTreeMap<String, NodeTime>,
    /// Memory of each node in KiB, at the end.
    pub resident_kib: BTreeMap<String, u64>,
    /// Transactions in the ledger, at the end.
    pub transactions: u64,
    /// Bytes on the disk of one node for one transaction, over the whole bench.
    pub disk_bytes_per_transaction: u64,
}

/// Where a node's time went, for one transaction, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NodeTime {
    /// Building or executing blocks.
    pub execute_ns: u64,
    /// Writing blocks, the sync included.
    pub commit_ns: u64,
    /// Processor time of the whole node.
    pub processor_ns: u64,
}

/// Looks for the peak, then measures at half of it and at four times of it.
pub async fn run(cluster: &Cluster, seconds: u64) -> anyhow::Result<BenchReport> {
    let load_before = measure::load_average();
    let mut workload = Workload::prepare(cluster).await?;
    let search = search(cluster, &mut workload).await?;
    let peak = search.iter().map(|report| report.committed_per_second).max().unwrap_or_default();
    ensure!(peak > 0, "nothing was committed: {search:?}");

    let before = snapshot(cluster).await?;
    eprintln!("half load: {} payments a second for {seconds} s", peak / 2);
    let half_load = load::run(cluster, &mut workload, (peak / 2).max(1), seconds).await?;
    let time = node_times(&before, &snapshot(cluster).await?);
    eprintln!("overload: {} payments a second for {seconds} s", peak * OVERLOAD);
    let overload = load::run(cluster, &mut workload, peak * OVERLOAD, seconds).await?;

    let transactions = load::records(&cluster.clients()?[0]).await?;
    let disk = measure::disk_bytes(&cluster.directory().data(0))?;
    Ok(BenchReport {
        commit: measure::commit(),
        development_build: cfg!(debug_assertions),
        processors: std::thread::available_parallelism().map_or(1, usize::from),
        processor: measure::processor(),
        load_average: [load_before, measure::load_average()],
        nodes: cluster.running().len(),
        search,
        peak_per_second: peak,
        overload_percent_of_peak: overload.committed_per_second * 100 / peak,
        half_load,
        overload,
        time,
        resident_kib: load::resident_kib(cluster),
        transactions,
        disk_bytes_per_transaction: disk / transactions.max(1),
    })
}

/// Doubles the rate until the network does not keep up.
async fn search(cluster: &Cluster, workload: &mut Workload) -> anyhow::Result<Vec<LoadReport>> {
    let mut reports = Vec::new();
    let mut rate = RATE_FIRST;
    while rate <= RATE_MAX {
        let report = load::run(cluster, workload, rate, SEARCH_SECONDS).await?;
        eprintln!("{rate} payments a second: {} committed", report.committed_per_second);
        let keeps_up = report.committed_per_second * 10 >= rate * 8;
        reports.push(report);
        if !keeps_up {
            break;
        }
        rate *= 2;
    }
    Ok(reports)
}

/// The counters of every node, with the processor time of its process.
async fn snapshot(cluster: &Cluster) -> anyhow::Result<BTreeMap<usize, (Metrics, u64)>> {
    let mut all = BTreeMap::new();
    for (number, metrics) in load::metrics(cluster).await? {
        let process = cluster.process(number)?;
        let ticks = process.and_then(|process| process.processor_ticks()).unwrap_or_default();
        all.insert(number, (metrics, ticks));
    }
    Ok(all)
}

fn node_times(
    before: &BTreeMap<usize, (Metrics, u64)>,
    after: &BTreeMap<usize, (Metrics, u64)>,
) -> BTreeMap<String, NodeTime> {
    let mut times = BTreeMap::new();
    for (number, (metrics, ticks)) in after {
        let Some((metrics_before, ticks_before)) = before.get(number) else { continue };
        let grown = |name: &str| {
            let value = |metrics: &Metrics| metrics.get(name).copied().unwrap_or_default();
            value(metrics).saturating_sub(value(metrics_before))
        };
        let transactions = grown("committed_transactions_total").max(1);
        let time = NodeTime {
            execute_ns: grown("execute_microseconds_total") * 1_000 / transactions,
            commit_ns: grown("commit_microseconds_total") * 1_000 / transactions,
            processor_ns: ticks.saturating_sub(*ticks_before) * 10_000_000 / transactions,
        };
        times.insert(format!("node-{number}"), time);
    }
    times
}
