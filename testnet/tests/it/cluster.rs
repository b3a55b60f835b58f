//! Four nodes: started twice, one killed, back again, checked, stopped.

use std::time::Duration;

use minglian_client::wire::SubmitStatus;
use minglian_testnet::act::COMMIT_LIMIT;
use minglian_testnet::check;
use minglian_testnet::process::Signal;
use minglian_testnet::workload::{Payment, Workload};

use crate::network::{self, Network};

const CATCH_UP: Duration = Duration::from_secs(60);

/// Payments that must be committed and applied, brought to one node.
async fn pay(network: &Network, node: usize, payments: &[Payment]) {
    let encoded: Vec<_> = payments.iter().map(|payment| &payment.encoded).collect();
    let client = network.client(node).unwrap();
    for answer in client.submit_and_wait(&encoded, COMMIT_LIMIT).await.unwrap() {
        assert_eq!(answer.status, SubmitStatus::Committed, "{answer:?}");
        assert!(answer.committed.unwrap().receipt.applied);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_node_returns_and_catches_up() {
    let network = network::up(4, 0).await;
    let mut workload = Workload::prepare(&network).await.unwrap();
    pay(&network, 0, &workload.sign(100).unwrap()).await;

    network.signal(3, Signal::Kill).unwrap();
    assert_eq!(network.running(), [0, 1, 2]);
    pay(&network, 1, &workload.sign(100).unwrap()).await;
    network.start(3).unwrap();
    network.wait_healthy(3).await.unwrap();
    network.wait_level(CATCH_UP).await.unwrap();
    pay(&network, 3, &workload.sign(10).unwrap()).await;

    network.wait_level(CATCH_UP).await.unwrap();
    let report = check::run(&network).await.unwrap();
    assert_eq!((report.nodes, report.refused), (4, 0));
    assert!(report.transactions >= 210);

    let before: Vec<_> = (0..4).map(|node| network.process(node).unwrap().unwrap()).collect();
    network.up().await.unwrap();
    let after: Vec<_> = (0..4).map(|node| network.process(node).unwrap().unwrap()).collect();
    assert_eq!(before, after, "a network that is up stays as it is");
    network.down().unwrap();
    assert!(network.running().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_held_node_does_not_hold_the_others() {
    let network = network::up(4, 0).await;
    let mut workload = Workload::prepare(&network).await.unwrap();
    network.signal(2, Signal::Stop).unwrap();
    pay(&network, 0, &workload.sign(50).unwrap()).await;
    network.signal(2, Signal::Continue).unwrap();
    network.wait_level(CATCH_UP).await.unwrap();
    check::run(&network).await.unwrap();
}
