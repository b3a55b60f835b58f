//! Whatever happens, no obligation to publish is lost, and each has a state on each day.

use std::collections::BTreeSet;

use minglian_contracts::disclosure::obligation::{Correction, MET, Met, ObligationState};
use minglian_contracts::disclosure::query::{Obligation, Range};
use minglian_contracts::disclosure::schedule::Schedule;
use minglian_ledger::date::Date;
use proptest::prelude::*;

use crate::disclosure::{day, pages};
use crate::gift_acts::{CHARITY, set_up, signed};
use crate::scenario::call;
use crate::world::{World, text};

fn any_date() -> impl Strategy<Value = Date> {
    (0..60_000_i64).prop_map(|days| Date::from_days(days).unwrap())
}

fn any_met() -> impl Strategy<Value = Option<Met>> {
    let correction = prop::option::of(any_date());
    prop::option::of((any_date(), any_date(), correction).prop_map(
        |(published_on, due_on, since)| {
            let correction = since.map(|since| Correction { publication: text("更正"), since });
            Met { publication: text("公开"), published_on, due_on, version: 1, correction }
        },
    ))
}

proptest! {
    /// The state of an obligation is a function of what is stored and the day, for all of them.
    #[test]
    fn every_obligation_has_a_state_on_every_day(
        due_on in any_date(), met in any_met(), is_waived: bool, as_of in any_date(),
    ) {
        let state = ObligationState::on(due_on, met.as_ref(), is_waived, as_of);
        let known = met.as_ref().filter(|met| met.published_on <= as_of);
        prop_assert_eq!(known.is_none(), matches!(
            state, ObligationState::Due | ObligationState::Missing | ObligationState::Waived
        ));
        prop_assert_eq!(state == ObligationState::Waived, known.is_none() && is_waived);
        if let (ObligationState::OnTime | ObligationState::Late, Some(met)) = (state, known) {
            prop_assert_eq!(state == ObligationState::Late, met.published_on > met.due_on);
        }
        if state == ObligationState::Missing {
            prop_assert!(as_of > due_on);
        }
    }

    /// The arithmetic of steps agrees with counting them.
    #[test]
    fn the_first_step_from_a_day_is_found_without_counting(
        begins_on in any_date(), ahead in -400..4_000_i32, step in 1..40_u16, months: bool,
    ) {
        let schedule = if months { Schedule::EveryMonths(step) } else { Schedule::EveryDays(step) };
        let wanted = begins_on.add_days(ahead).unwrap_or(Date::MIN);
        let found = schedule.first_step_from(begins_on, wanted);
        let counted = (1..).find(|number| {
            schedule.step_after(begins_on, *number).is_none_or(|end| end >= wanted)
        });
        prop_assert_eq!(Some(found), counted);
    }
}

/// One random act of the charity.
#[derive(Debug, Clone)]
enum Act {
    File { campaign: usize, months: u8, emergency: bool },
    End { campaign: usize },
    Give { campaign: usize },
    Project { project: usize },
    Accept { project: usize },
    Declare { event: usize },
    Publish { first: usize, count: usize },
    Correct { publication: usize },
    Wait { days: u16 },
}

fn act() -> impl Strategy<Value = Act> {
    let few = || 0..3_usize;
    prop_oneof![
        3 => (few(), 1..20_u8, any::<bool>())
            .prop_map(|(campaign, months, emergency)| Act::File { campaign, months, emergency }),
        2 => few().prop_map(|campaign| Act::End { campaign }),
        2 => few().prop_map(|campaign| Act::Give { campaign }),
        2 => few().prop_map(|project| Act::Project { project }),
        2 => few().prop_map(|project| Act::Accept { project }),
        1 => few().prop_map(|event| Act::Declare { event }),
        6 => (0..40_usize, 1..4_usize).prop_map(|(first, count)| Act::Publish { first, count }),
        1 => few().prop_map(|publication| Act::Correct { publication }),
        6 => (1..200_u16).prop_map(|days| Act::Wait { days }),
    ]
}

