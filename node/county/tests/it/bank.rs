//! Pay files, and the bank's answers.

use std::cell::RefCell;

use minglian_county::bank::{self, BankError};
use minglian_county::batch::MakeError;
use minglian_county::matching::{self, ListKind, MatchTerms};
use minglian_county::month::{self as months, MonthError, lists};
use minglian_county::roll::Roll;
use minglian_ledger::fen::Fen;
use proptest::collection::vec;
use proptest::sample::select;
use proptest::strategy::Strategy as _;
use proptest::test_runner::{Config, TestRunner};

use crate::fixture::{date, identity, month, pay, plan, records, reserve, sheet, twelve};

const ANSWER: [&str; 3] = ["序号", "金额(元)", "结果"];

fn paid() -> (Roll, usize) {
    let mut roll = twelve();
    let plan = plan(&roll, "2012-12", false);
    let (place, _) = pay(&mut roll, &plan);
    (roll, place)
}

/// Number and amount of every line of a pay file.
fn lines(text: &str) -> Vec<[String; 2]> {
    let line = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        [cells[0].to_owned(), cells[4].to_owned()]
    };
    text.lines().skip(1).map(line).collect()
}

#[test]
fn a_pay_file_comes_to_the_batch() {
    let (mut roll, place) = paid();
    let (text, total) = bank::pay_file(&mut roll, place).unwrap();
    assert_eq!(total.to_string(), "720.00");
    assert_eq!(lines(&text).len(), 12);
    assert_eq!(lines(&text).iter().filter(|line| line[1] == "30.00").count(), 8);
    assert!(text.contains("高龄津贴 2012-12"));
}

#[test]
fn returned_payments_are_listed_and_due_again() {
    let (mut roll, place) = paid();
    let (text, _) = bank::pay_file(&mut roll, place).unwrap();
    let lines = lines(&text);
    let rows: Vec<[&str; 3]> = lines
        .iter()
        .enumerate()
        .map(|(place, [number, amount])| {
            [number.as_str(), amount.as_str(), if place == 4 { "退回" } else { "成功" }]
        })
        .collect();
    let rows: Vec<&[&str]> = rows.iter().map(<[&str; 3]>::as_slice).collect();
    let report = bank::take_result(&mut roll, place, &sheet(&ANSWER, &rows)).unwrap();
    assert_eq!((report.paid, report.returned, report.missing), (11, 1, 0));
    assert_eq!(report.paid_fen + report.returned_fen, 72_000);
    let list = bank::returned_list(&roll, place).unwrap();
    assert_eq!(list.lines().count(), 2);
    let twice = bank::take_result(&mut roll, place, &sheet(&ANSWER, &rows));
    assert!(matches!(twice, Err(BankError::Answered)));
    let again = months::plan(&roll, 1, month("2012-12"), 2012, true).unwrap();
    assert_eq!(again.total.get(), report.returned_fen, "what came back is due again");
}

#[test]
fn an_answer_that_does_not_fit_is_taken_in_no_part() {
    let (mut roll, place) = paid();
    let (text, _) = bank::pay_file(&mut roll, place).unwrap();
    let lines = lines(&text);
    let amount = lines[0][1].as_str();
    let rows: [&[&str]; 6] = [
        &["1", amount, "成功"],
        &["1", amount, "成功"],
        &["2", "0.01", "成功"],
        &["13", "30.00", "成功"],
        &["3", &lines[2][1], "不知道"],
        &["x", "30.00", "成功"],
    ];
    let report = bank::take_result(&mut roll, place, &sheet(&ANSWER, &rows)).unwrap();
    let told: Vec<u64> = report.faults.iter().map(|fault| fault.row).collect();
    assert_eq!((told.as_slice(), report.missing), (&[3, 4, 5, 6, 7][..], 11));
    assert!(!roll.batches[place].is_answered && roll.batches[place].returned.is_empty());
}

