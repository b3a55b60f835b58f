//! 穿透追溯: hop by hop to where money came from or went, exact to the fen.

use askama::Template;
use axum::extract::{Path, Query, State};
use data_encoding::BASE64URL_NOPAD;
use minglian_contracts::book::Interval;
use minglian_contracts::trace::aggregate::Aggregate;
use minglian_contracts::trace::{self, Cursor, Direction, Edge, Page};
use serde::Deserialize;

use crate::database::Connection;
use crate::index::read::{self, Place};
use crate::index::trace::Movements;
use crate::index::{IndexError, account, count};
use crate::money::Money;
use crate::web::{App, Frame, PageError, PageResult};
use crate::words::passage::Part;
use minglian_contracts::words::book as book_words;

/// Edges and ends of one page.
const ENTRIES_MAX: usize = 100;

/// Edges and ends that are added up for the sums above the table.
pub(crate) const SUMMED_MAX: usize = 5_000;

/// Longest cursor in an address, in characters: the guard bounds the whole address.
const CURSOR_CHARACTERS_MAX: usize = 15 * 1024;

/// Which positions of the account; all that ever came in, without bounds.
#[derive(Debug, Default, Deserialize)]
pub struct Positions {
    start: Option<u64>,
    end: Option<u64>,
    cursor: Option<String>,
}

struct Hop {
    hop: u32,
    record: i64,
    kind: &'static str,
    from: Place,
    from_interval: String,
    to: Place,
    to_interval: String,
    amount: Money,
    attribution: &'static str,
}

/// Where a trace ends: an account, and how much is there.
pub(crate) struct End {
    pub(crate) place: Place,
    pub(crate) amount: Money,
    pub(crate) is_spent: bool,
}

/// What went from one account to another, by how it was chosen.
pub(crate) struct Flow {
    pub(crate) hop: u32,
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) attribution: &'static str,
    pub(crate) amount: Money,
    pub(crate) count: u64,
}

#[derive(Template)]
#[template(path = "trace.html")]
struct TracePage {
    frame: Frame,
    account: i64,
    place: Place,
    is_up: bool,
    interval: String,
    amount: Money,
    flows: Vec<Flow>,
    ends: Vec<End>,
    is_summed: bool,
    hops: Vec<Hop>,
    next: String,
}

/// `GET /trace/{account}/{direction}`.
pub async fn trace(
    State(app): State<App>,
    Path((number, direction)): Path<(i64, String)>,
    Query(positions): Query<Positions>,
) -> PageResult {
    let direction = match direction.as_str() {
        "up" => Direction::Up,
        "down" => Direction::Down,
        other => return Err(PageError::NotFound(format!("追溯方向“{other}”"))),
    };
    let given = positions.cursor.as_deref().map(decode).transpose()?;
    app.page(move |connection, frame| {
        let unknown = || PageError::NotFound(format!("{number}号账户"));
        let identity = account::identity(connection, number)?.ok_or_else(unknown)?;
        let end = positions.end.unwrap_or(u64::MAX).min(credited(connection, number)?);
        let empty = || PageError::Malformed("账户在该区间没有资金".to_owned());
        let interval = Interval::new(positions.start.unwrap_or(0), end).ok_or_else(empty)?;
        let start = Cursor::new(identity.clone(), interval, direction);
        let whole = follow(connection, start.clone(), SUMMED_MAX)?;
        let page = follow_from(connection, given, start, ENTRIES_MAX)?;
        let mut sums = Aggregate::default();
        sums.add(&whole);
        let hops = hops(connection, page.edges)?;
        let next = page.next.as_ref().map(|cursor| next(number, direction, interval, cursor));
        let (flows, ends) = (flows(connection, &sums)?, ends(connection, &sums)?);
        Ok(TracePage {
            frame,
            account: number,
            place: read::place(connection, &identity)?,
            is_up: direction == Direction::Up,
            interval: read::interval(interval),
            amount: Money::fen(i64::try_from(interval.length()).unwrap_or(i64::MAX)),
            flows,
            ends,
            is_summed: whole.next.is_none(),
            hops,
            next: next.unwrap_or_default(),
        })
    })
    .await
}

/// All that ever came in to an account, by its movements: these are known of every height.
pub(crate) fn credited(connection: &Connection, number: i64) -> Result<u64, IndexError> {
    let query = "SELECT coalesce((SELECT to_end FROM movements WHERE to_account = ?1 \
                 ORDER BY to_start DESC LIMIT 1), 0)";
    let credited = connection.prepare_cached(query)?.query_row([number], |row| row.get(0))?;
    Ok(count(credited))
}

