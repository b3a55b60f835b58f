//! 凭回执码查询: how far a complaint is, for who holds its ticket. The ticket travels in the body of a
//! request and is kept nowhere; the answer is what the ledger says to everybody, and no text.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use minglian_contracts::oversight::Reference;
use minglian_contracts::oversight::complaint::{COMPLAINTS, ComplaintName};
use minglian_ledger::organization_code::OrganizationCode;
use serde::Deserialize;

use super::private;
use crate::database::{Connection, params};
use crate::index::mirror::Mirror;
use crate::index::read::RecordRow;
use crate::index::{IndexError, stored};
use crate::pages::escape;
use crate::pages::oversight::acts;
use crate::pages::oversight::complaint::ComplaintPage;
use crate::web::{App, Frame, PageError};
use crate::window::ticket::Ticket;

/// What the index calls the act that enters a complaint.
const KIND: &str = "投诉举报登记";

/// The last acts of an organisation among which those that wait are counted.
const LOOKED_AT_MAX: usize = 2_000;

/// What is typed. It has no `Debug`: what is printed cannot be erased.
#[derive(Deserialize)]
pub struct Typed {
    ticket: String,
}

/// What the page says.
enum Answer {
    /// Nothing was asked yet.
    Nothing,
    /// What was typed is no ticket.
    Malformed,
    /// No complaint has this ticket.
    Unknown,
    /// It is on its way to the ledger.
    OnItsWay,
    /// It is on the ledger and waits for the organisation's checker.
    Waiting(Vec<RecordRow>),
    /// The organisation's checker did not let it pass.
    Stopped(Vec<RecordRow>),
    /// The rules refused it after it had been promised; the organisation keeps it.
    SetAside,
    /// It is entered.
    Entered(Box<ComplaintPage>, String),
}

#[derive(Template)]
#[template(path = "ticket.html")]
struct Page {
    frame: Frame,
    answer: Answer,
}

/// `GET /complain/ticket`.
pub async fn form(State(app): State<App>) -> Response {
    private(app.page(|_, frame| Ok(Page { frame, answer: Answer::Nothing })).await.into_response())
}

/// `POST /complain/ticket`.
pub async fn answer(State(app): State<App>, Form(typed): Form<Typed>) -> Response {
    let ticket = Ticket::parse(&typed.ticket);
    let kept = app.window().zip(ticket).is_some_and(|(window, ticket)| window.keeps(&ticket));
    let is_set_aside =
        app.window().zip(ticket).is_some_and(|(window, ticket)| window.has_set_aside(&ticket));
    let organization = app.window().map(|window| window.organization);
    let page = app.page(move |connection, frame| {
        let answer = match (ticket, organization) {
            (None, _) => Answer::Malformed,
            (Some(_), None) => Answer::Unknown,
            (Some(_), Some(_)) if is_set_aside => Answer::SetAside,
            (Some(ticket), Some(organization)) => {
                find(connection, &frame, organization, &ticket, kept)?
            }
        };
        Ok(Page { frame, answer })
    });
    private(page.await.into_response())
}

fn find(
    connection: &Connection,
    frame: &Frame,
    organization: OrganizationCode,
    ticket: &Ticket,
    is_kept: bool,
) -> Result<Answer, PageError> {
    let reference = ticket.reference();
    let rows = acts(connection, &subject(&organization, &reference))?;
    let name = ComplaintName { organization, complaint: reference };
    if let Some(complaint) = COMPLAINTS.get(&Mirror(connection), &name)? {
        // The reference is a part of the commitment; the whole must agree.
        if complaint.ticket != ticket.commitment() {
            return Ok(Answer::Unknown);
        }
        let link = format!("/complaints/{organization}/{}", escape(name.complaint.as_str()));
        let page = ComplaintPage::new(frame.clone(), connection, &name, complaint, rows);
        return Ok(Answer::Entered(Box::new(page), link));
    }
    if rows.iter().any(|row| row.stage.contains("否决") || row.stage.contains("撤回")) {
        return Ok(Answer::Stopped(rows));
    }
    Ok(match (rows.is_empty(), is_kept) {
        (false, _) => Answer::Waiting(rows),
        (true, true) => Answer::OnItsWay,
        (true, false) => Answer::Unknown,
    })
}

fn subject(organization: &OrganizationCode, reference: &Reference) -> String {
    format!("complaint:{organization}/{reference}")
}

/// Whether the ledger has an act of this reference, entered or waiting.
pub(super) fn is_on_ledger(
    connection: &Connection,
    organization: &OrganizationCode,
    reference: &Reference,
) -> Result<bool, IndexError> {
    let query = "SELECT EXISTS (SELECT 1 FROM record_subjects s JOIN records r USING (log_index) \
                 WHERE s.subject = ?1 AND r.code = 0)";
    let subject = subject(organization, reference);
    Ok(connection.prepare_cached(query)?.query_row([subject], |row| row.get(0))?)
}

/// How many complaints of an organisation wait for its checker, counted up to `max`.
pub(super) fn waiting(
    connection: &Connection,
    organization: &OrganizationCode,
    max: usize,
) -> Result<usize, IndexError> {
    let query = "SELECT count(*) FROM (SELECT log_index FROM record_organizations \
                 WHERE organization = ?1 ORDER BY log_index DESC LIMIT ?2) AS newest \
                 JOIN records r USING (log_index) \
                 WHERE r.organization = ?1 AND r.kind = ?3 AND r.stage = '待审批' AND NOT EXISTS \
                 (SELECT 1 FROM records d WHERE d.proposal = r.proposal \
                 AND d.log_index > r.log_index AND d.stage IN ('已生效', '已否决', '已撤回'))";
    let looked_at = stored("a limit", LOOKED_AT_MAX as u64)?;
    let values = params![organization.as_str(), looked_at, KIND];
    let found: i64 = connection.prepare_cached(query)?.query_row(values, |row| row.get(0))?;
    Ok(usize::try_from(found).unwrap_or(max).min(max))
}
