//! 公告: what the ledger holds of one imported notice, to lay beside the printed one.

use askama::Template;
use axum::extract::{Path, State};
use rusqlite::Connection;

use super::sums::{self, Flows, Key, SumRow};
use crate::index::IndexError;
use crate::index::read::{self, RecordRow};
use crate::web::{App, Frame, PageError, PageResult};

#[derive(Template)]
#[template(path = "notice.html")]
struct Notice {
    frame: Frame,
    name: String,
    total: SumRow,
    sources: Vec<SumRow>,
    categories: Vec<SumRow>,
    documents: Vec<String>,
    records: Vec<RecordRow>,
    more: String,
}

/// `GET /notices/{notice}`.
pub async fn notice(State(app): State<App>, Path(name): Path<String>) -> PageResult {
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
        let printed = format!("按公告补录:{}", name);
        let rest = "WHERE instr(r.documents, ?1 || ' ') > 0 ORDER BY r.log_index DESC LIMIT 50";
        let records = read::records(connection, rest, &[&printed])?;
        let more = super::address("/search", &[("q", &name)]);
        let (sources, categories) =
            (sources.iter().map(source).collect(), categories.iter().map(category).collect());
        let documents = documents(connection, &name)?;
        Ok(Notice { frame, name, total, sources, categories, documents, records, more })
    })
    .await
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
