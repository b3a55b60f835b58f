//! Of which lines a figure or a share speaks: of those of its holder, division, fund and year, and
//! of no others.

use minglian_contracts::report::contradiction::Derived;
use minglian_contracts::report::derived::Book;
use minglian_contracts::report::lines::Ask;
use minglian_contracts::report::printed::{
    FigureMeasure, FigureSubject, FundOfHolder, GameOfCentre,
};
use minglian_contracts::report::selection::Selection;
use minglian_contracts::report::shares::shares;
use minglian_ledger::division::Division;

use super::derived::{figure, value};
use super::log::{as_of, column};
use super::{ask, county, go, of_year};
use crate::invariants::acts::set_parameter;
use crate::scenario;
use crate::world::{World, code, text};

/// In 万元: the home has 10 of 省级 and 3 of 中央 for 2024, and 5 of 省级 for 2025; the county's
/// department has 4, the city's 7.
fn holders() -> World {
    let mut world = World::new();
    world.date = "2024-05-01".parse().unwrap();
    let record = |finance: &str, line: &str, wan: u32| {
        format!("{finance} record to={line} amount={wan}万元 notice=公告")
    };
    let acts = [
        record("county_finance", "home/省级/2024/甲", 10),
        record("county_finance", "home/中央/2024/甲", 3),
        record("county_finance", "home/省级/2025/甲", 5),
        record("county_finance", "county_civil/省级/2024/乙", 4),
        record("city_finance", "city_civil/省级/2024/丁", 7),
    ];
    go(&mut world, &acts.each_ref().map(String::as_str));
    world
}

fn division(code: u32) -> Division {
    Division::new(code).unwrap()
}

#[test]
fn a_figure_adds_up_the_lines_of_its_own_holder_division_fund_and_year() {
    use FigureMeasure::Received;
    let world = holders();
    let home = || FigureSubject::Organization(code("home"));
    let fund =
        |fund: &str| FigureSubject::Fund(FundOfHolder { holder: code("home"), fund: text(fund) });
    // All asked of one book: what it read for one figure is not taken for another.
    let mut book = Book::new(&world.state);
    for (subject, year, wan) in [
        (home(), Some(2024), 13),
        (home(), Some(2025), 5),
        (home(), None, 18),
        (fund("省级"), Some(2024), 10),
        (fund("中央"), Some(2024), 3),
        (fund("省级"), None, 15),
        (FigureSubject::Division(division(341122)), Some(2024), 17),
        (FigureSubject::Division(division(341100)), Some(2024), 24),
        (home(), Some(2024), 13),
    ] {
        let asked = figure(Received, subject, year);
        let found = book.derive(&asked).unwrap();
        assert_eq!(found, Some(Derived::Value(wan * 1_000_000)), "{asked:?}");
    }
}

/// 乙 got 4 万元, gave 3 to the home and got 1 back.
#[test]
fn what_is_arranged_for_a_line_is_what_it_did_not_pass_on() {
    let mut world = holders();
    let (above, below) = ("county_civil/省级/2024/乙", "home/省级/2024/丙");
    let give = format!("county_civil allocate from={above} to={below} amount=3万元 notice=公示");
    let back = format!("county_finance recover line={below} to={above} amount=1万元 notice=收回");
    go(&mut world, &[&give, &format!("home receive line={below}"), &back]);
    for (line, wan) in [(above, 2), (below, 3)] {
        let subject = FigureSubject::Line(scenario::line_name(line));
        let found = value(&world, &figure(FigureMeasure::Allocated, subject, None));
        assert_eq!(found, Some(wan * 1_000_000), "{line}");
    }
}

/// 36 % until 30 June 2024, 35 % since.
#[test]
fn the_fund_of_a_year_in_which_the_ratio_changed_is_not_derived_from_sales() {
    let mut world = holders();
    set_parameter(&mut world, "lottery.fund_ratio.双色球", 3_500, "basis_points", "2024-07-01");
    let of = |year| {
        let (centre, game) = (code("lottery"), text("双色球"));
        let subject = FigureSubject::Game(GameOfCentre { centre, game });
        let asked = figure(FigureMeasure::Fund, subject, Some(year));
        Book::new(&world.state).derive(&asked).unwrap()
    };
    assert_eq!(of(2023), Some(Derived::Ratio(3_600)));
    assert_eq!(of(2024), None);
    assert_eq!(of(2025), Some(Derived::Ratio(3_500)));
}

/// Holder, fund and year of each row, without repetitions.
fn groups(world: &World, asked: &Ask) -> (Vec<[String; 3]>, Option<Vec<u8>>) {
    let report = shares(&world.state, asked, as_of(world)).unwrap();
    assert!(report.is_reconciled(), "{report:#?}");
    let names = column(&report, "holder").into_iter().zip(column(&report, "fund"));
    let names = names.zip(column(&report, "year"));
    let mut groups: Vec<_> = names.map(|((holder, fund), year)| [holder, fund, year]).collect();
    groups.dedup();
    (groups, report.next)
}

#[test]
fn a_share_is_of_the_lines_that_are_asked_for() {
    let world = holders();
    let of = |selection: Selection| {
        let mut found = groups(&world, &ask(selection)).0;
        found.sort();
        found
    };
    let named = |names: &[(&str, &str, u16)]| {
        let mut names: Vec<[String; 3]> = names
            .iter()
            .map(|(holder, fund, year)| {
                [code(holder).to_string(), (*fund).to_owned(), year.to_string()]
            })
            .collect();
        names.sort();
        names
    };
    let (home, civil) = (("home", "省级", 2024), ("county_civil", "省级", 2024));
    let (central, next) = (("home", "中央", 2024), ("home", "省级", 2025));
    let city = ("city_civil", "省级", 2024);
    let holder = Some(code("home"));
    assert_eq!(of(Selection::default()), named(&[home, civil, central, next, city]));
    assert_eq!(of(of_year(2024)), named(&[home, civil, central, city]));
    assert_eq!(of(Selection { holder, ..Selection::default() }), named(&[home, central, next]));
    let county = Selection { division: Some(division(341122)), ..of_year(2024) };
    assert_eq!(of(county), named(&[home, civil, central]));
    let fund = Selection { fund: Some(text("中央")), ..Selection::default() };
    assert_eq!(of(fund), named(&[central]));
}

#[test]
fn a_page_that_was_asked_for_one_line_ends_with_that_lines_holder_fund_and_year() {
    let world = holders();
    let (whole, _) = groups(&world, &ask(Selection::default()));
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let asked = Ask { after, limit: 1, ..ask(Selection::default()) };
        let (page, next) = groups(&world, &asked);
        assert!(page.len() <= 1, "{page:?}");
        found.extend(page);
        after = next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, whole);
}

/// What the home carried to 2025 was not issued for that year, early or late.
#[test]
fn of_no_money_no_share_is_shown() {
    let world = county();
    let report = shares(&world.state, &ask(of_year(2025)), as_of(&world)).unwrap();
    assert_eq!(column(&report, "indicator"), ["老年人福利"]);
    assert_eq!(column(&report, "whole"), ["6000000"]);
    assert_eq!(column(&report, "is_met"), ["false"]);
}
