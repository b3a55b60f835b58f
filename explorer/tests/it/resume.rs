//! Restarts: the verified ledger goes on where it was kept, and only if it is whole and the index's
//! own; what was not kept, or is damaged, is verified again.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use minglian_contracts::replica::Replica;
use minglian_contracts::seal::Replayed;
use minglian_explorer::follower::{FollowError, Follower, kept};
use minglian_explorer::index::Writer;
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::state::{Changes, StateRead};
use minglian_ledger::store::{BlockWrite, Store};
use rand::rngs::OsRng;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::chain::{Chain, genesis, text};
use crate::own_proofs::with_a_change_of_validators;
use crate::site::follower;
use crate::story;

/// The files of an explorer.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn index(&self) -> PathBuf {
        self.0.path().join("index.sqlite")
    }

    fn ledger(&self) -> PathBuf {
        kept::directory(&self.index())
    }

    /// The databases of ledgers that are kept.
    fn databases(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.ledger()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| path.is_dir()).collect()
    }

    fn database(&self) -> PathBuf {
        let all = self.databases();
        assert_eq!(all.len(), 1, "{all:?}");
        all[0].clone()
    }

    fn start(&self, chain: &Chain) -> Follower {
        let writer = Writer::open(&self.index(), &chain.genesis.hash()).unwrap();
        follower(chain, writer, &self.index())
    }

    /// An explorer that has verified so many blocks, kept them and ended.
    fn kept(chain: &Chain, blocks: usize) -> Self {
        let files = Self::new();
        let mut follower = files.start(chain);
        assert_eq!(verify(&mut follower, chain, blocks), blocks);
        follower.keep().unwrap();
        files
    }

    /// Everything that the index says of money, as text.
    fn totals(&self) -> Vec<String> {
        let connection = Connection::open(self.index()).unwrap();
        let query = "SELECT printf('%s %s %s', id, credited, balance) FROM accounts ORDER BY id";
        let mut statement = connection.prepare(query).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}

/// Verifies on to the block at this height; how many were verified.
fn verify(follower: &mut Follower, chain: &Chain, until: usize) -> usize {
    let first = usize::try_from(follower.height().0).unwrap();
    for block in &chain.blocks[first..until] {
        follower.apply(block).unwrap();
    }
    until - first
}

/// Verifies to the end, and finds there what the chain has.
fn finish(follower: &mut Follower, chain: &Chain) -> usize {
    let verified = verify(follower, chain, chain.blocks.len());
    let replica = follower.replica();
    assert_eq!(replica.header(), &chain.header);
    for (key, value) in chain.state.entries() {
        assert_eq!(replica.prove(key).unwrap().0.as_deref(), Some(value));
    }
    verified
}

#[test]
fn a_restart_verifies_nothing_again_and_knows_all_validators() {
    let mut chain = with_a_change_of_validators();
    let all = chain.blocks.len();
    let files = Files::kept(&chain, all);
    let before = files.totals();
    let mut follower = files.start(&chain);
    assert_eq!(finish(&mut follower, &chain), 0);
    let members = |height| follower.replica().validators_at(height).members().len();
    assert_eq!((members(Height(1)), members(chain.header.height.next())), (4, 3));
    assert_eq!(files.totals(), before);
    // It goes on, and so does the next start.
    chain.block(Vec::new());
    assert_eq!(finish(&mut follower, &chain), 1);
    follower.keep().unwrap();
    drop(follower);
    assert_eq!(finish(&mut files.start(&chain), &chain), 0);
}

/// A kill between the two commits: the index has blocks that the kept ledger has not.
#[test]
fn what_was_indexed_and_not_kept_is_verified_again() {
    let chain = story::told();
    let (all, half) = (chain.blocks.len(), chain.blocks.len() / 2);
    let whole = Files::kept(&chain, all);
    for indexed in [half + 1, all] {
        let files = Files::kept(&chain, half);
        let mut killed = files.start(&chain);
        assert_eq!(verify(&mut killed, &chain, indexed), indexed - half);
        drop(killed);
        let mut follower = files.start(&chain);
        assert_eq!(follower.height(), Height(half as u64));
        assert_eq!(finish(&mut follower, &chain), all - half);
        assert_eq!(files.totals(), whole.totals());
        follower.keep().unwrap();
        drop(follower);
        assert_eq!(finish(&mut files.start(&chain), &chain), 0);
    }
}

