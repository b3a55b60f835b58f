//! A short version of `minglian-testnet fault flips`; MINGLIAN_FLIPS makes it longer.

use minglian_testnet::fault::flips;

use crate::network;

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_of_a_stopped_nodes_database_is_named_or_changes_nothing() {
    let count = std::env::var("MINGLIAN_FLIPS").map_or(100, |count| count.parse().unwrap());
    let network = network::up(4, 0).await;
    let report = flips::run(&network, count, None).await.unwrap();
    eprintln!("{report:?}");
    assert_eq!((report.served, report.by_audit), (0, 0));
    assert_eq!(report.at_open + report.at_read + report.harmless, count);
    assert!(report.records > 300 && report.at_open > 0 && report.at_read > 0, "{report:?}");
}
