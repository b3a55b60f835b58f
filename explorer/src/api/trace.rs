//! `/api/v1/trace`: hop by hop to where money came from or went, exact to the fen.

use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use data_encoding::BASE64URL_NOPAD;
use minglian_contracts::book::Interval;
use minglian_contracts::trace::{Cursor, Direction, Edge, Rest};
use minglian_contracts::words::book as book_words;
use serde_json::{Value, json};

use super::{Filters, answer};
use crate::database::Connection;
use crate::index::{account, read, stored};
use crate::pages::trace::{credited, decode, follow_from};
use crate::web::{self, App, PageError, pin};

/// Hops of one answer.
pub const HOPS_MAX: usize = 100;

/// What is traced: positions of an account, from the start or from where an answer ended.
struct Asked {
    number: i64,
    direction: Direction,
    direction_name: &'static str,
    start: u64,
    end: Option<u64>,
    cursor: Option<Cursor>,
}

/// `GET /api/v1/trace/{account}/{direction}`.
pub(super) async fn trace(
    State(app): State<App>,
    headers: HeaderMap,
    Path((number, direction)): Path<(String, String)>,
    Query(filters): Query<Filters>,
) -> Result<Response, PageError> {
    let (asked, at) = (asked(&number, &direction, filters)?, web::Asked::now().at);
    answer(app, headers, move |connection| page(connection, asked, at)).await
}

fn asked(number: &str, direction: &str, mut filters: Filters) -> Result<Asked, PageError> {
    let (direction, direction_name) = match direction {
        "up" => (Direction::Up, "up"),
        "down" => (Direction::Down, "down"),
        _ => return Err(PageError::NotFound("追溯方向".to_owned())),
    };
    let number = number.parse().map_err(|_| PageError::NotFound("账户".to_owned()))?;
    let mut take = |name: &str| filters.remove(name).filter(|text| !text.is_empty());
    let position = |name: &str, text: Option<String>| {
        let read = |text: String| text.parse().map_err(|_| PageError::Malformed(name.to_owned()));
        text.map(read).transpose()
    };
    let start = position("start", take("start"))?.unwrap_or(0);
    let end = position("end", take("end"))?;
    let cursor = take("cursor");
    let cursor = cursor.as_deref().map(pin::without_height).transpose()?;
    let cursor = cursor.map(decode).transpose()?;
    pin::take(&mut filters)?;
    match filters.keys().next() {
        Some(_) => Err(PageError::Malformed("筛选项".to_owned())),
        None => Ok(Asked { number, direction, direction_name, start, end, cursor }),
    }
}

fn page(connection: &Connection, asked: Asked, at: Option<i64>) -> Result<Value, PageError> {
    let unknown = || PageError::NotFound("账户".to_owned());
    let identity = account::identity(connection, asked.number)?.ok_or_else(unknown)?;
    let end = asked.end.unwrap_or(u64::MAX).min(credited(connection, asked.number)?);
    let empty = || PageError::NotFound("该区间的资金".to_owned());
    let interval = Interval::new(asked.start, end).ok_or_else(empty)?;
    let start = Cursor::new(identity, interval, asked.direction);
    let page = follow_from(connection, asked.cursor, start, HOPS_MAX)?;
    let hops: Result<Vec<Value>, PageError> =
        page.edges.into_iter().map(|edge| hop(connection, edge)).collect();
    let rests: Result<Vec<Value>, PageError> =
        page.rests.into_iter().map(|it| rest(connection, &it)).collect();
    let next = page.next.as_ref();
    let next = next.map(|next| BASE64URL_NOPAD.encode(&minglian_contracts::schema::encode(next)));
    let next = next.map(|next| pin::keep(next, at));
    Ok(json!({
        "account": asked.number,
        "start": interval.start(),
        "end": interval.end(),
        "direction": asked.direction_name,
        "items": hops?,
        "rests": rests?,
        "next": next,
    }))
}

fn hop(connection: &Connection, edge: Edge) -> Result<Value, PageError> {
    let query = "SELECT log_index FROM movements WHERE number = ?1";
    let number = stored("a movement", edge.movement.0)?;
    let record: i64 = connection.prepare_cached(query)?.query_row([number], |row| row.get(0))?;
    let from = read::source(connection, &edge.from)?;
    let to = read::place(connection, &edge.to)?;
    Ok(json!({
        "hop": edge.hop,
        "movement": number,
        "record": record,
        "kind": book_words::kind(&edge.kind),
        "attribution": book_words::attribution(edge.basis),
        "from_account": from.account,
        "from_name": from.name,
        "from_start": edge.from_interval.map(|interval| interval.start()),
        "from_end": edge.from_interval.map(|interval| interval.end()),
        "to_account": to.account,
        "to_name": to.name,
        "to_start": edge.to_interval.start(),
        "to_end": edge.to_interval.end(),
        "amount_fen": edge.to_interval.length().to_string(),
    }))
}

/// Fen that a downward trace finds at its end.
fn rest(connection: &Connection, rest: &Rest) -> Result<Value, PageError> {
    let place = read::place(connection, &rest.account)?;
    Ok(json!({
        "hop": rest.hop,
        "account": place.account,
        "name": place.name,
        "start": rest.interval.start(),
        "end": rest.interval.end(),
        "amount_fen": rest.interval.length().to_string(),
        "paid_out": rest.account.is_terminal(),
    }))
}
