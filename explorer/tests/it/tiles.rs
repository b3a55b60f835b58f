//! The log as C2SP tiles, served from what was verified.

use std::sync::Arc;

use minglian_explorer::status::Following;
use minglian_ledger::checkpoint::Checkpoint;
use minglian_ledger::checkpoint::note::Note;
use minglian_ledger::log::leaf_hash;
use minglian_ledger::log::tiles::{self, Content, Tile};
use minglian_ledger::log::tree::MemoryTree;

use crate::chain::Chain;
use crate::proving;
use crate::site::Site;
use crate::story;

/// A log of more leaves than one tile holds.
fn long() -> Chain {
    let mut chain = Chain::new();
    for part in 0..2 {
        let acts = (0..150).map(|number| {
            let name = format!("省级指标{part}-{number}");
            chain.sign("finance.maker", &story::quota(&name, "1", true))
        });
        let acts = acts.collect();
        chain.block(acts);
    }
    chain
}

async fn follow(chain: &Chain, node: &str) -> Site {
    let (site, mut follower) = Site::beside(chain, node).await;
    for block in &chain.blocks {
        follower.apply(block).unwrap();
    }
    site.status.set(Following::Current { verified: follower.height() });
    site
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_and_leaves_lead_to_the_root_of_the_signed_head() {
    let chain = Arc::new(long());
    let site = follow(&chain, &proving::node(Arc::clone(&chain)).await).await;
    let note = site.get("/log/checkpoint").await;
    assert_eq!(note.status, 200, "{}", note.body);
    assert_eq!(note.headers["cache-control"], "no-store");
    assert_eq!(note.headers["access-control-allow-origin"], "*");
    let note = Note::parse(note.body.as_bytes()).unwrap();
    let head: Checkpoint = note.text().parse().unwrap();
    assert!(head.size() > 256 && head.size() == chain.log.size());

    let mut tree = MemoryTree::new();
    for (index, path) in ["tile/0/000".to_owned(), format!("tile/0/001.p/{}", head.size() - 256)]
        .into_iter()
        .enumerate()
    {
        let (status, headers, hashes) = site.bytes(&format!("/log/{path}")).await;
        assert_eq!(status, 200, "{path}");
        assert!(headers["cache-control"].to_str().unwrap().contains("immutable"));
        let tile = Tile::at(Content::Entries, index as u64, head.size()).unwrap();
        let (status, _, bundle) = site.bytes(&format!("/log/{tile}")).await;
        assert_eq!(status, 200, "{tile}");
        let leaves = tiles::parse_entry_bundle(&bundle, tile.width()).unwrap();
        let hashes = tiles::parse_hash_tile(&hashes, tile.width()).unwrap();
        for (leaf, hash) in leaves.into_iter().zip(hashes) {
            assert_eq!(leaf_hash(leaf), hash);
            tree.append(hash).unwrap();
        }
    }
    assert_eq!(tree.root(), head.root());
    let (_, _, above) = site.bytes("/log/tile/1/000.p/1").await;
    assert_eq!(tiles::parse_hash_tile(&above, 1).unwrap(), [chain.log.root_at(256).unwrap()]);
    for absent in ["tile/0/002", "tile/1/000", "tile/2/000.p/1", "tile/0/x", "tile/entries/009"] {
        let answer = site.get(&format!("/log/{absent}")).await;
        assert_eq!(answer.status, 404, "{absent}");
        assert_eq!(answer.headers["content-type"], "application/problem+json");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_gives_of_another_log_is_not_passed_on() {
    let chain = Arc::new(story::told());
    let other = Arc::new(long());
    let site = follow(&chain, &proving::node(other).await).await;
    let answer = site.get("/log/checkpoint").await;
    assert_eq!(answer.status, 502, "{}", answer.body);
    assert!(answer.body.contains("not of the verified ledger"), "{}", answer.body);
    // Hashes and leaves need no node.
    assert_eq!(site.bytes("/log/tile/0/000.p/3").await.0, 200);
    let (status, _, bundle) = site.bytes("/log/tile/entries/000.p/3").await;
    assert_eq!(status, 200);
    assert_eq!(tiles::parse_entry_bundle(&bundle, 3).unwrap(), chain.leaves[..3]);
}
