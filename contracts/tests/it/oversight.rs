//! Oversight beyond what scenarios show: what is reported, what follows from the state on a day,
//! and that a seed is of the plan, the block and the draw.

mod limits;
mod reading;
mod samples;

use std::fs;

use minglian_contracts::call::Call;
use minglian_contracts::event::Event as AnyEvent;
use minglian_contracts::oversight::Event;
use minglian_contracts::oversight::audit::{ENGAGEMENTS, EngagementName};
use minglian_contracts::oversight::complaint::{COMPLAINTS, Complaint, ComplaintName, Duty};
use minglian_contracts::oversight::credit::{self, CreditEvent, Owed};
use minglian_contracts::oversight::finding::{FINDINGS, FindingStage, ledger};
use minglian_contracts::refusal::Code;
use minglian_ledger::date::Date;

use crate::scenario;
use crate::steps::checked;
use crate::world::{World, code, text};

fn day(date: &str) -> Date {
    date.parse().unwrap()
}

fn world(date: &str) -> World {
    let mut world = World::new();
    world.date = day(date);
    world
}

/// What `words` come to, by maker and checker of `organization`.
fn go(world: &mut World, organization: &str, words: &str) -> Vec<Event> {
    let call = call(world, organization, words);
    let events = checked(world, organization, &call);
    of_oversight(events.unwrap_or_else(|code| panic!("{words}: {code:?}")))
}

/// The call of `words` as `organization` means them.
fn call(world: &World, organization: &str, words: &str) -> Call {
    scenario::call_of(&format!("{organization}.maker"), words, world)
}

fn of_oversight(events: Vec<AnyEvent>) -> Vec<Event> {
    let mine = |event| match event {
        AnyEvent::Oversight(event) => Some(event),
        _ => None,
    };
    events.into_iter().filter_map(mine).collect()
}

fn complaint_name(reference: &str) -> ComplaintName {
    ComplaintName { organization: code("county_civil"), complaint: text(reference) }
}

fn complaint(world: &World, reference: &str) -> Complaint {
    COMPLAINTS.get(&world.state, &complaint_name(reference)).unwrap().unwrap()
}

#[test]
fn every_refusal_of_oversight_is_shown_by_a_scenario() {
    let files =
        scenario::files().into_iter().filter(|file| file.to_str().unwrap().contains("/oversight"));
    let lines: String = files.map(|file| fs::read_to_string(file).unwrap()).collect();
    let codes: Vec<&Code> = Code::ALL.iter().filter(|code| code.number() / 100 == 11).collect();
    assert_eq!(codes.len(), 44);
    for code in codes {
        let shown = format!(" = {} {}\n", code.number(), code.name());
        assert!(lines.contains(&shown), "no scenario ends in{shown}");
    }
}

#[test]
fn a_complaint_is_in_time_by_the_blocks_date_on_its_last_day_and_late_on_the_next() {
    for (accepted, on_time) in [("2025-03-18", true), ("2025-03-19", false)] {
        let mut world = world("2025-03-03");
        let words = "receive_complaint reference=诉1 about=organization:home handler=county_civil";
        let events = go(&mut world, "county_civil", words);
        let (due, name) = (day("2025-03-18"), complaint_name("诉1"));
        let respondent = code("home");
        assert_eq!(events, [Event::ComplaintReceived { complaint: name.clone(), respondent, due }]);
        let before = complaint(&world, "诉1").status(day("2025-03-20"));
        assert_eq!((before.owed, before.days_overdue), (Some((Duty::Decision, due)), 2));
        assert_eq!(complaint(&world, "诉1").status(due).days_overdue, 0);
        world.date = day(accepted);
        // The day that the act states does not make it timely.
        let words = "accept_complaint complaint=county_civil/诉1 occurred_on=2025-03-10";
        let events = go(&mut world, "county_civil", words);
        let next_due = day("2025-05-09");
        let expected = Event::ComplaintAccepted { complaint: name, due, on_time, next_due };
        assert_eq!(events, [expected]);
        assert_eq!(complaint(&world, "诉1").late.is_empty(), on_time);
        let status = complaint(&world, "诉1").status(day("2025-05-10"));
        assert_eq!((status.owed, status.days_overdue), (Some((Duty::Answer, next_due)), 1));
    }
}

#[test]
fn an_extension_adds_to_the_last_day_and_an_end_owes_nothing() {
    let mut world = world("2025-03-03");
    let words = "receive_complaint reference=诉1 about=organization:home handler=county_civil";
    go(&mut world, "county_civil", words);
    go(&mut world, "county_civil", "accept_complaint complaint=county_civil/诉1");
    let events = go(&mut world, "county_civil", "extend_complaint complaint=county_civil/诉1");
    let next_due = day("2025-06-01");
    assert_eq!(events, [Event::ComplaintExtended { complaint: complaint_name("诉1"), next_due }]);
    world.date = day("2025-06-02");
    let events = go(&mut world, "county_civil", "answer_complaint complaint=county_civil/诉1");
    let (complaint_name, due) = (complaint_name("诉1"), next_due);
    let expected = Event::ComplaintAnswered { complaint: complaint_name, due, on_time: false };
    assert_eq!(events, [expected]);
    assert_eq!(complaint(&world, "诉1").status(day("2030-01-01")).owed, None);
}

