//! How much is read of what an organisation has to its account: of each kind whole pages of 256
//! entries, until as many are read as were wanted.

use minglian_contracts::disclosure::duty::{BY_DUE, DUTIES};
use minglian_contracts::oversight::complaint::{COMPLAINTS, HANDLED};
use minglian_contracts::oversight::credit::{self, CreditEvent, Owed};
use minglian_contracts::oversight::finding::{FINDINGS, FINDINGS_ABOUT};
use minglian_contracts::schema::State;

use super::{complaint, complaint_name, day, go, world};
use crate::world::{World, code, text};

/// What is wanted of 300 entries, and how many are read for it.
const WANTED: [(usize, usize); 4] = [(1, 256), (256, 256), (257, 300), (usize::MAX, 300)];

/// Compares with [`WANTED`] how many duties of one kind are overdue once `many` has put 299 copies
/// beside the one that `world` has.
fn compare(
    world: &World,
    organization: &str,
    is_of_kind: fn(&Owed) -> bool,
    many: impl Fn(&mut State<'_>, u16),
) {
    let mut state = State::new(&world.state);
    (1..300).for_each(|number| many(&mut state, number));
    for (entries_max, expected) in WANTED {
        let on = day("2026-01-01");
        let found = credit::overdue(&state, &code(organization), on, entries_max).unwrap();
        let found: Vec<CreditEvent> =
            found.into_iter().filter(|event| is_of_kind(&event.owed)).collect();
        assert_eq!(found.len(), expected, "{entries_max} were wanted");
        assert!(found.iter().all(|event| event.days_late == found[0].days_late));
    }
}

#[test]
fn complaints_are_read_until_as_many_as_wanted_are() {
    let mut world = world("2025-03-03");
    let words = "receive_complaint reference=诉 about=organization:home handler=county_civil";
    go(&mut world, "county_civil", words);
    let one = complaint(&world, "诉");
    let is_of_kind = |owed: &Owed| matches!(owed, Owed::ComplaintDecision(_));
    compare(&world, "county_civil", is_of_kind, |state, number| {
        let name = complaint_name(&format!("诉{number}"));
        COMPLAINTS.put(state, &name, &one);
        HANDLED.put(state, &(code("county_civil"), name), &());
    });
}

#[test]
fn findings_are_read_until_as_many_as_wanted_are() {
    let mut world = world("2025-03-03");
    go(&mut world, "audit", "open_audit reference=审 organizations=home years=2024-2024");
    let words = "record_finding engagement=audit/审 about=home year=2024 amount=3万元 finding=1";
    go(&mut world, "audit", words);
    let ((name, number), one) = FINDINGS.scan(&world.state, &(), None, 1).unwrap().remove(0);
    let is_of_kind = |owed: &Owed| matches!(owed, Owed::Rectification { .. });
    compare(&world, "home", is_of_kind, |state, copy| {
        let mut name = name.clone();
        name.engagement = text(&format!("审{copy}"));
        FINDINGS.put(state, &(name.clone(), number), &one);
        FINDINGS_ABOUT.put(state, &(code("home"), name, number), &());
    });
}

#[test]
fn obligations_are_read_until_as_many_as_wanted_are() {
    let mut world = world("2025-03-03");
    go(&mut world, "county_finance", "declare trigger=budget_approved subject=预算");
    let ((holder, rule, _), one) = DUTIES.scan(&world.state, &(), None, 1).unwrap().remove(0);
    let ((_, shelf, due, ..), ()) = BY_DUE.scan(&world.state, &(), None, 1).unwrap().remove(0);
    let is_of_kind = |owed: &Owed| matches!(owed, Owed::Disclosure(_));
    compare(&world, "county_finance", is_of_kind, |state, copy| {
        let subject = text(&format!("预算{copy:03}"));
        DUTIES.put(state, &(holder, rule.clone(), subject.clone()), &one);
        BY_DUE.put(state, &(holder, shelf, due, rule.clone(), subject), &());
    });
}
