//! Following a node over HTTP, honest or not.

use std::time::Duration;

use minglian_explorer::status::Following;

use crate::site::{FakeNode, Site};
use crate::story;

async fn wait_until(site: &Site, what: impl Fn(&Following) -> bool) {
    for _ in 0..400 {
        if what(&site.status.get()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it stays at {:?}", site.status.get());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_block_raises_the_banner_and_older_pages_stay() {
    let chain = story::told();
    let (site, follower) = Site::new(&chain).await;
    let node = FakeNode::default();
    let mut blocks = chain.blocks.clone();
    let last = blocks.len() - 1;
    blocks[last].block.transactions.clear();
    *node.0.lock().unwrap() = blocks;
    let client = node.serve().await;
    let task = tokio::spawn(follower.follow(client, site.status.clone()));
    wait_until(&site, |following| matches!(following, Following::Refused { .. })).await;

    let home = site.get("/").await.body;
    assert!(home.contains("核验失败"), "{home}");
    assert!(home.contains(&format!("页面停在已核验的高度 {}", last)), "{home}");
    let entry = site.get("/entries/3").await;
    assert_eq!(entry.status, 200);
    assert!(entry.body.contains("核验失败") && entry.body.contains("465万元"));
    assert!(site.get("/health").await.body.contains("\"status\":\"refused\""));

    // The node comes back with the block that was certified.
    node.0.lock().unwrap()[last] = chain.blocks[last].clone();
    wait_until(&site, |following| {
        *following == Following::Current { verified: chain.header.height }
    })
    .await;
    assert!(!site.get("/").await.body.contains("核验失败"));
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_does_not_answer_is_named_on_the_page() {
    let chain = story::told();
    let (site, follower) = Site::new(&chain).await;
    let client = minglian_client::Client::new("http://127.0.0.1:9").unwrap();
    let task = tokio::spawn(follower.follow(client, site.status.clone()));
    wait_until(&site, |following| matches!(following, Following::Unreachable { .. })).await;
    assert!(site.get("/").await.body.contains("节点暂时无法连接"));
    task.abort();
}
