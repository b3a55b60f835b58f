//! 机构列表.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::{LIMIT, ROWS_MAX, address, check_filters, cut};
use crate::money::Money;
use crate::web::{App, Frame, PageResult};

/// Where the list begins.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    after: Option<String>,
}

struct Row {
    code: String,
    name: String,
    kind: String,
    division: String,
    came_in: Money,
    went_on: Money,
    paid: Money,
}

#[derive(Template)]
#[template(path = "organizations.html")]
struct Organizations {
    frame: Frame,
    rows: Vec<Row>,
    next: String,
}

/// `GET /organizations`.
pub async fn organizations(State(app): State<App>, Query(paging): Query<Paging>) -> PageResult {
    check_filters(&[&paging.after])?;
    app.page(move |connection, frame| {
        let query = format!(
            "SELECT code, name, kind, division_name, came_in, went_on, paid FROM organizations \
             WHERE code > ?1 ORDER BY code {LIMIT}"
        );
        let mut statement = connection.prepare_cached(&query)?;
        let after = paging.after.unwrap_or_default();
        let found = statement.query_map([after], |row| {
            Ok(Row {
                code: row.get(0)?,
                name: row.get(1)?,
                kind: row.get(2)?,
                division: row.get(3)?,
                came_in: Money::fen(row.get(4)?),
                went_on: Money::fen(row.get(5)?),
                paid: Money::fen(row.get(6)?),
            })
        })?;
        let mut rows: Vec<Row> = found.collect::<Result<_, _>>()?;
        let has_more = cut(&mut rows, ROWS_MAX);
        let last = rows.last().map_or("", |row| row.code.as_str());
        let next =
            if has_more { address("/organizations", &[("after", last)]) } else { String::new() };
        Ok(Organizations { frame, rows, next })
    })
    .await
}
