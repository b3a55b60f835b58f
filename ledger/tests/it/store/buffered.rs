//! Blocks that are written several at a time: reads see all of them, a restart all or none of what
//! was gathered.

use minglian_ledger::height::Height;
use minglian_ledger::state::tree::StateTree;
use minglian_ledger::state::{BucketRead, MemoryState, StateRead};
use minglian_ledger::store::{BufferedStore, DerivedRead as _, Store, StoreError};

use crate::fixture::Chain;

/// What a reader of the state can ask, by several limits.
fn compare(store: &BufferedStore, state: &MemoryState) {
    for (key, value) in state.entries() {
        assert_eq!(store.get(key).unwrap().as_deref(), Some(value));
    }
    let places: Vec<_> = state.buckets().map(|(place, _)| place).collect();
    let expected: Vec<_> = state.buckets().map(|(_, page)| Some(page.to_vec())).collect();
    assert_eq!(store.buckets(&places).unwrap(), expected);
    for (place, page) in state.buckets() {
        assert_eq!(store.bucket(place).unwrap().as_deref(), Some(page));
    }
    for limit in [0, 1, 2, 3, 7, 10_000] {
        let mut after: Option<Vec<u8>> = None;
        loop {
            let found = store.scan_prefix(&[], after.as_deref(), limit).unwrap();
            assert_eq!(found, state.scan_prefix(&[], after.as_deref(), limit).unwrap());
            let Some((last, _)) = found.last() else { break };
            after = Some(last.clone());
        }
    }
}

#[test]
fn reads_see_what_is_gathered_and_what_is_written() {
    let chain = Chain::new();
    for written_every in [1, 2, 3, 100] {
        let directory = tempfile::tempdir().unwrap();
        let first = chain.blocks[0].write();
        let store = Store::create(directory.path(), chain.genesis.hash(), &first).unwrap();
        let mut store = BufferedStore::new(store).unwrap();
        let mut state = MemoryState::new();
        state.commit(&chain.blocks[0].update, &chain.blocks[0].changes);
        let mut gone = Vec::new();
        for block in &chain.blocks[1..] {
            store.commit(&block.write()).unwrap();
            state.commit(&block.update, &block.changes);
            let removed = block.changes.iter().filter(|(_, value)| value.is_none());
            gone.extend(removed.map(|(key, _)| key.clone()));
            compare(&store, &state);
            if store.gathered() == written_every {
                store.flush(&[]).unwrap();
                assert_eq!(store.gathered(), 0);
                compare(&store, &state);
            }
        }
        assert!(!gone.is_empty(), "some are removed");
        for key in gone {
            assert_eq!(store.get(&key).unwrap(), state.get(&key).unwrap());
        }
        // The last again does not follow.
        let again = store.commit(&chain.blocks.last().unwrap().write()).unwrap_err();
        assert!(matches!(again, StoreError::NotNext { .. }), "{again}");
    }
}

#[test]
fn a_restart_has_what_was_written_and_nothing_of_what_was_gathered() {
    let chain = Chain::new();
    let directory = tempfile::tempdir().unwrap();
    let genesis = chain.genesis.hash();
    let first = chain.blocks[0].write();
    let store = Store::create(directory.path(), genesis, &first).unwrap();
    let mut store = BufferedStore::new(store).unwrap();
    let half = chain.blocks.len() / 2;
    for block in &chain.blocks[1..=half] {
        store.commit(&block.write()).unwrap();
    }
    store.flush(&[(b"mine".to_vec(), b"yes".to_vec())]).unwrap();
    for block in &chain.blocks[half + 1..] {
        store.commit(&block.write()).unwrap();
    }
    assert_eq!(store.tip().0 as usize, chain.blocks.len() - 1);
    drop(store);

    let mut store = BufferedStore::new(Store::open(directory.path(), genesis).unwrap()).unwrap();
    let height = chain.blocks[half].header.height;
    assert_eq!((store.tip(), store.gathered()), (height, 0));
    assert_eq!(store.store().tip().unwrap().header, chain.blocks[half].header);
    assert_eq!(store.store().derived(b"mine").unwrap().as_deref(), Some(&b"yes"[..]));
    let hashes = |store: &BufferedStore| {
        StateTree::rebuild(store.store().bucket_hashes().unwrap()).unwrap().root()
    };
    assert_eq!(hashes(&store), chain.blocks[half].header.state_root);
    for block in &chain.blocks[half + 1..] {
        store.commit(&block.write()).unwrap();
    }
    store.forget();
    assert_eq!((store.tip(), store.gathered()), (height, 0));
    for block in &chain.blocks[half + 1..] {
        store.commit(&block.write()).unwrap();
    }
    store.flush(&[]).unwrap();
    drop(store);
    let store = BufferedStore::new(Store::open(directory.path(), genesis).unwrap()).unwrap();
    compare(&store, &chain.state);
    assert_eq!(hashes(&store), chain.tree.root());
    assert_eq!(store.store().validators(Height(1)).unwrap().1, chain.genesis.validators);
}

#[test]
fn what_is_gathered_is_bounded() {
    let chain = Chain::new();
    let directory = tempfile::tempdir().unwrap();
    let first = chain.blocks[0].write();
    let store = Store::create(directory.path(), chain.genesis.hash(), &first).unwrap();
    let mut store = BufferedStore::new(store).unwrap();
    store.commit(&chain.blocks[1].write()).unwrap();
    assert!(!store.is_full());
    let long = [(b"long".to_vec(), vec![0; 17 * 1024 * 1024])];
    let mut second = chain.blocks[2].write();
    second.derived = &long;
    store.commit(&second).unwrap();
    assert!(store.is_full());
    store.flush(&[]).unwrap();
    assert!(!store.is_full());
}
