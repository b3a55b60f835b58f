//! 审计: engagements with their scope and findings, and the list of what is to be rectified
//! (整改台账).

use askama::Template;
use axum::extract::{Path, Query, State};
use minglian_contracts::oversight::audit::{Audit, ENGAGEMENTS, EngagementName};
use minglian_contracts::words::Names;
use minglian_ledger::date::Date;
use serde::Deserialize;

use super::{acts, named};
use crate::database::Value;
use crate::database::{Connection, Row, params, params_from_iter};
use crate::index::mirror::Mirror;
use crate::index::read::{self, RecordRow};
use crate::index::{IndexError, stored};
use crate::money::Money;
use crate::pages::{ROWS_MAX, address, check_filters, cut, escape};
use crate::web::{App, Frame, PageError, PageResult};

/// Where a list begins.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    before: Option<i64>,
    after: Option<String>,
}

/// An engagement in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its number in the index.
    pub id: i64,
    /// Where it stands.
    pub link: String,
    /// What the auditor calls it.
    pub reference: String,
    /// The auditor.
    pub auditor: String,
    /// The budget years.
    pub years: String,
    /// How many findings.
    pub findings: i64,
    /// How many of them are not confirmed as rectified.
    pub open: i64,
    /// The day it was closed; empty if it is open.
    pub closed_on: String,
}

/// A finding in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FindingRow {
    /// Its number in the index.
    pub id: i64,
    /// The engagement.
    pub link: String,
    /// What the auditor calls the engagement.
    pub reference: String,
    /// Its number there.
    pub number: i64,
    /// The organisation that it is about.
    pub about: String,
    /// Its code.
    pub about_code: String,
    /// What was found.
    pub kind: String,
    /// How much money it is about.
    pub amount: Money,
    /// How much is said to be put right.
    pub rectified: Money,
    /// Until when it is to be rectified.
    pub due_on: String,
    /// How far it is.
    pub stage: String,
    /// What the audited organisation says.
    pub position: String,
    /// By how many days it is, or was, overdue.
    pub days_overdue: i32,
    /// Its record.
    pub record: i64,
}

#[derive(Template)]
#[template(path = "audits.html")]
struct Audits {
    frame: Frame,
    rows: Vec<AuditRow>,
    next: String,
}

#[derive(Template)]
#[template(path = "rectification.html")]
struct Rectification {
    frame: Frame,
    rows: Vec<FindingRow>,
    next: String,
}

/// `GET /audits`.
pub async fn audits(State(app): State<App>, Query(paging): Query<Paging>) -> PageResult {
    app.page(move |connection, frame| {
        let before = paging.before.unwrap_or(i64::MAX);
        let mut rows = rows(connection, before, ROWS_MAX + 1)?;
        let has_more = cut(&mut rows, ROWS_MAX);
        let last = rows.last().map_or(0, |row| row.id).to_string();
        let next = if has_more { address("/audits", &[("before", &last)]) } else { String::new() };
        Ok(Audits { frame, rows, next })
    })
    .await
}

/// `GET /rectification`: what is not confirmed as rectified, the earliest due first.
pub async fn rectification(State(app): State<App>, Query(paging): Query<Paging>) -> PageResult {
    check_filters(&[&paging.after])?;
    app.page(move |connection, frame| {
        let after = paging.after.as_deref();
        let mut rows = open_findings(connection, after, ROWS_MAX + 1, frame.today)?;
        let has_more = cut(&mut rows, ROWS_MAX);
        let last = rows.last().map(|row| format!("{}~{}", row.due_on, row.id));
        let next = match last.filter(|_| has_more) {
            Some(last) => address("/rectification", &[("after", &last)]),
            None => String::new(),
        };
        Ok(Rectification { frame, rows, next })
    })
    .await
}

