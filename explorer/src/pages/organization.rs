//! 机构: registered data, lines with balances, what came in and went out, keys, records.

use askama::Template;
use axum::extract::{Path, Query, State};
use serde::Deserialize;

use super::charity::year::{self, Charity};
use super::disclosure::list::{PublicationRow, publications};
use super::oversight::credit::{self, Credit};
use super::{LIMIT, ROWS_MAX, cut};
use crate::database::{Connection, OptionalExtension, params};
use crate::index::IndexError;
use crate::index::read::{self, RecordRow};
use crate::money::Money;
use crate::web::{App, Frame, PageError, PageResult};
use minglian_contracts::words;

/// How many publications and credit events stand here; pages of their own have the others.
const SHORT: usize = 5;

/// Where the list of lines begins.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    after: Option<i64>,
}

struct Registered {
    code: String,
    name: String,
    kind: String,
    division: String,
    registered_at: i64,
    check_digit_right: bool,
    came_in: Money,
    went_on: Money,
    paid: Money,
}

struct LineRow {
    id: i64,
    name: String,
    fund: String,
    year: i64,
    nature: &'static str,
    balance: Money,
}

struct KeyRow {
    key: String,
    role: String,
    live_from: i64,
    live_until: Option<i64>,
}

#[derive(Template)]
#[template(path = "organization.html")]
struct OrganizationPage {
    frame: Frame,
    organization: Registered,
    lines: Vec<LineRow>,
    next: Option<i64>,
    keys: Vec<KeyRow>,
    records: Vec<RecordRow>,
    charity: Option<Charity>,
    publications: Vec<PublicationRow>,
    credit: Credit,
}

/// `GET /organizations/{code}`.
pub async fn organization(
    State(app): State<App>,
    Path(code): Path<String>,
    Query(paging): Query<Paging>,
) -> PageResult {
    app.page(move |connection, frame| {
        let organization =
            find(connection, &code)?.ok_or_else(|| PageError::NotFound(format!("机构“{code}”")))?;
        let mut lines = lines(connection, &code, paging.after.unwrap_or(0))?;
        let next = match cut(&mut lines, ROWS_MAX) {
            true => lines.last().map(|line| line.id),
            false => None,
        };
        let rest = "JOIN record_organizations c ON c.log_index = r.log_index \
                    WHERE c.organization = ?1 ORDER BY c.log_index DESC LIMIT 20";
        let records = read::records(connection, rest, &[&code])?;
        let keys = keys(connection, &code)?;
        let mut publications = publications(connection, &code, i64::MAX)?;
        publications.truncate(SHORT);
        let (charity, credit) = match code.parse() {
            Ok(parsed) => {
                let credit = credit::read(connection, &parsed, frame.today, SHORT)?;
                (year::read(connection, &parsed, frame.today)?, credit)
            }
            Err(_) => (None, Credit::default()),
        };
        Ok(OrganizationPage {
            frame,
            organization,
            lines,
            next,
            keys,
            records,
            charity,
            publications,
            credit,
        })
    })
    .await
}

fn find(connection: &Connection, code: &str) -> Result<Option<Registered>, IndexError> {
    let query = "SELECT code, name, kind, division_name, registered_at, check_digit_right, \
                 came_in, went_on, paid FROM organizations WHERE code = ?1";
    let mut statement = connection.prepare_cached(query)?;
    let found = statement.query_row([code], |row| {
        Ok(Registered {
            code: row.get(0)?,
            name: row.get(1)?,
            kind: row.get(2)?,
            division: row.get(3)?,
            registered_at: row.get(4)?,
            check_digit_right: row.get(5)?,
            came_in: Money::fen(row.get(6)?),
            went_on: Money::fen(row.get(7)?),
            paid: Money::fen(row.get(8)?),
        })
    });
    Ok(found.optional()?)
}

fn lines(connection: &Connection, code: &str, after: i64) -> Result<Vec<LineRow>, IndexError> {
    let query = format!(
        "SELECT id, name, fund, year, measure, balance FROM accounts \
         WHERE organization = ?1 AND kind = 'line' AND id > ?2 ORDER BY id {LIMIT}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(params![code, after], |row| {
        Ok(LineRow {
            id: row.get(0)?,
            name: row.get(1)?,
            fund: row.get(2)?,
            year: row.get(3)?,
            nature: words::book::measure(&row.get::<String>(4)?),
            balance: Money::fen(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn keys(connection: &Connection, code: &str) -> Result<Vec<KeyRow>, IndexError> {
    let query = format!(
        "SELECT key, role, live_from, live_until FROM keys WHERE organization = ?1 \
         ORDER BY live_from, key {LIMIT}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map([code], |row| {
        let key: String = row.get(0)?;
        Ok(KeyRow {
            key: words::short(&key),
            role: row.get(1)?,
            live_from: row.get(2)?,
            live_until: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
