//! A listed peer that does not keep to the gossip protocol.

use std::time::Duration;

use borsh::BorshSerialize;
use futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use libp2p::identity::Keypair;
use libp2p::swarm::SwarmEvent;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::{Multiaddr, StreamProtocol, SwarmBuilder, noise, tcp, yamux};
use minglian_ledger::keys::SigningKey;
use minglian_ledger::transaction::ChainId;
use minglian_node::gossip::message::{self, GossipMessage, Malformed};
use minglian_node::gossip::{
    self, GossipHandle, GossipLimits, GossipPeer, GossipSettings, Inbound,
};
use tokio::sync::mpsc;

const PROTOCOL: &str = "/minglian/test/gossip/1";

/// The key of the peer that misbehaves.
fn peer_key() -> SigningKey {
    SigningKey::from_bytes(&[5; 32])
}

async fn node() -> (GossipHandle, mpsc::Receiver<Inbound>) {
    let peer = GossipPeer {
        peer_id: gossip::peer_id(&peer_key()).unwrap(),
        // Nobody listens there: the peer is the one that calls.
        address: "/ip4/127.0.0.1/tcp/1".to_owned(),
    };
    let limits = GossipLimits { penalty: Duration::from_secs(1), ..GossipLimits::default() };
    gossip::start(GossipSettings {
        chain_id: ChainId::new("test").unwrap(),
        peer_key: SigningKey::from_bytes(&[6; 32]),
        listen: "/ip4/127.0.0.1/tcp/0".to_owned(),
        peers: vec![peer],
        limits,
    })
    .await
    .unwrap()
}

/// Connects to the node, writes `bytes` on a gossip stream, and returns when the node closes it.
async fn send_raw(handle: &GossipHandle, bytes: &[u8]) {
    let noise = |keypair: &Keypair| {
        noise::Config::new(keypair).map(|config| config.with_prologue(PROTOCOL.into()))
    };
    let mut swarm = SwarmBuilder::with_existing_identity(
        Keypair::ed25519_from_bytes(peer_key().to_bytes()).unwrap(),
    )
    .with_tokio()
    .with_tcp(tcp::Config::default(), noise, yamux::Config::default)
    .unwrap()
    .with_behaviour(|_| libp2p_stream::Behaviour::new())
    .unwrap()
    .build();
    let node_key = Keypair::ed25519_from_bytes([6; 32]).unwrap();
    let node = node_key.public().to_peer_id();
    let address: Multiaddr = handle.listen_address().parse().unwrap();
    swarm.dial(DialOpts::peer_id(node).addresses(vec![address]).build()).unwrap();
    while !matches!(swarm.select_next_some().await, SwarmEvent::ConnectionEstablished { .. }) {}
    let mut control = swarm.behaviour().new_control();
    let talk = async {
        let mut stream = control.open_stream(node, StreamProtocol::new(PROTOCOL)).await.unwrap();
        let mut ready = [0];
        stream.read_exact(&mut ready).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.flush().await.unwrap();
        // The node says nothing more; reading ends when it hangs up.
        let _ = stream.read(&mut ready).await;
    };
    tokio::select! {
        () = talk => {}
        () = async { while swarm.next().await.is_some() {} } => {}
    }
}

fn frame(message: &impl BorshSerialize) -> Vec<u8> {
    let message = borsh::to_vec(message).unwrap();
    [u32::try_from(message.len()).unwrap().to_le_bytes().as_slice(), &message].concat()
}

#[tokio::test]
async fn malformed_messages_are_counted_and_cut_their_sender_off() {
    let with_rest = borsh::to_vec(&(GossipMessage::Transactions(vec![vec![1]]), 0_u8)).unwrap();
    let cases: [(&str, Vec<u8>); 8] = [
        ("a length of zero", 0_u32.to_le_bytes().into()),
        ("a length of 4 GiB", u32::MAX.to_le_bytes().into()),
        ("no known message", frame(&[9_u8; 100])),
        ("bytes behind the message", {
            let length = u32::try_from(with_rest.len()).unwrap().to_le_bytes();
            [length.as_slice(), &with_rest].concat()
        }),
        ("an empty batch", frame(&GossipMessage::Transactions(Vec::new()))),
        ("an empty transaction", frame(&GossipMessage::Transactions(vec![Vec::new()]))),
        ("a large transaction", frame(&GossipMessage::Transactions(vec![vec![7; 50_000]]))),
        ("a long note", frame(&GossipMessage::Cosignature { note: "x".repeat(5_000) })),
    ];
    futures::future::join_all(cases.map(|(name, bytes)| is_cut_off(name, bytes))).await;
}

/// The sender of `bytes` is cut off, and gets through again when the penalty is over.
async fn is_cut_off(name: &str, bytes: Vec<u8>) {
    let (handle, mut inbound) = node().await;
    send_raw(&handle, &bytes).await;
    wait_until(|| handle.counters().messages_malformed == 1).await;
    wait_until(|| handle.connected().is_empty()).await;
    assert!(inbound.try_recv().is_err(), "{name} was delivered");

    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let good = frame(&GossipMessage::Transactions(vec![vec![1]]));
    let delivered = tokio::select! {
        delivered = inbound.recv() => delivered,
        () = send_raw(&handle, &good) => panic!("{name}: still cut off"),
    };
    assert_eq!(delivered.unwrap().message, GossipMessage::Transactions(vec![vec![1]]));
    handle.shutdown().await;
}

#[tokio::test]
async fn a_message_cut_in_the_middle_is_no_misbehaviour() {
    let (handle, _inbound) = node().await;
    let whole = frame(&GossipMessage::Transactions(vec![vec![1; 1_000]]));
    let sent = send_raw(&handle, &whole[..500]);
    assert!(tokio::time::timeout(Duration::from_millis(500), sent).await.is_err());
    wait_until(|| handle.connected().is_empty()).await;
    assert_eq!(handle.counters().messages_malformed, 0);
}

#[test]
fn frames_are_the_encoding_of_messages() {
    let transactions = vec![b"one".to_vec(), b"three".to_vec()];
    let borrowed: Vec<bytes::Bytes> = transactions.iter().cloned().map(Into::into).collect();
    assert_eq!(
        message::transactions_frame(&borrowed).unwrap(),
        frame(&GossipMessage::Transactions(transactions))
    );
    assert_eq!(
        message::cosignature_frame("note").unwrap(),
        frame(&GossipMessage::Cosignature { note: "note".to_owned() })
    );
}

#[test]
fn decoding_refuses_what_is_out_of_bounds() {
    let many = GossipMessage::Transactions(vec![vec![1]; message::BATCH_TRANSACTIONS_MAX + 1]);
    let many = borsh::to_vec(&many).unwrap();
    assert_eq!(
        message::decode(&many),
        Err(Malformed::TransactionCount(message::BATCH_TRANSACTIONS_MAX + 1))
    );
    assert_eq!(message::decode(&[]), Err(Malformed::Length(0)));
    // A count of four thousand million with nothing behind it must not take memory for them.
    assert!(matches!(message::decode(&[0, 255, 255, 255, 255]), Err(Malformed::Encoding(_))));
    assert!(matches!(message::decode(&[1, 1, 0, 0, 0, 255]), Err(Malformed::Encoding(_))));
}

async fn wait_until(condition: impl Fn() -> bool) {
    for _ in 0..1_000 {
        if condition() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not happen in time");
}
