//! What a network's directory holds.
//!
//! ```text
//! cluster.json        which nodes there are, and their addresses
//! genesis.json        what everybody pins
//! officers.json       the officers' keys, for commands that act for all signers (演示 only)
//! passphrase          opens every key file here
//! keys/               the officers' key files
//! node-0/             node.toml, keys, data/, log, pid
//! explorer.pid        the demonstration's explorer
//! verify.html         the offline verifier that is recorded on the ledger
//! ```

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use minglian_ledger::genesis::{Genesis, OrganizationKind, Role};
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::validators::Validator;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A network's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory(PathBuf);

/// Which nodes a network has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The nodes, node 0 first.
    pub nodes: Vec<NodeEntry>,
}

/// A node of the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodeEntry {
    /// Who runs it.
    pub bureau: String,
    /// Its HTTP address.
    pub http: SocketAddr,
    /// Its record as a validator.
    pub validator: Validator,
    /// Whether it waits to be added: it is no validator of the genesis, and not started.
    pub spare: bool,
    /// Where relays listen for it, in a network that was made with them.
    #[serde(default)]
    pub relays: Option<RelayPorts>,
}

/// The ports of a node behind relays: for consensus, then for gossip.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayPorts {
    /// Where the relays listen: the ledger names these.
    pub published: [u16; 2],
    /// Where the node listens.
    pub listening: [u16; 2],
}

/// An officer's key file, with what the ledger knows of the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficerEntry {
    /// The officer's organisation.
    pub organization: OrganizationCode,
    /// Its name.
    pub organization_name: String,
    /// What it is.
    pub kind: OrganizationKind,
    /// The division where it acts.
    pub division: u32,
    /// What the key may do.
    pub role: Role,
    /// The public half.
    pub public_key: PublicKey,
    /// The key file, relative to the index.
    pub key_file: PathBuf,
}

/// The index of all officers' keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficersIndex {
    /// The file with the passphrase of all key files, relative to the index.
    pub passphrase_file: PathBuf,
    /// The officers.
    pub officers: Vec<OfficerEntry>,
}

impl Directory {
    /// The directory at `path`, which need not exist; it becomes absolute.
    pub fn new(path: &Path) -> anyhow::Result<Self> {
        Ok(Self(std::path::absolute(path)?))
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Which nodes there are.
    pub fn manifest(&self) -> PathBuf {
        self.0.join("cluster.json")
    }

    /// The genesis file.
    pub fn genesis(&self) -> PathBuf {
        self.0.join("genesis.json")
    }

    /// The index of the officers' keys.
    pub fn officers(&self) -> PathBuf {
        self.0.join("officers.json")
    }

    /// The passphrase file.
    pub fn passphrase(&self) -> PathBuf {
        self.0.join("passphrase")
    }

    /// The officers' key files.
    pub fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// The directory of a node.
    pub fn node(&self, index: usize) -> PathBuf {
        self.0.join(format!("node-{index}"))
    }

    /// The configuration of a node.
    pub fn config(&self, index: usize) -> PathBuf {
        self.node(index).join("node.toml")
    }

    /// The data directory of a node.
    pub fn data(&self, index: usize) -> PathBuf {
        self.node(index).join("data")
    }

    /// The log of a node.
    pub fn log(&self, index: usize) -> PathBuf {
        self.node(index).join("log")
    }

    /// The pid file of a node.
    pub fn pid_file(&self, index: usize) -> PathBuf {
        self.node(index).join("pid")
    }

    /// The pid file of the demonstration's explorer.
    pub fn explorer_pid_file(&self) -> PathBuf {
        self.0.join("explorer.pid")
    }

    /// The offline verifier, once it is recorded on the ledger.
    pub fn offline_verifier(&self) -> PathBuf {
        self.0.join("verify.html")
    }

    /// Reads the genesis.
    pub fn read_genesis(&self) -> anyhow::Result<Genesis> {
        let genesis: Genesis = read_json(&self.genesis())?;
        genesis.check()?;
        Ok(genesis)
    }
}

/// Reads a JSON file.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let bytes = fs::read(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} does not read", path.display()))
}

/// Writes a new JSON file.
pub fn write_json(path: &Path, value: &impl Serialize) -> anyhow::Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value)?;
    bytes.push(b'\n');
    fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}

/// Writes a new file that only its owner can read.
pub fn write_private(path: &Path, content: &str) -> anyhow::Result<()> {
    let mut options = fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .with_context(|| format!("creating {}", path.display()))?;
    file.write_all(content.as_bytes())?;
    Ok(())
}
