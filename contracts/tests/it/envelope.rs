//! What a block must satisfy before anything in it is executed, and what becomes of refused acts.

use minglian_contracts::allocation::entry::Statement;
use minglian_contracts::allocation::plan::{Plan, PlanRow};
use minglian_contracts::allocation::{self, Basis, Purpose, StatementKind};
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::context::BlockContext;
use minglian_contracts::disclosure;
use minglian_contracts::disclosure::obligation::ObligationName;
use minglian_contracts::disclosure::publication::{Metadata, Openness, Publish, Validity};
use minglian_contracts::envelope::{
    ACT_WEIGHT_MAX, EnvelopeFault, FORGETTING, FORGOTTEN_MAX, REFERENCES, REFUSED,
};
use minglian_contracts::execute::{ExecuteError, Run, Unfit};
use minglian_contracts::governance;
use minglian_contracts::refusal::Code;
use minglian_contracts::registry;
use minglian_contracts::seal::InvalidBlock;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{GenesisParameter, Role};
use minglian_ledger::height::Height;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{Transaction, TransactionBody};

use crate::world::{World, code, public_key, secret_key, text};

/// An act that anybody's maker may propose.
fn statement(world: &World, subject: &str) -> Call {
    Call::Allocation(allocation::Call::State(Statement {
        kind: StatementKind::Total,
        line: None,
        subject: text(subject),
        figure: Fen::new(100).unwrap(),
        basis: Basis { printed_in: Some(text("公示")), ..Basis::default() },
        occurred_on: world.date,
    }))
}

/// An act that is refused: its plan is empty, or has more rows than a plan may have.
fn refused_act(world: &World, rows: usize) -> Call {
    let row = PlanRow { holder: code("home"), purpose: Purpose::default(), amount: Fen::ZERO };
    let line = crate::scenario::line_name("county_civil/中央/2024/甲");
    Call::Allocation(allocation::Call::Plan(Plan {
        name: text("方案"),
        from: line,
        rows: vec![row; rows],
        reviewer: code("county_finance"),
        occurred_on: world.date,
    }))
}

fn resign(
    transaction: &Transaction,
    actor: &str,
    change: impl Fn(&mut TransactionBody),
) -> Transaction {
    let mut body = transaction.body.clone();
    change(&mut body);
    Transaction::sign(body, &secret_key(actor))
}

/// The verdict of admission, which a block shares.
fn fault(world: &World, transaction: &Transaction) -> EnvelopeFault {
    let fault = world.admit(transaction).unwrap_err();
    match world.build(std::slice::from_ref(transaction)) {
        Err(InvalidBlock::Execute(ExecuteError::Unfit { position: 0, unfit })) => {
            assert_eq!(unfit, Unfit::Envelope(fault.clone()));
        }
        other => panic!("{other:?}"),
    }
    fault
}

#[test]
fn a_block_holds_only_transactions_for_its_chain_in_time_with_a_reference() {
    let mut world = World::new();
    let call = statement(&world, "合计");
    let good = world.sign("home.maker", &call);
    assert!(world.admit(&good).is_ok());

    let foreign = resign(&good, "home.maker", |body| body.chain_id = text("other-1"));
    assert_eq!(fault(&world, &foreign), EnvelopeFault::WrongChain(text("other-1")));

    world.block(Vec::new()).unwrap();
    let last = resign(&good, "home.maker", |body| body.expires_at = Height(2));
    assert!(world.admit(&last).is_ok());
    let expired = resign(&good, "home.maker", |body| body.expires_at = Height(1));
    let (expires_at, height) = (Height(1), Height(2));
    assert_eq!(fault(&world, &expired), EnvelopeFault::Expired { expires_at, height });

    let far = resign(&good, "home.maker", |body| body.expires_at = Height(100_003));
    assert_eq!(fault(&world, &far), EnvelopeFault::ExpiresTooLate(Height(100_003)));
    let nameless = resign(&good, "home.maker", |body| body.client_reference = text(""));
    assert_eq!(fault(&world, &nameless), EnvelopeFault::NoReference);
}

