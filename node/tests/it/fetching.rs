//! Fetching from peers that are slow, or bring something wrong, on purpose.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{
    AsyncRead, AsyncReadExt as _, AsyncWrite, StreamExt as _, TryStreamExt as _, stream,
};
use minglian_contracts::naming::Thing;
use minglian_ledger::deposit::{Class, Deposit, MediaType};
use minglian_ledger::hash::AttachmentHash;
use minglian_node::attachments::Keeper;
use minglian_node::attachments::compare::Comparison;
use minglian_node::attachments::exchange::Answer;
use minglian_node::attachments::fetch::{Outcome, Sources, at_a_time, fetch_from};
use minglian_node::attachments::replicate::{self, Replicator};
use minglian_node::config::AttachmentSettings;
use minglian_node::recent::Recent;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use crate::deposit_world::{described, pdf};
use crate::gossip::{Node, mesh};
use crate::rpc_world::World;

const BYTES: usize = 300_000;

/// A peer that answers any question with an attachment: so many bytes, and the next ten seconds
/// later.
pub struct Peer(Pin<Box<dyn AsyncRead + Send>>);

impl Peer {
    pub fn new(deposit: Deposit, body: &[u8], step: usize) -> Self {
        let answer = borsh::to_vec(&Answer::Attachment(deposit)).unwrap();
        let length = u32::try_from(answer.len()).unwrap().to_le_bytes();
        let first = stream::iter([Ok([&length[..], &answer].concat())]);
        let parts: Vec<Vec<u8>> = body.chunks(step).map(<[u8]>::to_vec).collect();
        let rest = stream::iter(parts).enumerate().then(|(number, part)| async move {
            if number > 0 {
                tokio::time::sleep(Duration::from_secs(10)).await;
            }
            Ok::<_, io::Error>(part)
        });
        Self(Box::pin(first.chain(Box::pin(rest)).into_async_read()))
    }
}

/// A peer that never answers.
fn mute() -> Peer {
    Peer(Box::pin(stream::pending::<io::Result<Vec<u8>>>().into_async_read()))
}

impl AsyncRead for Peer {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_read(context, buffer)
    }
}

impl AsyncWrite for Peer {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_peer_that_trickles_holds_up_one_thing_and_only_for_a_while() {
    let world = World::start().await;
    world.register().await;
    let bodies = [pdf(BYTES), pdf(BYTES + 1)];
    let deposits =
        bodies.each_ref().map(|body| world.deposit(Class::Public, described(body, MediaType::Pdf)));
    let things = bodies.each_ref().map(|body| Thing::Attachment(AttachmentHash::of(&[body])));
    for (number, body) in bodies.iter().enumerate() {
        world.name(&format!("合同{number}"), AttachmentHash::of(&[body])).await;
    }
    let opened = Mutex::new(Vec::new());
    let open = |number: usize| {
        let (opened, deposit, body) = (&opened, &deposits[number], &bodies[number]);
        move |peer: String| {
            let step = if peer == "slow" { 100 } else { 2 * BYTES };
            opened.lock().unwrap().push(peer);
            let peer = Peer::new(deposit.clone(), body, step);
            async move { Some(peer) }
        }
    };
    let sources = Sources::new();
    let peers = ["slow".to_owned(), "good".to_owned()];
    let fetched = fetch_from(&world.keeper, &sources, &peers, &things[0], open(0)).await;
    assert_eq!(fetched, Outcome::Settled);
    assert_eq!(*opened.lock().unwrap(), ["slow", "good"], "the next one is asked");
    world.keeper.verify(&AttachmentHash::of(&[&bodies[0]])).await.unwrap();

