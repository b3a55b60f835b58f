//! 首页: what this is, where the money came from and went, what happened last.

use askama::Template;
use axum::extract::State;

use super::charity::giving::{self, Giving, Scope};
use super::counties::{Row, county};
use super::escape;
use super::funds::{self, Funds};
use super::lottery::{self, Year};
use super::sums::{self, Key, SumRow};
use crate::database::Connection;
use crate::index::IndexError;
use crate::index::read::{self, RecordRow};
use crate::web::{App, Frame, PageResult};

#[derive(Template)]
#[template(path = "home.html")]
struct Home {
    frame: Frame,
    chart: String,
    categories: Vec<Row>,
    funds: Funds,
    lottery: Option<Year>,
    giving: Option<Giving>,
    notices: Vec<SumRow>,
    records: Vec<RecordRow>,
    counts: Counts,
}

struct Counts {
    records: i64,
    organizations: i64,
    projects: i64,
    refused: i64,
}

/// `GET /`.
pub async fn home(State(app): State<App>) -> PageResult {
    app.page(|connection, frame| {
        let (chart, categories) = county::overview(connection, &frame)?;
        let lottery = lottery::year(connection, &frame, &lottery::Filter::default())?;
        let giving = giving::giving(connection, &frame, &Scope::default(), None)?;
        Ok(Home {
            frame,
            chart,
            lottery,
            giving,
            categories,
            funds: funds::funds(connection)?,
            notices: by_notice(connection)?,
            records: read::records(connection, "ORDER BY r.log_index DESC LIMIT 12", &[])?,
            counts: counts(connection)?,
        })
    })
    .await
}

fn by_notice(connection: &Connection) -> Result<Vec<SumRow>, IndexError> {
    let totals = sums::totals(connection, "quota", &Key::default(), &["notice"])?;
    let named = totals.iter().filter(|(key, _)| key.notice.as_ref().is_some_and(|n| !n.is_empty()));
    let row = |(key, sums): &(Key, _)| {
        let notice = key.notice.clone().unwrap_or_default();
        let link = format!("/notices/{}", escape(&notice));
        sums::row(notice, link, String::new(), key, sums)
    };
    Ok(named.map(row).collect())
}

fn counts(connection: &Connection) -> Result<Counts, IndexError> {
    let count = |query: &str| -> Result<i64, IndexError> {
        Ok(connection.prepare_cached(query)?.query_row([], |row| row.get(0))?)
    };
    Ok(Counts {
        records: count("SELECT coalesce(sum(transactions), 0) FROM blocks")?,
        organizations: count("SELECT count(*) FROM organizations")?,
        projects: count("SELECT count(*) FROM projects")?,
        refused: count("SELECT count(*) FROM records WHERE code > 0")?,
    })
}
