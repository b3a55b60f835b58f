//! Gossip between nodes of one process, over loopback.

use std::time::Duration;

use bytes::Bytes;
use minglian_ledger::keys::SigningKey;
use minglian_node::gossip::message::{BATCH_BYTES, GossipMessage, Malformed, NOTE_BYTES_MAX};
use minglian_node::gossip::{
    self, GossipError, GossipHandle, GossipLimits, GossipPeer, GossipSettings, Inbound,
};
use tokio::sync::mpsc;

/// How long anything that must happen may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long we wait to see that something does not happen.
const QUIET: Duration = Duration::from_millis(300);

pub struct Node {
    key: SigningKey,
    pub handle: GossipHandle,
    inbound: mpsc::Receiver<Inbound>,
}

impl Node {
    pub async fn start(seed: u8) -> Self {
        Self::start_with(seed, "test", "/ip4/127.0.0.1/tcp/0", GossipLimits::default()).await
    }

    async fn start_with(seed: u8, chain: &str, listen: &str, limits: GossipLimits) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let settings = GossipSettings {
            chain_id: chain.parse_chain(),
            peer_key: key.clone(),
            listen: listen.to_owned(),
            peers: Vec::new(),
            limits,
        };
        let (handle, inbound) = gossip::start(settings).await.unwrap();
        Self { key, handle, inbound }
    }

    pub fn id(&self) -> String {
        gossip::peer_id(&self.key).unwrap()
    }

    fn as_peer(&self) -> GossipPeer {
        GossipPeer { peer_id: self.id(), address: self.handle.listen_address().to_owned() }
    }

    /// Transactions that arrive until `count` of them are here.
    async fn receive(&mut self, count: usize) -> Vec<Vec<u8>> {
        let mut received = Vec::new();
        while received.len() < count {
            let inbound = tokio::time::timeout(PATIENCE, self.inbound.recv()).await.unwrap();
            let GossipMessage::Transactions(transactions) = inbound.unwrap().message else {
                panic!("a cosignature among transactions")
            };
            received.extend(transactions);
        }
        received
    }

    async fn assert_quiet(&mut self) {
        let inbound = tokio::time::timeout(QUIET, self.inbound.recv()).await;
        assert!(inbound.is_err(), "nothing should arrive: {inbound:?}");
    }
}

trait ParseChain {
    fn parse_chain(&self) -> minglian_ledger::transaction::ChainId;
}

impl ParseChain for str {
    fn parse_chain(&self) -> minglian_ledger::transaction::ChainId {
        minglian_ledger::transaction::ChainId::new(self).unwrap()
    }
}

/// Lists every node at every node, and waits until all are connected.
pub async fn mesh(nodes: &[&Node]) {
    let peers: Vec<GossipPeer> = nodes.iter().map(|node| node.as_peer()).collect();
    for node in nodes {
        node.handle.set_peers(&peers).await.unwrap();
    }
    for node in nodes {
        wait_until(|| node.handle.connected().len() == nodes.len() - 1).await;
    }
}

