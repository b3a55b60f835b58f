//! Waiting for commits: how many may, and that giving up costs nothing.

use std::sync::Arc;

use minglian_client::wire::SubmitStatus;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::LogIndex;
use minglian_node::rpc::waiters::{WAITING_MAX, Waiters};

use crate::rpc_world::{FINANCE_MAKER, World, day, record_quota};

#[tokio::test]
async fn who_waits_is_counted_and_not_what_for() {
    let waiters = Arc::new(Waiters::default());
    let (id, other) = (TransactionId::of(&[b"1"]), TransactionId::of(&[b"2"]));
    let mut tickets = Vec::new();
    while let Some(ticket) = waiters.register(id) {
        tickets.push(ticket);
        assert!(tickets.len() <= WAITING_MAX);
    }
    assert_eq!(tickets.len(), WAITING_MAX);
    assert!(waiters.register(other).is_none());
    // With a look at all the others for each this would take hours.
    tickets.truncate(2);
    let mut another = waiters.register(other).unwrap();
    waiters.tell(&id, LogIndex(7));
    for ticket in &mut tickets {
        assert_eq!(ticket.committed().await, Some(LogIndex(7)));
    }
    waiters.tell(&other, LogIndex(8));
    assert_eq!(another.committed().await, Some(LogIndex(8)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_stands_twice_in_a_request_is_answered_twice() {
    let world = World::start().await;
    let act = world.act(FINANCE_MAKER, "指标1", &record_quota(1_000_000, day(5, 1))).encode();
    let acts = [act.clone(), act];
    let (answers, _) = tokio::join!(
        world.client.submit_and_wait(&acts, std::time::Duration::from_secs(20)),
        world.make_block_when(1)
    );
    let answers = answers.unwrap();
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().all(|answer| answer.status == SubmitStatus::Committed), "{answers:?}");
}
