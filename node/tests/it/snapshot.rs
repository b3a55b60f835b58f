//! Reading one state of the ledger while blocks go on.

use minglian_ledger::height::Height;
use minglian_ledger::state::StateRead as _;
use minglian_ledger::store::{DerivedRead, ScanDirection};

use crate::rpc_world::{FINANCE_MAKER, World, day, record_quota};

/// A commit that waited for a reader would not return here.
#[tokio::test(flavor = "multi_thread")]
async fn who_reads_one_state_keeps_no_block_waiting() {
    let world = World::start().await;
    let snapshot = world.chain.store().snapshot().unwrap();
    let before = snapshot.scan_prefix(b"", None, usize::MAX).unwrap();
    let derived = |read: &dyn DerivedRead| -> usize {
        read.derived_range(b"", b"", ScanDirection::Forward, usize::MAX).unwrap().len()
    };
    let known = derived(&snapshot);
    let act = world.act(FINANCE_MAKER, "指标", &record_quota(100, day(5, 1)));
    world.admission.admit(&[act.encode()])[0].as_ref().unwrap();
    world.make_block();
    let now = world.chain.store();
    assert_eq!(now.tip().unwrap().header.height, Height(1));
    assert!(now.scan_prefix(b"", None, usize::MAX).unwrap() != before);
    assert!(derived(now) > known);
    // What is read goes on as it was.
    assert_eq!(snapshot.header().height, Height::GENESIS);
    assert!(snapshot.scan_prefix(b"", None, usize::MAX).unwrap() == before);
    let (key, value) = before.last().unwrap();
    assert_eq!(snapshot.get(key).unwrap().as_ref(), Some(value));
    assert_eq!(derived(&snapshot), known);
    drop(snapshot);
    world.stop().await;
}
