//! State proofs: canonical or refused, and never a proof for a root nobody made.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minglian_ledger::hash::StateRoot;
use minglian_ledger::state::proof::{self, StateProof};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = StateProof::decode(bytes) {
        assert_eq!(borsh::to_vec(&value).unwrap(), bytes);
        let root = StateRoot::default();
        proof::verify(&value, &root, b"key", None).unwrap_err();
        proof::verify(&value, &root, b"key", Some(b"value")).unwrap_err();
    }
});
