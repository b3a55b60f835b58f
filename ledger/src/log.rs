//! The transparency log: an append-only list of leaves under an RFC 6962 Merkle tree.
//!
//! The hash is SHA-256 and not the project's BLAKE3, because it is the one that every existing
//! monitor, witness and browser speaks. A leaf is hashed with the prefix `0x00` and an inner node
//! with `0x01` (RFC 6962, 2.1), so that a leaf can never be read as a node.
//!
//! A *perfect* node is named by `(level, index)`: it covers the leaves from `index << level` up to,
//! not including, `(index + 1) << level`; level 0 holds the leaf hashes. Once complete such a node
//! never changes, so a store keeps exactly these and every proof is read off them.

pub mod proof;
pub mod tiles;
pub mod tree;

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use data_encoding::HEXLOWER;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

/// Bytes in a log hash.
pub const LOG_HASH_BYTES: usize = 32;

/// The longest leaf in bytes. C2SP tlog-tiles gives an entry's length two bytes.
pub const MAX_LEAF_BYTES: usize = 65_535;

/// The largest number of leaves in a log, 2^53 − 1: a reader in JavaScript never rounds a size.
pub const MAX_LOG_SIZE: u64 = (1 << 53) - 1;

/// A SHA-256 hash of a leaf or node of the log. Its text is 64 lower-case hexadecimal digits.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, BorshSerialize, BorshDeserialize,
)]
pub struct LogHash(pub [u8; LOG_HASH_BYTES]);

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a log hash is 64 lower-case hexadecimal digits, this is not: {text:?}")]
pub struct ParseLogHashError {
    /// The text as given, cut to 80 characters.
    pub text: String,
}

/// A log that already holds [`MAX_LOG_SIZE`] leaves, or a size above that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a log holds at most {MAX_LOG_SIZE} leaves, {size} is more")]
pub struct LogTooLarge {
    /// The size asked for, in leaves.
    pub size: u64,
}

/// The hash of a leaf with these bytes (RFC 6962, 2.1). The caller keeps to [`MAX_LEAF_BYTES`].
pub fn leaf_hash(leaf: &[u8]) -> LogHash {
    LogHash(Sha256::new().chain_update([0x00]).chain_update(leaf).finalize().into())
}

/// The hash of the inner node over `left` and `right` (RFC 6962, 2.1).
pub fn node_hash(left: &LogHash, right: &LogHash) -> LogHash {
    let mut preimage = [0x01; 1 + 2 * LOG_HASH_BYTES];
    preimage[1..=LOG_HASH_BYTES].copy_from_slice(&left.0);
    preimage[1 + LOG_HASH_BYTES..].copy_from_slice(&right.0);
    LogHash(Sha256::digest(preimage).into())
}

/// The root of the log without leaves: SHA-256 of the empty string (RFC 6962, 2.1).
pub fn empty_root() -> LogHash {
    LogHash(Sha256::digest([]).into())
}

/// Refuses a size above [`MAX_LOG_SIZE`].
pub(crate) fn check_size(size: u64) -> Result<(), LogTooLarge> {
    if size > MAX_LOG_SIZE { Err(LogTooLarge { size }) } else { Ok(()) }
}

impl fmt::Display for LogHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for LogHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LogHash({})", HEXLOWER.encode(&self.0[..6]))
    }
}

impl FromStr for LogHash {
    type Err = ParseLogHashError;

    fn from_str(text: &str) -> Result<Self, ParseLogHashError> {
        HEXLOWER
            .decode(text.as_bytes())
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| ParseLogHashError { text: text.chars().take(80).collect() })
    }
}

impl Serialize for LogHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LogHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <String as Deserialize>::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
