//! Pages of a report added together, and a report as a spreadsheet reads it.

pub mod csv;
mod words;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::wire::report::{ColumnKind, ColumnView, ReportView};
use crate::wire::{Currency, Hex};

/// 100 % in basis points.
const BASIS_POINTS: i128 = 10_000;

/// A page as whoever makes it writes it, each row a list of cells, as the wire has it: rows by the
/// keys of their columns. `next` is the place behind which the next page begins.
///
/// # Errors
/// If it is no page of a report.
pub fn keyed(
    report: &impl Serialize,
    next: Option<Vec<u8>>,
) -> Result<ReportView, serde_json::Error> {
    let mut page = serde_json::to_value(report)?;
    let columns: Vec<ColumnView> = serde_json::from_value(page["columns"].clone())?;
    let by_key = |cells: Vec<Value>| -> Map<String, Value> {
        columns.iter().map(|column| column.key.clone()).zip(cells).collect()
    };
    let rows: Vec<Vec<Value>> = serde_json::from_value(page["rows"].take())?;
    let totals: Vec<Value> = serde_json::from_value(page["totals"].take())?;
    page["rows"] = rows.into_iter().map(|row| Value::Object(by_key(row))).collect();
    page["totals"] = Value::Object(by_key(totals));
    page["next"] = json!(next.map(Hex));
    page["currency"] = json!(Currency::Cny);
    serde_json::from_value(page)
}

/// Two pages that are no pages of one report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a page of {next:?} does not continue a report of {first:?}")]
pub struct OtherReport {
    /// The report.
    pub first: String,
    /// The page.
    pub next: String,
}

/// The pages of one report, as they come.
#[derive(Debug, Clone)]
pub struct Pages {
    report: ReportView,
    places: std::collections::BTreeMap<String, usize>,
}

impl Pages {
    /// The first page.
    pub fn new(first: ReportView) -> Self {
        let places = first.rows.iter().enumerate();
        let places = places.map(|(place, row)| (name_of(&first.columns, row), place)).collect();
        Self { report: first, places }
    }

    /// Where the next page begins.
    pub fn next(&self) -> Option<String> {
        self.report.next.as_ref().map(ToString::to_string)
    }

    /// Adds the page behind those that are here. Parts of one row become one row.
    pub fn add(&mut self, page: ReportView) -> Result<(), OtherReport> {
        let report = &mut self.report;
        if page.name != report.name || page.columns != report.columns {
            return Err(OtherReport { first: report.name.clone(), next: page.name });
        }
        for row in page.rows {
            let name = name_of(&report.columns, &row);
            match self.places.get(&name).and_then(|place| report.rows.get_mut(*place)) {
                Some(known) => add_up(&report.columns, known, &row),
                None => {
                    self.places.insert(name, report.rows.len());
                    report.rows.push(row);
                }
            }
        }
        add_up(&report.columns, &mut report.totals, &page.totals);
        for check in page.reconciliation {
            match report.reconciliation.iter_mut().find(|known| known.key == check.key) {
                Some(known) => {
                    known.report = sum_of(&known.report, &check.report);
                    known.book = sum_of(&known.book, &check.book);
                    known.holds = match (known.holds, check.holds) {
                        (Some(false), _) | (_, Some(false)) => Some(false),
                        (Some(true), Some(true)) => Some(true),
                        _ => None,
                    };
                }
                None => report.reconciliation.push(check),
            }
        }
        for rule in page.rules {
            if !report.rules.contains(&rule) {
                report.rules.push(rule);
            }
        }
        report.mismatches.extend(page.mismatches);
        report.as_of_until = Some(page.as_of).filter(|until| *until != report.as_of);
        report.next = page.next;
        Ok(())
    }

    /// The report. What only all pages together show is compared now, if they are all here.
    pub fn finish(mut self) -> ReportView {
        if self.report.next.is_none() {
            for check in &mut self.report.reconciliation {
                check.holds = check.holds.or(Some(check.report == check.book));
            }
        }
        self.report
    }
}

/// The cells that name a row.
fn name_of(columns: &[ColumnView], row: &Map<String, Value>) -> String {
    let keys = columns.iter().filter(|column| column.kind == ColumnKind::Key);
    let cells: Vec<&Value> = keys.map(|key| row.get(&key.key).unwrap_or(&Value::Null)).collect();
    serde_json::to_string(&cells).unwrap_or_default()
}

fn add_up(columns: &[ColumnView], row: &mut Map<String, Value>, more: &Map<String, Value>) {
    for column in columns {
        let (Some(known), Some(part)) = (row.get_mut(&column.key), more.get(&column.key)) else {
            continue;
        };
        match column.kind {
            ColumnKind::Sum => {
                let text = |value: &Value| value.as_str().unwrap_or("0").to_owned();
                *known = Value::from(sum_of(&text(known), &text(part)));
            }
            ColumnKind::Count => {
                let number = |value: &Value| value.as_i64().unwrap_or(0);
                *known = Value::from(number(known).saturating_add(number(part)));
            }
            _ => {}
        }
    }
    derive(columns, row);
}

/// Computes what follows from sums of the row.
fn derive(columns: &[ColumnView], row: &mut Map<String, Value>) {
    let amount =
        |row: &Map<String, Value>, key: &str| row.get(key).and_then(Value::as_str).map_or(0, parse);
    for column in columns {
        let value = match &column.kind {
            ColumnKind::Rate { part, whole } => {
                let (part, whole) = (amount(row, part), amount(row, whole));
                let is_rate = whole > 0 && part >= 0;
                let points = is_rate.then(|| part.saturating_mul(BASIS_POINTS) / whole);
                points
                    .and_then(|points| i64::try_from(points).ok())
                    .map_or(Value::Null, Value::from)
            }
            ColumnKind::TenThousands { of } => Value::from(ten_thousands(amount(row, of))),
            _ => continue,
        };
        row.insert(column.key.clone(), value);
    }
}

fn sum_of(one: &str, other: &str) -> String {
    parse(one).saturating_add(parse(other)).to_string()
}

fn parse(fen: &str) -> i128 {
    fen.parse().unwrap_or(0)
}

/// Fen in 万元, exact.
fn ten_thousands(fen: i128) -> String {
    decimal(fen, 6).trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A number with a point before its last `decimals` digits.
pub(crate) fn decimal(number: i128, decimals: usize) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let digits = format!("{:0width$}", number.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    format!("{sign}{whole}.{fraction}")
}
