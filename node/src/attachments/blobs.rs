//! Attachments by their names. A name is the hash of the bytes, so no name that anybody sends is
//! ever a path.
//!
//! `about/ab/abcd…` in the attachments' directory holds the [`Manifest`]. The bytes are in the same
//! directory ([`Directory`]) or, sealed, in a bucket ([`Bucket`]). What came before the node had a
//! bucket stays where it is.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt as _;
use minglian_client::key_file::private_file::PrivateFileError;
use minglian_ledger::hash::AttachmentHash;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore as _, ObjectStoreExt as _, PutPayload};

use super::bucket::Bucket;
use super::bucket::fault::BucketFault;
use super::bucket::keys::Keys;
use super::bucket::upload::Upload;
use super::directory::{self, Directory, File};
use super::manifest::{Description, Manifest, PIECE_BYTES};
use super::wipe::wipe;
use crate::config::AttachmentSettings;

/// Why bytes cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum BlobError {
    /// The directory, as the object store sees it.
    #[error("the store of attachments: {0}")]
    Store(#[from] object_store::Error),
    /// A file or directory.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file with a key.
    #[error(transparent)]
    Key(#[from] PrivateFileError),
    /// The bucket.
    #[error("the bucket of attachments: {0}")]
    Bucket(#[from] BucketFault),
    /// There are keys, and no bucket.
    #[error(
        "attachments whose keys are in {0} are in a bucket, and there is none: put \
         [attachments.s3] back into the configuration"
    )]
    NoBucket(PathBuf),
    /// What is here is not what its name says.
    #[error("the copy of attachment {0} is damaged")]
    Damaged(AttachmentHash),
    /// Work on the disk broke off.
    #[error("work on the disk broke off: {0}")]
    Broken(String),
}

/// The store.
#[derive(Debug, Clone)]
pub struct Blobs {
    root: PathBuf,
    /// Over `root`.
    store: Arc<LocalFileSystem>,
    directory: Directory,
    bucket: Option<Bucket>,
}

/// Where a thing of the named attachment is, in the directory.
pub fn path_of(part: &str, hash: &AttachmentHash) -> Path {
    let name = hash.to_string();
    Path::from_iter([part, &name[..2], name.as_str()])
}

/// The name at the end of a path of the store.
fn name_of(path: &Path) -> Option<AttachmentHash> {
    path.filename()?.parse().ok()
}

