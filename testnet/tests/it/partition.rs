//! The network between the nodes breaks, heals and slows down.

use std::path::Path;
use std::time::Duration;

use minglian_client::wire::{SubmitStatus, TransactionStatus};
use minglian_testnet::act::COMMIT_LIMIT;
use minglian_testnet::cluster::Cluster;
use minglian_testnet::relay::{Relays, Weather};
use minglian_testnet::setup::Plan;
use minglian_testnet::workload::{Payment, Workload};
use minglian_testnet::{check, load, program};

use crate::network::Network;

/// Longer than every timeout of a few rounds.
const HALT: Duration = Duration::from_secs(10);

const RESUME: Duration = Duration::from_secs(90);

async fn up() -> (Network, Relays) {
    let own = Path::new(env!("CARGO_BIN_EXE_minglian-testnet"));
    let minglian = program::find_beside("minglian", own).unwrap();
    let plan = Plan { has_relays: true, ..Plan::validators(4) };
    let network = Network::create(&minglian, &plan);
    let relays = Relays::start(&network).await.unwrap();
    network.up().await.unwrap();
    (network, relays)
}

async fn pay(cluster: &Cluster, node: usize, payments: &[Payment]) {
    let encoded: Vec<_> = payments.iter().map(|payment| &payment.encoded).collect();
    let client = cluster.client(node).unwrap();
    for answer in client.submit_and_wait(&encoded, COMMIT_LIMIT).await.unwrap() {
        assert_eq!(answer.status, SubmitStatus::Committed, "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_parted_in_halves_halts_and_resumes_when_it_heals() {
    let (network, relays) = up().await;
    let mut workload = Workload::prepare(&network).await.unwrap();
    network.wait_level(RESUME).await.unwrap();
    relays.set(Weather::parted(4, &[&[0, 1], &[2, 3]]));
    let payments = workload.sign(2).unwrap();
    let halves = [network.client(0).unwrap(), network.client(2).unwrap()];
    let before = load::records(&halves[0]).await.unwrap();
    let encoded = [[&payments[0].encoded], [&payments[1].encoded]];
    let answers = tokio::join!(
        halves[0].submit_and_wait(&encoded[0], HALT),
        halves[1].submit_and_wait(&encoded[1], HALT),
    );
    for (half, answers) in halves.iter().zip([answers.0, answers.1]) {
        let answers = answers.unwrap();
        assert_eq!(answers[0].status, SubmitStatus::Admitted, "half a network commits nothing");
        assert_eq!(load::records(half).await.unwrap(), before);
    }
    relays.set(Weather::default());
    for (half, payment) in halves.iter().zip(&payments) {
        let view = half.transaction(&payment.id, Some(RESUME)).await.unwrap();
        assert_eq!(view.status, TransactionStatus::Committed, "what waited is committed");
    }
    network.wait_level(RESUME).await.unwrap();
    assert_eq!(check::run(&network).await.unwrap().nodes, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_cut_off_catches_up_over_a_slow_network() {
    let (network, relays) = up().await;
    let mut workload = Workload::prepare(&network).await.unwrap();
    network.wait_level(RESUME).await.unwrap();
    relays.set(Weather::parted(4, &[&[0, 1, 2]]));
    let alone = network.client(3).unwrap();
    let before = load::records(&alone).await.unwrap();
    for _ in 0..5 {
        pay(&network, 0, &workload.sign(20).unwrap()).await;
    }
    assert_eq!(load::records(&alone).await.unwrap(), before, "nothing reaches it");
    // Every connection that it makes now is slow, each by another time.
    relays.set(Weather { delay_max: Duration::from_millis(200), ..Weather::default() });
    network.wait_level(RESUME).await.unwrap();
    assert!(load::records(&alone).await.unwrap() >= before + 100);
    pay(&network, 3, &workload.sign(20).unwrap()).await;
    network.wait_level(RESUME).await.unwrap();
    assert_eq!(check::run(&network).await.unwrap().nodes, 4);
}
