//! What an import signs while others act on the same rows: runs against a node whose blocks the
//! test makes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use indicatif::ProgressBar;
use minglian_client::key_file::passphrase::Passphrase;
use minglian_client::key_file::{KeyFile, KeyKind};
use minglian_contracts::book::AccountId;
use minglian_contracts::call::Call;
use minglian_contracts::{allocation, approval, payment};
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::genesis::{Genesis, GenesisOfficer, GenesisOrganization, Role};
use minglian_ledger::hash::{DemonstrationSeed, TransactionId};
use minglian_ledger::height::Height;
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::transaction::{Transaction, TransactionBody};
use minglian_node::import::correct::{self, Entered, Standing};
use minglian_node::import::notice::{self, COLUMNS};
use minglian_node::import::plan::{self, Act, Plan, Stage};
use minglian_node::import::report;
use minglian_node::import::run::{Outcome, Run};
use minglian_node::import::signers::{ROLES, Signers};
use rand::rngs::OsRng;
use serde_json::json;

use crate::rpc_world::{self, FINANCE_GOVERNOR, World, finance, key, text};

const PASSPHRASE: &str = "correct horse battery";

/// Quota of 10 万元, and 4 of them paid.
const ROWS: &str = "t,1,2020,安徽省,省级,养老,,,皖财社〔2020〕1号,10,万元,,received,,\n\
                    t,2,2020,安徽省,省级,养老,,,皖财社〔2020〕1号,4,万元,,spent,,";

fn planned(rows: &str) -> Plan {
    let table = format!("{}\n{rows}", COLUMNS.join(","));
    let parsed = notice::parse("table.csv", table.as_bytes()).unwrap();
    assert_eq!(parsed.refused, []);
    let plan = plan::plan("table.csv", &parsed.notices[0]);
    assert_eq!(plan.refused, []);
    plan
}

fn wan(text: &str) -> Fen {
    Fen::parse_published(text, Unit::TenThousandYuan).unwrap()
}

/// The key that an import makes for an officer on a demonstration network.
fn officer(organization: OrganizationCode, role: Role) -> SigningKey {
    let name = format!("{organization}/{role:?}");
    let secret = key(FINANCE_GOVERNOR).to_bytes();
    SigningKey::from_bytes(&DemonstrationSeed::of(&[&secret, name.as_bytes()]).0)
}

/// A demonstration on which an import has registered what `plan` names.
fn genesis(plan: &Plan) -> Genesis {
    let mut genesis = rpc_world::genesis();
    for party in &plan.parties {
        let officers = ROLES
            .map(|role| GenesisOfficer { key: PublicKey::of(&officer(party.code, role)), role });
        genesis.organizations.push(GenesisOrganization {
            code: party.code,
            name: party.name.clone(),
            kind: party.kind,
            division: party.division,
            officers: officers.to_vec(),
        });
    }
    genesis
}

fn write_private(path: &Path, content: &str) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
}

/// An index with the key of the governor who registers.
fn signers(world: &World) -> Signers {
    signers_with(world, "governor", &[])
}

/// An index with the governor's key and those of these officers, in a directory of its own.
fn signers_with(world: &World, name: &str, others: &[(OrganizationCode, Role)]) -> Signers {
    let directory = world.directory().join(name);
    fs::create_dir(&directory).unwrap();
    let passphrase = Passphrase::new(PASSPHRASE.to_owned()).unwrap();
    write_private(&directory.join("passphrase"), PASSPHRASE);
    let mut keys = vec![(finance(), Role::Governor, key(FINANCE_GOVERNOR))];
    keys.extend(others.iter().map(|&(code, role)| (code, role, officer(code, role))));
    let mut officers = Vec::new();
    for (place, (organization, role, key)) in keys.into_iter().enumerate() {
        let file = format!("{place}.json");
        let path = directory.join(&file);
        KeyFile::write(&path, KeyKind::Officer, &key, &passphrase, &mut OsRng).unwrap();
        officers.push(json!({ "organization": organization, "role": role, "key_file": file }));
    }
    let index = json!({ "passphrase_file": "passphrase", "officers": officers });
    let path = directory.join("officers.json");
    fs::write(&path, index.to_string()).unwrap();
    Signers::read(&path).unwrap()
}

