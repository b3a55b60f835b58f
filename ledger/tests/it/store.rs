//! The store: what was committed is read back, or an error says what is wrong; never anything else.

mod buffered;
mod damage;
mod size;

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use minglian_ledger::hash::GenesisHash;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::log::tree::{Frontier, NodeSource};
use minglian_ledger::state::tree::StateTree;
use minglian_ledger::state::{Changes, MemoryState, StateRead, proof};
use minglian_ledger::store::schema::{self, Column, Meta, MetaColumn};
use minglian_ledger::store::{DerivedRead as _, ScanDirection, Store, StoreError};
use rocksdb::{DB, Options};
use tempfile::TempDir;

use crate::fixture::{self, Chain, TIP};

/// Creates the chain's store at `path` and commits blocks up to `tip`.
fn fill(chain: &Chain, path: &Path, tip: u64) -> Store {
    let store = Store::create(path, chain.genesis.hash(), &chain.blocks[0].write()).unwrap();
    for block in &chain.blocks[1..=usize::try_from(tip).unwrap()] {
        store.commit(&block.write()).unwrap();
    }
    store
}

/// The database below the store, as nobody but a test opens it.
fn raw(path: &Path) -> DB {
    let columns = schema::COLUMNS.into_iter().chain([schema::DERIVED]);
    DB::open_cf(&Options::default(), path, columns).unwrap()
}

/// Reads everything up to the store's tip. What is served must be what was committed; returns the
/// tip and the errors.
fn audit(store: &Store, chain: &Chain) -> (u64, Vec<String>) {
    let mut errors = Vec::new();
    let mut note = |error: String| errors.push(error);
    let tip = match store.tip() {
        Ok(tip) => tip.header.height.0,
        Err(error) => return (0, vec![error.to_string()]),
    };
    let mut state = Changes::new();
    for block in &chain.blocks[..=usize::try_from(tip).unwrap()] {
        let height = block.header.height;
        state.extend(block.changes.clone());
        match store.header(height) {
            Ok(found) => assert_eq!(found.unwrap().header, block.header),
            Err(error) => note(error.to_string()),
        }
        match store.certificate(height) {
            Ok(found) => assert_eq!(found, block.certificate),
            Err(error) => note(error.to_string()),
        }
        match store.undo(height) {
            Ok(found) => assert_eq!(found.as_ref(), Some(&block.undo)),
            Err(error) => note(error.to_string()),
        }
        for (index, leaf) in (block.first_leaf.0..).zip(&block.leaves) {
            match store.leaf(LogIndex(index)) {
                Ok(found) => assert_eq!(found.as_ref(), Some(leaf)),
                Err(error) => note(error.to_string()),
            }
        }
        for node in &block.nodes {
            match store.node(node.level, node.index) {
                Ok(found) => assert_eq!(found, node.hash),
                Err(error) => note(error.to_string()),
            }
        }
        for (id, index) in &block.transactions {
            match store.transaction(id) {
                Ok(found) => assert_eq!(found, Some(*index)),
                Err(error) => note(error.to_string()),
            }
        }
        match store.validators(height.next()) {
            Ok((_, set)) => assert_eq!(set, fixture::validators(fixture::members_at(height.0 + 1))),
            Err(error) => note(error.to_string()),
        }
    }
    for (key, value) in &state {
        match store.get(key) {
            Ok(found) => assert_eq!(&found, value),
            Err(error) => note(error.to_string()),
        }
    }
    match rebuild(store) {
        Ok(tree) => audit_tree(store, &tree, chain, &state, tip, &mut errors),
        Err(error) => errors.push(error),
    }
    (tip, errors)
}

fn rebuild(store: &Store) -> Result<StateTree, String> {
    let hashes = store.bucket_hashes().map_err(|error| error.to_string())?;
    StateTree::rebuild(hashes).map_err(|error| error.to_string())
}

/// The rebuilt tree has the header's root, and each bucket can be read and proven from.
fn audit_tree(
    store: &Store,
    tree: &StateTree,
    chain: &Chain,
    state: &Changes,
    tip: u64,
    errors: &mut Vec<String>,
) {
    let root = chain.header(tip).state_root;
    if tree.root() != root {
        errors.push(format!("the stored buckets lead to {}", tree.root()));
        return;
    }
    for (key, value) in state {
        match proof::prove(tree, store, key) {
            Ok(proof) => proof::verify(&proof, &root, key, value.as_deref()).unwrap(),
            Err(error) => errors.push(error.to_string()),
        }
    }
}

#[test]
fn what_was_committed_is_there_after_reopening() {
    let chain = Chain::new();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("ledger");
    let store = fill(&chain, &path, TIP);
    assert_eq!(audit(&store, &chain), (TIP, vec![]));
    drop(store);
    let store = Store::open(&path, chain.genesis.hash()).unwrap();
    assert_eq!(audit(&store, &chain), (TIP, vec![]));
    assert_eq!(rebuild(&store).unwrap().root(), chain.header(TIP).state_root);
    let frontier = Frontier::load(&&store, chain.log.size()).unwrap();
    assert_eq!(frontier.root(), chain.header(TIP).log_root);
    let block = store.block(Height(3)).unwrap().unwrap();
    assert_eq!((&block.header, block.transactions.len()), (chain.header(3), 2));
    assert_eq!(store.block(Height(TIP + 1)).unwrap(), None);
    let changes = store.validator_changes(Height::GENESIS).unwrap();
    let heights: Vec<u64> = changes.iter().map(|(height, _)| height.0).collect();
    assert_eq!(heights, fixture::CHANGES);
    assert_eq!(store.validators(Height(5)).unwrap().0, Height(2));
}

