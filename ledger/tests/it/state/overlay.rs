//! Execution sees its own writes, and a refused transaction leaves no trace.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use minglian_ledger::state::overlay::Overlay;
use minglian_ledger::state::tree::StateTree;
use minglian_ledger::state::{self, Changes, KeyValue, MemoryState, StateError, StateRead};
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert_eq, proptest};

use super::Ledger;

/// A state that notes which keys it is asked for.
struct Noting<'a> {
    state: &'a MemoryState,
    asked: RefCell<Vec<Vec<u8>>>,
}

impl StateRead for Noting<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StateError> {
        self.asked.borrow_mut().push(key.to_vec());
        self.state.get(key)
    }

    fn scan_prefix(
        &self,
        _prefix: &[u8],
        _after: Option<&[u8]>,
        _limit: usize,
    ) -> Result<Vec<KeyValue>, StateError> {
        Err(StateError::backend("no scans here"))
    }
}

#[test]
fn a_key_is_read_once_and_a_written_key_never() {
    let ledger = Ledger::with(&[(b"a", b"1")]);
    let noting = Noting { state: &ledger.state, asked: RefCell::default() };
    let mut overlay = Overlay::new(&noting);
    overlay.put(b"written", b"2".to_vec());
    for _ in 0..2 {
        assert_eq!(overlay.get(b"a").unwrap().as_deref(), Some(&b"1"[..]));
        assert_eq!(overlay.get(b"absent").unwrap(), None);
        assert_eq!(overlay.get(b"written").unwrap().as_deref(), Some(&b"2"[..]));
    }
    overlay.delete(b"a");
    assert_eq!(overlay.get(b"a").unwrap(), None);
    assert_eq!(*noting.asked.borrow(), [b"a".to_vec(), b"absent".to_vec()]);
    overlay.scan_prefix(b"", None, 1).unwrap_err();

    let (changes, inverse) = overlay.into_changes_and_inverse().unwrap();
    assert_eq!(noting.asked.borrow().len(), 3, "only the key that was written blindly");
    assert_eq!(inverse, state::inverse(&ledger.state, &changes).unwrap());
    assert_eq!(inverse[&b"a"[..]].as_deref(), Some(&b"1"[..]));
}

#[test]
fn a_refused_transaction_leaves_no_trace() {
    let ledger = Ledger::with(&[(b"a", b"1"), (b"b", b"2")]);
    let mut overlay = Overlay::new(&ledger.state);
    overlay.put(b"a", b"10".to_vec());
    let block = overlay.checkpoint();
    overlay.put(b"a", b"11".to_vec());
    let nested = overlay.checkpoint();
    overlay.delete(b"b");
    overlay.put(b"c", b"3".to_vec());
    overlay.put(b"c", b"4".to_vec());
    overlay.rollback(nested);
    assert_eq!(overlay.get(b"b").unwrap().as_deref(), Some(&b"2"[..]));
    assert_eq!(overlay.get(b"a").unwrap().as_deref(), Some(&b"11"[..]));
    overlay.rollback(block);
    overlay.rollback(nested);
    let changes = overlay.into_changes();
    assert_eq!(changes, BTreeMap::from([(b"a".to_vec(), Some(b"10".to_vec()))]));
}

/// A state without a tree of its own: 64 MiB for each case would be most of the test's work. The
/// buckets are made by the empty tree, as for a first block.
fn state_of(entries: &[(&[u8], &[u8])]) -> MemoryState {
    static EMPTY: OnceLock<StateTree> = OnceLock::new();
    let set = |(key, value): &(&[u8], &[u8])| (key.to_vec(), Some(value.to_vec()));
    let changes: Changes = entries.iter().map(set).collect();
    let mut state = MemoryState::new();
    let update = EMPTY.get_or_init(StateTree::new).prepare(&state, &changes).unwrap();
    state.commit(&update, &changes);
    state
}

fn short_key() -> impl Strategy<Value = Vec<u8>> {
    vec(0_u8..3, 0..4)
}

proptest! {
    #[test]
    fn scans_see_what_a_plain_map_would(
        base in vec((short_key(), vec(any::<u8>(), 0..2)), 0..20),
        writes in vec((short_key(), proptest::option::of(vec(any::<u8>(), 0..2))), 0..20),
        prefix in vec(0_u8..3, 0..3),
        after in proptest::option::of(short_key()),
        limit in 0_usize..12,
    ) {
        let entries: BTreeMap<_, _> = base.into_iter().collect();
        let entries: Vec<_> = entries.iter().map(|(key, value)| (&key[..], &value[..])).collect();
        let state = state_of(&entries);
        let mut plain: BTreeMap<Vec<u8>, Vec<u8>> =
            entries.iter().map(|(key, value)| (key.to_vec(), value.to_vec())).collect();
        let mut overlay = Overlay::new(&state);
        for (key, value) in writes {
            match value {
                Some(value) => {
                    overlay.put(&key, value.clone());
                    plain.insert(key, value);
                }
                None => {
                    overlay.delete(&key);
                    plain.remove(&key);
                }
            }
        }
        let expected: Vec<KeyValue> = plain
            .into_iter()
            .filter(|(key, _)| key.starts_with(&prefix))
            .filter(|(key, _)| after.as_ref().is_none_or(|after| after < key))
            .take(limit)
            .collect();
        prop_assert_eq!(overlay.scan_prefix(&prefix, after.as_deref(), limit).unwrap(), expected);
    }
}
