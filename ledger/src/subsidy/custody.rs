//! A custodian's receipt for the envelopes of a batch: what it signs when it has them all.

use super::batch::BatchHeader;
use super::domain;

/// What a custodian signs of the batch with this header: its name, with the chain and the attempt,
/// how many envelopes, and their root.
pub fn message(header: &BatchHeader) -> Vec<u8> {
    let leaves = header.leaves.to_le_bytes();
    [domain::SIGN_CUSTODY, &header.name.id().0, &leaves, &header.envelope_root.0].concat()
}
