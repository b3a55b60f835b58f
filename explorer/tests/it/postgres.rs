//! The index on a PostgreSQL server says what the one in a file says; one explorer writes it, and
//! others read it.

use std::time::Duration;

use axum::http::StatusCode;
use minglian_explorer::database::place::Place;
use minglian_explorer::database::{Error, Value, params_from_iter};
use minglian_explorer::follower::{FollowError, Follower};
use minglian_explorer::index::names::Named;
use minglian_explorer::index::{self, IndexError, Reader, Writer};
use minglian_explorer::status::Following;
use minglian_ledger::deposit::Class;
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::Height;

use crate::chain::{Chain, genesis, text};
use crate::donor_names::{NAME, catch_up, erase, give, give_with, given, holds, places, public};
use crate::pinned_data::{files, questions};
use crate::pins::{at, crawl, forgetful, month_ends, said};
use crate::server::Server;
use crate::site::{Answer, Site};
use crate::{level, society, story};

/// A donor whose name nobody erases.
const KEPT: &str = "留名人";

fn written(chain: &Chain, place: &Place) -> Writer {
    Writer::open(place, &chain.genesis.hash()).unwrap()
}

/// A site over a new database, which has verified the whole chain.
async fn of(chain: &Chain, place: &Place) -> (Site, Follower) {
    let (site, mut follower) = Site::on(chain, place, written(chain, place)).await;
    site.verify(chain, &mut follower);
    (site, follower)
}

/// What a page says, whichever site it is of.
async fn page(site: &Site, path: &str, height: usize) -> (StatusCode, String) {
    let Answer { status, body, .. } = site.get(path).await;
    let body = body.replace(&site.base, "");
    let body = if body.contains("<main>") { said(&body, height) } else { body };
    (status, body)
}

async fn compare_pages(file: &Site, server: &Site, pages: &[String], height: usize) {
    let mut other = Vec::new();
    for path in pages {
        let (expected, given) = (page(file, path, height).await, page(server, path, height).await);
        if given != expected {
            other.push((path, given, expected));
        }
    }
    assert!(other.is_empty(), "{other:#?}");
}

async fn compare_bytes(file: &Site, server: &Site, paths: &[String]) {
    let mut other = Vec::new();
    for path in paths {
        let (expected, given) = (file.bytes(path).await, server.bytes(path).await);
        if (given.0, &given.2) != (expected.0, &expected.2) {
            other.push((path, given.0, String::from_utf8_lossy(&given.2).into_owned()));
        }
    }
    assert!(other.is_empty(), "{other:#?}");
}

/// Answers that are of the newest height only.
fn newest() -> Vec<String> {
    let paths = [
        "/verify/genesis.json",
        "/verify/records/1/evidence",
        "/verify/head/evidence",
        "/verify/accounts/1/evidence",
        "/verify/consistency?from=1&to=3",
        "/api/v1/search?q=%E6%95%AC%E8%80%81",
        "/api/v1/search?q=%E7%9C%81%E7%BA%A7&limit=5",
        "/api/v1/entries?month=2021-03&limit=500",
        "/api/v1/movements?limit=2",
        "/api/v1/obligations?limit=500",
    ];
    paths.map(str::to_owned).to_vec()
}

