//! A public opening is shown once an act that names it took effect: not while the act waits, and
//! not after it was rejected or withdrawn.

use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::oversight;
use minglian_contracts::oversight::complaint::{Receive, Target};
use minglian_ledger::deposit::{self, Class, Content};
use minglian_ledger::hash::{Commitment, TransactionId};
use minglian_ledger::height::LogIndex;
use minglian_node::attachments::Keeper;
use minglian_node::desk::language::Language;
use minglian_node::desk::public_name;

use crate::deposit_world::code;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_an_act_that_was_rejected_or_withdrawn_is_never_public() {
    let world = World::start().await;
    let commitment = deposit::commit(&SALT, SAID);
    let rejected = propose(&world, "诉1", commitment).await;
    let index = LogIndex(world.chain.head().header.log_size - 2);
    hand_over(&world, commitment).await;
    let reject = Call::Approval(approval::Call::Reject { proposal: rejected, opinion: None });
    world.apply(world.act(CIVIL_CHECKER, "否决1", &reject)).await;
    is_hidden(&world, &commitment, index).await;
    let withdrawn = propose(&world, "诉2", commitment).await;
    let withdraw = Call::Approval(approval::Call::Withdraw { proposal: withdrawn });
    world.apply(world.act(CIVIL_MAKER, "撤回2", &withdraw)).await;
    is_hidden(&world, &commitment, index).await;
    let settings = world.keeper.settings().clone();
    let openings = world.directory().join("openings");
    let (again, _) = Keeper::open(settings, &openings, world.chain.clone(), "peer0").await.unwrap();
    let (found, _, is_complete) = again.published(0).unwrap();
    assert!(found.is_empty() && is_complete, "nor after another start");

    // The same name in an act that is approved.
    let approved = propose(&world, "诉3", commitment).await;
    world.apply(world.act(CIVIL_CHECKER, "复核3", &approval_of(approved))).await;
    assert_eq!(world.client.opening(&commitment).await.unwrap().text, SAID);
    assert_eq!(world.client.published_openings(None).await.unwrap().items.len(), 1);
    assert_eq!(again.published(0).unwrap().0.len(), 1);
    world.stop().await;
}