/// Follows a trace from where the last page ended, or from its start.
///
/// # Errors
/// [`PageError::Malformed`] if the cursor was forged and names positions that the book has not.
pub(crate) fn follow_from(
    connection: &Connection,
    given: Option<Cursor>,
    start: Cursor,
    entries: usize,
) -> Result<Page, PageError> {
    let Some(given) = given else { return follow(connection, start, entries) };
    follow(connection, given, entries).map_err(|error| match error {
        PageError::Trace(_) | PageError::Index(IndexError::TooLarge { .. }) => {
            PageError::Malformed("cursor".to_owned())
        }
        error => error,
    })
}

/// Follows a trace through the index.
pub(crate) fn follow(
    connection: &Connection,
    cursor: Cursor,
    entries: usize,
) -> Result<Page, PageError> {
    trace::trace(&Movements::new(connection), cursor, entries).map_err(|error| match error {
        trace::TraceError::Source(error) => PageError::Index(error),
        other => PageError::Trace(other.to_string()),
    })
}

fn hops(connection: &Connection, edges: Vec<Edge>) -> Result<Vec<Hop>, IndexError> {
    let query = "SELECT log_index FROM movements WHERE number = ?1";
    let mut statement = connection.prepare_cached(query)?;
    let mut hops = Vec::with_capacity(edges.len());
    for edge in edges {
        let number = crate::index::stored("a movement", edge.movement.0)?;
        hops.push(Hop {
            hop: edge.hop,
            record: statement.query_row([number], |row| row.get(0))?,
            kind: book_words::kind(&edge.kind),
            from: read::source(connection, &edge.from)?,
            from_interval: edge.from_interval.map_or_else(String::new, read::interval),
            to: read::place(connection, &edge.to)?,
            to_interval: read::interval(edge.to_interval),
            amount: money(edge.to_interval.length()),
            attribution: book_words::attribution(edge.basis),
        });
    }
    Ok(hops)
}

/// What went from where to where.
pub(crate) fn flows(connection: &Connection, sums: &Aggregate) -> Result<Vec<Flow>, IndexError> {
    use minglian_contracts::book::Attribution;
    let flow = |(flow, total): (&trace::aggregate::Flow, &trace::aggregate::Total)| {
        let from = match &flow.from {
            Some(from) => read::place(connection, from)?,
            None => Place {
                account: None,
                name: "账外".to_owned(),
                english: vec![Part::said("outside the ledger")],
            },
        };
        let attribution = match flow.attribution {
            Attribution::Designated => "指定来源",
            Attribution::FirstInFirstOut => "先进先出",
            Attribution::Substitution => "替代",
        };
        let to = read::place(connection, &flow.to)?;
        let (amount, count) = (money(total.amount_fen), total.count);
        Ok(Flow { hop: flow.hop, from, to, attribution, amount, count })
    };
    sums.flows().map(flow).collect()
}

/// Where it is now.
pub(crate) fn ends(connection: &Connection, sums: &Aggregate) -> Result<Vec<End>, IndexError> {
    let end = |(id, total): (&minglian_contracts::book::AccountId, &trace::aggregate::Total)| {
        let (place, amount) = (read::place(connection, id)?, money(total.amount_fen));
        Ok(End { place, amount, is_spent: id.is_terminal() })
    };
    sums.rests().map(end).collect()
}

fn money(fen: u64) -> Money {
    Money::fen(i64::try_from(fen).unwrap_or(i64::MAX))
}

fn next(number: i64, direction: Direction, interval: Interval, cursor: &Cursor) -> String {
    let direction = if direction == Direction::Up { "up" } else { "down" };
    let (start, end) = (interval.start(), interval.end());
    let cursor = BASE64URL_NOPAD.encode(&minglian_contracts::schema::encode(cursor));
    if cursor.len() > CURSOR_CHARACTERS_MAX {
        return String::new();
    }
    format!("/trace/{number}/{direction}?start={start}&end={end}&cursor={cursor}")
}

/// Reads a cursor. A forged one follows other positions of the same public book, nothing more.
pub(crate) fn decode(text: &str) -> Result<Cursor, PageError> {
    let malformed = || PageError::Malformed("追溯位置无法识别".to_owned());
    let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| malformed())?;
    borsh::from_slice(&bytes).map_err(|_| malformed())
}
