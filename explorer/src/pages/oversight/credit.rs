//! 信用记录: what an organisation did too late or still owes. Facts that follow from the ledger and
//! the day; nobody enters them.

use askama::Template;
use axum::extract::{Path, State};
use minglian_contracts::charity::ahead::OPEN;
use minglian_contracts::charity::fund::FundName;
use minglian_contracts::payment::Reference;
use minglian_contracts::words::Names;
use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;

use super::audit::{FindingRow, findings};
use crate::database::{Connection, params};
use crate::index::mirror::Mirror;
use crate::index::{IndexError, read};
use crate::pages::disclosure::{ObligationRow, obligations};
use crate::pages::{ROWS_MAX, escape};
use crate::web::{App, Frame, PageError, PageResult};
use minglian_contracts::registry::ORGANIZATIONS;

/// Something owed to a complaint, or about a payment.
pub struct OwedRow {
    link: String,
    reference: String,
    due_on: String,
    days: i32,
}

/// What an organisation has to its account; each list cut at a page.
#[derive(Default)]
pub struct Credit {
    /// Not published, and the last day is over.
    pub missing: Vec<ObligationRow>,
    /// Published after the last day.
    pub late: Vec<ObligationRow>,
    /// Complaints that wait for it longer than they may.
    pub complaints: Vec<OwedRow>,
    /// Payments of its funds on which their committees should have decided by now.
    pub ahead: Vec<OwedRow>,
    /// Findings that it has not rectified, or too late.
    pub findings: Vec<FindingRow>,
}

impl Credit {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty()
            && self.late.is_empty()
            && self.complaints.is_empty()
            && self.ahead.is_empty()
            && self.findings.is_empty()
    }
}

#[derive(Template)]
#[template(path = "credit.html")]
struct CreditPage {
    frame: Frame,
    name: String,
    code: String,
    credit: Credit,
}

/// `GET /credit/{code}`.
pub async fn credit(State(app): State<App>, Path(code): Path<String>) -> PageResult {
    let unknown = || PageError::NotFound(format!("机构“{code}”"));
    let organization: OrganizationCode = code.parse().map_err(|_| unknown())?;
    let missing = unknown();
    app.page(move |connection, frame| {
        if !ORGANIZATIONS.contains(&Mirror(connection), &organization)? {
            return Err(missing);
        }
        let credit = read(connection, &organization, frame.today, ROWS_MAX)?;
        let name = read::names(connection).organization(&organization);
        Ok(CreditPage { frame, name, code: organization.to_string(), credit })
    })
    .await
}

/// What an organisation has to its account on a day, at most `limit` of each kind, newest first.
///
/// # Errors
/// [`IndexError::Database`].
pub fn read(
    connection: &Connection,
    organization: &OrganizationCode,
    today: Date,
    limit: usize,
) -> Result<Credit, IndexError> {
    let (code, day) = (organization.to_string(), today.to_string());
    let rest = format!(
        "WHERE o.holder = ?1 AND o.due_on < ?2 AND o.met_on IS NULL AND o.waived = 0 \
         ORDER BY o.due_on DESC, o.id DESC LIMIT {limit}"
    );
    let values = vec![code.clone().into(), day.clone().into()];
    let missing = obligations(connection, &rest, values, today)?;
    let rest = format!(
        "WHERE o.holder = ?1 AND o.met_on > o.met_due_on \
         ORDER BY o.due_on DESC, o.id DESC LIMIT {limit}"
    );
    let late = obligations(connection, &rest, vec![code.clone().into()], today)?;
    let rest = format!("WHERE f.about = ?1 ORDER BY f.id DESC LIMIT {limit}");
    let mut findings = findings(connection, &rest, vec![code.clone().into()], today)?;
    findings.retain(|row| row.days_overdue > 0);
    let complaints = complaints(connection, &code, &day, today, limit)?;
    let ahead = paid_ahead(connection, organization, today, limit)?;
    Ok(Credit { missing, late, complaints, ahead, findings })
}

/// What was paid ahead of a decision that is overdue; of each fund the earliest due first.
fn paid_ahead(
    connection: &Connection,
    host: &OrganizationCode,
    today: Date,
    limit: usize,
) -> Result<Vec<OwedRow>, IndexError> {
    let open = OPEN.scan(&Mirror(connection), host, None, limit)?;
    let overdue = open.into_iter().filter(|(_, due)| *due < today);
    let row = |((name, _, payment), due): ((FundName, _, Reference), Date)| OwedRow {
        link: format!("/charities/{host}/funds/{}", escape(name.fund.as_str())),
        reference: payment.to_string(),
        due_on: due.to_string(),
        days: due.days_until(today),
    };
    Ok(overdue.map(row).collect())
}

fn complaints(
    connection: &Connection,
    code: &str,
    day: &str,
    today: Date,
    limit: usize,
) -> Result<Vec<OwedRow>, IndexError> {
    let query = format!(
        "SELECT organization, reference, due_on FROM complaints WHERE handler = ?1 \
         AND due_on IS NOT NULL AND due_on < ?2 \
         ORDER BY due_on DESC, organization DESC, reference DESC LIMIT {limit}"
    );
    let mut statement = connection.prepare_cached(&query)?;
    let rows = statement.query_map(params![code, day], |row| {
        let (organization, reference): (String, String) = (row.get(0)?, row.get(1)?);
        let due_on: String = row.get(2)?;
        let days = due_on.parse::<Date>().map_or(0, |due| due.days_until(today));
        let link = format!("/complaints/{organization}/{}", escape(&reference));
        Ok(OwedRow { link, reference, due_on, days })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
