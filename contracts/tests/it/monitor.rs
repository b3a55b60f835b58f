//! What is watched and not refused: days held, early issue, shares of categories, age; the state of
//! a line; its budget subject.

use minglian_contracts::allocation::monitor::{self, Entry, Monitored, Share};
use minglian_contracts::allocation::plan::{ApprovedPlan, PlanRow};
use minglian_contracts::allocation::status::{self, Known, Stage};
use minglian_contracts::allocation::subject::{is_subject, subject_of};
use minglian_contracts::allocation::{
    self, Basis, Category, EARLY_ISSUE_MIN, Line, LineName, Purpose,
};
use minglian_contracts::event::Event;
use minglian_ledger::date::Date;
use minglian_ledger::division::Level;
use minglian_ledger::fen::Fen;

use crate::scenario;
use crate::world::{World, code, text};

fn fen(amount: u64) -> Fen {
    Fen::new(amount).unwrap()
}

fn day(date: &str) -> Date {
    date.parse().unwrap()
}

fn name(holder: &str, year: u16, line: &str) -> LineName {
    LineName { holder: code(holder), fund: text("中央集中"), year, line: text(line) }
}

fn line(category: Option<Category>, issued_on: &str, quota: u64) -> Line {
    let purpose = Purpose { category, project: None };
    let mut line = Line::new(purpose, Basis::default(), 2024, day(issued_on));
    line.quota = fen(quota);
    line
}

fn entry<'a>(name: &'a LineName, line: &'a Line) -> Entry<'a> {
    Entry { name, line, bounced: Fen::ZERO }
}

#[test]
fn days_held_count_from_the_day_of_issue() {
    let line = line(None, "2024-01-10", 1);
    assert_eq!(monitor::days_held(&line, day("2024-01-10")), 0);
    assert_eq!(monitor::days_held(&line, day("2024-03-10")), 60);
    assert_eq!(monitor::days_held(&line, day("2024-01-09")), 0);
    let parameter = monitor::held_days_parameter;
    assert_eq!(parameter(Level::Province), "allocation.held_days_max.province");
    assert_eq!(parameter(Level::Prefecture), "allocation.held_days_max.local");
    assert_eq!(parameter(Level::County), "allocation.held_days_max.local");
}

/// The scenario issues after 60 and after 61 days.
#[test]
fn a_receipt_says_how_long_money_lay_and_how_long_it_may() {
    let files = scenario::files();
    let file = files.iter().find(|file| file.ends_with("transfer_days.txt")).unwrap();
    let steps = scenario::play(file).steps;
    let events = steps.iter().flat_map(|step| &step.receipts).flat_map(|receipt| {
        match minglian_contracts::event::read(receipt).unwrap() {
            minglian_contracts::event::Outcome::Applied(events) => events,
            _ => Vec::new(),
        }
    });
    let held: Vec<_> = events
        .filter_map(|event| match event {
            Event::Allocation(allocation::Event::Held { days, days_max, .. }) => {
                Some((days, days_max))
            }
            _ => None,
        })
        .collect();
    assert_eq!(held, [(60, Some(60)), (61, Some(60))]);
}

#[test]
fn early_issue_is_what_came_from_elsewhere_before_the_year() {
    let names = [name("home", 2025, "甲"), name("home", 2025, "乙"), name("home", 2025, "丙")];
    let early = line(None, "2024-11-30", 70);
    let late = line(None, "2025-03-01", 30);
    let mut carried = line(None, "2024-02-01", 1_000);
    carried.parent = Some(name("home", 2024, "丙"));
    let entries = [&early, &late, &carried];
    let entries = names.iter().zip(entries).map(|(name, line)| entry(name, line));
    let share = monitor::early_issue(entries);
    assert_eq!(share, Share { part_fen: 70, whole_fen: 100 });
    let world = World::new();
    let against =
        |share, date| monitor::against(&world.state, EARLY_ISSUE_MIN, day(date), share).unwrap();
    let Monitored { least, is_met, .. } = against(share, "2025-03-01");
    assert_eq!((least.unwrap().value, is_met), (7_000, Some(true)));
    let short = Share { part_fen: 69_999, whole_fen: 100_000 };
    assert_eq!(against(short, "2025-03-01").is_met, Some(false));
    assert_eq!(against(Share::default(), "2025-03-01").is_met, None);
}

/// What a holder moves among its own lines is not issued twice, and what was left of an earlier
/// year, whoever gave it, is not issued early.
#[test]
fn early_issue_counts_what_others_gave_for_the_year_once() {
    let share = |giver: Option<(&str, u16)>| {
        let own = name("home", 2025, "甲");
        let mut early = line(None, "2024-11-30", 70);
        early.parent = giver.map(|(holder, year)| name(holder, year, "上"));
        let share = monitor::early_issue([entry(&own, &early)]);
        assert_eq!(share.part_fen, share.whole_fen);
        share.whole_fen
    };
    assert_eq!(share(None), 70, "from outside");
    assert_eq!(share(Some(("county_civil", 2025))), 70, "from another holder, for the year");
    assert_eq!(share(Some(("home", 2025))), 0, "from a line of its own");
    assert_eq!(share(Some(("county_civil", 2024))), 0, "another holder's, of the year before");
    assert_eq!(share(Some(("home", 2024))), 0, "carried over");
}

