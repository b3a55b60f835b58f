//! Working days by the State Council's notices, and deadlines that count them.

use minglian_contracts::refusal::Code;
use minglian_contracts::rules;
use minglian_contracts::working_day::{
    self, Calendar, Deadline, HOLIDAYS, Notice, WORKING_DAYS_MAX, add_working_days, day_of,
    on_working_day,
};
use minglian_ledger::date::{Date, Month};

use crate::world::{World, text};

fn day(date: &str) -> Date {
    date.parse().unwrap()
}

fn shipped() -> Calendar {
    Calendar::new(rules::holidays().unwrap())
}

fn firm(date: &str) -> Option<Deadline> {
    Some(Deadline { date: day(date), provisional: false })
}

fn provisional(date: &str) -> Option<Deadline> {
    Some(Deadline { date: day(date), provisional: true })
}

#[test]
fn the_shipped_notices_are_those_of_three_years_and_hold_what_was_published() {
    let notices = rules::holidays().unwrap();
    let years: Vec<u16> = notices.iter().map(|notice| notice.year).collect();
    assert_eq!(years, [2024, 2025, 2026]);
    // The notices print how many days each holiday has: 1+8+3+5+1+3+7, 1+8+3+5+3+8, 3+9+3+5+3+3+7.
    let counts: Vec<_> =
        notices.iter().map(|it| (it.holidays.len(), it.working_weekends.len())).collect();
    assert_eq!(counts, [(28, 8), (28, 5), (33, 6)]);
    for notice in &notices {
        assert_eq!(notice.check(), Ok(()), "{}", notice.year);
    }
    // Days worked in all: weekdays less those off, and weekend days that are worked.
    let calendar = shipped();
    let worked = |year: u16| {
        let days = (0..366).filter_map(|offset| day(&format!("{year}-01-01")).add_days(offset));
        days.filter(|date| date.year() == year && calendar.is_working_day(*date)).count()
    };
    assert_eq!([2024, 2025, 2026].map(worked), [251, 248, 248]);
}

#[test]
fn holidays_are_off_and_made_up_weekends_are_worked() {
    let calendar = shipped();
    let cases = [
        ("2024-02-09", true),
        ("2024-02-12", false),
        ("2024-02-18", true),
        ("2024-10-12", true),
        ("2025-01-27", true),
        ("2025-01-28", false),
        ("2025-10-08", false),
        ("2025-10-11", true),
        ("2025-10-12", false),
        ("2026-01-02", false),
        ("2026-01-04", true),
        ("2027-01-01", true),
        ("2027-01-02", false),
    ];
    for (date, worked) in cases {
        assert_eq!(calendar.is_working_day(day(date)), worked, "{date}");
    }
}

#[test]
fn a_deadline_does_not_count_its_first_day_and_skips_days_off() {
    let calendar = shipped();
    // 政府信息公开条例 第二十六条: 20 working days. Seven days of 国庆, two weekend days worked.
    assert_eq!(add_working_days(day("2024-09-20"), 20, &calendar), firm("2024-10-23"));
    assert_eq!(add_working_days(day("2025-01-24"), 1, &calendar), firm("2025-01-26"));
    assert_eq!(add_working_days(day("2025-01-27"), 1, &calendar), firm("2025-02-05"));
    assert_eq!(add_working_days(day("2024-05-01"), 0, &calendar), firm("2024-05-01"));
    assert!(add_working_days(day("2024-05-01"), WORKING_DAYS_MAX, &calendar).is_some());
    assert_eq!(add_working_days(day("2024-05-01"), WORKING_DAYS_MAX + 1, &calendar), None);
    assert_eq!(add_working_days(Date::MAX, 1, &calendar), None);
}

#[test]
fn a_deadline_through_a_year_without_a_notice_is_provisional() {
    let calendar = shipped();
    assert_eq!(add_working_days(day("2026-12-30"), 1, &calendar), firm("2026-12-31"));
    assert_eq!(add_working_days(day("2026-12-30"), 2, &calendar), provisional("2027-01-01"));
    assert_eq!(add_working_days(day("2023-12-28"), 2, &calendar), provisional("2024-01-02"));
}

#[test]
fn a_period_that_ends_on_a_day_off_ends_on_the_next_working_day() {
    let calendar = shipped();
    assert_eq!(on_working_day(day("2024-06-15"), &calendar), firm("2024-06-17"));
    assert_eq!(on_working_day(day("2024-06-14"), &calendar), firm("2024-06-14"));
    assert_eq!(on_working_day(day("2025-10-01"), &calendar), firm("2025-10-09"));
    assert_eq!(on_working_day(day("2027-05-01"), &calendar), provisional("2027-05-03"));
}

#[test]
fn a_day_of_a_month_is_cut_to_the_month() {
    let month = |month| Month::new(2025, month).unwrap();
    assert_eq!(day_of(month(2), 15), day("2025-02-15"));
    assert_eq!(day_of(month(2), 31), day("2025-02-28"));
    assert_eq!(day_of(month(4), 0), day("2025-04-01"));
}

#[test]
fn notices_that_cannot_be_are_refused() {
    let right = Notice {
        year: 2027,
        holidays: vec![day("2027-01-01"), day("2027-01-02")],
        working_weekends: vec![day("2027-01-09")],
        article: text("国务院办公厅通知"),
    };
    assert_eq!(right.check(), Ok(()));
    type Change = fn(&mut Notice);
    let cases: [(&str, Change); 8] = [
        ("no holidays", |it| it.holidays.clear()),
        ("no document", |it| it.article = text("")),
        ("another year", |it| it.year = 2026),
        ("a weekday to be worked", |it| it.working_weekends = vec!["2027-01-08".parse().unwrap()]),
        ("off and worked", |it| it.working_weekends = vec!["2027-01-02".parse().unwrap()]),
        ("out of order", |it| it.holidays.reverse()),
        ("twice", |it| it.holidays.insert(0, it.holidays[0])),
        ("too many", |it| {
            let first = it.holidays[0];
            it.working_weekends.clear();
            it.holidays = (0..65).filter_map(|offset| first.add_days(offset)).collect();
        }),
    ];
    let first = right.holidays[0];
    let holidays = (0..64).filter_map(|offset| first.add_days(offset)).collect();
    let most = Notice { holidays, working_weekends: Vec::new(), ..right.clone() };
    assert_eq!(most.check(), Ok(()), "as many as it may have");
    for (case, change) in cases {
        let mut wrong = right.clone();
        change(&mut wrong);
        assert_eq!(wrong.check().unwrap_err().code, Code::HolidaysInvalid, "{case}");
    }
}

#[test]
fn a_chain_starts_with_the_shipped_notices_and_reads_deadlines_from_its_state() {
    let world = World::new();
    for notice in rules::holidays().unwrap() {
        let found = HOLIDAYS.get(&world.state, &notice.year).unwrap().unwrap();
        assert_eq!((found.version, found.notice), (1, notice));
    }
    let deadline = |date, days| working_day::deadline(&world.state, day(date), days).unwrap();
    assert_eq!(deadline("2024-09-20", 20), firm("2024-10-23"));
    assert_eq!(deadline("2025-12-31", 1), firm("2026-01-04"));
    assert_eq!(deadline("2026-12-31", 1), provisional("2027-01-01"));
    assert_eq!(deadline("2024-01-02", 600), firm("2026-06-03"));
}