async fn compare(chain: &Chain, server: &Server, name: &str, heights: &[usize]) {
    let (file, mut follower) = Site::new(chain).await;
    file.verify(chain, &mut follower);
    let (site, _follower) = of(chain, &server.database(name)).await;
    let last = chain.blocks.len();
    let pages = crawl(&file, 150).await;
    assert!(pages.len() > 60, "{}", pages.len());
    assert_eq!(crawl(&site, 150).await, pages);
    compare_pages(&file, &site, &pages, last).await;
    let others = ["/search?q=%E6%95%AC%E8%80%81", "/feeds", "/calendar.ics", "/subscribe"];
    compare_pages(&file, &site, &others.map(str::to_owned), last).await;
    let asked = questions(&file).await;
    compare_bytes(&file, &site, &[files(), asked.clone(), newest()].concat()).await;
    for height in heights {
        let pinned = |paths: &[String]| -> Vec<String> {
            paths.iter().map(|path| at(path, *height)).collect()
        };
        compare_pages(&file, &site, &pinned(&pages), *height).await;
        compare_bytes(&file, &site, &pinned(&[files(), asked.clone()].concat())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_file_and_answer_of_the_county_is_that_of_a_file() {
    let chain = story::told();
    let last = chain.blocks.len();
    compare(&chain, &Server::start(), "county", &[0, 4, last / 2, last - 1]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_file_and_answer_of_the_society_is_that_of_a_file() {
    let chain = society::told();
    let last = chain.blocks.len();
    compare(&chain, &Server::start(), "society", &[last / 3, last * 3 / 4]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_kept_is_not_kept_there_either() {
    let chain = society::told();
    let server = Server::start();
    let place = server.database("forgetful");
    let file = forgetful(&chain, Height(0)).await;
    let mut writer = written(&chain, &place);
    writer.keep(4);
    let (site, mut follower) = Site::on(&chain, &place, writer).await;
    site.verify(&chain, &mut follower);
    let (ends, last) = (month_ends(&chain), chain.blocks.len());
    let between = (1..last - 5).find(|height| !ends.contains(height)).unwrap();
    let pages = crawl(&file, 80).await;
    for height in ends.into_iter().chain([between, last - 4]) {
        let pages: Vec<String> = pages.iter().map(|path| at(path, height)).collect();
        compare_pages(&file, &site, &pages, height).await;
    }
    let count = "SELECT count(*) FROM main.undo_accounts";
    let kept: Result<i64, IndexError> = file
        .reader()
        .read(|it| -> Result<_, IndexError> { Ok(it.query_row(count, [], |row| row.get(0))?) });
    assert_eq!(server.query("forgetful", count), kept.unwrap().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explorer_that_starts_again_goes_on_and_a_damaged_index_is_built_anew() {
    let mut server = Server::start();
    let chain = story::told();
    let place = server.database("again");
    let file = Site::of(&chain).await;
    let pages = crawl(&file, 60).await;
    let last = chain.blocks.len();
    let half = last / 2;
    let (site, mut follower) = Site::on(&chain, &place, written(&chain, &place)).await;
    for block in &chain.blocks[..half] {
        follower.apply(block).unwrap();
    }
    drop(follower);
    let incarnation = "SELECT value FROM main.meta WHERE key = 'incarnation'";
    let before = server.query("again", incarnation);
    // Another start: what is there is compared, and the rest written.
    let mut follower = site.follower(&chain);
    for block in &chain.blocks[..last - 1] {
        follower.apply(block).unwrap();
    }
    assert_eq!(site.get("/entries").await.status, 200);
    // The server goes away, and comes back: the index is not built anew.
    server.restart();
    let lost = follower.apply(&chain.blocks[last - 1]).unwrap_err();
    assert!(matches!(&lost, FollowError::Index(error) if error.is_lost()), "{lost}");
    assert!(follower.recover(lost).is_err());
    assert_eq!(follower.height(), Height(0));
    site.verify(&chain, &mut follower);
    assert_eq!(server.query("again", incarnation), before);
    compare_pages(&file, &site, &pages, last).await;
    // Somebody changed what the state is.
    drop(follower);
    let last_key = "(SELECT key FROM main.state ORDER BY key DESC LIMIT 1)";
    server.query("again", &format!("DELETE FROM main.state WHERE key = {last_key}"));
    let mut follower = site.follower(&chain);
    let mut blocks = chain.blocks.iter();
    let differs = blocks.find_map(|block| follower.apply(block).err()).unwrap();
    assert!(matches!(differs, FollowError::IndexDiffers(height) if height == chain.header.height));
    follower.recover(differs).unwrap();
    assert!(server.query("again", incarnation) != before);
    site.verify(&chain, &mut follower);
    compare_pages(&file, &site, &pages, last).await;
    // Another chain's explorer empties it.
    drop(follower);
    let other = Chain::of(Genesis { name: text("other"), ..genesis() });
    assert_eq!(written(&other, &place).height().unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_writes_and_others_read_what_they_verify() {
    let server = Server::start();
    let chain = story::told();
    let genesis = chain.genesis.hash();
    let place = server.database("shared");
    server.query("shared", "CREATE ROLE reader LOGIN; GRANT pg_read_all_data TO reader");
    let readers = server.place("reader", "shared");
    assert!(matches!(Writer::watch(&readers, &genesis), Err(IndexError::NotWritten(_))));
    let (site, mut follower) = Site::on(&chain, &place, written(&chain, &place)).await;
    let twice = Writer::open(&place, &genesis).unwrap_err();
    assert!(matches!(&twice, IndexError::Database(Error::Written)), "{twice}");
    let watched = Writer::watch(&readers, &genesis).unwrap();
    let (second, mut watching) = Site::on(&chain, &readers, watched).await;
    let (first, rest) = chain.blocks.split_at(chain.blocks.len() / 2);
    for block in first {
        let awaited = watching.apply(block).unwrap_err();
        assert!(matches!(awaited, FollowError::Awaited(height) if height == block_height(block)));
        follower.apply(block).unwrap();
        watching.apply(block).unwrap();
    }
    for block in rest {
        follower.apply(block).unwrap();
    }
    second.verify(&chain, &mut watching);
    site.status.set(Following::Current { verified: follower.height() });
    site.read_texts();
    let pages = crawl(&site, 60).await;
    compare_pages(&site, &second, &pages, chain.blocks.len()).await;
    compare_bytes(&site, &second, &[files(), newest()].concat()).await;
    // Whoever reads can write nothing, also as the user that may.
    for place in [&readers, &place] {
        let written = Reader::new(place).read(|connection| -> Result<_, IndexError> {
            let values = params_from_iter([Value::Integer(1)]);
            Ok(connection.execute("DELETE FROM records WHERE log_index = ?1", values)?)
        });
        assert!(matches!(written, Err(IndexError::Database(Error::Postgres(_)))), "{written:?}");
    }
    assert!(index::snapshot(&place, &site.index()).is_err(), "a server is not copied to a file");
    // What the writer did not make of the blocks is found, and left as it is.
    server.query("shared", "UPDATE main.state SET value = '\\x00'");
    let watched = Writer::watch(&readers, &genesis).unwrap();
    drop(watching);
    let mut watching = crate::site::follower(&chain, watched, &second.index());
    let mut blocks = chain.blocks.iter();
    let differs = blocks.find_map(|block| watching.apply(block).err()).unwrap();
    assert!(matches!(differs, FollowError::WatchedDiffers(_)), "{differs}");
    assert!(watching.recover(differs).is_err());
    assert_eq!(follower.height(), chain.header.height);
    let height = server.query("shared", "SELECT max(height) FROM main.blocks");
    assert_eq!(height, chain.header.height.to_string());
}

fn block_height(block: &minglian_client::wire::CertifiedBlock) -> Height {
    block.block.header.height
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_shown_only_while_the_writer_says_that_it_is_level() {
    let server = Server::start();
    let mut chain = level::chain();
    let place = server.database("level");
    let (site, follower) = Site::on(&chain, &place, written(&chain, &place)).await;
    let (_nodes, task) = level::follow(&site, follower, &mut chain, 1, level::PACE).await;
    let said = || server.query("level", "SELECT until FROM reading.attended");
    let first = said();
    while said() == first {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // It dies, and the minute passes.
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    server.query("level", "UPDATE reading.attended SET until = now()");
    level::wait_until_it_shows(&site, false).await;
    let kept = server.query("level", "SELECT count(*) FROM main.donor_names");
    assert_eq!(kept, "1", "it is not deleted: whoever reads may not");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_erased_is_in_no_file_of_the_server() {
    let mut server = Server::start();
    let mut chain = society::told();
    let place = server.database("names");
    let (site, mut follower) = Site::on(&chain, &place, written(&chain, &place)).await;
    give_with(&mut chain, "捐留名", KEPT, &[8; 16]);
    give(&mut chain, "捐公开", NAME);
    let (record, height) = (chain.log.size() - 2, chain.header.height.0);
    catch_up(&mut follower, &chain);
    assert_eq!(follower.name(&public(&chain)).unwrap(), Named::Shown);
    let kept = given(&chain, Class::Public, "charity.maker", KEPT);
    assert_eq!(follower.name(&kept).unwrap(), Named::Shown);
    server.query("names", "INSERT INTO reading.attended VALUES (1, now() + interval '1 hour')");
    let watched = Writer::watch(&place, &chain.genesis.hash()).unwrap();
    let (second, mut watching) = Site::on(&chain, &place, watched).await;
    catch_up(&mut watching, &chain);
    for place in places(record, height) {
        for site in [&site, &second] {
            let body = site.get(&place).await.body;
            assert!(body.contains(NAME), "{place} lacks the name:\n{body}");
        }
    }
    erase(&mut chain, NAME);
    catch_up(&mut follower, &chain);
    catch_up(&mut watching, &chain);
    for place in places(record, height) {
        for site in [&site, &second] {
            let answer = site.get(&place).await;
            assert_eq!(answer.status, 200, "{place}");
            assert!(!answer.body.contains(NAME), "{place} has the name:\n{}", answer.body);
        }
    }
    assert_eq!(follower.name(&public(&chain)).unwrap(), Named::Left, "it is not shown again");
    server.query("names", "ANALYZE");
    let statistics = "SELECT count(*) FROM pg_stats \
                      WHERE tablename = 'donor_names' AND attname = 'name'";
    assert_eq!(server.query("names", statistics), "0");
    server.stop("fast");
    assert!(holds(&server.files(), KEPT), "every table is in the files");
    assert!(!holds(&server.files(), NAME), "a file of the server holds the name");
    assert!(!holds(&server.files().join("pg_wal"), KEPT), "names are in nothing that is archived");
}