/// What is kept may not be ahead of the index: what the missing blocks changed there is not known.
#[test]
fn an_index_that_lost_blocks_or_is_another_is_verified_from_the_genesis() {
    let chain = story::told();
    let (all, half) = (chain.blocks.len(), chain.blocks.len() / 2);
    let whole = Files::kept(&chain, all);
    let copy_to = |path: &Path, files: &Files| {
        let index = Connection::open(files.index()).unwrap();
        index.execute("VACUUM INTO ?1", [path.to_str().unwrap()]).unwrap();
    };
    // The same index, as it was earlier; and one from elsewhere that is as long.
    for is_earlier in [true, false] {
        let files = Files::kept(&chain, half);
        let copy = files.0.path().join("copy");
        copy_to(&copy, if is_earlier { &files } else { &whole });
        let mut follower = files.start(&chain);
        finish(&mut follower, &chain);
        follower.keep().unwrap();
        drop(follower);
        fs::rename(&copy, files.index()).unwrap();
        let mut follower = files.start(&chain);
        assert_eq!(follower.height(), Height(0));
        assert_eq!(finish(&mut follower, &chain), all);
        assert_eq!(files.totals(), whole.totals());
        assert_eq!(files.databases().len(), 1, "the one that was replaced is gone");
    }
    // A deleted index is built anew.
    let files = Files::kept(&chain, all);
    fs::remove_file(files.index()).unwrap();
    assert_eq!(finish(&mut files.start(&chain), &chain), all);
    assert_eq!(files.totals(), whole.totals());
}

#[test]
fn the_ledger_of_another_chain_is_not_taken() {
    let chain = story::told();
    let other = Chain::of(minglian_ledger::genesis::Genesis { name: text("other"), ..genesis() });
    let files = Files::kept(&chain, chain.blocks.len());
    let follower = files.start(&other);
    assert_eq!(follower.replica().header(), &other.header);
    drop(follower);
    assert_eq!(finish(&mut files.start(&chain), &chain), chain.blocks.len());
}

/// Changes the first half of each file whose name begins or ends so; how many there were.
fn spoil(directory: &Path, ends: &str) -> usize {
    let mut spoilt = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let mut bytes = fs::read(&path).unwrap();
        if (name.ends_with(ends) || name.starts_with(ends)) && !bytes.is_empty() {
            let half = bytes.len().div_ceil(2);
            bytes[..half].iter_mut().for_each(|byte| *byte ^= 1);
            fs::write(&path, bytes).unwrap();
            spoilt += 1;
        }
    }
    spoilt
}

/// Opens it once, so that there are tables and not only their log.
fn in_tables(database: &Path) {
    drop(Store::open(database, genesis().hash()).unwrap());
}

#[test]
fn a_damaged_ledger_is_not_taken() {
    let chain = story::told();
    let all = chain.blocks.len();
    let damages: [fn(&Path); 6] = [
        |database| assert!(spoil(database, ".log") > 0),
        |database| assert!(spoil(database, "MANIFEST") > 0),
        |database| fs::remove_file(database.join("CURRENT")).unwrap(),
        |database| {
            in_tables(database);
            assert!(spoil(database, ".sst") > 0);
        },
        |database| {
            in_tables(database);
            let tables = fs::read_dir(database).unwrap().map(|entry| entry.unwrap().path());
            let tables = tables.filter(|path| path.extension().is_some_and(|it| it == "sst"));
            tables.for_each(|path| fs::remove_file(path).unwrap());
        },
        |database| {
            let store = Store::open(database, genesis().hash()).unwrap();
            let other = borsh::to_vec(&0_u64).unwrap();
            store.put_derived(&[(b"frontier".to_vec(), other)]).unwrap();
        },
    ];
    for (number, damage) in damages.into_iter().enumerate() {
        let files = Files::kept(&chain, all);
        damage(&files.database());
        let before = files.totals();
        let mut follower = files.start(&chain);
        assert_eq!(follower.height(), Height(0), "damage {number}");
        assert_eq!(finish(&mut follower, &chain), all, "damage {number}");
        assert_eq!(files.totals(), before, "the index stays");
        follower.keep().unwrap();
        drop(follower);
        assert_eq!(finish(&mut files.start(&chain), &chain), 0, "damage {number}");
    }
}

/// What the last block makes of the ledger that is kept at the block before.
fn last_of(chain: &Chain) -> Replayed {
    let mut replica = Replica::new(&chain.genesis).unwrap();
    let mut last = None;
    for block in &chain.blocks {
        let certificate = block.certificate.as_ref().unwrap();
        last = Some(replica.apply(&block.block, certificate, &mut OsRng).unwrap());
    }
    last.unwrap()
}

