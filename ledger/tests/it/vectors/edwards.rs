//! `ed25519_edge.json`: signatures on which verifiers differ, with the verdict of ZIP-215.

use minglian_ledger::keys::{PublicKey, Signature};
use serde_json::{Value, json};

use super::hex;
use crate::fixture;
use crate::keys::{crafted, small_order_encodings, verdict};

/// Message, key, signature and verdict under ZIP-215 of the cases that Chalkias, Garillot and
/// Nikolaenko publish with "Taming the many EdDSAs" (github.com/novifinancial/ed25519-speccheck,
/// cases.json). Their cases 6 and 7 have S ≥ L; in case 8 the point R was written in canonical form
/// before it was hashed, which is not how it is sent.
const SPECCHECK: [(&str, &str, &str, bool); 10] = [
    (
        "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a\
         0000000000000000000000000000000000000000000000000000000000000000",
        true,
    ),
    (
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43\
         a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
        true,
    ),
    (
        "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa\
         8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
        true,
    ),
    (
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f\
         87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
        true,
    ),
    (
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed512\
         5ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
        true,
    ),
    (
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7\
         e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
        true,
    ),
    (
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e\
         547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
        false,
    ),
    (
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa1942\
         7e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
        false,
    ),
    (
        "fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f\
         454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607",
        false,
    ),
    (
        "84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f\
         084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09",
        true,
    ),
];

fn entry(name: &str, message: &[u8], key: PublicKey, signature: Signature, valid: bool) -> Value {
    assert_eq!(verdict(&key, message, &signature), valid, "{name}");
    let registrable = key.check_registrable();
    json!({
        "name": name,
        "public_key": key,
        "message": hex(message),
        "signature": signature,
        "valid": valid,
        "registrable": registrable.is_ok(),
        "registrable_error": registrable.err().map(|error| format!("{error:?}")),
    })
}

fn published() -> Vec<Value> {
    let case = |(number, (message, key, signature, valid)): (usize, &(&str, &str, &str, bool))| {
        let message = data_encoding::HEXLOWER.decode(message.as_bytes()).unwrap();
        let name = format!("speccheck {number}");
        entry(&name, &message, key.parse().unwrap(), signature.parse().unwrap(), *valid)
    };
    SPECCHECK.iter().enumerate().map(case).collect()
}

#[test]
fn edwards_edges() {
    let mut entries = published();
    let encodings = small_order_encodings();
    for (key_at, key) in encodings.iter().enumerate() {
        for (point_at, point) in encodings.iter().enumerate() {
            let signature = Signature([*point, [0; 32]].concat().try_into().unwrap());
            let name = format!("small order: key {key_at}, R {point_at}, S 0");
            entries.push(entry(&name, b"Zcash", PublicKey(*key), signature, true));
        }
    }
    for (key_torsion, nonce_torsion) in [(0, 0), (0, 1), (1, 0), (1, 7), (4, 4), (3, 6)] {
        let (key, signature) = crafted(5, key_torsion, nonce_torsion, b"mixed order");
        let name = format!("mixed order: torsion {key_torsion} in key, {nonce_torsion} in R");
        entries.push(entry(&name, b"mixed order", key, signature, true));
        let name = format!("{name}, another message");
        entries.push(entry(&name, b"another", key, signature, false));
    }
    let key = fixture::public_key(1);
    let mut order = [0; 32];
    order[..16]
        .copy_from_slice(&27_742_317_777_372_353_535_851_937_790_883_648_493_u128.to_le_bytes());
    order[31] = 0x10;
    let identity = encodings[0];
    let with_scalar = |scalar: [u8; 32]| Signature([identity, scalar].concat().try_into().unwrap());
    let weak = PublicKey(identity);
    entries.push(entry("S is the group order", b"m", weak, with_scalar(order), false));
    entries.push(entry("S is 2^256 - 1", b"m", weak, with_scalar([0xFF; 32]), false));
    let mut no_point = [0; 32];
    no_point[0] = 2;
    let zero = Signature([no_point, [0; 32]].concat().try_into().unwrap());
    entries.push(entry("R is no point", b"m", weak, zero, false));
    entries.push(entry(
        "the key is no point",
        b"m",
        PublicKey(no_point),
        with_scalar([0; 32]),
        false,
    ));
    entries.push(entry("a good key, all zero", b"m", key, Signature([0; 64]), false));
    super::check(
        "ed25519_edge.json",
        "Signatures on which Ed25519 verifiers differ, with the verdict of ZIP-215, the only rule \
         here, and whether the key may be registered.",
        json!({ "signatures": entries }),
    );
}
