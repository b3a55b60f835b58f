//! Secrets of one person and what is derived from them for one batch. Destroying the person's 32
//! bytes destroys the blinding factor, the data key and the bind of every leaf that is theirs.
//!
//! No type here can be printed, compared in variable time or written as JSON; all are wiped when
//! they are dropped.

use curve25519_dalek::scalar::Scalar;
use rand_core::CryptoRngCore;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::domain::{self, BatchId, Bind};
use super::identity_number::IdentityNumber;
use super::pedersen::Blinding;

/// The key of one person in the vault of one county.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct PersonKey([u8; 32]);

/// What one leaf is made of; on the beneficiary's receipt. It opens the leaf's amount and nothing
/// else.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct LeafSeed(pub(super) [u8; 32]);

/// The key of one envelope.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DataKey(pub(super) [u8; 32]);

impl PersonKey {
    /// A fresh key.
    pub fn random(random: &mut impl CryptoRngCore) -> Self {
        let mut key = Self([0; 32]);
        random.fill_bytes(&mut key.0);
        key
    }

    /// The key that a vault kept.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes for a vault to encrypt. Nobody else has use for them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The seed of this person's leaf in a batch.
    pub fn leaf_seed(&self, batch: &BatchId) -> LeafSeed {
        LeafSeed(*domain::derive_secret(domain::LEAF_SEED, &[&self.0, &batch.0]))
    }

    /// The key of this person's envelope in a batch.
    pub fn data_key(&self, batch: &BatchId) -> DataKey {
        DataKey(*domain::derive_secret(domain::DATA_KEY, &[&self.0, &batch.0]))
    }
}

impl LeafSeed {
    /// The blinding factor of the leaf's commitment: 64 derived bytes modulo the group's order.
    pub fn blinding(&self) -> Blinding {
        let wide = domain::derive_secret::<64>(domain::PEDERSEN_BLINDING, &[&self.0]);
        Blinding(Scalar::from_bytes_mod_order_wide(&wide))
    }

    /// What ties the leaf to one identity number: two elders cannot be shown the same leaf.
    pub fn bind(&self, identity: &IdentityNumber) -> Bind {
        Bind::of_prefixed(&[&self.0, identity.as_bytes()])
    }
}
