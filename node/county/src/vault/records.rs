//! The file of records: a header that is authenticated, and the roll encrypted.

use std::path::Path;

use borsh::BorshDeserialize as _;
use chacha20poly1305::aead::AeadInPlace as _;
use chacha20poly1305::{KeyInit as _, Tag, XChaCha20Poly1305, XNonce};
use minglian_client::key_file::private_file;
use minglian_ledger::organization_code::OrganizationCode;
use rand_core::CryptoRngCore;
use zeroize::Zeroizing;

use crate::roll::Roll;
use crate::vault::VaultError;

/// Largest file in bytes: a million persons with years of batches.
pub const FILE_BYTES_MAX: u64 = 1 << 30;

const MAGIC: &[u8; 8] = b"MLVAULT3";
/// The format before, whose rolls knew no tags. It is read, and written as today's.
const MAGIC_BEFORE: &[u8; 8] = b"MLVAULT2";
/// An empty list in borsh.
const NO_TAGS: [u8; 4] = [0; 4];
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// Magic, generation, sequence.
const HEADER_BYTES: usize = 8 + 4 + 8;

/// The bytes of a file of records, as read.
pub struct Sealed {
    bytes: Zeroizing<Vec<u8>>,
    /// The generation of the key that they are encrypted under.
    pub generation: u32,
    /// How often records were written before.
    pub sequence: u64,
}

fn header(generation: u32, sequence: u64) -> Vec<u8> {
    [MAGIC.as_slice(), &generation.to_le_bytes(), &sequence.to_le_bytes()].concat()
}

impl Sealed {
    /// The file's bytes for a roll.
    ///
    /// # Errors
    /// [`VaultError::TooLarge`], [`VaultError::Seal`].
    pub fn seal(
        roll: &Roll,
        county: OrganizationCode,
        generation: u32,
        sequence: u64,
        key: &[u8; 32],
        random: &mut impl CryptoRngCore,
    ) -> Result<Vec<u8>, VaultError> {
        let failed = |_| VaultError::Seal("the roll does not encode".to_owned());
        let length = borsh::object_length(roll).map_err(failed)?;
        if FILE_BYTES_MAX < u64::try_from(length).unwrap_or(u64::MAX) {
            return Err(VaultError::TooLarge);
        }
        // With room for all of it from the beginning: a vector that grows leaves a copy behind.
        let mut plain = Zeroizing::new(Vec::with_capacity(length));
        borsh::to_writer(&mut *plain, roll)
            .map_err(|_| VaultError::Seal("the roll does not encode".to_owned()))?;
        let header = header(generation, sequence);
        let mut nonce = [0; NONCE_BYTES];
        random.fill_bytes(&mut nonce);
        let associated = [header.as_slice(), county.as_bytes()].concat();
        let tag = XChaCha20Poly1305::new(key.into())
            .encrypt_in_place_detached(XNonce::from_slice(&nonce), &associated, &mut plain)
            .map_err(|_| VaultError::Seal("the cipher refused".to_owned()))?;
        Ok([header.as_slice(), &nonce, tag.as_slice(), plain.as_slice()].concat())
    }

    /// Reads a file and its header.
    ///
    /// # Errors
    /// [`VaultError::File`], [`VaultError::Format`].
    pub fn read(path: &Path) -> Result<Self, VaultError> {
        let bytes = private_file::read(path, FILE_BYTES_MAX)?;
        let format = || VaultError::Format { path: path.to_owned() };
        let (magic, rest) = bytes.split_first_chunk::<8>().ok_or_else(format)?;
        let (generation, rest) = rest.split_first_chunk::<4>().ok_or_else(format)?;
        let (sequence, rest) = rest.split_first_chunk::<8>().ok_or_else(format)?;
        if ![MAGIC, MAGIC_BEFORE].contains(&magic) || rest.len() < NONCE_BYTES + TAG_BYTES {
            return Err(format());
        }
        let (generation, sequence) =
            (u32::from_le_bytes(*generation), u64::from_le_bytes(*sequence));
        Ok(Self { bytes, generation, sequence })
    }

    /// The file's bytes; all of them are ciphertext or counters.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The roll.
    ///
    /// # Errors
    /// [`VaultError::Generation`], [`VaultError::Records`].
    pub fn open(
        &self,
        path: &Path,
        county: OrganizationCode,
        generation: u32,
        key: &[u8; 32],
    ) -> Result<Roll, VaultError> {
        if self.generation != generation {
            let (expected, found) = (generation, self.generation);
            return Err(VaultError::Generation { path: path.to_owned(), expected, found });
        }
        let altered = || VaultError::Records { path: path.to_owned() };
        let (header, body) = self.bytes.split_at_checked(HEADER_BYTES).ok_or_else(altered)?;
        let (nonce, rest) = body.split_first_chunk::<NONCE_BYTES>().ok_or_else(altered)?;
        let (tag, ciphertext) = rest.split_first_chunk::<TAG_BYTES>().ok_or_else(altered)?;
        let associated = [header, county.as_bytes()].concat();
        // With room for the list of tags, which is empty where the format before had none.
        let mut plain = Zeroizing::new(Vec::with_capacity(ciphertext.len() + NO_TAGS.len()));
        plain.extend_from_slice(ciphertext);
        XChaCha20Poly1305::new(key.into())
            .decrypt_in_place_detached(
                XNonce::from_slice(nonce),
                &associated,
                &mut plain,
                Tag::from_slice(tag),
            )
            .map_err(|_| altered())?;
        if header.starts_with(MAGIC_BEFORE) {
            plain.extend_from_slice(&NO_TAGS);
        }
        // Lengths inside cannot ask for more than the file's own bytes.
        let roll = Roll::try_from_slice(&plain).map_err(|_| altered())?;
        if roll.county == county { Ok(roll) } else { Err(altered()) }
    }
}
