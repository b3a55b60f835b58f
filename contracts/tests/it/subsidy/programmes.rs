//! Programmes and their standards.

use minglian_contracts::call::Call;
use minglian_contracts::event::Event;
use minglian_contracts::refusal::Code;
use minglian_contracts::subsidy;
use minglian_contracts::subsidy::period::PeriodLength;
use minglian_contracts::subsidy::programme::{
    Declare, PROGRAMMES, ProgrammeKind, STANDARDS, SetStandards, Terms,
};
use minglian_ledger::subsidy::standards::{RangeBits, RangeRule, StandardTable, Standards};

use super::fixture::{county, declare, main_batch, submission, submit, terms};
use crate::invariants::acts::set_parameter;
use crate::steps::checked;
use crate::world::{World, text};

fn set(world: &mut World, who: &str, terms: Terms) -> Result<Vec<Event>, Code> {
    let act = SetStandards { programme: 1, terms, occurred_on: world.date };
    checked(world, who, &Call::Subsidy(subsidy::Call::SetStandards(act)))
}

#[test]
fn standards_are_versions_that_follow_one_another() {
    let mut world = county();
    assert_eq!(set(&mut world, "city_civil", terms("2024-08")), Err(Code::NotYourOrganization));
    set(&mut world, "county_civil", terms("2024-08")).unwrap();
    assert_eq!(set(&mut world, "county_civil", terms("2024-07")), Err(Code::StandardsTooEarly));
    let events = set(&mut world, "county_civil", terms("2024-08")).unwrap();
    let (effective_from, retroactive) = ("2024-08".parse().unwrap(), false);
    let event =
        subsidy::Event::StandardsSet { programme: 1, version: 3, effective_from, retroactive };
    assert_eq!(events.last(), Some(&Event::Subsidy(event)));
    let superseded = |version| {
        let found = STANDARDS.get(&world.state, &(1, version)).unwrap().unwrap();
        found.superseded_from.map(|month| month.to_string())
    };
    assert_eq!(superseded(1).as_deref(), Some("2024-08"));
    assert_eq!(superseded(2).as_deref(), Some("2024-08"));
    assert_eq!(superseded(3), None);
    assert_eq!(PROGRAMMES.get(&world.state, &1).unwrap().unwrap().versions, 3);
}

#[test]
fn standards_do_not_hold_for_a_period_that_is_paid() {
    let mut world = county();
    let act = main_batch(&world);
    submit(&mut world, act).unwrap();
    assert_eq!(set(&mut world, "county_civil", terms("2024-05")), Err(Code::StandardsTooEarly));
    // The month that has begun is not paid yet: retroactive, and said to be, but on its first day.
    let mut is_retroactive = |day: &str, from: &str| {
        world.date = day.parse().unwrap();
        let events = set(&mut world, "county_civil", terms(from)).unwrap();
        match events.last() {
            Some(Event::Subsidy(subsidy::Event::StandardsSet { retroactive, .. })) => *retroactive,
            other => panic!("{other:?}"),
        }
    };
    assert!(is_retroactive("2024-06-20", "2024-06"));
    assert!(!is_retroactive("2024-07-01", "2024-07"));
    assert!(is_retroactive("2024-07-02", "2024-07"));
}

#[test]
fn standards_name_their_document_and_pay_nothing_too() {
    let mut world = county();
    let range =
        |min, max| Standards::Range(RangeRule::new(min, max, 100, RangeBits::Eight).unwrap());
    let sums = |sums: &[u32]| Some(StandardTable::new(sums.to_vec()).unwrap());
    let wrong = [
        Terms { article: text(""), ..terms("2024-08") },
        Terms { standards: range(100, 1_000), cumulative: None, ..terms("2024-08") },
        Terms { standards: range(0, 1_000), ..terms("2024-08") },
        Terms { cumulative: sums(&[0, 3_000, 6_000]), ..terms("2024-08") },
    ];
    for terms in wrong {
        let outcome = set(&mut world, "county_civil", terms.clone());
        assert_eq!(outcome, Err(Code::StandardsInvalid), "{terms:?}");
    }
    let free = Terms { standards: range(0, 1_000), cumulative: None, ..terms("2024-08") };
    set(&mut world, "county_civil", free).unwrap();
}

#[test]
fn the_fewest_handles_are_a_dated_parameter() {
    let mut world = county();
    set_parameter(&mut world, "subsidy.handles_min", 50, "handles", "2024-01-01");
    assert_eq!(set(&mut world, "county_civil", terms("2024-08")), Err(Code::HandlesTooFew));
}

#[test]
fn a_number_is_used_once_and_a_wider_bureau_s_programme_is_paid_inside() {
    let mut world = county();
    let taken = declare(1, ProgrammeKind::Meals, terms("2024-01"), &world);
    assert_eq!(checked(&mut world, "city_civil", &taken), Err(Code::ProgrammeExists));
    let act = |world: &World, number, length| {
        let (terms, occurred_on) = (terms("2024-01"), world.date);
        let kind = ProgrammeKind::Meals;
        let act = Declare { programme: number, kind, group: 1, length, terms, occurred_on };
        Call::Subsidy(subsidy::Call::Declare(act))
    };
    let city = act(&world, 7, PeriodLength::Quarter);
    checked(&mut world, "city_civil", &city).unwrap();
    super::fixture::enrol(&mut world, 7, 2024, super::fixture::HANDLES);
    // A quarter is named by its last month.
    for (period, outcome) in [("2024-02", Some(Code::PeriodWrong)), ("2024-03", None)] {
        let mut batch = main_batch(&world);
        batch.sealed.header.name.programme = 7;
        batch.sealed.header.name.period = period.parse().unwrap();
        let batch = submission(&world, batch.sealed.header, batch.sources);
        assert_eq!(submit(&mut world, batch).err(), outcome, "{period}");
    }
    let mut unknown = main_batch(&world);
    unknown.sealed.header.name.programme = 9;
    assert_eq!(submit(&mut world, unknown), Err(Code::ProgrammeUnknown));
    // A county's own programme is not paid by the city around it.
    let mut city = main_batch(&world);
    city.sealed.header.name.county = crate::world::code("city_civil");
    let outcome = checked(&mut world, "city_civil", &super::fixture::call(city));
    assert_eq!(outcome, Err(Code::DivisionOutside));
}
