//! The index without HTTP: totals, traces, restarts.

use std::collections::BTreeMap;

use minglian_contracts::book::Interval;
use minglian_contracts::call::Call;
use minglian_contracts::event::{Event, Outcome, read};
use minglian_contracts::project::execution;
use minglian_contracts::seal;
use minglian_contracts::trace::memory::MovementIndex;
use minglian_contracts::trace::{self, Cursor, Direction};
use minglian_explorer::database::{Connection, ToSql};
use minglian_explorer::follower::FollowError;
use minglian_explorer::index::trace::Movements;
use minglian_explorer::index::{IndexError, Writer, account};
use minglian_explorer::money::Money;
use minglian_explorer::pages::sums::{self, Key};
use minglian_explorer::pages::{home, project};
use minglian_ledger::height::Height;

use crate::chain::{code, text};
use crate::site::{Site, follower};
use crate::story;

/// Sums of the notice by flow, in fen.
fn totals(site: &Site) -> BTreeMap<String, i64> {
    let notice = Key { notice: Some("luxian_2020".to_owned()), ..Key::default() };
    let read = |connection: &Connection| sums::totals(connection, "quota", &notice, &[]);
    site.reader().read::<_, IndexError>(read).unwrap().remove(0).1
}

#[tokio::test]
async fn the_notice_adds_up_to_the_fen() {
    let site = Site::of(&story::told()).await;
    let expected = [
        ("allocated", 230_000_000),
        ("carried", 30_000_000),
        ("implied", 465_000_000),
        // 465 + 40.63 - 100 万元.
        ("left", 405_630_000),
        ("received", 40_630_000),
        ("returned", 20_000_000),
        ("spent", 120_000_000),
    ];
    let expected = expected.map(|(flow, fen)| (flow.to_owned(), fen));
    assert_eq!(totals(&site), BTreeMap::from(expected));
}

#[tokio::test]
async fn the_home_page_counts_without_reading_tables() {
    let site = Site::of(&story::told()).await;
    let page = site.get("/").await.body;
    let counted = |connection: &Connection| {
        let one = |query: &str, values: &[&dyn ToSql]| -> i64 {
            connection.query_row(query, values, |row| row.get(0)).unwrap()
        };
        let tables = [
            ("organizations", "SELECT count(*) FROM organizations", "家机构"),
            ("projects", "SELECT count(*) FROM projects", "个项目"),
            ("refused", "SELECT count(*) FROM records WHERE code > 0", "件未通过的业务"),
        ];
        for (what, query, word) in tables {
            let count = one(query, &[]);
            assert!(count > 0, "the story has {what}");
            assert_eq!(one(home::COUNT, &[&what]), count, "{what}");
            assert!(page.contains(&format!("{count} {word}")), "{what}");
        }
        let records = one("SELECT count(*) FROM records", &[]);
        assert!(page.contains(&format!("含 {records} 条账目")), "{records}");
        let explain = format!("EXPLAIN QUERY PLAN {}", home::COUNT);
        let plan: String = connection.query_row(&explain, ["projects"], |row| row.get(3)).unwrap();
        // Not SCAN, which would read all of them.
        assert!(plan.starts_with("SEARCH counts USING PRIMARY KEY"), "{plan}");
        Ok(())
    };
    site.reader().read::<_, IndexError>(counted).unwrap();
}

#[tokio::test]
async fn traces_from_the_index_are_those_from_the_movements_themselves() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    let mut oracle = MovementIndex::new();
    let mut follower = Receipts::of(&chain);
    for certified in &chain.blocks {
        for receipt in follower.receipts(certified) {
            let Outcome::Applied(events) = read(&receipt).unwrap() else { continue };
            for event in events {
                if let Event::Movement(movement) = event {
                    oracle.insert(movement);
                }
            }
        }
    }
    let mut accounts: Vec<_> = oracle.movements().map(|movement| movement.to.clone()).collect();
    accounts.sort();
    accounts.dedup();
    assert_eq!(accounts.len(), 5, "two quota lines, the home's, the next year's, a payment");
    site.reader()
        .read::<_, IndexError>(|connection| {
            for id in &accounts {
                let number = account::find(connection, id)?.unwrap();
                let query = "SELECT credited FROM accounts WHERE id = ?1";
                let credited: i64 = connection.query_row(query, [number], |row| row.get(0))?;
                let whole = Interval::new(0, u64::try_from(credited).unwrap()).unwrap();
                for direction in [Direction::Up, Direction::Down] {
                    let cursor = Cursor::new(id.clone(), whole, direction);
                    let by_index = trace::trace(&Movements::new(connection), cursor.clone(), 1000);
                    let by_memory = trace::trace(&oracle, cursor, 1000);
                    assert_eq!(by_index.unwrap(), by_memory.unwrap());
                }
            }
            Ok(())
        })
        .unwrap();
}

