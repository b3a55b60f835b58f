//! The roll: spellings, ages, accounts, duplicates, exclusion, all or nothing.

use minglian_county::generated;
use minglian_county::import::ImportTerms;
use minglian_county::roll::entitlement::State;
use minglian_county::sheet::{ColumnsError, Fault};

use crate::fixture::{
    HEADER, county, date, identity, import, month, person, programme, roll, sheet, terms, twelve,
};

fn told(faults: &[Fault]) -> Vec<(u64, &str)> {
    faults.iter().map(|fault| (fault.row, fault.column.unwrap_or_default())).collect()
}

#[test]
fn two_spellings_of_one_person_are_one() {
    let [name, number, account, _] = person(1);
    let wide: String =
        number.chars().map(|digit| char::from_u32(u32::from(digit) + 0xFEE0).unwrap()).collect();
    let spaced = format!("{} {}", &number[..6], &number[6..].to_lowercase());
    for other in [wide, spaced] {
        let rows: [&[&str]; 2] =
            [&[&name, &number, &account, "F1"], &[&name, &other, "9111111111111111", "F2"]];
        let mut roll = roll();
        let report = import(&mut roll, &sheet(&HEADER, &rows), &terms("甲"));
        assert_eq!(told(&report.faults), [(3, "身份证号")]);
        assert!(report.faults[0].reason.contains("row 2"), "{}", report.faults[0]);
        assert_eq!(roll.persons.len(), 0, "nothing of the file is taken");
    }
}

#[test]
fn a_number_of_15_digits_is_the_one_of_18() {
    // 999999 270506 005 of 1927 and the 18 digits that it became.
    let long = generated::identity(1927, 5, 6, 5);
    let short = format!("{}{}{}", &long[..6], &long[8..14], &long[14..17]);
    let rows: [&[&str]; 2] =
        [&["甲样", &long, "9111111111111111", ""], &["甲样", &short, "9111111111111112", ""]];
    let report = import(&mut roll(), &sheet(&HEADER, &rows), &terms("甲"));
    assert_eq!(told(&report.faults), [(3, "身份证号")]);
}

#[test]
fn every_field_is_judged_and_nothing_of_it_repeated() {
    let good = identity(1);
    let wrong = format!("{}{}", &good[..17], if good.ends_with('0') { '1' } else { '0' });
    let young = generated::identity(1950, 1, 1, 1);
    let rows: [&[&str]; 8] = [
        &["", &good, "9111111111111111", ""],
        &["=甲样", &identity(2), "9111111111111112", ""],
        &["甲样", &wrong, "9111111111111113", ""],
        &["甲样", &young, "9111111111111114", ""],
        &["甲样", &identity(3), "911111111x", ""],
        &["甲样", &identity(4), "6222020000000000", ""],
        &["甲样", &identity(5), "", ""],
        &["甲样", &identity(6), "9111111111111118", ""],
    ];
    let mut roll = roll();
    let report = import(&mut roll, &sheet(&HEADER, &rows), &terms("甲"));
    let expected = [
        (2, "姓名"),
        (3, "姓名"),
        (4, "身份证号"),
        (5, "身份证号"),
        (6, "银行账号"),
        (7, "银行账号"),
        (8, "银行账号"),
    ];
    assert_eq!(told(&report.faults), expected);
    assert_eq!((report.rows, report.persons, roll.persons.len()), (8, 0, 0));
    let text = report.faults.iter().map(ToString::to_string).collect::<String>();
    for planted in ["甲样", &good, &wrong, &young, "911111111x", "6222020000000000"] {
        assert!(!text.contains(planted), "{text}");
    }
}

#[test]
fn long_numbers_that_a_workbook_rounded_are_refused() {
    let mut sheet = sheet(&HEADER, &[&["甲样", &identity(1), "9111111111111111", ""]]);
    sheet.rows[0].cells[1].is_number = true;
    let report = import(&mut roll(), &sheet, &terms("甲"));
    assert_eq!(told(&report.faults), [(2, "身份证号")]);
    sheet.rows[0].cells[1].is_number = false;
    sheet.rows[0].cells[2].is_number = true;
    let report = import(&mut roll(), &sheet, &terms("甲"));
    assert_eq!(told(&report.faults), [(2, "银行账号")]);
}

#[test]
fn ages_count_on_the_reference_date_of_the_month() {
    // 80 on the last day of December 2012, a day too young for it, and the day itself.
    for (year, month, day, fits) in [(1932, 12, 31, true), (1933, 1, 1, false), (1932, 1, 1, true)]
    {
        let number = generated::identity(year, month, day, 1);
        let sheet = sheet(&HEADER, &[&["甲样", &number, "9111111111111111", ""]]);
        let report = import(&mut roll(), &sheet, &terms("甲"));
        assert_eq!(report.faults.is_empty(), fits, "{year}-{month}-{day}");
    }
}

