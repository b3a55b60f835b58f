//! No sequence of acts gives one person two places.

use std::collections::BTreeMap;

use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::enrolment::entry::TAGS;
use minglian_contracts::event::Outcome;
use proptest::prelude::*;

use crate::enrolment::{COUNTIES, EPOCH, GROUP, enrol, evaluated, numbers, prepared};
use crate::scenario;
use crate::world::code;

/// What somebody tries: persons of a county's request from `first` on, on the list of a programme,
/// or, for `None`, the transfer of `first` from the other county.
#[derive(Debug, Clone)]
struct Try {
    county: usize,
    programme: u16,
    first: u16,
    count: Option<u16>,
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let one = (0..2_usize, 1..3_u16, 1..31_u16, prop::option::weighted(0.7, 10..14_u16));
    let one =
        one.prop_map(|(county, programme, first, count)| Try { county, programme, first, count });
    prop::collection::vec(one, 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_acts_gives_one_person_two_places(tries in tries()) {
        let mut world = prepared(100);
        // Both counties have had the same people evaluated; each could enrol any of them.
        let requests = COUNTIES.map(|county| evaluated(&mut world, county, &numbers(1, 44)));
        let mut places: BTreeMap<u16, usize> = BTreeMap::new();
        for Try { county, programme, first, count } in tries {
            let (name, request) = (COUNTIES[county], requests[county]);
            if let Some(count) = count {
                let persons = numbers(first, count);
                let is_free = persons.iter().all(|person| !places.contains_key(person));
                let outcome = enrol(&mut world, name, request, programme, &persons);
                prop_assert_eq!(matches!(outcome, Outcome::Applied(_)), is_free);
                if is_free {
                    places.extend(persons.into_iter().map(|person| (person, county)));
                }
                continue;
            }
            let other = COUNTIES[1 - county];
            let words = format!(
                "transfer programme={programme} person={first} request={request} from={other} \
                 last_month=2024-01"
            );
            let is_there = places.get(&first) == Some(&(1 - county));
            let (maker, checker) = (format!("{name}.maker"), format!("{name}.checker"));
            let call = scenario::call_of(&maker, &words, &world);
            let (proposal, outcome) = world.act(&maker, &call);
            prop_assert_eq!(matches!(outcome, Outcome::Applied(_)), is_there);
            if is_there {
                for who in [checker, format!("{other}.checker")] {
                    world.apply(&who, &Call::Approval(approval::Call::Approve { proposal }));
                }
                places.insert(first, county);
            }
        }
        // Every block was checked as a whole: no index has two tags, none is missing.
        let tags = TAGS.scan(&world.state, &(GROUP, EPOCH), None, 100).unwrap();
        prop_assert_eq!(tags.len(), places.len());
        for county in [0, 1] {
            let here = tags.iter().filter(|(_, place)| place.county == code(COUNTIES[county]));
            prop_assert_eq!(here.count(), places.values().filter(|it| **it == county).count());
        }
    }
}