#[test]
fn a_call_that_is_not_canonical_makes_the_block_invalid() {
    let mut world = World::new();
    let call = statement(&world, "合计");
    let good = world.sign("home.maker", &call);
    for cut in 0..good.body.call.len() {
        let cut = resign(&good, "home.maker", |body| body.call.truncate(cut));
        assert!(matches!(fault(&world, &cut), EnvelopeFault::MalformedCall(_)));
    }
    let longer = resign(&good, "home.maker", |body| body.call.push(0));
    assert!(matches!(fault(&world, &longer), EnvelopeFault::MalformedCall(_)));
}

#[test]
fn a_block_with_one_bad_transaction_is_invalid_and_names_its_position() {
    let mut world = World::new();
    let call = statement(&world, "合计");
    let good = world.sign("home.maker", &call);
    let bad = world.sign("nobody.maker", &call);
    match world.build(&[good, bad]) {
        Err(InvalidBlock::Execute(ExecuteError::Unfit { position, unfit })) => {
            assert_eq!(position, 1);
            assert_eq!(unfit, EnvelopeFault::KeyNotLive(code("nobody")).into());
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_counts_only_for_its_organisation_and_from_the_height_after_its_block() {
    let mut world = World::new();
    let call = statement(&world, "合计");
    let register = |key: &str| {
        Call::Registry(registry::Call::RegisterKey {
            organization: code("home"),
            key: public_key(key),
            role: Role::Maker,
            same_officer_as: None,
        })
    };
    let foreign = world.sign_with("home.maker", "甲", call.encode());
    let foreign = resign(&foreign, "home.maker", |body| body.organization = code("audit"));
    assert_eq!(fault(&world, &foreign), EnvelopeFault::KeyNotLive(code("audit")));

    let (proposal, _) = world.act("home.governor", &register("home.new"));
    let approve = Call::Approval(approval::Call::Approve { proposal });

    // In one block: the new key does not count yet, the revoked one still does.
    let revoke = Call::Registry(registry::Call::RevokeKey { key: public_key("home.maker") });
    let registering = world.sign("county_civil.governor", &approve);
    let revoking = world.sign("home.governor", &revoke);
    let by_new = world.sign("home.new", &call);
    let by_old = world.sign("home.maker", &call);
    assert!(world.build(&[registering.clone(), by_new.clone()]).is_err());
    world.block(vec![registering, revoking, by_old]).unwrap();

    let by_old = world.sign("home.maker", &call);
    assert_eq!(fault(&world, &by_old), EnvelopeFault::KeyNotLive(code("home")));
    world.block(vec![by_new]).unwrap();
}

#[test]
fn an_applied_act_is_not_repeated_and_keeps_its_reference() {
    let mut world = World::new();
    let first = world.sign_with("home.maker", "凭证1", statement(&world, "甲").encode());
    let other = world.sign_with("home.maker", "凭证1", statement(&world, "乙").encode());
    // In one block, or in two.
    assert!(world.build(&[first.clone(), first.clone()]).is_err());
    let receipts = world.block(vec![first.clone(), other.clone()]).unwrap();
    assert!(receipts[0].is_applied());
    assert_eq!(receipts[1].code, Code::ReferenceTaken.number());
    assert!(matches!(fault(&world, &first), EnvelopeFault::Repeated(Some(_))));
    // Another organisation has references of its own.
    let elsewhere = world.sign_with("audit.maker", "凭证1", statement(&world, "甲").encode());
    assert!(world.block(vec![elsewhere]).unwrap()[0].is_applied());

    let key = (code("home"), text("凭证1"));
    let reference = REFERENCES.get(&world.state, &key).unwrap().unwrap();
    assert_eq!(reference.transaction, first.id());
    // The genesis has one leaf, so the first record stands at position 1.
    assert_eq!(reference.index.0, 1);
}

#[test]
fn a_refused_act_leaves_no_reference_and_is_not_repeated_until_it_is_forgotten() {
    let mut world = World::new();
    let call = refused_act(&world, 0).encode();
    let refused = world.sign_with("county_civil.maker", "方案1", call);
    let refused = resign(&refused, "county_civil.maker", |body| body.expires_at = Height(3));
    assert_eq!(world.block(vec![refused.clone()]).unwrap()[0].code, 515);
    assert_eq!(fault(&world, &refused), EnvelopeFault::Repeated(None));

    let statement = statement(&world, "合计").encode();
    let again = world.sign_with("county_civil.maker", "方案1", statement);
    assert!(world.block(vec![again]).unwrap()[0].is_applied());

    // Remembered while it could be repeated, forgotten in the first block where it cannot.
    let remembered = |world: &World| REFUSED.scan(&world.state, &(), None, 10).unwrap().len();
    world.block(Vec::new()).unwrap();
    assert_eq!((world.header.height, remembered(&world)), (Height(3), 1));
    world.block(Vec::new()).unwrap();
    assert_eq!((world.header.height, remembered(&world)), (Height(4), 0));
}

#[test]
fn a_block_forgets_a_bounded_number_of_refused_acts_and_the_next_the_rest() {
    let mut world = World::new();
    let call = refused_act(&world, 0).encode();
    let template = world.sign_with("county_civil.maker", "方案", call);
    let template = resign(&template, "county_civil.maker", |body| body.expires_at = Height(4));
    // Signing is slow and not what is tested: the key is right, the signature is another's.
    let act = |number: usize| {
        let mut act = template.clone();
        act.body.client_reference = text(&format!("{number}"));
        act
    };
    let half = FORGOTTEN_MAX / 2;
    for numbers in [0..half, half..2 * half, 2 * half..2 * half + 1] {
        world.block(numbers.map(&act).collect()).unwrap();
    }
    let last = resign(&act(9_999), "county_civil.maker", |body| body.expires_at = Height(5));
    world.block(vec![last]).unwrap();
    let remembered = |world: &World| REFUSED.scan(&world.state, &(), None, usize::MAX).unwrap();
    assert_eq!(remembered(&world).len(), FORGOTTEN_MAX + 2);
    world.block(Vec::new()).unwrap();
    assert_eq!((world.header.height, remembered(&world).len()), (Height(5), 2));
    assert_eq!(FORGETTING.get(&world.state, &()).unwrap(), Some(Height(4)));
    world.block(Vec::new()).unwrap();
    assert_eq!(remembered(&world), []);
    assert_eq!(FORGETTING.get(&world.state, &()).unwrap(), None);
}

#[test]
fn an_approval_weighs_what_the_act_that_waits_weighs() {
    let mut world = World::new();
    let parameter = |number: usize| {
        Call::Governance(governance::Call::SetParameter(GenesisParameter {
            key: text(&format!("测试.{number}")),
            value: 1,
            unit: text("days"),
            effective_from: world.date,
            effective_to: None,
            article: text("测试"),
            approved_by: text("测试"),
        }))
    };
    let calls: Vec<Call> = (0..50).map(parameter).collect();
    let proposals: Vec<_> =
        calls.iter().map(|call| world.sign("city_civil.governor", call)).collect();
    let ids: Vec<_> = proposals.iter().map(Transaction::id).collect();
    world.block(proposals).unwrap();
    let approve = |world: &mut World, actor: &str| {
        let approve =
            |proposal: &_| Call::Approval(approval::Call::Approve { proposal: *proposal });
        ids.iter().map(|id| world.sign(actor, &approve(id))).collect::<Vec<_>>()
    };
    let approvals = approve(&mut world, "city_finance.governor");
    let context = BlockContext::after(&world.header, world.next_time()).unwrap();
    let mut run = Run::new(&world.state, &context).unwrap();
    let fitted = approvals.iter().take_while(|one| run.push(one).unwrap().is_ok()).count();
    // 300 of its own and 2,000 of the parameter's, of 100,000.
    assert_eq!(fitted, 43);
    assert_eq!(run.push(&approvals[fitted]).unwrap(), Err(Unfit::Full));
}

#[test]
fn refused_bytes_of_an_organisation_are_capped_for_the_day() {
    let mut world = World::new();
    let context = BlockContext::after(&world.header, world.next_time()).unwrap();
    let call = refused_act(&world, 1_600);
    let acts: Vec<_> = (0..60).map(|_| world.sign("county_civil.maker", &call)).collect();
    let statement = statement(&world, "合计");
    let lawful = world.sign("county_civil.maker", &statement);
    let short = refused_act(&world, 0);
    let other = world.sign("city_civil.maker", &short);
    let mut run = Run::new(&world.state, &context).unwrap();
    let results: Vec<_> =
        acts.iter().map(|act| run.push(act).unwrap().map(|receipt| receipt.code)).collect();
    let refused = results.iter().filter(|result| **result == Ok(515)).count();
    assert!((40..60).contains(&refused), "{refused}");
    let out = Err(Unfit::RefusedBytes { code: 515 });
    assert!(results[refused..].iter().all(|result| *result == out));
    // A lawful act of the same organisation still goes through.
    assert!(run.push(&lawful).unwrap().unwrap().is_applied());
    // And an act of another one is still refused in the block: its plan names a county's reviewer.
    assert_eq!(run.push(&other).unwrap().unwrap().code, 122);
}

#[test]
fn a_full_block_turns_the_next_transaction_away() {
    let mut world = World::new();
    let context = BlockContext::after(&world.header, world.next_time()).unwrap();
    let calls: Vec<_> = (0..8_000).map(|number| statement(&world, &format!("{number}"))).collect();
    // Signing is slow and not what is tested: the key is right, the signature is another's.
    let template = world.sign("home.maker", &calls[0]);
    let mut run = Run::new(&world.state, &context).unwrap();
    let mut fitted = 0;
    for (number, call) in calls.iter().enumerate() {
        let mut transaction = template.clone();
        transaction.body.client_reference = text(&format!("{number}"));
        transaction.body.call = call.encode();
        match run.push(&transaction).unwrap() {
            Ok(_) => fitted += 1,
            Err(unfit) => {
                assert_eq!(unfit, Unfit::Full);
                break;
            }
        }
    }
    assert!(fitted > 500 && fitted < 8_000, "{fitted}");
    // What does not fit leaves nothing behind: the block ends as if it had not been offered.
    assert_eq!(run.finish().unwrap().receipts.len(), fitted);
}

/// A publication whose obligations are as short as they can be: 12 bytes each.
fn publication(world: &World, meets: usize) -> Call {
    let name = ObligationName { rule: Text::default(), subject: Text::default(), period: 1 };
    Call::Disclosure(disclosure::Call::Publish(Publish {
        metadata: Metadata {
            index_number: text("1"),
            title: text("1"),
            summary: Text::default(),
            topic: text("1"),
            keywords: Vec::new(),
            publisher: text("1"),
            document_number: Text::default(),
            produced_on: world.date,
            published_on: world.date,
            validity: Validity::InForce,
            openness: Openness::Proactive,
            time_limit: Text::default(),
            format: Text::default(),
            language: Text::default(),
        },
        meets: vec![name; meets],
        attachments: Vec::new(),
        figures: Vec::new(),
    }))
}

/// What fits no block would stand first in every proposal until it expires: one officer could
/// have emptied all blocks with a transaction of 20 KB.
#[test]
fn what_admission_takes_fits_an_empty_block() {
    let mut world = World::new();
    let context = BlockContext::after(&world.header, world.next_time()).unwrap();
    for meets in [0, 1, 32, 500, 830, 832, 1_700, 3_000] {
        let transaction = world.sign("home.maker", &publication(&world, meets));
        match world.admit(&transaction) {
            Ok(checked) => {
                assert!(checked.weight <= ACT_WEIGHT_MAX, "{meets}");
                let mut run = Run::new(&world.state, &context).unwrap();
                assert_ne!(run.push(&transaction).unwrap(), Err(Unfit::Full), "{meets}");
            }
            Err(fault) => {
                assert!(meets > 830, "{meets}: {fault}");
                let weight = 120 + 60 * meets as u64;
                assert_eq!(fault, EnvelopeFault::TooHeavy(weight));
                let mut run = Run::new(&world.state, &context).unwrap();
                assert_eq!(run.push(&transaction).unwrap(), Err(fault.into()));
            }
        }
    }
}
