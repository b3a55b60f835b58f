//! The bytes of attachments in a bucket of an S3-compatible store. A third party holds them, which
//! can delete them and not overwrite them; so they leave this node sealed, under a key of each copy
//! that stays here ([`keys`]), and an attachment is erased when its key is wiped. The object is
//! deleted after that, as soon as the store agrees. `docs/decisions/0018` says what that is worth.

pub mod credentials;
pub mod fault;
pub mod keys;
pub mod upload;
mod connection;
mod sealed;

use std::fmt;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use minglian_ledger::hash::AttachmentHash;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::multipart::MultipartStore as _;
use object_store::path::Path;
use object_store::{BackoffConfig, ObjectStoreExt as _, PutPayload, PutResult, RetryConfig};

use super::blobs::BlobError;
use super::manifest::Description;
use crate::config::BucketSettings;
use connection::Connection;
use credentials::Credentials;
use fault::BucketFault;
use keys::{Keys, ObjectName};
use upload::Upload;

/// How long the store may take for an answer: less than a client of this node waits.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often a request is made again that was not heard, and within what time.
const RETRIES_MAX: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(5);

/// The bucket.
#[derive(Clone)]
pub struct Bucket {
    store: AmazonS3,
    prefix: Path,
    keys: Arc<Keys>,
}

impl fmt::Debug for Bucket {
    /// The store's settings hold its key.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Bucket").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl Bucket {
    /// Opens the bucket and tries it out: an object is put, read and deleted. Keys are kept in the
    /// attachments' directory `root`.
    ///
    /// # Errors
    /// [`BlobError::Bucket`] if it does not do what it must; other [`BlobError`]s if the directory
    /// cannot be used.
    pub async fn open(settings: &BucketSettings, root: &FilePath) -> Result<Self, BlobError> {
        let store = connect(settings)?;
        let prefix = Path::from(settings.prefix.as_str());
        let bucket = Self { store, prefix, keys: Arc::new(Keys::open(root)?) };
        bucket.try_out().await?;
        Ok(bucket)
    }

    async fn try_out(&self) -> Result<(), BucketFault> {
        let path = self.path(&ObjectName::draw());
        let content = ObjectName::draw().to_string();
        let put =
            ask(self.store.put(&path, PutPayload::from(content.clone().into_bytes()))).await?;
        let read = ask(async { self.store.get(&path).await?.bytes().await }).await?;
        ask(self.store.delete(&path)).await?;
        if keeps_versions(&put) {
            return Err(BucketFault::KeepsVersions);
        }
        // With a key that may not list, a store does not say of an object that it is not there.
        match ask(self.store.head(&path)).await {
            Err(BucketFault::Absent) if read == content => Ok(()),
            Err(BucketFault::Absent) | Ok(_) => Err(BucketFault::Unfaithful),
            Err(fault) => Err(fault),
        }
    }

    /// Begins to write an attachment. It is kept when [`Upload::enter`] returns.
    ///
    /// # Errors
    /// [`BlobError`] if the store does not take it.
    pub async fn write(&self, hash: &AttachmentHash) -> Result<Upload, BlobError> {
        Upload::begin(self.clone(), *hash).await
    }

    /// One piece; none if the bucket does not hold the attachment.
    ///
    /// # Errors
    /// [`BlobError::Damaged`] if it is not what was put there; [`BlobError::Bucket`] if the store
    /// does not say.
    pub async fn read(&self, about: &Description, number: u64) -> Result<Option<Bytes>, BlobError> {
        let hash = about.hash;
        let Some(place) = self.locally(move |keys| keys.get(&hash)).await? else { return Ok(None) };
        let path = self.path(&place.object);
        let range = sealed::range(number, about.bytes);
        let fault = match ask(self.store.get_range(&path, range)).await {
            Ok(sealed) => {
                let piece = place.seal.open(number, sealed);
                return piece.map(Some).ok_or(BlobError::Damaged(hash));
            }
            Err(fault) => fault,
        };
        tracing::warn!(%hash, %fault, "cannot read an attachment");
        // An object that is gone or cut short is damaged; a store that fails will answer again.
        let is_damaged = match &fault {
            BucketFault::Absent => true,
            BucketFault::Refused { .. } | BucketFault::Unfaithful => {
                let found = ask(self.store.head(&path)).await;
                found.is_ok_and(|object| object.size != sealed::size(about.bytes))
            }
            _ => false,
        };
        Err(if is_damaged { BlobError::Damaged(hash) } else { fault.into() })
    }

