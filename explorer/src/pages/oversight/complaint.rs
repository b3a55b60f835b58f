//! 投诉举报: how far each complaint is, and by when what is owed. Neither its text nor who complains
//! is on the ledger.

use askama::Template;
use axum::extract::{Path, Query, State};
use minglian_contracts::oversight::complaint::{
    COMPLAINTS, Complaint, ComplaintName, ComplaintStage, Duty, Target,
};
use minglian_contracts::words::Names;
use minglian_contracts::words::oversight as oversight_words;
use minglian_ledger::date::Date;
use serde::Deserialize;

use super::{acts, named};
use crate::database::{Connection, params};
use crate::index::mirror::Mirror;
use crate::index::oversight::complaint_stage;
use crate::index::read::{self, RecordRow};
use crate::index::{IndexError, stored};
use crate::pages::{ROWS_MAX, address, cut, escape};
use crate::web::{App, Frame, PageError, PageResult};

/// Where the list begins.
#[derive(Debug, Default, Deserialize)]
pub struct Paging {
    before: Option<i64>,
}

/// A complaint in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComplaintRow {
    /// Where it stands.
    pub link: String,
    /// What it is called.
    pub reference: String,
    /// The organisation that it is about.
    pub respondent: String,
    /// Its code.
    pub respondent_code: String,
    /// Who handles it.
    pub handler: String,
    /// How far it is.
    pub stage: String,
    /// The day it was received.
    pub received_on: String,
    /// By when something is owed; empty if nothing is.
    pub due_on: String,
    /// By how many days that is overdue.
    pub days_overdue: i32,
    /// The record that entered it.
    pub record: i64,
}

#[derive(Template)]
#[template(path = "complaints.html")]
struct Complaints {
    frame: Frame,
    rows: Vec<ComplaintRow>,
    next: String,
}

/// `GET /complaints`.
pub async fn complaints(State(app): State<App>, Query(paging): Query<Paging>) -> PageResult {
    app.page(move |connection, frame| {
        let before = paging.before.unwrap_or(i64::MAX);
        let mut rows = rows(connection, before, ROWS_MAX + 1, frame.today)?;
        let has_more = cut(&mut rows, ROWS_MAX);
        let last = rows.last().map_or(0, |row| row.record).to_string();
        let next =
            if has_more { address("/complaints", &[("before", &last)]) } else { String::new() };
        Ok(Complaints { frame, rows, next })
    })
    .await
}

