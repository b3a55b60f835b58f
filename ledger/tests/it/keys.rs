//! One rule for signatures, ZIP-215, alone and in a batch; and keys that are never registered.

use blake3::OutputReader;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::{Scalar, constants};
use minglian_ledger::keys::{self, KeyError, PublicKey, Signature, SignedMessage};
use proptest::prelude::*;
use rand_core::{CryptoRng, RngCore};
use sha2::{Digest, Sha512};

use crate::fixture;

/// Random weights for batches, the same in every run.
pub struct TestRandom(OutputReader);

impl TestRandom {
    pub fn new(seed: u64) -> Self {
        Self(blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof())
    }
}

impl RngCore for TestRandom {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.0.fill(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl CryptoRng for TestRandom {}

/// The 14 encodings of the eight points of small order: the canonical ones, those with y ≥ p, and
/// those with the sign of x set although x is 0.
pub fn small_order_encodings() -> Vec<[u8; 32]> {
    let mut encodings: Vec<[u8; 32]> =
        constants::EIGHT_TORSION.iter().map(|point| point.compress().0).collect();
    let mut prime = [0xFF; 32];
    (prime[0], prime[31]) = (0xED, 0x7F);
    let mut prime_plus_one = prime;
    prime_plus_one[0] = 0xEE;
    let mut one = [0; 32];
    one[0] = 1;
    let mut minus_one = prime;
    minus_one[0] = 0xEC;
    let signed = |mut bytes: [u8; 32]| {
        bytes[31] |= 0x80;
        bytes
    };
    encodings.extend([prime, signed(prime), prime_plus_one, signed(prime_plus_one)]);
    encodings.extend([signed(one), signed(minus_one)]);
    encodings
}

/// A signature by `secret`, where torsion points are added to key and nonce point. It satisfies
/// the equation with the cofactor and, in general, not the one without.
pub fn crafted(
    secret: u64,
    key_torsion: usize,
    nonce_torsion: usize,
    message: &[u8],
) -> (PublicKey, Signature) {
    let (secret, nonce) = (Scalar::from(secret), Scalar::from(secret ^ 0x5555_5555));
    let torsion = |at: usize| constants::EIGHT_TORSION[at];
    let key = (EdwardsPoint::mul_base(&secret) + torsion(key_torsion)).compress().0;
    let point = (EdwardsPoint::mul_base(&nonce) + torsion(nonce_torsion)).compress().0;
    let digest = Sha512::new().chain_update(point).chain_update(key).chain_update(message);
    let challenge = Scalar::from_bytes_mod_order_wide(&digest.finalize().into());
    let scalar = (nonce + challenge * secret).to_bytes();
    (PublicKey(key), Signature([point, scalar].concat().try_into().unwrap()))
}

/// Whether a signature counts; asserts that the batch says the same, alone and in company.
pub fn verdict(key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
    let single = keys::verify(key, message, signature).is_ok();
    let item = SignedMessage { key: *key, message, signature: *signature };
    let mut random = TestRandom::new(1);
    assert_eq!(keys::verify_batch(&[item], &mut random).is_ok(), single, "a batch of one");
    let good = SignedMessage {
        key: fixture::public_key(1),
        message: b"good",
        signature: keys::sign(&fixture::signing_key(1), b"good"),
    };
    let expected = if single { Ok(()) } else { Err(vec![1]) };
    assert_eq!(keys::verify_batch(&[good, item, good], &mut random), expected, "in company");
    single
}

#[test]
fn small_order_keys_and_points_verify_by_zip_215_and_are_not_registrable() {
    let encodings = small_order_encodings();
    assert_eq!(encodings.len(), 14);
    for key in &encodings {
        assert!(PublicKey(*key).check_registrable().is_err());
        for point in &encodings {
            let signature = Signature([*point, [0; 32]].concat().try_into().unwrap());
            assert!(verdict(&PublicKey(*key), b"Zcash", &signature));
        }
    }
}

#[test]
fn keys_that_must_not_be_registered_are_named() {
    let encodings = small_order_encodings();
    for key in &encodings[..8] {
        assert_eq!(PublicKey(*key).check_registrable(), Err(KeyError::Torsion));
    }
    for key in &encodings[8..] {
        assert_eq!(PublicKey(*key).check_registrable(), Err(KeyError::NotCanonical));
    }
    for torsion in 1..8 {
        let (key, signature) = crafted(7, torsion, 0, b"m");
        assert_eq!(key.check_registrable(), Err(KeyError::Torsion));
        assert!(verdict(&key, b"m", &signature));
    }
    assert_eq!(PublicKey([2; 32]).check_registrable(), Err(KeyError::NotAPoint));
    assert_eq!(fixture::public_key(1).check_registrable(), Ok(()));
}

#[test]
fn torsion_in_key_or_nonce_is_ignored_by_the_one_rule() {
    for key_torsion in 0..8 {
        for nonce_torsion in 0..8 {
            let (key, signature) = crafted(11, key_torsion, nonce_torsion, b"message");
            assert!(verdict(&key, b"message", &signature), "{key_torsion} {nonce_torsion}");
            assert!(!verdict(&key, b"another", &signature));
        }
    }
}

#[test]
fn a_batch_names_the_bad_ones() {
    let mut items: Vec<SignedMessage<'_>> = (1..=20)
        .map(|seed| SignedMessage {
            key: fixture::public_key(seed % 4 + 1),
            message: b"message",
            signature: keys::sign(&fixture::signing_key(seed % 4 + 1), b"message"),
        })
        .collect();
    let mut random = TestRandom::new(2);
    assert_eq!(keys::verify_batch(&items, &mut random), Ok(()));
    assert_eq!(keys::verify_batch(&[], &mut random), Ok(()));
    items[3].message = b"other";
    items[17].key = PublicKey([2; 32]);
    assert_eq!(keys::verify_batch(&items, &mut random), Err(vec![3, 17]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn batch_and_single_agree_on_whatever_is_crafted(
        cases in proptest::collection::vec(
            (any::<u64>(), 0..8_usize, 0..8_usize, any::<bool>(), 0..96_usize),
            1..8,
        ),
        seed in any::<u64>(),
    ) {
        let mut items = Vec::new();
        for (secret, key_torsion, nonce_torsion, damaged, at) in &cases {
            let (mut key, mut signature) = crafted(*secret, *key_torsion, *nonce_torsion, b"m");
            match at {
                _ if !damaged => {}
                0..32 => key.0[*at] ^= 1,
                at => signature.0[at - 32] ^= 0x10,
            }
            items.push(SignedMessage { key, message: b"m", signature });
        }
        let bad: Vec<usize> = (0..items.len())
            .filter(|at| keys::verify(&items[*at].key, b"m", &items[*at].signature).is_err())
            .collect();
        let expected = if bad.is_empty() { Ok(()) } else { Err(bad) };
        prop_assert_eq!(keys::verify_batch(&items, &mut TestRandom::new(seed)), expected);
    }

    #[test]
    fn random_bytes_are_never_a_signature_and_never_panic(
        key in any::<[u8; 32]>(),
        low in any::<[u8; 32]>(),
        high in any::<[u8; 32]>(),
    ) {
        let signature = Signature([low, high].concat().try_into().unwrap());
        prop_assert!(!verdict(&PublicKey(key), b"m", &signature));
        let _ = PublicKey(key).check_registrable();
    }
}
