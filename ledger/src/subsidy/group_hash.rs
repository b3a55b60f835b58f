//! Hashing to the group as RFC 9497 does for ristretto255 with SHA-512: `expand_message_xmd` of
//! RFC 9380, 64 bytes, then the map of ristretto255. The RFC's vectors hold the code to it.

use curve25519_dalek::ristretto::RistrettoPoint;
use sha2::{Digest as _, Sha512};
use zeroize::Zeroize as _;

/// Bytes of a block of SHA-512.
const BLOCK_BYTES: usize = 128;

/// The point that `input` is hashed to under `tag`, a domain string of at most 255 bytes. What is
/// left of the input in memory is wiped.
pub fn hash_to_group(input: &[u8], tag: &[u8]) -> RistrettoPoint {
    // Tags are constants of this project, all shorter; a longer one would only lose its length.
    let tag_length = u8::try_from(tag.len()).unwrap_or(u8::MAX);
    let first = Sha512::new()
        .chain_update([0; BLOCK_BYTES])
        .chain_update(input)
        .chain_update([0, 64, 0])
        .chain_update(tag)
        .chain_update([tag_length])
        .finalize();
    let mut uniform: [u8; 64] = Sha512::new()
        .chain_update(first)
        .chain_update([1])
        .chain_update(tag)
        .chain_update([tag_length])
        .finalize()
        .into();
    let point = RistrettoPoint::from_uniform_bytes(&uniform);
    uniform.zeroize();
    point
}
