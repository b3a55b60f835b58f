//! 尚未支出的资金在哪里: the accounts that hold what a total says is left.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::sums::{self, Key};
use super::{Conditions, LIMIT, ROWS_MAX, address, check_filters, cut};
use crate::database::{Connection, params_from_iter};
use crate::index::IndexError;
use crate::money::Money;
use crate::web::{App, Frame, PageError, PageResult};
use minglian_contracts::allocation::CORRECTED_LINE;

/// Which accounts.
#[derive(Debug, Default, Deserialize)]
pub struct Filter {
    measure: Option<String>,
    fund: Option<String>,
    notice: Option<String>,
    level: Option<String>,
    category: Option<String>,
    after: Option<i64>,
}

struct Holding {
    id: i64,
    name: String,
    fund: String,
    year: i64,
    is_goods: bool,
    holder: String,
    holder_code: String,
    balance: Money,
}

#[derive(Template)]
#[template(path = "holdings.html")]
struct Holdings {
    frame: Frame,
    filters: String,
    rows: Vec<Holding>,
    total: Money,
    next: String,
}

/// `GET /holdings`.
pub async fn holdings(State(app): State<App>, Query(filter): Query<Filter>) -> PageResult {
    let Filter { measure, fund, notice, level, category, after } = filter;
    check_filters(&[&measure, &fund, &notice, &level, &category])?;
    let measure = measure.unwrap_or_else(|| "quota,cash,goods".to_owned());
    let Some(of_measure) = sums::is_of("a.measure", &measure) else {
        return Err(PageError::Malformed("没有这种计量".to_owned()));
    };
    app.page(move |connection, frame| {
        let given = [("fund", fund), ("notice", notice), ("level", level), ("category", category)];
        let meant = |value: &Option<String>| {
            value.clone().map(|value| if value == "-" { String::new() } else { value })
        };
        let mut conditions = Conditions::default();
        conditions.add("a.id > ?", after.unwrap_or(0));
        conditions.plain(of_measure);
        for (name, value) in &given {
            conditions.equal(&format!("a.{name}"), meant(value).as_ref());
        }
        let mut rows = rows(connection, conditions)?;
        let has_more = cut(&mut rows, ROWS_MAX);
        let last = rows.last().map_or(0, |row| row.id).to_string();
        let [fund, notice, level, category] = given.each_ref().map(|(_, value)| meant(value));
        let key = Key { measure: None, fund, notice, level, category };
        let sums = sums::totals(connection, &measure, &key, &[])?;
        let left = sums.first().and_then(|(_, flows)| flows.get("left").copied());
        let set = given.map(|(name, value)| (name, value.unwrap_or_default()));
        let mut query = vec![("measure", measure.as_str())];
        query.extend(set.iter().map(|(name, value)| (*name, value.as_str())));
        query.push(("after", &last));
        let next = if has_more { address("/holdings", &query) } else { String::new() };
        let filters: Vec<String> =
            set.into_iter().map(|(_, value)| value).filter(|value| !value.is_empty()).collect();
        let (filters, total) = (filters.join(" · "), Money::fen(left.unwrap_or(0)));
        Ok(Holdings { frame, filters, rows, total, next })
    })
    .await
}

/// Accounts with something in them. What was entered too high and taken back is in none.
fn rows(connection: &Connection, mut conditions: Conditions) -> Result<Vec<Holding>, IndexError> {
    conditions.plain("a.kind = 'line' AND a.balance <> 0".to_owned());
    let not_corrected = "NOT (substr(a.name, 1, length(?)) = ? AND EXISTS (SELECT 1 FROM \
                         movements m WHERE m.to_account = a.id AND m.to_start = 0 \
                         AND m.flow LIKE 'corrected%'))";
    conditions.add(not_corrected, CORRECTED_LINE.to_owned());
    let query = format!(
        "SELECT a.id, a.name, a.fund, a.year, a.measure = 'goods', \
         coalesce(o.name, a.organization), a.organization, a.balance FROM accounts a \
         LEFT JOIN organizations o ON o.code = a.organization {} ORDER BY a.id {LIMIT}",
        conditions.clause()
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(params_from_iter(conditions.values()), |row| {
        Ok(Holding {
            id: row.get(0)?,
            name: row.get(1)?,
            fund: row.get(2)?,
            year: row.get(3)?,
            is_goods: row.get(4)?,
            holder: row.get(5)?,
            holder_code: row.get(6)?,
            balance: Money::fen(row.get(7)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
