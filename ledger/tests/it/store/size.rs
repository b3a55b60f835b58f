//! What a database holds, added up beside the node that writes it.

use minglian_ledger::record::Leaf;
use minglian_ledger::state::Changes;
use minglian_ledger::store::StoreError;
use minglian_ledger::store::schema::{Column, LeafColumn, LogNodeColumn, StateColumn};
use minglian_ledger::store::size::Sizes;
use tempfile::TempDir;

use super::fill;
use crate::fixture::{Chain, TIP};

#[test]
fn what_blocks_wrote_is_added_up_while_the_ledger_is_in_use() {
    let (chain, directory) = (Chain::new(), TempDir::new().unwrap());
    let path = directory.path().join("ledger");
    let _store = fill(&chain, &path, TIP);
    let sizes = Sizes::read(&path).unwrap();
    assert_eq!(sizes.tip.0, TIP);

    let mut state = Changes::new();
    let (mut leaves, mut leaf_bytes, mut signed, mut receipts, mut records) = (0, 0, 0, 0, 0);
    for block in &chain.blocks {
        state.extend(block.changes.clone());
        for leaf in &block.leaves {
            leaves += 1;
            leaf_bytes += leaf.len() as u64;
            if let Leaf::Record(record) = Leaf::decode(leaf).unwrap() {
                records += 1;
                signed += record.transaction.encode().len() as u64;
                receipts += borsh::to_vec(&record.receipt).unwrap().len() as u64;
            }
        }
    }
    assert!(records > 0);
    let found = (sizes.records, sizes.transaction_bytes, sizes.receipt_bytes);
    assert_eq!(found, (records, signed, receipts));
    let log = sizes.columns[LeafColumn::NAME].size;
    // A position takes 8 bytes.
    assert_eq!((log.entries, log.key_bytes, log.value_bytes), (leaves, leaves * 8, leaf_bytes));
    assert!(sizes.columns[LogNodeColumn::NAME].size.entries >= leaves);

    let live = || state.iter().filter_map(|(key, value)| Some((key, value.as_ref()?)));
    let bytes: usize = live().map(|(key, value)| key.len() + value.len()).sum();
    let found = sizes.columns[StateColumn::NAME].size;
    assert_eq!((found.entries, found.bytes()), (live().count() as u64, bytes as u64));
    let by_table = sizes.state_tables.values().map(|table| table.bytes()).sum::<u64>();
    assert_eq!(by_table, found.bytes());
    let both = sizes.of(&[StateColumn::NAME, LeafColumn::NAME]).size;
    assert_eq!(both.bytes(), found.bytes() + log.bytes());

    let missing = Sizes::read(&directory.path().join("elsewhere"));
    assert!(matches!(missing, Err(StoreError::Missing(_))), "{missing:?}");
}
