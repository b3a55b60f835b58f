//! Entry bundles and hash tiles of any width.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minglian_ledger::log::tiles;

fuzz_target!(|bytes: &[u8]| {
    let Some((width, bundle)) = bytes.split_first_chunk::<2>() else { return };
    let width = u16::from_le_bytes(*width) % 300;
    let _ = tiles::parse_hash_tile(bundle, width);
    if let Ok(entries) = tiles::parse_entry_bundle(bundle, width)
        && let Ok(again) = tiles::entry_bundle(&entries)
    {
        assert_eq!(again, bundle);
    }
});