/// Engagements before one, newest first.
///
/// # Errors
/// [`IndexError::Database`].
pub fn rows(
    connection: &Connection,
    before: i64,
    limit: usize,
) -> Result<Vec<AuditRow>, IndexError> {
    let query = "SELECT a.id, a.organization, a.reference, coalesce(o.name, a.organization), \
                 a.first_year, a.last_year, a.findings, a.open, coalesce(a.closed_on, '') \
                 FROM audits a LEFT JOIN organizations o ON o.code = a.organization \
                 WHERE a.id < ?1 ORDER BY a.id DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(query)?;
    let limit = stored("a limit", limit as u64)?;
    let found = statement.query_map(params![before, limit], |row| {
        let (organization, reference): (String, String) = (row.get(1)?, row.get(2)?);
        let (first, last): (i64, i64) = (row.get(4)?, row.get(5)?);
        Ok(AuditRow {
            id: row.get(0)?,
            link: link(&organization, &reference),
            reference,
            auditor: row.get(3)?,
            years: if first == last { first.to_string() } else { format!("{first}–{last}") },
            findings: row.get(6)?,
            open: row.get(7)?,
            closed_on: row.get(8)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn link(organization: &str, reference: &str) -> String {
    format!("/audits/{organization}/{}", escape(reference))
}

/// Findings that are not confirmed as rectified, by their last day, behind a place.
///
/// # Errors
/// [`IndexError::Database`].
pub fn open_findings(
    connection: &Connection,
    after: Option<&str>,
    limit: usize,
    today: Date,
) -> Result<Vec<FindingRow>, IndexError> {
    let place = after.and_then(|text| text.split_once('~'));
    let (due_on, id) = place.unwrap_or(("", "-1"));
    let rest = format!(
        "WHERE (f.due_on, f.id) > (?1, ?2) AND f.stage <> '已销号' \
         ORDER BY f.due_on, f.id LIMIT {limit}"
    );
    let values = vec![due_on.to_owned().into(), id.parse::<i64>().unwrap_or(-1).into()];
    findings(connection, &rest, values, today)
}

/// Findings that `rest` selects from `findings f`.
///
/// # Errors
/// [`IndexError::Database`].
pub fn findings(
    connection: &Connection,
    rest: &str,
    values: Vec<Value>,
    today: Date,
) -> Result<Vec<FindingRow>, IndexError> {
    let query = format!(
        "SELECT f.id, f.organization, f.reference, f.number, coalesce(o.name, f.about), f.about, \
         f.kind, f.amount, f.rectified, f.due_on, f.stage, f.position, f.claimed_on, f.record \
         FROM findings f LEFT JOIN organizations o ON o.code = f.about {rest}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(params_from_iter(values), |row| read_finding(row, today))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read_finding(row: &Row<'_>, today: Date) -> crate::database::Result<FindingRow> {
    let (organization, reference): (String, String) = (row.get(1)?, row.get(2)?);
    let (due_on, stage): (String, String) = (row.get(9)?, row.get(10)?);
    let claimed_on: Option<String> = row.get(12)?;
    // It is judged by when it was said to be rectified; until then by today.
    let until = claimed_on.filter(|_| stage != "待整改").and_then(|day| day.parse().ok());
    let until: Date = until.unwrap_or(today);
    let days_overdue = due_on.parse::<Date>().map_or(0, |due| due.days_until(until).max(0));
    Ok(FindingRow {
        id: row.get(0)?,
        link: link(&organization, &reference),
        reference,
        number: row.get(3)?,
        about: row.get(4)?,
        about_code: row.get(5)?,
        kind: row.get(6)?,
        amount: Money::fen(row.get(7)?),
        rectified: Money::fen(row.get(8)?),
        due_on,
        stage,
        position: row.get(11)?,
        days_overdue,
        record: row.get(13)?,
    })
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    reference: String,
    auditor: String,
    auditor_code: String,
    audited: Vec<(String, String)>,
    audit: Audit,
    findings: Vec<FindingRow>,
    records: Vec<RecordRow>,
}

/// `GET /audits/{organization}/{reference}`.
pub async fn audit(
    State(app): State<App>,
    Path((organization, reference)): Path<(String, String)>,
) -> PageResult {
    let (organization, engagement) = named(&organization, &reference)?;
    app.page(move |connection, frame| {
        let name = EngagementName { organization, engagement };
        let audit = ENGAGEMENTS.get(&Mirror(connection), &name)?;
        let audit = audit.ok_or_else(|| PageError::NotFound(format!("审计“{reference}”")))?;
        // A number is one byte, so an engagement has at most 256.
        let rest = "WHERE f.organization = ?1 AND f.reference = ?2 ORDER BY f.number LIMIT 256";
        let values = vec![organization.to_string().into(), reference.clone().into()];
        let findings = findings(connection, rest, values, frame.today)?;
        let names = read::names(connection);
        let audited = audit.scope.organizations.iter();
        let audited = audited.map(|code| (names.organization(code), code.to_string())).collect();
        let subject = format!("audit:{organization}/{reference}");
        Ok(AuditPage {
            auditor: names.organization(&organization),
            auditor_code: organization.to_string(),
            records: acts(connection, &subject)?,
            frame,
            reference,
            audited,
            audit,
            findings,
        })
    })
    .await
}
