//! 项目列表.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::project::{Money3, sums};
use super::{LIMIT, ROWS_MAX, address, check_filters, cut, escape};
use crate::web::{App, Frame, PageResult};

/// Where the list begins.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    after: Option<String>,
}

struct Row {
    reference: String,
    link: String,
    title: String,
    category: String,
    unit: String,
    unit_code: String,
    year: i64,
    stage: String,
    sums: Money3,
}

#[derive(Template)]
#[template(path = "projects.html")]
struct Projects {
    frame: Frame,
    rows: Vec<Row>,
    next: String,
}

/// `GET /projects`.
pub async fn projects(State(app): State<App>, Query(paging): Query<Paging>) -> PageResult {
    check_filters(&[&paging.after])?;
    app.page(move |connection, frame| {
        let query = format!(
            "SELECT p.reference, p.title, p.category, coalesce(o.name, p.unit), p.unit, p.year, \
             p.stage FROM projects p LEFT JOIN organizations o ON o.code = p.unit \
             WHERE p.reference > ?1 ORDER BY p.reference {LIMIT}"
        );
        let mut statement = connection.prepare_cached(&query)?;
        let after = paging.after.unwrap_or_default();
        let found = statement.query_map([after], |row| {
            let reference: String = row.get(0)?;
            Ok(Row {
                link: format!("/projects/{}", escape(&reference)),
                reference,
                title: row.get(1)?,
                category: row.get(2)?,
                unit: row.get(3)?,
                unit_code: row.get(4)?,
                year: row.get(5)?,
                stage: row.get(6)?,
                sums: Money3::default(),
            })
        })?;
        let mut rows: Vec<Row> = found.collect::<Result<_, _>>()?;
        let has_more = cut(&mut rows, ROWS_MAX);
        for row in &mut rows {
            row.sums = sums(connection, &row.reference, &row.unit_code)?;
        }
        let last = rows.last().map_or("", |row| row.reference.as_str());
        let next = if has_more { address("/projects", &[("after", last)]) } else { String::new() };
        Ok(Projects { frame, rows, next })
    })
    .await
}