/// A replica that gives the receipts of each block.
pub struct Receipts(minglian_contracts::replica::Replica);

impl Receipts {
    /// Nothing is verified yet.
    pub fn of(chain: &crate::chain::Chain) -> Self {
        Self(minglian_contracts::replica::Replica::new(&chain.genesis).unwrap())
    }

    /// The receipts of the next block.
    pub fn receipts(
        &mut self,
        certified: &minglian_client::wire::CertifiedBlock,
    ) -> Vec<minglian_ledger::record::Receipt> {
        let certificate = certified.certificate.as_ref().unwrap();
        let mut random = rand::rngs::OsRng;
        let replayed: seal::Replayed =
            self.0.apply(&certified.block, certificate, &mut random).unwrap();
        replayed.executed.receipts
    }
}

#[tokio::test]
async fn a_restart_verifies_again_and_writes_nothing_twice() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    let before = totals(&site);
    let writer = Writer::open(&site.index(), &chain.genesis.hash()).unwrap();
    assert_eq!(writer.height().unwrap(), Some(chain.header.height));
    let mut follower = follower(&chain, writer, &site.index());
    for block in &chain.blocks {
        follower.apply(block).unwrap();
    }
    assert_eq!(totals(&site), before);
}

#[tokio::test]
async fn an_index_that_names_another_block_is_built_anew() {
    let chain = story::told();
    let site = Site::of(&chain).await;
    let before = totals(&site);
    let connection = rusqlite::Connection::open(site.index()).unwrap();
    connection.execute("UPDATE blocks SET block_id = 'other' WHERE height = 3", []).unwrap();
    connection.execute("UPDATE totals SET amount = amount + 1", []).unwrap();
    let mut follower = site.follower(&chain);
    let mut blocks = chain.blocks.iter();
    let error = blocks.by_ref().find_map(|block| follower.apply(block).err()).unwrap();
    assert!(matches!(error, FollowError::IndexDiffers(Height(3))), "{error}");
    follower.start_anew().unwrap();
    for block in &chain.blocks {
        follower.apply(block).unwrap();
    }
    assert_eq!(totals(&site), before);
}

#[tokio::test]
async fn a_block_that_does_not_verify_is_not_indexed() {
    let mut chain = story::told();
    let (site, mut follower) = Site::new(&chain).await;
    let last = chain.blocks.pop().unwrap();
    for block in &chain.blocks {
        follower.apply(block).unwrap();
    }
    let before = follower.height();
    let mut uncertified = last.clone();
    uncertified.certificate = None;
    let mut altered = last.clone();
    altered.block.header.time_ms.0 += 1;
    let mut unsigned = last.clone();
    let call = Call::decode(&unsigned.block.transactions[0].body.call).unwrap();
    unsigned.block.transactions[0].body.call = call.encode();
    unsigned.block.transactions[0].signature.0[0] ^= 1;
    let mut emptied = last.clone();
    emptied.block.transactions.clear();
    for bad in [uncertified, altered, unsigned, emptied] {
        let error = follower.apply(&bad).unwrap_err();
        assert!(matches!(error, FollowError::Refused(_) | FollowError::Uncertified(_)), "{error}");
        assert_eq!(follower.height(), before);
    }
    follower.apply(&last).unwrap();
    drop(site);
}

#[tokio::test]
async fn the_execution_rate_is_the_one_that_the_contracts_derive() {
    let chain = story::told();
    let (site, mut follower) = Site::new(&chain).await;
    for block in &chain.blocks {
        follower.apply(block).unwrap();
    }
    let (unit, project) = (code("home"), text(story::PROJECT));
    let expected = execution(follower.replica().state(), &unit, &project).unwrap();
    let read = |connection: &Connection| project::sums(connection, story::PROJECT, unit.as_str());
    let shown = site.reader().read::<_, IndexError>(read).unwrap();
    assert_eq!((shown.quota, shown.paid), (Money::of(expected.quota), Money::of(expected.paid)));
    assert_eq!((expected.rate_basis_points, shown.rate.as_str()), (4_347, "43.47%"));
}
