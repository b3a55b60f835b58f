//! First and last days of what a home is, and as many beds as it may have.

use minglian_contracts::homes::standing::BEDS_MAX;
use minglian_contracts::refusal::Code;

use super::{compute, homes_world, state};
use crate::scenario;
use crate::steps::{alone, checked};
use crate::world::World;

/// What an act of the county's department comes to.
fn county(world: &mut World, words: &str) -> Result<(), Code> {
    let call = scenario::call(words, world);
    checked(world, "county_civil", &call).map(drop)
}

/// What it comes to that the home proposes these beds for a month.
fn proposed(world: &mut World, month: &str, beds: &str) -> Result<(), Code> {
    let words = format!("occupancy month={month} beds={beds}");
    let call = scenario::call_of("home.maker", &words, world);
    alone(world, "home.maker", &call).map(drop)
}

const NEXT: &str = "rate_home home=home certificate=备2 beds=100 rating=two";

#[test]
fn a_home_is_one_from_its_first_day_to_its_last_both_included() {
    let mut world = homes_world();
    // As entered it is one since January. April's last day is its last: the month still counts.
    assert_eq!(county(&mut world, "end_standing home=home until=2024-04-30"), Ok(()));
    assert_eq!(state(&mut world, 4, [1, 0, 0, 0]), Ok(()));
    assert!(compute(&mut world, 4).is_ok());
    assert_eq!(proposed(&mut world, "2024-05", "1/0/0/0"), Err(Code::HomeUnknown));
    // What follows begins on the next day at the earliest; here on the last of May, for one day.
    let overlaps = county(&mut world, &format!("{NEXT} from=2024-04-30"));
    assert_eq!(overlaps, Err(Code::StandingOverlaps));
    let day = format!("{NEXT} from=2024-05-31 until=2024-05-31");
    assert_eq!(county(&mut world, &day), Ok(()));
    assert_eq!(state(&mut world, 5, [1, 0, 0, 0]), Ok(()));
    // To end it on the day on which it ends anyway changes nothing and is no mistake.
    assert_eq!(county(&mut world, "end_standing home=home until=2024-05-31"), Ok(()));
    let later = county(&mut world, "end_standing home=home until=2024-06-01");
    assert_eq!(later, Err(Code::DateOrder));
    assert_eq!(county(&mut world, &format!("{NEXT} from=2024-06-01")), Ok(()));
}

#[test]
fn a_month_is_stated_from_its_last_day_on() {
    let mut world = homes_world();
    world.date = "2024-06-29".parse().unwrap();
    assert_eq!(proposed(&mut world, "2024-06", "1/0/0/0"), Err(Code::PeriodOpen));
    world.date = "2024-06-30".parse().unwrap();
    assert_eq!(proposed(&mut world, "2024-06", "1/0/0/0"), Ok(()));
}

#[test]
fn every_licensed_bed_may_be_occupied_and_ten_thousand_may_be_licensed() {
    let mut world = homes_world();
    assert_eq!(proposed(&mut world, "2024-05", "97/1/1/2"), Err(Code::BedsInvalid));
    assert_eq!(proposed(&mut world, "2024-05", "97/1/1/1"), Ok(()));
    assert_eq!(county(&mut world, "end_standing home=home until=2024-06-30"), Ok(()));
    let rate =
        |beds: u32| format!("rate_home home=home certificate=备2 beds={beds} from=2024-07-01");
    assert_eq!(BEDS_MAX, 10_000);
    assert_eq!(county(&mut world, &rate(10_001)), Err(Code::BedsInvalid));
    assert_eq!(county(&mut world, &rate(0)), Err(Code::BedsInvalid));
    assert_eq!(county(&mut world, &rate(10_000)), Ok(()));
}
