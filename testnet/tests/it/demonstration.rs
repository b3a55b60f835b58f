//! The demonstration: published tables enter, and what the ledger says is what the notices print.

use std::path::Path;

use minglian_testnet::demo::{self, Programs};
use minglian_testnet::process::Signal;
use minglian_testnet::{program, smoke, totals};

use crate::network;

/// 万元 in fen.
const TEN_THOUSAND_YUAN: u64 = 1_000_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_published_figures_are_in_the_ledger_to_the_fen() {
    let own = Path::new(env!("CARGO_BIN_EXE_minglian-testnet"));
    let find = |name| program::find_beside(name, own).unwrap();
    let programs = Programs { minglian: find("minglian"), explorer: find("minglian-explorer") };
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data");
    let report = smoke::run(&programs, &totals::tables(Some(&data)).unwrap()).await.unwrap();

    let luxian = &report.notices["luxian_2020"];
    let expected = [
        ("彩票公益金·中央", 250_659_000),
        ("彩票公益金·县本级分成", 216_460_000),
        ("彩票公益金·市级", 40_630_000),
        ("彩票公益金·省级", 465 * TEN_THOUSAND_YUAN),
    ];
    let sums = luxian.iter().map(|(fund, sums)| (fund.as_str(), sums.implied.get()));
    assert_eq!(sums.collect::<Vec<_>>(), expected);
    assert!(luxian.values().all(|sums| sums.implied == sums.allocated));

    let panzhihua = &report.notices["panzhihua_2022_by_county"];
    assert_eq!(panzhihua["福利彩票公益金·市县分成"].allocated.get(), 895_501_000);
    assert_eq!(panzhihua["体育彩票公益金·市县分成"].allocated.get(), 1_170_340_000);

    let guanyun = report.notices["guanyun_2024_execution"].values().next().unwrap();
    let figures = [guanyun.allocated, guanyun.spent, guanyun.carried].map(|fen| fen.get());
    assert_eq!(figures, [199, 120, 79].map(|figure| figure * TEN_THOUSAND_YUAN));

    assert_eq!(report.audit["verified"], true);
    assert!(report.explorer.contains(" 200 "), "{}", report.explorer);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_was_taken_down_is_noticed() {
    let network = network::up(4, 0).await;
    let end = demo::taken_down(&network);
    tokio::pin!(end);
    // While one node runs, it is only restarted.
    for node in 1..4 {
        network.signal(node, Signal::Kill).unwrap();
    }
    let waits = tokio::select! {
        biased;
        _ = &mut end => false,
        () = tokio::task::yield_now() => true,
    };
    assert!(waits, "a node runs still");
    network.down().unwrap();
    end.await.unwrap();
}
