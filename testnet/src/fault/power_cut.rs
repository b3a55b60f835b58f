//! Power cuts under load: random nodes, all of them at times, lose every write that was not synced.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::Rng as _;
use rand::seq::index;

use super::power::Shim;
use super::{FaultReport, Witness, conclude, ended, revive, strike};
use crate::cluster::Cluster;
use crate::process::Process;

/// How long the nodes run between two cuts: between these, in milliseconds.
const UP_MS: std::ops::RangeInclusive<u64> = 500..=2_500;

/// Cuts the power `cycles` times. Every node is started anew under the shim first.
pub async fn run(cluster: &Cluster, cycles: u32) -> anyhow::Result<FaultReport> {
    let shim = Shim::build(cluster.directory().path())?;
    let start = |node| start(cluster, &shim, node);
    cluster.down()?;
    revive(cluster, start).await?;
    let witness = Witness::start(cluster).await?;
    let mut report = FaultReport { fault: "power cut", cycles, ..FaultReport::default() };
    for cycle in 1..=cycles {
        tokio::time::sleep(Duration::from_millis(rand::thread_rng().gen_range(UP_MS))).await;
        report.own_stops += ended(cluster)?;
        let struck = draw(&cluster.running());
        for node in &struck {
            strike(cluster, *node)?;
        }
        for node in &struck {
            shim.cut(&cluster.directory().data(*node), *node)?;
        }
        report.hits += u32::try_from(struck.len())?;
        report.own_stops += revive(cluster, start).await?;
        if cycle % 10 == 0 || cycle == cycles {
            let FaultReport { hits, own_stops, .. } = report;
            eprintln!("{cycle} of {cycles} power cuts: {hits} nodes struck, {own_stops} own stops");
        }
    }
    conclude(cluster, witness, start, report).await
}

/// Starts a node under the shim, unless it runs.
fn start(cluster: &Cluster, shim: &Shim, node: usize) -> anyhow::Result<Process> {
    if let Some(process) = cluster.process(node)? {
        return Ok(process);
    }
    let environment = shim.environment(&cluster.directory().data(node), node)?;
    cluster.start_with(node, &environment)
}

/// Which of the running nodes are struck: each number of them equally often.
fn draw(running: &[usize]) -> BTreeSet<usize> {
    let mut random = rand::thread_rng();
    let Some(most) = std::num::NonZeroUsize::new(running.len()) else { return BTreeSet::new() };
    let count = random.gen_range(1..=most.get());
    let places = index::sample(&mut random, running.len(), count);
    places.into_iter().filter_map(|place| running.get(place).copied()).collect()
}
