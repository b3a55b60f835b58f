//! Certificates: canonical or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minglian_ledger::certificate::Certificate;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = borsh::from_slice::<Certificate>(bytes) {
        assert_eq!(borsh::to_vec(&value).unwrap(), bytes);
    }
});
