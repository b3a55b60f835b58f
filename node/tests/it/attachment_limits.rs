//! What one organisation, one peer or a client without a key can take from the others.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use minglian_contracts::naming::Thing;
use minglian_ledger::deposit::{self, Class, Content, Deposit, DepositBody, MediaType};
use minglian_ledger::division::Division;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_node::attachments::index::NoRoom;
use minglian_node::attachments::openings::Opening;
use minglian_node::attachments::wanted::{WANTED_MAX, WANTED_ORGANIZATION_MAX, Wanted};
use minglian_node::attachments::{KeepFault, Keeper, Origin};
use minglian_node::config::AttachmentSettings;
use minglian_node::places::Places;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::deposit_world::{described, give_opinion, pdf};
use crate::rpc_world::{FINANCE_MAKER, World, civil_affairs, finance, key};

/// A hash that is served before all others if hashes are served in their order.
fn absent(number: usize) -> Thing {
    let mut hash = [0; 32];
    hash[28..].copy_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
    Thing::Attachment(AttachmentHash(hash))
}

fn real(name: &str) -> Thing {
    Thing::Attachment(AttachmentHash::of(&[name.as_bytes()]))
}

fn organization(number: usize) -> OrganizationCode {
    OrganizationCode::for_demonstration(Division::new(340_000).unwrap(), &number.to_string())
}

#[test]
fn files_that_do_not_exist_keep_nobody_elses_waiting() {
    let (mut wanted, now) = (Wanted::default(), Instant::now());
    for number in 0..WANTED_MAX {
        wanted.add(absent(number), Some(finance()), None, now);
    }
    assert_eq!(wanted.attachments(), WANTED_ORGANIZATION_MAX as u64, "a share, no more");
    let (first, second) = (real("甲"), real("乙"));
    wanted.add(first, Some(civil_affairs()), None, now);
    wanted.know(second, Some(civil_affairs()), now);
    let served: Vec<_> = (0..4).map(|_| wanted.take_due(now).unwrap().0).collect();
    let is_served = |thing| served.contains(thing);
    assert!(is_served(&first) && is_served(&second), "in turn: {served:?}");
}

#[test]
fn a_full_list_has_room_for_whoever_has_less_than_others() {
    let (mut wanted, now) = (Wanted::default(), Instant::now());
    for number in 0..WANTED_MAX {
        let owner = organization(number / WANTED_ORGANIZATION_MAX);
        wanted.add(absent(number), Some(owner), None, now);
    }
    assert_eq!(wanted.attachments(), WANTED_MAX as u64);
    wanted.add(real("甲"), Some(civil_affairs()), None, now);
    assert_eq!(wanted.attachments(), WANTED_MAX as u64);
    let mut served = (0..=10).map(|_| wanted.take_due(now).unwrap().0);
    assert!(served.any(|thing| thing == real("甲")));
}

#[test]
fn what_a_peer_announces_is_asked_for_however_much_else_of_its_organisation_is_missing() {
    let (mut wanted, now) = (Wanted::default(), Instant::now());
    for number in 0..WANTED_ORGANIZATION_MAX {
        wanted.add(absent(number), Some(finance()), None, now);
    }
    wanted.add(real("甲"), Some(finance()), None, now);
    wanted.know(real("甲"), Some(finance()), now);
    wanted.add(real("甲"), Some(finance()), Some("peer".to_owned()), now);
    let announced = (real("甲"), Some("peer".to_owned()));
    assert_eq!(wanted.take_due(now), Some(announced.clone()));
    // Nobody has it after all, often: it waits for hours, and is asked for when it is announced.
    let mut later = now;
    wanted.add(real("甲"), Some(finance()), None, later);
    for _ in 0..40 {
        wanted.failed(&real("甲"), later);
        later += Duration::from_secs(5 * 3_600);
        while wanted.take_due(later).unwrap().0 != real("甲") {}
    }
    wanted.failed(&real("甲"), later);
    while wanted.take_due(later).is_some() {}
    later += Duration::from_secs(3_600);
    assert_eq!(wanted.take_due(later), None);
    wanted.add(real("甲"), Some(finance()), Some("peer".to_owned()), later);
    assert_eq!(wanted.take_due(later), Some(announced));
    // And when a peer comes that may have it.
    wanted.failed(&real("甲"), later);
    assert_eq!(wanted.take_due(later), None);
    wanted.retry(later);
    assert_eq!(wanted.take_due(later), Some((real("甲"), None)));
}

