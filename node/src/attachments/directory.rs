//! The bytes of attachments in a directory that only this user can read: `content/ab/abcd…`, and
//! `damaged/abcd…` for what was found to be something else than its name says, until a good copy
//! has come.

use std::fs::{self, DirBuilder};
use std::io;
use std::ops::Range;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use minglian_ledger::hash::AttachmentHash;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, WriteMultipart};

use super::blobs::{BlobError, path_of, unless_absent};
use super::manifest::PIECE_BYTES;
use super::wipe::wipe;

/// Pieces of one upload that may wait for the disk.
const WRITING_MAX: usize = 2;

/// The directory.
#[derive(Debug, Clone)]
pub struct Directory {
    store: Arc<LocalFileSystem>,
    root: PathBuf,
}

fn damaged_path(hash: &AttachmentHash) -> Path {
    Path::from_iter(["damaged", hash.to_string().as_str()])
}

impl Directory {
    /// Opens the directory `root`, which `store` is over. What interrupted uploads left is removed.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn open(store: Arc<LocalFileSystem>, root: &FilePath) -> io::Result<Self> {
        remove_unfinished(root)?;
        Ok(Self { store, root: root.to_owned() })
    }

    /// Begins to write an attachment. It is kept when [`File::finish`] returns.
    ///
    /// # Errors
    /// [`BlobError`] if the directory cannot be written.
    pub async fn write(&self, hash: &AttachmentHash) -> Result<File, BlobError> {
        let upload = self.store.put_multipart(&path_of("content", hash)).await?;
        let piece = usize::try_from(PIECE_BYTES).unwrap_or(usize::MAX);
        Ok(File(WriteMultipart::new_with_chunk_size(upload, piece)))
    }

    /// Some bytes of an attachment.
    ///
    /// # Errors
    /// [`BlobError::Damaged`] if they cannot be read.
    pub async fn read(&self, hash: &AttachmentHash, range: Range<u64>) -> Result<Bytes, BlobError> {
        self.store.get_range(&path_of("content", hash), range).await.map_err(|error| {
            // A file that is gone or shorter is damaged too; a disk that fails shows again.
            tracing::warn!(%hash, %error, "cannot read an attachment");
            BlobError::Damaged(*hash)
        })
    }

    /// Sets a damaged copy aside.
    ///
    /// # Errors
    /// [`BlobError`] if it cannot be moved.
    pub async fn set_aside(&self, hash: &AttachmentHash) -> Result<(), BlobError> {
        let (from, to) = (path_of("content", hash), damaged_path(hash));
        unless_absent(self.store.rename(&from, &to).await)
    }

    /// Removes a copy that was set aside: a good one has come.
    ///
    /// # Errors
    /// [`BlobError`] if it cannot be removed.
    pub async fn remove_damaged(&self, hash: &AttachmentHash) -> Result<(), BlobError> {
        unless_absent(self.store.delete(&damaged_path(hash)).await)
    }

    /// Erases every copy of an attachment, overwriting its bytes; `false` if there was none. Waits
    /// for the disk.
    ///
    /// # Errors
    /// [`BlobError::File`] if a file cannot be written or removed.
    pub fn erase(&self, hash: &AttachmentHash) -> Result<bool, BlobError> {
        let mut was_here = false;
        for path in [path_of("content", hash), damaged_path(hash)] {
            let path = self.root.join(path.as_ref());
            was_here |= wipe(&path).map_err(|source| BlobError::File { path, source })?;
        }
        Ok(was_here)
    }
}

/// An attachment that is being written. Dropped before its end, it leaves nothing.
pub struct File(WriteMultipart);

impl File {
    /// Adds the next bytes, and waits while the disk is behind.
    ///
    /// # Errors
    /// [`BlobError`] if the directory cannot be written.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        self.0.wait_for_capacity(WRITING_MAX).await?;
        self.0.write(bytes);
        Ok(())
    }

    /// Keeps what came, on disk when this returns.
    ///
    /// # Errors
    /// [`BlobError`] if the directory cannot be written.
    pub async fn finish(self) -> Result<(), BlobError> {
        self.0.finish().await?;
        Ok(())
    }
}

/// Removes files that uploads had begun: the store names them with a `#` and a number.
fn remove_unfinished(root: &FilePath) -> io::Result<()> {
    for part in ["content", "about"] {
        let Ok(folders) = fs::read_dir(root.join(part)) else { continue };
        for folder in folders {
            for file in fs::read_dir(folder?.path())? {
                let file = file?;
                if file.file_name().to_string_lossy().contains('#') {
                    wipe(&file.path())?;
                }
            }
        }
    }
    Ok(())
}

/// Makes a directory that only this user can read, with its parents.
///
/// # Errors
/// It cannot be made.
pub fn make_private(path: &FilePath) -> io::Result<()> {
    if fs::metadata(path).is_ok_and(|found| found.is_dir()) {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}