/// A row is 已审核 until 财政 has issued all of it.
#[test]
fn a_row_of_a_plan_is_reviewed_until_it_is_issued_whole() {
    let row = |amount| PlanRow { holder: code("home"), purpose: Purpose::default(), amount };
    let stage = |issued: u64, number| {
        let plan = ApprovedPlan {
            from: name("county_civil", 2024, "甲"),
            rows: vec![row(fen(100))],
            issued: vec![fen(issued)],
        };
        status::of_row(&plan, number)
    };
    assert_eq!(stage(0, 0), Some(Stage::Reviewed));
    assert_eq!(stage(99, 0), Some(Stage::Reviewed));
    assert_eq!(stage(100, 0), Some(Stage::Issued));
    assert_eq!(stage(100, 1), None, "there is no second row");
}

#[test]
fn a_category_counts_each_fen_where_it_stayed() {
    let top = name("county_civil", 2024, "甲");
    let below = name("home", 2024, "乙");
    let mut above = line(Some(Category::OldAge), "2024-01-01", 100);
    above.issued = fen(60);
    // Of the 60, 20 were paid to a wrong account and came back.
    let mut unit = line(Some(Category::OldAge), "2024-01-01", 60);
    (unit.paid, unit.returned) = (fen(50), fen(20));
    let children = line(Some(Category::Children), "2024-01-01", 80);
    let other = name("county_civil", 2024, "丙");
    let entries = [
        entry(&top, &above),
        Entry { bounced: fen(20), ..entry(&below, &unit) },
        entry(&other, &children),
    ];
    let share = monitor::category_share(entries, Category::OldAge);
    assert_eq!(share, Share { part_fen: 100, whole_fen: 180 });
    assert_eq!(share.basis_points(), Some(5_555));
    assert_eq!(Share::default().basis_points(), None);
    // 55 % are wanted from 2022 on.
    let world = World::new();
    let parameter = monitor::category_parameter(Category::OldAge);
    let met = |date| monitor::against(&world.state, &parameter, day(date), share).unwrap().is_met;
    assert_eq!((met("2024-06-01"), met("2021-12-31")), (Some(true), None));
}

#[test]
fn money_is_as_old_as_the_budget_that_first_issued_it() {
    let line = line(None, "2024-01-01", 1);
    assert_eq!(monitor::age_years(&name("home", 2024, "甲"), &line), 0);
    assert_eq!(monitor::age_years(&name("home", 2025, "甲"), &line), 1);
}

#[test]
fn the_state_of_a_line_follows_from_its_sums() {
    let stage = |line: &Line, known| status::of_line(line, known).stage;
    let plain = Known::default();
    let mut line = line(None, "2024-01-01", 100);
    assert_eq!(stage(&line, plain), Stage::Issued);
    line.received_on = Some(day("2024-01-02"));
    assert_eq!(stage(&line, plain), Stage::Received);
    line.issued = fen(40);
    assert_eq!(stage(&line, plain), Stage::Suballocated);
    line.paid = fen(50);
    assert_eq!(stage(&line, plain), Stage::Paying);
    line.recovered = fen(10);
    let done = status::of_line(&line, Known { lapsed: fen(4), ..plain });
    assert_eq!(done.stage, Stage::Completed);
    assert_eq!((done.recovered, done.lapsed), (fen(6), fen(4)));
    assert_eq!(stage(&line, Known { is_accepted: true, ..plain }), Stage::Accepted);
    let evaluated = Known { is_accepted: true, is_evaluated: true, ..plain };
    assert_eq!(stage(&line, evaluated), Stage::Evaluated);
    assert_eq!(stage(&line, Known { is_announced: true, ..evaluated }), Stage::Announced);
}

#[test]
fn a_subject_has_three_five_or_seven_digits_and_holds_for_the_lines_below() {
    for (text, is_one) in
        [("229", true), ("22960", true), ("2296002", true), ("2296", false), ("22960a2", false)]
    {
        assert_eq!(is_subject(text), is_one, "{text}");
    }
    let files = scenario::files();
    let file = files.iter().find(|file| file.ends_with("transfer_days.txt")).unwrap();
    let world = scenario::play(file).world;
    let subject = |name| subject_of(&world.state, &name).unwrap().map(|it| it.to_string());
    assert_eq!(subject(name("county_civil", 2024, "甲")).as_deref(), Some("2296002"));
    assert_eq!(subject(name("county_civil", 2024, "乙")).as_deref(), Some("22960"));
    assert_eq!(subject(name("county_civil", 2024, "没有")), None);
}
