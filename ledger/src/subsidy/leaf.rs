//! The leaf of a batch: what is public of one payment, 100 bytes.

use borsh::{BorshDeserialize, BorshSerialize};

use super::domain::{BatchId, Bind, CiphertextHash, LeafHash};
use super::encoding::PointBytes;
use super::identity_number::IdentityNumber;
use super::pedersen::{Amount, Opening};
use super::secret::{LeafSeed, PersonKey};
use crate::transaction;

/// Bytes of a leaf.
pub const LEAF_BYTES: usize = 100;

/// What is public of one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Leaf {
    /// Position in the batch, and of the handle in the enrolment list.
    pub index: u32,
    /// The commitment to the amount.
    pub commitment: PointBytes,
    /// Ties the leaf to one identity number.
    pub bind: Bind,
    /// The envelope, which is kept off the ledger.
    pub envelope: CiphertextHash,
}

/// Why a leaf is not what it is said to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpeningError {
    /// Another leaf.
    #[error("leaf {expected} is not leaf {found}")]
    Index {
        /// The leaf that was meant.
        expected: u32,
        /// The leaf that was given.
        found: u32,
    },
    /// The leaf pays another amount, or was made from another seed.
    #[error("the leaf does not pay this amount")]
    Amount,
    /// The leaf is bound to another person.
    #[error("the leaf is bound to another person")]
    Person,
}

impl Leaf {
    /// Whether this is leaf `index` and pays `amount` to the person of that number.
    ///
    /// # Errors
    /// Every [`OpeningError`].
    pub fn check(
        &self,
        index: u32,
        amount: Amount,
        seed: &LeafSeed,
        identity: &IdentityNumber,
    ) -> Result<(), OpeningError> {
        if self.index != index {
            return Err(OpeningError::Index { expected: index, found: self.index });
        }
        let opening = Opening { amount, blinding: seed.blinding() };
        if PointBytes::of(&opening.commit()) != self.commitment {
            return Err(OpeningError::Amount);
        }
        if seed.bind(identity) != self.bind {
            return Err(OpeningError::Person);
        }
        Ok(())
    }

    /// The 100 bytes.
    pub fn encode(&self) -> Vec<u8> {
        transaction::encode(self)
    }

    /// The hash that stands in the tree.
    pub fn hash(&self) -> LeafHash {
        LeafHash::of_prefixed(&[&self.encode()])
    }
}

/// What a county knows of one payment when it makes a leaf of it.
#[derive(Clone, Copy)]
pub struct Payment<'a> {
    /// The person's key.
    pub key: &'a PersonKey,
    /// Whose the handle at this position is.
    pub identity: &'a IdentityNumber,
    /// What the person gets.
    pub amount: Amount,
    /// The envelope that was made for the payment.
    pub envelope: CiphertextHash,
}

/// A leaf with what opens it.
#[derive(Clone)]
pub struct OpenLeaf {
    /// What is public.
    pub leaf: Leaf,
    /// What is not.
    pub opening: Opening,
}

impl OpenLeaf {
    /// The leaf of `payment` at `index` of `batch`.
    pub fn new(batch: &BatchId, index: u32, payment: &Payment<'_>) -> Self {
        let seed = payment.key.leaf_seed(batch);
        let opening = Opening { amount: payment.amount, blinding: seed.blinding() };
        let leaf = Leaf {
            index,
            commitment: PointBytes::of(&opening.commit()),
            bind: seed.bind(payment.identity),
            envelope: payment.envelope,
        };
        Self { leaf, opening }
    }
}
