//! Lists of others against the roll, at the county and before a batch is built: deaths end what is
//! paid, everything else suspends it until somebody has looked.

use std::collections::BTreeMap;

use minglian_ledger::date::{Date, Month};
use minglian_ledger::subsidy::identity_number::IdentityNumber;
use zeroize::Zeroizing;

use crate::day;
use crate::import::fields::FieldError;
use crate::lifecycle;
use crate::roll::entitlement::{State, Step, Suspension};
use crate::roll::person::Identity;
use crate::roll::{PersonNumber, Roll};
use crate::sheet::{Column, ColumnsError, Fault, Sheet};

const IDENTITY: Column = Column {
    names: &["身份证号", "身份证号码", "公民身份号码", "证件号码", "identity_number"],
    is_needed: true,
};
const DAY: Column =
    Column { names: &["死亡日期", "死亡时间", "日期", "date"], is_needed: false };
const COLUMNS: [Column; 2] = [IDENTITY, DAY];

/// What a list is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// Who died (health bureau, police, cremations).
    Deaths,
    /// Whoever should not be paid for another reason: another subsidy, prison, a move.
    Other,
}

/// How a list is applied.
pub struct MatchTerms<'a> {
    /// What it is of.
    pub kind: ListKind,
    /// Its name, as the report and the vault call it: 卫健死亡名单2012-12.
    pub name: &'a str,
    /// The month that is paid next; suspensions begin with it.
    pub month: Month,
    /// The day of the comparison.
    pub on: Date,
}

/// Someone who was stopped. No part of it can be printed.
#[derive(Clone)]
pub struct Stopped {
    /// Who.
    pub person: PersonNumber,
    /// The programme.
    pub programme: u16,
    /// What the entitlement became.
    pub state: State,
    /// The last month that is due, where it ended.
    pub last: Option<Month>,
    /// What is to be recovered, in fen.
    pub overpaid_fen: u64,
}

/// What came of a list.
#[derive(Clone, Default)]
pub struct MatchReport {
    /// Rows read.
    pub rows: usize,
    /// Rows of persons who are not on the roll.
    pub strangers: usize,
    /// Rows of persons whose entitlements were over, or suspended, already.
    pub over: usize,
    /// Rows that do not read. They are passed over: one spoiled row must not pay the dead.
    pub faults: Vec<Fault>,
    /// Who was stopped.
    pub stopped: Vec<Stopped>,
}

/// Compares a list with the roll and stops whom it names.
///
/// # Errors
/// [`ColumnsError`].
pub fn apply(
    roll: &mut Roll,
    sheet: &Sheet,
    terms: &MatchTerms<'_>,
) -> Result<MatchReport, ColumnsError> {
    let layout = sheet.layout(&COLUMNS)?;
    let known = roll.by_identity();
    let mut report = MatchReport { rows: sheet.rows.len(), ..MatchReport::default() };
    let mut named: BTreeMap<PersonNumber, Option<Date>> = BTreeMap::new();
    for row in &sheet.rows {
        let cell = layout.cell(row, &IDENTITY);
        if cell.is_some_and(|cell| cell.is_number) {
            // A workbook rounds such a number to that of somebody else.
            report.faults.push(layout.fault(row, &IDENTITY, FieldError::StoredAsNumber));
            continue;
        }
        let number = IdentityNumber::parse(cell.map_or("", |cell| cell.text.as_str()));
        let number = match number {
            Ok(number) => number,
            Err(error) => {
                report.faults.push(layout.fault(row, &IDENTITY, error));
                continue;
            }
        };
        let day = layout.cell(row, &DAY).map(|cell| day::parse_day(&cell.text));
        let day = match day {
            None if terms.kind == ListKind::Deaths => {
                report.faults.push(layout.fault(row, &DAY, "is empty 未填写"));
                continue;
            }
            Some(None) => {
                report.faults.push(layout.fault(row, &DAY, "is no day 日期格式不对"));
                continue;
            }
            day => day.flatten(),
        };
        match known.get(&Identity::of(&number)) {
            // The earliest of several days: the later ones are of papers.
            Some(person) => {
                let first = named.entry(*person).or_insert(day);
                *first = (*first).min(day).or(*first).or(day);
            }
            None => report.strangers += 1,
        }
    }
    for (person, day) in named {
        stop(roll, person, day, terms, &mut report);
    }
    Ok(report)
}

fn stop(
    roll: &mut Roll,
    person: PersonNumber,
    day: Option<Date>,
    terms: &MatchTerms<'_>,
    report: &mut MatchReport,
) {
    let mut is_over = true;
    for place in 0..roll.entitlements.len() {
        let Some(it) = roll.entitlements.get(place) else { continue };
        let state = it.state();
        if it.person != person {
            continue;
        }
        let to = match (terms.kind, state) {
            (ListKind::Deaths, State::Active | State::Suspended) => State::Ceased,
            (ListKind::Deaths, before) if before < State::Active => State::Refused,
            (ListKind::Other, State::Active) => State::Suspended,
            _ => continue,
        };
        is_over = false;
        let (programme, from) = (it.programme, it.from);
        let last = day.filter(|_| terms.kind == ListKind::Deaths).and_then(|day| {
            let is_paid =
                roll.programme(programme, from).is_ok_and(|version| version.death_month_is_paid);
            if is_paid { Some(day.month()) } else { day.month().add_months(-1) }
        });
        let Some(it) = roll.entitlements.get_mut(place) else { continue };
        if to == State::Suspended {
            it.suspensions.push(Suspension { from: terms.month, until: None });
        } else {
            it.last = last;
        }
        let step = Step {
            state: to,
            on: terms.on,
            by: terms.name.to_owned(),
            reason: day.map(|day| day.to_string()).unwrap_or_default(),
        };
        it.steps.push(step);
        let overpaid_fen = lifecycle::overpaid(roll, place);
        if let Some(it) = roll.entitlements.get_mut(place) {
            it.overpaid_fen = overpaid_fen;
        }
        report.stopped.push(Stopped { person, programme, state: to, last, overpaid_fen });
    }
    report.over += usize::from(is_over);
}

impl MatchReport {
    /// Who was stopped and why, as CSV for a private file.
    pub fn to_csv(&self, roll: &Roll, list: &str) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::new());
        text.push_str("名单,项目,档案号,姓名,乡镇,村(社区),处理,最后应发月份,应追缴(元)\r\n");
        for it in &self.stopped {
            let Some(person) = roll.persons.get(&it.person) else { continue };
            let details = &person.details;
            let last = it.last.map(|month| month.to_string()).unwrap_or_default();
            let (yuan, fen) = (it.overpaid_fen / 100, it.overpaid_fen % 100);
            let parts = [
                list,
                &it.programme.to_string(),
                &details.case_file,
                &details.name,
                &details.township,
                &details.village,
                it.state.chinese(),
                &last,
            ];
            text.push_str(&parts.join(","));
            text.push_str(&format!(",{yuan}.{fen:02}\r\n"));
        }
        text
    }
}
