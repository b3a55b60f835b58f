//! Leaves of the log: canonical or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minglian_ledger::record::Leaf;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = Leaf::decode(bytes) {
        assert_eq!(value.encode(), bytes);
    }
});
