//! Fetching from peers that are slow on purpose.

use std::io;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::{AsyncRead, AsyncWrite, StreamExt as _, TryStreamExt as _, stream};
use minglian_contracts::naming::Thing;
use minglian_ledger::deposit::{Class, Deposit, MediaType};
use minglian_ledger::hash::AttachmentHash;
use minglian_node::attachments::exchange::Answer;
use minglian_node::attachments::fetch::{Outcome, fetch_from};
use minglian_node::attachments::places::Places;

use crate::deposit_world::{described, pdf};
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
    let places = Places::new(2, 1);
    let peers = ["slow".to_owned(), "good".to_owned()];
    let fetched = fetch_from(&world.keeper, &places, &peers, &things[0], open(0)).await;
    assert_eq!(fetched, Outcome::Settled);
    assert_eq!(*opened.lock().unwrap(), ["slow", "good"], "the next one is asked");
    world.keeper.verify(&AttachmentHash::of(&[&bodies[0]])).await.unwrap();

    // While it brings one thing it is asked for no other.
    let place = places.enter("slow").unwrap();
    opened.lock().unwrap().clear();
    let fetched = fetch_from(&world.keeper, &places, &peers[..1], &things[1], open(1)).await;
    assert_eq!(fetched, Outcome::Busy);
    let fetched = fetch_from(&world.keeper, &places, &peers, &things[1], open(1)).await;
    assert_eq!(fetched, Outcome::Settled);
    assert_eq!(*opened.lock().unwrap(), ["good"]);
    drop(place);
}
