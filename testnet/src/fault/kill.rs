//! SIGKILL of random nodes under load.

use std::time::Duration;

use rand::Rng as _;

use super::{FaultReport, Witness, conclude};
use crate::cluster::Cluster;
use crate::process::Signal;

/// How long a node that returns may take until it has what the others have.
pub(super) const LEVEL_LIMIT: Duration = Duration::from_secs(120);

/// How long a node runs between two kills, at most.
const UP_MS_MAX: u64 = 1_200;

/// How long it stays down, at most.
const DOWN_MS_MAX: u64 = 800;

/// Kills a random node `cycles` times and starts it again.
pub async fn run(cluster: &Cluster, cycles: u32) -> anyhow::Result<FaultReport> {
    let witness = Witness::start(cluster).await?;
    for cycle in 1..=cycles {
        let (node, up, down) = draw(cluster.nodes().len());
        tokio::time::sleep(up).await;
        cluster.signal(node, Signal::Kill)?;
        tokio::time::sleep(down).await;
        cluster.start(node)?;
        let health = cluster.wait_healthy(node).await?;
        if cycle % 10 == 0 || cycle == cycles {
            eprintln!("{cycle} of {cycles} kills; node {node} is back at {}", health.height);
        }
    }
    conclude(cluster, witness, "SIGKILL", cycles, cycles).await
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
