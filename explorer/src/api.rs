//! `/api/v1`: the tables of the open data for programs, a page at a time.
//!
//! Addresses, filters and schemas follow from the tables, and so does the OpenAPI document
//! ([`openapi`]): there is one place in which a column is declared.

pub mod openapi;
pub mod search;
pub mod trace;

use std::collections::BTreeMap;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::data::catalogue::{MORE, MOVEMENTS, TABLES};
use crate::data::rows::{self, Selection};
use crate::data::table::Table;
use crate::data::{Ledger, ask, jsonl, value};
use crate::database::Connection;
use crate::index::history::Kept;
use crate::index::{IndexError, act};
use crate::web::{App, Asked, Effort, PageError, pin};

/// Rows of an answer where the question names no limit.
pub const ROWS_DEFAULT: usize = 100;

/// Most rows of one answer.
pub const ROWS_MAX: usize = 500;

/// The tables of the API.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    TABLES.into_iter().chain(MORE)
}

/// All addresses of the API.
pub fn routes() -> Router<App> {
    let mut routes = Router::new()
        .route("/api/v1/head", get(head))
        .route("/api/v1/openapi.json", get(openapi::document))
        .route("/api/v1/trace/{account}/{direction}", get(trace::trace))
        .route("/api/v1/entries/{index}", get(entry))
        .route("/api/v1/search", get(search::search));
    for table in tables() {
        let list = move |app, headers, query| list(table, app, headers, query);
        routes = routes.route(&format!("/api/v1/{}", table.name), get(list));
        let one = move |app, headers, path| one(table, app, headers, path);
        if let (Some(path), false) = (openapi::one_path(table), table.name == "entries") {
            routes = routes.route(&path, get(one));
        }
    }
    routes
}

type Filters = BTreeMap<String, String>;

/// What every answer says of the ledger.
fn about(ledger: &Ledger) -> Value {
    json!({
        "network": ledger.network,
        "demonstration": ledger.demonstration,
        "chain_id": ledger.chain_id,
        "genesis_hash": ledger.genesis_hash,
        "height": ledger.height,
        "names_height": ledger.names_height,
        "block_id": ledger.block_id,
        "time": value::iso(ledger.time_ms),
        "log_size": ledger.log_size,
        "log_root": ledger.log_root,
    })
}

/// Answers from one read transaction at the height that is asked for, with that height as its tag;
/// 304 if the reader has it.
async fn answer(
    app: App,
    headers: HeaderMap,
    work: impl FnOnce(&Connection) -> Result<Value, PageError> + Send + 'static,
) -> Result<Response, PageError> {
    answer_by(app, headers, Effort::Keyed, "", work).await
}

/// As [`answer`], in the room for what costs this much, with `more` in the tag for what depends on
/// more than the height.
async fn answer_by(
    app: App,
    headers: HeaderMap,
    effort: Effort,
    more: &str,
    work: impl FnOnce(&Connection) -> Result<Value, PageError> + Send + 'static,
) -> Result<Response, PageError> {
    let (ledger, more) = (app.ledger(), more.to_owned());
    let known = headers.get(header::IF_NONE_MATCH).cloned();
    let work = move |connection: &Connection, kept: Option<&Kept>| {
        let ledger = ledger.read(connection, kept)?;
        let tag = ledger.tag(connection, &more)?;
        // The tag is of the height, not of the answer, so the answer is made only to be sent.
        if known.is_some_and(|known| known.to_str().is_ok_and(|known| known.contains(&tag))) {
            return Ok((tag, None));
        }
        let mut body = work(connection)?;
        if let Some(fields) = body.as_object_mut() {
            fields.insert("ledger".to_owned(), about(&ledger));
            fields.insert("currency".to_owned(), json!("CNY"));
        }
        Ok((tag, Some(body)))
    };
    let (tag, body) = app.reading_as_asked(effort, work).await?;
    let mut response = match body {
        Some(body) => Json(body).into_response(),
        None => StatusCode::NOT_MODIFIED.into_response(),
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    Ok(response)
}

/// `GET /api/v1/head`.
async fn head(State(app): State<App>, headers: HeaderMap) -> Result<Response, PageError> {
    answer(app, headers, |_| Ok(json!({}))).await
}

/// `GET /api/v1/{table}`.
async fn list(
    table: &'static Table,
    State(app): State<App>,
    headers: HeaderMap,
    Query(mut filters): Query<Filters>,
) -> Result<Response, PageError> {
    pin::take(&mut filters)?;
    let limit = limit(filters.remove("limit"), ROWS_DEFAULT)?;
    let after = match filters.remove("cursor").filter(|cursor| !cursor.is_empty()) {
        Some(text) => {
            let key = rows::parse_cursor(table, pin::without_height(&text)?);
            Some(key.ok_or_else(|| PageError::Malformed("cursor".to_owned()))?)
        }
        None => None,
    };
    let at = Asked::now().at;
    // A filter may have no index: who asks for what is not there reads the whole table.
    let effort = if filters.is_empty() { Effort::Keyed } else { Effort::Scan };
    answer_by(app, headers, effort, "", move |connection| {
        let selection = ask::selection(connection, table, &filters)?;
        let selection = selection.map_err(|error| PageError::Malformed(error.to_string()))?;
        let (items, next) = page(connection, table, &selection, after.as_deref(), limit)?;
        Ok(json!({ "items": items, "next": next.map(|next| pin::keep(next, at)) }))
    })
    .await
}

/// How many rows are asked for; where nothing is said, the default.
fn limit(text: Option<String>, default: usize) -> Result<usize, PageError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(default) };
    let limit = text.parse().ok().filter(|limit| (1..=ROWS_MAX).contains(limit));
    limit.ok_or_else(|| PageError::Malformed("limit".to_owned()))
}