    // While it brings one thing it is asked for no other.
    let place = sources.enter("slow").unwrap();
    opened.lock().unwrap().clear();
    let fetched = fetch_from(&world.keeper, &sources, &peers[..1], &things[1], open(1)).await;
    assert_eq!(fetched, Outcome::Busy);
    let fetched = fetch_from(&world.keeper, &sources, &peers, &things[1], open(1)).await;
    assert_eq!(fetched, Outcome::Settled);
    assert_eq!(*opened.lock().unwrap(), ["good"]);
    drop(place);
}

#[tokio::test]
async fn a_peer_that_failed_lately_is_asked_last_and_not_never() {
    let world = World::start().await;
    world.register().await;
    let bodies = [1_000, 1_001, 1_002].map(pdf);
    for (number, body) in bodies.iter().enumerate() {
        world.name(&format!("合同{number}"), AttachmentHash::of(&[body])).await;
    }
    let (sources, opened) = (Sources::new(), Mutex::new(Vec::new()));
    let fetch = async |number: usize, peers: &[&str], is_spoilt: bool| {
        let good = &bodies[number];
        let mut spoilt = good.clone();
        spoilt[999] ^= u8::from(is_spoilt);
        let deposit = world.deposit(Class::Public, described(good, MediaType::Pdf));
        let open = |peer: String| {
            let body = if peer == "bad" { &spoilt } else { good };
            let stream = (peer != "mute").then(|| Peer::new(deposit.clone(), body, BYTES));
            opened.lock().unwrap().push(peer);
            async move { stream }
        };
        let peers: Vec<String> = peers.iter().map(ToString::to_string).collect();
        let thing = Thing::Attachment(AttachmentHash::of(&[good]));
        let outcome = fetch_from(&world.keeper, &sources, &peers, &thing, open).await;
        (outcome, std::mem::take(&mut *opened.lock().unwrap()))
    };
    let all = ["bad", "mute", "good"];
    let settled = |asked: &[&str]| -> (Outcome, Vec<String>) {
        (Outcome::Settled, asked.iter().map(ToString::to_string).collect())
    };
    assert_eq!(fetch(0, &all, true).await, settled(&all));
    // However well they would do now, another comes first, and is waited for.
    let place = sources.enter("good").unwrap();
    assert_eq!(fetch(1, &all, false).await, (Outcome::Busy, Vec::new()));
    drop(place);
    assert_eq!(fetch(1, &all, false).await, settled(&["good"]));
    assert_eq!(fetch(2, &["bad"], false).await, settled(&["bad"]));
}

#[test]
fn what_happened_long_ago_is_forgotten() {
    let span = Duration::from_secs(600);
    let (mut recent, start) = (Recent::new(span), Instant::now());
    recent.note("a", start);
    let later = start + span - Duration::from_secs(1);
    recent.note("b", later);
    assert!(recent.contains("a", later) && !recent.contains("c", later));
    let later = start + span;
    assert!(!recent.contains("a", later) && recent.contains("b", later));
    recent.note("c", later);
    assert!(!recent.contains("a", start), "not even kept");
}

#[test]
fn as_many_places_are_left_as_peers_are_honest() {
    for validators in 1..=48 {
        let faulty = (validators - 1) / 3;
        let sources = Sources::new();
        let held: Vec<_> =
            (0..faulty).map(|peer| sources.enter(&peer.to_string()).unwrap()).collect();
        assert!(at_a_time(validators - 1) > held.len(), "of {validators}");
        assert!(sources.enter("good").is_some(), "of {validators}");
    }
    assert!(at_a_time(10_000) < 100, "what is fetched takes memory");
}

#[tokio::test]
async fn a_peers_openings_are_looked_for_once_at_a_time() {
    let world = World::start().await;
    let comparison = Comparison::new(world.keeper.clone());
    let opened = AtomicUsize::new(0);
    let open = || {
        opened.fetch_add(1, Ordering::SeqCst);
        std::future::ready(Some(mute()))
    };
    let mut first = Box::pin(comparison.compare("a", open));
    assert!(futures::poll!(&mut first).is_pending());
    comparison.compare("a", open).await;
    assert_eq!(opened.load(Ordering::SeqCst), 1);
    assert!(futures::poll!(Box::pin(comparison.compare("b", open))).is_pending());
    assert_eq!(opened.load(Ordering::SeqCst), 2, "one keeps no other waiting");
    drop(first);
    assert!(futures::poll!(Box::pin(comparison.compare("a", open))).is_pending());
    assert_eq!(opened.load(Ordering::SeqCst), 3);
}

/// A peer that answers nothing; `given_up` when whoever asked it waits no longer.
fn say_nothing(node: &Node, given_up: &Arc<AtomicBool>) {
    let mut questions = node.handle.exchange().questions().unwrap();
    let given_up = given_up.clone();
    tokio::spawn(async move {
        while let Some((_, mut stream)) = questions.next().await {
            let given_up = given_up.clone();
            tokio::spawn(async move {
                let mut bytes = [0; 64];
                while stream.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
                given_up.store(true, Ordering::SeqCst);
            });
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn while_two_peers_hold_something_up_a_third_brings_the_rest() {
    let world = World::start().await;
    world.register().await;
    let mut hashes = Vec::new();
    for (number, body) in [1_000, 1_001, 1_002].map(pdf).into_iter().enumerate() {
        let hash = AttachmentHash::of(&[&body]);
        world.upload(Class::Public, described(&body, MediaType::Pdf), body).await.unwrap();
        world.name(&format!("合同{number}"), hash).await;
        hashes.push(hash);
    }
    let (asks, a, b, c) =
        (Node::start(1).await, Node::start(2).await, Node::start(3).await, Node::start(4).await);
    mesh(&[&asks, &a, &b, &c]).await;
    let in_turn = asks.handle.connected();
    let (_stop, stopped) = watch::channel(false);
    let given_up = Arc::new(AtomicBool::new(false));
    for node in [&a, &b, &c] {
        if node.id() == in_turn[2] {
            let questions = node.handle.exchange().questions().unwrap();
            let kept = (world.keeper.clone(), world.batches.clone());
            let chain = world.chain.clone();
            tokio::spawn(replicate::answer(questions, kept, chain, stopped.clone()));
        } else {
            say_nothing(node, &given_up);
        }
    }
    let directory = tempfile::tempdir().unwrap();
    let settings = AttachmentSettings {
        directory: directory.path().join("attachments"),
        ..world.keeper.settings().clone()
    };
    let openings = directory.path().join("openings");
    let (keeper, hints) =
        Keeper::open(settings, &openings, world.chain.clone(), "peer0").await.unwrap();
    let commits = broadcast::Sender::new(1);
    let replicator = Replicator::new(keeper.clone(), asks.handle.clone(), hints);
    let running = tokio::spawn(replicator.run(commits.subscribe()));
    while hashes.iter().all(|hash| keeper.entry(hash).is_none()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!given_up.load(Ordering::SeqCst), "it came while both were waited for");
    running.abort();
}
