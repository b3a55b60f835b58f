//! What a county's officer signs to hand over what stays off the ledger of a batch: its body to the
//! nodes, its envelopes to their custodians. The signature says who brings it; what it is, the
//! header says.

use borsh::{BorshDeserialize, BorshSerialize};

use super::batch::BatchHeader;
use super::domain;
use crate::keys::{self, KeyError, PublicKey, Signature, SigningKey};
use crate::transaction;

/// Bytes of an encoded handover.
pub const HANDOVER_BYTES: usize = 96;

/// An officer of the county hands the parts of one batch over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Handover {
    /// A key of the county.
    pub key: PublicKey,
    /// Under the hash of the batch's header, which holds chain and county.
    pub signature: Signature,
}

fn message(header: &BatchHeader) -> Vec<u8> {
    [domain::SIGN_HANDOVER, &header.hash().0].concat()
}

impl Handover {
    /// Hands over the parts of the batch with this header.
    pub fn sign(header: &BatchHeader, key: &SigningKey) -> Self {
        Self { key: PublicKey::of(key), signature: keys::sign(key, &message(header)) }
    }

    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        transaction::encode(self)
    }

    /// Checks the signature; whose key it is, the state knows.
    ///
    /// # Errors
    /// [`KeyError`] if it does not verify.
    pub fn verify(&self, header: &BatchHeader) -> Result<(), KeyError> {
        keys::verify(&self.key, &message(header), &self.signature)
    }
}
