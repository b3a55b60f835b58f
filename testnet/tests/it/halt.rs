//! More than a third of the voting power is gone: nothing is committed, nothing is lost.

use std::time::Duration;

use minglian_client::wire::{SubmitStatus, TransactionStatus};
use minglian_testnet::process::Signal;
use minglian_testnet::workload::Workload;
use minglian_testnet::{check, load};

use crate::network;

/// Longer than every timeout of a few rounds.
const HALT: Duration = Duration::from_secs(12);

const RESUME: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn two_of_four_halt_the_network_and_their_return_resumes_it() {
    let network = network::up(4, 0).await;
    let mut workload = Workload::prepare(&network).await.unwrap();
    for node in [1, 3] {
        network.signal(node, Signal::Kill).unwrap();
    }
    let client = network.client(0).unwrap();
    let before = load::records(&client).await.unwrap();
    let payment = workload.sign(1).unwrap().remove(0);
    let answers = client.submit_and_wait(&[&payment.encoded], HALT).await.unwrap();
    assert_eq!(answers[0].status, SubmitStatus::Admitted, "two of four commit nothing");
    assert_eq!(load::records(&client).await.unwrap(), before);

    for node in [1, 3] {
        network.start(node).unwrap();
    }
    let view = client.transaction(&payment.id, Some(RESUME)).await.unwrap();
    assert_eq!(view.status, TransactionStatus::Committed, "what waited is committed");
    network.wait_level(RESUME).await.unwrap();
    check::run(&network).await.unwrap();
}
