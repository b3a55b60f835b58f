//! Faults under load: nodes are killed, or lose their power, and nothing that was acknowledged may
//! be lost.
//!
//! A payment is acknowledged when a node's answer says that it is committed. Every acknowledged
//! payment is remembered, and at the end each node must have each of them, at the same place.

pub mod flips;
pub mod kill;
pub mod power;
pub mod power_cut;
pub mod slow_signer;
pub mod witness;

use std::time::Duration;

use anyhow::ensure;
use serde::Serialize;

use crate::check::{self, CheckReport};
use crate::cluster::Cluster;
use crate::fault::witness::Witness;
use crate::process::{Process, Signal};

/// How long a node that returns may take until it has what the others have.
const LEVEL_LIMIT: Duration = Duration::from_secs(120);

/// How often a node may end by itself in a row before that is a failure.
const OWN_STOPS_MAX: u32 = 5;

/// What a run of faults found.
#[derive(Debug, Clone, Default, Serialize)]
pub struct FaultReport {
    /// What was done.
    pub fault: &'static str,
    /// How many times.
    pub cycles: u32,
    /// How many nodes were hit, over all cycles.
    pub hits: u32,
    /// How often a node ended by itself and was started again, as a service manager would: a
    /// signer that does not remember why it signed ends rather than sign twice.
    pub own_stops: u32,
    /// Payments that were acknowledged, each found on every node at its place.
    pub acknowledged: usize,
    /// Acknowledged payments that a node did not have, or had elsewhere. Not one may be.
    pub lost: usize,
    /// The network afterwards.
    pub check: Option<CheckReport>,
}

/// Starts what does not run until every node runs; returns how often one ended by itself meanwhile.
async fn revive(
    cluster: &Cluster,
    start: impl Fn(usize) -> anyhow::Result<Process>,
) -> anyhow::Result<u32> {
    let mut own_stops = 0;
    for node in 0..cluster.nodes().len() {
        for attempt in 0.. {
            start(node)?;
            let answer = cluster.wait_healthy(node).await;
            if answer.is_ok() {
                break;
            }
            let ended = cluster.process(node)?.is_none();
            ensure!(ended && attempt < OWN_STOPS_MAX, "node {node} does not return: {answer:?}");
            own_stops += 1;
        }
    }
    Ok(own_stops)
}

/// Ends a node at once. It may have ended by itself a moment before.
fn strike(cluster: &Cluster, node: usize) -> anyhow::Result<()> {
    match cluster.process(node)? {
        Some(_) => cluster
            .signal(node, Signal::Kill)
            .or_else(|error| if cluster.process(node)?.is_none() { Ok(()) } else { Err(error) }),
        None => Ok(()),
    }
}

/// How many nodes have ended without being hit.
fn ended(cluster: &Cluster) -> anyhow::Result<u32> {
    Ok(u32::try_from(cluster.nodes().len() - cluster.running().len())?)
}

/// Stops the load, waits until all nodes are level, and looks for everything acknowledged.
async fn conclude(
    cluster: &Cluster,
    witness: Witness,
    start: impl Fn(usize) -> anyhow::Result<Process>,
    mut report: FaultReport,
) -> anyhow::Result<FaultReport> {
    let acknowledged = witness.stop().await?;
    for attempt in 0.. {
        report.own_stops += ended(cluster)?;
        report.own_stops += revive(cluster, &start).await?;
        match cluster.wait_level(LEVEL_LIMIT).await {
            Ok(_) => break,
            Err(error) if attempt >= OWN_STOPS_MAX || ended(cluster)? == 0 => return Err(error),
            Err(_) => {}
        }
    }
    let lost = witness::missing(cluster, &acknowledged).await?;
    for place in &lost {
        eprintln!("lost: {place}");
    }
    report.acknowledged = acknowledged.len();
    report.lost = lost.len();
    report.check = Some(check::run(cluster).await?);
    ensure!(lost.is_empty(), "acknowledged payments were lost: {report:?}");
    ensure!(!acknowledged.is_empty(), "nothing was acknowledged: {report:?}");
    Ok(report)
}
