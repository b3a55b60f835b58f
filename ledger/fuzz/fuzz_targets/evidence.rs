//! Evidence bundles: canonical or refused, and verified without panic.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use minglian_ledger::evidence::{Evidence, Trust};
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::Height;

static TRUST: LazyLock<Trust> = LazyLock::new(|| {
    let vectors: serde_json::Value =
        serde_json::from_str(include_str!("../../vectors/evidence.json")).unwrap();
    let genesis: Genesis = serde_json::from_value(vectors["genesis"].clone()).unwrap();
    Trust {
        chain_id: genesis.chain_id().unwrap(),
        height: Height::GENESIS,
        validators: genesis.validators,
    }
});

fuzz_target!(|bytes: &[u8]| {
    if let Ok(evidence) = Evidence::decode(bytes) {
        assert_eq!(evidence.encode(), bytes);
        let _ = evidence.verify(&TRUST);
    }
    let _ = serde_json::from_slice::<Evidence>(bytes);
});
