//! Attachments at one node: what is taken, what is handed out, what is erased.

use std::fs;
use std::time::Duration;

use minglian_client::wire::{AttachmentStatus, Uploaded};
use minglian_contracts::naming::Thing;
use minglian_ledger::deposit::{Class, Content, Deposit, DepositBody, MediaType};
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_node::attachments::magic::Magic;
use minglian_node::attachments::wanted::{Owner, Wanted};
use minglian_node::attachments::{KeepFault, Keeper, Origin};
use tokio::time::Instant;

use crate::deposit_world::{code, described, pdf, wipe_all};
use crate::rpc_world::{FINANCE_MAKER, World, key};
use crate::s3_server::S3Server;

const MIB: usize = 1 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn an_attachment_waits_for_its_record_and_is_handed_out_as_a_file() {
    waits_and_is_handed_out(&World::start().await).await;
    let (store, directory) = (S3Server::start().await, tempfile::tempdir().unwrap());
    waits_and_is_handed_out(&World::keeping(store.kept(directory.path())).await).await;
    assert_eq!(store.contents().objects.len(), 1);
}

async fn waits_and_is_handed_out(world: &World) {
    world.register().await;
    let body = pdf(2 * MIB + 5);
    let content = described(&body, MediaType::Pdf);
    let hash = AttachmentHash::of(&[&body]);
    let uploaded = world.upload(Class::Public, content.clone(), body.clone()).await.unwrap();
    assert_eq!(uploaded, Uploaded { hash, status: AttachmentStatus::Waiting });
    assert_eq!(world.read(&hash).await.unwrap_err(), "not_found");
    world.name("合同1", hash).await;
    assert_eq!(world.read(&hash).await.unwrap(), body);
    let again = world.upload(Class::Personal, content, body.clone()).await.unwrap();
    assert_eq!(again.status, AttachmentStatus::Kept, "it is here, and stays what it was");
    let listed = world.client.attachments(None).await.unwrap().items;
    assert_eq!(
        listed.iter().map(|it| (it.hash, it.bytes)).collect::<Vec<_>>(),
        [(hash, body.len() as u64)]
    );

    let url = format!("{}/v1/attachments/{hash}", world.address);
    let answer = reqwest::get(url).await.unwrap();
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-disposition"), format!("attachment; filename=\"{hash}.pdf\""));
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-type"), "application/pdf");
    assert_eq!(header("content-length"), body.len().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_its_deposit_says_is_refused_and_leaves_nothing() {
    let world = World::start().await;
    let body = pdf(3 * MIB);
    let public = async |content, body: &[u8]| {
        world.upload(Class::Public, content, body.to_vec()).await.unwrap_err()
    };
    assert_eq!(public(described(&body, MediaType::Png), &body).await, "wrong_type");
    let Content::Attachment { hash, media_type, .. } = described(&body, MediaType::Pdf) else {
        panic!()
    };
    let sized = |bytes| Content::Attachment { hash, media_type, bytes };
    assert_eq!(public(sized(5 << 20), &body).await, "too_large", "more than the node takes");
    assert_eq!(public(sized(100), &body).await, "too_large", "another length than it says");
    assert_eq!(public(sized(0), b"").await, "bad_request", "an empty file is not too large");
    assert_eq!(public(sized(1_000), b"%PDF").await, "mismatch", "less than it says");
    let health = world.client.health().await.unwrap();
    assert_eq!(health.attachment_bytes_max, Some(4 << 20), "said before anything is sent");
    let longer = world.deposit(Class::Public, sized(body.len() as u64 + 1));
    let mut receiving = world.keeper.receive(longer, Origin::Client).await.unwrap().unwrap();
    receiving.push(&body).await.unwrap();
    assert!(matches!(receiving.finish().await, Err(KeepFault::Mismatch)), "it says one byte more");
    assert_eq!(public(described(b"other", MediaType::Text), b"oth3r").await, "mismatch");
    assert_eq!(public(described(b"\xff\xfe", MediaType::Text), b"\xff\xfe").await, "wrong_type");

    let content = described(&body, MediaType::Pdf);
    let good = world.deposit(Class::Public, content.clone());
    let forged = Deposit::sign(good.body.clone(), &key(FINANCE_MAKER));
    let refused = world.client.upload_body(&forged, body.clone()).await;
    assert_eq!(code(refused.unwrap_err()), "unsigned", "another organisation's key");
    let lowered = Deposit { body: DepositBody { class: Class::Personal, ..good.body }, ..good };
    let refused = world.client.upload_body(&lowered, body.clone()).await;
    assert_eq!(code(refused.unwrap_err()), "unsigned", "a class that was not signed");
    for name in ["..", "%2e%2e%2fledger", &hash.to_string().to_uppercase()] {
        let answer = world.client.text(&format!("/v1/attachments/{name}")).await;
        let refused = code(answer.unwrap_err());
        assert!(refused == "bad_request" || refused == "not_found", "{name}: {refused}");
    }

    // Only so much may wait for a record.
    world.upload(Class::Public, content, body).await.unwrap();
    let more: Vec<u8> = [pdf(3 * MIB), vec![1]].concat();
    assert_eq!(public(described(&more, MediaType::Pdf), &more).await, "no_room");
    // What was begun is removed on another thread.
    let folder = world.content(&hash).parent().unwrap().to_owned();
    let files = || fs::read_dir(&folder).unwrap().count();
    for _ in 0..500 {
        if files() > 1 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    assert_eq!(files(), 1, "nothing else was kept, and nothing unfinished is left");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_record_names_goes_and_what_one_names_stays() {
    goes_unless_it_is_named(&World::start().await).await;
    let (store, directory) = (S3Server::start().await, tempfile::tempdir().unwrap());
    let world = World::keeping(store.kept(directory.path())).await;
    goes_unless_it_is_named(&world).await;
    assert_eq!(world.keeper.sweep().await, 0);
    assert_eq!(store.contents().objects.len(), 1);
}

async fn goes_unless_it_is_named(world: &World) {
    world.register().await;
    let (stays, goes) = (pdf(1_000), pdf(2_000));
    for body in [&stays, &goes] {
        world.upload(Class::Public, described(body, MediaType::Pdf), body.clone()).await.unwrap();
    }
    let (stays, goes) = (AttachmentHash::of(&[&stays]), AttachmentHash::of(&[&goes]));
    world.name("合同1", stays).await;
    for number in 0..20 {
        world.name(&format!("另{number}"), AttachmentHash::of(&[&[number]])).await;
    }
    assert!(world.keeper.entry(&stays).is_some_and(|entry| entry.is_named));
    assert_eq!(wipe_all(&world.keeper).await, 1);
    assert!(world.keeper.entry(&goes).is_none());
    assert!(world.holds(&stays) && !world.holds(&goes));
    let missing = world.client.missing_attachments(None).await.unwrap();
    assert_eq!(missing.items.len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_damaged_byte_is_handed_out_and_the_copy_is_set_aside() {
    let world = World::start().await;
    world.register().await;
    let body = pdf(3 * MIB);
    let hash = AttachmentHash::of(&[&body]);
    let deposited = described(&body, MediaType::Pdf);
    world.upload(Class::Public, deposited.clone(), body.clone()).await.unwrap();
    world.name("合同1", hash).await;
    for damage in [MIB + 1, 0] {
        let mut changed = body.clone();
        changed[damage] ^= 1;
        fs::write(world.content(&hash), &changed).unwrap();
        let mut out = Vec::new();
        let read = world.client.attachment(&hash, u64::MAX, &mut out).await;
        assert!(read.is_err());
        assert!(out.len() <= damage && out == body[..out.len()], "{} bytes", out.len());
        assert!(!world.content(&hash).exists());
        assert!(world.directory().join("attachments/damaged").join(hash.to_string()).exists());
        assert_eq!(world.read(&hash).await.unwrap_err(), "not_found");
        // A good copy takes its place.
        world.upload(Class::Public, deposited.clone(), body.clone()).await.unwrap();
        assert_eq!(world.read(&hash).await.unwrap(), body);
        assert!(!world.directory().join("attachments/damaged").join(hash.to_string()).exists());
    }
    world.keeper.verify(&hash).await.unwrap();
    fs::write(world.content(&hash), &body[..MIB]).unwrap();
    assert!(world.keeper.verify(&hash).await.unwrap_err().is_damage(), "a file cut short");
    assert!(world.keeper.wants(&Thing::Attachment(hash)).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_erases_and_nothing_brings_it_back() {
    erases_for_good(&World::start().await).await;
    let (store, directory) = (S3Server::start().await, tempfile::tempdir().unwrap());
    erases_for_good(&World::keeping(store.kept(directory.path())).await).await;
}

async fn erases_for_good(world: &World) {
    world.register().await;
    let body = pdf(MIB);
    let hash = AttachmentHash::of(&[&body]);
    let content = described(&body, MediaType::Pdf);
    world.upload(Class::Public, content.clone(), body.clone()).await.unwrap();
    world.name("合同1", hash).await;
    let manifest = world.keeper.manifest(&hash).await.unwrap().unwrap();
    world.erase("删1", vec![Thing::Attachment(hash)]).await;
    // Its bytes are still there, and nobody is given them.
    assert!(world.holds(&hash));
    assert_eq!(world.read(&hash).await.unwrap_err(), "erased");
    assert!(world.keeper.manifest(&hash).await.unwrap().is_none());
    let piece = world.keeper.piece(&manifest, 0).await;
    assert!(matches!(piece, Err(KeepFault::Erased(_))), "a download that was under way");
    wipe_all(&world.keeper).await;
    assert!(!world.holds(&hash));
    let again = world.upload(Class::Public, content, body.clone()).await;
    assert_eq!(again.unwrap_err(), "erased");
    assert!(!world.keeper.wants(&Thing::Attachment(hash)).unwrap());
    let missing = world.client.missing_attachments(None).await.unwrap();
    assert_eq!(missing.items, [], "what is erased is not missed");

    // A backup of the directory that is put back is swept after the start.
    fs::create_dir_all(world.content(&hash).parent().unwrap()).unwrap();
    fs::write(world.content(&hash), &body).unwrap();
    let openings = world.directory().join("openings");
    let settings = world.keeper.settings().clone();
    let (keeper, _) =
        Keeper::open(settings, &openings, world.chain.clone(), "peer0").await.unwrap();
    assert!(keeper.entry(&hash).is_none());
    wipe_all(&keeper).await;
    assert!(!world.holds(&hash));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_while_it_comes_is_taken_no_further() {
    let world = World::start().await;
    world.register().await;
    let body = pdf(3 * MIB);
    let hash = AttachmentHash::of(&[&body]);
    let deposit = world.deposit(Class::Personal, described(&body, MediaType::Pdf));
    world.name("合同1", hash).await;
    let mut coming = world.keeper.receive(deposit, Origin::Client).await.unwrap().unwrap();
    coming.push(&body[..2 * MIB]).await.unwrap();
    let folder = world.content(&hash).parent().unwrap().to_owned();
    let files = || fs::read_dir(&folder).unwrap().count();
    assert_eq!(files(), 1, "it comes");
    world.erase("删1", vec![Thing::Attachment(hash)]).await;
    let refused = coming.push(&body[2 * MIB..][..1]).await;
    assert!(matches!(refused, Err(KeepFault::Erased(_))), "{refused:?}");
    drop(coming);
    // What was begun is removed on another thread.
    while files() > 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[test]
fn types_are_told_by_their_beginnings_however_they_are_cut() {
    let is = |media_type, pieces: &[&[u8]]| {
        let mut magic = Magic::new(media_type);
        pieces.iter().all(|piece| magic.look(piece)) && magic.finish()
    };
    assert!(is(MediaType::Pdf, &[b"%P", b"DF-1.4 and more"]));
    assert!(is(MediaType::Png, &[b"\x89PNG\r\n\x1a\n", b"IHDR"]));
    assert!(is(MediaType::Jpeg, &[b"\xff\xd8\xff\xe0"]));
    for zip in [MediaType::Xlsx, MediaType::Docx, MediaType::Ofd] {
        assert!(is(zip, &[b"PK\x03", b"\x04 and more"]));
        assert!(!is(zip, &[b"%PDF-1.4"]));
    }
    assert!(!is(MediaType::Pdf, &[b"%PD"]), "too short to be one");
    assert!(!is(MediaType::Png, &[b"<html><script>"]));
    let text = "款项,已付\r\n".as_bytes();
    for cut in 0..text.len() {
        assert!(is(MediaType::Csv, &[&text[..cut], &text[cut..]]), "cut at {cut}");
    }
    assert!(!is(MediaType::Text, &[&text[..1]]), "ends within a character");
    assert!(!is(MediaType::Text, &[b"MZ\x00\x01"]));
    assert!(!is(MediaType::Csv, &[b"\xbf\xee"]), "GB18030");
}

#[test]
fn what_is_missing_is_asked_for_less_and_less_often_and_at_once_when_somebody_has_it() {
    const OWNER: Owner = None;
    let mut wanted = Wanted::default();
    let now = Instant::now();
    let thing = Thing::Attachment(AttachmentHash::of(&[b"a"]));
    wanted.add(thing, OWNER, None, now);
    wanted.know(thing, OWNER, now);
    assert_eq!(wanted.attachments(), 1);
    assert_eq!(wanted.take_due(now), Some((thing, None)));
    assert_eq!(wanted.take_due(now), None, "it is being asked for");
    wanted.failed(&thing, now);
    assert_eq!(wanted.take_due(now), None);
    let later = now + Duration::from_secs(1);
    assert!(wanted.take_due(later).is_some());
    wanted.failed(&thing, later);
    assert_eq!(wanted.take_due(later + Duration::from_millis(500)), None, "twice as long");
    wanted.add(thing, OWNER, Some("peer".to_owned()), later);
    assert_eq!(wanted.take_due(later), Some((thing, Some("peer".to_owned()))));
    wanted.postpone(&thing, later);
    assert_eq!(wanted.take_due(later), None, "its peer brings something else");
    assert!(wanted.take_due(later + Duration::from_secs(1)).is_some());
    wanted.remove(&thing);
    assert_eq!((wanted.attachments(), wanted.take_due(later)), (0, None));

    let opening = Thing::Opening(Commitment::of(&[b"nobody has it"]));
    let mut now = now;
    wanted.add(opening, OWNER, Some("peer".to_owned()), now);
    for _ in 0..8 {
        now += Duration::from_secs(3_600);
        assert!(wanted.take_due(now).is_some());
        wanted.failed(&opening, now);
    }
    now += Duration::from_secs(3_600);
    assert_eq!(wanted.take_due(now), None, "an opening need never have been handed over");
}