#[test]
fn what_a_handler_was_late_with_stays_its_own_after_a_transfer() {
    let mut world = world("2025-03-03");
    let words = "receive_complaint reference=诉1 about=organization:home handler=county_civil";
    go(&mut world, "county_civil", words);
    world.date = day("2025-03-21");
    let events =
        go(&mut world, "county_civil", "transfer_complaint complaint=county_civil/诉1 to=audit");
    let (name, due, next_due) = (complaint_name("诉1"), day("2025-03-18"), day("2025-04-05"));
    let expected =
        Event::ComplaintTransferred { complaint: name.clone(), due, on_time: false, next_due };
    assert_eq!(events, [expected]);
    let late = CreditEvent {
        owed: Owed::ComplaintDecision(name.clone()),
        due,
        done_on: Some(world.date),
        days_late: 3,
    };
    let of = |organization: &str, date: &str| {
        credit::credit_events(&world.state, &code(organization), day(date)).unwrap()
    };
    assert_eq!(of("county_civil", "2025-04-08"), [late]);
    assert_eq!(of("audit", "2025-04-05"), []);
    let overdue = CreditEvent {
        owed: Owed::ComplaintDecision(name),
        due: next_due,
        done_on: None,
        days_late: 3,
    };
    assert_eq!(of("audit", "2025-04-08"), [overdue]);
}

const FINDING: &str = "record_finding engagement=audit/审1 about=home year=2024 amount=3万元";

fn audited(date: &str) -> World {
    let mut world = world(date);
    let words = "open_audit reference=审1 organizations=home,county_civil years=2024-2024";
    go(&mut world, "audit", words);
    world
}

fn engagement() -> EngagementName {
    EngagementName { organization: code("audit"), engagement: text("审1") }
}

#[test]
fn the_list_of_findings_says_what_is_overdue_on_a_day_in_pages() {
    let mut world = audited("2025-04-01");
    for number in [9, 2, 200] {
        go(&mut world, "audit", &format!("{FINDING} finding={number}"));
    }
    let rows = |after, limit, date: &str| {
        ledger::of_engagement(&world.state, &engagement(), after, limit, day(date)).unwrap()
    };
    let numbers = |rows: Vec<ledger::Row>| rows.iter().map(|row| row.number).collect::<Vec<_>>();
    assert_eq!(numbers(rows(None, 2, "2025-04-01")), [2, 9]);
    assert_eq!(numbers(rows(Some(9), 2, "2025-04-01")), [200]);
    // Sixty days end on 2025-05-31.
    let overdue = |date| rows(None, 1, date)[0].days_overdue;
    assert_eq!((overdue("2025-05-31"), overdue("2025-06-01")), (0, 1));
    let about = ledger::of_organization(&world.state, &code("home"), None, 9, world.date).unwrap();
    assert_eq!(numbers(about), [2, 9, 200]);
    let last = (engagement(), 9);
    let about = ledger::of_organization(&world.state, &code("home"), Some(&last), 9, world.date);
    assert_eq!(numbers(about.unwrap()), [200]);
    let none = ledger::of_organization(&world.state, &code("county_civil"), None, 9, world.date);
    assert_eq!(none.unwrap(), []);
}

#[test]
fn a_finding_claimed_late_stays_late_and_one_returned_is_owed_again() {
    let mut world = audited("2025-04-01");
    go(&mut world, "audit", &format!("{FINDING} finding=1"));
    let credit = |world: &World, date: &str| {
        let events = credit::credit_events(&world.state, &code("home"), day(date)).unwrap();
        events.into_iter().map(|event| (event.done_on, event.days_late)).collect::<Vec<_>>()
    };
    assert_eq!(credit(&world, "2025-05-31"), []);
    assert_eq!(credit(&world, "2025-06-03"), [(None, 3)]);
    world.date = day("2025-06-02");
    let rectify = "rectify_finding engagement=audit/审1 finding=1 amount=3万元";
    let events = go(&mut world, "home", rectify);
    let (engagement, due) = (engagement(), day("2025-05-31"));
    let expected = Event::FindingRectified { engagement, finding: 1, due, on_time: false };
    assert_eq!(events, [expected]);
    assert_eq!(credit(&world, "2025-09-01"), [(Some(world.date), 2)]);
    let confirm = "confirm_finding engagement=audit/审1 finding=1";
    go(&mut world, "audit", &format!("{confirm} verdict=insufficient"));
    assert_eq!(credit(&world, "2025-06-04"), [(None, 4)]);
    go(&mut world, "home", rectify);
    let events = go(&mut world, "audit", confirm);
    let engagement = self::engagement();
    assert_eq!(events, [Event::FindingConfirmed { engagement, finding: 1, open: 0 }]);
    assert_eq!(credit(&world, "2025-09-01"), [(Some(world.date), 2)]);
}

#[test]
fn the_open_findings_of_an_engagement_are_those_not_confirmed() {
    let mut world = audited("2025-04-01");
    for number in [3, 1, 2] {
        go(&mut world, "audit", &format!("{FINDING} finding={number}"));
    }
    go(&mut world, "home", "rectify_finding engagement=audit/审1 finding=1 amount=3万元");
    go(&mut world, "audit", "confirm_finding engagement=audit/审1 finding=1");
    let audit = ENGAGEMENTS.get(&world.state, &engagement()).unwrap().unwrap();
    assert_eq!((audit.findings, audit.open.clone()), (3, vec![2, 3]));
    let all = FINDINGS.scan(&world.state, &engagement(), None, 9).unwrap();
    let open = all.iter().filter(|(_, finding)| finding.stage != FindingStage::Confirmed);
    assert_eq!(open.map(|((_, number), _)| *number).collect::<Vec<_>>(), audit.open);
    let events = go(&mut world, "audit", "close_audit engagement=audit/审1 open=2,3");
    assert_eq!(events, [Event::AuditClosed { engagement: engagement(), open: 2 }]);
}
