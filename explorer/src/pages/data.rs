//! 数据下载 and 接口: everything at once, for people and for programs.

use askama::Template;
use axum::extract::State;

use crate::api;
use crate::data::catalogue::TABLES;
use crate::data::export::Format;
use crate::data::table::Table;
use crate::database::OptionalExtension;
use crate::web::{App, Frame, PageResult};

/// A table as the page offers it.
struct Offered {
    table: &'static Table,
    formats: Vec<&'static str>,
    /// The filters with what they compare.
    filters: Vec<(&'static str, String)>,
}

/// The name of a filter and what the page calls it.
fn labels(table: &Table, frame: &Frame) -> Vec<(&'static str, String)> {
    let label = |(name, expression): &(&'static str, &'static str)| {
        let column = table.columns.iter().find(|column| column.sql == *expression);
        let code = crate::words::code(name, frame.is_english());
        let label = column.map_or(code, |column| frame.pick(column.chinese, name));
        (*name, sentence_case(label))
    };
    table.filters.iter().map(label).collect()
}

/// The name of a column as words.
fn sentence_case(name: &str) -> String {
    let mut words = name.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}

#[derive(Template)]
#[template(path = "data.html")]
struct Data {
    frame: Frame,
    tables: Vec<Offered>,
    service_key: Option<String>,
}

/// `GET /data`.
pub async fn data(State(app): State<App>) -> PageResult {
    let service_key = app.service_key();
    app.page(|_, frame| {
        let formats: Vec<&'static str> = Format::ALL.map(Format::extension).to_vec();
        let offered =
            |table| Offered { table, formats: formats.clone(), filters: labels(table, &frame) };
        let tables = TABLES.into_iter().map(offered).collect();
        Ok(Data { frame, tables, service_key })
    })
    .await
}

/// How much of a day is its month: `2026-03`.
const MONTH_CHARACTERS: usize = 7;

/// An address of the API with what may be asked there.
struct Address {
    path: String,
    title: &'static str,
    filters: Vec<&'static str>,
}

#[derive(Template)]
#[template(path = "api.html")]
struct Api {
    frame: Frame,
    addresses: Vec<Address>,
    /// The newest month that has records.
    month: String,
    rows_max: usize,
}

/// `GET /api`.
pub async fn api(State(app): State<App>) -> PageResult {
    app.page(|connection, frame| {
        let query = "SELECT time_ms FROM records ORDER BY log_index DESC LIMIT 1";
        let mut statement = connection.prepare_cached(query)?;
        let newest: Option<i64> = statement.query_row([], |row| row.get(0)).optional()?;
        let newest = newest.map_or_else(|| frame.time.clone(), super::beijing);
        let month: String = newest.chars().take(MONTH_CHARACTERS).collect();
        let address = |table: &'static Table| {
            let months = table.has_months().then_some("month");
            let filters = table.filters.iter().map(|(name, _)| *name);
            Address {
                path: format!("/api/v1/{}", table.name),
                title: frame.pick(table.chinese, table.english),
                filters: months.into_iter().chain(filters).collect(),
            }
        };
        let addresses = api::tables().map(address).collect();
        Ok(Api { frame, addresses, month, rows_max: api::ROWS_MAX })
    })
    .await
}
