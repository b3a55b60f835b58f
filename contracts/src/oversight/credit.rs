//! What an organisation has to its account (信用记录): facts that follow from the state and a day.
//! Nobody enters them. Each kind of fact is a [`Source`]; modules with duties of their own add one.

use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use serde::{Deserialize, Serialize};

use super::audit::EngagementName;
use super::complaint::{COMPLAINTS, ComplaintName, Duty, HANDLED};
use super::deadline;
use super::finding::{FindingNumber, FindingStage, ledger};
use crate::charity::ahead;
use crate::charity::fund::FundName;
use crate::disclosure::obligation::{ObligationName, ObligationState};
use crate::disclosure::query::{self, Obligation, Range};
use crate::payment::Reference;

/// How many entries are read at once.
const PAGE: usize = 256;

/// What was owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owed {
    /// To publish something.
    Disclosure(ObligationName),
    /// To accept or decline a complaint.
    ComplaintDecision(ComplaintName),
    /// To answer a complaint.
    ComplaintAnswer(ComplaintName),
    /// To rectify a finding.
    Rectification {
        /// The engagement.
        engagement: EngagementName,
        /// The finding.
        finding: FindingNumber,
    },
    /// That a fund's committee decides on what was paid ahead of its resolution.
    DecisionAfterPayment {
        /// The fund.
        fund: FundName,
        /// The payment.
        payment: Reference,
    },
}

/// A duty that is overdue, or was done too late.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreditEvent {
    /// What was owed.
    pub owed: Owed,
    /// The last day on which it would have been in time.
    pub due: Date,
    /// The day on which it was done; none if it is still owed.
    pub done_on: Option<Date>,
    /// By how many days it was late, or is by now.
    pub days_late: u32,
}

/// A kind of facts about an organisation on a day.
pub type Source =
    fn(&dyn StateRead, &OrganizationCode, Date) -> Result<Vec<CreditEvent>, StateError>;

/// All kinds.
pub const SOURCES: &[Source] = &[of_disclosures, of_complaints, of_findings, of_payments_ahead];

/// Everything that an organisation has to its account on `date`, the earliest due first.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn credit_events(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    date: Date,
) -> Result<Vec<CreditEvent>, StateError> {
    let mut events = Vec::new();
    for source in SOURCES {
        events.extend(source(reader, organization, date)?);
    }
    events.sort_by_key(|event| event.due);
    Ok(events)
}

/// What the organisation has published too late, or of which nothing is on the ledger yet.
fn of_disclosures(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    date: Date,
) -> Result<Vec<CreditEvent>, StateError> {
    let range = Range { from: Date::MIN, to: date, as_of: date, unmet_only: false };
    let (mut events, mut after) = (Vec::new(), None);
    loop {
        let page = query::obligations(reader, *organization, range, after.as_ref(), PAGE)?;
        let Some(last) = page.last() else { return Ok(events) };
        after = Some((last.due_on, last.name.clone()));
        for obligation in page {
            let Obligation { due_on: due, name, state, met, .. } = obligation;
            let done_on = met.map(|met| met.published_on).filter(|on| *on <= date);
            let days_late = deadline::days_late(due, done_on.unwrap_or(date));
            if days_late > 0 && state != ObligationState::Waived {
                events.push(CreditEvent { owed: Owed::Disclosure(name), due, done_on, days_late });
            }
        }
    }
}

/// Complaints that the organisation has decided on or answered too late, or not yet.
fn of_complaints(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    date: Date,
) -> Result<Vec<CreditEvent>, StateError> {
    let (mut events, mut after) = (Vec::new(), None);
    let owed = |duty, name: &ComplaintName| match duty {
        Duty::Decision => Owed::ComplaintDecision(name.clone()),
        Duty::Answer => Owed::ComplaintAnswer(name.clone()),
    };
    loop {
        let page = HANDLED.scan(reader, organization, after.as_ref(), PAGE)?;
        let Some((last, ())) = page.last() else { return Ok(events) };
        after = Some(last.clone());
        for ((_, name), ()) in &page {
            let Some(complaint) = COMPLAINTS.get(reader, name)? else { continue };
            for late in complaint.late.iter().filter(|late| late.handler == *organization) {
                events.push(CreditEvent {
                    owed: owed(late.duty, name),
                    due: late.due,
                    done_on: Some(late.done_on),
                    days_late: deadline::days_late(late.due, late.done_on),
                });
            }
            let status = complaint.status(date);
            match status.owed {
                Some((duty, due))
                    if status.days_overdue > 0 && complaint.handler == *organization =>
                {
                    let (owed, days_late) = (owed(duty, name), status.days_overdue);
                    events.push(CreditEvent { owed, due, done_on: None, days_late });
                }
                _ => {}
            }
        }
    }
}

/// Findings about the organisation that it has rectified too late, or not yet.
fn of_findings(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    date: Date,
) -> Result<Vec<CreditEvent>, StateError> {
    let (mut events, mut after) = (Vec::new(), None);
    loop {
        let rows = ledger::of_organization(reader, organization, after.as_ref(), PAGE, date)?;
        let Some(last) = rows.last() else { return Ok(events) };
        after = Some((last.engagement.clone(), last.number));
        for row in rows.into_iter().filter(|row| row.days_overdue > 0) {
            let is_done = row.finding.stage != FindingStage::Open;
            events.push(CreditEvent {
                owed: Owed::Rectification { engagement: row.engagement, finding: row.number },
                due: row.finding.due,
                done_on: row.finding.claimed_on.filter(|_| is_done),
                days_late: row.days_overdue,
            });
        }
    }
}

/// What a charity has paid ahead of a resolution that came too late, or is still to come.
fn of_payments_ahead(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    date: Date,
) -> Result<Vec<CreditEvent>, StateError> {
    let (mut events, mut after) = (Vec::new(), None);
    loop {
        let rows = ahead::paid_ahead(reader, *organization, after.as_ref(), PAGE)?;
        let Some((last, ..)) = rows.last() else { return Ok(events) };
        after = Some(last.clone());
        for (payment, ahead, _) in rows {
            let (due, done_on) = (ahead.decide_by, ahead.ended_on().filter(|on| *on <= date));
            let days_late = deadline::days_late(due, done_on.unwrap_or(date));
            if days_late > 0 {
                let fund = FundName { host: *organization, fund: ahead.fund };
                let owed = Owed::DecisionAfterPayment { fund, payment };
                events.push(CreditEvent { owed, due, done_on, days_late });
            }
        }
    }
}
