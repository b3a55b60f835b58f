//! A short version of `minglian-testnet fault`: what was acknowledged survives kills and power
//! cuts.

use minglian_testnet::fault::{kill, power_cut};

use crate::network;

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_payments_survive_sigkill() {
    let network = network::up(4, 0).await;
    let report = kill::run(&network, 6).await.unwrap();
    assert_eq!((report.lost, report.check.unwrap().nodes), (0, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_payments_survive_power_cuts() {
    let network = network::up(4, 0).await;
    let report = power_cut::run(&network, 4).await.unwrap();
    assert_eq!((report.lost, report.check.unwrap().nodes), (0, 4));
}
