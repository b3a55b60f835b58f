//! Oversight beyond what scenarios show: what is reported, what follows from the state on a day,
//! and that a seed is of the plan, the block and the draw.

use std::collections::BTreeSet;
use std::fs;

use minglian_contracts::call::Call;
use minglian_contracts::event::Event as AnyEvent;
use minglian_contracts::oversight::audit::{ENGAGEMENTS, EngagementName};
use minglian_contracts::oversight::complaint::{COMPLAINTS, Complaint, ComplaintName, Duty};
use minglian_contracts::oversight::credit::{self, CreditEvent, Owed};
use minglian_contracts::oversight::draw::DRAWS;
use minglian_contracts::oversight::finding::{FINDINGS, FindingStage, ledger};
use minglian_contracts::oversight::sample::{
    self, Frame, Progress, SAMPLES, Sample, SampleName, TARGETS,
};
use minglian_contracts::oversight::{self, Event};
use minglian_contracts::refusal::Code;
use minglian_ledger::date::Date;
use minglian_ledger::hash::BlockId;
use minglian_ledger::height::Height;
use minglian_ledger::sample as method;

use crate::scenario;
use crate::steps::{alone, checked};
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

fn sample_name(reference: &str) -> SampleName {
    SampleName { organization: code("audit"), sample: text(reference) }
}

fn find(world: &World, reference: &str) -> Sample {
    SAMPLES.get(&world.state, &sample_name(reference)).unwrap().unwrap()
}

/// A plan of 100 items that was drawn, and the height of its block.
fn drawn() -> (World, Height) {
    let mut world = world("2025-05-06");
    let words = "plan_sample reference=抽1 list=100 size=5 in=21 issue=051 drawn=2025-05-08";
    go(&mut world, "audit", words);
    let target = find(&world, "抽1").plan.target;
    while world.header.height <= target {
        world.block(Vec::new()).unwrap();
    }
    world.date = day("2025-05-08");
    go(&mut world, "lottery", "enter_draw issue=051 numbers=4,9,12,17,26,33,15");
    let draw = call(&world, "home", "draw_sample plan=audit/抽1");
    alone(&mut world, "home.maker", &draw).unwrap();
    (world, target)
}

#[test]
fn the_seed_is_of_the_plan_the_block_at_its_height_and_the_draw() {
    let (world, target) = drawn();
    let sample = find(&world, "抽1");
    let Progress::Drawn(drawn) = &sample.progress else { panic!("{sample:?}") };
    let at_target = |block: &&minglian_ledger::block::Block| block.header.height == target;
    let block = world.blocks.iter().find(at_target).unwrap().header.id();
    let key = (code("lottery"), text("双色球"), text("051"));
    let entered = DRAWS.get(&world.state, &key).unwrap().unwrap().entered.unwrap();
    assert_eq!((drawn.block, drawn.draw_record), (block, entered.record));
    let seed = sample::seed(&code("audit"), &sample.plan, block, &entered.draw);
    assert_eq!(drawn.seed, seed);
    assert_eq!(sample.ranks(), method::draw(&seed, 100, 5));
    assert_eq!(sample.ranks().len(), 5);
    // Whatever it is made of changes it.
    let mut plan = sample.plan.clone();
    plan.size = 6;
    let mut draw = entered.draw.clone();
    draw.numbers.swap(0, 1);
    let others = [
        sample::seed(&code("home"), &sample.plan, block, &entered.draw),
        sample::seed(&code("audit"), &plan, block, &entered.draw),
        sample::seed(&code("audit"), &sample.plan, BlockId::default(), &entered.draw),
        sample::seed(&code("audit"), &sample.plan, block, &draw),
        seed,
    ];
    assert_eq!(others.iter().collect::<BTreeSet<_>>().len(), others.len());
}

#[test]
fn only_blocks_for_which_a_plan_waits_are_written_by_the_next_one() {
    let (world, target) = drawn();
    let known = TARGETS.scan(&world.state, &(), None, 9).unwrap();
    assert_eq!(known.len(), 1);
    let (height, block) = &known[0];
    assert_eq!((*height, block.as_ref().unwrap().date), (target, day("2025-05-06")));

    let mut world = self::world("2025-05-06");
    let words = "plan_sample reference=抽1 list=9 size=5 in=21 issue=051 drawn=2025-05-08";
    go(&mut world, "audit", words);
    let target = find(&world, "抽1").plan.target;
    while world.header.height < target {
        world.block(Vec::new()).unwrap();
        assert_eq!(TARGETS.get(&world.state, &target).unwrap(), Some(None));
    }
    let id = world.header.id();
    world.block(Vec::new()).unwrap();
    assert_eq!(TARGETS.get(&world.state, &target).unwrap().flatten().unwrap().block, id);
}