/// Does `work` while the network makes blocks of what waits.
async fn with_blocks<T>(world: &World, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            _ = world.make_block_when(1) => {}
        }
    }
}

/// Imports a plan.
async fn import(world: &World, signers: &mut Signers, plan: &Plan) -> Vec<Outcome> {
    let mut run = run(world, signers).await;
    with_blocks(world, run.enter(plan)).await.unwrap()
}

async fn run<'a>(world: &'a World, signers: &'a mut Signers) -> Run<'a> {
    Run::new(&world.client, Some(signers), ProgressBar::hidden()).await.unwrap()
}

/// The acts of `plan` before its payments.
fn without_payments(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.acts.retain(|act| act.stage < Stage::Payment);
    plan
}

fn act_at(plan: &Plan, stage: Stage) -> Act {
    plan.acts.iter().find(|act| act.stage == stage).unwrap().clone()
}

/// An officer of `act`'s organisation signs a call by hand, and a block holds it.
async fn sign(world: &World, act: &Act, role: Role, reference: &str, call: &Call) -> TransactionId {
    let body = TransactionBody {
        chain_id: world.chain.chain_id().clone(),
        organization: act.organization,
        client_reference: text(reference),
        expires_at: Height(1_000),
        call: call.encode(),
    };
    let signed = Transaction::sign(body, &officer(act.organization, role));
    world.commit(std::slice::from_ref(&signed)).await;
    let known = world.client.receipt(&act.organization, reference).await.unwrap();
    assert_eq!(known.id, signed.id());
    known.id
}

/// The maker proposes an act by hand.
async fn propose(world: &World, act: &Act) -> TransactionId {
    sign(world, act, Role::Maker, act.reference.as_str(), &act.call).await
}

/// An officer approves by hand.
async fn approve(world: &World, act: &Act, role: Role, proposal: TransactionId) {
    let call = Call::Approval(approval::Call::Approve { proposal });
    sign(world, act, role, &format!("{proposal} {role:?}"), &call).await;
}

/// How much a payment's payee has; none if it was never made.
async fn paid(world: &World, act: &Act) -> Option<Fen> {
    let Call::Payment(payment::Call::Instruct { order, .. }) = &act.call else { panic!("{act:?}") };
    let (organization, reference) = (act.organization, order.reference.clone());
    let account = borsh::to_vec(&AccountId::Payment { organization, reference }).unwrap();
    match world.client.account(&account).await {
        Ok(account) => Some(account.balance.fen),
        Err(error) => {
            assert!(error.is_vacant(), "{error}");
            None
        }
    }
}

/// What the act is sent as when its first version never took effect.
fn second_version(act: &Act) -> Act {
    let never = Entered { call: act.call.clone(), standing: Standing::NeverMade };
    let acts = correct::remaining(act, &[never]).unwrap();
    let [again] = acts.as_slice() else { panic!("{acts:?}") };
    again.clone()
}

/// What a run would send.
async fn remaining(world: &World, signers: &mut Signers, plan: &Plan) -> Vec<Act> {
    let (_, remaining) = run(world, signers).await.look(plan).await.unwrap();
    remaining.into_iter().map(|(_, act)| act).collect()
}

/// The checker rejects by hand.
async fn reject(world: &World, act: &Act, proposal: TransactionId) {
    let call = Call::Approval(approval::Call::Reject { proposal, opinion: None });
    sign(world, act, Role::Checker, &format!("{proposal} 否决"), &call).await;
}

async fn signatures(world: &World, proposal: TransactionId) -> usize {
    let view = world.client.proposal(&proposal).await.unwrap();
    view.proposal["signatures"].as_array().unwrap().len()
}

/// A run breaks off and leaves its proposal in the pool; it comes into a block when the next run
/// has begun.
#[tokio::test(flavor = "multi_thread")]
async fn an_act_that_is_committed_while_a_run_looks_is_signed_on_and_not_sent_again() {
    let plan = planned(ROWS);
    let world = World::of_genesis(genesis(&plan)).await;
    let mut signers = signers(&world);
    import(&world, &mut signers, &without_payments(&plan)).await;
    let act = act_at(&plan, Stage::Payment);

    let mut late = run(&world, &mut signers).await;
    let proposal = propose(&world, &act).await;
    let outcomes = with_blocks(&world, late.enter(&plan)).await.unwrap();
    assert_eq!(outcomes, [Outcome::Unchanged, Outcome::Entered]);
    assert!(world.client.proposal(&proposal).await.unwrap_err().is_vacant());
    assert_eq!(paid(&world, &act).await, Some(wan("4")));
    assert_eq!(paid(&world, &second_version(&act)).await, None);

    let outcomes = import(&world, &mut signers, &plan).await;
    assert_eq!(outcomes, [Outcome::Unchanged, Outcome::Unchanged]);
    world.stop().await;
}

