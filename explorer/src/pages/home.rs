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

/// How many there are of something, by its name.
pub const COUNT: &str = "SELECT count FROM counts WHERE what = ?1";

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
    let mut count = connection.prepare_cached(COUNT)?;
    let mut count = |what: &str| count.query_row([what], |row| row.get(0));
    // Each block, the genesis too, closes with a leaf that is no record.
    let head = read::head(connection)?;
    Ok(Counts {
        records: (head.log_size - head.height - 1).max(0),
        organizations: count("organizations")?,
        projects: count("projects")?,
        refused: count("refused")?,
    })
}