    /// Sets a damaged copy aside.
    ///
    /// # Errors
    /// [`BlobError`] if its key cannot be moved.
    pub async fn set_aside(&self, hash: &AttachmentHash) -> Result<(), BlobError> {
        let hash = *hash;
        self.locally(move |keys| keys.set_aside(&hash)).await
    }

    /// Wipes the keys of an attachment; `false` if there was none. Its object is deleted by a later
    /// [`Bucket::sweep`]. Waits for the disk.
    ///
    /// # Errors
    /// [`BlobError`] if a file cannot be written or removed.
    pub fn erase(&self, hash: &AttachmentHash) -> Result<bool, BlobError> {
        self.keys.forget(hash)
    }

    /// Deletes what nothing may need, until the store refuses; how many objects are left.
    pub async fn sweep(&self) -> usize {
        let mut last = None;
        while let Some(object) = self.keys.unwanted(last) {
            last = Some(object);
            match self.delete(object).await {
                Ok(()) => tracing::info!(%object, "deleted from the bucket"),
                Err(BlobError::Bucket(fault)) => {
                    let left = self.keys.unwanted_count();
                    tracing::error!(left, %fault, "the bucket does not delete; tried again");
                    break;
                }
                Err(error) => tracing::error!(%object, %error, "cannot delete; tried again"),
            }
        }
        self.keys.unwanted_count()
    }

    async fn delete(&self, object: ObjectName) -> Result<(), BlobError> {
        let path = self.path(&object);
        let upload = self.locally(move |keys| keys.upload(&object)).await?;
        if !upload.is_empty() {
            unless_absent(ask(self.store.abort_multipart(&path, &upload)).await)?;
        }
        unless_absent(ask(self.store.delete(&path)).await)?;
        self.locally(move |keys| keys.settle(&object)).await
    }

    /// How many objects are to be deleted.
    pub fn unwanted(&self) -> usize {
        self.keys.unwanted_count()
    }

    fn path(&self, object: &ObjectName) -> Path {
        self.prefix.clone().join(object.to_string())
    }

    /// Does something with the keys where waiting for the disk keeps nothing else waiting.
    async fn locally<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Keys) -> Result<T, BlobError> + Send + 'static,
    ) -> Result<T, BlobError> {
        let keys = self.keys.clone();
        let done = tokio::task::spawn_blocking(move || work(&keys)).await;
        done.unwrap_or_else(|error| Err(BlobError::Broken(error.to_string())))
    }
}

/// A client of the store, under the key in the credentials file.
fn connect(settings: &BucketSettings) -> Result<AmazonS3, BucketFault> {
    let credentials = Credentials::read(&settings.credentials_file)?;
    let backoff = BackoffConfig { max_backoff: Duration::from_secs(1), ..BackoffConfig::default() };
    let retry = RetryConfig { backoff, max_retries: RETRIES_MAX, retry_timeout: RETRY_TIMEOUT };
    AmazonS3Builder::new()
        .with_endpoint(settings.address())
        .with_virtual_hosted_style_request(settings.virtual_host)
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_access_key_id(&credentials.access_key_id)
        .with_secret_access_key(&credentials.secret_access_key)
        .with_http_connector(Connection::new(settings.is_encrypted())?)
        .with_disable_bulk_delete(true)
        .with_retry(retry)
        .build()
        .map_err(|error| BucketFault::Settings(error.to_string()))
}

/// Waits for an answer of the store, not for ever.
async fn ask<T>(question: impl Future<Output = object_store::Result<T>>) -> Result<T, BucketFault> {
    within(PATIENCE, question).await
}

async fn within<T>(
    patience: Duration,
    question: impl Future<Output = object_store::Result<T>>,
) -> Result<T, BucketFault> {
    match tokio::time::timeout(patience, question).await {
        Ok(answer) => answer.map_err(|error| BucketFault::of(&error)),
        Err(_) => Err(BucketFault::Slow(patience)),
    }
}

/// Whether the store can give an object back after it was deleted, as far as its answer tells. A
/// bucket whose versioning was suspended says "null".
fn keeps_versions(put: &PutResult) -> bool {
    put.version.as_ref().is_some_and(|version| version != "null")
}

/// What is not there any more need not be deleted.
fn unless_absent(answer: Result<(), BucketFault>) -> Result<(), BucketFault> {
    match answer {
        Err(BucketFault::Absent) => Ok(()),
        answer => answer,
    }
}
