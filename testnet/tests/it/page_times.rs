//! The pages of an explorer, timed for many readers.

use std::time::Duration;

use minglian_testnet::page_times::{self, Wanted};

use crate::donor::Charity;
use crate::explorer::Explorer;
use crate::network;

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_every_kind_are_found_and_answer_many_readers() {
    let network = network::up(4, 0).await;
    let charity = Charity::found(&network).await;
    let explorer = Explorer::start(&network, 0);
    explorer.wait_height(network.wait_level(Duration::from_secs(90)).await.unwrap()).await;
    let site = format!("http://{}", explorer.address);
    let wanted = Wanted { readers: 8, rate: 40, seconds: 2, paths: Vec::new() };
    let times = page_times::run(&site, wanted.clone()).await.unwrap();

    for kind in ["/", "/entries/{}", "/organizations/{}", "/charities/{}", "/search?"] {
        assert!(times.addresses.contains_key(kind), "{kind}: {:?}", times.addresses);
    }
    assert!(!times.addresses.keys().any(|kind| kind.starts_with("/en") && kind.len() == 3));
    assert!(times.log_size > 0 && explorer.page("/").await.contains("演示"));
    // Which pages are drawn is fixed; how many of them come in the time is not.
    assert_eq!(times.open_loop.answered, 80);
    assert!(times.closed_loop.answered >= 8);
    for phase in [&times.closed_loop, &times.open_loop] {
        assert_eq!(phase.failed, 0, "{:?}", phase.kinds);
        assert!(phase.kinds.values().all(|kind| kind.statuses.contains_key("200")));
        assert!(phase.kinds.values().all(|kind| kind.sent_bytes_max > 0));
    }
    drop(charity);
    let away = page_times::run("http://127.0.0.1:9", wanted).await.unwrap_err();
    assert!(format!("{away:#}").contains("does not answer"), "{away:#}");
}
