//! `minglian audit`: the whole ledger in a directory, and checking it without trusting anybody.
//!
//! An export is a directory of block files and one manifest. A block file holds up to
//! [`BLOCKS_PER_FILE`] certified blocks, each behind its length (4 bytes, little endian). The
//! manifest is a text of fixed form that names the chain, the heights and every file with its
//! BLAKE3 hash. Every byte of both carries meaning: the verifier rebuilds the manifest from what it
//! verified and compares.

pub mod database;
pub mod export;
pub mod proven;
pub mod verify;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::height::Height;
use minglian_ledger::transaction::ChainId;

use crate::chain::ChainError;

/// Blocks in one file.
pub const BLOCKS_PER_FILE: u64 = 1_000;

/// The manifest's name.
pub const MANIFEST: &str = "manifest.txt";

/// Largest file of an export that is read, in bytes.
pub const FILE_BYTES_MAX: u64 = 8 << 30;

/// Why an audit cannot be carried out, or what it found.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is not what an export holds.
    #[error("{path}, byte {offset}: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
    /// A block does not verify.
    #[error("{path}: {source}; 区块核验未通过,该账本不可信")]
    Block {
        /// The file.
        path: PathBuf,
        /// What is wrong, with height and record.
        source: Box<minglian_contracts::replica::ReplicaError>,
    },
    /// The database cannot be opened.
    #[error("opening the database 无法打开数据库: {source}")]
    Open {
        /// Why.
        source: Box<ChainError>,
    },
    /// A block of a database does not verify.
    #[error("{source}; 区块核验未通过,该数据库不可信")]
    Replica {
        /// What is wrong, with height and record.
        source: Box<minglian_contracts::replica::ReplicaError>,
    },
    /// A database ends before its tip.
    #[error(
        "height {height}: the database is damaged: block or certificate is missing \
         数据库已损坏:缺少区块或共识证书"
    )]
    NoBlock {
        /// The height.
        height: Height,
    },
    /// An entry of a database cannot be read, or is not what its block wrote.
    #[error("height {height}: {source}; 数据库条目与区块不符,该数据库已损坏")]
    Entry {
        /// The height whose block wrote it, or the last.
        height: Height,
        /// What is wrong, with column and key.
        source: Box<ChainError>,
    },
    /// The genesis cannot start a chain.
    #[error(transparent)]
    Genesis(Box<minglian_contracts::replica::ReplicaError>),
    /// The book does not balance.
    #[error("after height {height}: {source}; 账目不平")]
    Book {
        /// The last height.
        height: Height,
        /// The account and what is wrong with it.
        source: Box<minglian_contracts::invariants::Violation>,
    },
    /// The node.
    #[error(transparent)]
    Client(#[from] minglian_client::ClientError),
    /// The node serves another chain than it said, or its blocks in another order.
    #[error("the node answered with {0}; 节点的应答前后不符")]
    Node(String),
}

/// What a manifest says of one block file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    /// The first height in it.
    pub first: Height,
    /// The last height in it.
    pub last: Height,
    /// The hash of its bytes.
    pub hash: AttachmentHash,
}

impl FileEntry {
    /// The file's name, which follows from its first height.
    pub fn name(first: Height) -> String {
        format!("blocks-{:012}.bin", first.0)
    }
}

/// The manifest's text.
pub fn manifest(chain_id: &ChainId, files: &[FileEntry]) -> String {
    let mut text = format!("minglian/export/v1\nchain {chain_id}\n");
    for FileEntry { first, last, hash } in files {
        // Writing to a String does not fail.
        let _ = writeln!(
            text,
            "file {} heights {first} to {last} blake3 {hash}",
            FileEntry::name(*first)
        );
    }
    text
}

fn file_error(path: &Path) -> impl FnOnce(std::io::Error) -> AuditError + '_ {
    move |source| AuditError::File { path: path.to_owned(), source }
}
