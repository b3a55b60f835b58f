//! What the chain refuses to open.

use minglian_ledger::block::Header;
use minglian_ledger::height::LogIndex;
use minglian_ledger::state::tree::StateTree;
use minglian_ledger::state::{Changes, MemoryState};
use minglian_ledger::store::{BlockWrite, Store};
use minglian_node::chain::{Chain, ChainError};

use crate::rpc_world;

/// A release with other rules would read what stands in the state as something else.
#[test]
fn a_chain_of_other_rules_is_not_opened() {
    let (genesis, directory) = (rpc_world::genesis(), tempfile::tempdir().unwrap());
    let path = directory.path().join("ledger");
    Chain::create(&path, &genesis).unwrap();
    let header = Chain::open(&path, genesis.clone()).unwrap().head().header;
    let known = header.rules_version;
    let header = Header { rules_version: known + 1, ..header };
    let changes = Changes::new();
    let tree = StateTree::rebuild(std::iter::empty()).unwrap();
    let update = tree.prepare(&MemoryState::default(), &changes).unwrap();
    let block = BlockWrite {
        header: &header,
        certificate: None,
        first_leaf: LogIndex(0),
        leaves: &[],
        nodes: &[],
        update: &update,
        changes: &changes,
        undo: &changes,
        transactions: &[],
        validators: None,
        derived: &[],
    };
    let path = directory.path().join("other");
    drop(Store::create(&path, genesis.hash(), &block).unwrap());
    let error = Chain::open(&path, genesis).err().unwrap();
    assert!(matches!(error, ChainError::Rules(_)), "{error}");
    for version in [known, known + 1] {
        assert!(error.to_string().contains(&format!("version {version}")), "{error}");
    }
}
