//! Faults under load: nodes are killed, or lose their power, and nothing that was acknowledged may
//! be lost.
//!
//! A payment is acknowledged when a node's answer says that it is committed. Every acknowledged
//! payment is remembered, and at the end each node must have each of them, at the same place.

pub mod kill;
pub mod power;
pub mod power_cut;
pub mod witness;

use serde::Serialize;

use crate::check::{self, CheckReport};
use crate::cluster::Cluster;
use crate::fault::witness::Witness;

/// What a run of faults found.
#[derive(Debug, Clone, Serialize)]
pub struct FaultReport {
    /// What was done.
    pub fault: &'static str,
    /// How many times.
    pub cycles: u32,
    /// How many nodes were hit, over all cycles.
    pub hits: u32,
    /// Payments that were acknowledged, each found on every node at its place.
    pub acknowledged: usize,
    /// Acknowledged payments that a node did not have, or had elsewhere. Not one may be.
    pub lost: usize,
    /// The network afterwards.
    pub check: CheckReport,
}

/// Stops the load, waits until all nodes are level, and looks for everything acknowledged.
async fn conclude(
    cluster: &Cluster,
    witness: Witness,
    fault: &'static str,
    cycles: u32,
    hits: u32,
) -> anyhow::Result<FaultReport> {
    let acknowledged = witness.stop().await?;
    cluster.wait_level(kill::LEVEL_LIMIT).await?;
    let lost = witness::missing(cluster, &acknowledged).await?;
    let check = check::run(cluster).await?;
    for place in &lost {
        eprintln!("lost: {place}");
    }
    let report = FaultReport {
        fault,
        cycles,
        hits,
        acknowledged: acknowledged.len(),
        lost: lost.len(),
        check,
    };
    anyhow::ensure!(lost.is_empty(), "acknowledged payments were lost: {report:?}");
    anyhow::ensure!(!acknowledged.is_empty(), "nothing was acknowledged: {report:?}");
    Ok(report)
}
