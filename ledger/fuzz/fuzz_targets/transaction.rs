//! Signed acts: canonical or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minglian_ledger::transaction::Transaction;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = Transaction::decode(bytes) {
        assert_eq!(value.encode(), bytes);
        let _ = value.verify();
    }
});
