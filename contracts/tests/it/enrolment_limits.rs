//! What only a state that no test can act out brings about, and what a check of the whole finds.

use minglian_contracts::call::Call;
use minglian_contracts::context::BlockContext;
use minglian_contracts::enrolment::check::{EnrolmentViolation, check_enrolments};
use minglian_contracts::enrolment::entry::TAGS;
use minglian_contracts::enrolment::list::{EnrolmentList, LISTS, ListName, TENURES_MAX};
use minglian_contracts::enrolment::{self, ceremony, evaluation};
use minglian_contracts::execute::execute_block;
use minglian_contracts::refusal::Code;
use minglian_contracts::schema::State;
use minglian_ledger::height::LogIndex;
use minglian_ledger::subsidy::enrolment::Tag;
use minglian_ledger::subsidy::threshold::KeyPurpose;
use minglian_ledger::subsidy::tree::BATCH_LEAVES_MAX;
use minglian_ledger::validators::ValidatorSet;

use crate::enrolment::{evaluated, prepared};
use crate::world::{World, code, genesis, validator};
use crate::{private, scenario};

fn list_name() -> ListName {
    ListName { county: code("county_civil"), programme: 1, epoch: 2024 }
}

#[test]
fn one_organization_alone_makes_no_key() {
    // Two validators of one organisation, which together are the whole power.
    let mut genesis = genesis();
    let names = ["city_civil", "second"].map(|name| validator(name, "city_civil", 1));
    genesis.validators = ValidatorSet::new(names.to_vec()).unwrap();
    let mut world = World::from_genesis(&genesis);
    let call = scenario::call("open_key tags=1/2024", &world);
    let transaction = world.sign("city_civil.governor", &call);
    let receipts = world.block(vec![transaction]).unwrap();
    assert_eq!(Code::from_number(receipts[0].code), Some(Code::KeyMembersInvalid));
}

/// What becomes of an act in a state in which the list of programme 1 is like this.
fn with_list(world: &mut World, actor: &str, call: &Call, list: &EnrolmentList) -> Option<Code> {
    let transaction = world.sign(actor, call);
    let mut state = State::new(&world.state);
    LISTS.put(&mut state, &list_name(), list);
    let context = BlockContext::after(&world.header, world.next_time()).unwrap();
    let executed = execute_block(&state, &context, &[transaction]).unwrap();
    Code::from_number(executed.receipts[0].code)
}

#[test]
fn a_list_that_is_full_takes_no_more() {
    let mut world = prepared(100);
    let persons: Vec<u16> = (1..=10).collect();
    let request = evaluated(&mut world, "county_civil", &persons);
    let act = private::enrol(&world, request, 1, &persons);
    let call = Call::Enrolment(enrolment::Call::Enrol(act));
    let list = |length: u32| EnrolmentList {
        group: 1,
        length,
        root: [0; 32],
        peaks: vec![[0; 32]; length.count_ones() as usize],
        tenures: 0,
    };
    let most = BATCH_LEAVES_MAX - 10;
    let actor = "county_civil.checker";
    assert_eq!(with_list(&mut world, actor, &call, &list(most)), None);
    assert_eq!(with_list(&mut world, actor, &call, &list(most + 1)), Some(Code::ListFull));
}

#[test]
fn a_list_that_has_many_who_moved_takes_no_more() {
    let mut world = prepared(100);
    let persons: Vec<u16> = (1..=10).collect();
    let request = evaluated(&mut world, "county_civil", &persons);
    let act = private::enrol(&world, request, 1, &persons);
    world.apply("county_civil.checker", &Call::Enrolment(enrolment::Call::Enrol(act)));
    let request = evaluated(&mut world, "quanjiao", &[5]);
    let words = format!(
        "transfer programme=1 person=5 request={request} from=county_civil last_month=2024-01"
    );
    let call = scenario::call_of("quanjiao.maker", &words, &world);
    let known = LISTS.get(&world.state, &list_name()).unwrap().unwrap();
    let list = |tenures| EnrolmentList { tenures, ..known.clone() };
    let actor = "quanjiao.maker";
    assert_eq!(with_list(&mut world, actor, &call, &list(TENURES_MAX - 1)), None);
    let found = with_list(&mut world, actor, &call, &list(TENURES_MAX));
    assert_eq!(found, Some(Code::TransfersFull));
}

