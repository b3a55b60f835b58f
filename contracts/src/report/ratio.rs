//! 年度支出与管理费比例: what a charity's year came to, and whether the limits of 慈善法
//! 第六十一条 are kept.

use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};

use super::rule::Rule;
use super::table::{Cell, Column, Kind, Table, rate};
use super::{AsOf, Check, Report};
use crate::charity::kind::{MANAGEMENT_MAX, SPENDING_MIN};
use crate::charity::report::{self, Limit, Year};
use crate::parameter;

const COLUMNS: [Column; 8] = [
    Column::new("item", Kind::Key, "指标", "Item"),
    Column::new("chinese", Kind::Particular, "说明", "In Chinese"),
    Column::new("part", Kind::Sum, "分子", "Part"),
    Column::new("whole", Kind::Sum, "分母", "Whole"),
    Column::new("reached", Kind::Rate { part: "part", whole: "whole" }, "实际比例", "Reached"),
    Column::new("limit_basis_points", Kind::Number, "限额(万分比)", "Limit (basis points)"),
    Column::new("is_kept", Kind::Particular, "是否达标", "Kept"),
    Column::new("article", Kind::Particular, "依据", "Article"),
];

/// A limit that was not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The parameter.
    pub key: String,
    /// What was spent or held back.
    pub part: i128,
    /// The article.
    pub article: String,
    /// In Chinese.
    pub chinese: String,
    /// In English.
    pub english: String,
}

/// What a limit compares.
struct Ratio {
    chinese: &'static str,
    english: &'static str,
    part: u64,
    whole: u64,
}

impl Ratio {
    fn of(limit: &Limit, year: &Year) -> Self {
        let key = limit.judged.key.as_str();
        if key.starts_with(SPENDING_MIN) {
            Self {
                chinese: "慈善活动支出占上年收入(或前三年平均)",
                english: "charitable spending of last year's income or the three years' mean",
                part: year.program,
                whole: year.income_before[0].min(year.income_mean()),
            }
        } else if key.starts_with(MANAGEMENT_MAX) {
            Self {
                chinese: "管理费用占当年总支出",
                english: "management of the year's spending",
                part: year.management,
                whole: year.spending(),
            }
        } else {
            Self {
                chinese: "募捐成本占当年捐赠收入",
                english: "cost of raising of the year's gifts",
                part: year.fundraising,
                whole: year.income,
            }
        }
    }
}

/// The report.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn ratios(
    reader: &dyn StateRead,
    charity: &OrganizationCode,
    year: u16,
    as_of: AsOf,
) -> Result<Report, StateError> {
    let found = report::year(reader, charity, year)?;
    let mut table = Table::new(COLUMNS.to_vec());
    let mut amount = |item: &str, chinese: &str, fen: u64| {
        let mut cells = vec![Cell::Empty; COLUMNS.len()];
        cells[0] = Cell::text(item);
        cells[1] = Cell::text(chinese);
        cells[2] = i128::from(fen).into();
        table.add(cells);
    };
    amount("income", "当年捐赠收入", found.income);
    amount("income_last_year", "上年捐赠收入", found.income_before[0]);
    amount("income_mean", "前三年平均收入", found.income_mean());
    amount("program", "慈善活动支出", found.program);
    amount("management", "管理费用", found.management);
    amount("fundraising", "募捐成本", found.fundraising);
    amount("other", "其他支出", found.other);
    amount("spending", "当年总支出", found.spending());
    let mut rules = Vec::new();
    let last_day = Date::new(year, 12, 31).unwrap_or(as_of.date);
    for limit in &found.limits {
        let rule = rule_of(reader, limit, last_day)?;
        let ratio = Ratio::of(limit, &found);
        table.add(vec![
            Cell::text(&limit.judged.key),
            Cell::text(ratio.chinese),
            i128::from(ratio.part).into(),
            i128::from(ratio.whole).into(),
            Cell::Empty,
            Cell::Number(limit.judged.value),
            Cell::Flag(limit.kept),
            Cell::text(&rule.article),
        ]);
        rules.push(rule);
    }
    let parts = [found.program, found.management, found.fundraising, found.other];
    let spending = parts.into_iter().map(i128::from).sum();
    let mut report = Report::of("charity-ratios", as_of, table);
    // The rows are particulars of one year and no parts of a sum.
    report.totals = vec![Cell::Empty; report.columns.len()];
    let (chinese, english) =
        ("各类支出合计 = 当年总支出", "spending by kind = the year's spending");
    let total = i128::from(found.spending());
    report.reconciliation = vec![Check::new("spending", chinese, english, spending, total)];
    report.rules = rules;
    Ok(report)
}

/// The limits that a year did not keep.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn breaches(
    reader: &dyn StateRead,
    charity: &OrganizationCode,
    year: u16,
) -> Result<Vec<Breach>, StateError> {
    let found = report::year(reader, charity, year)?;
    let last_day = Date::new(year, 12, 31).unwrap_or(Date::MAX);
    let mut breaches = Vec::new();
    for limit in found.limits.iter().filter(|limit| !limit.kept) {
        let Ratio { chinese, english, part, whole } = Ratio::of(limit, &found);
        let reached = rate(part.into(), whole.into()).unwrap_or(0);
        let bound = limit.judged.value;
        breaches.push(Breach {
            key: limit.judged.key.to_string(),
            part: part.into(),
            article: rule_of(reader, limit, last_day)?.article,
            chinese: format!("{chinese} {},限额 {}", percent(reached), percent(bound)),
            english: format!("{english}: {}, the limit is {}", percent(reached), percent(bound)),
        });
    }
    Ok(breaches)
}

/// Basis points as a percentage.
pub fn percent(basis_points: i64) -> String {
    format!("{}.{:02}%", basis_points / 100, (basis_points % 100).abs())
}

fn rule_of(reader: &dyn StateRead, limit: &Limit, date: Date) -> Result<Rule, StateError> {
    let found = parameter::find(reader, &limit.judged.key, date)?;
    let article = found.as_ref().map_or_else(String::new, |found| found.article.to_string());
    Ok(Rule {
        key: limit.judged.key.to_string(),
        value: limit.judged.value,
        unit: found.map_or_else(String::new, |found| found.unit.to_string()),
        article,
        version: Some(limit.judged.version),
    })
}
