//! What reports are made of, apart from any ledger: sums of a line, tables, rates, what is printed,
//! and when a report counts as reconciled.

use minglian_contracts::report::facts::Sums;
use minglian_contracts::report::holding::Waited;
use minglian_contracts::report::printed::FigureUnit;
use minglian_contracts::report::ratio::percent;
use minglian_contracts::report::rule::{CARRY_OVER, Rule};
use minglian_contracts::report::table::{Cell, Column, Kind, Table, rate};
use minglian_contracts::report::{Check, Mismatch, Report};
use minglian_ledger::state::MemoryState;

use super::log::as_of;
use crate::world::World;

#[test]
fn what_can_be_spent_is_all_that_came_in_less_what_was_passed_on() {
    let sums = Sums {
        received: 1_000,
        brought_forward: 200,
        within: 60,
        returned: 30,
        issued: 45,
        // None of these is money that came in or was passed on.
        spent: 7,
        carried: 8,
        recovered: 9,
        transferred_out: 11,
        left: 13,
    };
    assert_eq!(sums.disposable(), 1_245);
    // Arranged is only what came from another line of the report: 60 and 30 less 45.
    assert_eq!(sums.arranged(), 45);
    assert_eq!(Sums { within: 0, ..sums }.arranged(), 0);
}

#[test]
fn a_limit_of_days_is_exceeded_on_the_day_after_it() {
    for (days_to_receive, days_held, exceeded) in [
        (60, None, 0),
        (61, None, 60),
        (0, Some(60), 0),
        (0, Some(61), 60),
        (61, Some(0), 60),
        (0, Some(0), 0),
    ] {
        let waited = Waited { onward: None, days_to_receive, days_held, is_held: true };
        assert_eq!(waited.exceeded(60), exceeded, "{waited:?}");
    }
}

#[test]
fn rows_of_one_name_are_added_and_rates_computed_last() {
    let mut table = Table::new(vec![
        Column::new("name", Kind::Key, "", ""),
        Column::new("count", Kind::Count, "", ""),
        Column::new("part", Kind::Sum, "", ""),
        Column::new("whole", Kind::Sum, "", ""),
        Column::new("rate", Kind::Rate { part: "part", whole: "whole" }, "", ""),
        Column::new("days", Kind::Number, "", ""),
    ]);
    assert!(table.is_empty());
    assert_eq!(table.len(), 0);
    for (name, count, part, whole) in [("甲", 2, 1, 3), ("乙", 3, 0, 4), ("甲", 5, 1, 3)] {
        table.add(vec![
            Cell::text(name),
            Cell::Number(count),
            Cell::from(part),
            Cell::from(whole),
            Cell::Empty,
            Cell::Number(9),
        ]);
    }
    assert!(!table.is_empty());
    assert_eq!(table.len(), 2);
    let (_, rows, totals) = table.finish();
    let figures = |count, part: i128, whole: i128, rate| {
        [Cell::Number(count), part.into(), whole.into(), Cell::Number(rate)]
    };
    // A third is 3333 basis points, 2 of 10 are 2000. Days do not add up.
    assert_eq!(rows[0][1..5], figures(7, 2, 6, 3_333));
    assert_eq!(rows[1][1..5], figures(3, 0, 4, 0));
    assert_eq!(totals[1..5], figures(10, 2, 10, 2_000));
    assert_eq!((&totals[0], &totals[5]), (&Cell::Empty, &Cell::Empty));
}

#[test]
fn a_rate_is_of_something_and_of_a_part_that_is_not_negative() {
    for (part, whole, points) in [
        (0, 5, Some(0)),
        (5, 5, Some(10_000)),
        (-1, 5, None),
        (1, 0, None),
        (0, 0, None),
        (1, -5, None),
    ] {
        assert_eq!(rate(part, whole), points, "{part} of {whole}");
    }
    assert_eq!(
        (percent(1_875), percent(5), percent(10_000)),
        ("18.75%".to_owned(), "0.05%".to_owned(), "100.00%".to_owned(),)
    );
}

#[test]
fn nothing_is_shown_without_a_sign() {
    assert_eq!(FigureUnit::TenThousandYuan.show(0), "0万元");
    assert_eq!(FigureUnit::Count.show(0), "0个");
    assert_eq!(FigureUnit::TenThousandYuan.show(-20_000_000), "-20万元");
    assert_eq!(FigureUnit::Count.show(-1), "-1个");
}

#[test]
fn a_report_is_reconciled_if_all_checks_hold_and_no_line_contradicts_its_account() {
    let world = World::new();
    let report = |book: i128, is_contradicted: bool| {
        let mut report = Report::of("execution", as_of(&world), Table::new(Vec::new()));
        report.reconciliation =
            vec![Check::new("甲", "", "", 5, 5), Check::new("乙", "", "", 5, book)];
        if is_contradicted {
            let (subject, chinese, english) = (String::new(), String::new(), String::new());
            report.mismatches = vec![Mismatch { subject, chinese, english }];
        }
        report
    };
    assert!(report(5, false).is_reconciled());
    assert!(!report(6, false).is_reconciled());
    assert!(!report(5, true).is_reconciled());
    // What only all pages together can say does not count against one page.
    let mut page = report(6, false);
    page.reconciliation = page.reconciliation.into_iter().map(Check::over_all_pages).collect();
    assert!(page.is_reconciled());
}

#[test]
fn a_chain_without_the_parameter_is_judged_by_statute() {
    let (state, date) = (MemoryState::new(), "2024-05-01".parse().unwrap());
    let find = |name| Rule::find(&state, name, date).unwrap();
    for (name, value, unit, article) in [
        (CARRY_OVER, 1, "years", "预算法 第四十二条"),
        ("allocation.held_days_max.province", 30, "days", "预算法 第五十二条: 省级"),
        ("allocation.held_days_max.local", 60, "days", "预算法 第五十二条: 地方"),
    ] {
        let rule = find(name);
        assert_eq!((rule.key.as_str(), rule.value, rule.unit.as_str()), (name, value, unit));
        assert!(rule.article.starts_with(article), "{rule:?}");
        assert_eq!(rule.version, None);
    }
    // What nobody regulates is never too much.
    assert_eq!(find("no.such.rule").value, i64::MAX);
}
