//! Four nodes: started twice, one killed, back again, checked, stopped.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use minglian_client::wire::SubmitStatus;
use minglian_testnet::act::COMMIT_LIMIT;
use minglian_testnet::check;
use minglian_testnet::cluster::Cluster;
use minglian_testnet::process::{self, Signal};
use minglian_testnet::setup::Plan;
use minglian_testnet::workload::{Payment, Workload};

use serde_json::{Value, json};

use crate::network::{self, Network};

/// Runs `minglian-testnet` on a network.
fn testnet(network: &Network, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minglian-testnet"));
    command.arg("--directory").arg(network.directory().path());
    command.args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

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

    // Nobody waits for it, and every command says what it is.
    let status = testnet(&network, &["status"]);
    assert!(status.status.success(), "{status:?}");
    let line = text(&status.stdout).lines().nth(2).unwrap().to_owned();
    assert!(line.contains("node 2") && line.contains("paused"), "{line}");
    let check = testnet(&network, &["check"]);
    assert!(!check.status.success(), "{check:?}");
    assert!(text(&check.stderr).contains("node 2 was not asked"), "{check:?}");
    let check = testnet(&network, &["check", "--allow-dead"]);
    assert!(check.status.success(), "{check:?}");
    let report: Value = serde_json::from_slice(&check.stdout).unwrap();
    assert_eq!((&report["nodes"], &report["not_asked"]), (&json!(3), &json!([2])));
    let restart = testnet(&network, &["restart", "--node", "2"]);
    assert!(!restart.status.success() && text(&restart.stderr).contains("resume --node 2"));

    network.signal(2, Signal::Continue).unwrap();
    network.wait_level(CATCH_UP).await.unwrap();
    check::run(&network).await.unwrap();
}

/// What cannot be made is refused before anything is written, so that the next try finds nothing.
#[test]
fn a_network_that_cannot_be_made_leaves_nothing_behind() {
    let temporary = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let taken = listener.local_addr().unwrap().port();
    let plan = Plan::validators(4);
    let make = |directory: &Path, plan: &Plan| {
        let error = Cluster::create(Path::new("/nonexistent"), directory, plan).unwrap_err();
        format!("{error:#}")
    };
    let directory = temporary.path().join("network");
    for (faulty, said) in [
        (Plan { nodes: 0, ..plan.clone() }, "not 0"),
        (Plan { heartbeat_seconds: 0, ..plan.clone() }, "heartbeat"),
        (Plan { base_port: Some(65_530), ..plan.clone() }, "leaves no room"),
        (Plan { base_port: Some(0), ..plan.clone() }, "leaves no room"),
        (Plan { base_port: Some(taken.min(u16::MAX - 12)), ..plan.clone() }, "in use"),
    ] {
        let error = make(&directory, &faulty);
        assert!(error.contains(said), "{error}");
        assert!(!directory.exists(), "{said}");
    }
    make(&directory, &plan);
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 0, "what was begun is gone");

    fs::write(directory.join("file.txt"), "mine").unwrap();
    let error = make(&directory, &plan);
    assert!(error.contains("file.txt") && error.contains("no network's directory"), "{error}");
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
}

/// A demonstration that was killed leaves its explorer; `down` ends it too.
#[test]
fn a_network_that_goes_down_takes_its_explorer_along() {
    let network = Network::create(&network::minglian(), &Plan::validators(1));
    let directory = network.directory();
    let log = directory.path().join("explorer.log");
    let pid_file = directory.explorer_pid_file();
    let explorer = process::start(Command::new("sleep").arg("600"), &log, &pid_file).unwrap();
    let down = testnet(&network, &["down"]);
    assert!(down.status.success(), "{down:?}");
    assert!(!explorer.is_running());
}