#[test]
fn a_month_that_may_be_paid_is_not_made_again() {
    let (mut roll, place) = paid();
    let plan = plan(&roll, "2012-12", false);
    let is_refused = |roll: &mut Roll| {
        [false, true].into_iter().all(|again| {
            let refused = reserve(roll, &plan, again).map(|_| ());
            matches!(refused, Err(MakeError::Month(MonthError::Paid { .. })))
        })
    };
    assert!(!is_refused(&mut roll), "before there is a pay file, --again is free to replace it");
    let (text, _) = bank::pay_file(&mut roll, place).unwrap();
    assert!(is_refused(&mut roll), "the bank may have the file");
    let lines = lines(&text);
    let rows: Vec<[&str; 3]> =
        lines.iter().map(|[number, amount]| [number.as_str(), amount, "退回"]).collect();
    let rows: Vec<&[&str]> = rows.iter().map(<[&str; 3]>::as_slice).collect();
    let report = bank::take_result(&mut roll, place, &sheet(&ANSWER, &rows)).unwrap();
    assert_eq!((report.paid, report.returned), (0, 12));
    assert!(is_refused(&mut roll), "an answer that nothing was paid is an answer, too");
    assert!(matches!(bank::pay_file(&mut roll, place), Err(BankError::Answered)));
    assert!(roll.batches[place].pays());
    // A file that was never handed in is answered so, and paid by a supplementary batch.
    assert_eq!(crate::fixture::plan(&roll, "2012-12", true).total.get(), 72_000);
}

/// Whether a spreadsheet program would compute a cell, some of which drop what is not seen.
fn is_formula(cell: &str) -> bool {
    let is_unseen = |letter: char| letter.is_whitespace() || "\u{200b}\u{feff}".contains(letter);
    cell.trim_start_matches(is_unseen).starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
}

/// The records of a list: as many cells in each as in the header, and none that is computed.
fn whole(text: &str) -> Vec<Vec<String>> {
    let mut records = records(text);
    for record in &records {
        assert_eq!(record.len(), records[0].len(), "{record:?}");
        assert!(!record.iter().any(|cell| is_formula(cell)), "{record:?}");
    }
    assert_eq!(text.lines().count(), records.len(), "a record is one line");
    records.remove(0);
    records
}

fn spoil(roll: &mut Roll, cells: &[String]) {
    for person in roll.persons.values_mut() {
        let details = &mut person.details;
        let fields = [
            &mut details.name,
            &mut details.account,
            &mut details.bank,
            &mut details.case_file,
            &mut details.township,
            &mut details.village,
        ];
        fields.into_iter().zip(cells).for_each(|(field, cell)| field.clone_from(cell));
    }
    // Longer than nothing, as a programme's name is.
    roll.programmes[0].name = format!("{}贴", cells[6]);
}

#[test]
fn no_text_moves_a_column_of_a_list() {
    let (mut roll, place) = paid();
    let row: [&[&str]; 1] = [&[&identity(9), "2012-12-15"]];
    let kind = ListKind::Deaths;
    let terms = MatchTerms { kind, name: "", month: month("2013-02"), on: date("2013-01-28") };
    let death = sheet(&["身份证号", "死亡日期"], &row);
    let stopped = matching::apply(&mut roll, &death, &terms).unwrap();
    roll.batches[place].returned = vec![2, 5];
    let letters = ",;|\"'=+-@\t\r\n ，；＝\u{200b}\u{feff}0甲".chars().collect::<Vec<_>>();
    let cell = vec(select(letters), 0..8).prop_map(String::from_iter);
    let roll = RefCell::new(roll);
    let judge = |cells: Vec<String>| {
        let mut roll = roll.borrow_mut();
        spoil(&mut roll, &cells);
        let (text, total) = bank::pay_file(&mut roll, place).unwrap();
        let paid = whole(&text);
        let amounts = paid.iter().map(|record| Fen::from_yuan_text(&record[4]).unwrap());
        assert_eq!((paid.len(), Fen::sum(amounts)), (12, Some(total)));
        // Banks' programs that know no quotation marks read the same.
        assert!(text.lines().all(|line| line.split(',').count() == 6), "{}", *text);
        assert!(!text.contains([';', '|', '"']), "{}", *text);
        let returned = whole(&bank::returned_list(&roll, place).unwrap());
        let amounts: Vec<&str> = returned.iter().map(|record| record[7].as_str()).collect();
        assert_eq!(amounts.len(), 2);
        assert!(amounts.iter().all(|amount| Fen::from_yuan_text(amount).is_ok()), "{amounts:?}");
        assert_eq!(whole(&stopped.to_csv(&roll, &cells[7])).len(), 1);
        let lists = lists::lists(&roll, 1, month("2012-12")).unwrap();
        assert_eq!(whole(&lists.to_csv(&roll)).len(), 12);
        Ok(())
    };
    TestRunner::new(Config::default()).run(&vec(cell, 8), judge).unwrap();
}
