//! The height that a database has reached, in a file beside its own.
//!
//! RocksDB reads its write-ahead log up to the first broken record and drops the rest without a
//! word, as it must after a power cut, which tears the end in any way. Damage to a block that was
//! safe on disk looks the same. So the height of each block is written to this file after the block
//! was synced. The file itself is not synced and costs nothing: whatever a power cut leaves of it,
//! it never names a height that was not safe before. A database that ends below it has lost blocks.

use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use super::StoreError;
use crate::height::Height;

/// The file's name in the database's directory.
const NAME: &str = "TIP";

/// The height, big-endian, and its complement.
const BYTES: usize = 16;

/// The open file.
#[derive(Debug)]
pub(super) struct Reached {
    file: File,
    path: PathBuf,
}

impl Reached {
    /// Opens the file in the database's directory, creating it.
    pub(super) fn open(directory: &Path) -> Result<Self, StoreError> {
        let path = directory.join(NAME);
        let mut options = OpenOptions::new();
        match options.read(true).write(true).create(true).truncate(false).open(&path) {
            Ok(file) => Ok(Self { file, path }),
            Err(source) => Err(StoreError::File { path, source }),
        }
    }

    /// Refuses a database that ends below the height in the file. A file that was cut short, or
    /// that is damaged itself, says nothing.
    pub(super) fn check(&self, tip: Height) -> Result<(), StoreError> {
        let mut bytes = Vec::new();
        (&self.file)
            .take(2 * BYTES as u64)
            .read_to_end(&mut bytes)
            .map_err(|source| StoreError::File { path: self.path.clone(), source })?;
        match parse(&bytes) {
            Some(reached) if tip < reached => {
                Err(StoreError::Shortened { path: self.path.clone(), tip, reached })
            }
            _ => Ok(()),
        }
    }

    /// Writes the height of a block that is on disk.
    pub(super) fn set(&self, height: Height) -> Result<(), StoreError> {
        let bytes = [height.0.to_be_bytes(), (!height.0).to_be_bytes()].concat();
        self.file
            .write_all_at(&bytes, 0)
            .map_err(|source| StoreError::File { path: self.path.clone(), source })
    }
}

fn parse(bytes: &[u8]) -> Option<Height> {
    let bytes: &[u8; BYTES] = bytes.try_into().ok()?;
    let (height, complement) = bytes.split_first_chunk::<8>()?;
    let height = u64::from_be_bytes(*height);
    (complement == (!height).to_be_bytes()).then_some(Height(height))
}