#[test]
fn a_check_finds_a_tag_too_many_and_a_root_that_is_not_the_lists() {
    let mut world = prepared(100);
    let persons: Vec<u16> = (1..=10).collect();
    let request = evaluated(&mut world, "county_civil", &persons);
    let act = private::enrol(&world, request, 1, &persons);
    world.apply("county_civil.checker", &Call::Enrolment(enrolment::Call::Enrol(act)));
    assert_eq!(check_enrolments(&world.state).unwrap(), 10);
    let (key, place) = TAGS.scan(&world.state, &(), None, 1).unwrap().remove(0);
    let mut state = State::new(&world.state);
    TAGS.put(&mut state, &(2, key.1, key.2), &place);
    assert!(matches!(check_enrolments(&state), Err(EnrolmentViolation::Place(..))));
    let mut state = State::new(&world.state);
    TAGS.delete(&mut state, &key);
    assert!(matches!(check_enrolments(&state), Err(EnrolmentViolation::Count(_, 10, 9, 0))));
    let mut list = LISTS.get(&world.state, &list_name()).unwrap().unwrap();
    list.peaks[0][0] ^= 1;
    let mut state = State::new(&world.state);
    LISTS.put(&mut state, &list_name(), &list);
    assert!(matches!(check_enrolments(&state), Err(EnrolmentViolation::Root(_))));
}

/// Weights hang on an act's bytes only, so a refused one has declared what it costs to refuse.
#[test]
fn acts_weigh_by_their_points_answers_and_tags() {
    let world = World::new();
    let words = |words: &str| scenario::call(words, &world).weight();
    assert_eq!(words("open_key tags=1/2024"), 500);
    assert_eq!(words("plan_enrolments group=1 epoch=2024 planned=9 reviewer=city_civil"), 500);
    assert_eq!(words("retire_key tags=1/2024"), 300);
    let attester = "county=county_civil attester=police.attester";
    assert_eq!(words(&format!("register_attester {attester} organization=police")), 200);
    assert_eq!(words(&format!("end_attester {attester}")), 200);
    let context = private::context(&world, code("county_civil"), 1, 2024);
    let request = private::request(&context, "police.attester", &[1, 2, 3]);
    let weight = |call| Call::Enrolment(call).weight();
    assert_eq!(weight(enrolment::Call::RequestEvaluation(request.clone())), 500 + 3 * 80);
    let answer = evaluation::AnswerEvaluation {
        request: LogIndex(0),
        results: request.points.iter().map(|point| point.blinded.point).collect(),
        proof: private::no_proof(),
    };
    assert_eq!(weight(enrolment::Call::AnswerEvaluation(answer)), 800 + 3 * 30);
    let purpose = KeyPurpose::Beacon { epoch: 1 };
    for (members, threshold, declared) in [(4, 3, 1_200), (10, 7, 5_200), (32, 22, 48_700)] {
        let dealing = private::ceremony(purpose, 1, members, threshold).dealings[&1].clone();
        let act = ceremony::PostDealing { purpose, attempt: 1, dealing };
        assert_eq!(weight(enrolment::Call::PostDealing(act)), declared);
    }
    let entry = |position| enrolment::entry::Entry {
        position,
        tag: Tag(request.points[0].blinded.point),
        proof: private::no_proof(),
    };
    let enrol = |entries: u16, members: u16| {
        enrolment::Call::Enrol(enrolment::entry::Enrol {
            programme: 1,
            request: LogIndex(0),
            members: (1..=members).collect(),
            entries: (0..entries).map(entry).collect(),
        })
    };
    assert_eq!(weight(enrol(10, 3)), 500 + 60 + 10 * (48 + 190));
    // A committee of ten fits with as many enrolments as an act may have; the largest does not.
    assert!(weight(enrol(160, 7)) <= minglian_contracts::envelope::ACT_WEIGHT_MAX);
    assert!(weight(enrol(160, 22)) > minglian_contracts::envelope::ACT_WEIGHT_MAX);
}
