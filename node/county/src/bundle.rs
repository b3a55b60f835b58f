//! A batch as a directory: `batch.json` names every other file with its size and hash. Nothing in
//! it opens an amount; envelopes are ciphertext, and go to their custodians only.

pub mod verify;

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_client::key_file::private_file::{self, PrivateFileError};
use minglian_ledger::fen::Fen;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::subsidy::batch::SealedBatch;
use minglian_ledger::subsidy::domain::{BatchId, SealHash};
use minglian_ledger::subsidy::envelope::ENVELOPE_BYTES;
use minglian_ledger::subsidy::leaf::LEAF_BYTES;
use minglian_ledger::subsidy::scheme::BatchError;
use minglian_ledger::subsidy::standards::{STANDARDS_MAX, Standards};
use minglian_ledger::subsidy::tree::{BATCH_LEAVES_MAX, CHUNK_LEAVES};
use serde::{Deserialize, Serialize};

use crate::batch::Made;

/// The version of the directory's format.
pub const VERSION: u32 = 1;

const MANIFEST: &str = "batch.json";
const SEALED: &str = "sealed.bin";
const STANDARDS: &str = "standards.bin";
const MANIFEST_BYTES_MAX: u64 = 1024 * 1024;
const HEADER_BYTES_MAX: u64 = 64 * 1024;
/// Largest file with one chunk's proofs: range proofs are smaller than those of a full table.
const PROOFS_BYTES_MAX: u64 = CHUNK_LEAVES as u64 * 32 * 3 * STANDARDS_MAX as u64;

/// Why a directory was not written, not read, or holds no valid batch.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// A file.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// The directory, or a file in it.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// Something stands where the directory goes.
    #[error("{0} exists already and is not overwritten")]
    Exists(PathBuf),
    /// A file that does not read, or of another version.
    #[error("{0} is not in the form of a batch's files")]
    Format(PathBuf),
    /// A file of another size or hash than `batch.json` says.
    #[error("{0} is not the file that batch.json names 文件与清单不符")]
    Hash(PathBuf),
    /// The header is not the one that `batch.json` names.
    #[error("batch.json names another batch, number of leaves or total than the header")]
    Header,
    /// The batch does not hold.
    #[error(transparent)]
    Batch(#[from] BatchError),
    /// An envelope is not the leaf's.
    #[error("the envelope of leaf {0} is not the one that the leaf names")]
    Envelope(u32),
    /// An envelope was not made for the escrow key.
    #[error("the envelope of leaf {index}: {source}")]
    Escrow {
        /// The leaf.
        index: u32,
        /// Why.
        source: minglian_ledger::subsidy::envelope::EnvelopeError,
    },
    /// There is no such leaf.
    #[error("the batch has no leaf {0}")]
    NoLeaf(u32),
}

/// A file with its size and hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Its size in bytes.
    pub bytes: u64,
    /// Its hash, as that of an attachment.
    pub hash: AttachmentHash,
}

/// The files of one chunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChunkFiles {
    /// `leaves-NNNNN.bin`.
    pub leaves: Named,
    /// `proofs-NNNNN.bin`.
    pub proofs: Named,
    /// `envelopes-NNNNN.bin`.
    pub envelopes: Named,
}

/// `batch.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`VERSION`].
    pub version: u32,
    /// The batch.
    pub batch: BatchId,
    /// What clerk and approver sign.
    pub seal: SealHash,
    /// Leaves.
    pub leaves: u32,
    /// What left the account, in fen.
    pub total: Fen,
    /// `sealed.bin`: the header with its proofs.
    pub sealed: Named,
    /// `standards.bin`: what may be paid. The ledger's count, not these.
    pub standards: Named,
    /// The chunks, in order.
    pub chunks: Vec<ChunkFiles>,
}

/// A directory whose header was read.
pub struct Bundle {
    directory: PathBuf,
    /// What is in it.
    pub manifest: Manifest,
    /// The header with its proofs.
    pub sealed: SealedBatch,
    /// What the directory says may be paid.
    pub standards: Standards,
}

fn named(bytes: &[u8]) -> Named {
    let hash = AttachmentHash::of(&[bytes]);
    Named { bytes: u64::try_from(bytes.len()).unwrap_or(u64::MAX), hash }
}

fn chunk_name(kind: &str, number: usize) -> String {
    format!("{kind}-{number:05}.bin")
}

