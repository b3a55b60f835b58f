//! Several blocks in one transaction: readers see whole heights, and whatever fails leaves one.

use std::collections::BTreeMap;
use std::path::Path;

use minglian_contracts::replica::Replica;
use minglian_explorer::index::{IndexError, Reader, Writer, read};
use rand::rngs::OsRng;
use rusqlite::Connection;
use rusqlite::types::Value;

use crate::chain::Chain;
use crate::site::follower;
use crate::society;

/// A replica and the index that is written from it.
struct Indexing<'a> {
    chain: &'a Chain,
    replica: Replica,
    writer: Writer,
}

impl<'a> Indexing<'a> {
    fn begin(chain: &'a Chain, path: &Path) -> Self {
        let replica = Replica::new(&chain.genesis).unwrap();
        let mut writer = Writer::open(path, &chain.genesis.hash()).unwrap();
        writer.genesis(&chain.genesis, replica.header(), replica.state()).unwrap();
        Self { chain, replica, writer }
    }

    /// Enters the block of this number, counted from 0.
    fn block(&mut self, number: usize) -> Result<(), IndexError> {
        let certified = &self.chain.blocks[number];
        let certificate = certified.certificate.as_ref().unwrap();
        let replayed = self.replica.apply(&certified.block, certificate, &mut OsRng).unwrap();
        self.writer.block(&certified.block, certificate, &replayed, self.replica.state())
    }
}

fn height(path: &Path) -> i64 {
    Reader::new(path)
        .read::<_, IndexError>(|connection| Ok(read::head(connection)?.height))
        .unwrap()
}

/// All rows of all tables, but for what is drawn at random.
fn rows(path: &Path) -> BTreeMap<String, Vec<Vec<Value>>> {
    let connection = Connection::open(path).unwrap();
    let query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'meta'";
    let mut names = connection.prepare(query).unwrap();
    let names = names.query_map([], |row| row.get(0)).unwrap();
    let names: Vec<String> = names.collect::<Result<_, _>>().unwrap();
    let table = |name: &String| {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\"")).unwrap();
        let columns = statement.column_count();
        let read = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
        statement.query_map([], read).unwrap().collect::<Result<_, _>>().unwrap()
    };
    names.iter().map(|name| (name.clone(), table(name))).collect()
}

#[test]
fn many_blocks_in_one_transaction_are_the_same_rows() {
    let chain = society::told();
    let folder = tempfile::tempdir().unwrap();
    let (single, together) = (folder.path().join("single"), folder.path().join("together"));
    let mut one_by_one = Indexing::begin(&chain, &single);
    let mut at_once = Indexing::begin(&chain, &together);
    at_once.writer.go_on(true);
    for number in 0..chain.blocks.len() {
        one_by_one.block(number).unwrap();
        at_once.block(number).unwrap();
        assert_eq!(height(&single), i64::try_from(number).unwrap() + 1);
    }
    // The first transaction may have been full before.
    assert!(height(&together) < height(&single));
    at_once.writer.commit().unwrap();
    let (single, together) = (rows(&single), rows(&together));
    assert!(single["records"].len() > 20, "the story is long");
    for (table, rows) in &single {
        assert_eq!(together[table], *rows, "{table}");
    }
    assert_eq!(single.len(), together.len());
}

#[test]
fn what_fails_undoes_all_since_the_last_whole_height() {
    let chain = society::told();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("index");
    let mut indexing = Indexing::begin(&chain, &path);
    for number in 0..3 {
        indexing.block(number).unwrap();
    }
    let fails = "CREATE TRIGGER fails BEFORE INSERT ON blocks WHEN new.height = 6 \
                 BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    Connection::open(&path).unwrap().execute(fails, []).unwrap();
    indexing.writer.go_on(true);
    indexing.block(3).unwrap();
    indexing.block(4).unwrap();
    assert_eq!(height(&path), 3);
    let error = indexing.block(5).unwrap_err();
    assert!(matches!(error, IndexError::Database(_)), "{error}");
    // The next block does not follow what is left, and is not entered behind a gap.
    Connection::open(&path).unwrap().execute("DROP TRIGGER fails", []).unwrap();
    let error = indexing.block(6).unwrap_err();
    assert!(matches!(error, IndexError::Gap { last: 3, .. }), "{error}");
    assert_eq!(height(&path), 3);
    drop(indexing);

    let writer = Writer::open(&path, &chain.genesis.hash()).unwrap();
    let mut follower = follower(&chain, writer, &path);
    for block in &chain.blocks {
        follower.apply(block).unwrap();
    }
    assert_eq!(height(&path), i64::try_from(chain.blocks.len()).unwrap());
}