#[test]
fn programmes_of_a_group_exclude_one_another() {
    let mut roll = twelve();
    let (mut same, mut other) = (programme(), programme());
    (same.number, other.number, other.group) = (2, 3, 2);
    roll.add_programme(same).unwrap();
    roll.add_programme(other).unwrap();
    let [name, number, account, _] = person(1);
    let sheet = sheet(&HEADER, &[&[&name, &number, &account, "F1"]]);
    let beside = ImportTerms { programme: 2, ..terms("甲") };
    assert_eq!(told(&import(&mut roll, &sheet, &beside).faults), [(2, "身份证号")]);
    let apart = ImportTerms { programme: 3, ..terms("甲") };
    let report = import(&mut roll, &sheet, &apart);
    assert_eq!((report.faults.len(), report.persons, report.begun), (0, 0, 1));
    assert_eq!(roll.persons.len(), 12, "the same person under both");
}

#[test]
fn who_is_on_the_roll_is_changed_only_when_asked() {
    let mut roll = twelve();
    let number = identity(1);
    let sheet = sheet(&HEADER, &[&["乙样", &number, "9222222222222222", "F1"]]);
    assert_eq!(told(&import(&mut roll, &sheet, &terms("甲")).faults), [(2, "身份证号")]);
    let updates = ImportTerms { updates: true, ..terms("甲") };
    let report = import(&mut roll, &sheet, &updates);
    assert_eq!((report.changed, report.begun, report.persons), (1, 0, 0));
    let accounts = roll.persons.values().map(|person| person.details.account.as_str());
    assert_eq!(accounts.filter(|account| *account == "9222222222222222").count(), 1);
}

#[test]
fn a_case_file_is_one_persons_and_stays_when_left_out() {
    let mut roll = twelve();
    let stranger = generated::identity(1930, 1, 1, 90);
    for file in ["F3", "D0000099"] {
        let taken = sheet(&HEADER, &[&["乙样", &stranger, "9222222222222222", file]]);
        assert_eq!(told(&import(&mut roll, &taken, &terms("甲")).faults), [(2, "档案号")]);
    }
    let updates = ImportTerms { updates: true, ..terms("甲") };
    let without = sheet(&HEADER, &[&["乙样", &identity(3), "9222222222222222", ""]]);
    assert_eq!(import(&mut roll, &without, &updates).changed, 1);
    assert!(roll.persons.values().any(|person| person.details.case_file == "F3"));
}

#[test]
fn another_category_ends_the_old_and_begins_the_new() {
    let mut roll = minglian_county::roll::Roll::new(county());
    let mut with = programme();
    with.bands[0].category = "低保".to_owned();
    with.bands[1].category = "特困".to_owned();
    with.bands[1].age_from = 80;
    with.bands[2].category = "其他".to_owned();
    roll.add_programme(with).unwrap();
    let number = identity(1);
    let header = ["姓名", "身份证号", "银行账号", "类别", "起始月份"];
    let row = |category, from| {
        sheet(&header, &[&["甲样", number.as_str(), "9111111111111111", category, from]])
    };
    assert_eq!(import(&mut roll, &row("低保", "2012年12月"), &terms("甲")).begun, 1);
    let updates = ImportTerms { updates: true, on: date("2013-01-20"), ..terms("甲") };
    // Not in the same month: the change takes effect with the next (停旧增新).
    assert_eq!(import(&mut roll, &row("特困", "2012-12"), &updates).faults.len(), 1);
    let report = import(&mut roll, &row("特困", "2013-02"), &updates);
    assert_eq!((report.ended, report.begun, report.faults.len()), (1, 1, 0));
    let [old, new] = roll.entitlements.as_slice() else { panic!("two entitlements") };
    assert_eq!((old.state(), old.last), (State::Ceased, Some(month("2013-01"))));
    assert_eq!((new.state(), new.from), (State::Active, month("2013-02")));
    assert_eq!(old.person, new.person);
}

#[test]
fn a_sheet_without_its_columns_is_refused_without_its_header() {
    let header = ["李样", "x", "y"];
    let refused = sheet(&header, &[&["a", "b", "c"]]);
    let terms = terms("甲");
    let error = minglian_county::import::import(
        &mut roll(),
        &refused,
        &terms,
        &mut crate::fixture::random(),
    )
    .map(|_| ())
    .unwrap_err();
    assert!(!error.to_string().contains("李样"), "a sheet without a header has a person there");
    let twice = sheet(&["姓名", "name", "身份证号", "账号"], &[]);
    assert_eq!(
        twice.layout(&minglian_county::import::COLUMNS).map(|_| ()),
        Err(ColumnsError::Twice("姓名"))
    );
}
