//! Paths of tiles: one text for each, or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minglian_ledger::log::tiles::Tile;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(tile) = text.parse::<Tile>()
    {
        assert_eq!(tile.to_string(), text);
    }
});