/// Writes a batch. The directory appears whole or not at all.
///
/// # Errors
/// [`BundleError`].
pub fn write(made: &Made, directory: &Path) -> Result<Manifest, BundleError> {
    if directory.exists() {
        return Err(BundleError::Exists(directory.to_owned()));
    }
    let mut unfinished = directory.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let failed = |source| BundleError::Io { path: unfinished.clone(), source };
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(failed)?;
    }
    fs::create_dir(&unfinished).map_err(failed)?;
    let put = |name: &str, bytes: &[u8]| -> Result<Named, BundleError> {
        private_file::create(&unfinished.join(name), bytes)?;
        Ok(named(bytes))
    };
    let mut chunks = Vec::new();
    let bodies = made.body.leaves.iter().zip(&made.body.proofs).zip(&made.envelopes);
    for (number, ((leaves, proofs), envelopes)) in bodies.enumerate() {
        chunks.push(ChunkFiles {
            leaves: put(&chunk_name("leaves", number), leaves)?,
            proofs: put(&chunk_name("proofs", number), proofs)?,
            envelopes: put(&chunk_name("envelopes", number), envelopes)?,
        });
    }
    let header = &made.sealed.header;
    let manifest = Manifest {
        version: VERSION,
        batch: header.name.id(),
        seal: made.sealed.hash(),
        leaves: header.leaves,
        total: header.total,
        sealed: put(SEALED, &encode(&made.sealed, &unfinished)?)?,
        standards: put(STANDARDS, &encode(&made.standards, &unfinished)?)?,
        chunks,
    };
    let json = serde_json::to_vec_pretty(&manifest)
        .map_err(|_| BundleError::Format(unfinished.join(MANIFEST)))?;
    put(MANIFEST, &json)?;
    fs::rename(&unfinished, directory).map_err(failed)?;
    Ok(manifest)
}

fn encode(value: &impl BorshSerialize, path: &Path) -> Result<Vec<u8>, BundleError> {
    borsh::to_vec(value).map_err(|_| BundleError::Format(path.to_owned()))
}

fn read_file(path: &Path, bytes_max: u64) -> Result<Vec<u8>, BundleError> {
    let failed = |source| BundleError::Io { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(bytes_max.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    if bytes_max < u64::try_from(bytes.len()).unwrap_or(u64::MAX) {
        return Err(BundleError::Format(path.to_owned()));
    }
    Ok(bytes)
}

impl Bundle {
    /// Reads manifest and header.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn open(directory: &Path) -> Result<Self, BundleError> {
        let path = directory.join(MANIFEST);
        let format = || BundleError::Format(path.clone());
        let json = read_file(&path, MANIFEST_BYTES_MAX)?;
        let manifest: Manifest = serde_json::from_slice(&json).map_err(|_| format())?;
        let chunks = u32::try_from(manifest.chunks.len()).map_err(|_| format())?;
        let is_sound = manifest.version == VERSION
            && (1..=BATCH_LEAVES_MAX).contains(&manifest.leaves)
            && chunks == manifest.leaves.div_ceil(CHUNK_LEAVES);
        if !is_sound {
            return Err(format());
        }
        let sealed = decode(directory, SEALED, &manifest.sealed)?;
        let standards = decode(directory, STANDARDS, &manifest.standards)?;
        let bundle = Self { directory: directory.to_owned(), manifest, sealed, standards };
        let (header, said) = (&bundle.sealed.header, &bundle.manifest);
        let is_named = said.batch == header.name.id()
            && said.seal == bundle.sealed.hash()
            && said.leaves == header.leaves
            && said.total == header.total;
        if is_named { Ok(bundle) } else { Err(BundleError::Header) }
    }

    /// The leaves of a chunk.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn leaves(&self, number: usize) -> Result<Vec<u8>, BundleError> {
        let bytes_max = u64::from(CHUNK_LEAVES).saturating_mul(LEAF_BYTES as u64);
        self.chunk("leaves", number, bytes_max, |files| &files.leaves)
    }

    /// The proofs of a chunk.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn proofs(&self, number: usize) -> Result<Vec<u8>, BundleError> {
        self.chunk("proofs", number, PROOFS_BYTES_MAX, |files| &files.proofs)
    }

    /// The envelopes of a chunk; none if they are with their custodians only.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn envelopes(&self, number: usize) -> Result<Option<Vec<u8>>, BundleError> {
        if !self.directory.join(chunk_name("envelopes", number)).exists() {
            return Ok(None);
        }
        let bytes_max = u64::from(CHUNK_LEAVES).saturating_mul(ENVELOPE_BYTES as u64);
        self.chunk("envelopes", number, bytes_max, |files| &files.envelopes).map(Some)
    }

    fn chunk(
        &self,
        kind: &str,
        number: usize,
        bytes_max: u64,
        which: fn(&ChunkFiles) -> &Named,
    ) -> Result<Vec<u8>, BundleError> {
        let path = self.directory.join(chunk_name(kind, number));
        let files = self.manifest.chunks.get(number);
        let files = files.ok_or_else(|| BundleError::Format(path.clone()))?;
        let bytes = read_file(&path, bytes_max)?;
        if named(&bytes) == *which(files) { Ok(bytes) } else { Err(BundleError::Hash(path)) }
    }
}

fn decode<T: BorshDeserialize>(
    directory: &Path,
    name: &str,
    said: &Named,
) -> Result<T, BundleError> {
    let path = directory.join(name);
    let bytes = read_file(&path, HEADER_BYTES_MAX)?;
    if named(&bytes) != *said {
        return Err(BundleError::Hash(path));
    }
    borsh::from_slice(&bytes).map_err(|_| BundleError::Format(path))
}