/// At most so many rows, and the cursor behind them if others follow.
fn page(
    connection: &Connection,
    table: &Table,
    selection: &Selection,
    after: Option<&[crate::database::Value]>,
    limit: usize,
) -> Result<(Vec<Value>, Option<String>), PageError> {
    // One more than is given, to know whether others follow.
    let mut rows = rows::read(connection, table, selection, after, limit.saturating_add(1))?;
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let next = match rows.last() {
        Some(last) if has_more => Some(rows::cursor(table, last)?),
        _ => None,
    };
    let items = rows.iter().map(|row| Value::Object(jsonl::object(table, row)));
    Ok((items.collect(), next))
}

/// `GET /api/v1/{table}/{key}`.
async fn one(
    table: &'static Table,
    State(app): State<App>,
    headers: HeaderMap,
    Path(parts): Path<Vec<String>>,
) -> Result<Response, PageError> {
    answer(app, headers, move |connection| {
        let object = find(connection, table, &parts)?;
        Ok(Value::Object(object))
    })
    .await
}

fn find(
    connection: &Connection,
    table: &Table,
    parts: &[String],
) -> Result<serde_json::Map<String, Value>, PageError> {
    let absent = || PageError::NotFound(table.chinese.to_owned());
    let key = ask::key(table, parts).ok_or_else(absent)?;
    let selection = Selection { key: Some(key), ..Selection::default() };
    let rows = rows::read(connection, table, &selection, None, 1)?;
    Ok(jsonl::object(table, rows.first().ok_or_else(absent)?))
}

/// `GET /api/v1/entries/{index}`: an entry with what was signed, what became of it, and its
/// movements.
async fn entry(
    State(app): State<App>,
    headers: HeaderMap,
    Path(index): Path<String>,
) -> Result<Response, PageError> {
    let at = Asked::now().at;
    answer(app, headers, move |connection| {
        let entries = TABLES.first().ok_or(PageError::Broken)?;
        let mut object = find(connection, entries, std::slice::from_ref(&index))?;
        let number: i64 = index.parse().map_err(|_| PageError::NotFound("账目".to_owned()))?;
        let (call, outcome) = act::of(connection, number)?.ok_or(PageError::Broken)?;
        object.insert("call".to_owned(), serde_json::to_value(call).map_err(IndexError::from)?);
        let outcome = serde_json::to_value(outcome).map_err(IndexError::from)?;
        object.insert("outcome".to_owned(), outcome);
        let filters = Filters::from([("record".to_owned(), index)]);
        let selection = ask::selection(connection, MOVEMENTS, &filters)?;
        let selection = selection.map_err(|_| PageError::Broken)?;
        let (items, next) = page(connection, MOVEMENTS, &selection, None, ROWS_MAX)?;
        let next = next.map(|next| pin::keep(next, at));
        object.insert("movements".to_owned(), json!({ "items": items, "next": next }));
        Ok(Value::Object(object))
    })
    .await
}
