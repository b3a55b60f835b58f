//! Ledgers made without a network: they verify, an explorer indexes them, and they hold what a long
//! ledger is wanted for.

use std::collections::BTreeSet;
use std::path::Path;

use minglian_client::wire::{self, CertifiedBlock};
use minglian_contracts::book::{AccountId, Interval, Movement};
use minglian_contracts::event::{self, Event, Outcome};
use minglian_contracts::replica::Replica;
use minglian_contracts::trace::memory::MovementIndex;
use minglian_contracts::trace::{self, Cursor, Direction, Edge};
use minglian_ledger::date::{Date, beijing_date};
use minglian_ledger::genesis::Genesis;
use minglian_testnet::blocks::{self, Made, Wanted};
use minglian_testnet::page_times;
use minglian_testnet::year::plan::SEED;
use rand::rngs::OsRng;

use crate::explorer::Explorer;

const DONORS: u64 = 150;

/// Kinds of pages that a ledger with all of the year's topics has.
const KINDS: [&str; 12] = [
    "/",
    "/accounts/{}",
    "/charities/{}",
    "/charities/{}/funds/{}",
    "/disclosures",
    "/entries/{}",
    "/organizations/{}",
    "/oversight",
    "/projects/{}",
    "/search?",
    "/trace/{}/down",
    "/trace/{}/up",
];

fn wanted(directory: &Path) -> Wanted {
    let until = Some("2025-11-23".parse().unwrap());
    let directory = directory.to_owned();
    Wanted { entries: 5_000, donors: DONORS, seed: SEED, until, directory }
}

/// Every block of a directory, in order.
fn read(directory: &Path) -> Vec<CertifiedBlock> {
    let names = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<_> =
        names.filter(|name| name.extension().is_some_and(|it| it == "bin")).collect();
    let mut blocks = Vec::new();
    for file in files {
        let bytes = std::fs::read(file).unwrap();
        let frames = wire::frames(&bytes).unwrap();
        blocks.extend(frames.into_iter().map(|frame| CertifiedBlock::decode(frame).unwrap()));
    }
    blocks
}

/// What somebody finds who has the genesis and the blocks.
struct Verified {
    replica: Replica,
    records: u64,
    movements: MovementIndex,
    days: BTreeSet<Date>,
}

fn verify(directory: &Path) -> Verified {
    let genesis = std::fs::read(directory.join("genesis.json")).unwrap();
    let genesis: Genesis = serde_json::from_slice(&genesis).unwrap();
    assert!(genesis.demonstration);
    let replica = Replica::new(&genesis).unwrap();
    let (movements, days) = (MovementIndex::new(), BTreeSet::new());
    let mut verified = Verified { replica, records: 0, movements, days };
    for CertifiedBlock { block, certificate } in read(directory) {
        let certificate = certificate.unwrap();
        assert_eq!(certificate.signatures.len(), 4);
        let replayed = verified.replica.apply(&block, &certificate, &mut OsRng).unwrap();
        verified.records += block.transactions.len() as u64;
        verified.days.insert(beijing_date(block.header.time_ms).unwrap());
        for receipt in &replayed.executed.receipts {
            let Outcome::Applied(events) = event::read(receipt).unwrap() else { continue };
            for event in events {
                if let Event::Movement(movement) = event {
                    verified.movements.insert(movement);
                }
            }
        }
    }
    verified
}

/// Where the money of a payment came from, fen by fen.
fn traced_up(movements: &MovementIndex, reference: &str) -> Vec<Edge> {
    let is_it = |movement: &&Movement| match &movement.to {
        AccountId::Payment { reference: found, .. } => found.as_str() == reference,
        _ => false,
    };
    let payment = movements.movements().find(is_it).unwrap();
    let interval = Interval::new(0, payment.to_interval.end()).unwrap();
    let cursor = Cursor::new(payment.to.clone(), interval, Direction::Up);
    trace::trace(movements, cursor, 100_000).unwrap().edges
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_without_a_network_verifies_and_shows_every_kind_of_page() {
    let directory = tempfile::tempdir().unwrap();
    let wanted = wanted(directory.path());
    let made = blocks::run(&wanted).await.unwrap();
    let verified = verify(directory.path());
    let header = verified.replica.header();
    assert_eq!((header.height, header.state_root), (made.height, made.state_root));
    assert_eq!(verified.records, made.records);
    assert!((4_000..=6_000).contains(&made.records), "{}", made.records);
    // Over months, and not beyond the days that were asked for.
    let months: BTreeSet<_> = verified.days.iter().map(|day| day.month()).collect();
    assert!(months.len() > 3, "{:?}", verified.days);
    let last = wanted.until.unwrap().add_days(blocks::ENTERED_DAYS + 1).unwrap();
    assert!(verified.days.last().unwrap() <= &last);

    let edges = traced_up(&verified.movements, "演示逐级补助-0");
    assert_eq!(edges.iter().map(|edge| edge.hop).max(), Some(6));
    // A third of the gifts is in the one payment.
    let edges = traced_up(&verified.movements, "演示众人支付-合计");
    assert!(edges.len() as u64 > DONORS / 3, "{}", edges.len());

    // What is left is blocks and the genesis; nothing of it is written over.
    assert!(!directory.path().join("state").exists());
    let error = blocks::run(&wanted).await.unwrap_err();
    assert!(error.to_string().contains("holds something"), "{error}");

    let explorer = Explorer::reading(directory.path());
    explorer.wait_height(made.height).await;
    let site = format!("http://{}", explorer.address);
    let paths = vec![explorer.trace_of("演示众人支付-合计").await];
    let pace = page_times::Wanted { readers: 4, rate: 20, seconds: 1, paths: paths.clone() };
    let times = page_times::run(&site, pace).await.unwrap();
    assert!(times.addresses.contains_key(&paths[0]), "{:?}", times.addresses);
    assert_eq!((times.closed_loop.failed, times.open_loop.failed), (0, 0));
    for kind in KINDS {
        assert!(times.addresses.contains_key(kind), "{kind}: {:?}", times.addresses);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_wishes_make_the_same_ledger() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut made = Vec::new();
    for directory in [&one, &two] {
        let wanted = Wanted { entries: 3_500, donors: 20, ..wanted(directory.path()) };
        let Made { height, state_root, records, .. } = blocks::run(&wanted).await.unwrap();
        made.push((height, state_root, records));
    }
    assert_eq!(made[0], made[1]);
    assert_eq!(read(one.path()), read(two.path()));
}
