//! Power cuts under load: random nodes, all of them at times, lose every write that was not synced.

use std::collections::BTreeSet;
use std::time::Duration;

use rand::Rng as _;
use rand::seq::index;

use super::power::Shim;
use super::{FaultReport, Witness, conclude};
use crate::cluster::Cluster;
use crate::process::Signal;

/// How long the nodes run between two cuts: between these, in milliseconds.
const UP_MS: std::ops::RangeInclusive<u64> = 500..=2_500;

/// Cuts the power `cycles` times. Every node is started anew under the shim first.
pub async fn run(cluster: &Cluster, cycles: u32) -> anyhow::Result<FaultReport> {
    let shim = Shim::build(cluster.directory().path())?;
    let all: BTreeSet<usize> = (0..cluster.nodes().len()).collect();
    cluster.down()?;
    restart(cluster, &shim, &all).await?;
    let witness = Witness::start(cluster).await?;
    let mut hits = 0;
    for cycle in 1..=cycles {
        tokio::time::sleep(Duration::from_millis(rand::thread_rng().gen_range(UP_MS))).await;
        let struck = draw(all.len());
        for node in &struck {
            cluster.signal(*node, Signal::Kill)?;
        }
        for node in &struck {
            shim.cut(&cluster.directory().data(*node), *node)?;
        }
        restart(cluster, &shim, &struck).await?;
        hits += u32::try_from(struck.len())?;
        if cycle % 10 == 0 || cycle == cycles {
            eprintln!("{cycle} of {cycles} power cuts, {hits} nodes struck");
        }
    }
    conclude(cluster, witness, "power cut", cycles, hits).await
}

async fn restart(cluster: &Cluster, shim: &Shim, nodes: &BTreeSet<usize>) -> anyhow::Result<()> {
    for node in nodes {
        let environment = shim.environment(&cluster.directory().data(*node), *node)?;
        cluster.start_with(*node, &environment)?;
    }
    for node in nodes {
        cluster.wait_healthy(*node).await?;
    }
    Ok(())
}

/// Which nodes are struck: each number of them equally often.
fn draw(nodes: usize) -> BTreeSet<usize> {
    let mut random = rand::thread_rng();
    let count = random.gen_range(1..=nodes);
    index::sample(&mut random, nodes, count).into_iter().collect()
}
