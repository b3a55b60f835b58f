//! The hash to the group against RFC 9497 and against another implementation of it.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use data_encoding::HEXLOWER;
use minglian_ledger::subsidy::domain;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::evaluation;
use minglian_ledger::subsidy::group_hash::hash_to_group;
use minglian_ledger::subsidy::threshold::Request;
use proptest::prelude::*;
use sha2::{Digest as _, Sha512};
use voprf::{Group as _, OprfServer, Ristretto255};

use super::fixture::Stream;
use super::keys::Shared;

const OPRF: &[u8] = b"HashToGroup-OPRFV1-\x00-ristretto255-SHA512";
const VOPRF: &[u8] = b"HashToGroup-OPRFV1-\x01-ristretto255-SHA512";

fn bytes(hexadecimal: &str) -> [u8; 32] {
    HEXLOWER.decode(hexadecimal.as_bytes()).unwrap().try_into().unwrap()
}

#[test]
fn the_vectors_of_rfc_9497_hold() {
    let zero: &[u8] = &[0];
    let five_a: &[u8] = &[0x5A; 17];
    let blind = "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706";
    let oprf = "5ebcea5ee37023ccb9fc2d2019f9d7737be85591ae8652ffa9ef0f4d37063b0e";
    let voprf = "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909";
    for (tag, key, input, blinded, evaluated) in [
        (
            OPRF,
            oprf,
            zero,
            "609a0ae68c15a3cf6903766461307e5c8bb2f95e7e6550e1ffa2dc99e412803c",
            "7ec6578ae5120958eb2db1745758ff379e77cb64fe77b0b2d8cc917ea0869c7e",
        ),
        (
            OPRF,
            oprf,
            five_a,
            "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418",
            "b4cbf5a4f1eeda5a63ce7b77c7d23f461db3fcab0dd28e4e17cecb5c90d02c25",
        ),
        (
            VOPRF,
            voprf,
            zero,
            "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
            "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
        ),
        (
            VOPRF,
            voprf,
            five_a,
            "cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c",
            "60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468",
        ),
    ] {
        let factor = Scalar::from_canonical_bytes(bytes(blind)).unwrap();
        let key = Scalar::from_canonical_bytes(bytes(key)).unwrap();
        let point = factor * hash_to_group(input, tag);
        assert_eq!(point.compress().to_bytes(), bytes(blinded));
        assert_eq!((key * point).compress().to_bytes(), bytes(evaluated));
    }
}

proptest! {
    #[test]
    fn another_implementation_hashes_to_the_same_points(
        input in proptest::collection::vec(any::<u8>(), 1..300),
    ) {
        for tag in [domain::TAG_POINT, domain::BEACON_POINT, OPRF] {
            let theirs = Ristretto255::hash_to_curve::<Sha512>(&[&input], &[tag]).unwrap();
            prop_assert_eq!(hash_to_group(&input, tag), theirs);
        }
    }
}

/// Twenty quorums of seven give what the whole key gives, and `voprf`'s server with that key.
#[test]
fn any_quorum_gives_what_one_key_would() {
    let shared = Shared::tags(11);
    let secret = shared.secret();
    let server = OprfServer::<Ristretto255>::new_with_key(secret.as_bytes()).unwrap();
    let mut random = Stream::new(12);
    for round in 0_u8..20 {
        let factor = Scalar::random(&mut random);
        let input = [b'p', round];
        let hashed = hash_to_group(&input, OPRF);
        let point = PointBytes::of(&(factor * hashed));
        let mut members: Vec<u16> = (1..=10).collect();
        for place in (1..10).rev() {
            let other = usize::try_from(rand_core::RngCore::next_u64(&mut random) % (place + 1));
            members.swap(usize::try_from(place).unwrap(), other.unwrap());
        }
        let request = Request::new(&shared.key, b"vectors", vec![point]).unwrap();
        let answers = shared.answers(&request, &members[..7]);
        let results = evaluation::combine(&request, &answers).unwrap();
        let result: RistrettoPoint = results[0].point().unwrap();
        let unblinded = factor.invert() * result;
        assert_eq!(unblinded, secret * hashed, "members {:?}", &members[..7]);
        let output = Sha512::new()
            .chain_update([0, 2])
            .chain_update(input)
            .chain_update([0, 32])
            .chain_update(unblinded.compress().as_bytes())
            .chain_update(b"Finalize")
            .finalize();
        assert_eq!(output, server.evaluate(&input).unwrap());
    }
}
