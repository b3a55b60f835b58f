//! An open-loop generator: payments are sent at a given rate whether or not the network keeps up.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use minglian_client::wire::SubmitStatus;
use minglian_client::{Client, SUBMIT_COUNT_MAX};
use serde::Serialize;
use tokio::task::JoinSet;

use crate::cluster::Cluster;
use crate::measure::{self, Latency};
use crate::workload::{Payment, Workload};

/// How often a batch is sent.
const TICK: Duration = Duration::from_millis(25);

/// How many payments of a batch are sent by themselves, to measure until their commit.
const SAMPLES_PER_TICK: usize = 2;

/// How long a measured payment may take.
const SAMPLE_LIMIT: Duration = Duration::from_secs(60);

/// What came of a load.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LoadReport {
    /// Payments a second that were to be sent.
    pub rate: u64,
    /// Payments sent.
    pub sent: u64,
    /// How long they were sent, in milliseconds.
    pub sending_ms: u64,
    /// Payments committed while they were sent.
    pub committed: u64,
    /// Of these, a second.
    pub committed_per_second: u64,
    /// What the nodes answered, by code.
    pub answers: BTreeMap<String, u64>,
    /// Requests without an answer.
    pub failed_requests: u64,
    /// From sending to the answer that says committed.
    pub latency: Option<Latency>,
    /// How long the rest took to be committed, in milliseconds.
    pub drained_ms: u64,
}

/// What one request brought.
struct Sent {
    answers: Vec<String>,
    latency: Option<Duration>,
    failed: bool,
}

/// Sends payments at `rate` a second for `seconds`, to all nodes in turn.
pub async fn run(
    cluster: &Cluster,
    workload: &mut Workload,
    rate: u64,
    seconds: u64,
) -> anyhow::Result<LoadReport> {
    let clients = cluster.clients()?;
    ensure!(!clients.is_empty(), "no node runs");
    let payments = workload.sign(usize::try_from(rate * seconds)?)?;
    let before = records(&clients[0]).await?;
    let start = Instant::now();
    let mut requests = send_all(&clients, payments, rate).await;
    let sending = start.elapsed();
    let committed = records(&clients[0]).await?.saturating_sub(before);
    let draining = Instant::now();
    let mut report = LoadReport { rate, sent: rate * seconds, committed, ..LoadReport::default() };
    let mut latencies = Vec::new();
    while let Some(sent) = requests.join_next().await {
        let Sent { answers, latency, failed } = sent.context("a request broke off")?;
        for code in answers {
            *report.answers.entry(code).or_default() += 1;
        }
        latencies.extend(latency);
        report.failed_requests += u64::from(failed);
    }
    drain(&clients).await?;
    report.drained_ms = milliseconds(draining.elapsed());
    report.sending_ms = milliseconds(sending);
    report.committed_per_second = committed * 1_000 / report.sending_ms.max(1);
    report.latency = Latency::of(latencies);
    Ok(report)
}

async fn send_all(clients: &[Client], payments: Vec<Payment>, rate: u64) -> JoinSet<Sent> {
    let mut requests = JoinSet::new();
    let mut rest = payments.into_iter();
    let start = Instant::now();
    let mut ticks = tokio::time::interval(TICK);
    let (mut sent, mut turn) = (0_u64, 0_usize);
    while rest.len() > 0 {
        ticks.tick().await;
        let due = (rate * milliseconds(start.elapsed()) / 1_000).saturating_sub(sent);
        let mut batch: Vec<Payment> =
            rest.by_ref().take(usize::try_from(due).unwrap_or(usize::MAX)).collect();
        sent += batch.len() as u64;
        for sample in batch.drain(..batch.len().min(SAMPLES_PER_TICK)) {
            turn += 1;
            requests.spawn(send_sample(clients[turn % clients.len()].clone(), sample));
        }
        while !batch.is_empty() {
            let part = batch.drain(..batch.len().min(SUBMIT_COUNT_MAX));
            let encoded = part.map(|payment| payment.encoded).collect();
            turn += 1;
            requests.spawn(send_batch(clients[turn % clients.len()].clone(), encoded));
        }
    }
    requests
}

async fn send_sample(client: Client, payment: Payment) -> Sent {
    let start = Instant::now();
    let answers = client.submit_and_wait(&[payment.encoded], SAMPLE_LIMIT).await;
    let latency = start.elapsed();
    let mut sent = Sent { answers: Vec::new(), latency: None, failed: answers.is_err() };
    for answer in answers.unwrap_or_default() {
        if answer.status == SubmitStatus::Committed {
            sent.latency = Some(latency);
        }
        sent.answers.push(answer.code);
    }
    sent
}

async fn send_batch(client: Client, encoded: Vec<Vec<u8>>) -> Sent {
    let answers = client.submit(&encoded).await;
    let failed = answers.is_err();
    let answers = answers.unwrap_or_default().into_iter().map(|answer| answer.code).collect();
    Sent { answers, latency: None, failed }
}

/// Transactions in the ledger: all leaves but one a block.
pub async fn records(client: &Client) -> anyhow::Result<u64> {
    let header = client.latest_header().await?.header;
    Ok(header.log_size.saturating_sub(header.height.0).saturating_sub(1))
}

/// Waits until nothing waits at any node.
async fn drain(clients: &[Client]) -> anyhow::Result<()> {
    let deadline = Instant::now() + Duration::from_secs(120);
    for client in clients {
        while client.health().await?.waiting > 0 {
            ensure!(Instant::now() < deadline, "{} keeps transactions", client.base_url());
            tokio::time::sleep(TICK).await;
        }
    }
    Ok(())
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// The processes' memory, in KiB, node by node.
pub fn resident_kib(cluster: &Cluster) -> BTreeMap<String, u64> {
    let resident = |number: usize| {
        let process = cluster.process(number).ok()??;
        Some((format!("node-{number}"), process.resident_kib()?))
    };
    cluster.running().into_iter().filter_map(resident).collect()
}

/// The nodes' counters, node by node.
pub async fn metrics(cluster: &Cluster) -> anyhow::Result<BTreeMap<usize, measure::Metrics>> {
    let mut all = BTreeMap::new();
    for number in cluster.running() {
        all.insert(number, measure::metrics(&cluster.client(number)?).await?);
    }
    Ok(all)
}
