//! Typed hashes. Every BLAKE3 use in the project has its `derive_key` context in this file, those
//! of private subsidies in `subsidy/domain.rs`, so that no byte string can ever be read as two
//! different things.
//!
//! The transparency log is the one exception: it speaks RFC 6962 SHA-256 (see [`crate::log`]).

use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};
use data_encoding::HEXLOWER;

/// Bytes in a hash.
pub const HASH_BYTES: usize = 32;

/// A text that is not 64 lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a hash is 64 lower-case hexadecimal digits, this is not: {text:?}")]
pub struct ParseHashError {
    /// The text as given, cut to 80 characters.
    pub text: String,
}

pub(crate) fn parse_hex(text: &str) -> Result<[u8; HASH_BYTES], ParseHashError> {
    HEXLOWER
        .decode(text.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| ParseHashError { text: text.chars().take(80).collect() })
}

/// BLAKE3 in `derive_key` mode over `parts`, one after the other. Callers pass fixed-size parts or
/// one canonical encoding, so that the split carries no meaning.
pub(crate) fn derive(context: &ContextKey, parts: &[&[u8]]) -> [u8; HASH_BYTES] {
    let mut hasher = blake3::Hasher::new_from_context_key(context);
    for part in parts {
        hasher.update(part);
    }
    *hasher.finalize().as_bytes()
}

/// The same, each part behind its length (`u32`, little-endian), for parts whose split does carry a
/// meaning.
pub(crate) fn derive_prefixed(context: &ContextKey, parts: &[&[u8]]) -> [u8; HASH_BYTES] {
    let mut hasher = blake3::Hasher::new_from_context_key(context);
    for part in parts {
        update_prefixed(&mut hasher, part);
    }
    *hasher.finalize().as_bytes()
}

/// Adds one part behind its length. No part comes near 4 GiB; a longer one would only be hashed
/// under the greatest length there is.
pub(crate) fn update_prefixed(hasher: &mut blake3::Hasher, part: &[u8]) {
    hasher.update(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_le_bytes());
    hasher.update(part);
}

macro_rules! hash_type {
    ($(#[$doc:meta])* $name:ident, $context:literal) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default,
            borsh::BorshSerialize, borsh::BorshDeserialize,
        )]
        pub struct $name(pub [u8; $crate::hash::HASH_BYTES]);

        impl $name {
            /// The BLAKE3 `derive_key` context of this hash.
            pub const CONTEXT: &'static str = $context;

            fn context_key() -> &'static blake3::hazmat::ContextKey {
                static CONTEXT_KEY: std::sync::LazyLock<blake3::hazmat::ContextKey> =
                    std::sync::LazyLock::new(|| {
                        blake3::hazmat::hash_derive_key_context($name::CONTEXT)
                    });
                &CONTEXT_KEY
            }

            /// Hashes `parts`, concatenated, in this type's domain.
            pub fn of(parts: &[&[u8]]) -> Self {
                Self($crate::hash::derive(Self::context_key(), parts))
            }

            /// Hashes `parts`, each behind its length, in this type's domain.
            pub fn of_prefixed(parts: &[&[u8]]) -> Self {
                Self($crate::hash::derive_prefixed(Self::context_key(), parts))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(&data_encoding::HEXLOWER.encode(&self.0))
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let start = data_encoding::HEXLOWER.encode(&self.0[..6]);
                write!(formatter, "{}({start})", stringify!($name))
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::hash::ParseHashError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                $crate::hash::parse_hex(text).map(Self)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use hash_type;

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
    /// A state bucket that has split: number of entries, then the top of the tree over its parts.
    StateSplitHash,
    "minglian/state/split/v1"
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
