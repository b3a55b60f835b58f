//! Where money went, where it came from.

use axum::extract::State;
use axum::response::Response;
use minglian_client::wire::{Currency, TraceDirection, TracePage};
use minglian_contracts::book::{AccountId, Interval};
use minglian_contracts::trace::{self, Cursor, Direction, Page, TraceError};
use serde::Deserialize;

use super::extract::{Params, checked_limit, decode_hex, json_answer};
use super::problem::Refusal;
use super::{Node, Shared, accounts, reading, view};
use crate::derived::{DerivedError, DerivedIndex};

/// What to trace.
#[derive(Debug, Deserialize)]
pub(super) struct Wanted {
    account: Option<String>,
    start: Option<u64>,
    end: Option<u64>,
    direction: Option<TraceDirection>,
    cursor: Option<String>,
    limit: Option<usize>,
}

/// Follows fen from movement to movement, back to their origin or on to their end.
#[utoipa::path(
    get, path = "/v1/trace", tag = "accounts",
    params(
        ("account" = Option<String>, Query, description = "borsh of the account's name, hex"),
        ("start" = Option<u64>, Query, description = "first position; 0 if not given"),
        ("end" = Option<u64>, Query, description = "position after the last; all if not given"),
        ("direction" = Option<String>, Query, description = "`up` or `down`"),
        ("cursor" = Option<String>, Query, description = "`next` of the page before, alone"),
        ("limit" = Option<u64>, Query, description = "at most 1000 edges and rests"),
    ),
    responses(
        (status = 200, description = "edges, rests, and where to go on"),
        (status = 404, description = "no money ever came to these positions"),
    )
)]
pub(super) async fn trace(
    State(shared): Node,
    Params(wanted): Params<Wanted>,
) -> Result<Response, Refusal> {
    let limit = checked_limit(wanted.limit)?;
    let page = reading(shared, move |shared| {
        let cursor = begin(shared, &wanted)?;
        let page = trace::trace(&DerivedIndex::new(shared.store()), cursor, limit);
        page_view(&page.map_err(broken)?)
    });
    json_answer(&page.await?)
}

fn begin(shared: &Shared, wanted: &Wanted) -> Result<Cursor, Refusal> {
    if let Some(cursor) = &wanted.cursor {
        return decode_hex("cursor", cursor);
    }
    let (Some(account), Some(direction)) = (&wanted.account, wanted.direction) else {
        return Err(Refusal::bad("account and direction, or cursor"));
    };
    let id: AccountId = decode_hex("account", account)?;
    let credited = accounts::find_account(shared, &id)?.credited;
    let (start, end) = (wanted.start.unwrap_or(0), wanted.end.unwrap_or(credited));
    if end > credited {
        let detail = format!("positions up to {end}; {credited} came in");
        return Err(Refusal::absent(detail));
    }
    let interval = Interval::new(start, end)
        .ok_or_else(|| Refusal::bad(format!("no position from {start} to {end}")))?;
    let direction = match direction {
        TraceDirection::Up => Direction::Up,
        TraceDirection::Down => Direction::Down,
    };
    Ok(Cursor::new(id, interval, direction))
}

/// Cursors come from outside, so positions that no movement brought are a fault of the request
/// first; what the index itself cannot read is ours.
pub(super) fn broken(error: TraceError<DerivedError>) -> Refusal {
    match error {
        TraceError::Source(error) => Refusal::internal(error),
        other => Refusal::bad(other),
    }
}

fn page_view(page: &Page) -> Result<TracePage, Refusal> {
    Ok(TracePage {
        edges: page.edges.iter().map(serde_json::to_value).collect::<Result<_, _>>()?,
        rests: page.rests.iter().map(serde_json::to_value).collect::<Result<_, _>>()?,
        next: page.next.as_ref().map(view::hex),
        currency: Currency::Cny,
    })
}
