//! What an organisation has to its account (信用记录): facts that follow from the state and a day.
//! Nobody enters them. Each kind of fact is a [`Source`]; modules with duties of their own add one.

use minglian_ledger::date::{Date, Month};
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use serde::{Deserialize, Serialize};

use super::audit::EngagementName;
use super::complaint::{COMPLAINTS, ComplaintName, Duty, HANDLED};
use super::deadline;
use super::finding::{FindingNumber, FindingStage, ledger};
use crate::book;
use crate::charity::ahead;
use crate::charity::fund::FundName;
use crate::disclosure::obligation::{ObligationName, ObligationState};
use crate::disclosure::query::{self, Obligation, Range};
use crate::lottery::duty::{self, Duty as LotteryDuty};
use crate::lottery::{STATEMENTS, Side};
use crate::payment::Reference;
use crate::registry::ORGANIZATIONS;

/// How many entries are read at once.
const PAGE: usize = 256;

/// How many months before a day are looked at for what a lottery centre owes: ten years.
const MONTHS_MAX: i32 = 120;

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
    /// To state a month's sales of the lottery: no game's are stated, though an earlier month's
    /// are.
    SalesStatement(Month),
    /// To remit the central share of a month's sales, or what of it is left.
    CentralShare(Month),
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

/// How much is read of what an organisation has to its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Whether only what is still owed is wanted.
    pub is_open_only: bool,
    /// Most entries that are read for each kind of facts, the first of them.
    pub entries_max: usize,
}

/// A kind of facts about an organisation on a day.
pub type Source =
    fn(&dyn StateRead, &OrganizationCode, Date, Reach) -> Result<Vec<CreditEvent>, StateError>;

/// All kinds.
pub const SOURCES: &[Source] =
    &[of_disclosures, of_complaints, of_findings, of_payments_ahead, of_lottery];

/// Everything that an organisation has to its account on `date`, the earliest due first.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn credit_events(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    date: Date,
) -> Result<Vec<CreditEvent>, StateError> {
    of_sources(reader, organization, date, Reach { is_open_only: false, entries_max: usize::MAX })
}

/// What an organisation still owes on `date` though its day is over, the earliest due first: of at
/// most `entries_max` entries of each kind.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn overdue(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    date: Date,
    entries_max: usize,
) -> Result<Vec<CreditEvent>, StateError> {
    let reach = Reach { is_open_only: true, entries_max };
    let mut events = of_sources(reader, organization, date, reach)?;
    events.retain(|event| event.done_on.is_none());
    Ok(events)
}

fn of_sources(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    date: Date,
    reach: Reach,
) -> Result<Vec<CreditEvent>, StateError> {
    let mut events = Vec::new();
    for source in SOURCES {
        events.extend(source(reader, organization, date, reach)?);
    }
    events.sort_by_key(|event| event.due);
    Ok(events)
}

/// What the organisation has published too late, or of which nothing is on the ledger yet.
fn of_disclosures(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    date: Date,
    reach: Reach,
) -> Result<Vec<CreditEvent>, StateError> {
    let mut read = 0;
    let range = Range { from: Date::MIN, to: date, as_of: date, unmet_only: reach.is_open_only };
    let (mut events, mut after) = (Vec::new(), None);
    loop {
        let page = query::obligations(reader, *organization, range, after.as_ref(), PAGE)?;
        let Some(last) = page.last().filter(|_| read < reach.entries_max) else {
            return Ok(events);
        };
        read += page.len();
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
    reach: Reach,
) -> Result<Vec<CreditEvent>, StateError> {
    let (mut events, mut after, mut read) = (Vec::new(), None, 0);
    let owed = |duty, name: &ComplaintName| match duty {
        Duty::Decision => Owed::ComplaintDecision(name.clone()),
        Duty::Answer => Owed::ComplaintAnswer(name.clone()),
    };
    loop {
        let page = HANDLED.scan(reader, organization, after.as_ref(), PAGE)?;
        let Some((last, ())) = page.last().filter(|_| read < reach.entries_max) else {
            return Ok(events);
        };
        read += page.len();
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
    reach: Reach,
) -> Result<Vec<CreditEvent>, StateError> {
    let (mut events, mut after, mut read) = (Vec::new(), None, 0);
    loop {
        let rows = ledger::of_organization(reader, organization, after.as_ref(), PAGE, date)?;
        let Some(last) = rows.last().filter(|_| read < reach.entries_max) else {
            return Ok(events);
        };
        read += rows.len();
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
    reach: Reach,
) -> Result<Vec<CreditEvent>, StateError> {
    if reach.is_open_only {
        return of_open_payments(reader, organization, date, reach.entries_max);
    }
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

/// What a charity has paid ahead and its committees have not decided on in time.
fn of_open_payments(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    date: Date,
    entries_max: usize,
) -> Result<Vec<CreditEvent>, StateError> {
    let open = ahead::OPEN.scan(reader, organization, None, entries_max)?;
    let events = open.into_iter().map(|((fund, _, payment), due)| CreditEvent {
        owed: Owed::DecisionAfterPayment { fund, payment },
        due,
        done_on: None,
        days_late: deadline::days_late(due, date),
    });
    Ok(events.filter(|event| event.days_late > 0).collect())
}

/// What a lottery centre has not stated or not remitted by its day. An act that came late says so
/// in its receipt; here is what has not come at all.
fn of_lottery(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    date: Date,
    _: Reach,
) -> Result<Vec<CreditEvent>, StateError> {
    let known = ORGANIZATIONS.get(reader, organization)?;
    let mut events = Vec::new();
    if known.is_none_or(|known| known.kind != OrganizationKind::LotteryCentre) {
        return Ok(events);
    }
    let mut has_begun = false;
    for months in (1..=MONTHS_MAX).rev() {
        let Some(period) = date.month().add_months(-months) else { continue };
        let is_stated = !STATEMENTS.scan(reader, &(organization, period), None, 1)?.is_empty();
        // Before its first statement nothing is known of a centre, not that it sold anything.
        has_begun |= is_stated;
        if !has_begun {
            continue;
        }
        let account = book::account(reader, &Side::Central.account(*organization, period))?;
        let is_kept = account.is_some_and(|account| !account.balance().is_zero());
        for (is_owed, duty, owed) in [
            (!is_stated, LotteryDuty::Statement, Owed::SalesStatement(period)),
            (is_kept, LotteryDuty::Remittance, Owed::CentralShare(period)),
        ] {
            let Some(due) = duty::due_on(reader, duty, period)?.filter(|_| is_owed) else {
                continue;
            };
            let days_late = deadline::days_late(due, date);
            if days_late > 0 {
                events.push(CreditEvent { owed, due, done_on: None, days_late });
            }
        }
    }
    Ok(events)
}
