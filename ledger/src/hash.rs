//! Typed hashes. Every BLAKE3 use in the project has its `derive_key` context in this file, so
//! that no byte string can ever be read as two different things.
//!
//! The transparency log is the one exception: it speaks RFC 6962 SHA-256 (see [`crate::log`]).

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};
use borsh::{BorshDeserialize, BorshSerialize};
use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes in a hash.
pub const HASH_BYTES: usize = 32;

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 lower-case hexadecimal digits, this is not: {text:?}")]
pub struct ParseHashError {
    /// The text as given, cut to 80 characters.
    pub text: String,
}

fn parse_hex(text: &str) -> Result<[u8; HASH_BYTES], ParseHashError> {
    HEXLOWER
        .decode(text.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| ParseHashError { text: text.chars().take(80).collect() })
}

/// BLAKE3 in `derive_key` mode over `parts`, one after the other. Callers pass fixed-size parts or
/// one canonical encoding, so that the split carries no meaning.
fn derive(context: &ContextKey, parts: &[&[u8]]) -> [u8; HASH_BYTES] {
    let mut hasher = blake3::Hasher::new_from_context_key(context);
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

macro_rules! hash_type {
    ($(#[$doc:meta])* $name:ident, $context:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default,
            BorshSerialize, BorshDeserialize,
        )]
        pub struct $name(pub [u8; HASH_BYTES]);

        impl $name {
            /// The BLAKE3 `derive_key` context of this hash.
            pub const CONTEXT: &'static str = $context;

            /// Hashes `parts`, concatenated, in this type's domain.
            pub fn of(parts: &[&[u8]]) -> Self {
                static CONTEXT_KEY: LazyLock<ContextKey> =
                    LazyLock::new(|| hash_derive_key_context($name::CONTEXT));
                Self(derive(&CONTEXT_KEY, parts))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}({})", stringify!($name), HEXLOWER.encode(&self.0[..6]))
            }
        }

        impl FromStr for $name {
            type Err = ParseHashError;

            fn from_str(text: &str) -> Result<Self, ParseHashError> {
                parse_hex(text).map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

hash_type!(
    /// Names the genesis file; pins a chain and its first validators.
    GenesisHash,
    "minglian/genesis/v1"
);
hash_type!(
    /// Names a transaction: the hash of its body and signing key, without the signature, so that a
    /// second valid signature over the same act is the same transaction.
    TransactionId,
    "minglian/transaction/v1"
);
hash_type!(
    /// Names one signed envelope, signature included: the key of the verified-signature cache.
    EnvelopeHash,
    "minglian/envelope/v1"
);
hash_type!(
    /// Names a block: the hash of its header. It is also the value validators vote on.
    BlockId,
    "minglian/block/v1"
);
hash_type!(
    /// Names a validator set.
    ValidatorsHash,
    "minglian/validators/v1"
);
hash_type!(
    /// A validator's address in consensus: the hash of its consensus public key.
    ValidatorAddress,
    "minglian/validator-address/v1"
);
hash_type!(
    /// The root of the authenticated state map.
    StateRoot,
    "minglian/state/root/v1"
);
hash_type!(
    /// A key of the state map, hashed: its first bits choose the bucket.
    StateKeyHash,
    "minglian/state/key/v1"
);
hash_type!(
    /// A value of the state map, hashed.
    StateValueHash,
    "minglian/state/value/v1"
);
hash_type!(
    /// A leaf of the tree inside one state bucket: key hash, then value hash.
    StateLeafHash,
    "minglian/state/leaf/v1"
);
hash_type!(
    /// An inner node of the tree inside one state bucket.
    StateBucketNodeHash,
    "minglian/state/bucket-node/v1"
);
hash_type!(
    /// The root of one state bucket: number of entries, then the root of its inner tree.
    StateBucketHash,
    "minglian/state/bucket/v1"
);
hash_type!(
    /// An inner node of the tree over the state buckets.
    StateNodeHash,
    "minglian/state/node/v1"
);
hash_type!(
    /// A salted commitment to text or a name that may be erased; its opening is kept off the log.
    Commitment,
    "minglian/commitment/v1"
);
hash_type!(
    /// Names an attachment by its content.
    AttachmentHash,
    "minglian/attachment/v1"
);
hash_type!(
    /// The seed of a signing key on a demonstration network, derived from another key's secret.
    DemonstrationSeed,
    "minglian/demonstration-seed/v1"
);
hash_type!(
    /// The list from which a sample is drawn: the items in order, see [`crate::sample::frame`].
    SampleFrame,
    "minglian/sample/frame/v1"
);
hash_type!(
    /// What a sample is drawn by: the plan, the block at its height, the draw that it named.
    SampleSeed,
    "minglian/sample/seed/v1"
);
hash_type!(
    /// The first 32 bytes of the stream that a [`SampleSeed`] gives; [`SampleWords`] reads on.
    SampleStream,
    "minglian/sample/stream/v1"
);

/// The numbers that a seed gives, without end: BLAKE3's extended output in the domain of
/// [`SampleStream`] over the seed, eight bytes a number, little-endian.
#[derive(Debug, Clone)]
pub struct SampleWords(blake3::OutputReader);

impl SampleWords {
    /// The stream of `seed`, from its beginning.
    pub fn new(seed: &SampleSeed) -> Self {
        let context = hash_derive_key_context(SampleStream::CONTEXT);
        let mut hasher = blake3::Hasher::new_from_context_key(&context);
        hasher.update(&seed.0);
        Self(hasher.finalize_xof())
    }
}

impl Iterator for SampleWords {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        let mut word = [0; 8];
        self.0.fill(&mut word);
        Some(u64::from_le_bytes(word))
    }
}

/// Hashes an attachment piece by piece, so that none need be in memory whole.
#[derive(Clone)]
pub struct AttachmentHasher(blake3::Hasher);

impl Default for AttachmentHasher {
    fn default() -> Self {
        Self(blake3::Hasher::new_derive_key(AttachmentHash::CONTEXT))
    }
}

impl AttachmentHasher {
    /// Adds the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The name of the attachment that was hashed.
    pub fn finish(&self) -> AttachmentHash {
        AttachmentHash(*self.0.finalize().as_bytes())
    }
}
