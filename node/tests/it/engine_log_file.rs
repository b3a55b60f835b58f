//! The engine's log as a power cut leaves it.

use std::fs;

use minglian_node::engine::log_file;

fn entry(data: &[u8]) -> Vec<u8> {
    let length = (data.len() as u64).to_be_bytes();
    [&[0][..], &length, &[1, 2, 3, 4], data].concat()
}

#[test]
fn empty_bytes_at_the_end_are_cut_off_and_nothing_else_is() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("consensus.wal");
    log_file::prepare(&path).unwrap();
    assert!(!path.exists());
    let header = [0_u8, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 9];
    let entries = [entry(b"vote"), entry(&[0; 40])].concat();
    let whole = [&header[..], &entries].concat();
    for (tail, kept) in [
        (vec![], 0),
        (vec![0; 1], 0),
        (vec![0; 13], 0),
        (vec![0; 9_000], 0),
        // What is no empty tail is left to the engine, which names the damage.
        ([vec![0; 13], vec![1]].concat(), 14),
        (entry(b"cut")[..15].to_vec(), 15),
    ] {
        fs::write(&path, [&whole[..], &tail].concat()).unwrap();
        log_file::prepare(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap().len(), whole.len() + kept, "{} bytes", tail.len());
        assert!(fs::read(&path).unwrap().starts_with(&whole));
    }
}