/// What is not there need not be moved or removed.
pub fn unless_absent(done: object_store::Result<()>) -> Result<(), BlobError> {
    match done {
        Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

impl Blobs {
    /// Opens, or makes, the store, removes what interrupted uploads left, and tries the bucket out.
    ///
    /// # Errors
    /// [`BlobError`] if directory or bucket cannot be used.
    pub async fn open(settings: &AttachmentSettings) -> Result<Self, BlobError> {
        let root = &settings.directory;
        let failed = |source| BlobError::File { path: root.to_owned(), source };
        directory::make_private(root).map_err(failed)?;
        let store = Arc::new(LocalFileSystem::new_with_prefix(root)?.with_fsync(true));
        let directory = Directory::open(store.clone(), root).map_err(failed)?;
        let bucket = match &settings.s3 {
            Some(settings) => Some(Bucket::open(settings, root).await?),
            None if Keys::are_in(root).map_err(failed)? => {
                return Err(BlobError::NoBucket(root.join("keys")));
            }
            None => None,
        };
        Ok(Self { root: root.to_owned(), store, directory, bucket })
    }

    /// Every manifest that is here and reads. What has bytes and no manifest never came whole.
    ///
    /// # Errors
    /// [`BlobError`] if the directory cannot be read.
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

    /// Begins to write an attachment. It is kept when [`Writing::enter`] returns.
    ///
    /// # Errors
    /// [`BlobError`] if the store cannot be written.
    pub async fn write(&self, hash: &AttachmentHash) -> Result<Writing, BlobError> {
        let bytes = match &self.bucket {
            Some(bucket) => Target::Bucket(Box::new(bucket.write(hash).await?)),
            None => Target::Directory(self.directory.write(hash).await?),
        };
        Ok(Writing { blobs: self.clone(), bytes })
    }

    /// One piece, checked.
    ///
    /// # Errors
    /// [`BlobError::Damaged`] if it is not what the manifest says; [`BlobError::Bucket`] if that
    /// cannot be told now.
    pub async fn read(&self, manifest: &Manifest, number: u64) -> Result<Bytes, BlobError> {
        let damaged = |hash| BlobError::Damaged(hash);
        let Some(about) = Description::of(&manifest.deposit) else {
            return Err(damaged(AttachmentHash::default()));
        };
        let expected = usize::try_from(number).ok().and_then(|at| manifest.pieces.get(at));
        let expected = expected.ok_or(damaged(about.hash))?;
        let bytes = self.read_unchecked(&about, number).await?;
        if AttachmentHash::of(&[&bytes]) != *expected {
            return Err(damaged(about.hash));
        }
        Ok(bytes)
    }

    async fn read_unchecked(&self, about: &Description, number: u64) -> Result<Bytes, BlobError> {
        if let Some(bucket) = &self.bucket
            && let Some(bytes) = bucket.read(about, number).await?
        {
            return Ok(bytes);
        }
        let start = number.saturating_mul(PIECE_BYTES);
        let end = start.saturating_add(PIECE_BYTES).min(about.bytes);
        self.directory.read(&about.hash, start..end).await
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
    /// [`BlobError`] if the directory cannot be written.
    pub async fn set_aside(&self, hash: &AttachmentHash) -> Result<(), BlobError> {
        self.directory.set_aside(hash).await?;
        if let Some(bucket) = &self.bucket {
            bucket.set_aside(hash).await?;
        }
        unless_absent(self.store.delete(&path_of("about", hash)).await)
    }

    /// Erases every copy of an attachment, overwriting its bytes or the keys to them; `false` if
    /// there was none. Waits for the disk, not for the bucket.
    ///
    /// # Errors
    /// [`BlobError`] if a file cannot be written or removed.
    pub fn erase(&self, hash: &AttachmentHash) -> Result<bool, BlobError> {
        let about = self.root.join(path_of("about", hash).as_ref());
        let mut was_here =
            wipe(&about).map_err(|source| BlobError::File { path: about, source })?;
        if let Some(bucket) = &self.bucket {
            was_here |= bucket.erase(hash)?;
        }
        Ok(self.directory.erase(hash)? || was_here)
    }

    /// Deletes from the bucket what nothing may need; how many objects are left.
    pub async fn sweep(&self) -> usize {
        match &self.bucket {
            Some(bucket) => bucket.sweep().await,
            None => 0,
        }
    }

    /// How many objects are still to be deleted from the bucket.
    pub fn unwanted(&self) -> usize {
        self.bucket.as_ref().map_or(0, Bucket::unwanted)
    }

    /// Names with bytes here, whether or not they have a manifest.
    ///
    /// # Errors
    /// [`BlobError`] if the directory cannot be read.
    pub async fn contents(&self) -> Result<Vec<AttachmentHash>, BlobError> {
        let listed: Vec<_> = self.store.list(None).try_collect().await?;
        Ok(listed.iter().filter_map(|found| name_of(&found.location)).collect())
    }
}

/// An attachment that is being written. Dropped before its end, it leaves nothing that is readable.
pub struct Writing {
    blobs: Blobs,
    bytes: Target,
}

/// Where the bytes go.
enum Target {
    Directory(File),
    Bucket(Box<Upload>),
}

impl Writing {
    /// Adds the next bytes, and waits while the disk or the bucket is behind.
    ///
    /// # Errors
    /// [`BlobError`] if the store cannot be written.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), BlobError> {
        match &mut self.bytes {
            Target::Directory(file) => file.push(bytes).await,
            Target::Bucket(upload) => upload.push(bytes).await,
        }
    }

    /// Sends what is left over the network, so that [`Writing::enter`] waits for the disk alone.
    ///
    /// # Errors
    /// [`BlobError::Bucket`] if the bucket does not take it.
    pub async fn complete(&mut self) -> Result<(), BlobError> {
        match &mut self.bytes {
            Target::Directory(_) => Ok(()),
            Target::Bucket(upload) => upload.complete().await,
        }
    }

    /// Keeps what is complete, on disk when this returns.
    ///
    /// # Errors
    /// [`BlobError`] if the directory cannot be written.
    pub async fn enter(self, manifest: &Manifest) -> Result<(), BlobError> {
        match self.bytes {
            Target::Directory(file) => file.finish().await?,
            Target::Bucket(upload) => upload.enter().await?,
        }
        let Some(about) = Description::of(&manifest.deposit) else { return Ok(()) };
        let Blobs { root, store, directory, .. } = self.blobs;
        let encoded =
            borsh::to_vec(manifest).map_err(|source| BlobError::File { path: root, source })?;
        store.put(&path_of("about", &about.hash), PutPayload::from(encoded)).await?;
        // The good copy has come: what was set aside is no longer needed.
        directory.remove_damaged(&about.hash).await
    }
}

/// A manifest that is the named attachment's and whose deposit is signed.
fn read_manifest(hash: &AttachmentHash, bytes: &[u8]) -> Option<Manifest> {
    let manifest: Manifest = borsh::from_slice(bytes).ok()?;
    let about = Description::of(&manifest.deposit)?;
    let fits = about.hash == *hash && manifest.pieces.len() as u64 == about.pieces();
    (fits && manifest.deposit.verify().is_ok()).then_some(manifest)
}
