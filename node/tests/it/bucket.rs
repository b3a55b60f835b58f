//! Attachments whose bytes a third party holds: sealed, found again, and gone with their keys.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use minglian_contracts::naming::Thing;
use minglian_ledger::deposit::{Class, MediaType};
use minglian_ledger::hash::AttachmentHash;
use minglian_node::attachments::fetch::{Outcome, Sources, fetch_from};
use minglian_node::attachments::{KeepFault, Keeper, Origin, Receiving};
use minglian_node::config::AttachmentSettings;
use tempfile::TempDir;

use crate::deposit_world::{described, pdf, wipe_all};
use crate::fetching::Peer;
use crate::rpc_world::World;
use crate::s3_server::{S3Server, SECRET};

const MIB: usize = 1 << 20;

/// A node with a project, whose attachments go to a bucket.
async fn world() -> (S3Server, TempDir, World) {
    let (store, directory) = (S3Server::start().await, tempfile::tempdir().unwrap());
    let world = World::keeping(store.kept(directory.path())).await;
    world.register().await;
    (store, directory, world)
}

/// Brings an attachment that a record names.
async fn bring(world: &World, class: Class, body: &[u8]) -> AttachmentHash {
    let hash = AttachmentHash::of(&[body]);
    world.upload(class, described(body, MediaType::Pdf), body.to_vec()).await.unwrap();
    let number = hash.to_string();
    world.name(&number[..16], hash).await;
    hash
}

/// The node starts again over the same directories.
async fn restart(world: &World) -> Arc<Keeper> {
    let settings = world.keeper.settings().clone();
    reopen(world, settings).await.unwrap()
}

async fn reopen(world: &World, settings: AttachmentSettings) -> Result<Arc<Keeper>, KeepFault> {
    let openings = world.directory().join("openings");
    Ok(Keeper::open(settings, &openings, world.chain.clone(), "peer0").await?.0)
}

