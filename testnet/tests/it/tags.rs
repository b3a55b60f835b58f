//! A key that nobody holds, made by four real nodes by themselves, and what counties get from it:
//! one node is killed in the middle, one comes late; each person has one tag in every county; one
//! member may be away, two may not.

pub mod world;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Instant;

use minglian_client::wire::{KeyProgress, ShareState};
use minglian_contracts::enrolment;
use minglian_contracts::enrolment::ceremony::OpenKey;
use minglian_contracts::enrolment::entry::Entry;
use minglian_contracts::enrolment::key::RetireKey;
use minglian_contracts::refusal::Code;
use minglian_ledger::subsidy::enrolment::Tag;
use minglian_testnet::check;
use minglian_testnet::process::Signal;
use minglian_testnet::setup::Plan;

use crate::network::{self, Network};
use world::{ASK_INTERVAL, LIMIT, PURPOSE, World};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn tags(entries: &[Entry]) -> Vec<Tag> {
    entries.iter().map(|entry| entry.tag).collect()
}

/// The key is made while node 3 is away at first and node 2 is killed after it has dealt.
async fn make_key(world: &mut World) {
    for node in 0..3 {
        world.network.start(node).unwrap();
    }
    for node in 0..3 {
        world.network.wait_healthy(node).await.unwrap();
    }
    let open = OpenKey { purpose: PURPOSE, outside: None };
    world.governors_agree(enrolment::Call::OpenKey(open)).await;
    let key = world.key(|key| key.progress == KeyProgress::Dealing(3)).await;
    assert_eq!((key.attempt, key.threshold, key.members.len(), key.key), (1, 3, 4, None));
    world.network.signal(2, Signal::Kill).unwrap();
    world.network.start(3).unwrap();
    world.network.wait_healthy(3).await.unwrap();
    // All have dealt, and nobody has the share of the one that is away.
    let key = world.key(|key| matches!(key.progress, KeyProgress::Acknowledging(_))).await;
    assert_eq!(key.progress, KeyProgress::Acknowledging(0));
    world.has_share(0, ShareState::Making).await;
    world.network.signal(1, Signal::Kill).unwrap();
    for node in [1, 2] {
        world.network.start(node).unwrap();
        world.network.wait_healthy(node).await.unwrap();
    }
    let made = world.key(|key| key.progress == KeyProgress::Established).await;
    assert_eq!((made.attempt, made.key), (1, key.key), "nobody has dealt anew");
    for node in 0..4 {
        world.has_share(node, ShareState::Held).await;
        assert_eq!(world.secrets(node), ["tags-1-2024.1.share.secret"], "node {node}");
        let directory = world.network.directory().data(node).join("threshold");
        assert_eq!(mode(&directory), 0o700);
        assert_eq!(mode(&directory.join("tags-1-2024.1.share.secret")), 0o600);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_make_a_key_and_answer_and_a_person_is_found_twice() {
    let network = Network::create(&network::minglian(), &Plan::validators(4));
    for node in 0..3 {
        network.start(node).unwrap();
        network.wait_healthy(node).await.unwrap();
    }
    let mut world = World::new(network).await;
    make_key(&mut world).await;
    let (here, there) = (1, 2);
    let attester = world.attester();
    world.prepare(here, attester).await;
    world.prepare(there, attester).await;

    let first = world.ask(here, 0..30).await;
    let members = world.answered(&first, 3).await;
    let entries = world.entries(&first, &members).await;
    let enrolled = world.enrol(here, &first, members, entries.clone()).await;
    assert!(enrolled.receipt.applied, "{enrolled:?}");

    // One member is away; the person is one already, by another point and another county.
    world.network.signal(3, Signal::Terminate).unwrap();
    let second = world.ask(there, 29..45).await;
    let members = world.answered(&second, 3).await;
    let others = world.entries(&second, &members).await;
    assert_eq!(others[0].tag, entries[29].tag);
    assert!(others[1..].iter().all(|entry| !tags(&entries).contains(&entry.tag)));
    let refused = world.enrol(there, &second, members.clone(), others.clone()).await;
    assert_eq!(refused.receipt.code, Code::TagTaken.number());
    assert!(refused.receipt.refusal.unwrap().detail.contains("positions 0"));
    let enrolled = world.enrol(there, &second, members, others[1..].to_vec()).await;
    assert!(enrolled.receipt.applied, "{enrolled:?}");
    // In the same county, again.
    let again = world.ask(here, 0..10).await;
    let members = world.answered(&again, 3).await;
    let entries = world.entries(&again, &members).await;
    let refused = world.enrol(here, &again, members, entries).await;
    assert_eq!(refused.receipt.code, Code::TagTaken.number());

    two_without_shares(&mut world, here).await;
    world.governors_agree(enrolment::Call::RetireKey(RetireKey { purpose: PURPOSE })).await;
    let deadline = Instant::now() + LIMIT;
    for node in 0..4 {
        while !world.secrets(node).is_empty() {
            assert!(Instant::now() < deadline, "node {node} keeps {:?}", world.secrets(node));
            tokio::time::sleep(ASK_INTERVAL).await;
        }
    }
    check::run(&world.network).await.unwrap();
}

/// All nodes run and vote, and two of them have no share: they say so, and nothing is enrolled
/// until one of them has it again.
async fn two_without_shares(world: &mut World, county: usize) {
    world.network.start(3).unwrap();
    world.network.wait_healthy(3).await.unwrap();
    for node in [2, 3] {
        world.restart_with(node, "threshold", "away").await;
        world.has_share(node, ShareState::Missing).await;
    }
    let asked = world.ask(county, 50..65).await;
    let members = world.answered(&asked, 2).await;
    let record = world.record().await;
    let of = |node: usize| record.member(&world.code(node)).unwrap();
    let mut holders = vec![of(0), of(1)];
    holders.sort_unstable();
    assert_eq!(members, holders);
    // What else would stand in the way is not looked at before.
    let tag = Tag(asked.points[0].blinded.point);
    let partials = world.answers(&asked, &record).await;
    let proof = partials[&members[0]].proof;
    let made_up = (0..10).map(|position| Entry { position, tag, proof }).collect();
    let refused = world.enrol(county, &asked, members, made_up).await;
    assert_eq!(refused.receipt.code, Code::AnswersMissing.number());

    fs::remove_dir_all(world.network.directory().data(2).join("threshold")).unwrap();
    world.restart_with(2, "away", "threshold").await;
    world.has_share(2, ShareState::Held).await;
    let members = world.answered(&asked, 3).await;
    let entries = world.entries(&asked, &members).await;
    let enrolled = world.enrol(county, &asked, members, entries).await;
    assert!(enrolled.receipt.applied, "{enrolled:?}");
    fs::remove_dir_all(world.network.directory().data(3).join("threshold")).unwrap();
    world.restart_with(3, "away", "threshold").await;
    world.has_share(3, ShareState::Held).await;
}
