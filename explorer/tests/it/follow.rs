//! Following nodes over HTTP and directories, honest or not.

use std::time::Duration;

use minglian_client::Client;
use minglian_client::wire::{self, CertifiedBlock};
use minglian_explorer::alarm::AlarmFile;
use minglian_explorer::follower::Follower;
use minglian_explorer::follower::level::Patience;
use minglian_explorer::follower::watch::Pace;
use minglian_explorer::source::Source;
use minglian_explorer::status::{Following, Standing, Status};
use tokio::task::JoinHandle;

use crate::chain::Chain;
use crate::site::{Answer, FakeNode, Site};
use crate::story;

const PACE: Pace = Pace {
    poll: Duration::from_millis(20),
    retry: Duration::from_millis(40),
    survey: Duration::from_millis(60),
    stale_after: None,
    patience: Patience { unproven: Duration::from_secs(60), away: Duration::from_secs(20) },
};

async fn wait_until(site: &Site, what: impl Fn(&Status) -> bool) {
    for _ in 0..600 {
        if what(&site.status) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("it stays at {:?}, {:?}", site.status.get(), site.status.sources());
}

fn is_current(chain: &Chain) -> impl Fn(&Status) -> bool {
    let verified = chain.header.height;
    move |status| status.get() == Following::Current { verified }
}

fn follow(follower: Follower, sources: Vec<Source>, site: &Site, pace: Pace) -> JoinHandle<()> {
    tokio::spawn(follower.follow(sources, site.status.clone(), pace))
}

/// The story, and the same up to a height with another block above it that the same validators
/// certified. It is the last height of both.
fn forked() -> (Chain, Vec<CertifiedBlock>) {
    let (ours, theirs) = forked_chains();
    (ours, theirs.blocks)
}

fn forked_chains() -> (Chain, Chain) {
    let (mut ours, mut theirs) = (story::told(), story::told());
    theirs.wait_until("2021-06-01");
    ours.block(Vec::new());
    theirs.block(Vec::new());
    assert_ne!(ours.header.id(), theirs.header.id());
    assert_eq!(ours.header.height, theirs.header.height);
    (ours, theirs)
}

fn status_of(answer: &Answer) -> serde_json::Value {
    serde_json::from_str(&answer.body).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tampered_block_raises_the_banner_and_older_pages_stay() {
    let chain = story::told();
    let (site, follower) = Site::new(&chain).await;
    let mut blocks = chain.blocks.clone();
    let last = blocks.len() - 1;
    blocks[last].block.transactions.clear();
    let (node, source) = FakeNode::source(&blocks).await;
    let task = follow(follower, vec![source], &site, PACE);
    wait_until(&site, |status| matches!(status.get(), Following::Refused { .. })).await;

    let home = site.get("/").await.body;
    assert!(home.contains("核验失败"), "{home}");
    assert!(home.contains(&format!("页面停在已核验的高度 {last}")), "{home}");
    let entry = site.get("/entries/3").await;
    assert_eq!(entry.status, 200);
    assert!(entry.body.contains("核验失败") && entry.body.contains("465万元"));
    let health = site.get("/health").await;
    assert_eq!((health.status.as_u16(), &status_of(&health)["status"]), (503, &"refused".into()));

    // The node comes back with the block that was certified.
    node.set(&chain.blocks);
    wait_until(&site, is_current(&chain)).await;
    assert!(!site.get("/").await.body.contains("核验失败"));
    assert_eq!(site.get("/health").await.status, 200);
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_node_is_named_on_the_page_until_it_answers() {
    let chain = story::told();
    let (site, follower) = Site::new(&chain).await;
    let (node, source) = FakeNode::source(&[]).await;
    let task = follow(follower, vec![source], &site, PACE);
    wait_until(&site, |status| matches!(status.get(), Following::Unreachable { .. })).await;
    assert!(site.get("/").await.body.contains("节点暂时无法连接"));
    let english = site.get("/en/entries").await.body;
    assert!(english.contains("The node cannot be reached") && english.contains("Since 20"));
    assert_eq!(site.get("/health").await.status, 503);
    node.set(&chain.blocks);
    wait_until(&site, is_current(&chain)).await;
    assert!(!site.get("/").await.body.contains("节点暂时无法连接"));
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_stands_still_is_told_from_one_that_is_dead() {
    let chain = story::told();
    let (site, follower) = Site::new(&chain).await;
    let (_node, source) = FakeNode::source(&chain.blocks).await;
    // The story's blocks are of past years.
    let pace = Pace { stale_after: Some(Duration::from_secs(1_800)), ..PACE };
    let task = follow(follower, vec![source], &site, pace);
    wait_until(&site, |status| matches!(status.get(), Following::Stale { .. })).await;
    let health = status_of(&site.get("/health").await);
    assert_eq!(health["status"], "stale");
    assert_eq!(health["verified_height"], chain.header.height.0);
    assert_eq!(health["sources"][0]["standing"], "agrees");
    for path in ["/", "/entries/3", "/allocations", "/verify"] {
        assert!(site.get(path).await.body.contains("账本停滞"), "{path}");
        let english = site.get(&format!("/en{path}")).await.body;
        assert!(english.contains("The ledger stands still"), "{path}");
    }
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_freezes_the_pages_and_survives_a_restart() {
    let (ours, theirs) = forked();
    let (site, follower) = Site::new(&ours).await;
    let alarm_file = AlarmFile::beside(&site.index());
    let follower = follower.alarmed_by(alarm_file.clone()).unwrap();
    let (node, source) = FakeNode::source(&ours.blocks).await;
    let task = follow(follower, vec![source], &site, PACE);
    wait_until(&site, is_current(&ours)).await;
    let before = main_of(&site.get("/entries").await.body);

    node.set(&theirs);
    wait_until(&site, |status| matches!(status.get(), Following::Forked { .. })).await;
    for path in ["/", "/entries", "/accounts/1", "/verify", "/nowhere", "/oversight"] {
        assert!(site.get(path).await.body.contains("警报:账本分叉"), "{path}");
        let english = site.get(&format!("/en{path}")).await.body;
        assert!(english.contains("Alarm: the ledger has forked"), "{path}");
    }
    assert_eq!(main_of(&site.get("/entries").await.body), before);
    let health = site.get("/health").await;
    assert_eq!(health.status, 503);
    assert_eq!(status_of(&health)["forked_height"], ours.header.height.0);
    let proof = status_of(&site.get("/status/fork.json").await);
    assert_eq!(proof["ours"]["header"]["height"], proof["theirs"]["header"]["height"]);
    assert_eq!(proof["signed_both"].as_array().unwrap().len(), 3);

    // The node repents; the alarm does not go.
    node.set(&ours.blocks);
    wait_until(&site, |status| status.sources()[0].standing == Standing::Agrees).await;
    assert_eq!(site.status.get().word(), "forked");
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());

    // Nor does it with a restart, and more blocks are not taken.
    let mut longer = forked().0;
    longer.block(Vec::new());
    node.set(&longer.blocks);
    let follower = site.follower(&ours);
    let follower = follower.alarmed_by(alarm_file).unwrap();
    site.status.set(Following::CatchingUp { verified: Default::default(), target: None });
    let task = follow(follower, vec![Source::node(node.serve().await)], &site, PACE);
    let verified = ours.header.height;
    wait_until(&site, |status| {
        matches!(status.get(), Following::Forked { verified: height, .. } if height == verified)
    })
    .await;
    tokio::time::sleep(PACE.survey * 3).await;
    assert_eq!(site.status.get().verified(), verified);
    assert_eq!(main_of(&site.get("/entries").await.body), before);
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restart_the_index_still_knows_a_rewritten_history() {
    let (ours, theirs) = forked();
    let site = Site::of(&ours).await;
    let before = main_of(&site.get("/entries").await.body);
    // The new process has verified nothing yet, and the node gives the other history only.
    let (_node, source) = FakeNode::source(&theirs).await;
    let follower = site.follower(&ours);
    let task = follow(follower, vec![source], &site, PACE);
    wait_until(&site, |status| matches!(status.get(), Following::Forked { .. })).await;
    assert_eq!(main_of(&site.get("/entries").await.body), before);
    assert!(site.get("/").await.body.contains("警报:账本分叉"));
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_ledger_knows_a_rewritten_history_after_a_restart() {
    let (ours, mut theirs) = forked_chains();
    for _ in 0..2 {
        let (site, mut follower) = Site::new(&ours).await;
        site.verify(&ours, &mut follower);
        follower.keep().unwrap();
        drop(follower);
        let before = main_of(&site.get("/entries").await.body);
        let alarm = AlarmFile::beside(&site.index());
        let follower = site.follower(&ours).alarmed_by(alarm.clone()).unwrap();
        assert_eq!(follower.height(), ours.header.height);
        let (_node, source) = FakeNode::source(&theirs.blocks).await;
        let task = follow(follower, vec![source], &site, PACE);
        wait_until(&site, |status| matches!(status.get(), Following::Forked { .. })).await;
        assert_eq!(site.status.get().verified(), ours.header.height);
        assert_eq!(main_of(&site.get("/entries").await.body), before);
        let alarm = alarm.read(&ours.genesis.hash()).unwrap().unwrap();
        assert_eq!(alarm.ours.unwrap().header, ours.header);
        task.abort();
        // Once as long as ours, once longer.
        theirs.block(Vec::new());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fork_of_one_node_is_an_alarm_whatever_the_others_say() {
    let (ours, theirs) = forked();
    let (site, follower) = Site::new(&ours).await;
    let (_good, first) = FakeNode::source(&ours.blocks).await;
    let (_other, second) = FakeNode::source(&ours.blocks).await;
    let (third, last) = FakeNode::source(&ours.blocks).await;
    let task = follow(follower, vec![first, second, last], &site, PACE);
    wait_until(&site, is_current(&ours)).await;
    third.set(&theirs);
    wait_until(&site, |status| matches!(status.get(), Following::Forked { .. })).await;
    let sources = site.status.sources();
    assert_eq!(sources[0].standing, Standing::Agrees);
    assert_eq!(sources[2].standing, Standing::Forked(ours.header.height));
    let page = site.get("/status").await.body;
    assert!(page.contains("给出另一份经签名的历史") && page.contains("与已核验的账本一致"));
    assert!(page.contains("运行状态: 账本分叉") && page.contains("/status/fork.json"));
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_nobody_certified_is_no_fork() {
    let (ours, mut theirs) = forked();
    let (site, follower) = Site::new(&ours).await;
    let (_good, first) = FakeNode::source(&ours.blocks).await;
    let last = theirs.len() - 1;
    theirs[last].certificate.as_mut().unwrap().signatures.truncate(2);
    let (_liar, second) = FakeNode::source(&theirs).await;
    let task = follow(follower, vec![first, second], &site, PACE);
    wait_until(&site, |status| {
        status.sources().get(1).is_some_and(|it| matches!(it.standing, Standing::Invalid(..)))
    })
    .await;
    wait_until(&site, is_current(&ours)).await;
    task.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_next_node_is_taken_when_one_is_dead_bad_or_behind() {
    let mut chain = story::told();
    let half = chain.blocks.len() / 2;
    for _ in 0..12 {
        chain.block(Vec::new());
    }
    let mut bad = chain.blocks.clone();
    bad[half].block.transactions.clear();
    bad[half].block.header.time_ms.0 += 1;
    for first in [Vec::new(), bad, chain.blocks[..half].to_vec()] {
        let (site, follower) = Site::new(&chain).await;
        let (_lame, first) = FakeNode::source(&first).await;
        let dead = Source::node(Client::new("http://127.0.0.1:9").unwrap());
        let (_good, second) = FakeNode::source(&chain.blocks).await;
        let task = follow(follower, vec![dead, first, second], &site, PACE);
        wait_until(&site, is_current(&chain)).await;
        assert!(!site.get("/").await.body.contains("banner alarm"));
        task.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_is_followed_as_a_gateway_fills_it() {
    let mut chain = story::told();
    let (site, follower) = Site::new(&chain).await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("incoming");
    let task = follow(follower, vec![Source::directory(&path)], &site, PACE);
    wait_until(&site, |status| matches!(status.get(), Following::Unreachable { .. })).await;

    let bytes = |blocks: &[CertifiedBlock]| {
        let mut list = Vec::new();
        for block in blocks {
            wire::push_frame(&mut list, &block.encode().unwrap());
        }
        list
    };
    std::fs::create_dir(&path).unwrap();
    let (half, first) = (chain.blocks.len() / 2, path.join("blocks-000000000001.bin"));
    let whole = bytes(&chain.blocks[..half]);
    // Half a block stands at the end.
    std::fs::write(&first, &whole[..whole.len() - 7]).unwrap();
    std::fs::write(path.join("manifest.txt"), "not read").unwrap();
    let reaches = |height: usize| move |status: &Status| status.get().verified().0 == height as u64;
    wait_until(&site, reaches(half - 1)).await;
    wait_until(&site, |status| status.get().word() == "current").await;
    std::fs::write(&first, &whole).unwrap();
    wait_until(&site, reaches(half)).await;
    // The next file, with room that is not filled yet behind it.
    let mut rest = bytes(&chain.blocks[half..]);
    rest.extend([0; 64]);
    std::fs::write(path.join(format!("blocks-{:012}.bin", half + 1)), rest).unwrap();
    wait_until(&site, is_current(&chain)).await;
    chain.block(Vec::new());
    std::fs::write(&first, bytes(&chain.blocks)).unwrap();
    std::fs::remove_file(path.join(format!("blocks-{:012}.bin", half + 1))).unwrap();
    wait_until(&site, is_current(&chain)).await;
    task.abort();
}

/// What a page says, without what stands around it.
fn main_of(page: &str) -> String {
    page.split_once("<main>").unwrap().1.split_once("</main>").unwrap().0.to_owned()
}
