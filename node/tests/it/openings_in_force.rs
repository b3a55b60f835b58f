//! A public opening is shown once an act that names it took effect: not while the act waits, and
//! not after it was rejected or withdrawn, when it goes unless another act may still need it.

use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::{fs, io};

use futures::io::Cursor;
use futures::{AsyncRead, AsyncWrite};
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::oversight;
use minglian_contracts::oversight::complaint::{Receive, Target};
use minglian_ledger::deposit::{self, Class, Content};
use minglian_ledger::hash::{Commitment, TransactionId};
use minglian_ledger::height::LogIndex;
use minglian_node::attachments::Keeper;
use minglian_node::attachments::exchange::{self, Answer, Ask};
use minglian_node::desk::language::Language;
use minglian_node::desk::public_name;

use crate::deposit_world::{code, wipe_all};
use crate::rpc_world::{
    CIVIL_CHECKER, CIVIL_MAKER, World, approval_of, civil_affairs, day, finance, text,
};

const SALT: [u8; 16] = [3; 16];
const SAID: &str = "方圆慈";

/// An act that names the commitment and waits for the checker.
fn naming(reference: &str, content: Commitment) -> Call {
    Call::Oversight(oversight::Call::ReceiveComplaint(Receive {
        reference: text(reference),
        target: Target::Organization(finance()),
        content,
        ticket: Commitment::of(&[b"ticket"]),
        handler: civil_affairs(),
        occurred_on: day(5, 1),
    }))
}

async fn propose(world: &World, reference: &str, content: Commitment) -> TransactionId {
    let proposal = world.act(CIVIL_MAKER, reference, &naming(reference, content));
    let id = proposal.id();
    world.apply(proposal).await;
    id
}

async fn hand_over(world: &World, commitment: Commitment) {
    let deposit = world.deposit(Class::Public, Content::Opening { commitment });
    world.client.deposit_opening(&deposit, &SALT, SAID).await.unwrap();
}

