//! An attachment on its way into the bucket: sealed piece by piece, sent in parts of a few pieces,
//! so that memory stays flat however large it is.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use minglian_ledger::hash::AttachmentHash;
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::path::Path;
use object_store::{MultipartId, PutPayload};

use super::fault::BucketFault;
use super::keys::{ObjectName, Place};
use super::sealed::{self, Seal};
use super::{Bucket, ask, keeps_versions, within};
use crate::attachments::blobs::BlobError;
use crate::attachments::manifest::PIECE_BYTES;

/// Bytes of a piece in memory.
const PIECE: usize = PIECE_BYTES as usize;

/// Pieces in a part. The store wants parts of 5 MiB or more, but for the last, and all of one size.
const PART_PIECES: usize = 5;

const _: () = assert!(PART_PIECES as u64 * PIECE_BYTES >= 5 << 20);

/// How long the store may take for a part, or to put the parts together.
const PATIENCE: Duration = Duration::from_secs(60);

/// An attachment that is being written. Dropped before it is entered, it leaves what is unreadable
/// and will be deleted.
pub struct Upload {
    bucket: Bucket,
    hash: AttachmentHash,
    /// Its key is nowhere else until it is entered.
    place: Arc<Place>,
    id: MultipartId,
    /// The beginning of the next piece, and its number.
    piece: Vec<u8>,
    number: u64,
    /// The sealed pieces of the next part.
    part: Vec<Bytes>,
    parts: Vec<PartId>,
    is_entered: bool,
}

impl Upload {
    /// Begins an upload, and notes it before anything is sent.
    pub(super) async fn begin(bucket: Bucket, hash: AttachmentHash) -> Result<Self, BlobError> {
        let object = ObjectName::draw();
        let id = ask(bucket.store.create_multipart(&bucket.path(&object))).await?;
        let place = Arc::new(Place { object, seal: Seal::new(hash) });
        let noted = id.clone();
        let upload = Self {
            bucket: bucket.clone(),
            hash,
            place,
            id,
            piece: empty_piece(),
            number: 0,
            part: Vec::new(),
            parts: Vec::new(),
            is_entered: false,
        };
        bucket.locally(move |keys| keys.note_upload(&object, &noted)).await?;
        Ok(upload)
    }

    /// Adds the next bytes, and waits while the store takes a part.
    ///
    /// # Errors
    /// [`BlobError::Bucket`] if the store does not take it.
    pub async fn push(&mut self, mut bytes: &[u8]) -> Result<(), BlobError> {
        while !bytes.is_empty() {
            let room = PIECE - self.piece.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.piece.extend_from_slice(now);
            bytes = later;
            if self.piece.len() == PIECE {
                self.end_piece()?;
            }
            if self.part.len() == PART_PIECES {
                self.send_part().await?;
            }
        }
        Ok(())
    }

    /// Sends the rest and has the store put the parts together.
    ///
    /// # Errors
    /// [`BlobError::Bucket`] if the store does not.
    pub async fn complete(&mut self) -> Result<(), BlobError> {
        if !self.piece.is_empty() {
            self.end_piece()?;
        }
        if !self.part.is_empty() {
            self.send_part().await?;
        }
        let (store, path) = (&self.bucket.store, self.path());
        let parts = std::mem::take(&mut self.parts);
        let put = within(PATIENCE, store.complete_multipart(&path, &self.id, parts)).await?;
        if keeps_versions(&put) {
            let fault = BucketFault::KeepsVersions;
            tracing::error!(%fault, "what is deleted from the bucket can be had again, sealed");
        }
        Ok(())
    }

    /// Keeps the key of what is complete, on disk when this returns.
    ///
    /// # Errors
    /// [`BlobError`] if the key cannot be written.
    pub async fn enter(mut self) -> Result<(), BlobError> {
        let (hash, place) = (self.hash, self.place.clone());
        self.bucket.locally(move |keys| keys.keep(&hash, &place)).await?;
        self.is_entered = true;
        Ok(())
    }

    fn end_piece(&mut self) -> Result<(), BucketFault> {
        let piece = std::mem::replace(&mut self.piece, empty_piece());
        let sealed = self.place.seal.seal(self.number, piece).ok_or(BucketFault::Seal)?;
        self.part.push(sealed);
        self.number += 1;
        Ok(())
    }

    async fn send_part(&mut self) -> Result<(), BucketFault> {
        let payload: PutPayload = self.part.drain(..).collect();
        let (store, path) = (&self.bucket.store, self.path());
        let sent = store.put_part(&path, &self.id, self.parts.len(), payload);
        let part = within(PATIENCE, sent).await?;
        self.parts.push(part);
        Ok(())
    }

    fn path(&self) -> Path {
        self.bucket.path(&self.place.object)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if !self.is_entered {
            self.bucket.keys.note_unwanted(self.place.object);
        }
    }
}

fn empty_piece() -> Vec<u8> {
    Vec::with_capacity(PIECE + sealed::TAG_BYTES)
}