/// Two versions of one payment were proposed: a run signs neither while the other can still take
/// effect, or has.
#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_version_is_not_signed_while_a_later_one_waits_or_stands() {
    let plan = planned(ROWS);
    let world = World::of_genesis(genesis(&plan)).await;
    let mut signers = signers(&world);
    import(&world, &mut signers, &without_payments(&plan)).await;
    let act = act_at(&plan, Stage::Payment);
    let again = second_version(&act);
    let (first, second) = (propose(&world, &act).await, propose(&world, &again).await);

    for _ in 0..2 {
        let outcomes = import(&world, &mut signers, &plan).await;
        let [Outcome::Unchanged, Outcome::Different(reason)] = outcomes.as_slice() else {
            panic!("{outcomes:?}")
        };
        assert!(reason.contains(&first.to_string()), "{reason}");
        assert_eq!(signatures(&world, first).await, 1);
        if paid(&world, &again).await.is_none() {
            approve(&world, &again, Role::Checker, second).await;
            approve(&world, &again, Role::Payer, second).await;
        }
    }
    assert_eq!(paid(&world, &again).await, Some(wan("4")));

    let withdraw = Call::Approval(approval::Call::Withdraw { proposal: first });
    sign(&world, &act, Role::Maker, "撤回", &withdraw).await;
    let outcomes = import(&world, &mut signers, &plan).await;
    assert_eq!(outcomes, [Outcome::Unchanged, Outcome::Unchanged]);
    assert_eq!(paid(&world, &act).await, None);
    world.stop().await;
}

/// Quota of so many 万元, and a printed zero.
fn quota(amount: &str) -> Plan {
    planned(&format!(
        "t,1,2020,安徽省,省级,养老,,,皖财社〔2020〕1号,{amount},万元,,received,,\n\
         t,2,2020,安徽省,省级,儿童,,,皖财社〔2020〕1号,0,万元,,received,,"
    ))
}

/// Whether a line exists or a reference was used does not say that a proposal took effect.
#[tokio::test(flavor = "multi_thread")]
async fn what_officers_rejected_is_entered_and_not_called_unchanged() {
    let world = World::of_genesis(genesis(&quota("10"))).await;
    let mut signers = signers(&world);
    for amount in ["10", "12", "7"] {
        let plan = quota(amount);
        let due = remaining(&world, &mut signers, &plan).await;
        for act in &due {
            let proposal = propose(&world, act).await;
            reject(&world, act, proposal).await;
        }
        let outcomes = import(&world, &mut signers, &plan).await;
        let entered = outcomes.iter().filter(|outcome| **outcome == Outcome::Entered).count();
        assert_eq!((entered, due.len()), (due.len(), if amount == "10" { 2 } else { 1 }));
        let Call::Allocation(allocation::Call::RecordQuota(quota)) = &plan.acts[0].call else {
            panic!("{plan:?}")
        };
        let line = world.client.allocation(&borsh::to_vec(&quota.to).unwrap()).await.unwrap();
        assert_eq!(line.line.available.fen, wan(amount));
        let outcomes = import(&world, &mut signers, &plan).await;
        assert_eq!(outcomes, [Outcome::Unchanged, Outcome::Unchanged]);
    }
    world.stop().await;
}