/// Shown nowhere to outsiders; what the act goes with is told to whoever asks.
async fn is_hidden(world: &World, commitment: &Commitment, index: LogIndex) {
    let client = &world.client;
    assert!(client.published_openings(None).await.unwrap().items.is_empty());
    assert!(client.openings_of(index).await.unwrap().is_empty());
    assert_eq!(code(client.opening(commitment).await.unwrap_err()), "not_public_yet");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_public_when_its_act_is_approved_and_not_before() {
    let world = World::start().await;
    let commitment = deposit::commit(&SALT, SAID);
    let proposal = propose(&world, "诉1", commitment).await;
    let index = LogIndex(world.chain.head().header.log_size - 2);
    hand_over(&world, commitment).await;
    is_hidden(&world, &commitment, index).await;
    let call = naming("诉1", commitment);
    assert_eq!(public_name::going_with(&world.client, &call).await, [commitment]);
    assert!(public_name::with_approval(&commitment, Language::Zh).contains("生效后即公开"));

    world.apply(world.act(CIVIL_CHECKER, "复核1", &approval_of(proposal))).await;
    assert_eq!(world.client.opening(&commitment).await.unwrap().text, SAID);
    assert_eq!(world.client.openings_of(index).await.unwrap().len(), 1);
    assert_eq!(world.client.published_openings(None).await.unwrap().items.len(), 1);
    assert!(public_name::going_with(&world.client, &call).await.is_empty());
    // Another start reads the same off its files.
    let settings = world.keeper.settings().clone();
    let openings = world.directory().join("openings");
    let (again, _) = Keeper::open(settings, &openings, world.chain.clone(), "peer0").await.unwrap();
    assert_eq!(again.published(0).unwrap().0.len(), 1);
    world.stop().await;
}

/// Held by nobody: not shown, and its file is gone once the wiper came by.
async fn is_gone(world: &World, commitment: &Commitment, index: LogIndex) {
    let client = &world.client;
    assert_eq!(code(client.opening(commitment).await.unwrap_err()), "not_found");
    assert!(client.published_openings(None).await.unwrap().items.is_empty());
    assert!(client.openings_of(index).await.unwrap().is_empty());
    wipe_all(&world.keeper).await;
    assert!(!file(world, commitment).exists());
}

fn file(world: &World, commitment: &Commitment) -> PathBuf {
    let name = commitment.to_string();
    world.directory().join("openings").join(&name[..2]).join(name)
}

async fn reject(world: &World, proposal: TransactionId) {
    let reject = Call::Approval(approval::Call::Reject { proposal, opinion: None });
    let reference = format!("否决{}", &proposal.to_string()[..8]);
    world.apply(world.act(CIVIL_CHECKER, &reference, &reject)).await;
}

async fn approve(world: &World, proposal: TransactionId) {
    let reference = format!("复核{}", &proposal.to_string()[..8]);
    world.apply(world.act(CIVIL_CHECKER, &reference, &approval_of(proposal))).await;
}

/// What the node says to who hands the opening over.
async fn refusal(world: &World, commitment: Commitment) -> String {
    let deposit = world.deposit(Class::Public, Content::Opening { commitment });
    code(world.client.deposit_opening(&deposit, &SALT, SAID).await.unwrap_err())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_goes_when_its_last_act_is_rejected_and_no_other_act_shows_it() {
    let world = World::start().await;
    let commitment = deposit::commit(&SALT, SAID);
    let rejected = propose(&world, "诉1", commitment).await;
    let index = LogIndex(world.chain.head().header.log_size - 2);
    hand_over(&world, commitment).await;
    is_hidden(&world, &commitment, index).await;
    reject(&world, rejected).await;
    is_gone(&world, &commitment, index).await;
    assert_eq!(refusal(&world, commitment).await, "not_named");

    let withdrawn = propose(&world, "诉2", commitment).await;
    hand_over(&world, commitment).await;
    is_hidden(&world, &commitment, index).await;
    let withdraw = Call::Approval(approval::Call::Withdraw { proposal: withdrawn });
    world.apply(world.act(CIVIL_MAKER, "撤回2", &withdraw)).await;
    is_gone(&world, &commitment, index).await;

    // The same name in an act that is approved, and with which it was not handed over.
    let approved = propose(&world, "诉3", commitment).await;
    approve(&world, approved).await;
    assert_eq!(code(world.client.opening(&commitment).await.unwrap_err()), "not_found");
    assert!(world.client.published_openings(None).await.unwrap().items.is_empty());
    hand_over(&world, commitment).await;
    assert_eq!(world.client.opening(&commitment).await.unwrap().text, SAID);
    assert_eq!(world.client.published_openings(None).await.unwrap().items.len(), 1);
    wipe_all(&world.keeper).await;
    assert!(file(&world, &commitment).exists(), "what came again stays");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_stays_while_another_act_that_names_it_waits() {
    let world = World::start().await;
    let commitment = deposit::commit(&SALT, SAID);
    let rejected = propose(&world, "诉1", commitment).await;
    let index = LogIndex(world.chain.head().header.log_size - 2);
    let other = propose(&world, "诉2", commitment).await;
    hand_over(&world, commitment).await;
    reject(&world, rejected).await;
    wipe_all(&world.keeper).await;
    is_hidden(&world, &commitment, index).await;
    approve(&world, other).await;
    assert_eq!(world.client.opening(&commitment).await.unwrap().text, SAID);
    let late = propose(&world, "诉3", commitment).await;
    reject(&world, late).await;
    assert_eq!(world.client.opening(&commitment).await.unwrap().text, SAID, "one is in force");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_never_is_public_stays_when_its_act_is_rejected() {
    let world = World::start().await;
    let commitment = deposit::commit(&SALT, SAID);
    let rejected = propose(&world, "诉1", commitment).await;
    let deposit = world.deposit(Class::Personal, Content::Opening { commitment });
    world.client.deposit_opening(&deposit, &SALT, SAID).await.unwrap();
    reject(&world, rejected).await;
    wipe_all(&world.keeper).await;
    assert_eq!(world.keeper.opening(&commitment).unwrap().unwrap().text, SAID);
    world.client.deposit_opening(&deposit, &SALT, SAID).await.unwrap();
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_whose_act_ended_while_the_node_was_away_goes_at_its_start() {
    let world = World::start().await;
    let commitment = deposit::commit(&SALT, SAID);
    let rejected = propose(&world, "诉1", commitment).await;
    hand_over(&world, commitment).await;
    let left = fs::read(file(&world, &commitment)).unwrap();
    reject(&world, rejected).await;
    wipe_all(&world.keeper).await;
    // As a crash between the block and the wiper leaves it.
    fs::write(file(&world, &commitment), &left).unwrap();
    let settings = world.keeper.settings().clone();
    let openings = world.directory().join("openings");
    let (again, _) = Keeper::open(settings, &openings, world.chain.clone(), "peer0").await.unwrap();
    assert!(again.opening(&commitment).unwrap().is_none());
    wipe_all(&again).await;
    assert!(!file(&world, &commitment).exists());
    let (found, _, is_complete) = again.published(0).unwrap();
    assert!(found.is_empty() && is_complete);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_peer_whose_log_is_shorter_is_not_believed_to_hold_the_newest_opening() {
    let world = World::start().await;
    let commitment = deposit::commit(&SALT, SAID);
    propose(&world, "诉1", commitment).await;
    hand_over(&world, commitment).await;
    let size = world.chain.head().header.log_size;
    for (named_at, is_given) in [(size - 2, true), (size, false)] {
        let ask = Ask::Opening { commitment, named_at: LogIndex(named_at) };
        let answer = ask_for(&world, &ask).await;
        assert_eq!(matches!(answer, Answer::Opening(_)), is_given, "{named_at}");
        assert_eq!(answer == Answer::Absent, !is_given, "{named_at}");
    }
    world.stop().await;
}

/// What a node answers a validator.
async fn ask_for(world: &World, ask: &Ask) -> Answer {
    let asked = borsh::to_vec(ask).unwrap();
    let length = u32::try_from(asked.len()).unwrap().to_le_bytes();
    let mut stream =
        Stream { asked: Cursor::new([&length[..], &asked].concat()), answered: Vec::new() };
    exchange::answer(&world.keeper, &world.batches, &mut stream, "peer1", true).await.unwrap();
    borsh::from_slice(&stream.answered[4..]).unwrap()
}

/// A stream with a question on it, that takes the answer.
struct Stream {
    asked: Cursor<Vec<u8>>,
    answered: Vec<u8>,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.asked).poll_read(context, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.answered.extend_from_slice(buffer);
        Poll::Ready(Ok(buffer.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