#[test]
fn the_date_of_the_block_counts_not_that_of_the_one_that_writes_it() {
    let mut world = world("2025-05-06");
    let words = "plan_sample reference=抽1 list=9 size=5 in=21 issue=051 drawn=2025-05-07";
    go(&mut world, "audit", words);
    let target = find(&world, "抽1").plan.target;
    while world.header.height < target {
        world.block(Vec::new()).unwrap();
    }
    // The planned block is of the day before the draw, the next one of the day of the draw.
    world.date = day("2025-05-07");
    go(&mut world, "lottery", "enter_draw issue=051 numbers=1,2,3");
    let draw = call(&world, "home", "draw_sample plan=audit/抽1");
    alone(&mut world, "home.maker", &draw).unwrap();
}

#[test]
fn an_inspection_pairs_each_object_with_inspectors_who_are_free_for_it() {
    let mut world = world("2025-06-03");
    let pools = [
        "open_pool reference=对象 objects=home,county_civil,慈善总会,二院",
        "open_pool reference=人员 inspectors=甲:city_civil,乙:home,丙:county_civil,丁:audit",
    ];
    pools.iter().for_each(|words| drop(go(&mut world, "city_civil", words)));
    let words = "plan_sample reference=检1 purpose=inspection objects=对象 inspectors=人员 size=4 \
        recusals=0:0,3:2 in=21 issue=063 drawn=2025-06-05";
    go(&mut world, "city_civil", words);
    (0..22).for_each(|_| drop(world.block(Vec::new()).unwrap()));
    world.date = day("2025-06-05");
    go(&mut world, "lottery", "enter_draw issue=063 numbers=2,3,5");
    let draw = call(&world, "audit", "draw_sample plan=city_civil/检1");
    let events = of_oversight(alone(&mut world, "audit.maker", &draw).unwrap());
    let [Event::SampleDrawn { seed, pairings, .. }] = &events[..] else { panic!("{events:?}") };
    let objects: Vec<u64> = pairings.iter().map(|it| u64::from(it.object)).collect();
    assert_eq!(objects, method::draw(seed, 4, 4));
    let free: [&[u32]; 4] = [&[2, 3], &[0, 1, 3], &[0, 1, 2], &[0, 1, 2, 3]];
    for pairing in pairings {
        assert_eq!(pairing.inspectors.len(), 2);
        let allowed = free[usize::try_from(pairing.object).unwrap()];
        assert!(pairing.inspectors.iter().all(|it| allowed.contains(it)), "{pairing:?}");
    }
    let events = go(&mut world, "city_civil", "inspect plan=检1 object=二院");
    let second = pairings.iter().find(|it| it.object == 3).unwrap();
    let plan = SampleName { organization: code("city_civil"), sample: text("检1") };
    let (object, inspectors) = (code("二院"), second.inspectors.clone());
    assert_eq!(events, [Event::Inspected { plan, object, inspectors }]);
}

#[test]
fn the_largest_pools_and_findings_fit_into_a_transaction_and_a_receipt() {
    use minglian_contracts::oversight::inspection::{
        INSPECTED_MAX, INSPECTORS_MAX, Inspector, Members, OBJECTS_MAX, OpenPool,
    };
    let mut world = world("2025-06-03");
    let occurred_on = world.date;
    let name = |kind: &str, at: usize| format!("{kind}{at}");
    let objects = (0..OBJECTS_MAX).map(|at| code(&name("单位", at))).collect();
    let inspectors = (0..INSPECTORS_MAX)
        .map(|at| Inspector {
            officer: minglian_ledger::hash::Commitment::of(&[name("人", at).as_bytes()]),
            organization: code("city_civil"),
        })
        .collect();
    for (reference, members) in
        [("对象", Members::Objects(objects)), ("人员", Members::Inspectors(inspectors))]
    {
        let reference = text(reference);
        let pool = oversight::Call::OpenPool(OpenPool { reference, members, occurred_on });
        checked(&mut world, "city_civil", &Call::Oversight(pool)).unwrap();
    }
    let words = format!(
        "plan_sample reference=检1 objects=对象 inspectors=人员 each=4 size={INSPECTED_MAX} in=21 \
        issue=063 drawn=2025-06-05"
    );
    go(&mut world, "city_civil", &words);
    (0..22).for_each(|_| drop(world.block(Vec::new()).unwrap()));
    world.date = day("2025-06-05");
    go(&mut world, "lottery", "enter_draw issue=063 numbers=2,3,5");
    let draw = call(&world, "audit", "draw_sample plan=city_civil/检1");
    let events = of_oversight(alone(&mut world, "audit.maker", &draw).unwrap());
    let [Event::SampleDrawn { pairings, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(pairings.len(), 200);
    let plan = SampleName { organization: code("city_civil"), sample: text("检1") };
    let stored = SAMPLES.get(&world.state, &plan).unwrap().unwrap();
    assert!(matches!(stored.plan.frame, Frame::Inspection(_)));
}