/// The officers reject an import's reversal and reverse by themselves: the payment is theirs to
/// make again, and they may have done so.
#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_reversal_does_not_say_who_reversed() {
    let (plan, changed) = (planned(ROWS), planned(&ROWS.replace(",4,", ",5,")));
    let world = World::of_genesis(genesis(&plan)).await;
    let mut signers = signers(&world);
    import(&world, &mut signers, &plan).await;

    let due = remaining(&world, &mut signers, &changed).await;
    let [undo, again] = due.as_slice() else { panic!("{due:?}") };
    let proposal = propose(&world, undo).await;
    reject(&world, undo, proposal).await;
    let by_hand = sign(&world, undo, Role::Maker, "冲正", &undo.call).await;
    approve(&world, undo, Role::Checker, by_hand).await;

    let outcomes = import(&world, &mut signers, &changed).await;
    let [Outcome::Unchanged, Outcome::Different(reason)] = outcomes.as_slice() else {
        panic!("{outcomes:?}")
    };
    assert!(reason.contains("outside this table"), "{reason}");
    assert_eq!(paid(&world, again).await, None);
    world.stop().await;
}

/// Elsewhere than on a demonstration an import has the keys that its index names.
#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_not_reversed_by_whoever_cannot_make_the_new_one() {
    let (plan, changed) = (planned(ROWS), planned(&ROWS.replace(",4,", ",5,")));
    let world = World::of_genesis(Genesis { demonstration: false, ..genesis(&plan) }).await;
    let (quota, act) = (act_at(&plan, Stage::Quota), act_at(&plan, Stage::Payment));
    let own = |role| (act.organization, role);
    let finance = [(quota.organization, Role::Maker), (quota.organization, Role::Checker)];
    let payer = own(Role::Payer);
    let all = [&finance[..], &[own(Role::Maker), own(Role::Checker), payer]].concat();
    let mut all = signers_with(&world, "all", &all);
    let mut maker = signers_with(&world, "maker", &[own(Role::Maker)]);
    let mut two = signers_with(&world, "two", &[own(Role::Maker), own(Role::Checker)]);
    assert_eq!(import(&world, &mut all, &plan).await, [Outcome::Entered, Outcome::Entered]);

    // Before and after the maker proposed the reversal, which then waits for the checker.
    for _ in 0..2 {
        let outcomes = import(&world, &mut two, &changed).await;
        let [Outcome::Unchanged, Outcome::Different(reason)] = outcomes.as_slice() else {
            panic!("{outcomes:?}")
        };
        assert!(reason.contains("payer"), "{reason}");
        let outcomes = import(&world, &mut maker, &changed).await;
        assert_eq!(outcomes, [Outcome::Unchanged, Outcome::Waiting(vec![Role::Checker])]);
        assert_eq!(paid(&world, &act).await, Some(wan("4")));
    }

    assert_eq!(import(&world, &mut all, &changed).await, [Outcome::Unchanged, Outcome::Entered]);
    assert_eq!(paid(&world, &act).await, Some(Fen::ZERO));
    let outcomes = import(&world, &mut all, &changed).await;
    assert_eq!(outcomes, [Outcome::Unchanged, Outcome::Unchanged]);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_amount_is_named_with_the_old_one_before_anything_is_sent() {
    let (plan, changed) = (planned(ROWS), planned(&ROWS.replace(",4,", ",5,")));
    let world = World::of_genesis(genesis(&plan)).await;
    let mut signers = signers(&world);
    import(&world, &mut signers, &plan).await;
    let said = async |signers: &mut Signers, plan: &Plan| {
        let mut run = run(&world, signers).await;
        let (outcomes, _) = run.look(plan).await.unwrap();
        let said: Vec<String> = run.corrections().iter().map(ToString::to_string).collect();
        (said, report::report("t.csv", plan, &outcomes).with_corrections(run.corrections()))
    };
    let (same, _) = said(&mut signers, &plan).await;
    assert!(same.is_empty(), "{same:?}");
    let head = world.chain.head().header.height;
    let (named, report) = said(&mut signers, &changed).await;
    assert!(!named.is_empty(), "{named:?}");
    assert!(
        named.iter().any(|line| line.contains("账上 40000 元, now 更正为 50000 元")),
        "{named:?}"
    );
    assert!(named.iter().any(|line| line.contains("行: ")), "by its line: {named:?}");
    assert!(report.to_text().contains("correction 更正: "), "{}", report.to_text());
    assert_eq!(world.chain.head().header.height, head, "nothing was sent");
    import(&world, &mut signers, &changed).await;
    let (after, _) = said(&mut signers, &changed).await;
    assert!(after.is_empty(), "{after:?}");
    world.stop().await;
}