/// Complaints that were entered before a record, newest first.
///
/// # Errors
/// [`IndexError::Database`].
pub fn rows(
    connection: &Connection,
    before: i64,
    limit: usize,
    today: Date,
) -> Result<Vec<ComplaintRow>, IndexError> {
    let query = "SELECT c.organization, c.reference, coalesce(o.name, c.respondent), \
                 c.respondent, coalesce(h.name, c.handler), c.stage, c.received_on, \
                 coalesce(c.due_on, ''), c.record FROM complaints c \
                 LEFT JOIN organizations o ON o.code = c.respondent \
                 LEFT JOIN organizations h ON h.code = c.handler \
                 WHERE c.record < ?1 ORDER BY c.record DESC LIMIT ?2";
    let mut statement = connection.prepare_cached(query)?;
    let limit = stored("a limit", limit as u64)?;
    let found = statement.query_map(params![before, limit], |row| {
        let (organization, reference): (String, String) = (row.get(0)?, row.get(1)?);
        let due_on: String = row.get(7)?;
        let late = due_on.parse::<Date>().map_or(0, |due| due.days_until(today).max(0));
        Ok(ComplaintRow {
            link: format!("/complaints/{organization}/{}", escape(&reference)),
            reference,
            respondent: row.get(2)?,
            respondent_code: row.get(3)?,
            handler: row.get(4)?,
            stage: row.get(5)?,
            received_on: row.get(6)?,
            due_on,
            days_overdue: late,
            record: row.get(8)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// Something that was done too late.
pub(crate) struct LateRow {
    what: &'static str,
    handler: String,
    due: String,
    done_on: String,
    days: i32,
}

/// A complaint as everybody sees it.
#[derive(Template)]
#[template(path = "complaint.html")]
pub(crate) struct ComplaintPage {
    pub(crate) frame: Frame,
    pub(crate) reference: String,
    pub(crate) entered_by: String,
    pub(crate) respondent: String,
    pub(crate) respondent_code: String,
    pub(crate) handler: String,
    pub(crate) handler_code: String,
    pub(crate) target: String,
    pub(crate) target_link: String,
    pub(crate) stage: &'static str,
    pub(crate) detail: (&'static str, &'static str),
    pub(crate) owed: Option<(&'static str, String)>,
    pub(crate) days_overdue: u32,
    pub(crate) complaint: Complaint,
    pub(crate) late: Vec<LateRow>,
    pub(crate) records: Vec<RecordRow>,
}

/// `GET /complaints/{organization}/{reference}`.
pub async fn complaint(
    State(app): State<App>,
    Path((organization, reference)): Path<(String, String)>,
) -> PageResult {
    let (organization, complaint) = named(&organization, &reference)?;
    app.page(move |connection, frame| {
        let name = ComplaintName { organization, complaint };
        let found = COMPLAINTS.get(&Mirror(connection), &name)?;
        let found = found.ok_or_else(|| PageError::NotFound(format!("投诉“{reference}”")))?;
        let subject = format!("complaint:{organization}/{reference}");
        Ok(ComplaintPage::new(frame, connection, &name, found, acts(connection, &subject)?))
    })
    .await
}

const fn duty(duty: Duty) -> &'static str {
    match duty {
        Duty::Decision => "决定是否受理",
        Duty::Answer => "答复",
    }
}

impl ComplaintPage {
    /// The page of a complaint with the acts about it.
    pub(crate) fn new(
        frame: Frame,
        connection: &Connection,
        name: &ComplaintName,
        complaint: Complaint,
        records: Vec<RecordRow>,
    ) -> Self {
        let names = read::names(connection);
        let status = complaint.status(frame.today);
        let (target, target_link) = match &complaint.target {
            Target::Record { index, .. } => (format!("#{index}"), format!("/entries/{index}")),
            Target::Organization(code) => {
                (names.organization(code), format!("/organizations/{code}"))
            }
            Target::Project(project) => {
                (project.to_string(), format!("/projects/{}", escape(project.as_str())))
            }
            Target::Fund(fund) => {
                let reference = escape(fund.fund.as_str());
                (fund.fund.to_string(), format!("/charities/{}/funds/{reference}", fund.host))
            }
        };
        let late = complaint.late.iter().map(|late| LateRow {
            what: duty(late.duty),
            handler: names.organization(&late.handler),
            due: late.due.to_string(),
            done_on: late.done_on.to_string(),
            days: late.due.days_until(late.done_on),
        });
        Self {
            frame,
            reference: name.complaint.to_string(),
            entered_by: names.organization(&name.organization),
            respondent: names.organization(&complaint.respondent),
            respondent_code: complaint.respondent.to_string(),
            handler: names.organization(&complaint.handler),
            handler_code: complaint.handler.to_string(),
            target,
            target_link,
            stage: complaint_stage(complaint.stage),
            detail: match complaint.stage {
                ComplaintStage::Declined(reason) => oversight_words::declined(reason),
                ComplaintStage::Answered(outcome) => oversight_words::found(outcome),
                ComplaintStage::Closed(closure) => oversight_words::closed(closure),
                _ => ("", ""),
            },
            owed: status.owed.map(|(owed, due)| (duty(owed), due.to_string())),
            days_overdue: status.days_overdue,
            late: late.collect(),
            complaint,
            records,
        }
    }
}