/// The act in a scenario's words.
fn words(act: &Act, number: usize, unmet: &[Obligation], today: Date) -> Option<String> {
    Some(match act {
        Act::File { campaign, months, emergency } => {
            let begins = today.add_days(if *emergency { 0 } else { 10 })?;
            let ends = begins.add_months(i32::from(*months))?;
            let emergency = if *emergency { "emergency" } else { "" };
            format!(
                "file_campaign filing=备{campaign} fund=本级 begins={begins} ends={ends} {emergency}"
            )
        }
        Act::End { campaign } => format!("end_campaign filing=备{campaign}"),
        Act::Give { campaign } => {
            format!("donate reference=捐{number} fund=本级 campaign=备{campaign} amount=1元")
        }
        Act::Project { project } => format!(
            "project reference=XM{project} category=老年人福利 unit={CHARITY} year={}",
            today.year()
        ),
        Act::Accept { project } => format!("accept_project reference=XM{project}"),
        Act::Declare { event } => format!("declare trigger=major_event subject=事{event}"),
        Act::Publish { first, count } => {
            let open = unmet.iter().filter(|it| it.opens_on <= today).skip(*first).take(*count);
            let names =
                open.map(|it| format!("{}/{}/{}", it.name.rule, it.name.subject, it.name.period));
            format!("publish index=公开{number} meets={}", names.collect::<Vec<_>>().join(","))
        }
        Act::Correct { publication } => {
            format!("correct_notice index=更正{number} corrects=公开{publication} row=数:1:2")
        }
        Act::Wait { .. } => return None,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever happens: what could once be published stays in the list, and what was published
    /// stays published. `World::block` checks the tables after every act.
    #[test]
    fn no_obligation_is_ever_lost(acts in prop::collection::vec(act(), 1..40)) {
        let mut world = World::new();
        world.date = day("2025-03-01");
        set_up(&mut world);
        let (mut seen, mut met) = (BTreeSet::new(), BTreeSet::new());
        for (number, act) in acts.iter().enumerate() {
            let today = world.date;
            let horizon = today.add_months(30).unwrap();
            let whole = Range { from: Date::MIN, to: horizon, as_of: today, unmet_only: false };
            let unmet = pages(&world, Range { unmet_only: true, ..whole }, 500);
            if let Act::Wait { days } = act {
                world.date = today.add_days(i32::from(*days)).unwrap();
            }
            if let Some(words) = words(act, number, &unmet, today) {
                let call = call(&words, &world);
                let transactions = signed(&mut world, CHARITY, &call);
                world.block(transactions).unwrap();
            }
            let all = pages(&world, Range { as_of: world.date, ..whole }, 500);
            let names: BTreeSet<_> = all.iter().map(|it| it.name.clone()).collect();
            prop_assert_eq!(names.len(), all.len(), "nothing is listed twice");
            prop_assert!(names.is_superset(&seen), "{:?}", seen.difference(&names));
            let now: BTreeSet<_> =
                all.iter().filter(|it| it.met.is_some()).map(|it| it.name.clone()).collect();
            prop_assert!(now.is_superset(&met), "{:?}", met.difference(&now));
            let stored = MET.scan(&world.state, &(), None, usize::MAX).unwrap().len();
            prop_assert_eq!(stored, now.len());
            met = now;
            let unmet_before = all.iter().filter(|it| {
                matches!(it.state, ObligationState::Due | ObligationState::Missing)
            });
            let unmet_now =
                pages(&world, Range { as_of: world.date, unmet_only: true, ..whole }, 500);
            prop_assert_eq!(unmet_before.count(), unmet_now.len());
            seen.extend(all.into_iter().filter(|it| it.opens_on <= world.date).map(|it| it.name));
        }
    }
}
