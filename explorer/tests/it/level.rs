//! Names while a node hangs, and after one came back that is behind.

use std::time::Duration;

use minglian_explorer::follower::Follower;
use minglian_explorer::follower::level::Patience;
use minglian_explorer::follower::watch::Pace;
use minglian_explorer::source::Source;
use minglian_explorer::status::now_ms;
use minglian_ledger::height::TimeMs;
use tokio::task::JoinHandle;

use crate::chain::{Chain, code};
use crate::donor_names::{NAME, catch_up, erase, give, public};
use crate::site::{FakeNode, Site};
use crate::society;

pub const PACE: Pace = Pace {
    poll: Duration::from_millis(20),
    retry: Duration::from_millis(40),
    survey: Duration::from_millis(60),
    stale_after: None,
    patience: Patience { unproven: Duration::from_secs(60), away: Duration::from_secs(20) },
};

/// Names go sooner.
const HASTY: Pace = Pace {
    patience: Patience { unproven: Duration::from_secs(1), away: Duration::from_secs(5) },
    ..PACE
};

/// Whether the fund's page shows the donor's name.
async fn shows(site: &Site) -> bool {
    let fund = format!("/charities/{}/funds/%E5%8D%97%E6%B9%96", code("charity"));
    let page = site.get(&fund).await;
    assert_eq!(page.status, 200);
    page.body.contains(NAME)
}

pub async fn wait_until_it_shows(site: &Site, wanted: bool) {
    for _ in 0..600 {
        if shows(site).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("shown {wanted}: in vain; {:?}, {:?}", site.status.get(), site.status.sources());
}

/// Waits until the order's block has been verified: names are gone with it, and not because the
/// explorer was cut off, which takes twice as long as is waited for.
async fn wait_until_verified(site: &Site, chain: &Chain) {
    for _ in 0..600 {
        if site.status.get().verified() == chain.header.height {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it stays at {:?}, {:?}", site.status.get(), site.status.sources());
}

/// A chain with a named donor's gift.
pub fn chain() -> Chain {
    let mut chain = society::told();
    give(&mut chain, "捐公开", NAME);
    chain
}

fn block_of_now(chain: &mut Chain) {
    chain.come_to(TimeMs(now_ms()));
    chain.block(Vec::new());
}

/// Follows nodes that have the chain, until the name is shown.
async fn shown_from(
    chain: &mut Chain,
    nodes: usize,
    pace: Pace,
) -> (Site, Vec<FakeNode>, JoinHandle<()>) {
    let (site, follower) = Site::new(chain).await;
    let (nodes, task) = follow(&site, follower, chain, nodes, pace).await;
    (site, nodes, task)
}

/// As [`shown_from`], on a site that is there.
pub async fn follow(
    site: &Site,
    mut follower: Follower,
    chain: &mut Chain,
    nodes: usize,
    pace: Pace,
) -> (Vec<FakeNode>, JoinHandle<()>) {
    catch_up(&mut follower, chain);
    block_of_now(chain);
    let (mut all, mut sources): (Vec<FakeNode>, Vec<Source>) = (Vec::new(), Vec::new());
    for _ in 0..nodes {
        let (node, source) = FakeNode::source(&chain.blocks).await;
        node.open(&[public(chain)]);
        all.push(node);
        sources.push(source);
    }
    let task = tokio::spawn(follower.follow(sources, site.status.clone(), pace));
    wait_until_it_shows(site, true).await;
    (all, task)
}

/// The node stops until the name is hidden and it has been away for long, and goes on as it was.
async fn pause(site: &Site, node: &FakeNode) {
    node.hang(true);
    tokio::time::sleep(HASTY.patience.away + Duration::from_secs(1)).await;
    wait_until_it_shows(site, false).await;
    node.hang(false);
}

/// The name stays away while the node is asked some times more.
async fn stays_hidden(site: &Site, node: &FakeNode) {
    let before = node.answered();
    while node.answered() < before + 10 {
        assert!(!shows(site).await, "shown on the word of a node that may be behind");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!shows(site).await, "shown on the word of a node that may be behind");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_obeyed_although_the_first_node_hangs() {
    let mut chain = chain();
    let (site, nodes, task) = shown_from(&mut chain, 3, PACE).await;
    nodes[0].hang(true);
    erase(&mut chain, NAME);
    nodes[1].set(&chain.blocks);
    nodes[2].set(&chain.blocks);
    wait_until_it_shows(&site, false).await;
    wait_until_verified(&site, &chain).await;
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_obeyed_although_the_first_node_is_a_little_behind() {
    let mut chain = chain();
    let (site, nodes, task) = shown_from(&mut chain, 2, PACE).await;
    erase(&mut chain, NAME);
    nodes[1].set(&chain.blocks);
    wait_until_it_shows(&site, false).await;
    wait_until_verified(&site, &chain).await;
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_comes_back_only_with_a_block_after_the_node_came_back() {
    let mut chain = chain();
    let (site, nodes, task) = shown_from(&mut chain, 1, HASTY).await;
    pause(&site, &nodes[0]).await;
    stays_hidden(&site, &nodes[0]).await;
    block_of_now(&mut chain);
    nodes[0].set(&chain.blocks);
    wait_until_it_shows(&site, true).await;
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_stopped_before_an_order_does_not_bring_the_name_back() {
    let mut chain = chain();
    let (site, nodes, task) = shown_from(&mut chain, 1, HASTY).await;
    pause(&site, &nodes[0]).await;
    erase(&mut chain, NAME);
    stays_hidden(&site, &nodes[0]).await;
    nodes[0].set(&chain.blocks);
    let height = chain.header.height;
    while site.status.get().verified() != height {
        assert!(!shows(&site).await, "shown while the order is on its way");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    stays_hidden(&site, &nodes[0]).await;
    task.abort();
}
