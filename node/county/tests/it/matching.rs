//! Lists against the roll, before a batch is built.

use minglian_county::matching::{self, ListKind, MatchReport, MatchTerms};
use minglian_county::roll::Roll;
use minglian_county::roll::entitlement::State;

use crate::fixture::{date, identity, month, pay, plan, sheet, twelve};

fn matched(roll: &mut Roll, kind: ListKind, rows: &[&[&str]]) -> MatchReport {
    let terms =
        MatchTerms { kind, name: "卫健名单", month: month("2013-02"), on: date("2013-01-28") };
    matching::apply(roll, &sheet(&["姓名", "身份证号", "死亡日期"], rows), &terms).unwrap()
}

#[test]
fn the_dead_are_struck_off_and_what_was_paid_after_is_counted() {
    let mut roll = twelve();
    for period in ["2012-12", "2013-01"] {
        let plan = plan(&roll, period, false);
        pay(&mut roll, &plan);
    }
    let (dead, stranger) = (identity(9), minglian_county::generated::identity(1920, 1, 1, 77));
    let lower = dead.to_lowercase();
    let rows: [&[&str]; 5] = [
        &["甲样", &lower, "2012年12月15日"],
        &["甲样", &dead, "2012-12-20"],
        &["某某", &stranger, "2013-01-02"],
        &["某某", "12345", "2013-01-02"],
        &["甲样", &identity(2), ""],
    ];
    let report = matched(&mut roll, ListKind::Deaths, &rows);
    assert_eq!((report.rows, report.strangers, report.over), (5, 1, 0));
    assert_eq!(report.faults.iter().map(|fault| fault.row).collect::<Vec<_>>(), [5, 6]);
    let [stopped] = report.stopped.as_slice() else { panic!("one is stopped") };
    assert_eq!((stopped.state, stopped.last), (State::Ceased, Some(month("2012-12"))));
    assert_eq!(stopped.overpaid_fen, 6_000, "January at 60元");
    // The handle stays, and is paid a hidden zero.
    let plan = plan(&roll, "2013-02", false);
    assert_eq!((plan.amounts.0.len(), plan.total.get()), (12, 66_000));
    let again = matched(&mut roll, ListKind::Deaths, &rows[..1]);
    assert_eq!((again.stopped.len(), again.over), (0, 1));
    let text = format!("{}", report.faults[0]);
    assert!(!text.contains("12345"), "{text}");
    assert!(report.to_csv(&roll, "卫健名单").contains("已停发,2012-12,60.00"));
}

#[test]
fn another_list_suspends_from_the_next_month() {
    let mut roll = twelve();
    let number = identity(12);
    let report = matched(&mut roll, ListKind::Other, &[&["甲样", &number, ""]]);
    assert_eq!(report.stopped.len(), 1);
    assert_eq!(plan(&roll, "2013-01", false).total.get(), 72_000);
    assert_eq!(plan(&roll, "2013-02", false).total.get(), 42_000);
}

#[test]
fn a_list_without_numbers_is_no_list() {
    let terms = MatchTerms {
        kind: ListKind::Deaths,
        name: "名单",
        month: month("2013-02"),
        on: date("2013-01-28"),
    };
    assert!(matching::apply(&mut twelve(), &sheet(&["姓名"], &[]), &terms).is_err());
}
