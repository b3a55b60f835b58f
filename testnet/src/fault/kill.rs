//! SIGKILL of random nodes under load.

use std::time::Duration;

use rand::Rng as _;

use super::{FaultReport, Witness, conclude, ended, revive, strike};
use crate::cluster::Cluster;

/// How long a node runs between two kills, at most.
const UP_MS_MAX: u64 = 1_200;

/// How long it stays down, at most.
const DOWN_MS_MAX: u64 = 800;

/// Kills a random node `cycles` times and starts it again.
pub async fn run(cluster: &Cluster, cycles: u32) -> anyhow::Result<FaultReport> {
    let witness = Witness::start(cluster).await?;
    let start = |node| cluster.start(node);
    let mut report = FaultReport { fault: "SIGKILL", cycles, ..FaultReport::default() };
    for cycle in 1..=cycles {
        let (node, up, down) = draw(cluster.nodes().len());
        tokio::time::sleep(up).await;
        report.own_stops += ended(cluster)?;
        if cluster.process(node)?.is_some() {
            strike(cluster, node)?;
            report.hits += 1;
        }
        tokio::time::sleep(down).await;
        report.own_stops += revive(cluster, start).await?;
        if cycle % 10 == 0 || cycle == cycles {
            eprintln!("{cycle} of {cycles} kills, {} own stops", report.own_stops);
        }
    }
    conclude(cluster, witness, start, report).await
}

/// Which node is killed, how long it runs before, how long it stays down.
fn draw(nodes: usize) -> (usize, Duration, Duration) {
    let mut random = rand::thread_rng();
    (
        random.gen_range(0..nodes),
        Duration::from_millis(random.gen_range(0..=UP_MS_MAX)),
        Duration::from_millis(random.gen_range(0..=DOWN_MS_MAX)),
    )
}
