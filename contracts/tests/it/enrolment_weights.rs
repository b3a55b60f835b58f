//! What acts of keys and enrolments count for in a block's limit: by what they make others compute.

use minglian_contracts::call::Call;
use minglian_contracts::enrolment;

use crate::enrolment::{COUNTIES, EPOCH, GROUP, agree, evaluated, numbers, prepared};
use crate::private;
use crate::scenario::call_of;
use crate::world::{World, code};

#[test]
fn acts_of_keys_weigh_by_the_threshold_of_the_committee() {
    let mut world = World::new();
    let tags = format!("tags={GROUP}/{EPOCH}");
    let quorum = ["city_finance.governor", "county_civil.governor"];
    agree(&mut world, &format!("city_civil.governor open_key {tags}"), &quorum);
    let weight = |words: &str| call_of("city_civil.maker", words, &world).weight();
    // Four members, of whom three are needed: three times three public shares.
    assert_eq!(weight(&format!("deal {tags}")), 300 + 100 * 3 * 3);
    assert_eq!(weight(&format!("open_key {tags}")), 500);
    let plan = format!("plan_enrolments group={GROUP} epoch={EPOCH} planned=9 reviewer=city_civil");
    assert_eq!(weight(&plan), 500);
}

#[test]
fn acts_of_enrolment_weigh_by_points_answers_and_tags() {
    let mut world = prepared(100);
    let county = COUNTIES[0];
    let context = private::context(&world, code(county), GROUP, EPOCH);
    let weight = |call: enrolment::Call| Call::Enrolment(call).weight();
    let asked = private::request(&context, "police.attester", &numbers(1, 12));
    assert_eq!(weight(enrolment::Call::RequestEvaluation(asked)), 500 + 80 * 12);
    let request = evaluated(&mut world, county, &numbers(1, 12));
    let answer = private::answer(request, private::partial(&world, request, 1));
    assert_eq!(weight(enrolment::Call::AnswerEvaluation(answer)), 800 + 30 * 12);
    // For each of three members 20, and 16 for each of five tags of 190.
    let act = private::enrol(&world, request, 1, &numbers(1, 5));
    assert_eq!(weight(enrolment::Call::Enrol(act)), 500 + 3 * 20 + 5 * (190 + 3 * 16));
}
