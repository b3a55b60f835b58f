//! Points and scalars of the group ristretto255 as they are sent: 32 bytes in their only form.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use curve25519_dalek::ristretto::{CompressedRistretto, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity as _;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hash::{self, ParseHashError};

/// Bytes of a point, and of a scalar.
pub const ELEMENT_BYTES: usize = 32;

/// A point as received: any 32 bytes, until [`PointBytes::point`] has read them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct PointBytes(pub [u8; ELEMENT_BYTES]);

/// A scalar as received: any 32 bytes, until [`ScalarBytes::scalar`] has read them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize, BorshDeserialize)]
pub struct ScalarBytes(pub [u8; ELEMENT_BYTES]);

/// Why 32 bytes are not what they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// Not the canonical form of a point.
    #[error("the bytes are not a point of ristretto255")]
    NotAPoint,
    /// The neutral element, which would make a commitment or a key say nothing.
    #[error("the point is the neutral element")]
    Identity,
    /// Not below the order of the group.
    #[error("the scalar is not canonical")]
    NotCanonical,
}

impl PointBytes {
    /// The form in which `point` is sent.
    pub fn of(point: &RistrettoPoint) -> Self {
        Self(point.compress().to_bytes())
    }

    /// The point.
    ///
    /// # Errors
    /// [`EncodingError::NotAPoint`] for every form but the canonical one,
    /// [`EncodingError::Identity`].
    pub fn point(&self) -> Result<RistrettoPoint, EncodingError> {
        let point = CompressedRistretto(self.0).decompress().ok_or(EncodingError::NotAPoint)?;
        if point.is_identity() { Err(EncodingError::Identity) } else { Ok(point) }
    }
}

impl ScalarBytes {
    /// The form in which `scalar` is sent.
    pub fn of(scalar: &Scalar) -> Self {
        Self(scalar.to_bytes())
    }

    /// The scalar.
    ///
    /// # Errors
    /// [`EncodingError::NotCanonical`] for bytes at or above the order of the group.
    pub fn scalar(&self) -> Result<Scalar, EncodingError> {
        Option::from(Scalar::from_canonical_bytes(self.0)).ok_or(EncodingError::NotCanonical)
    }
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
            type Err = ParseHashError;

            fn from_str(text: &str) -> Result<Self, ParseHashError> {
                hash::parse_hex(text).map(Self)
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
hexadecimal_text!(PointBytes);
hexadecimal_text!(ScalarBytes);