/// Begins to bring an attachment of 12 MiB, of which one part is in the bucket then.
async fn begin(world: &World) -> Receiving {
    let body = pdf(12 * MIB);
    let deposit = world.deposit(Class::Public, described(&body, MediaType::Pdf));
    let mut receiving = world.keeper.receive(deposit, Origin::Client).await.unwrap().unwrap();
    receiving.push(&body[..7 * MIB]).await.unwrap();
    receiving
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bucket_holds_nothing_readable_and_gives_back_every_byte() {
    let (store, _directory, world) = world().await;
    let body = pdf(20 * MIB + 7);
    let hash = bring(&world, Class::Public, &body).await;
    assert!(world.read(&hash).await.unwrap() == body);

    // This run is in every 310 bytes of the file, and in nothing that left the node.
    let run: Vec<u8> = (100..150).collect();
    assert!(body.windows(310).step_by(9_973).all(|window| contains(window, &run)));
    let name = hash.to_string();
    {
        let contents = store.contents();
        let sizes: Vec<usize> = contents.objects.values().map(Vec::len).collect();
        assert_eq!(sizes, [body.len() + 21 * 16], "a tag for each piece");
        assert!(contents.came.iter().map(|part| part.len()).sum::<usize>() > body.len());
        for part in contents.came.iter() {
            assert!(!contains(part, &run) && !contains(part, b"%PDF"));
            assert!(part.len() <= 5 * MIB + 5 * 16);
        }
        assert!(contents.asked.iter().all(|asked| !asked.contains(&name)), "nor is it named");
        assert_eq!(contents.uploads(), 0);
    }
    assert!(!world.content(&hash).exists());
    let file = world.key_file(&hash);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let key = fs::read(&file).unwrap();
    assert!(!store.contents().came.iter().any(|part| contains(part, &key[16..])));

    let keeper = restart(&world).await;
    assert!(keeper.entry(&hash).is_some_and(|entry| entry.is_named));
    keeper.verify(&hash).await.unwrap();
    assert_eq!((wipe_all(&keeper).await, keeper.sweep().await), (1, 0));
    keeper.verify(&hash).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_are_sealed_to_others_each_time() {
    let (store, _directory, world) = world().await;
    let body = pdf(2 * MIB);
    let hash = bring(&world, Class::Public, &body).await;
    let (store_again, directory_again) = (S3Server::start().await, tempfile::tempdir().unwrap());
    let again = World::keeping(store_again.kept(directory_again.path())).await;
    again.register().await;
    bring(&again, Class::Public, &body).await;
    let pieces: BTreeSet<Vec<u8>> = [&store, &store_again]
        .iter()
        .flat_map(|store| store.contents().objects.values().cloned().collect::<Vec<_>>())
        .flat_map(|object| object.chunks(MIB + 16).map(<[u8]>::to_vec).collect::<Vec<_>>())
        .collect();
    assert_eq!(pieces.len(), 4);
    // A piece in another's place, or under another's key, opens nothing.
    {
        let mut contents = store.contents();
        let object = contents.objects.values_mut().next().unwrap();
        object.rotate_left(MIB + 16);
    }
    assert!(world.keeper.verify(&hash).await.unwrap_err().is_damage());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_object_is_set_aside_and_fetched_again() {
    let (store, _directory, world) = world().await;
    let body = pdf(3 * MIB);
    let hash = bring(&world, Class::Public, &body).await;
    let deposit = world.deposit(Class::Public, described(&body, MediaType::Pdf));
    let aside = world.directory().join("attachments/damaged-keys").join(hash.to_string());
    let flip: fn(&mut Vec<u8>) = |object| object[2 * MIB + 50] ^= 1;
    let cut: fn(&mut Vec<u8>) = |object| object.truncate(2 * MIB);
    for damage in [flip, cut] {
        store.contents().objects.values_mut().for_each(damage);
        let mut out = Vec::new();
        assert!(world.client.attachment(&hash, u64::MAX, &mut out).await.is_err());
        assert!(out.len() <= 2 * MIB && out == body[..out.len()], "{} bytes", out.len());
        assert!(aside.exists() && !world.key_file(&hash).exists());
        assert_eq!(world.keeper.sweep().await, 0);
        assert_eq!(store.contents().objects.len(), 1, "until a good one has come");

        let thing = Thing::Attachment(hash);
        assert!(world.keeper.wants(&thing).unwrap());
        let open = |_| {
            let peer = Peer::new(deposit.clone(), &body, 2 * body.len());
            async move { Some(peer) }
        };
        let (sources, peers) = (Sources::new(), ["peer1".to_owned()]);
        let fetched = fetch_from(&world.keeper, &sources, &peers, &thing, open).await;
        assert_eq!(fetched, Outcome::Settled);
        assert!(world.read(&hash).await.unwrap() == body);
        assert!(!aside.exists());
        assert_eq!((world.keeper.sweep().await, store.contents().objects.len()), (0, 1));
    }
    store.contents().objects.clear();
    assert!(world.keeper.verify(&hash).await.unwrap_err().is_damage(), "it is gone");
    let again = bring_again(&world, &body).await;
    fs::write(world.key_file(&again), b"no key").unwrap();
    assert!(world.keeper.verify(&hash).await.unwrap_err().is_damage(), "its key is gone");
}

async fn bring_again(world: &World, body: &[u8]) -> AttachmentHash {
    world.upload(Class::Public, described(body, MediaType::Pdf), body.to_vec()).await.unwrap();
    AttachmentHash::of(&[body])
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_wipes_the_key_at_once_and_the_object_when_the_store_agrees() {
    let (store, _directory, world) = world().await;
    let bodies = [pdf(MIB), pdf(MIB + 1), pdf(MIB + 2)];
    let mut hashes = Vec::new();
    for body in &bodies {
        hashes.push(bring(&world, Class::Personal, body).await);
    }
    let key = fs::read(world.key_file(&hashes[0])).unwrap();
    world.erase("删1", vec![Thing::Attachment(hashes[0])]).await;
    wipe_all(&world.keeper).await;
    assert!(!world.key_file(&hashes[0]).exists());
    assert_eq!(store.contents().objects.len(), 3, "nothing waited for the store");
    assert_eq!((world.keeper.sweep().await, store.contents().objects.len()), (0, 2));

    // The store is away meanwhile.
    store.contents().set_away(true);
    world.erase("删2", vec![Thing::Attachment(hashes[1])]).await;
    world.erase("删3", vec![Thing::Attachment(hashes[2])]).await;
    assert_eq!(world.read(&hashes[1]).await.unwrap_err(), "erased");
    wipe_all(&world.keeper).await;
    assert!(!world.key_file(&hashes[1]).exists() && !world.key_file(&hashes[2]).exists());
    assert_eq!((world.keeper.sweep().await, store.contents().objects.len()), (2, 2));
    assert!(world.keeper.render().contains("minglian_attachments_to_delete 2"));

    // It agrees to one of them, and then the node starts again.
    store.contents().set_away(false);
    let last = store.contents().objects.keys().last().unwrap().clone();
    store.contents().refuse("DELETE", &last, 503, "SlowDown");
    assert_eq!((world.keeper.sweep().await, store.contents().objects.len()), (1, 1));
    store.contents().set_away(false);
    // A backup puts the first key back.
    fs::write(world.key_file(&hashes[0]), &key).unwrap();
    fs::set_permissions(world.key_file(&hashes[0]), fs::Permissions::from_mode(0o600)).unwrap();
    let keeper = restart(&world).await;
    wipe_all(&keeper).await;
    assert!(!world.key_file(&hashes[0]).exists());
    assert_eq!((keeper.sweep().await, store.contents().objects.len()), (0, 0));
    assert_eq!(unwanted(&world), 0);
}

fn unwanted(world: &World) -> usize {
    fs::read_dir(world.directory().join("attachments/unwanted")).unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_breaks_off_leaves_nothing_to_read_and_then_nothing() {
    let (store, _directory, world) = world().await;
    let receiving = begin(&world).await;
    assert_eq!((world.keeper.sweep().await, store.contents().uploads()), (0, 1), "it is coming");
    drop(receiving);
    assert_eq!((world.keeper.sweep().await, store.contents().uploads()), (0, 0));

    // The process ends between two parts.
    std::mem::forget(begin(&world).await);
    let keeper = restart(&world).await;
    assert!(keeper.public(None, 10).is_empty());
    assert_eq!((keeper.sweep().await, store.contents().uploads()), (0, 0));
    assert_eq!((store.contents().objects.len(), unwanted(&world)), (0, 0));

    // The store takes no second part, or does not put them together.
    let body = pdf(6 * MIB);
    let content = described(&body, MediaType::Pdf);
    for (method, address) in [("PUT", "partNumber=2"), ("POST", "uploadId="), ("POST", "uploads")] {
        store.contents().refuse(method, address, 500, "InternalError");
        let refused = world.upload(Class::Public, content.clone(), body.clone()).await;
        assert_eq!(refused.unwrap_err(), "store_away", "{address}");
        store.contents().set_away(false);
        assert_eq!(world.keeper.sweep().await, 0);
        assert_eq!((store.contents().uploads(), unwanted(&world)), (0, 0), "{address}");
        assert_eq!(store.contents().objects.len(), 0, "{address}");
    }
    let hash = bring(&world, Class::Public, &body).await;
    assert!(world.read(&hash).await.unwrap() == body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_away_is_waited_for_and_nothing_is_called_damaged() {
    let (store, _directory, world) = world().await;
    let body = pdf(2 * MIB);
    let hash = bring(&world, Class::Public, &body).await;
    store.contents().set_away(true);
    assert_eq!(world.read(&hash).await.unwrap_err(), "store_away");
    let verified = world.keeper.verify(&hash).await.unwrap_err();
    assert!(verified.is_bucket() && !verified.is_damage(), "{verified}");
    assert!(world.keeper.entry(&hash).is_some() && world.key_file(&hash).exists());

    // What others bring is asked for again.
    let more = pdf(1_000);
    let other = AttachmentHash::of(&[&more]);
    world.name("合同", other).await;
    let deposit = world.deposit(Class::Public, described(&more, MediaType::Pdf));
    let open = |_| {
        let peer = Peer::new(deposit.clone(), &more, 2_000);
        async move { Some(peer) }
    };
    let (sources, peers) = (Sources::new(), ["peer1".to_owned(), "peer2".to_owned()]);
    let thing = Thing::Attachment(other);
    let fetched = fetch_from(&world.keeper, &sources, &peers, &thing, open).await;
    assert_eq!(fetched, Outcome::Busy);
    store.contents().set_away(false);
    let fetched = fetch_from(&world.keeper, &sources, &peers, &thing, open).await;
    assert_eq!(fetched, Outcome::Settled);
    assert!(world.read(&hash).await.unwrap() == body);
    assert!(world.read(&other).await.unwrap() == more);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_before_there_was_a_bucket_stays_where_it_is() {
    let (world, store) = (World::start().await, S3Server::start().await);
    world.register().await;
    let (before, after) = (pdf(MIB), pdf(MIB + 1));
    let old = bring(&world, Class::Public, &before).await;
    let s3 = store.settings(world.directory());
    let bare = world.keeper.settings().clone();
    let keeper = reopen(&world, AttachmentSettings { s3: Some(s3), ..bare.clone() }).await.unwrap();
    keeper.verify(&old).await.unwrap();
    assert!(world.content(&old).exists());
    let deposit = world.deposit(Class::Public, described(&after, MediaType::Pdf));
    let mut receiving = keeper.receive(deposit, Origin::Client).await.unwrap().unwrap();
    receiving.push(&after).await.unwrap();
    receiving.finish().await.unwrap();
    let new = AttachmentHash::of(&[&after]);
    assert!(world.key_file(&new).exists() && !world.content(&new).exists());
    keeper.verify(&new).await.unwrap();

    // Without the settings nobody could read it, and it would be taken for damaged.
    let refused = reopen(&world, bare).await.map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("put [attachments.s3] back"), "{refused}");
    assert!(world.key_file(&new).exists());
    world.erase("删1", vec![Thing::Attachment(old)]).await;
    let keeper = reopen(&world, keeper.settings().clone()).await.unwrap();
    wipe_all(&keeper).await;
    assert!(!world.content(&old).exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_node_writes_or_says_holds_the_secret() {
    let (store, directory, world) = world().await;
    bring(&world, Class::Public, &pdf(1_000)).await;
    let said = format!("{:?} {}", world.keeper.settings(), world.keeper.render());
    assert!(said.contains("s3.toml") && !said.contains(SECRET));
    let asked = store.contents().asked.join("\n");
    assert!(!asked.contains(SECRET));
    assert!(!holds(world.directory(), SECRET.as_bytes()));
    assert!(holds(directory.path(), SECRET.as_bytes()), "but its own file");
}

/// Whether any file below a directory holds these bytes.
fn holds(directory: &Path, wanted: &[u8]) -> bool {
    fs::read_dir(directory).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holds(&path, wanted)
        } else {
            contains(&fs::read(&path).unwrap(), wanted)
        }
    })
}
