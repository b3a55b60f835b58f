//! Fiat–Shamir by merlin: what a proof is about goes in first, what the prover sends next, and only
//! then is the challenge drawn. Whatever is left out here could be changed after proving.

use curve25519_dalek::scalar::Scalar;
use merlin::{Transcript, TranscriptRng};
use rand_core::CryptoRngCore;

use super::encoding::PointBytes;

/// Adds a point in the form in which it is sent.
pub(super) fn append_point(transcript: &mut Transcript, label: &'static [u8], point: &PointBytes) {
    transcript.append_message(label, &point.0);
}

/// A challenge: 64 bytes modulo the order of the group.
pub(super) fn challenge(transcript: &mut Transcript, label: &'static [u8]) -> Scalar {
    let mut wide = [0; 64];
    transcript.challenge_bytes(label, &mut wide);
    Scalar::from_bytes_mod_order_wide(&wide)
}

/// Randomness for nonces that hangs on the statement, the witness and the caller's randomness: a
/// caller whose randomness repeats does not give the witness away.
pub(super) fn nonces(
    transcript: &Transcript,
    witness: &[&Scalar],
    random: &mut impl CryptoRngCore,
) -> TranscriptRng {
    let mut builder = transcript.build_rng();
    for scalar in witness {
        builder = builder.rekey_with_witness_bytes(b"witness", scalar.as_bytes());
    }
    builder.finalize(random)
}
