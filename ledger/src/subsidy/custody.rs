//! A custodian of the envelopes of a batch: what it is asked to keep, and what it signs when it has
//! them all.

use borsh::{BorshDeserialize, BorshSerialize};

use super::batch::BatchHeader;
use super::chunk_list::EnvelopeList;
use super::domain;
use crate::transaction;

/// What a county asks a custodian to keep.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct CustodyRequest {
    /// The header of the batch.
    pub header: BatchHeader,
    /// The chunks of its envelopes.
    pub list: EnvelopeList,
}

impl CustodyRequest {
    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        transaction::encode(self)
    }
}

/// What a custodian signs of the batch with this header: its name, with the chain and the attempt,
/// how many envelopes, and their root.
pub fn message(header: &BatchHeader) -> Vec<u8> {
    let leaves = header.leaves.to_le_bytes();
    [domain::SIGN_CUSTODY, &header.name.id().0, &leaves, &header.envelope_root.0].concat()
}
