//! A node that lost its disk comes back from a backup, with a new key, and never signs twice; one
//! whose database lost its last blocks fetches them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use minglian_contracts::call::Call;
use minglian_contracts::governance::{self, Change};
use minglian_ledger::hash::ValidatorAddress;
use minglian_ledger::height::Height;
use minglian_testnet::fault::witness::Witness;
use minglian_testnet::keys::{self, Wanted};
use minglian_testnet::process::Signal;
use minglian_testnet::program;

use crate::network::{self, Network};
use crate::validators::change;

const LIMIT: Duration = Duration::from_secs(90);

/// The node that loses its disk.
const LOST: usize = 2;

/// `minglian node …` with the lost node's configuration.
fn node(network: &Network, command: &str, arguments: &[&Path]) -> anyhow::Result<String> {
    let mut minglian = network.minglian();
    minglian.args(["node", command, "--config"]).arg(network.directory().config(LOST));
    let name = if command == "backup" { "--out" } else { "--from" };
    for argument in arguments {
        minglian.arg(name).arg(argument);
    }
    program::output(&mut minglian)
}

fn refusal(answer: anyhow::Result<String>) -> String {
    answer.expect_err("the old key must not sign").to_string()
}

/// With the old key, whose mark is lost, there is no way back.
fn old_key_is_refused(network: &Network, backup: &Path) {
    let data = network.directory().data(LOST);
    let refused = refusal(node(network, "restore", &[backup]));
    assert!(refused.contains("is on the ledger of this backup"), "{refused}");
    assert!(!data.join("ledger").exists() && !data.join("signer.mark").exists());
    fs::create_dir(data.join("ledger")).unwrap();
    for file in fs::read_dir(backup).unwrap().map(|file| file.unwrap()) {
        fs::copy(file.path(), data.join("ledger").join(file.file_name())).unwrap();
    }
    let refused = refusal(node(network, "run", &[]));
    assert!(refused.contains("signer.mark is missing"), "{refused}");
    assert!(refused.contains("minglian node restore --help"), "{refused}");
    let refused = refusal(node(network, "restore", &[backup]));
    assert!(refused.contains("is not empty"), "{refused}");
    fs::remove_dir_all(&data).unwrap();
}

/// Restores as the documentation says, and returns the change that governors must decide.
fn restore_with_new_key(network: &Network, backup: &Path) -> Change {
    let out = network.directory().node(LOST).join("validator-2.key");
    let wanted = [Wanted { kind: "validator", out }];
    let minglian = network.minglian();
    let minglian = Path::new(minglian.get_program());
    let made = keys::make(minglian, &wanted, &network.directory().passphrase()).unwrap().remove(0);
    let config = network.directory().config(LOST);
    let text = fs::read_to_string(&config).unwrap();
    assert!(text.contains("\"validator.key\""));
    fs::write(&config, text.replace("\"validator.key\"", "\"validator-2.key\"")).unwrap();
    let printed = node(network, "restore", &[backup]).unwrap();
    let printed: serde_json::Value = serde_json::from_str(&printed).unwrap();
    let call: Call = serde_json::from_value(printed["call"].clone()).unwrap();
    let Call::Governance(governance::Call::ChangeValidators { change, .. }) = call else {
        panic!("another call: {printed}")
    };
    let Change::Replace { old, new } = &change else { panic!("another change: {change:?}") };
    assert_eq!(*old, network.nodes()[LOST].validator.address());
    assert_eq!(new.consensus_key, made.public_key);
    change
}

/// The signers of the blocks after `from` at a node, block by block.
async fn signers(network: &Network, from: Height, count: u64) -> Vec<Vec<ValidatorAddress>> {
    let client = network.client(0).unwrap();
    let mut signers = Vec::new();
    for height in from.0 + 1..=from.0 + count {
        let certificate = client.header(Height(height)).await.unwrap().certificate.unwrap();
        signers.push(certificate.signatures.iter().map(|signed| signed.address).collect());
    }
    signers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_restored_from_backup_rejoins_with_a_new_key_and_never_signs_twice() {
    let network = network::up(4, 0).await;
    let witness = Witness::start(&network).await.unwrap();
    let backup = network.directory().path().join("backup");
    network.signal(LOST, Signal::Terminate).unwrap();
    node(&network, "backup", &[&backup]).unwrap();
    // It votes on after the backup, and then its disk is lost.
    network.start(LOST).unwrap();
    network.wait_healthy(LOST).await.unwrap();
    let height = network.wait_level(LIMIT).await.unwrap();
    network.wait_height(LOST, Height(height.0 + 5), LIMIT).await.unwrap();
    network.signal(LOST, Signal::Kill).unwrap();
    fs::remove_dir_all(network.directory().data(LOST)).unwrap();

    old_key_is_refused(&network, &backup);
    let replacement = restore_with_new_key(&network, &backup);
    let Change::Replace { old, new } = &replacement else { unreachable!() };
    let (old, new) = (*old, new.address());
    network.start(LOST).unwrap();
    network.wait_healthy(LOST).await.unwrap();
    network.wait_level(LIMIT).await.unwrap();
    let governors = [0, 1, 3].map(|node: usize| network.nodes()[node].validator.organization);
    let votes_from = change(&network, &governors, replacement).await;
    network.wait_height(LOST, votes_from, LIMIT).await.unwrap();

    // With another node away there is no quorum without the new key.
    network.signal(1, Signal::Kill).unwrap();
    let height = network.client(0).unwrap().latest_header().await.unwrap().header.height;
    network.wait_height(0, Height(height.0 + 6), LIMIT).await.unwrap();
    for signers in signers(&network, Height(height.0 + 3), 3).await {
        assert!(signers.contains(&new) && !signers.contains(&old), "{signers:?}");
    }
    network.start(1).unwrap();
    network.wait_healthy(1).await.unwrap();

    network.conclude(witness).await;
}

/// The end of the write-ahead log is gone, as after damage that RocksDB takes for a torn write.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_lost_its_last_blocks_is_refused_and_then_fetches_them() {
    let network = network::up(4, 0).await;
    let witness = Witness::start(&network).await.unwrap();
    network.signal(LOST, Signal::Kill).unwrap();
    let ledger = network.directory().data(LOST).join("ledger");
    let files = fs::read_dir(&ledger).unwrap().map(|file| file.unwrap().path());
    let is_log = |file: &PathBuf| file.extension().is_some_and(|extension| extension == "log");
    let length = |file: &PathBuf| fs::metadata(file).unwrap().len();
    let log = files.filter(is_log).max_by_key(length).unwrap();
    let half = length(&log) / 2;
    fs::OpenOptions::new().write(true).open(&log).unwrap().set_len(half).unwrap();
    for _ in 0..2 {
        let refused = refusal(node(&network, "run", &[]));
        assert!(refused.contains("its write-ahead log has lost blocks"), "{refused}");
        assert!(refused.contains(&ledger.join("TIP").display().to_string()), "{refused}");
    }
    fs::remove_file(ledger.join("TIP")).unwrap();
    network.start(LOST).unwrap();
    network.wait_healthy(LOST).await.unwrap();
    network.wait_level(LIMIT).await.unwrap();
    // With another node away there is no quorum without it: it votes again, with its old key.
    network.signal(1, Signal::Kill).unwrap();
    let height = network.client(0).unwrap().latest_header().await.unwrap().header.height;
    network.wait_height(0, Height(height.0 + 3), LIMIT).await.unwrap();
    network.start(1).unwrap();
    network.wait_healthy(1).await.unwrap();
    network.conclude(witness).await;
}
