//! Blocks: canonical or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minglian_ledger::block::Block;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(value) = Block::decode(bytes) {
        assert_eq!(value.encode(), bytes);
    }
});
