//! From the application to the end: order, posting, who decides.

use std::collections::BTreeSet;

use minglian_county::import::ImportTerms;
use minglian_county::lifecycle::{self, Advance, Selection};
use minglian_county::roll::Roll;
use minglian_county::roll::entitlement::{STATES, State};

use crate::fixture::{HEADER, date, import, month, person, plan, roll, sheet, terms, twelve};

fn step<'a>(to: State, on: &str, by: &'a str) -> Advance<'a> {
    Advance { programme: 1, to, on: date(on), month: month("2013-01"), by, reason: "" }
}

fn states(roll: &Roll) -> BTreeSet<State> {
    roll.entitlements.iter().map(minglian_county::roll::entitlement::Entitlement::state).collect()
}

#[test]
fn an_application_goes_through_every_office() {
    let mut roll = roll();
    let [name, number, account, file] = person(1);
    let sheet = sheet(&HEADER, &[&[&name, &number, &account, &file]]);
    import(&mut roll, &sheet, &ImportTerms { is_active: false, ..terms("村文书") });
    assert_eq!(states(&roll), [State::Applied].into());
    let mut advance =
        |to, on, by| lifecycle::advance(&mut roll, &step(to, on, by), &Selection::All);
    assert_eq!(advance(State::Posted, "2012-11-21", "镇").taken, 0, "not before its turn");
    assert_eq!(advance(State::VillageChecked, "2012-11-21", "村").taken, 1);
    assert_eq!(advance(State::TownshipReviewed, "2012-11-22", "镇").taken, 1);
    assert_eq!(advance(State::Posted, "2012-11-23", "镇").taken, 1);
    assert_eq!(advance(State::CountyApproved, "2012-11-29", "县").posted_too_short, 1);
    assert_eq!(advance(State::CountyApproved, "2012-11-30", "村文书").same_officer, 1);
    assert_eq!(advance(State::CountyApproved, "2012-11-30", "县").taken, 1);
    assert_eq!(advance(State::Active, "2012-12-01", "县").taken, 1);
    assert_eq!(states(&roll), [State::Active].into());
    assert_eq!(roll.entitlements[0].steps.len(), 6);
}

#[test]
fn every_step_follows_one_that_is_reached() {
    for to in STATES.into_iter().filter(|state| *state != State::Applied) {
        assert!(STATES.into_iter().any(|before| to.follows(before)), "{to:?} is reached");
        assert!(!to.follows(State::Refused) && !to.follows(State::Recovered), "{to:?}");
    }
}

#[test]
fn a_suspension_pays_nothing_until_it_ends() {
    let mut roll = twelve();
    let chosen = Selection::CaseFiles(["F1".to_owned(), "F99".to_owned()].into());
    let report =
        lifecycle::advance(&mut roll, &step(State::Suspended, "2012-12-20", "县"), &chosen);
    assert_eq!((report.taken, report.unknown), (1, 1));
    let paid = |roll: &Roll, period| plan(roll, period, false).total.get();
    assert_eq!(paid(&roll, "2012-12"), 72_000);
    assert_eq!(paid(&roll, "2013-01"), 69_000);
    let mut back = step(State::Active, "2013-02-20", "县");
    back.month = month("2013-03");
    assert_eq!(lifecycle::advance(&mut roll, &back, &Selection::All).taken, 0, "by name only");
    assert_eq!(lifecycle::advance(&mut roll, &back, &chosen).taken, 1);
    assert_eq!(paid(&roll, "2013-02"), 69_000);
    assert_eq!(paid(&roll, "2013-03"), 72_000);
}

#[test]
fn what_was_paid_after_the_end_is_to_be_recovered() {
    let mut roll = twelve();
    for period in ["2012-12", "2013-01", "2013-02"] {
        let plan = plan(&roll, period, false);
        crate::fixture::pay(&mut roll, &plan);
    }
    let chosen = Selection::CaseFiles(["F12".to_owned()].into());
    let report = lifecycle::advance(&mut roll, &step(State::Ceased, "2013-03-02", "县"), &chosen);
    assert_eq!((report.taken, report.overpaid_fen), (1, 60_000), "January and February at 300元");
    assert_eq!(plan(&roll, "2013-03", false).total.get(), 42_000);
    let report =
        lifecycle::advance(&mut roll, &step(State::Recovered, "2013-04-02", "县"), &chosen);
    assert_eq!(report.taken, 1);
}
