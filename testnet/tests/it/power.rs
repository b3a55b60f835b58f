//! The power cut itself: what it leaves and what it takes.

use std::fs;
use std::path::Path;
use std::process::Command;

use minglian_testnet::fault::power::Shim;

/// Runs shell commands in `data` under the shim, as a node would run.
fn run(shim: &Shim, data: &Path, script: &str) {
    let environment = shim.environment(data, 0).unwrap();
    let status = Command::new("sh")
        .args(["-e", "-c", script])
        .current_dir(data)
        .envs(environment)
        .status()
        .unwrap();
    assert!(status.success());
}

fn network_directory() -> (tempfile::TempDir, Shim) {
    let directory = tempfile::tempdir().unwrap();
    let shim = Shim::build(directory.path()).unwrap();
    fs::create_dir(directory.path().join("data")).unwrap();
    (directory, shim)
}

#[test]
fn a_cut_takes_what_was_not_synced_and_leaves_what_was() {
    let (directory, shim) = network_directory();
    let data = directory.path().join("data");
    fs::write(data.join("old"), "there before").unwrap();
    let script = "
        printf synced > kept && sync kept && sync .
        printf never-synced > lost
        printf named-only > named && sync . && printf x >> named
        printf nameless > nameless && sync nameless
        mv old renamed
        rm -f gone";
    run(&shim, &data, script);
    shim.cut(&data, 0).unwrap();
    assert_eq!(fs::read_to_string(data.join("kept")).unwrap(), "synced");
    assert!(data.join("lost").exists(), "its name was synced with the directory, after it");
    assert!(data.join("named").exists());
    assert!(!data.join("nameless").exists(), "its directory was not synced after it");
    assert_eq!(fs::read_to_string(data.join("old")).unwrap(), "there before");
    assert!(!data.join("renamed").exists(), "the new name was not synced");
}

#[test]
fn what_was_appended_after_the_last_sync_stays_in_part_at_most() {
    let (directory, shim) = network_directory();
    let data = directory.path().join("data");
    let (head, tail) = ("h".repeat(100), "t".repeat(1_000));
    let script = format!("printf {head} > log && sync log && sync . && printf {tail} >> log");
    let mut lengths = Vec::new();
    for _ in 0..12 {
        run(&shim, &data, &script);
        shim.cut(&data, 0).unwrap();
        let left = fs::read_to_string(data.join("log")).unwrap();
        assert!(left.starts_with(&head) && left[100..].chars().all(|letter| letter == 't'));
        lengths.push(left.len());
    }
    lengths.sort_unstable();
    assert!(lengths[0] < lengths[11], "always the same {} bytes stay", lengths[0]);
    assert!(lengths[0] < 1_100, "nothing is ever lost");
}
