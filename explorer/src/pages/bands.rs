//! The sums of where quota is, as the pages with charts read them, and what those pages share.

use std::collections::BTreeMap;

use minglian_ledger::division::Division;
use serde::Deserialize;

use super::{Conditions, address, check_filters};
use crate::database::Connection;
use crate::index::IndexError;
use crate::money::Money;
use crate::web::{Frame, PageError};

/// Which quota. An empty field of a form asks for everything; what is not printed is `-`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Filter {
    /// The budget year.
    pub year: Option<String>,
    /// The fund.
    pub fund: Option<String>,
    /// The level from which it came.
    pub level: Option<String>,
    /// The code of the holders' division.
    pub division: Option<String>,
    /// The category of use.
    pub category: Option<String>,
    /// Where a list begins.
    pub after: Option<String>,
}

/// Sums in fen by flow.
pub type Flows = BTreeMap<String, i64>;

/// A text of the index as addresses have it.
fn named(value: &str) -> &str {
    if value.is_empty() { "-" } else { value }
}

fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().map(str::trim).filter(|value| !value.is_empty())
}

impl Filter {
    /// Refuses what no place on the ledger could be.
    ///
    /// # Errors
    /// [`PageError::Malformed`].
    pub fn check(&self) -> Result<(), PageError> {
        let Self { year, fund, level, division, category, after } = self;
        check_filters(&[year, fund, level, division, category, after])?;
        let numbers = [(year, "年度无法识别"), (division, "行政区划代码无法识别")];
        for (value, said) in numbers {
            if given(value).is_some_and(|value| value.parse::<u32>().is_err()) {
                return Err(PageError::Malformed(said.to_owned()));
            }
        }
        Ok(())
    }

    /// The year that is asked for.
    pub fn year(&self) -> Option<i64> {
        given(&self.year).and_then(|year| year.parse().ok())
    }

    /// The division that is asked for.
    pub fn division(&self) -> Option<i64> {
        given(&self.division).and_then(|division| division.parse().ok())
    }

    /// What is asked for, by column.
    pub fn set(&self) -> Vec<(&'static str, &str)> {
        let columns = [
            ("year", &self.year),
            ("fund", &self.fund),
            ("level", &self.level),
            ("division", &self.division),
            ("category", &self.category),
        ];
        columns.into_iter().filter_map(|(name, value)| Some((name, given(value)?))).collect()
    }

    /// The address of `path` for these, with others in place of or beside them.
    pub fn address(&self, path: &str, more: &[(&str, &str)]) -> String {
        let kept = self.set().into_iter().filter(|(name, _)| !more.iter().any(|it| it.0 == *name));
        let mut all: Vec<(&str, &str)> = kept.collect();
        all.extend(more.iter().map(|(name, value)| (*name, named(value))));
        address(path, &all)
    }

    fn conditions(&self) -> Conditions {
        let mut conditions = Conditions::default();
        for (name, value) in self.set() {
            match (name, value.parse::<i64>()) {
                ("year" | "division", Ok(number)) => {
                    conditions.add(&format!("{name} = ?"), number);
                }
                _ => {
                    let value = if value == "-" { "" } else { value };
                    conditions.add(&format!("{name} = ?"), value.to_owned());
                }
            }
        }
        conditions
    }
}

/// The sums of what `filter` selects, told apart by `columns`, which are names of columns.
///
/// # Errors
/// [`IndexError::Database`].
pub fn bands(
    connection: &Connection,
    filter: &Filter,
    columns: &[&'static str],
) -> Result<Vec<(Vec<String>, Flows)>, IndexError> {
    let conditions = filter.conditions();
    let told = columns.iter().map(|name| format!("CAST({name} AS TEXT), ")).collect::<String>();
    let groups: Vec<String> = (1..=columns.len() + 1).map(|column| column.to_string()).collect();
    let query = format!(
        "SELECT {told} flow, sum(amount) FROM bands {} GROUP BY {}",
        conditions.clause(),
        groups.join(", ")
    );
    let mut statement = connection.prepare_cached(&query)?;
    let count = columns.len();
    let rows =
        statement.query_map(crate::database::params_from_iter(conditions.values()), |row| {
            let key =
                (0..count).map(|column| row.get(column)).collect::<Result<Vec<String>, _>>()?;
            Ok((key, row.get::<String>(count)?, row.get::<i64>(count + 1)?))
        })?;
    let mut sums: BTreeMap<Vec<String>, Flows> = BTreeMap::new();
    for row in rows {
        let (key, flow, amount) = row?;
        sums.entry(key).or_default().insert(flow, amount);
    }
    Ok(sums.into_iter().collect())
}

/// A sum of flows.
pub fn of(flows: &Flows, name: &str) -> Money {
    Money::fen(flows.get(name).copied().unwrap_or(0))
}

/// What is where: paid, or still there.
pub fn present(flows: &Flows) -> Money {
    of(flows, "spent").plus(of(flows, "left"))
}

/// The years of which there is quota, the newest first.
///
/// # Errors
/// [`IndexError::Database`].
pub fn years(connection: &Connection) -> Result<Vec<String>, IndexError> {
    let sums = bands(connection, &Filter::default(), &["year"])?;
    Ok(sums.into_iter().rev().filter_map(|(key, _)| key.into_iter().next()).collect())
}

/// The name of a division; its code if no table has it.
pub fn division_name(code: &str) -> String {
    let division = code.parse().ok().and_then(|code| Division::new(code).ok());
    division.and_then(|division| division.name()).map_or_else(|| code.to_owned(), str::to_owned)
}

/// An amount as it stands on a mark: exact, in the unit of the language.
pub fn on_mark(frame: &Frame, amount: Money) -> String {
    if frame.is_english() {
        format!("CNY {}", amount.yuan())
    } else {
        format!("{}万元", amount.wan())
    }
}

/// `part` of `whole` in basis points, rounded down; none of nothing.
pub fn points(part: Money, whole: Money) -> Option<i64> {
    let (part, whole) = (i128::from(part.as_fen()), i128::from(whole.as_fen()));
    let exact = (part * 10_000).checked_div(whole).filter(|_| whole > 0)?;
    Some(i64::try_from(exact).unwrap_or(10_000).clamp(0, 10_000))
}

/// Basis points as percent: `43.47%`.
pub fn percent(points: i64) -> String {
    format!("{}.{:02}%", points / 100, points % 100)
}
