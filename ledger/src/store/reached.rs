//! What a database has reached, in a file beside its own, to miss what RocksDB drops in silence.
//!
//! RocksDB reads its write-ahead log up to the first broken record and drops the rest without a
//! word, as it must after a power cut, which tears the end in any way; so it does with the
//! manifest, the list of its tables. Damage to what was safe on disk looks the same. So after each
//! block was synced, its height and a hash of the manifest's synced bytes are written to this file.
//! The file itself is not synced and costs nothing: whatever a power cut leaves of it, it never
//! names more than was safe before. A database that has less was damaged.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use borsh::{BorshDeserialize, BorshSerialize};

use super::StoreError;
use crate::height::Height;

/// The file's name in the database's directory.
const NAME: &str = "TIP";

/// RocksDB's file that names the manifest in use.
const CURRENT: &str = "CURRENT";

/// Largest file read: some hundred bytes are written.
const BYTES_MAX: u64 = 4_096;

/// The content of the file.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Content {
    height: Height,
    manifest: Manifest,
}

/// A manifest's first bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
struct Manifest {
    name: String,
    bytes: u64,
    hash: [u8; 32],
}

/// The open file.
#[derive(Debug)]
pub(super) struct Reached {
    directory: PathBuf,
    file: File,
    manifest: Mutex<Manifest>,
}

impl Reached {
    /// Opens the file in the database's directory, creating it.
    pub(super) fn open(directory: &Path) -> Result<Self, StoreError> {
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false);
        let file = file.open(directory.join(NAME)).map_err(failed(directory))?;
        let manifest = Mutex::default();
        Ok(Self { directory: directory.to_owned(), file, manifest })
    }

    /// Refuses a manifest that is not what it was, before RocksDB opens the database and deletes
    /// the tables that the manifest no longer names.
    pub(super) fn check_manifest(directory: &Path) -> Result<(), StoreError> {
        let Some(Content { manifest, .. }) = read(directory)? else { return Ok(()) };
        let current = fs::read_to_string(directory.join(CURRENT)).map_err(failed(directory))?;
        // Another one is in use if the program ended while it opened the database.
        if current.trim_end() != manifest.name {
            return Ok(());
        }
        let found = Manifest::of(directory, &manifest.name, Some(manifest.bytes));
        if found.map_err(failed(directory))? == manifest {
            return Ok(());
        }
        Err(StoreError::Manifest { path: directory.join(manifest.name) })
    }

    /// Refuses a database that ends below the height in the file. A file that is not there, that
    /// was cut short, or that is damaged itself, says nothing.
    pub(super) fn check_height(&self, tip: Height) -> Result<(), StoreError> {
        match read(&self.directory)? {
            Some(Content { height: reached, .. }) if tip < reached => {
                Err(StoreError::Shortened { path: self.directory.join(NAME), tip, reached })
            }
            _ => Ok(()),
        }
    }

    /// Writes the height of a block that is on disk.
    pub(super) fn set(&self, height: Height) -> Result<(), StoreError> {
        self.write(height).map_err(failed(&self.directory))
    }

    fn write(&self, height: Height) -> io::Result<()> {
        let mut manifest = self.manifest.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.directory.join(&manifest.name);
        if !fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() == manifest.bytes) {
            // It grows with every new table, which is seldom.
            let current = fs::read_to_string(self.directory.join(CURRENT))?;
            *manifest = Manifest::of(&self.directory, current.trim_end(), None)?;
        }
        let content = Content { height, manifest: manifest.clone() };
        let mut bytes = borsh::to_vec(&content)?;
        bytes.extend_from_slice(blake3::hash(&bytes).as_bytes());
        self.file.write_all_at(&bytes, 0)
    }
}

impl Manifest {
    /// The manifest's first bytes, or all of it as it is now, synced.
    fn of(directory: &Path, name: &str, bytes: Option<u64>) -> io::Result<Self> {
        let mut file = File::open(directory.join(name))?;
        let bytes = match bytes {
            Some(bytes) => bytes,
            None => {
                let bytes = file.metadata()?.len();
                file.sync_all()?;
                bytes
            }
        };
        let mut hasher = blake3::Hasher::new();
        io::copy(&mut (&mut file).take(bytes), &mut hasher)?;
        Ok(Self { name: name.to_owned(), bytes, hash: *hasher.finalize().as_bytes() })
    }
}

/// The file's content, if it is there and whole.
fn read(directory: &Path) -> Result<Option<Content>, StoreError> {
    let file = match File::open(directory.join(NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(failed(directory))?,
    };
    let mut bytes = Vec::new();
    file.take(BYTES_MAX).read_to_end(&mut bytes).map_err(failed(directory))?;
    // A longer name may have stood here before: what follows the hash is not read.
    let mut rest = bytes.as_slice();
    let Ok(content) = Content::deserialize(&mut rest) else { return Ok(None) };
    let length = bytes.len() - rest.len();
    let hash = blake3::hash(bytes.get(..length).unwrap_or_default());
    Ok(Some(content).filter(|_| rest.get(..32) == Some(hash.as_bytes())))
}

fn failed(directory: &Path) -> impl FnOnce(io::Error) -> StoreError + '_ {
    move |source| StoreError::File { path: directory.join(NAME), source }
}
