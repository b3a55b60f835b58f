//! Genesis files: what is read is written back with the same hash.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minglian_ledger::genesis::Genesis;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(genesis) = serde_json::from_slice::<Genesis>(bytes) {
        let text = serde_json::to_string(&genesis).unwrap();
        let again: Genesis = serde_json::from_str(&text).unwrap();
        assert_eq!(again.hash(), genesis.hash());
        let encoded = borsh::to_vec(&genesis).unwrap();
        assert_eq!(borsh::from_slice::<Genesis>(&encoded).unwrap(), genesis);
        let _ = genesis.chain_id();
    }
});
