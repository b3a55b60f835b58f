//! Pedersen commitments to amounts: `C = v·G + r·H`, hiding as long as r is unknown, binding as
//! long as nobody knows the logarithm of H to G, and additive.

use std::sync::LazyLock;

use bulletproofs::PedersenGens;
use curve25519_dalek::constants::RISTRETTO_BASEPOINT_TABLE;
use curve25519_dalek::ristretto::{RistrettoBasepointTable, RistrettoPoint};
use curve25519_dalek::scalar::Scalar;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::fen::Fen;

/// G, the basepoint of ristretto255, as it is sent. A test holds the code to these bytes.
pub const G_BYTES: [u8; 32] = [
    0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8, 0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f,
    0x58, 0xe3, 0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59, 0x45, 0xe0, 0x8d, 0x2d, 0x76,
];

/// H as it is sent: the hash to the group (SHA3-512) of G's bytes, so that nobody chose its
/// logarithm. The blinding base of `bulletproofs`, so that both kinds of proof share commitments.
pub const H_BYTES: [u8; 32] = [
    0x8c, 0x92, 0x40, 0xb4, 0x56, 0xa9, 0xe6, 0xdc, 0x65, 0xc3, 0x77, 0xa1, 0x04, 0x8d, 0x74, 0x5f,
    0x94, 0xa0, 0x8c, 0xdb, 0x7f, 0x44, 0xcb, 0xcd, 0x7b, 0x46, 0xf3, 0x40, 0x48, 0x87, 0x11, 0x34,
];

static H: LazyLock<RistrettoPoint> = LazyLock::new(|| PedersenGens::default().B_blinding);
static H_TABLE: LazyLock<RistrettoBasepointTable> =
    LazyLock::new(|| RistrettoBasepointTable::create(&H));

/// The base of blinding factors.
pub fn h() -> RistrettoPoint {
    *H
}

/// `scalar`·H in constant time.
pub(super) fn mul_h(scalar: &Scalar) -> RistrettoPoint {
    scalar * &*H_TABLE
}

/// `scalar`·G in constant time.
pub(super) fn mul_g(scalar: &Scalar) -> RistrettoPoint {
    scalar * RISTRETTO_BASEPOINT_TABLE
}

/// The sum of commitments that come to `total` with the blinding factors' sum.
pub(super) fn commit_sum(total: Fen, blinding: &Blinding) -> RistrettoPoint {
    mul_g(&Scalar::from(total.get())) + mul_h(&blinding.0)
}

/// What one person gets in one batch, in fen. A person's amount is nobody's business, so there is
/// no way to print one.
#[derive(Clone, Copy, PartialEq, Eq, Zeroize)]
pub struct Amount(pub u32);

impl Amount {
    /// Paid nothing: suspended, dead, or not due in this batch.
    pub const ZERO: Self = Self(0);
}

/// A blinding factor. It is wiped when it is dropped, and there is no way to print one.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Blinding(pub(super) Scalar);

impl Blinding {
    /// The blinding factor of the sum of two commitments.
    pub fn plus(&self, other: &Self) -> Self {
        Self(self.0 + other.0)
    }

    /// The blinding factor of a sum of commitments.
    pub fn sum<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        parts.into_iter().fold(Self(Scalar::ZERO), |sum, part| sum.plus(part))
    }
}

/// What opens a commitment. It is wiped when it is dropped, and there is no way to print one.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Opening {
    /// The amount.
    pub amount: Amount,
    /// The blinding factor.
    pub blinding: Blinding,
}

impl Opening {
    /// The commitment, in constant time.
    pub fn commit(&self) -> RistrettoPoint {
        mul_g(&Scalar::from(self.amount.0)) + mul_h(&self.blinding.0)
    }
}
