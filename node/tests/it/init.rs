//! A node that could not run is not made.

use std::fs;
use std::path::Path;

use minglian_client::key_file::passphrase::Passphrase;
use minglian_client::key_file::{KeyFile, KeyKind};
use minglian_node::config::Config;
use minglian_node::node;
use rand::rngs::OsRng;

use crate::rpc_world::genesis;

const GOOD: &str = "correct horse battery";

fn config(directory: &Path, peer: &str, port: u32) -> Config {
    let path = directory.join("node.toml");
    let text = format!(
        "name = \"node\"\ndata_directory = \"data\"\ngenesis = \"genesis.json\"\n\
         http_address = \"127.0.0.1:26800\"\n\
         [consensus]\nlisten = \"/ip4/127.0.0.1/tcp/{port}\"\n\
         [gossip]\nlisten = \"/ip4/127.0.0.1/tcp/27100\"\n\
         [keys]\npeer = \"{peer}\"\nvalidator = \"validator.key\"\n"
    );
    fs::write(&path, text).unwrap();
    Config::read(&path).unwrap()
}

#[test]
fn keys_passphrase_and_addresses_are_looked_at_before_anything_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    fs::create_dir(directory.join("data")).unwrap();
    let json = serde_json::to_string(&genesis()).unwrap();
    fs::write(directory.join("genesis.json"), json).unwrap();
    let passphrase = |text: &str| Passphrase::new(text.to_owned()).unwrap();
    for (name, kind) in [("peer.key", KeyKind::Peer), ("validator.key", KeyKind::Validator)] {
        KeyFile::generate(&directory.join(name), kind, &passphrase(GOOD), &mut OsRng).unwrap();
    }
    for (peer, port, text, says) in [
        ("absent.key", 27_000, GOOD, "absent.key"),
        ("validator.key", 27_000, GOOD, "validator.key"),
        ("peer.key", 27_000, "correct horse batterx", "peer.key"),
        ("peer.key", 99_999, GOOD, "99999"),
    ] {
        let refused = node::init(&config(directory, peer, port), &passphrase(text)).unwrap_err();
        assert!(refused.to_string().contains(says), "{refused}");
        assert!(!directory.join("data/ledger").exists(), "{says}");
    }
    node::init(&config(directory, "peer.key", 27_000), &passphrase(GOOD)).unwrap();
    assert!(directory.join("data/ledger").exists());
}
