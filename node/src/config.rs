//! The node's one configuration file.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use minglian_ledger::deposit::MediaType;
use serde::{Deserialize, Serialize};

pub use bucket::BucketSettings;

mod bucket;

/// Connections that one client may have, unless the configuration says otherwise: as many as the
/// interface serves requests and streams at a time, which leaves some for others.
pub const HTTP_CONNECTIONS_PER_CLIENT_MAX: usize = 1_536;

/// How much of the interface's places for requests that last one client may hold, in percent,
/// unless the configuration says otherwise.
pub const HTTP_SHARE_PER_CLIENT_PERCENT: usize = 25;

/// Largest attachment that a configuration can allow, in bytes.
pub const ATTACHMENT_BYTES_MAX: u64 = 1 << 30;

/// Everything a node is told. A key that is not named here is refused, so that a misspelt setting
/// does not pass for a default. Paths are relative to the file's directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The node's name in logs and metrics.
    pub name: String,
    /// Where the ledger, the consensus log and undecided blocks are kept.
    pub data_directory: PathBuf,
    /// The chain's genesis file.
    pub genesis: PathBuf,
    /// Consensus port.
    pub consensus: Listen,
    /// Port for transactions, cosignatures and attachments between nodes.
    pub gossip: Listen,
    /// HTTP address for clients. It has no TLS: put a proxy in front of it, or keep it local.
    pub http_address: SocketAddr,
    /// HTTP connections that one client may have: an IPv4 address, or an IPv6 network of 64 bits.
    /// Behind a proxy all clients are one.
    #[serde(default = "default_http_connections_per_client_max")]
    pub http_connections_per_client_max: usize,
    /// How much of the interface's places for requests that last one client may hold, in percent.
    #[serde(default = "default_http_share_per_client_percent")]
    pub http_share_per_client_percent: usize,
    /// Key files.
    pub keys: KeyPaths,
    /// Peers besides the validators: `/ip4/…/tcp/…/p2p/…` of observers.
    #[serde(default)]
    pub observers: Vec<String>,
    /// Longest time without a block, in seconds.
    #[serde(default = "default_heartbeat_seconds")]
    pub heartbeat_seconds: u64,
    /// How long to wait for a proposer before the next one takes its turn, in milliseconds.
    #[serde(default = "default_propose_timeout_ms")]
    pub propose_timeout_ms: u64,
    /// How far the time of a new proposal may lie behind this node's clock, in milliseconds. A
    /// proposal that is made again after an outage may be older.
    #[serde(default = "default_proposal_age_ms_max")]
    pub proposal_age_ms_max: u64,
    /// Attachments.
    #[serde(default)]
    pub attachments: AttachmentSettings,
    /// Batches of private subsidies.
    #[serde(default)]
    pub subsidies: SubsidySettings,
}

/// What this node does about batches of private subsidies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SubsidySettings {
    /// Most bytes of their leaves and proofs.
    pub bytes_max: u64,
    /// Whether it keeps envelopes of others' batches, as a custodian: `keys.service` signs for
    /// them.
    pub keeps_envelopes: bool,
    /// Most bytes of envelopes.
    pub envelope_bytes_max: u64,
}

impl Default for SubsidySettings {
    fn default() -> Self {
        let (bytes_max, envelope_bytes_max) = (256 << 30, 256 << 30);
        Self { bytes_max, keeps_envelopes: false, envelope_bytes_max }
    }
}

/// What attachments this node keeps, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AttachmentSettings {
    /// Where; `attachments` in the data directory if it is empty.
    pub directory: PathBuf,
    /// Most bytes of one attachment. All validators should have the same.
    pub bytes_max: u64,
    /// Most bytes of all.
    pub total_bytes_max: u64,
    /// Most bytes of one organisation, named by records or not. All validators should have the
    /// same, and the same of the next three.
    pub organization_bytes_max: u64,
    /// Most attachments of one organisation.
    pub organization_count_max: u64,
    /// Most openings of one organisation.
    pub organization_openings_max: u64,
    /// Most bytes of the openings of one organisation.
    pub organization_opening_bytes_max: u64,
    /// Most bytes of one organisation that no record names yet.
    pub waiting_bytes_max: u64,
    /// Most attachments of one organisation that no record names yet.
    pub waiting_count_max: u64,
    /// For how many heights an attachment waits for a record that names it.
    pub waiting_heights_max: u64,
    /// Which types are taken.
    pub types: Vec<MediaType>,
    /// The bucket that holds their bytes; none if the directory does.
    pub s3: Option<BucketSettings>,
}

impl Default for AttachmentSettings {
    fn default() -> Self {
        Self {
            directory: PathBuf::new(),
            bytes_max: 64 << 20,
            total_bytes_max: 256 << 30,
            organization_bytes_max: 32 << 30,
            organization_count_max: 200_000,
            organization_openings_max: 500_000,
            organization_opening_bytes_max: 1 << 30,
            waiting_bytes_max: 1 << 30,
            waiting_count_max: 1_000,
            waiting_heights_max: 10_000,
            types: MediaType::ALL.to_vec(),
            s3: None,
        }
    }
}

impl AttachmentSettings {
    /// Whether a type is taken.
    pub fn takes(&self, media_type: MediaType) -> bool {
        self.types.contains(&media_type)
    }
}

/// A port of the peer-to-peer network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listen {
    /// Multiaddress to listen on, such as `/ip4/127.0.0.1/tcp/27000`.
    pub listen: String,
}

