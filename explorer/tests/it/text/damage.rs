//! The text index after a crash, after damage, and beside another index.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use minglian_explorer::index::Writer;

use super::Shelf;
use crate::chain::Chain;

const TEXTS: [&str; 4] = ["海潮镇敬老院", "得胜镇敬老院", "福集镇幸福院", "云龙镇敬老院"];

fn filled() -> Shelf {
    let mut shelf = Shelf::new();
    shelf.sentences(&TEXTS);
    shelf.keeper.catch_up().unwrap();
    assert_eq!(shelf.found("敬老"), BTreeSet::from([0, 1, 3]));
    shelf
}

fn folder(shelf: &Shelf) -> PathBuf {
    shelf.directory.path().join("index.sqlite.text")
}

/// When the newest file of the text index was made, to tell one that was built anew.
fn number_of_last_change(shelf: &Shelf) -> u64 {
    shelf.keeper.index().mark().unwrap().number
}

#[test]
fn what_was_committed_to_sqlite_only_is_read_after_a_crash() {
    let mut shelf = filled();
    let before = number_of_last_change(&shelf);
    shelf.sentences(&["兆雅镇敬老院"]);
    // The crash: nothing of this is in the text index yet.
    let mut shelf = shelf.restart();
    assert!(shelf.keeper.index().opened().is_none(), "nothing is open before the first look");
    shelf.keeper.catch_up().unwrap();
    assert_eq!(number_of_last_change(&shelf), before + 1);
    assert_eq!(shelf.found("敬老"), BTreeSet::from([0, 1, 3, 4]));
    shelf.keeper.catch_up().unwrap();
    assert_eq!(shelf.found("敬老"), BTreeSet::from([0, 1, 3, 4]), "nothing is entered twice");
}

#[test]
fn what_the_ledger_lost_with_the_power_is_not_found() {
    let mut shelf = filled();
    let lost = "DELETE FROM records WHERE log_index = 3; \
                DELETE FROM text_changes WHERE number = (SELECT max(number) FROM text_changes)";
    shelf.connection.execute_batch(lost).unwrap();
    shelf.keeper.catch_up().unwrap();
    assert_eq!(shelf.found("敬老"), BTreeSet::from([0, 1]));
    shelf.sentences(&["奇峰镇幸福院"]);
    shelf.keeper.catch_up().unwrap();
    assert_eq!(shelf.found("幸福"), BTreeSet::from([2, 3]));
    assert_eq!(shelf.found("云龙"), BTreeSet::new());
}

#[test]
fn an_index_that_is_built_anew_takes_its_texts_with_it() {
    let mut shelf = filled();
    let path = shelf.directory.path().join("index.sqlite");
    let genesis = Chain::new().genesis.hash();
    Writer::open(&path, &genesis).unwrap().reset(&genesis).unwrap();
    shelf.keeper.catch_up().unwrap();
    assert_eq!(shelf.found("敬老"), BTreeSet::new());
    // As many changes as before, of other things.
    shelf.sentences(&["毗卢镇幸福院", "立石镇", "百和镇", "方洞镇"]);
    shelf.keeper.catch_up().unwrap();
    assert_eq!(shelf.found("幸福"), BTreeSet::from([0]));
    assert_eq!(shelf.found("敬老"), BTreeSet::new());
}

/// What happens to the files of an index.
type Damage = fn(&Shelf);

#[test]
fn a_damaged_text_index_is_built_anew() {
    let damages: [(&str, Damage); 6] = [
        ("nothing", |_| {}),
        ("gone", |shelf| fs::remove_dir_all(folder(shelf)).unwrap()),
        ("a file instead", |shelf| {
            fs::remove_dir_all(folder(shelf)).unwrap();
            fs::write(folder(shelf), "text").unwrap();
        }),
        ("no list", |shelf| fs::write(folder(shelf).join("meta.json"), "{").unwrap()),
        ("another form", |shelf| {
            let path = folder(shelf).join("meta.json");
            let meta = fs::read_to_string(&path).unwrap();
            let other = meta.replace("\"payload\": \"1 ", "\"payload\": \"0 ");
            assert_ne!(meta, other);
            fs::write(path, other).unwrap();
        }),
        ("a bit", |shelf| {
            let mut changed = 0;
            for file in fs::read_dir(folder(shelf)).unwrap() {
                let path = file.unwrap().path();
                if path.extension().is_some_and(|it| it == "term" || it == "pos") {
                    let mut bytes = fs::read(&path).unwrap();
                    bytes[0] ^= 1;
                    fs::write(&path, bytes).unwrap();
                    changed += 1;
                }
            }
            assert!(changed > 0);
        }),
    ];
    for (what, damage) in damages {
        let shelf = filled();
        let shelf = {
            // Nobody has the files open while they are damaged.
            let shelf = shelf.restart();
            damage(&shelf);
            shelf
        };
        let mut shelf = shelf.restart();
        shelf.keeper.catch_up().unwrap();
        assert_eq!(shelf.found("敬老"), BTreeSet::from([0, 1, 3]), "{what}");
        assert_eq!(number_of_last_change(&shelf), 4, "{what}");
    }
}

#[test]
fn a_suspicion_of_readers_is_looked_into() {
    let mut shelf = filled();
    fs::write(folder(&shelf).join("meta.json"), "{").unwrap();
    shelf.keeper.catch_up().unwrap();
    shelf.keeper.index().suspect();
    shelf.keeper.catch_up().unwrap();
    let meta = fs::read_to_string(folder(&shelf).join("meta.json")).unwrap();
    assert!(meta.contains("payload"), "{meta}");
    assert_eq!(shelf.found("敬老"), BTreeSet::from([0, 1, 3]));
}

#[test]
fn a_second_keeper_writes_nothing_while_the_first_lives() {
    let shelf = filled();
    let path = shelf.directory.path().join("index.sqlite");
    let reader = minglian_explorer::index::Reader::new(&path);
    let mut second = minglian_explorer::text::keeper::Keeper::new(&folder(&shelf), reader);
    assert!(second.catch_up().is_err());
    assert_eq!(shelf.found("敬老"), BTreeSet::from([0, 1, 3]));
}
