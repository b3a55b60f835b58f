//! The bytes of attachments, by their names, in an object store: a directory unless another is
//! given. A name is the hash of the bytes, so no name that anybody sends is ever a path.
//!
//! `content/ab/abcd…` holds the bytes, `about/ab/abcd…` the [`Manifest`]; `damaged/abcd…` what was
//! found to be something else than its name says, until a good copy has come.

use std::io;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt as _;
use minglian_ledger::hash::AttachmentHash;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt as _, PutPayload, WriteMultipart};

use super::manifest::{Description, Manifest, PIECE_BYTES};
use super::wipe::wipe;

/// Pieces of one upload that may wait for the disk.
const WRITING_MAX: usize = 2;

/// Why bytes cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The object store.
    #[error("the store of attachments: {0}")]
    Store(#[from] object_store::Error),
    /// Its directory.
    #[error("{path}: {source}")]
    File {
        /// Which file or directory.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is here is not what its name says.
    #[error("the copy of attachment {0} is damaged")]
    Damaged(AttachmentHash),
}

/// The store.
#[derive(Debug, Clone)]
pub struct Blobs {
    store: Arc<dyn ObjectStore>,
    root: PathBuf,
}

fn path_of(part: &str, hash: &AttachmentHash) -> Path {
    let name = hash.to_string();
    Path::from_iter([part, &name[..2], name.as_str()])
}

fn damaged_path(hash: &AttachmentHash) -> Path {
    Path::from_iter(["damaged", hash.to_string().as_str()])
}

/// The name at the end of a path of the store.
fn name_of(path: &Path) -> Option<AttachmentHash> {
    path.filename()?.parse().ok()
}

impl Blobs {
    /// Opens, or makes, the store in `root`, and removes what interrupted uploads left.
    ///
    /// # Errors
    /// [`BlobError`] if the directory cannot be used.
    pub fn open(root: &FilePath) -> Result<Self, BlobError> {
        super::private_directory(root)
            .and_then(|()| remove_unfinished(root))
            .map_err(|source| BlobError::File { path: root.to_owned(), source })?;
        let store = LocalFileSystem::new_with_prefix(root)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), root: root.to_owned() })
    }

    /// Every manifest that is here and reads. What has bytes and no manifest never came whole.
    ///
    /// # Errors
    /// [`BlobError`] if the store cannot be read.
    pub async fn manifests(&self) -> Result<Vec<Manifest>, BlobError> {
        let mut manifests = Vec::new();
        let mut listed = self.store.list(Some(&Path::from("about")));
        while let Some(found) = listed.try_next().await? {
            let Some(hash) = name_of(&found.location) else { continue };
            let bytes = self.store.get(&found.location).await?.bytes().await?;
            match read_manifest(&hash, &bytes) {
                Some(manifest) => manifests.push(manifest),
                None => {
                    tracing::error!(%hash, "what stands beside an attachment is damaged");
                    self.set_aside(&hash).await?;
                }
            }
        }
        Ok(manifests)
    }

    /// Begins to write an attachment. It is kept when [`Writing::finish`] returns.
    ///
    /// # Errors
    /// [`BlobError`] if the store cannot be written.
    pub async fn write(&self, hash: &AttachmentHash) -> Result<Writing, BlobError> {
        let upload = self.store.put_multipart(&path_of("content", hash)).await?;
        let piece = usize::try_from(PIECE_BYTES).unwrap_or(usize::MAX);
        let parts = WriteMultipart::new_with_chunk_size(upload, piece);
        Ok(Writing { blobs: self.clone(), parts })
    }

    /// One piece, checked.
    ///
    /// # Errors
    /// [`BlobError::Damaged`] if it is not what the manifest says.
    pub async fn read(&self, manifest: &Manifest, number: u64) -> Result<Bytes, BlobError> {
        let damaged = |hash| BlobError::Damaged(hash);
        let Some(about) = Description::of(&manifest.deposit) else {
            return Err(damaged(AttachmentHash::default()));
        };
        let expected = usize::try_from(number).ok().and_then(|at| manifest.pieces.get(at));
        let expected = expected.ok_or(damaged(about.hash))?;
        let start = number.saturating_mul(PIECE_BYTES);
        let end = start.saturating_add(PIECE_BYTES).min(about.bytes);
        let read = self.store.get_range(&path_of("content", &about.hash), start..end).await;
        let bytes = match read {
            Ok(bytes) => bytes,
            // A file that is gone or shorter is damaged too; a disk that fails shows again.
            Err(error) => {
                tracing::warn!(hash = %about.hash, %error, "cannot read an attachment");
                return Err(damaged(about.hash));
            }
        };
        if AttachmentHash::of(&[&bytes]) != *expected {
            return Err(damaged(about.hash));
        }
        Ok(bytes)
    }

    /// The manifest of an attachment, if it is here.
    ///
    /// # Errors
    /// [`BlobError::Damaged`] if it does not read.
    pub async fn manifest(&self, hash: &AttachmentHash) -> Result<Option<Manifest>, BlobError> {
        let bytes = match self.store.get(&path_of("about", hash)).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found?.bytes().await?,
        };
        read_manifest(hash, &bytes).map(Some).ok_or(BlobError::Damaged(*hash))
    }

    /// Takes a damaged copy out of the way.
    ///
    /// # Errors
    /// [`BlobError`] if the store cannot be written.
    pub async fn set_aside(&self, hash: &AttachmentHash) -> Result<(), BlobError> {
        match self.store.rename(&path_of("content", hash), &damaged_path(hash)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        match self.store.delete(&path_of("about", hash)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Erases every copy of an attachment, overwriting its bytes; `false` if there was none. Waits
    /// for the disk.
    ///
    /// # Errors
    /// [`BlobError::File`] if a file cannot be written or removed.
    pub fn erase(&self, hash: &AttachmentHash) -> Result<bool, BlobError> {
        let mut was_here = false;
        for path in [path_of("about", hash), path_of("content", hash), damaged_path(hash)] {
            let path = self.root.join(path.as_ref());
            was_here |= wipe(&path).map_err(|source| BlobError::File { path, source })?;
        }
        Ok(was_here)
    }

    /// Names with bytes here, whether or not they have a manifest.
    ///
    /// # Errors
    /// [`BlobError`] if the store cannot be read.
    pub async fn contents(&self) -> Result<Vec<AttachmentHash>, BlobError> {
        let listed: Vec<_> = self.store.list(None).try_collect().await?;
        Ok(listed.iter().filter_map(|found| name_of(&found.location)).collect())
    }
}

/// An attachment that is being written. Dropped before its end, it leaves nothing.
pub struct Writing {
    blobs: Blobs,
    parts: WriteMultipart,
}

impl Writing {
    /// Adds the next bytes, and waits while the disk is behind.
    ///
    /// # Errors
    /// [`BlobError`] if the store cannot be written.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.parts.wait_for_capacity(WRITING_MAX).await?;
        self.parts.write(bytes);
        Ok(())
    }

    /// Keeps what came, on disk when this returns.
    ///
    /// # Errors
    /// [`BlobError`] if the store cannot be written.
    pub async fn finish(self, manifest: &Manifest) -> Result<(), BlobError> {
        self.parts.finish().await?;
        let Some(about) = Description::of(&manifest.deposit) else { return Ok(()) };
        let encoded = borsh::to_vec(manifest)
            .map_err(|source| BlobError::File { path: self.blobs.root.clone(), source })?;
        let store = &self.blobs.store;
        store.put(&path_of("about", &about.hash), PutPayload::from(encoded)).await?;
        // The good copy has come: what was set aside is no longer needed.
        match store.delete(&damaged_path(&about.hash)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// A manifest that is the named attachment's and whose deposit is signed.
fn read_manifest(hash: &AttachmentHash, bytes: &[u8]) -> Option<Manifest> {
    let manifest: Manifest = borsh::from_slice(bytes).ok()?;
    let about = Description::of(&manifest.deposit)?;
    let fits = about.hash == *hash && manifest.pieces.len() as u64 == about.pieces();
    (fits && manifest.deposit.verify().is_ok()).then_some(manifest)
}

/// Removes files that uploads had begun: the store names them with a `#` and a number.
fn remove_unfinished(root: &FilePath) -> io::Result<()> {
    for part in ["content", "about"] {
        let Ok(folders) = std::fs::read_dir(root.join(part)) else { continue };
        for folder in folders {
            for file in std::fs::read_dir(folder?.path())? {
                let file = file?;
                if file.file_name().to_string_lossy().contains('#') {
                    wipe(&file.path())?;
                }
            }
        }
    }
    Ok(())
}