/// Where the node's keys are. Each is a file of its own kind, encrypted with the passphrase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyPaths {
    /// Names the node to its peers.
    pub peer: PathBuf,
    /// Signs votes; none for an observer.
    pub validator: Option<PathBuf>,
    /// Signs checkpoint cosignatures; none for an observer.
    pub cosigner: Option<PathBuf>,
    /// Signs the log's checkpoints, at the node that holds it.
    pub log: Option<PathBuf>,
    /// Signs what the node itself enters for its organisation: its part in keys, verdicts about
    /// batches of private subsidies, receipts for envelopes. A maker's key of the organisation
    /// that serves nothing else; without it the node only reports.
    pub service: Option<PathBuf>,
    /// File with the passphrase of the key files; asked for when there is none.
    pub passphrase_file: Option<PathBuf>,
}

fn default_http_connections_per_client_max() -> usize {
    HTTP_CONNECTIONS_PER_CLIENT_MAX
}

fn default_http_share_per_client_percent() -> usize {
    HTTP_SHARE_PER_CLIENT_PERCENT
}

fn default_heartbeat_seconds() -> u64 {
    600
}

fn default_propose_timeout_ms() -> u64 {
    1_000
}

fn default_proposal_age_ms_max() -> u64 {
    60_000
}

/// The configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a configuration.
    #[error("the configuration {path} is faulty: {reason}")]
    Faulty {
        /// The file.
        path: PathBuf,
        /// What is wrong, with line and key.
        reason: String,
    },
}

impl Config {
    /// Reads a configuration; relative paths become relative to its directory.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|source| ConfigError::Read { path: path.to_owned(), source })?;
        let faulty = |reason| ConfigError::Faulty { path: path.to_owned(), reason };
        let mut config: Self = toml::from_str(&text).map_err(|error| faulty(error.to_string()))?;
        if config.heartbeat_seconds == 0 || config.propose_timeout_ms == 0 {
            return Err(faulty("heartbeat_seconds and propose_timeout_ms are at least 1".into()));
        }
        if config.http_connections_per_client_max == 0 {
            return Err(faulty("http_connections_per_client_max is at least 1".into()));
        }
        if !(1..=100).contains(&config.http_share_per_client_percent) {
            return Err(faulty("http_share_per_client_percent is 1 to 100".into()));
        }
        if config.proposal_age_ms_max <= config.propose_timeout_ms {
            let reason = "proposal_age_ms_max is more than propose_timeout_ms";
            return Err(faulty(reason.to_owned()));
        }
        let Self { attachments, .. } = &config;
        if attachments.bytes_max == 0 || attachments.bytes_max > ATTACHMENT_BYTES_MAX {
            let reason = format!("attachments.bytes_max is 1 to {ATTACHMENT_BYTES_MAX}");
            return Err(faulty(reason));
        }
        if let Some(Err(reason)) = attachments.s3.as_ref().map(BucketSettings::check) {
            return Err(faulty(format!("[attachments.s3]: {reason}")));
        }
        if config.subsidies.keeps_envelopes && config.keys.service.is_none() {
            let reason = "subsidies.keeps_envelopes needs keys.service, which signs the receipts";
            return Err(faulty(reason.to_owned()));
        }
        let directory = path.parent().unwrap_or(Path::new("."));
        config.resolve(directory);
        Ok(config)
    }

    fn resolve(&mut self, directory: &Path) {
        let keys = &mut self.keys;
        let optional = [&mut keys.validator, &mut keys.cosigner, &mut keys.log, &mut keys.service];
        let mut paths = vec![&mut self.data_directory, &mut self.genesis, &mut keys.peer];
        paths.extend(optional.into_iter().flatten());
        paths.extend(keys.passphrase_file.as_mut());
        paths.extend(self.attachments.s3.as_mut().map(|s3| &mut s3.credentials_file));
        for path in paths {
            *path = directory.join(&*path);
        }
        let attachments = &self.attachments.directory;
        self.attachments.directory = if attachments.as_os_str().is_empty() {
            self.data_directory.join("attachments")
        } else {
            directory.join(attachments)
        };
    }

    /// The ledger's database.
    pub fn ledger_path(&self) -> PathBuf {
        self.data_directory.join("ledger")
    }

    /// The engine's write-ahead log. Never backed up.
    pub fn consensus_log_path(&self) -> PathBuf {
        self.data_directory.join("consensus.wal")
    }

    /// The signer's mark. Never backed up.
    pub fn mark_path(&self) -> PathBuf {
        self.data_directory.join("signer.mark")
    }

    /// Shares of keys that nobody holds, and seeds of keys that are being made. A share is backed
    /// up apart from everything else, or not at all: it is to be destroyed with the key.
    pub fn threshold_path(&self) -> PathBuf {
        self.data_directory.join("threshold")
    }

    /// Openings of commitments. Backed up apart from the ledger: they can be erased.
    pub fn openings_path(&self) -> PathBuf {
        self.data_directory.join("openings")
    }

    /// Leaves and proofs of batches of private subsidies.
    pub fn batches_path(&self) -> PathBuf {
        self.data_directory.join("batches")
    }

    /// Envelopes of which this node is a custodian.
    pub fn envelopes_path(&self) -> PathBuf {
        self.data_directory.join("envelopes")
    }

    /// Undecided block bodies.
    pub fn bodies_path(&self) -> PathBuf {
        self.data_directory.join("undecided")
    }
}
