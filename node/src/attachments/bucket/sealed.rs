//! Attachments as a third party holds them: each piece encrypted and authenticated by itself under
//! a key of that copy alone, so that a piece is read without the others, and whoever wipes the key
//! has wiped the attachment.

use std::ops::Range;

use bytes::Bytes;
use chacha20poly1305::aead::AeadInPlace as _;
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use minglian_ledger::hash::AttachmentHash;
use rand::RngCore as _;
use rand::rngs::OsRng;
use zeroize::Zeroizing;

use crate::attachments::manifest::PIECE_BYTES;

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;

/// Bytes that a sealed piece is longer.
pub const TAG_BYTES: usize = 16;

const SEALED_PIECE_BYTES: u64 = PIECE_BYTES + TAG_BYTES as u64;

/// Seals and opens the pieces of one copy of an attachment.
pub struct Seal {
    key: Zeroizing<[u8; KEY_BYTES]>,
    hash: AttachmentHash,
}

impl Seal {
    /// Under a key that nothing else was ever sealed under.
    pub fn new(hash: AttachmentHash) -> Self {
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        OsRng.fill_bytes(&mut *key);
        Self { key, hash }
    }

    /// Under a key that was kept.
    pub fn with_key(hash: AttachmentHash, key: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        Self { key, hash }
    }

    /// The key, to be kept.
    pub fn key(&self) -> &[u8; KEY_BYTES] {
        &self.key
    }

    /// Seals a piece; none if the cipher refuses. Each number is sealed once under a key, so the
    /// number is the nonce.
    pub fn seal(&self, number: u64, mut piece: Vec<u8>) -> Option<Bytes> {
        let cipher = XChaCha20Poly1305::new((&*self.key).into());
        cipher.encrypt_in_place(&nonce(number), &self.hash.0, &mut piece).ok()?;
        Some(piece.into())
    }

    /// Opens a piece; none if it is not the piece of this number, attachment and key.
    pub fn open(&self, number: u64, sealed: Bytes) -> Option<Bytes> {
        let mut piece = Vec::from(sealed);
        let cipher = XChaCha20Poly1305::new((&*self.key).into());
        cipher.decrypt_in_place(&nonce(number), &self.hash.0, &mut piece).ok()?;
        Some(piece.into())
    }
}

fn nonce(number: u64) -> XNonce {
    let mut nonce = [0; 24];
    nonce[..8].copy_from_slice(&number.to_le_bytes());
    nonce.into()
}

/// Where a piece of an attachment of so many bytes is in its object.
pub fn range(number: u64, bytes: u64) -> Range<u64> {
    let start = number.saturating_mul(SEALED_PIECE_BYTES);
    start..start.saturating_add(SEALED_PIECE_BYTES).min(size(bytes))
}

/// Bytes of the object of an attachment of so many bytes.
pub fn size(bytes: u64) -> u64 {
    bytes.saturating_add(bytes.div_ceil(PIECE_BYTES).saturating_mul(TAG_BYTES as u64))
}
