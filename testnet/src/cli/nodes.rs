//! Commands on the nodes of a network: how they are, signals, checking them.

use std::collections::BTreeMap;

use anyhow::ensure;
use tokio::task::JoinSet;

use super::print;
use crate::check;
use crate::cluster::Cluster;
use crate::process::Signal;

/// Sends a signal to a node and says so.
pub fn send(cluster: &Cluster, node: usize, signal: Signal) -> anyhow::Result<()> {
    cluster.signal(node, signal)?;
    let done = match signal {
        Signal::Kill | Signal::Terminate => "has ended 已结束",
        Signal::Stop => "is held 已暂停",
        Signal::Continue => "goes on 已继续",
    };
    println!("node {node} {done}");
    say_halt(cluster);
    Ok(())
}

/// Starts a node that does not run.
pub async fn restart(cluster: &Cluster, node: usize) -> anyhow::Result<()> {
    cluster.start(node)?;
    let health = cluster.wait_healthy(node).await?;
    println!("node {node} runs 运行中, at height {}", health.height);
    Ok(())
}

/// Checks the nodes; fails if a validator was not asked, unless `allow_dead`.
pub async fn check_all(cluster: &Cluster, allow_dead: bool) -> anyhow::Result<()> {
    let report = check::run(cluster).await?;
    print(&report)?;
    say_halt(cluster);
    let silent: Vec<String> = report.not_asked.iter().map(|node| format!("node {node}")).collect();
    let silent = silent.join(", ");
    ensure!(
        silent.is_empty() || allow_dead,
        "the nodes that answer agree, but {silent} was not asked, being down or held (`status`): \
         start it, or pass --allow-dead 未核验 {silent}"
    );
    Ok(())
}

/// Shows every node.
pub async fn status(cluster: &Cluster) -> anyhow::Result<()> {
    // Asked side by side, so that silent nodes cost one wait together.
    let mut asked = JoinSet::new();
    for number in cluster.awake() {
        let cluster = cluster.clone();
        asked.spawn(async move { (number, cluster.health(number).await) });
    }
    let answers: BTreeMap<usize, _> = asked.join_all().await.into_iter().collect();
    for (number, node) in cluster.nodes().iter().enumerate() {
        let process = match cluster.process(number)? {
            Some(process) => format!("pid {}", process.pid),
            None if node.spare => "spare".to_owned(),
            None => "down".to_owned(),
        };
        let health = match answers.get(&number) {
            Some(Ok(health)) => format!(
                "height {}, {} peers, {} waiting, {:?}",
                health.height, health.peers, health.waiting, health.status
            ),
            Some(Err(_)) => "does not answer".to_owned(),
            None if cluster.is_held(number) => "paused 已暂停".to_owned(),
            None => "does not run".to_owned(),
        };
        println!("node {number}  http://{}  {process}  {health}  {}", node.http, node.bureau);
    }
    say_halt(cluster);
    Ok(())
}

/// Says so where too few validators run to go on: each has a power of one.
fn say_halt(cluster: &Cluster) {
    let validators = cluster.nodes().iter().filter(|node| !node.spare).count();
    let (running, needed) = (cluster.awake().len(), validators * 2 / 3 + 1);
    if running < needed {
        eprintln!("HALTED 停止出块: {running} of {validators} validators run, {needed} are needed");
    }
}
