//! 监督: complaints, audits, samples and inspections, and what organisations have to their account.

pub mod audit;
pub mod complaint;
pub mod credit;
pub mod sample;

use askama::Template;
use axum::extract::State;
use minglian_contracts::oversight::Reference;
use minglian_ledger::organization_code::OrganizationCode;

use crate::database::Connection;
use crate::index::IndexError;
use crate::index::read::{self, RecordRow};
use crate::web::{App, Frame, PageError, PageResult};

use audit::{AuditRow, FindingRow};
use complaint::ComplaintRow;
use sample::SampleRow;

/// How many of each the overview shows.
const SHOWN: usize = 8;

#[derive(Template)]
#[template(path = "oversight.html")]
struct Overview {
    frame: Frame,
    complaints: Vec<ComplaintRow>,
    findings: Vec<FindingRow>,
    audits: Vec<AuditRow>,
    samples: Vec<SampleRow>,
}

/// `GET /oversight`.
pub async fn overview(State(app): State<App>) -> PageResult {
    app.page(|connection, frame| {
        let today = frame.today;
        Ok(Overview {
            frame,
            complaints: complaint::rows(connection, i64::MAX, SHOWN, today)?,
            findings: audit::open_findings(connection, None, SHOWN, today)?,
            audits: audit::rows(connection, i64::MAX, SHOWN)?,
            samples: sample::rows(connection, i64::MAX, SHOWN)?,
        })
    })
    .await
}

/// What an address names: an organisation and what it calls something.
pub(crate) fn named(
    organization: &str,
    reference: &str,
) -> Result<(OrganizationCode, Reference), PageError> {
    let unknown = || PageError::NotFound(format!("“{reference}”"));
    let organization = organization.parse().map_err(|_| unknown())?;
    Ok((organization, Reference::new(reference).map_err(|_| unknown())?))
}

/// The acts about something, newest first.
pub(crate) fn acts(connection: &Connection, subject: &str) -> Result<Vec<RecordRow>, IndexError> {
    let rest = "JOIN record_subjects c ON c.log_index = r.log_index \
                WHERE c.subject = ?1 ORDER BY c.log_index DESC LIMIT 100";
    read::records(connection, rest, &[&subject])
}
