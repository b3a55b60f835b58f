//! Programs of others look at a real explorer beside four real nodes on which the year was entered.
//!
//! What each of them checks stands in `testnet/outside`, a file each; here are the ledger, and what
//! is known of it from elsewhere.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use minglian_client::checkpoint;
use minglian_testnet::cluster::Cluster;
use minglian_testnet::year::{self, Wanted};
use minglian_testnet::{check, program};
use serde_json::{Value, json};

use crate::explorer::{Explorer, eventually};
use crate::network;

/// The checks.
const CHECKS: [&str; 5] = ["giving", "package", "parquet", "log", "api"];

/// What the checks share; no checks themselves.
const SHARED: [&str; 2] = ["explorer", "c2sp"];

/// How long nodes may take until they have what the highest has.
const LEVEL_LIMIT: Duration = Duration::from_secs(90);

/// Where the checks are.
fn checks() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("outside")
}

/// The Python that has the programs of others.
pub fn python() -> PathBuf {
    let told = std::env::var_os("OUTSIDE_PYTHON").map(PathBuf::from);
    let python = told.unwrap_or_else(|| {
        Path::new(&std::env::var_os("HOME").unwrap()).join(".cache/minglian/outside/bin/python")
    });
    assert!(python.is_file(), "{}: make setup-outside brings it", python.display());
    python
}

/// The newest signed head, once so many keys have signed it.
async fn head(explorer: &Explorer, signatures: usize) -> String {
    let mut head = String::new();
    let is_signed = async || {
        head = explorer.page("/log/checkpoint").await;
        head.lines().filter(|line| line.starts_with('\u{2014}')).count() >= signatures
    };
    eventually("the head is signed", is_signed).await;
    head
}

/// What is known without the explorer: the genesis' keys, the nodes' blocks executed again, and a
/// head that somebody kept.
async fn facts(network: &Cluster, explorer: &Explorer, earlier: &str) -> Value {
    let genesis = network.genesis().unwrap();
    let log_key = checkpoint::log_key(&genesis).unwrap();
    let cosigners = checkpoint::cosigners(log_key.name(), &genesis.validators).unwrap();
    let cosigners: Vec<Value> =
        cosigners.iter().map(|(key, power)| json!([key.to_string(), power])).collect();
    let executed = check::run(network).await.unwrap();
    json!({
        "explorer": format!("http://{}", explorer.address),
        "ledger": {
            "records": executed.transactions,
            "refused": executed.refused,
            "movements": executed.movements,
            "accounts": executed.accounts,
            "origins_fen": executed.origins_fen,
        },
        "log_key": log_key.to_string(),
        "cosigners": cosigners,
        "earlier_checkpoint": earlier,
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_of_others_find_nothing_wrong() {
    let python = python();
    let network = network::up(4, 0).await;
    let explorer = Explorer::start(&network, 0);
    let earlier = head(&explorer, 1).await;
    let wanted = Wanted { scale: Some(1), ..Wanted::default() };
    assert_eq!(year::run(&network, wanted).await.unwrap().tally.surprises, Vec::new());
    explorer.wait_height(network.wait_level(LEVEL_LIMIT).await.unwrap()).await;
    // The log's own signature, and a cosignature of each validator.
    head(&explorer, 1 + network.nodes().len()).await;

    let file = explorer.directory.path().join("facts.json");
    let facts = facts(&network, &explorer, &earlier).await;
    std::fs::write(&file, facts.to_string()).unwrap();
    let mut faults = Vec::new();
    for name in CHECKS {
        let mut command = Command::new(&python);
        command.arg("-B").arg(checks().join(format!("{name}.py"))).arg(&file);
        let done = tokio::task::spawn_blocking(move || program::output(&mut command));
        match done.await.unwrap() {
            Ok(said) => println!("{name}\n{said}"),
            Err(error) => faults.push(format!("{name}: {error:#}")),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn every_check_is_run() {
    let names = std::fs::read_dir(checks()).unwrap().map(|entry| entry.unwrap().path());
    let programs = names.filter(|path| path.extension().is_some_and(|it| it == "py"));
    let names = programs.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    let mut names: Vec<String> = names.filter(|name| !SHARED.contains(&name.as_str())).collect();
    names.sort();
    let mut listed = CHECKS;
    listed.sort_unstable();
    assert_eq!(names, listed);
}