/// Writes the last block behind the explorer's back, with other values and certificate.
fn forge(files: &Files, chain: &Chain, changes: &Changes, is_certified: bool) {
    let replayed = last_of(chain);
    let store = Store::open(&files.database(), chain.genesis.hash()).unwrap();
    let before = &chain.blocks[chain.blocks.len() - 2].block.header;
    let frontier = borsh::to_vec(&replayed.sealed.frontier).unwrap();
    let mut certificate = chain.blocks.last().unwrap().certificate.clone().unwrap();
    if !is_certified {
        certificate.signatures.truncate(2);
    }
    let write = BlockWrite {
        header: &chain.header,
        certificate: Some(&certificate),
        first_leaf: LogIndex(before.log_size),
        leaves: &[],
        nodes: &[],
        update: &replayed.update,
        changes,
        undo: &Changes::new(),
        transactions: &[],
        validators: None,
        derived: &[(b"frontier".to_vec(), frontier)],
    };
    store.commit(&write).unwrap();
}

/// An index that has the whole chain, and a ledger that is kept up to the block before the last.
fn one_behind(chain: &Chain) -> Files {
    let all = chain.blocks.len();
    let files = Files::kept(chain, all - 1);
    verify(&mut files.start(chain), chain, all);
    files
}

#[test]
fn a_header_that_nobody_certified_is_not_taken() {
    let chain = story::told();
    let changes = last_of(&chain).executed.changes;
    for is_certified in [true, false] {
        let files = one_behind(&chain);
        forge(&files, &chain, &changes, is_certified);
        let expected = if is_certified { chain.header.height } else { Height(0) };
        let mut follower = files.start(&chain);
        assert_eq!(follower.height(), expected);
        finish(&mut follower, &chain);
    }
}

/// The buckets' hashes are right and a value is not: nothing that opens the ledger sees it.
#[test]
fn a_wrong_value_is_never_proven_and_is_found_by_the_block_that_reads_it() {
    let mut chain = story::told();
    assert_eq!(chain.act("finance", &story::quota("省级三", "1", true), &["checker"]), 0);
    let mut changes = last_of(&chain).executed.changes;
    let is_set = |(key, value): (&Vec<u8>, &Option<_>)| value.is_some().then(|| key.clone());
    let wrong: Vec<Vec<u8>> = changes.iter().filter_map(is_set).collect();
    assert!(wrong.len() > 3, "the last block moves money");
    changes.retain(|_, value| value.is_none());
    let files = one_behind(&chain);
    forge(&files, &chain, &changes, true);
    let mut follower = files.start(&chain);
    assert_eq!(follower.height(), chain.header.height);
    let mut refused = 0;
    for key in &wrong {
        match follower.replica().prove(key) {
            Ok((value, _)) => assert_eq!(value, chain.state.get(key).unwrap()),
            Err(_) => refused += 1,
        }
    }
    assert!(refused > 1, "old values under the new root: {refused} of {}", wrong.len());
    let known = chain.blocks.len();
    assert_eq!(chain.act("finance", &story::quota("省级四", "1", true), &["checker"]), 0);
    let contradicted = chain.blocks[known..].iter().find_map(|it| follower.apply(it).err());
    let contradicted = contradicted.unwrap();
    // Blocks and state contradict each other, or the state does not read.
    let is_own = matches!(contradicted, FollowError::Contradicted(_) | FollowError::Ledger(_));
    assert!(is_own, "{contradicted}");
    follower.recover(contradicted).unwrap();
    assert_eq!(finish(&mut follower, &chain), chain.blocks.len());
}

#[test]
fn a_directory_that_cannot_be_used_is_an_error() {
    let chain = story::told();
    let files = Files::kept(&chain, chain.blocks.len());
    let start = |directory: &Path| {
        let writer = Writer::open(&files.index(), &chain.genesis.hash()).unwrap();
        Follower::open(chain.genesis.clone(), writer, directory)
    };
    let file = files.0.path().join("file");
    fs::write(&file, "a file").unwrap();
    let error = start(&file).unwrap_err();
    assert!(matches!(error, FollowError::Kept(_)), "{error}");
    assert!(error.to_string().contains(file.to_str().unwrap()), "{error}");
    // Another explorer has it open: what it keeps is left alone.
    let first = start(&files.ledger()).unwrap();
    let error = start(&files.ledger()).unwrap_err();
    assert!(matches!(error, FollowError::Kept(kept::KeepError::Taken(_))), "{error}");
    // One that is about to end is waited for.
    let ends = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        drop(first);
    });
    assert_eq!(start(&files.ledger()).unwrap().height(), chain.header.height);
    ends.join().unwrap();
}
