//! What acts on quota and projects leave behind: sums, receipts and states, one by one.

use minglian_contracts::allocation::{self, LINES, Line};
use minglian_contracts::book::{Kind, Origin, Source};
use minglian_contracts::event::Event;
use minglian_contracts::project::line_status::line_status;
use minglian_contracts::project::{self, Stage};
use minglian_contracts::proposal::OPEN_PROPOSALS;
use minglian_contracts::refusal::Code;
use minglian_contracts::report::flow::day_of;

use crate::scenario::{self, line_name};
use crate::steps::{alone, checked, yuan};
use crate::world::{World, code, text};

/// What `organization`'s maker and checker bring about with a scenario's words.
fn act(world: &mut World, organization: &str, words: &str) -> Result<Vec<Event>, Code> {
    let call = scenario::call(words, world);
    checked(world, organization, &call)
}

fn world_on(day: &str) -> World {
    let mut world = World::new();
    world.date = day.parse().unwrap();
    world
}

fn line(world: &World, name: &str) -> Line {
    LINES.get(&world.state, &line_name(name)).unwrap().unwrap()
}

fn is_late(events: &[Event]) -> bool {
    let late =
        |event: &Event| matches!(event, Event::Allocation(allocation::Event::EnteredLate { .. }));
    events.iter().any(late)
}

/// 补录: an act of an earlier day is marked; one of the day itself is not.
#[test]
fn an_act_is_entered_late_from_the_day_after_it_on() {
    let mut world = world_on("2024-03-02");
    let record = "record to=home/省级/2024/甲 amount=1元 notice=公告 occurred_on=";
    let mut entered =
        |day: &str| act(&mut world, "county_finance", &format!("{record}{day}")).unwrap();
    let (day, before) = (entered("2024-03-02"), entered("2024-03-01"));
    assert!(!is_late(&day) && is_late(&before));
    // Reports take it for an act of that earlier day.
    let [today, yesterday] = ["2024-03-02", "2024-03-01"].map(|day| day.parse().unwrap());
    assert_eq!([day_of(&day, today), day_of(&before, today)], [today, yesterday]);
}

/// Where a document has a number, the number is the money's origin, whatever notice prints it too.
#[test]
fn money_comes_from_the_document_and_only_without_one_from_the_notice() {
    let mut world = world_on("2024-03-01");
    let mut origin = |basis: &str| {
        let words = format!("record to=home/省级/2024/{} amount=1元 {basis}", basis.len());
        let events = act(&mut world, "county_finance", &words).unwrap();
        events.into_iter().find_map(|event| match event {
            Event::Movement(moved) => match moved.from {
                Source::Outside(Origin::Document { numbers, .. }) => Some(numbers.to_string()),
                other => panic!("{other:?}"),
            },
            _ => None,
        })
    };
    let both = origin("basis=皖财社〔2023〕129号 notice=公告");
    assert_eq!(both.as_deref(), Some("皖财社〔2023〕129号"));
    assert_eq!(origin("basis=皖财社〔2023〕129号").as_deref(), Some("皖财社〔2023〕129号"));
    assert_eq!(origin("notice=公告").as_deref(), Some("公告"));
}

/// 预算法实施条例 第三十六条: what leaves the fund says on what it rests.
#[test]
fn money_that_leaves_the_fund_names_its_authority() {
    let mut world = world_on("2024-03-01");
    let record = "record to=home/省级/2024/甲 amount=10元 notice=公告";
    act(&mut world, "county_finance", record).unwrap();
    let mut authority = |basis: &str| {
        let transfer = "transfer_out line=home/省级/2024/甲 to_fund=一般公共预算 amount=1元";
        let events = act(&mut world, "county_finance", &format!("{transfer} {basis}")).unwrap();
        events.into_iter().find_map(|event| match event {
            Event::Movement(moved) => match moved.kind {
                Kind::PurposeChange { authority } => Some(authority.to_string()),
                other => panic!("{other:?}"),
            },
            _ => None,
        })
    };
    assert_eq!(authority("notice=决算").as_deref(), Some("决算"));
    let both = authority("basis=皖财社〔2023〕129号 notice=决算");
    assert_eq!(both.as_deref(), Some("皖财社〔2023〕129号"));
    // Of a title of more than 128 bytes its first characters are kept.
    let longest = format!("no{}", "决".repeat(42));
    assert_eq!(authority(&format!("notice={longest}")), Some(longest.clone()));
    let cut = "决".repeat(43);
    assert_eq!(authority(&format!("notice={cut}")), Some("决".repeat(42)));
}

