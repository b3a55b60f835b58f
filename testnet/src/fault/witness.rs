//! A load that remembers what was acknowledged.

use std::time::Duration;

use minglian_client::wire::SubmitStatus;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::LogIndex;
use rand::Rng as _;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cluster::Cluster;
use crate::workload::Workload;

/// How many payments are sent together.
const BATCH: usize = 40;

/// How many batches wait for their commit at the same time.
const SENDERS: usize = 3;

/// How long a batch may take; afterwards it is not acknowledged.
const WAIT_LIMIT: Duration = Duration::from_secs(15);

/// How long a sender waits when nobody answers.
const PAUSE: Duration = Duration::from_millis(200);

/// An acknowledged payment with its place in the log.
pub type Acknowledged = (TransactionId, LogIndex);

/// A running load.
pub struct Witness {
    stop: watch::Sender<bool>,
    senders: Vec<JoinHandle<anyhow::Result<Vec<Acknowledged>>>>,
}

impl Witness {
    /// Starts the load; units and officers are registered first.
    pub async fn start(cluster: &Cluster) -> anyhow::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let mut senders = Vec::new();
        for _ in 0..SENDERS {
            let workload = Workload::prepare(cluster).await?;
            senders.push(tokio::spawn(send(cluster.clone(), workload, stopped.clone())));
        }
        Ok(Self { stop, senders })
    }

    /// Stops the load and returns what was acknowledged.
    pub async fn stop(self) -> anyhow::Result<Vec<Acknowledged>> {
        self.stop.send_replace(true);
        let mut acknowledged = Vec::new();
        for sender in self.senders {
            acknowledged.extend(sender.await??);
        }
        Ok(acknowledged)
    }
}

async fn send(
    cluster: Cluster,
    mut workload: Workload,
    stopped: watch::Receiver<bool>,
) -> anyhow::Result<Vec<Acknowledged>> {
    let mut acknowledged = Vec::new();
    while !*stopped.borrow() {
        let number = rand::thread_rng().gen_range(0..cluster.nodes().len());
        let client = cluster.client(number)?;
        let payments = workload.sign(BATCH)?;
        let encoded: Vec<&[u8]> = payments.iter().map(|payment| &*payment.encoded).collect();
        // A node that is down, or goes down meanwhile, acknowledges nothing.
        let Ok(answers) = client.submit_and_wait(&encoded, WAIT_LIMIT).await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let committed = answers.into_iter().filter_map(|answer| {
            let place = answer.committed.filter(|_| answer.status == SubmitStatus::Committed)?;
            Some((answer.id?, place.index))
        });
        acknowledged.extend(committed);
    }
    Ok(acknowledged)
}

/// Acknowledged payments that a running node does not have at their place, in words.
pub async fn missing(
    cluster: &Cluster,
    acknowledged: &[Acknowledged],
) -> anyhow::Result<Vec<String>> {
    let mut missing = Vec::new();
    for number in cluster.running() {
        let client = cluster.client(number)?;
        for (id, index) in acknowledged {
            let found = client.transaction(id, None).await;
            let place = found.as_ref().ok().and_then(|view| view.committed.as_ref());
            if place.is_none_or(|place| place.index != *index) {
                missing.push(format!("{id} at {index}, node {number}: {found:?}"));
            }
        }
    }
    Ok(missing)
}
