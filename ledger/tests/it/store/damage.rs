//! Bytes of a closed database changed behind its back, file by file.

use std::fs;
use std::path::{Path, PathBuf};

use minglian_ledger::height::LogIndex;
use minglian_ledger::state::Changes;
use minglian_ledger::store::schema::{
    BucketColumn, Column, HeaderColumn, LeafColumn, LogNodeColumn, ValidatorsColumn,
};
use minglian_ledger::store::{Store, StoreError};
use tempfile::TempDir;

use super::{audit, fill, raw, rebuild};
use crate::fixture::{Chain, TIP};

/// A closed database of the whole chain, with its copies.
struct Closed {
    chain: Chain,
    directory: TempDir,
    copies: usize,
}

/// What became of a database with one changed byte.
#[derive(Debug)]
enum Outcome {
    /// Opening it failed.
    NamedAtOpen,
    /// Reading it failed somewhere; all that was served was right.
    NamedAtRead,
    /// Everything up to this height was served, and right.
    Served(u64),
}

impl Closed {
    /// With all data in the write-ahead log, or, if `flushed`, in table files.
    fn new(flushed: bool) -> Self {
        let chain = Chain::new();
        let directory = TempDir::new().unwrap();
        let path = directory.path().join("original");
        drop(fill(&chain, &path, TIP));
        if flushed {
            drop(Store::open(&path, chain.genesis.hash()).unwrap());
        }
        Self { chain, directory, copies: 0 }
    }

    /// The files whose names pass, in order of name.
    fn files(&self, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
        let original = self.directory.path().join("original");
        let mut files: Vec<PathBuf> = fs::read_dir(original)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| wanted(&path.file_name().unwrap().to_string_lossy()))
            .collect();
        files.sort();
        files
    }

    fn write_ahead_log(&self) -> PathBuf {
        largest(&self.directory.path().join("original"), |name| name.ends_with(".log"))
    }

    /// Opens and reads a copy in which one byte of `file` is changed.
    fn outcome(&mut self, file: &Path, at: usize) -> Outcome {
        self.copies += 1;
        let copy = self.directory.path().join(self.copies.to_string());
        fs::create_dir(&copy).unwrap();
        for path in self.files(|name| name != "LOCK") {
            fs::copy(&path, copy.join(path.file_name().unwrap())).unwrap();
        }
        let damaged = copy.join(file.file_name().unwrap());
        let mut bytes = fs::read(&damaged).unwrap();
        bytes[at] ^= 0x55;
        fs::write(&damaged, bytes).unwrap();
        let outcome = match Store::open(&copy, self.chain.genesis.hash()) {
            Err(
                StoreError::Database { .. }
                | StoreError::Damaged { .. }
                | StoreError::Shortened { .. }
                | StoreError::Manifest { .. },
            ) => Outcome::NamedAtOpen,
            Err(error) => panic!("{file:?} byte {at}: not an error of damage: {error}"),
            Ok(store) => match audit(&store, &self.chain) {
                (tip, errors) if errors.is_empty() => Outcome::Served(tip),
                _ => Outcome::NamedAtRead,
            },
        };
        fs::remove_dir_all(&copy).unwrap();
        outcome
    }
}

/// The largest of a directory's files whose names pass.
fn largest(directory: &Path, wanted: impl Fn(&str) -> bool) -> PathBuf {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let wanted = |path: &PathBuf| wanted(&path.file_name().unwrap().to_string_lossy());
    files.filter(wanted).max_by_key(|path| length(path)).unwrap()
}

fn length(file: &Path) -> usize {
    usize::try_from(fs::metadata(file).unwrap().len()).unwrap()
}

#[test]
fn a_damaged_table_file_is_named_and_its_data_never_served() {
    let mut closed = Closed::new(true);
    let files = closed.files(|name| name.ends_with(".sst"));
    assert!(files.len() >= 11, "one table file for each column, not {}", files.len());
    for file in files {
        // The first block of a table file holds its first entries.
        let outcome = closed.outcome(&file, 3);
        assert!(
            matches!(outcome, Outcome::NamedAtOpen | Outcome::NamedAtRead)
                || is_derived(&closed, &file),
            "{file:?}: {outcome:?}"
        );
        // Elsewhere stand filters, index and properties: named, or without effect on what is read.
        let outcome = closed.outcome(&file, length(&file) / 2);
        assert!(!matches!(outcome, Outcome::Served(tip) if tip != TIP), "{file:?}: {outcome:?}");
        let outcome = closed.outcome(&file, length(&file) - 5);
        assert!(matches!(outcome, Outcome::NamedAtOpen), "{file:?}, its footer: {outcome:?}");
    }
}

/// The audit reads every column but the derived entries.
fn is_derived(closed: &Closed, file: &Path) -> bool {
    let database = raw(&closed.directory.path().join("original"));
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let files = database.live_files().unwrap();
    files.iter().any(|live| live.name.ends_with(&name) && live.column_family_name == "derived")
}

#[test]
fn a_damaged_write_ahead_log_is_named_wherever_it_is_damaged() {
    let mut closed = Closed::new(false);
    let file = closed.write_ahead_log();
    let length = length(&file);
    assert!(length > 10_000, "the blocks are in the write-ahead log");
    // RocksDB drops what follows a broken record, as it must after a torn write, and says nothing.
    for at in (0..40).map(|part| part * (length - 1) / 39) {
        let outcome = closed.outcome(&file, at);
        assert!(matches!(outcome, Outcome::NamedAtOpen), "byte {at}: {outcome:?}");
    }
}