async fn wait_until(condition: impl Fn() -> bool) {
    let deadline = tokio::time::Instant::now() + PATIENCE;
    while !condition() {
        assert!(tokio::time::Instant::now() < deadline, "it did not happen in time");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn transactions(texts: &[&str]) -> Vec<Bytes> {
    texts.iter().map(|text| Bytes::copy_from_slice(text.as_bytes())).collect()
}

#[tokio::test]
async fn messages_reach_every_peer_once_and_nobody_relays() {
    let (a, mut b, mut c) = (Node::start(1).await, Node::start(2).await, Node::start(3).await);
    mesh(&[&a, &b, &c]).await;

    a.handle.broadcast_transactions(transactions(&["one", "two"])).unwrap();
    assert_eq!(b.receive(2).await, [b"one", b"two"]);
    assert_eq!(c.receive(2).await, [b"one", b"two"]);

    a.handle.broadcast_cosignature("— node-a c2lnbmF0dXJl\n").unwrap();
    let expected = Inbound {
        from: a.id(),
        message: GossipMessage::Cosignature { note: "— node-a c2lnbmF0dXJl\n".to_owned() },
    };
    assert_eq!(b.inbound.recv().await.unwrap(), expected);
    assert_eq!(c.inbound.recv().await.unwrap(), expected);
    b.assert_quiet().await;
    c.assert_quiet().await;

    let counters = a.handle.counters();
    assert_eq!(counters.transactions_broadcast, 2);
    assert_eq!(counters.cosignatures_broadcast, 1);
    assert_eq!(counters.messages_dropped, 0);
    assert_eq!(b.handle.counters().transactions_received, 2);
}

#[tokio::test]
async fn many_transactions_share_few_messages() {
    let (a, mut b) = (Node::start(1).await, Node::start(2).await);
    mesh(&[&a, &b]).await;

    let sent: Vec<Bytes> = (0..4_000_u32)
        .map(|number| Bytes::from([number.to_le_bytes().as_slice(), &[7; 296]].concat()))
        .collect();
    for chunk in sent.chunks(10) {
        a.handle.broadcast_transactions(chunk.to_vec()).unwrap();
    }
    assert_eq!(b.receive(sent.len()).await, sent);
    let messages = a.handle.counters().messages_sent;
    let fewest = u64::try_from(4_000 * 300 / BATCH_BYTES).unwrap();
    assert!((fewest..100).contains(&messages), "{messages} messages for 4000 transactions");
}

#[tokio::test]
async fn an_unknown_peer_is_refused_and_counted() {
    let (mut a, b, stranger) = (Node::start(1).await, Node::start(2).await, Node::start(9).await);
    mesh(&[&a, &b]).await;
    stranger.handle.set_peers(&[a.as_peer()]).await.unwrap();

    wait_until(|| a.handle.counters().connections_refused >= 2).await;
    stranger.handle.broadcast_transactions(transactions(&["let me in"])).unwrap();
    a.assert_quiet().await;
    assert_eq!(a.handle.connected(), [b.id()]);
}

#[tokio::test]
async fn nodes_of_different_chains_cannot_connect() {
    let listen = "/ip4/127.0.0.1/tcp/0";
    let a = Node::start_with(1, "one", listen, GossipLimits::default()).await;
    let b = Node::start_with(2, "other", listen, GossipLimits::default()).await;
    a.handle.set_peers(&[b.as_peer()]).await.unwrap();
    b.handle.set_peers(&[a.as_peer()]).await.unwrap();

    wait_until(|| {
        a.handle.counters().dials_failed + b.handle.counters().dials_failed >= 2
            && a.handle.counters().handshakes_failed + b.handle.counters().handshakes_failed >= 2
    })
    .await;
    assert!(a.handle.connected().is_empty() && b.handle.connected().is_empty());
}

#[tokio::test]
async fn a_stalled_peer_misses_the_oldest_messages_and_blocks_nobody() {
    let listen = "/ip4/127.0.0.1/tcp/0";
    let limits =
        GossipLimits { inbound_messages_max: 1, queue_messages_max: 4, ..GossipLimits::default() };
    let a = Node::start_with(1, "test", listen, limits).await;
    let mut b = Node::start(2).await;
    let stalled = Node::start_with(3, "test", listen, limits).await;
    mesh(&[&a, &b, &stalled]).await;

    // Six transactions of 48 KiB fill a message. The owner of `stalled` reads none of them.
    let message: Vec<Bytes> = (0..6).map(|_| Bytes::from(vec![7; 48 * 1024])).collect();
    for _ in 0..40 {
        a.handle.broadcast_transactions(message.clone()).unwrap();
        b.receive(message.len()).await;
    }
    wait_until(|| a.handle.counters().messages_dropped >= 20).await;
    assert!(a.handle.connected().contains(&stalled.id()), "slow is not a reason to disconnect");
}

#[tokio::test]
async fn a_peer_that_leaves_the_list_is_disconnected_and_stays_out() {
    let (a, mut b, mut c) = (Node::start(1).await, Node::start(2).await, Node::start(3).await);
    mesh(&[&a, &b, &c]).await;

    a.handle.set_peers(&[c.as_peer()]).await.unwrap();
    assert_eq!(a.handle.connected(), [c.id()]);
    wait_until(|| b.handle.connected() == [c.id()]).await;
    a.handle.broadcast_transactions(transactions(&["for c"])).unwrap();
    assert_eq!(c.receive(1).await, [b"for c"]);
    b.assert_quiet().await;
    wait_until(|| a.handle.counters().connections_refused >= 1).await;

    a.handle.set_peers(&[b.as_peer(), c.as_peer()]).await.unwrap();
    wait_until(|| a.handle.connected().len() == 2).await;
    a.handle.broadcast_transactions(transactions(&["for both"])).unwrap();
    assert_eq!(b.receive(1).await, [b"for both"]);
}

#[tokio::test]
async fn a_restarted_peer_is_called_again_and_gets_nothing_of_the_past() {
    let (a, b) = (Node::start(1).await, Node::start(2).await);
    mesh(&[&a, &b]).await;
    let address = b.handle.listen_address().to_owned();
    b.handle.shutdown().await;
    b.handle.shutdown().await;
    let stopped = b.handle.broadcast_transactions(transactions(&["late"]));
    assert!(matches!(stopped, Err(GossipError::Stopped)));
    drop(b);
    wait_until(|| a.handle.connected().is_empty()).await;
    a.handle.broadcast_transactions(transactions(&["while away"])).unwrap();
    // Longer than a transaction waits for others.
    tokio::time::sleep(Duration::from_millis(100)).await;

    let mut b = Node::start_with(2, "test", &address, GossipLimits::default()).await;
    b.handle.set_peers(&[a.as_peer()]).await.unwrap();
    wait_until(|| a.handle.connected().len() == 1).await;
    a.handle.rebroadcast_transactions(transactions(&["again"])).unwrap();
    assert_eq!(b.receive(1).await, [b"again"]);
    assert_eq!(a.handle.counters().transactions_rebroadcast, 1);
}

#[tokio::test]
async fn a_call_with_one_bad_item_sends_nothing() {
    let (a, mut b) = (Node::start(1).await, Node::start(2).await);
    mesh(&[&a, &b]).await;
    let too_large = Bytes::from(vec![7; 48 * 1024 + 1]);
    let refused = a.handle.broadcast_transactions(vec![Bytes::from_static(b"good"), too_large]);
    assert!(matches!(
        refused,
        Err(GossipError::Message(Malformed::TransactionSize(bytes))) if bytes == 48 * 1024 + 1
    ));
    let refused = a.handle.broadcast_cosignature(&"x".repeat(NOTE_BYTES_MAX + 1));
    assert!(matches!(refused, Err(GossipError::Message(Malformed::NoteSize(_)))));
    b.assert_quiet().await;
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let a = Node::start(1).await;
    let (b, c) = (Node::start(2).await, Node::start(3).await);
    let mislabelled = GossipPeer {
        peer_id: b.id(),
        address: format!("{}/p2p/{}", c.handle.listen_address(), c.id()),
    };
    let nameless = GossipPeer { peer_id: "nobody".to_owned(), ..b.as_peer() };
    let nowhere = GossipPeer { address: "127.0.0.1:80".to_owned(), ..b.as_peer() };
    assert!(matches!(a.handle.set_peers(&[mislabelled]).await, Err(GossipError::Address { .. })));
    assert!(matches!(a.handle.set_peers(&[nameless]).await, Err(GossipError::PeerId { .. })));
    assert!(matches!(a.handle.set_peers(&[nowhere]).await, Err(GossipError::Address { .. })));
}
