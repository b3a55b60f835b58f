//! 项目: allocated, paid, the execution rate that follows, payments, records.

pub mod targets;

use askama::Template;
use axum::extract::{Path, State};

use super::LIMIT;
use crate::database::{Connection, OptionalExtension, Row, params};
use crate::index::IndexError;
use crate::index::read::{self, RecordRow};
use crate::money::Money;
use crate::web::{App, Frame, PageError, PageResult};

/// What a project had, what it paid, and the rate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Money3 {
    /// What its unit had for it; what was taken back unspent stays in.
    pub quota: Money,
    /// What of it was taken back.
    pub recovered: Money,
    /// What was paid, less what came back.
    pub paid: Money,
    /// `paid` of `quota` in percent, rounded down; empty without quota.
    pub rate: String,
}

struct Project {
    reference: String,
    title: String,
    category: String,
    unit: String,
    unit_code: String,
    registrar: String,
    registrar_code: String,
    year: i64,
    stage: String,
    contracted: Money,
    occurred_on: String,
}

struct LineRow {
    id: i64,
    name: String,
    holder: String,
    quota: Money,
    recovered: Money,
    balance: Money,
    year: i64,
}

struct PaymentRow {
    id: i64,
    record: i64,
    name: String,
    payee: String,
    occurred_on: String,
    status: String,
    amount: Money,
    kept: Money,
}

#[derive(Template)]
#[template(path = "project.html")]
struct ProjectPage {
    frame: Frame,
    project: Project,
    sums: Money3,
    results: targets::Targets,
    lines: Vec<LineRow>,
    payments: Vec<PaymentRow>,
    records: Vec<RecordRow>,
}

/// `GET /projects/{reference}`.
pub async fn project(State(app): State<App>, Path(reference): Path<String>) -> PageResult {
    app.page(move |connection, frame| {
        let project = find(connection, &reference)?
            .ok_or_else(|| PageError::NotFound(format!("项目“{reference}”")))?;
        let rest = "JOIN record_projects c ON c.log_index = r.log_index \
                    WHERE c.project = ?1 ORDER BY c.log_index DESC LIMIT 50";
        Ok(ProjectPage {
            frame,
            sums: sums(connection, &reference, &project.unit_code)?,
            results: targets::read(connection, &reference)?,
            lines: lines(connection, &reference)?,
            payments: payments(connection, &reference)?,
            records: read::records(connection, rest, &[&reference])?,
            project,
        })
    })
    .await
}

/// What the lines of a project's unit say, as the contracts derive it: what was carried to a later
/// year, given on or bounced is no new money.
///
/// # Errors
/// [`IndexError::Database`].
pub fn sums(connection: &Connection, reference: &str, unit: &str) -> Result<Money3, IndexError> {
    let query = "SELECT coalesce(sum(l.quota + l.returned - l.issued - l.carried), 0), \
                 coalesce(sum(l.paid), 0), coalesce(sum((SELECT coalesce(sum(m.amount), 0) \
                 FROM movements m WHERE m.to_account = a.id AND m.flow = 'returned')), 0), \
                 coalesce(sum(l.recovered), 0) \
                 FROM accounts a JOIN lines l ON l.id = a.id \
                 WHERE a.project = ?1 AND a.kind = 'line' AND a.organization = ?2";
    let mut statement = connection.prepare_cached(query)?;
    let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    let (quota, paid, bounced, recovered): (i64, i64, i64, i64) =
        statement.query_row(params![reference, unit], read)?;
    let (quota, paid) = (quota.saturating_sub(bounced), paid.saturating_sub(bounced));
    let rate = if quota > 0 {
        let points = (i128::from(paid) * 10_000 / i128::from(quota)).clamp(0, 10_000);
        format!("{}.{:02}%", points / 100, points % 100)
    } else {
        String::new()
    };
    let (quota, paid) = (Money::fen(quota), Money::fen(paid));
    Ok(Money3 { quota, paid, recovered: Money::fen(recovered), rate })
}

fn find(connection: &Connection, reference: &str) -> Result<Option<Project>, IndexError> {
    let query = "SELECT p.reference, p.title, p.category, coalesce(o.name, p.unit), p.unit, \
                 coalesce(r.name, p.registered_by), p.registered_by, p.year, p.stage, \
                 p.contracted, p.occurred_on FROM projects p \
                 LEFT JOIN organizations o ON o.code = p.unit \
                 LEFT JOIN organizations r ON r.code = p.registered_by WHERE p.reference = ?1";
    let mut statement = connection.prepare_cached(query)?;
    let found = statement.query_row([reference], |row| {
        Ok(Project {
            reference: row.get(0)?,
            title: row.get(1)?,
            category: row.get(2)?,
            unit: row.get(3)?,
            unit_code: row.get(4)?,
            registrar: row.get(5)?,
            registrar_code: row.get(6)?,
            year: row.get(7)?,
            stage: row.get(8)?,
            contracted: Money::fen(row.get(9)?),
            occurred_on: row.get(10)?,
        })
    });
    Ok(found.optional()?)
}

fn lines(connection: &Connection, reference: &str) -> Result<Vec<LineRow>, IndexError> {
    let query = format!(
        "SELECT a.id, a.name, coalesce(o.name, a.organization), l.quota, l.recovered, a.balance, \
         a.year \
         FROM accounts a JOIN lines l ON l.id = a.id \
         LEFT JOIN organizations o ON o.code = a.organization \
         WHERE a.project = ?1 AND a.kind = 'line' ORDER BY a.id {LIMIT}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map([reference], |row| {
        Ok(LineRow {
            id: row.get(0)?,
            name: row.get(1)?,
            holder: row.get(2)?,
            quota: Money::fen(row.get(3)?),
            recovered: Money::fen(row.get(4)?),
            balance: Money::fen(row.get(5)?),
            year: row.get(6)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn payments(connection: &Connection, reference: &str) -> Result<Vec<PaymentRow>, IndexError> {
    let query = format!(
        "SELECT a.id, p.log_index, a.name, p.payee, p.occurred_on, p.status, p.amount, a.balance \
         FROM accounts a JOIN payments p ON p.id = a.id \
         WHERE a.project = ?1 AND a.kind = 'payment' ORDER BY a.id DESC {LIMIT}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map([reference], |row| {
        Ok(PaymentRow {
            id: row.get(0)?,
            record: row.get(1)?,
            name: row.get(2)?,
            payee: row.get(3)?,
            occurred_on: row.get(4)?,
            status: row.get(5)?,
            amount: Money::fen(row.get(6)?),
            kept: Money::fen(row.get(7)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