/// Only money that was carried to a later year is counted as never carried when it comes back.
/// What a line of the same year gives back was issued, and is returned.
#[test]
fn what_comes_back_within_the_year_does_not_undo_what_was_carried() {
    let mut world = world_on("2024-12-31");
    let upper = "county_civil/省级/2024/甲";
    let acts = [
        format!("record to={upper} amount=100元 notice=公告"),
        format!("issue from={upper} to=home/省级/2024/乙 amount=30元 notice=公告"),
        format!("carry_over line={upper} amount=40元 notice=结转"),
        format!("recover line=home/省级/2024/乙 to={upper} amount=20元 notice=收回"),
    ];
    for words in acts {
        act(&mut world, "county_finance", &words).unwrap();
    }
    let (upper, lower) = (line(&world, upper), line(&world, "home/省级/2024/乙"));
    assert_eq!((upper.carried, upper.returned), (yuan("40"), yuan("20")));
    assert_eq!((lower.quota, lower.recovered), (yuan("30"), yuan("20")));
}

const PROJECT: &str = "project reference=XM-1 category=老年人福利 unit=home year=2024";

/// The rate of execution is of the money that the unit had to spend: what it gave to others it had
/// not, and a payment that bounced is neither spent nor new.
#[test]
fn money_that_a_unit_gave_on_is_not_in_the_base_of_its_project() {
    let mut world = world_on("2024-03-01");
    let own = "home/省级/2024/甲";
    let purpose = "category=老年人福利 project=XM-1";
    let record = format!("record to={own} amount=1000元 {purpose} notice=公告");
    act(&mut world, "county_finance", &record).unwrap();
    act(&mut world, "home", PROJECT).unwrap();
    let give = "to=county_civil/省级/2024/~home/乙 amount=300元";
    act(&mut world, "home", &format!("allocate from={own} {give} {purpose} notice=公示")).unwrap();
    let order = format!("authorize from={own} name=授权 total=500元 until=2024-03-31");
    act(&mut world, "home", &order).unwrap();
    for words in [
        "pay order=授权 reference=凭证1 amount=140元 to=city_civil",
        "pay order=授权 reference=凭证2 amount=100元 to=city_civil",
        "failed payment=凭证2",
    ] {
        let call = scenario::call(words, &world);
        alone(&mut world, "home.payer", &call).unwrap();
    }
    let found = project::execution(&world.state, &code("home"), &text("XM-1")).unwrap();
    assert_eq!((found.quota, found.paid), (yuan("700"), yuan("140")));
    assert_eq!(found.rate_basis_points, 2_000);
}

/// A stage is reported when it is reached, not again with the second contract.
#[test]
fn a_stage_is_reached_once() {
    let mut world = world_on("2024-03-01");
    act(&mut world, "home", PROJECT).unwrap();
    let mut stages = |number: usize| {
        let words = format!("contract project=XM-1 number={number} amount=1元 with=supplier");
        let events = act(&mut world, "home", &words).unwrap();
        let reached = events.into_iter().filter_map(|event| match event {
            Event::Project(project::Event::Reached { stage, .. }) => Some(stage),
            _ => None,
        });
        reached.collect::<Vec<_>>()
    };
    assert_eq!(stages(1), [Stage::Contracted]);
    assert_eq!(stages(2), []);
}

/// 验收 is of the unit: its lines for the project are accepted with it, those of others are not.
#[test]
fn a_line_is_accepted_with_the_project_of_its_own_holder() {
    let mut world = world_on("2024-03-01");
    for holder in ["home", "county_civil"] {
        let words = format!(
            "record to={holder}/省级/2024/甲 amount=1元 category=老年人福利 project=XM-1 notice=公告"
        );
        act(&mut world, "county_finance", &words).unwrap();
    }
    act(&mut world, "home", PROJECT).unwrap();
    act(&mut world, "home", "accept project=XM-1").unwrap();
    let stage = |name: &str| line_status(&world.state, &line_name(name)).unwrap().unwrap().stage;
    assert_eq!(stage("home/省级/2024/甲"), allocation::status::Stage::Accepted);
    assert_eq!(stage("county_civil/省级/2024/甲"), allocation::status::Stage::Received);
}

/// The bound of a thousand rests on this count.
#[test]
fn what_waits_is_counted_for_its_proposer_until_it_is_decided() {
    let mut world = World::new();
    let open = |world: &World| {
        OPEN_PROPOSALS.get(&world.state, &code("home")).unwrap().unwrap_or_default()
    };
    let state = |world: &World, subject: &str| {
        scenario::call(&format!("state kind=total subject={subject} figure=1元 notice=公示"), world)
    };
    for (count, subject) in [(1, "甲"), (2, "乙"), (3, "丙")] {
        let call = state(&world, subject);
        alone(&mut world, "home.maker", &call).unwrap();
        assert_eq!(open(&world), count);
    }
    let call = state(&world, "丁");
    checked(&mut world, "home", &call).unwrap();
    assert_eq!(open(&world), 3);
}
