//! What must go from the disk goes a little at a time, and never while consensus waits.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use minglian_ledger::deposit::{Class, Deposit, DepositBody, MediaType};
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::height::Height;
use minglian_node::attachments::index::NoRoom;
use minglian_node::attachments::manifest::Manifest;
use minglian_node::attachments::wiper::WIPED_MAX;
use minglian_node::attachments::{KeepFault, Keeper, Origin};
use minglian_node::config::AttachmentSettings;

use crate::deposit_world::described;
use crate::rpc_world::{FINANCE_MAKER, World, finance, key};

const STALE: usize = 1_000;

fn settings(directory: &Path) -> AttachmentSettings {
    let directory = directory.join("attachments");
    AttachmentSettings { directory, waiting_heights_max: 1, ..AttachmentSettings::default() }
}

async fn open(world: &World, directory: &Path) -> Arc<Keeper> {
    let settings = settings(directory);
    Keeper::open(settings, &directory.join("openings"), world.chain.clone(), "peer0")
        .await
        .unwrap()
        .0
}

/// Lays a file into a node's directory as an upload at height 0 leaves it.
fn lay(world: &World, directory: &Path, body: &[u8]) -> AttachmentHash {
    let hash = AttachmentHash::of(&[body]);
    let deposit = world.deposit(Class::Public, described(body, MediaType::Text));
    let manifest = Manifest { deposit, received_at: Height::GENESIS, pieces: vec![hash] };
    let name = hash.to_string();
    for (part, bytes) in [("content", body), ("about", &borsh::to_vec(&manifest).unwrap())] {
        let folder = directory.join("attachments").join(part).join(&name[..2]);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(&name), bytes).unwrap();
    }
    hash
}

fn count(directory: &Path) -> usize {
    let folders = fs::read_dir(directory.join("attachments/content")).unwrap().flatten();
    folders.map(|folder| fs::read_dir(folder.path()).unwrap().count()).sum()
}

#[tokio::test(flavor = "multi_thread")]
async fn consensus_removes_nothing_and_a_turn_little_of_what_nobody_named() {
    let world = World::start().await;
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let hashes: Vec<AttachmentHash> =
        (0..STALE).map(|number| lay(&world, directory, format!("{number}").as_bytes())).collect();
    let keeper = open(&world, directory).await;
    keeper.wipe_some().await;
    assert_eq!(count(directory), STALE, "none is stale yet");
    for _ in 0..16 {
        keeper.on_committed(&world.make_block());
    }
    assert_eq!(count(directory), STALE, "consensus leaves them alone");
    assert!(keeper.wipe_some().await > 0);
    assert_eq!(count(directory), STALE - WIPED_MAX);

    // Most of the rest is gone when the node starts again.
    for hash in hashes.iter().skip(5 * WIPED_MAX) {
        let name = hash.to_string();
        for part in ["about", "content"] {
            let _ = fs::remove_file(
                directory.join("attachments").join(part).join(&name[..2]).join(&name),
            );
        }
    }
    drop(keeper);
    let again = open(&world, directory).await;
    let left = count(directory);
    assert!(left > WIPED_MAX, "{left}");
    again.on_committed(&world.make_block());
    assert_eq!(count(directory), left);
    for _ in 0..left.div_ceil(WIPED_MAX) {
        again.wipe_some().await;
    }
    assert_eq!((count(directory), again.wipe_some().await), (0, 0));
}

async fn bring(keeper: &Arc<Keeper>, deposit: Deposit, body: &[u8]) -> Result<bool, KeepFault> {
    let mut receiving = keeper.receive(deposit, Origin::Client).await?.unwrap();
    receiving.push(body).await?;
    receiving.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_its_owner_brings_before_anothers_copy_went_stays() {
    let world = World::start().await;
    world.register().await;
    let body = b"evidence";
    let (content, hash) = (described(body, MediaType::Text), AttachmentHash::of(&[body]));
    let (chain_id, class) = (world.chain.chain_id().clone(), Class::Public);
    let others = DepositBody { chain_id, organization: finance(), class, content: content.clone() };
    let others = Deposit::sign(others, &key(FINANCE_MAKER));
    bring(&world.keeper, others, body).await.unwrap();
    world.name("合同1", hash).await;
    assert!(world.keeper.entry(&hash).is_none() && world.content(&hash).exists());
    bring(&world.keeper, world.deposit(class, content), body).await.unwrap();
    assert_eq!(world.keeper.wipe_some().await, 0);
    assert_eq!(world.read(&hash).await.unwrap(), body);
}

#[tokio::test(flavor = "multi_thread")]
async fn so_many_of_an_organisation_wait_for_a_record_however_small_they_are() {
    let world = World::start().await;
    world.register().await;
    let directory = tempfile::tempdir().unwrap();
    let limited = AttachmentSettings { waiting_count_max: 2, ..settings(directory.path()) };
    let openings = directory.path().join("openings");
    let (keeper, _) = Keeper::open(limited, &openings, world.chain.clone(), "peer0").await.unwrap();
    let bring = async |body: &[u8]| {
        let deposit = world.deposit(Class::Public, described(body, MediaType::Text));
        bring(&keeper, deposit, body).await
    };
    world.name("合同1", AttachmentHash::of(&[b"0"])).await;
    for body in [b"0", b"1", b"2"] {
        bring(body).await.unwrap();
    }
    let more = bring(b"3").await;
    assert!(matches!(more, Err(KeepFault::NoRoom(NoRoom::Waiting))), "{more:?}");
}