/// A power cut tears what was written last and not synced, and nothing before it: the height that
/// was reached is then not yet in its file, and the blocks that are left are served.
#[test]
fn a_write_ahead_log_torn_at_its_end_opens_with_what_was_synced() {
    let chain = Chain::new();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("ledger");
    let store = fill(&chain, &path, TIP - 1);
    let log = || largest(&path, |name| name.ends_with(".log"));
    let synced = length(&log());
    let reached = fs::read(path.join("TIP")).unwrap();
    store.commit(&chain.blocks[usize::try_from(TIP).unwrap()].write()).unwrap();
    let whole = fs::read(log()).unwrap();
    drop(store);
    let genesis = chain.genesis.hash();
    let zeroed = |from: usize| {
        let mut torn = whole.clone();
        torn[from..from + 20].fill(0);
        torn
    };
    let torn = [
        whole[..synced].to_vec(),
        whole[..synced + 3].to_vec(),
        whole[..usize::midpoint(synced, whole.len())].to_vec(),
        zeroed(synced + 40),
        zeroed(whole.len() - 20),
    ];
    for (number, bytes) in torn.into_iter().enumerate() {
        let copy = directory.path().join(number.to_string());
        Store::copy(&path, &copy).unwrap();
        fs::write(copy.join(log().file_name().unwrap()), bytes).unwrap();
        let error = Store::open(&copy, genesis).unwrap_err();
        assert!(
            matches!(error, StoreError::Shortened { tip, reached, .. }
                if (tip.0, reached.0) == (TIP - 1, TIP)),
            "{number}: {error}"
        );
        // Refused once, it stays so: opening has closed the log over the gap.
        Store::open(&copy, genesis).unwrap_err();
        for before in [reached.clone(), Vec::new(), vec![0; 16], reached[..9].to_vec()] {
            fs::write(copy.join("TIP"), before).unwrap();
            let store = Store::open(&copy, genesis).unwrap();
            assert_eq!(audit(&store, &chain), (TIP - 1, vec![]), "{number}");
        }
    }
}

#[test]
fn a_damaged_manifest_or_pointer_is_named() {
    let mut closed = Closed::new(true);
    for file in closed.files(|name| name.starts_with("MANIFEST") || name == "CURRENT") {
        let length = length(&file);
        // Most of all its end: of a record that seems to reach beyond it RocksDB says nothing.
        let end = length.saturating_sub(400)..length;
        for at in [0, length / 3, length / 2].into_iter().chain(end.step_by(7)) {
            let outcome = closed.outcome(&file, at);
            assert!(
                matches!(outcome, Outcome::NamedAtOpen | Outcome::NamedAtRead),
                "{file:?} byte {at}: {outcome:?}"
            );
        }
    }
}

/// Writes entries past the store, as a faulty disk with a lucky checksum would.
fn overwrite<C: Column>(path: &Path, key: &C::Key, value: &[u8]) {
    let database = raw(path);
    database.put_cf(database.cf_handle(C::NAME).unwrap(), C::key(key), value).unwrap();
}

#[test]
fn an_entry_that_is_not_what_was_written_is_named_with_column_and_key() {
    let chain = Chain::new();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("ledger");
    drop(fill(&chain, &path, TIP));
    let height = chain.header(3).height;
    let mut leaf = chain.leaves()[4].clone();
    leaf[100] ^= 1;
    overwrite::<LeafColumn>(&path, &LogIndex(4), &leaf);
    overwrite::<LogNodeColumn>(&path, &(1, 1), &[0; 31]);
    overwrite::<HeaderColumn>(&path, &height, b"short");
    overwrite::<ValidatorsColumn>(&path, &chain.header(2).height, &[1, 0, 0, 0]);
    let store = Store::open(&path, chain.genesis.hash()).unwrap();
    let (_, errors) = audit(&store, &chain);
    for expected in [
        "column leaves, key 0000000000000004: it does not match its hash in the log",
        "column log_nodes, key 010000000000000001: it does not decode",
        "column headers, key 0000000000000003: it does not decode",
        "column validators, key 0000000000000002: it does not decode",
    ] {
        assert!(errors.iter().any(|error| error.contains(expected)), "{expected}: {errors:#?}");
    }
    drop(store);
    overwrite::<LogNodeColumn>(&path, &(0, 5), &[0; 32]);
    let store = Store::open(&path, chain.genesis.hash()).unwrap();
    let error = store.leaf(LogIndex(5)).unwrap_err().to_string();
    assert!(error.contains("key 0000000000000005: it does not match its hash"), "{error}");
}

#[test]
fn a_changed_bucket_is_named_when_it_is_built_upon() {
    let chain = Chain::new();
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("ledger");
    drop(fill(&chain, &path, TIP));
    let (place, bytes, _) = chain.blocks[8].update.buckets().next().unwrap();
    let mut bytes = bytes.to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    overwrite::<BucketColumn>(&path, &place, &bytes);
    let store = Store::open(&path, chain.genesis.hash()).unwrap();
    let tree = rebuild(&store).unwrap();
    let changes: Changes = chain.blocks[8].changes.clone();
    let again = changes.into_keys().map(|key| (key, Some(vec![1]))).collect();
    let error = tree.prepare(&store, &again).unwrap_err();
    assert!(error.to_string().contains(&format!("bucket {place} is damaged")), "{error}");
}
