//! Who moves from county to county has one place that is paid, in every month.

use minglian_contracts::enrolment::entry::{TAGS, TagPlace};
use minglian_contracts::enrolment::list;
use minglian_contracts::event::Outcome;
use minglian_contracts::refusal::Code;

use crate::enrolment::{COUNTIES, EPOCH, GROUP, agree, enrol, evaluated, numbers, prepared};
use crate::private;
use crate::scenario;
use crate::world::{World, code};

#[test]
fn a18_a_transfer_without_the_old_county_is_none() {
    let mut world = prepared(100);
    let [here, there] = COUNTIES;
    let first = evaluated(&mut world, here, &numbers(1, 12));
    enrol(&mut world, here, first, 1, &numbers(1, 12));
    let request = evaluated(&mut world, there, &[5]);
    let words =
        format!("transfer programme=1 person=5 request={request} from={here} last_month=2024-01");
    let both = ["quanjiao.checker"];
    agree(&mut world, &format!("quanjiao.maker {words}"), &both);
    let place = |world: &World| {
        let members = private::stored(world, request).answered;
        let tag = private::entry(world, request, &members, 5).tag;
        TAGS.get(&world.state, &(GROUP, EPOCH, tag)).unwrap().unwrap()
    };
    assert_eq!(place(&world), TagPlace { county: code(here), programme: 1, index: 4 });
    agree(
        &mut world,
        &format!("quanjiao.maker {words}"),
        &["quanjiao.checker", "county_civil.checker"],
    );
    assert_eq!(place(&world), TagPlace { county: code(there), programme: 1, index: 0 });
    // The old index stays on its list, and no month is paid by both.
    let zeros = |county, month: &str| {
        list::zeros(&world.state, &code(county), 1, EPOCH, month.parse().unwrap()).unwrap()
    };
    assert_eq!(list::list(&world.state, &code(here), 1, EPOCH).unwrap().unwrap().length, 12);
    for (month, old, new) in
        [("2023-12", vec![], vec![0]), ("2024-01", vec![], vec![0]), ("2024-02", vec![4], vec![])]
    {
        assert_eq!((zeros(here, month), zeros(there, month)), (old, new), "{month}");
    }
    assert_eq!([here, there].map(|county| tenures(&world, county)), [1, 1]);
}

/// How many indexes of a county's list are not paid in every month.
fn tenures(world: &World, county: &str) -> u32 {
    list::list(&world.state, &code(county), 1, EPOCH).unwrap().unwrap().tenures
}

/// Person 5 leaves for the other county, whose list pays from July on, and asks to come back.
fn who_left_in_june() -> (World, impl Fn(&str) -> String) {
    let mut world = prepared(100);
    let [here, there] = COUNTIES;
    let first = evaluated(&mut world, here, &numbers(1, 12));
    enrol(&mut world, here, first, 1, &numbers(1, 12));
    let others = ["quanjiao.checker", "county_civil.checker"];
    let request = evaluated(&mut world, there, &[5]);
    let words = format!("programme=1 person=5 request={request} from={here} last_month=2024-06");
    agree(&mut world, &format!("quanjiao.maker transfer {words}"), &others);
    let request = evaluated(&mut world, here, &[5]);
    let back = move |month: &str| {
        format!("transfer programme=1 person=5 request={request} from={there} last_month={month}")
    };
    (world, back)
}

/// Of the places that a person has had, one pays each month, however the moves overlap.
#[test]
fn a18_who_moves_there_and_back_is_paid_once_for_each_month() {
    let [here, there] = COUNTIES;
    // Back at once, so that the other list never pays, or after three months.
    for last_month in ["2024-06", "2024-09"] {
        let (mut world, back) = who_left_in_june();
        let others = ["county_civil.checker", "quanjiao.checker"];
        agree(&mut world, &format!("county_civil.maker {}", back(last_month)), &others);
        for number in 1..=12 {
            let month = format!("2024-{number:02}");
            let zero = |county, index| {
                let month = month.parse().unwrap();
                let zeros = list::zeros(&world.state, &code(county), 1, EPOCH, month).unwrap();
                u32::from(zeros.contains(&index))
            };
            assert_eq!(zero(here, 4) + zero(there, 0) + zero(here, 12), 2, "{month}");
        }
        // The index there is bounded twice, and one index still.
        assert_eq!([here, there].map(|county| tenures(&world, county)), [2, 1]);
    }
}

/// The list that was left pays until June, so the way back cannot begin in March.
#[test]
fn a18_nobody_comes_back_before_the_list_that_was_left_has_paid() {
    let (mut world, back) = who_left_in_june();
    for month in ["2024-02", "2024-05"] {
        let call = scenario::call_of("county_civil.maker", &back(month), &world);
        let Outcome::Refused { code, .. } = world.act("county_civil.maker", &call).1 else {
            panic!("{month}")
        };
        assert_eq!(Code::from_number(code), Some(Code::TransferTooEarly), "{month}");
    }
}
