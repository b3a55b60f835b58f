//! An office at a node: an act is sent, waits, is approved, and is never entered twice.

use minglian_client::Client;
use minglian_contracts::call::Call;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_node::desk::language::Language;
use minglian_node::desk::names::Directory;
use minglian_node::desk::office::{self, Known, Office, OfficeError};
use minglian_node::desk::outbox::Outbox;
use minglian_node::desk::outcome::Outcome;
use minglian_node::desk::sheet::build::{Reading, RowAct, build};
use minglian_node::desk::sheet::cells::{Registered, Salts};
use minglian_node::desk::sheet::columns::form;
use minglian_node::desk::sheet::{self, run};
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
    let Known::Settled(settled) = known else { panic!("{known:?}") };
    assert!(settled.to_text(Language::Zh).contains("现已不在待办之列"), "{settled:?}");
    let other = record_quota(1_000_001, day(5, 1));
    let taken = office.known(&finance(), &text("指标1"), &other).await.unwrap_err();
    assert!(matches!(taken, OfficeError::ReferenceTaken { index: 1, .. }), "{taken:?}");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_of_another_chain_does_not_end_what_was_signed() {
    let world = World::start().await;
    let directory = tempfile::tempdir().unwrap();
    let office = office(&world, &directory).await;
    let call = record_quota(1_000_000, day(5, 1));
    let (maker, elsewhere) = (key(FINANCE_MAKER), text("another-chain-0000000000000000"));
    let height = world.chain.head().header.height;
    let signed = office::sign(&elsewhere, height, &maker, finance(), text("指标1"), &call);
    let outcome = office.deliver(&signed).await.unwrap();
    assert!(matches!(&outcome, Outcome::Unsettled { .. }), "{outcome:?}");
    assert!(outcome.to_text(Language::Zh).contains("另一条链"), "{outcome:?}");
    let kept = office.outbox.entries().unwrap();
    assert_eq!(kept.iter().map(|entry| entry.id).collect::<Vec<_>>(), [signed.id()]);
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

struct Nobody;

impl Registered for Nobody {
    fn named(&self, _: &str) -> Vec<OrganizationCode> {
        Vec::new()
    }
}

fn quota_sheet(amounts: [u32; 3]) -> Vec<RowAct> {
    let [one, two, three] = amounts;
    let holder = civil_affairs();
    let rows = [("养老", one), ("助残", two), ("儿童", three)];
    let rows = rows.map(|(line, amount)| {
        format!("{holder},福彩公益金,2025,{line},{amount},省级,皖财社〔2025〕15号,2025-05-01")
    });
    let csv = format!(
        "持有单位,资金来源,年度,指标,金额(万元),资金级次,文号,业务日期\n{}",
        rows.join("\n")
    );
    let table = sheet::parse(csv.into(), None).unwrap();
    let (form, salts) = (form("allocation.record_quota").unwrap(), Salts::new(&[7; 32]));
    let (signer, registered) = (finance(), &Nobody);
    let built =
        build(&table, &Reading { form, map: &[], unit: None, signer, registered, salts }).unwrap();
    assert!(built.refused.is_empty());
    built.acts
}

async fn enter_sheet(office: &mut Office, acts: &[RowAct]) -> Vec<String> {
    let mut lines = Vec::new();
    let report = |act: &RowAct, outcome: &Outcome| {
        lines.push(run::outcome_line(act, outcome));
        Ok(())
    };
    run::enter(office, &key(FINANCE_MAKER), finance(), acts, report).await.unwrap();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sheet_is_entered_once_and_goes_on_where_it_stopped() {
    let world = World::start().await;
    let directory = tempfile::tempdir().unwrap();
    let mut office = office(&world, &directory).await;
    let acts = quota_sheet([10, 20, 30]);
    // The first row was signed and kept before the computer went off.
    let reference = acts[0].reference.clone();
    let signed = office.sign(&key(FINANCE_MAKER), finance(), reference, &acts[0].call);
    office.outbox.put(&signed, office.client.base_url()).unwrap();
    let (lines, _) = tokio::join!(enter_sheet(&mut office, &acts), world.make_block_when(3));
    assert!(lines.iter().all(|line| line.contains("waiting 待审批")), "{lines:?}");
    assert!(lines[0].contains(&signed.id().to_string()), "the same signature is sent: {lines:?}");
    assert!(office.outbox.entries().unwrap().is_empty());
    let waiting = world.client.proposals(&Default::default()).await.unwrap().items.len();
    assert_eq!(waiting, 3);

    // Again, with one amount changed: nothing is sent, and the changed row is told.
    let height = world.chain.head().header.height;
    let lines = enter_sheet(&mut office, &quota_sheet([10, 21, 30])).await;
    assert!(lines[0].contains("waiting 待审批") && lines[2].contains("waiting 待审批"));
    assert!(lines[1].contains("reference_taken"), "{}", lines[1]);
    assert_eq!(world.chain.head().header.height, height);
    assert!(office.outbox.entries().unwrap().is_empty());
    world.stop().await;
}
