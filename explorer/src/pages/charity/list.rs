//! 慈善组织一览: every charity with what its funds hold.

use askama::Template;
use axum::extract::{Query, State};
use minglian_contracts::charity::declared::DECLARED_YEARS;
use minglian_contracts::charity::qualification::QUALIFICATIONS;
use minglian_ledger::organization_code::OrganizationCode;
use serde::Deserialize;

use crate::database::Connection;
use crate::index::IndexError;
use crate::index::mirror::Mirror;
use crate::money::Money;
use crate::pages::{LIMIT, ROWS_MAX, address, check_filters, cut};
use crate::web::{App, Frame, PageResult};

/// Where the list begins.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    after: Option<String>,
}

struct Row {
    code: String,
    link: String,
    name: String,
    division: String,
    funds: i64,
    pool: Money,
    restricted: Money,
}

#[derive(Template)]
#[template(path = "charities.html")]
struct Charities {
    frame: Frame,
    rows: Vec<Row>,
    next: String,
}

/// `GET /charities`.
pub async fn charities(State(app): State<App>, Query(paging): Query<Paging>) -> PageResult {
    check_filters(&[&paging.after])?;
    app.page(move |connection, frame| {
        let query = format!(
            "SELECT o.code, o.name, o.division_name, \
             (SELECT count(*) FROM charity_funds f WHERE f.host = o.code), \
             (SELECT coalesce(sum(pool), 0) FROM charity_funds f WHERE f.host = o.code), \
             (SELECT coalesce(sum(restricted), 0) FROM charity_funds f WHERE f.host = o.code) \
             FROM organizations o WHERE o.kind = '慈善组织' AND o.code > ?1 \
             ORDER BY o.code {LIMIT}"
        );
        let mut statement = connection.prepare_cached(&query)?;
        let found = statement.query_map([paging.after.unwrap_or_default()], |row| {
            Ok(Row {
                link: String::new(),
                code: row.get(0)?,
                name: row.get(1)?,
                division: row.get(2)?,
                funds: row.get(3)?,
                pool: Money::fen(row.get(4)?),
                restricted: Money::fen(row.get(5)?),
            })
        })?;
        let mut rows: Vec<Row> = found.collect::<Result<_, _>>()?;
        let has_more = cut(&mut rows, ROWS_MAX);
        for row in &mut rows {
            row.link = link(connection, &row.code)?;
        }
        let last = rows.last().map_or("", |row| row.code.as_str());
        let next = if has_more { address("/charities", &[("after", last)]) } else { String::new() };
        Ok(Charities { frame, rows, next })
    })
    .await
}

/// The page of its money; of a charity of which the ledger knows no more than its name, the
/// organisation's.
fn link(connection: &Connection, code: &str) -> Result<String, IndexError> {
    let organization = format!("/organizations/{code}");
    let Ok(holder) = code.parse::<OrganizationCode>() else { return Ok(organization) };
    let state = Mirror(connection);
    let is_known = !QUALIFICATIONS.scan(&state, &holder, None, 1)?.is_empty()
        || !DECLARED_YEARS.scan(&state, &holder, None, 1)?.is_empty();
    Ok(if is_known { format!("/charities/{code}") } else { organization })
}