#[test]
fn one_peer_takes_two_of_the_places() {
    let places = Places::new(3, 2);
    let taken: Vec<_> = (0..5).filter_map(|_| places.enter("甲")).collect();
    assert_eq!(taken.len(), 2);
    let other = places.enter("乙").unwrap();
    assert!(places.enter("丙").is_none(), "three in all");
    drop(other);
    assert!(places.enter("丙").is_some());
    drop(taken);
    assert!(places.enter("甲").is_some());
}

/// A keeper of the world's chain, with limits of its own.
async fn keeper(world: &World, directory: &Path, settings: AttachmentSettings) -> Arc<Keeper> {
    let settings = AttachmentSettings { directory: directory.join("attachments"), ..settings };
    let openings = directory.join("openings");
    Keeper::open(settings, &openings, world.chain.clone(), "peer0").await.unwrap().0
}

async fn bring(
    keeper: &Arc<Keeper>,
    deposit: Deposit,
    body: &[u8],
    origin: Origin,
) -> Result<(), KeepFault> {
    let mut receiving = keeper.receive(deposit, origin).await?.unwrap();
    receiving.push(body).await?;
    receiving.finish().await.map(|_| ())
}

/// The finance department's deposit of what the world's other deposits are the bureau's of.
fn deposit_of_finance(world: &World, content: Content) -> Deposit {
    let chain_id = world.chain.chain_id().clone();
    let body = DepositBody { chain_id, organization: finance(), class: Class::Public, content };
    Deposit::sign(body, &key(FINANCE_MAKER))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_organisation_does_not_use_up_the_room_of_all() {
    let world = World::start().await;
    world.register().await;
    let bodies = [pdf(1_000), pdf(1_001), pdf(1_002)];
    for (number, body) in bodies.iter().enumerate() {
        world.name(&format!("合同{number}"), AttachmentHash::of(&[body])).await;
    }
    let deposit = |body: &[u8]| world.deposit(Class::Public, described(body, MediaType::Pdf));
    let by_count = AttachmentSettings { organization_count_max: 2, ..Default::default() };
    let by_bytes = AttachmentSettings { organization_bytes_max: 2_500, ..Default::default() };
    for settings in [by_count, by_bytes] {
        let directory = tempfile::tempdir().unwrap();
        let keeper = keeper(&world, directory.path(), settings).await;
        bring(&keeper, deposit(&bodies[0]), &bodies[0], Origin::Client).await.unwrap();
        bring(&keeper, deposit(&bodies[1]), &bodies[1], Origin::Client).await.unwrap();
        for origin in [Origin::Client, Origin::Peer] {
            let more = bring(&keeper, deposit(&bodies[2]), &bodies[2], origin).await;
            assert!(matches!(more, Err(KeepFault::NoRoom(NoRoom::Organization))), "{more:?}");
        }
        let left = "minglian_deposits_left_for_want_of_room_total 1";
        assert!(keeper.render().contains(left), "{}", keeper.render());
        let missing = Thing::Attachment(AttachmentHash::of(&[&bodies[2]]));
        assert!(keeper.wants(&missing).unwrap(), "it stays missing until there is room");
        let other = pdf(2_000);
        let others = deposit_of_finance(&world, described(&other, MediaType::Pdf));
        bring(&keeper, others, &other, Origin::Client).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organisation_has_a_share_of_the_openings_after_a_restart_too() {
    let world = World::start().await;
    world.register().await;
    let mut openings = Vec::new();
    for said in ["甲意见", "乙意见", "丙意见"] {
        let commitment = deposit::commit(&[3; 16], said);
        give_opinion(&world, said, commitment).await;
        let deposit = world.deposit(Class::Public, Content::Opening { commitment });
        openings.push(Opening { deposit, salt: [3; 16], text: said.to_owned() });
    }
    let directory = tempfile::tempdir().unwrap();
    let by_count = AttachmentSettings { organization_openings_max: 1, ..Default::default() };
    let first = keeper(&world, directory.path(), by_count.clone()).await;
    first.keep_opening(&openings[0], Origin::Client).unwrap();
    first.keep_opening(&openings[0], Origin::Client).unwrap();
    for keeper in [first, keeper(&world, directory.path(), by_count).await] {
        for origin in [Origin::Client, Origin::Peer] {
            let more = keeper.keep_opening(&openings[1], origin);
            assert!(matches!(more, Err(KeepFault::NoRoom(NoRoom::Openings))), "{more:?}");
        }
        let left = "minglian_deposits_left_for_want_of_room_total 1";
        assert!(keeper.render().contains(left), "{}", keeper.render());
    }
    let bytes = borsh::to_vec(&openings[0]).unwrap().len() as u64;
    let by_bytes =
        AttachmentSettings { organization_opening_bytes_max: 2 * bytes, ..Default::default() };
    let larger = keeper(&world, directory.path(), by_bytes).await;
    larger.keep_opening(&openings[1], Origin::Client).unwrap();
    let more = larger.keep_opening(&openings[2], Origin::Client);
    assert!(matches!(more, Err(KeepFault::NoRoom(NoRoom::Openings))), "{more:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slower_upload_of_another_organisation_leaves_the_owners_copy() {
    let world = World::start().await;
    world.register().await;
    let body = pdf(5_000);
    let hash = AttachmentHash::of(&[&body]);
    let content = described(&body, MediaType::Pdf);
    let slow = deposit_of_finance(&world, content.clone());
    let mut slow = world.keeper.receive(slow, Origin::Client).await.unwrap().unwrap();
    slow.push(&body).await.unwrap();
    world.upload(Class::Public, content, body.clone()).await.unwrap();
    world.name("合同1", hash).await;
    let refused = slow.finish().await;
    assert!(matches!(refused, Err(KeepFault::Others(_))), "{refused:?}");
    assert_eq!(world.read(&hash).await.unwrap(), body);
    world.keeper.verify(&hash).await.unwrap();
    assert!(world.keeper.entry(&hash).is_some_and(|it| it.organization == civil_affairs()));
}

/// Begins uploads whose bodies do not come.
async fn begin_uploads(world: &World, deposit: &str, count: usize) -> Vec<TcpStream> {
    let address = world.address.strip_prefix("http://").unwrap();
    let head = format!(
        "POST /v1/attachments HTTP/1.1\r\nhost: node\r\n{deposit}content-length: 1000\r\n\r\n%PDF"
    );
    let mut streams = Vec::new();
    for _ in 0..count {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        streams.push(stream);
    }
    streams
}

/// They come one after the other, so that a place that is given up is taken again at once.
#[tokio::test(flavor = "multi_thread")]
async fn uploads_without_a_good_deposit_take_nobodys_place() {
    let world = World::start().await;
    let body = pdf(1_000);
    let good = world.deposit(Class::Public, described(&body, MediaType::Pdf));
    let forged = Deposit::sign(good.body, &key(FINANCE_MAKER));
    let forged = data_encoding::HEXLOWER.encode(&forged.encode());
    let mut streams = begin_uploads(&world, "", 8).await;
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        streams.extend(begin_uploads(&world, "", 8).await);
        let header = format!("minglian-deposit: {forged}\r\n");
        streams.extend(begin_uploads(&world, &header, 8).await);
    }
    world.upload(Class::Public, described(&body, MediaType::Pdf), body).await.unwrap();
    // More are refused than are read on at a time: the last is answered.
    let mut answer = [0; 12];
    streams.last_mut().unwrap().read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 403");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_uploads_of_one_organisation_leave_places_to_others() {
    let world = World::start().await;
    world.register().await;
    let mut streams = Vec::new();
    for number in 0..10 {
        let mut body = pdf(1_000);
        body[999] = number;
        let deposit = deposit_of_finance(&world, described(&body, MediaType::Pdf));
        let header =
            format!("minglian-deposit: {}\r\n", data_encoding::HEXLOWER.encode(&deposit.encode()));
        streams.extend(begin_uploads(&world, &header, 1).await);
    }
    // The first two have a place; the others are told so at once.
    let mut answer = [0; 12];
    streams.last_mut().unwrap().read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 503");
    let body = pdf(2_000);
    world.upload(Class::Public, described(&body, MediaType::Pdf), body).await.unwrap();
}
