//! 公告: what the ledger holds of one imported notice, to lay beside the printed one.

use askama::Template;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

use super::sums::{self, Flows, Key, SumRow};
use super::{LIMIT, ROWS_MAX, address, cut, escape};
use crate::database::{Connection, params};
use crate::index::IndexError;
use crate::index::read::{self, RecordRow};
use crate::web::{App, Frame, PageError, PageResult};

/// A record with the row of the notice that it enters.
struct Printed {
    row: i64,
    record: RecordRow,
}

/// Where the list of rows begins: after this row and record.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    row: Option<i64>,
    after: Option<i64>,
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice {
    frame: Frame,
    name: String,
    total: SumRow,
    sources: Vec<SumRow>,
    categories: Vec<SumRow>,
    documents: Vec<String>,
    rows: Vec<Printed>,
    next: String,
    more: String,
}

/// `GET /notices/{notice}`.
pub async fn notice(
    State(app): State<App>,
    Path(name): Path<String>,
    Query(paging): Query<Paging>,
) -> PageResult {
    app.search_page(move |connection, frame| {
        let filter = Key { notice: Some(name.clone()), ..Key::default() };
        let whole = sums::totals(connection, "quota", &filter, &[])?;
        let Some((key, sums)) = whole.first().filter(|_| !name.is_empty()) else {
            return Err(PageError::NotFound(format!("公告“{name}”")));
        };
        let total = sums::row("合计".to_owned(), String::new(), String::new(), key, sums);
        let sources = sums::totals(connection, "quota", &filter, &["fund", "level"])?;
        let categories =
            sums::totals(connection, "quota", &filter, &["fund", "level", "category"])?;
        let here = format!("/notices/{}", escape(&name));
        let (rows, next) = rows(connection, &name, &here, &paging)?;
        let more = super::address("/search", &[("q", &name)]);
        let (sources, categories) =
            (sources.iter().map(source).collect(), categories.iter().map(category).collect());
        let documents = documents(connection, &name)?;
        Ok(Notice { frame, name, total, sources, categories, documents, rows, next, more })
    })
    .await
}

/// The records that enter the notice's rows, in the order in which it prints them.
fn rows(
    connection: &Connection,
    notice: &str,
    here: &str,
    paging: &Paging,
) -> Result<(Vec<Printed>, String), IndexError> {
    let query = format!(
        "SELECT row, log_index FROM notice_rows \
         WHERE notice = ?1 AND (row, log_index) > (?2, ?3) ORDER BY row, log_index {LIMIT}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let after = (paging.row.unwrap_or(-1), paging.after.unwrap_or(-1));
    let found = statement.query_map(params![notice, after.0, after.1], |row| {
        Ok((row.get::<i64>(0)?, row.get::<i64>(1)?))
    })?;
    let mut found: Vec<(i64, i64)> = found.collect::<Result<_, _>>()?;
    let has_more = cut(&mut found, ROWS_MAX);
    let next = found.last().filter(|_| has_more).map_or_else(String::new, |(row, index)| {
        address(here, &[("row", &row.to_string()), ("after", &index.to_string())])
    });
    let mut rows = Vec::with_capacity(found.len());
    for (row, index) in found {
        let records = read::records(connection, "WHERE r.log_index = ?1", &[&index])?;
        rows.extend(records.into_iter().map(|record| Printed { row, record }));
    }
    Ok((rows, next))
}

/// The sets of document numbers on which the notice's lines rest.
fn documents(connection: &Connection, notice: &str) -> Result<Vec<String>, IndexError> {
    let query = "SELECT DISTINCT l.documents FROM lines l JOIN accounts a ON a.id = l.id \
                 WHERE a.notice = ?1 AND l.documents <> '' ORDER BY 1 LIMIT 50";
    let mut statement = connection.prepare_cached(query)?;
    let rows = statement.query_map([notice], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn source((key, sums): &(Key, Flows)) -> SumRow {
    let level = printed(key.level.as_deref());
    let fund = key.fund.clone().unwrap_or_default();
    sums::row(level, key.address("/allocations", ""), fund, key, sums)
}

fn category((key, sums): &(Key, Flows)) -> SumRow {
    let (level, category) = (printed(key.level.as_deref()), printed(key.category.as_deref()));
    sums::row(level, key.address("/allocations", ""), category, key, sums)
}

/// A printed name; what is not printed is said so.
fn printed(name: Option<&str>) -> String {
    name.filter(|name| !name.is_empty()).unwrap_or("未注明").to_owned()
}