#[test]
fn scans_and_derived_entries_are_in_order() {
    let chain = Chain::new();
    let directory = TempDir::new().unwrap();
    let store = fill(&chain, &directory.path().join("ledger"), TIP);
    for after in [None, Some(&b"account/3"[..]), Some(b"a"), Some(b"b")] {
        for limit in [0, 1, 3, 100] {
            let found = store.scan_prefix(b"account/", after, limit).unwrap();
            assert_eq!(found, chain.state.scan_prefix(b"account/", after, limit).unwrap());
        }
    }
    assert_eq!(store.derived(b"derived/3").unwrap(), Some(vec![1]));
    let keys = |direction, from: &[u8], limit| -> Vec<Vec<u8>> {
        let found = store.derived_range(b"derived/", from, direction, limit).unwrap();
        found.into_iter().map(|(key, _)| key).collect()
    };
    assert_eq!(keys(ScanDirection::Forward, b"derived/7", 9), [b"derived/7", b"derived/8"]);
    assert_eq!(keys(ScanDirection::Backward, b"derived/1", 9), [b"derived/1", b"derived/0"]);
    assert_eq!(keys(ScanDirection::Forward, b"derived/", 1), [b"derived/0"]);
}

#[test]
fn a_block_that_does_not_follow_changes_nothing() {
    let chain = Chain::new();
    let directory = TempDir::new().unwrap();
    let store = fill(&chain, &directory.path().join("ledger"), 4);
    for height in [0, 3, 4, 6, 8] {
        let error = store.commit(&chain.blocks[height].write()).unwrap_err();
        let expected = Height(u64::try_from(height).unwrap());
        assert!(
            matches!(error, StoreError::NotNext { height, tip } if height == expected && tip.0 == 4)
        );
    }
    assert_eq!(audit(&store, &chain), (4, vec![]));
    store.commit(&chain.blocks[5].write()).unwrap();
    assert_eq!(audit(&store, &chain), (5, vec![]));
}

#[test]
fn the_wrong_path_genesis_or_format_is_named_and_nothing_is_created() {
    let chain = Chain::new();
    let genesis = chain.genesis.hash();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("ledger");
    let missing = Store::open(&path, genesis).unwrap_err();
    assert!(matches!(missing, StoreError::Missing(_)), "{missing}");
    assert!(!path.exists(), "opening a mistyped path creates nothing");
    drop(fill(&chain, &path, 1));
    let other = GenesisHash::of(&[b"other"]);
    let error = Store::open(&path, other).unwrap_err();
    assert!(matches!(error, StoreError::WrongGenesis { found, expected, .. }
            if found == genesis && expected == other));
    let error = Store::create(&path, genesis, &chain.blocks[0].write()).unwrap_err();
    assert!(matches!(error, StoreError::Occupied(_)), "{error}");
    let meta = Meta { format_version: schema::FORMAT_VERSION + 1, genesis, tip: Height(1) };
    let database = raw(&path);
    let column = database.cf_handle(MetaColumn::NAME).unwrap();
    database.put_cf(column, MetaColumn::key(&()), MetaColumn::value(&meta)).unwrap();
    drop(database);
    let error = Store::open(&path, genesis).unwrap_err();
    assert!(
        matches!(error, StoreError::FormatVersion { found, .. } if found == meta.format_version)
    );
    let database = raw(&path);
    database
        .delete_cf(database.cf_handle(MetaColumn::NAME).unwrap(), MetaColumn::key(&()))
        .unwrap();
    drop(database);
    let error = Store::open(&path, genesis).unwrap_err();
    assert!(matches!(error, StoreError::Damaged { column: "meta", .. }), "{error}");
}

#[test]
fn a_backup_taken_while_in_use_is_a_ledger_of_that_moment() {
    let chain = Chain::new();
    let directory = TempDir::new().unwrap();
    let backup = directory.path().join("backup");
    let store = fill(&chain, &directory.path().join("ledger"), 5);
    store.backup(&backup).unwrap();
    store.backup(&backup).expect_err("a backup does not overwrite another");
    for file in std::fs::read_dir(&backup).unwrap() {
        let links = file.unwrap().metadata().unwrap().nlink();
        assert_eq!(links, 1, "a file shared with the ledger is damaged and lost with it");
    }
    for block in &chain.blocks[6..] {
        store.commit(&block.write()).unwrap();
    }
    let restored = Store::open(&backup, chain.genesis.hash()).unwrap();
    assert_eq!(audit(&restored, &chain), (5, vec![]));
    for block in &chain.blocks[6..] {
        restored.commit(&block.write()).unwrap();
    }
    assert_eq!(audit(&restored, &chain), (TIP, vec![]));
    assert_eq!(audit(&store, &chain), (TIP, vec![]));
}

#[test]
fn a_second_process_cannot_open_the_ledger() {
    let chain = Chain::new();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("ledger");
    let _open = fill(&chain, &path, 1);
    let error = Store::open(&path, chain.genesis.hash()).unwrap_err();
    assert!(matches!(error, StoreError::Database { .. }), "{error}");
}

#[test]
fn undo_entries_lead_back_to_the_first_state() {
    let chain = Chain::new();
    let directory = TempDir::new().unwrap();
    let store = fill(&chain, &directory.path().join("ledger"), TIP);
    let mut tree = rebuild(&store).unwrap();
    let mut state: MemoryState = chain.state.clone();
    for height in (1..=TIP).rev() {
        let undo = store.undo(Height(height)).unwrap().unwrap();
        let update = tree.prepare(&state, &undo).unwrap();
        tree.apply(&update).unwrap();
        state.commit(&update, &undo);
        assert_eq!(tree.root(), chain.header(height - 1).state_root);
    }
}
