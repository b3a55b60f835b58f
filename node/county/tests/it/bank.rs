//! Pay files, and the bank's answers.

use minglian_county::bank::{self, BankError};
use minglian_county::month as months;
use minglian_county::roll::Roll;

use crate::fixture::{month, pay, plan, sheet, twelve};

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
    let (roll, place) = paid();
    let (text, total) = bank::pay_file(&roll, place).unwrap();
    assert_eq!(total.to_string(), "720.00");
    assert_eq!(lines(&text).len(), 12);
    assert_eq!(lines(&text).iter().filter(|line| line[1] == "30.00").count(), 8);
    assert!(text.contains("高龄津贴 2012-12"));
}

#[test]
fn returned_payments_are_listed_and_due_again() {
    let (mut roll, place) = paid();
    let (text, _) = bank::pay_file(&roll, place).unwrap();
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
    let (text, _) = bank::pay_file(&roll, place).unwrap();
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
