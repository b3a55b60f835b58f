//! An office at a node: an act is sent, waits, is approved, and is never entered twice.

use minglian_client::Client;
use minglian_contracts::call::Call;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_node::desk::language::Language;
use minglian_node::desk::names::Directory;
use minglian_node::desk::office::{Known, Office, OfficeError};
use minglian_node::desk::outbox::Outbox;
use minglian_node::desk::outcome::Outcome;
use minglian_node::desk::waiting::{self, Filter};
use tempfile::TempDir;

use crate::rpc_world::{
    FINANCE_CHECKER, FINANCE_MAKER, World, approval_of, civil_affairs, day, finance, key,
    record_quota, text,
};

async fn office(world: &World, directory: &TempDir) -> Office {
    let outbox = Outbox::open(directory.path()).unwrap();
    Office::open(world.client.clone(), outbox).await.unwrap()
}

/// Signs and delivers while the world makes the block.
async fn enter(
    world: &World,
    office: &Office,
    officer: u8,
    reference: &str,
    call: &Call,
) -> Outcome {
    let transaction = office.sign(&key(officer), finance(), text(reference), call);
    let (outcome, _) = tokio::join!(office.deliver(&transaction), world.make_block_when(1));
    outcome.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_waits_is_listed_and_takes_effect_with_its_last_signature() {
    let world = World::start().await;
    let directory = tempfile::tempdir().unwrap();
    let office = office(&world, &directory).await;
    let call = record_quota(1_000_000, day(5, 1));
    let waiting = enter(&world, &office, FINANCE_MAKER, "指标1", &call).await;
    let Outcome::Waiting { proposal, next, .. } = &waiting else { panic!("{waiting:?}") };
    assert_eq!(next.as_ref().unwrap().role, Role::Checker);
    let said = waiting.to_text(Language::Zh);
    assert!(said.contains("等待财政部门复核审批"), "{said}");

    let mut names = Directory::default();
    let list = async |organization, role, names: &mut Directory| {
        let filter = Filter { organization, role };
        waiting::list(&world.client, &filter, names).await.unwrap()
    };
    let own = Some((finance(), OrganizationKind::Finance));
    let found = list(own, Some(Role::Checker), &mut names).await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id, found[0].signed[0].name.as_str()), (*proposal, "县财政局"));
    let said = found[0].to_text(Language::Zh);
    assert!(said.contains("县民政局“一般”") && said.contains("已签署: 县财政局 经办"), "{said}");
    assert!(list(own, Some(Role::Payer), &mut names).await.is_empty());
    let other = Some((civil_affairs(), OrganizationKind::CivilAffairs));
    assert!(list(other, None, &mut names).await.is_empty());

    // The maker's own key is refused as a checker's; the checker's is not.
    let approve = approval_of(*proposal);
    let same = enter(&world, &office, FINANCE_MAKER, "自批", &approve).await;
    let Outcome::Refused { refusal, .. } = &same else { panic!("{same:?}") };
    assert_eq!(refusal.code, 203);
    let said = same.to_text(Language::Zh);
    assert!(said.contains("依据: 预算法实施条例") && said.contains("怎么办: 请由另一名"), "{said}");
    let applied = enter(&world, &office, FINANCE_CHECKER, "复核1", &approve).await;
    assert!(applied.to_text(Language::En).contains("the act takes effect"), "{applied:?}");
    assert!(office.outbox.entries().unwrap().is_empty());

    let known = office.known(&finance(), &text("指标1"), &call).await.unwrap();
    assert!(matches!(known, Known::Settled(_)), "{known:?}");
    let other = record_quota(1_000_001, day(5, 1));
    let taken = office.known(&finance(), &text("指标1"), &other).await.unwrap_err();
    assert!(matches!(taken, OfficeError::ReferenceTaken { index: 1, .. }), "{taken:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_whose_answer_was_lost_is_sent_again_and_entered_once() {
    let world = World::start().await;
    let directory = tempfile::tempdir().unwrap();
    let mut office = office(&world, &directory).await;
    let call = record_quota(1_000_000, day(5, 1));
    let transaction = office.sign(&key(FINANCE_MAKER), finance(), text("指标1"), &call);
    // The node takes it, and the officer's computer never hears of it.
    let there = office.client.clone();
    office.client = Client::new("http://127.0.0.1:9").unwrap();
    let lost = office.deliver(&transaction).await.unwrap();
    assert!(matches!(&lost, Outcome::Unsettled { id, .. } if *id == transaction.id()), "{lost:?}");
    world.commit(std::slice::from_ref(&transaction)).await;
    let height = world.chain.head().header.height;

    office.client = there;
    let signed = office.outbox.find(&finance(), &text("指标1")).unwrap().unwrap();
    let again = office.send(&signed).await.unwrap();
    assert!(again.is_taken(), "{again:?}");
    assert!(office.outbox.entries().unwrap().is_empty());
    assert_eq!(world.chain.head().header.height, height);
    assert_eq!(world.client.proposals(&Default::default()).await.unwrap().items.len(), 1);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_signed_and_not_sent_is_not_signed_anew() {
    let world = World::start().await;
    let directory = tempfile::tempdir().unwrap();
    let office = office(&world, &directory).await;
    let call = record_quota(1_000_000, day(5, 1));
    let transaction = office.sign(&key(FINANCE_MAKER), finance(), text("指标1"), &call);
    office.outbox.put(&transaction, office.client.base_url()).unwrap();
    let known = office.known(&finance(), &text("指标1"), &call).await.unwrap();
    assert_eq!(known, Known::Signed(Box::new(transaction)));
    let other = record_quota(1, day(5, 1));
    assert!(office.known(&finance(), &text("指标1"), &other).await.is_err());
    world.stop().await;
}
