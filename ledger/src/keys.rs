//! Ed25519 keys and signatures under ONE verification rule: ZIP-215.
//!
//! Keys and signing come from ed25519-dalek; every verification in the project goes through
//! [`verify`] or [`verify_batch`] (ed25519-zebra). dalek's strict and batch rules disagree on
//! crafted signatures; a chain whose nodes disagree forks, so no other rule is used anywhere.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::edwards::CompressedEdwardsY;
use data_encoding::HEXLOWER;
use ed25519_dalek::Signer as _;
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use ed25519_dalek::SigningKey;

/// An Ed25519 public key, as its 32 bytes. Whether they are a lawful point is checked when a
/// signature is verified, and more strictly by [`PublicKey::check_registrable`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct PublicKey(pub [u8; 32]);

/// An Ed25519 signature, as its 64 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct Signature(pub [u8; 64]);

/// Why a key cannot be registered, or a signature does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The 32 bytes are not a point of the curve.
    #[error("the public key is not a point of the curve")]
    NotAPoint,
    /// The encoding is not the canonical one for its point.
    #[error("the public key is not canonically encoded")]
    NotCanonical,
    /// The point has small order or a torsion component: signatures under it are not binding.
    #[error("the public key has small order or a torsion component")]
    Torsion,
    /// The signature does not verify under ZIP-215.
    #[error("the signature does not verify")]
    BadSignature,
    /// A text is not the hexadecimal form of a key or signature.
    #[error("not the lower-case hexadecimal form of a key or signature")]
    BadText,
}

impl PublicKey {
    /// The public half of `key`.
    pub fn of(key: &SigningKey) -> Self {
        Self(key.verifying_key().to_bytes())
    }

    /// Refuses keys that must never be registered: not a point, not canonical, or with a torsion
    /// component (which includes every small-order point).
    pub fn check_registrable(&self) -> Result<(), KeyError> {
        let point = CompressedEdwardsY(self.0).decompress().ok_or(KeyError::NotAPoint)?;
        if point.compress().0 != self.0 {
            return Err(KeyError::NotCanonical);
        }
        if point.is_small_order() || !point.is_torsion_free() {
            return Err(KeyError::Torsion);
        }
        Ok(())
    }
}

/// Signs `message` with `key`.
pub fn sign(key: &SigningKey, message: &[u8]) -> Signature {
    Signature(key.sign(message).to_bytes())
}

/// Verifies one signature under ZIP-215.
pub fn verify(key: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), KeyError> {
    let key = ed25519_zebra::VerificationKey::try_from(key.0).map_err(|_| KeyError::NotAPoint)?;
    key.verify(&ed25519_zebra::Signature::from(signature.0), message)
        .map_err(|_| KeyError::BadSignature)
}

/// One signature to check in a batch.
#[derive(Debug, Clone, Copy)]
pub struct SignedMessage<'a> {
    /// Who is said to have signed.
    pub key: PublicKey,
    /// What is said to be signed.
    pub message: &'a [u8],
    /// The signature.
    pub signature: Signature,
}

/// Verifies many signatures at once; the answer is the same as checking each with [`verify`].
///
/// Returns the positions of those that do not verify, found one by one when the batch fails. The
/// random weights come from the caller, because this crate has no randomness of its own.
pub fn verify_batch(
    items: &[SignedMessage<'_>],
    random: &mut (impl RngCore + CryptoRng),
) -> Result<(), Vec<usize>> {
    let mut batch = ed25519_zebra::batch::Verifier::new();
    for item in items {
        let key = ed25519_zebra::VerificationKeyBytes::from(item.key.0);
        let signature = ed25519_zebra::Signature::from(item.signature.0);
        batch.queue((key, signature, &item.message));
    }
    if batch.verify(random).is_ok() {
        return Ok(());
    }
    let bad: Vec<usize> = items
        .iter()
        .enumerate()
        .filter(|(_, item)| verify(&item.key, item.message, &item.signature).is_err())
        .map(|(position, _)| position)
        .collect();
    if bad.is_empty() { Ok(()) } else { Err(bad) }
}

macro_rules! hexadecimal_text {
    ($name:ident) => {
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
            type Err = KeyError;

            fn from_str(text: &str) -> Result<Self, KeyError> {
                let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| KeyError::BadText)?;
                bytes.try_into().map(Self).map_err(|_| KeyError::BadText)
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

hexadecimal_text!(PublicKey);
hexadecimal_text!(Signature);
