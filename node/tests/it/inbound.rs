//! What other nodes pass on, and what becomes of a node that passes on rubbish.

use std::time::Duration;

use bytes::Bytes;
use minglian_ledger::height::Height;
use minglian_ledger::keys::{Signature, SigningKey};
use minglian_ledger::transaction::{ChainId, Transaction};
use minglian_node::gossip::message::GossipMessage;
use minglian_node::gossip::{
    self, GossipHandle, GossipLimits, GossipPeer, GossipSettings, Inbound,
};
use minglian_node::inbound;
use minglian_node::mempool::Limits;
use tokio::sync::mpsc;

use crate::rpc_world::{FINANCE_MAKER, World, day, key, record_quota};

async fn start(seed: u8) -> (GossipHandle, mpsc::Receiver<Inbound>) {
    let settings = GossipSettings {
        chain_id: ChainId::new("test").unwrap(),
        peer_key: SigningKey::from_bytes(&[seed; 32]),
        listen: "/ip4/127.0.0.1/tcp/0".to_owned(),
        peers: Vec::new(),
        limits: GossipLimits { penalty: Duration::from_secs(600), ..GossipLimits::default() },
    };
    gossip::start(settings).await.unwrap()
}

fn peer_id(seed: u8) -> String {
    gossip::peer_id(&SigningKey::from_bytes(&[seed; 32])).unwrap()
}

fn act(world: &World, reference: &str) -> Transaction {
    world.act(FINANCE_MAKER, reference, &record_quota(100, day(5, 1)))
}

fn forged(world: &World, reference: &str) -> Vec<u8> {
    Transaction { signature: Signature([7; 64]), ..act(world, reference) }.encode()
}

/// Takes these messages as if `from` had sent them, in this order; returns how many were forged.
async fn take(world: &World, messages: Vec<(u8, Vec<Vec<u8>>)>) -> u64 {
    let (gossip, _inbound) = start(1).await;
    let (sender, receiver) = mpsc::channel(messages.len());
    for (seed, transactions) in messages {
        let message = GossipMessage::Transactions(transactions);
        sender.send(Inbound { from: peer_id(seed), message }).await.unwrap();
    }
    drop(sender);
    let (admission, checkpoints) = (world.admission.clone(), world.checkpoints.clone());
    tokio::spawn(inbound::take(receiver, admission, checkpoints, gossip.clone())).await.unwrap();
    gossip.counters().messages_forged
}

#[tokio::test(flavor = "multi_thread")]
async fn rubbish_of_one_peer_costs_the_others_nothing() {
    let world = World::with_pool(Limits { count_max: 1, ..Limits::default() }).await;
    let good = act(&world, "好");
    let rubbish = |number| (2, vec![forged(&world, &format!("废{number}"))]);
    let mut messages: Vec<_> = (0..40).map(rubbish).collect();
    messages.push((3, vec![good.encode()]));
    assert_eq!(take(&world, messages).await, 1);
    assert!(world.admission.is_waiting(&good.id()));
    // What its sender had left in the queue was not looked at.
    let admissions = world.metrics.render();
    assert!(admissions.contains("{code=\"bad_signature\"} 16\n"), "{admissions}");
    world.stop().await;
}

/// Rubbish must not use up the room of a nearly full pool.
#[tokio::test(flavor = "multi_thread")]
async fn only_good_signatures_take_room() {
    let world = World::with_pool(Limits { count_max: 1, ..Limits::default() }).await;
    let encoded = [forged(&world, "废"), act(&world, "好").encode(), forged(&world, "满")];
    let answers = world.admission.admit(&encoded);
    let codes: Vec<_> = answers
        .iter()
        .map(|answer| answer.as_ref().map_or_else(|error| error.code(), |_| "admitted"))
        .collect();
    assert_eq!(codes, ["bad_signature", "admitted", "pool_full"]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_node_admits_is_forged_and_what_depends_on_state_is_not() {
    let world = World::start().await;
    let elsewhere = {
        let mut body = act(&world, "链").body;
        body.chain_id = ChainId::new("elsewhere").unwrap();
        Transaction::sign(body, &key(FINANCE_MAKER)).encode()
    };
    let guilty = [forged(&world, "签"), b"no transaction".to_vec(), elsewhere];
    for (number, rubbish) in guilty.into_iter().enumerate() {
        assert_eq!(take(&world, vec![(2, vec![rubbish])]).await, 1, "case {number}");
    }
    let known = act(&world, "知");
    let stranger = Transaction::sign(act(&world, "钥").body, &key(77));
    let late = {
        let mut body = act(&world, "期").body;
        body.expires_at = Height(0);
        Transaction::sign(body, &key(FINANCE_MAKER))
    };
    let repeated = act(&world, "重");
    world.commit(std::slice::from_ref(&repeated)).await;
    let innocent = [&known, &known, &stranger, &late, &repeated].map(Transaction::encode);
    assert_eq!(take(&world, vec![(2, innocent.to_vec())]).await, 0);
    assert!(world.admission.is_waiting(&known.id()));
    // The same act under another signature is not known by its name.
    assert_eq!(take(&world, vec![(2, vec![forged(&world, "知")])]).await, 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_passes_on_rubbish_is_cut_off() {
    let world = World::start().await;
    let ((a, received), (b, _inbound)) = (start(1).await, start(2).await);
    let peer = |seed, handle: &GossipHandle| GossipPeer {
        peer_id: peer_id(seed),
        address: handle.listen_address().to_owned(),
    };
    a.set_peers(&[peer(2, &b)]).await.unwrap();
    b.set_peers(&[peer(1, &a)]).await.unwrap();
    let (admission, checkpoints) = (world.admission.clone(), world.checkpoints.clone());
    let taking = tokio::spawn(inbound::take(received, admission, checkpoints, a.clone()));
    wait_until(|| !a.connected().is_empty() && !b.connected().is_empty()).await;

    let good = act(&world, "好");
    b.broadcast_transactions(vec![good.encode().into()]).unwrap();
    wait_until(|| world.admission.is_waiting(&good.id())).await;
    assert_eq!(a.counters().messages_forged, 0);
    b.broadcast_transactions(vec![Bytes::from(forged(&world, "废"))]).unwrap();
    wait_until(|| a.counters().messages_forged == 1 && a.connected().is_empty()).await;
    wait_until(|| a.counters().connections_refused >= 1).await;
    taking.abort();
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_that_sends_forged_cosignatures_is_cut_off() {
    let world = World::start().await;
    let ((a, received), (b, _inbound)) = (start(1).await, start(2).await);
    let peer = |seed, handle: &GossipHandle| GossipPeer {
        peer_id: peer_id(seed),
        address: handle.listen_address().to_owned(),
    };
    a.set_peers(&[peer(2, &b)]).await.unwrap();
    b.set_peers(&[peer(1, &a)]).await.unwrap();
    let (admission, checkpoints) = (world.admission.clone(), world.checkpoints.clone());
    let taking = tokio::spawn(inbound::take(received, admission, checkpoints, a.clone()));
    wait_until(|| !a.connected().is_empty() && !b.connected().is_empty()).await;
    b.broadcast_cosignature("no note").unwrap();
    wait_until(|| a.counters().messages_forged == 1 && a.connected().is_empty()).await;
    taking.abort();
    world.stop().await;
}

async fn wait_until(condition: impl Fn() -> bool) {
    for _ in 0..2_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen in time");
}
