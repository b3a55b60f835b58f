//! What verified evidence of a record says in words: an act that waits is not called applied.

use minglian_ledger::evidence::Proven;
use minglian_ledger::height::{Height, LogIndex};
use minglian_node::audit::proven;

use crate::rpc_world::{FINANCE_CHECKER, FINANCE_MAKER, World, approval_of, day, record_quota};

async fn said(world: &World, index: u64) -> String {
    let evidence = world.client.record_evidence(LogIndex(index), Height::GENESIS).await.unwrap();
    let proven: Proven = evidence.verify(&world.trust()).unwrap();
    proven::said(&proven)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_waits_is_not_said_to_be_applied() {
    let world = World::start().await;
    let call = record_quota(1_000_000, day(5, 1));
    let proposal = world.act(FINANCE_MAKER, "指标1", &call);
    let waiting = world.commit(std::slice::from_ref(&proposal)).await.transactions[0].1;
    let approval = world.act(FINANCE_CHECKER, "复核1", &approval_of(proposal.id()));
    let approved = world.commit(&[approval]).await.transactions[0].1;
    let text = said(&world, waiting.0).await;
    assert!(text.contains("已提出,待审批") && text.contains("it waits for approval"), "{text}");
    assert!(!text.contains("已生效") && !text.contains("outcome: applied"), "{text}");
    let text = said(&world, approved.0).await;
    assert!(text.contains("结果:已生效") && text.contains("outcome: applied"), "{text}");
    world.stop().await;
}
