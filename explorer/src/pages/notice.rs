//! 公告: what the ledger holds of one imported notice, to lay beside the printed one.

use askama::Template;
use axum::extract::{Path, State};

use super::sums::{self, Key, SumRow};
use super::ROWS_MAX;
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
    records: Vec<RecordRow>,
    more: String,
}

/// `GET /notices/{notice}`.
pub async fn notice(State(app): State<App>, Path(name): Path<String>) -> PageResult {
    app.page(move |connection, frame| {
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
        let rest = "WHERE r.documents LIKE '%' || ?1 || ' %' ORDER BY r.log_index DESC LIMIT 50";
        let records = read::records(connection, rest, &[&printed])?;
        let more = super::address("/search", &[("q", &name)]);
        debug_assert!(records.len() <= ROWS_MAX);
        let (sources, categories) =
            (sources.iter().map(source).collect(), categories.iter().map(category).collect());
        Ok(Notice { frame, name, total, sources, categories, records, more })
    })
    .await
}

fn source((key, sums): &(Key, std::collections::BTreeMap<String, i64>)) -> SumRow {
    let level = printed(key.level.as_deref());
    let fund = key.fund.clone().unwrap_or_default();
    sums::row(level, key.address("/allocations", ""), fund, key, sums)
}

fn category((key, sums): &(Key, std::collections::BTreeMap<String, i64>)) -> SumRow {
    let (level, category) = (printed(key.level.as_deref()), printed(key.category.as_deref()));
    sums::row(level, key.address("/allocations", ""), category, key, sums)
}

/// A printed name; what is not printed is said so.
fn printed(name: Option<&str>) -> String {
    name.filter(|name| !name.is_empty()).unwrap_or("未注明").to_owned()
}
