//! A report as CSV for spreadsheet programs.
//!
//! UTF-8 behind a byte-order mark, which those programs need to know it. Amounts are in 元 with two
//! decimals, rates in percent. What a spreadsheet would take for a formula stands behind an
//! apostrophe: names on the ledger are other people's words.

use std::fmt;
use std::str::FromStr;

use serde_json::{Map, Value};

use super::{decimal, words};
use crate::csv::{self, safe};
use crate::wire::report::{ColumnKind, ColumnView, ReportView};

/// The byte-order mark of UTF-8.
const MARK: char = '\u{feff}';

/// The comparison whose two figures are counts.
pub const COUNTED: &str = "figures";

/// The column that says of each figure whether it agrees.
const VERDICT: &str = "verdict";

/// In which language a report is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// Chinese.
    #[default]
    Chinese,
    /// English.
    English,
}

/// A language that reports are not printed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the languages are zh and en")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        match text {
            "zh" => Ok(Self::Chinese),
            "en" => Ok(Self::English),
            _ => Err(UnknownLanguage),
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.pick("zh", "en"))
    }
}

impl Language {
    pub(super) fn pick<'a>(self, chinese: &'a str, english: &'a str) -> &'a str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }
}

/// The report: headings, rows, sums; then, behind an empty line, what it holds for, the rules, how
/// it was reconciled and what contradicts the book.
pub fn to_csv(report: &ReportView, language: Language) -> String {
    let mut text = String::from(MARK);
    let heading = |column: &ColumnView| {
        let heading = language.pick(&column.chinese, &column.english).to_owned();
        match (&column.kind, language) {
            (ColumnKind::Sum, Language::Chinese) => format!("{heading}(元)"),
            (ColumnKind::Sum, Language::English) => format!("{heading} (yuan)"),
            _ => heading,
        }
    };
    line(&mut text, report.columns.iter().map(heading));
    for row in &report.rows {
        let shown = |column: &ColumnView| {
            words::of(&column.key, cell(column, row.get(&column.key)), language)
        };
        line(&mut text, report.columns.iter().map(shown));
    }
    let has_sums = report.columns.iter().any(|column| column.kind == ColumnKind::Sum);
    if has_sums && report.totals.values().any(|total| !total.is_null()) {
        let total = |(place, column): (usize, &ColumnView)| match report.totals.get(&column.key) {
            None | Some(Value::Null) if place == 0 => language.pick("合计", "Total").to_owned(),
            found => cell(column, found),
        };
        line(&mut text, report.columns.iter().enumerate().map(total));
    }
    notes(&mut text, report, language);
    text
}

fn notes(text: &mut String, report: &ReportView, language: Language) {
    let say = |chinese, english| language.pick(chinese, english).to_owned();
    text.push_str("\r\n");
    line(text, [say("报表", "Report"), say(&report.chinese, &report.english)]);
    for as_of in std::iter::once(&report.as_of).chain(&report.as_of_until) {
        let cells = [
            say("账本高度、记录、日期", "Height, record and day"),
            as_of.height.to_string(),
            as_of.index.to_string(),
            as_of.date.to_string(),
        ];
        line(text, cells);
    }
    for rule in &report.rules {
        let version = rule.version.map_or_else(String::new, |version| version.to_string());
        let value = format!("{} {}", rule.value, rule.unit);
        let cells = [say("规则", "Rule"), rule.key.clone(), value, rule.article.clone(), version];
        line(text, cells.map(|cell| safe(&cell)));
    }
    for check in &report.reconciliation {
        let verdict = match check.holds {
            // How many figures there are says nothing of whether they agree.
            Some(true) if check.key == COUNTED => say("个数无误", "the count is right"),
            Some(true) => say("相符", "agrees"),
            Some(false) => say("不符", "differs"),
            None => say("须合并全部页后核对", "to be compared once all pages are added"),
        };
        let amount = |fen: &str| match fen.parse() {
            Ok(fen) if check.key != COUNTED => decimal(fen, 2),
            _ => safe(fen),
        };
        let what = say(&check.chinese, &check.english);
        let (report, book) = (amount(&check.report), amount(&check.book));
        line(text, [say("核对", "Reconciled"), safe(&what), report, book, verdict]);
    }
    for mismatch in &report.mismatches {
        let what = say(&mismatch.chinese, &mismatch.english);
        line(text, [say("不符", "Mismatch"), safe(&mismatch.subject), safe(&what)]);
    }
    if report.columns.iter().any(|column| column.key == VERDICT) {
        conclude(text, report, language);
    }
}

/// What the rows of compared figures come to, last: whether one contradicts the ledger.
fn conclude(text: &mut String, report: &ReportView, language: Language) {
    let count = |verdict: &str| {
        let is = |row: &&Map<String, Value>| {
            row.get(VERDICT).and_then(Value::as_str).is_some_and(|found| found == verdict)
        };
        report.rows.iter().filter(is).count()
    };
    let (agree, differ, unknown) = (count("agrees"), count("differs"), count("not_derivable"));
    let word = match (differ, agree) {
        (0, 0) => language.pick("无可比数", "nothing to compare"),
        (0, _) => language.pick("相符", "agrees"),
        _ => language.pick("不符", "differs"),
    };
    let counted = match language {
        Language::Chinese => format!("{differ}个不符、{agree}个相符、{unknown}个无可比数"),
        Language::English => format!("{differ} differ, {agree} agree, {unknown} cannot be derived"),
    };
    line(text, [language.pick("结论", "Conclusion").to_owned(), word.to_owned(), counted]);
}

/// What stands in a place, as text.
fn cell(column: &ColumnView, value: Option<&Value>) -> String {
    let value = value.unwrap_or(&Value::Null);
    match (&column.kind, value) {
        (_, Value::Null) => String::new(),
        (ColumnKind::Sum, Value::String(fen)) => {
            fen.parse().map_or_else(|_| safe(fen), |fen| decimal(fen, 2))
        }
        (ColumnKind::TenThousands { .. }, Value::String(amount)) if is_decimal(amount) => {
            amount.clone()
        }
        (ColumnKind::Rate { .. }, Value::Number(points)) => points
            .as_i64()
            .map_or_else(String::new, |points| format!("{}%", decimal(points.into(), 2))),
        (_, Value::Bool(true)) => "是 yes".to_owned(),
        (_, Value::Bool(false)) => "否 no".to_owned(),
        (_, Value::Number(number)) => number.to_string(),
        (_, Value::String(words)) => safe(words),
        (_, other) => safe(&other.to_string()),
    }
}

/// Appends a line.
fn line(text: &mut String, cells: impl IntoIterator<Item = String>) {
    text.push_str(&csv::line(cells));
}

fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}
