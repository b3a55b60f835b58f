//! 运行状态 and 检查点与见证.

use std::sync::Arc;

use minglian_client::checkpoint;
use minglian_explorer::status::Following;

use crate::chain::Chain;
use crate::site::Site;
use crate::{proving, story};

async fn beside(chain: &Chain, node: &str) -> Site {
    let (site, mut follower) = Site::beside(chain, node).await;
    for block in &chain.blocks {
        follower.apply(block).unwrap();
    }
    site.status.set(Following::Current { verified: follower.height() });
    site
}

/// The verifier keys of a chain's log and of its cosigners, as text.
fn keys(chain: &Chain) -> Vec<String> {
    let log = checkpoint::log_key(&chain.genesis).unwrap();
    let cosigners = checkpoint::cosigners(log.name(), &chain.genesis.validators).unwrap();
    let cosigners = cosigners.iter().map(|(key, _)| key.to_string());
    cosigners.chain([log.to_string()]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_checkpoint_is_shown_with_those_who_cosigned_it() {
    let chain = Arc::new(story::told());
    let site = beside(&chain, &proving::node(Arc::clone(&chain)).await).await;
    let page = site.get("/checkpoints").await.body;
    for text in ["3 / 4", "超过三分之二", "未联署", "finance", "lottery", "验证者名单的变更"]
    {
        assert!(page.contains(text), "{text}: {page}");
    }
    let english = site.get("/en/checkpoints").await.body;
    for text in ["more than two thirds", "has not cosigned", "Changes of the validators"] {
        assert!(english.contains(text), "{text}: {english}");
    }
    // What a monitor is configured with.
    for key in keys(&chain) {
        let key = format!("{key}\n");
        assert!(page.contains(&key) && english.contains(&key), "{key}: {english}");
    }
    // It was seen: every page says so from then on.
    let height = chain.header.height;
    let status = site.get("/status").await.body;
    for text in ["3 / 4", "运行状态: 正常", "索引格式", env!("CARGO_PKG_VERSION")] {
        assert!(status.contains(text), "{text}: {status}");
    }
    let home = site.get("/en/").await.body;
    let footer = home.split("<footer>").nth(1).unwrap();
    assert!(footer.contains(&format!("Ledger height {height} · Index height {height}")));
    assert!(footer.contains(&format!("Checkpoint 2021-03-01 12:{:02}:00 ({height})", height.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_of_another_history_is_not_shown() {
    let chain = story::told();
    let mut other = story::told();
    other.wait_until("2021-06-01");
    other.block(Vec::new());
    let site = beside(&chain, &proving::node(Arc::new(other)).await).await;
    let page = site.get("/checkpoints").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("没有给出可核验的检查点"), "{}", page.body);
    assert!(page.body.contains("尚未见到检查点") && !page.body.contains("3 / 4"));
    assert_eq!(site.get("/status/fork.json").await.status, 404);
}
