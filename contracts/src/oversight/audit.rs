//! Audit engagements: who audits whom, what money and which years, and when it ends.
//!
//! No organisation audits itself. An engagement ends when every finding is confirmed as rectified,
//! or is listed as open; what is listed stays to be rectified and confirmed.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::finding::FindingNumber;
use super::{Event, Reference};
use crate::allocation::{check_date, require_inside};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Engagements.
pub const ENGAGEMENTS: Table<EngagementName, Audit> =
    Table::new(schema::prefix::OVERSIGHT_FIRST + 2);

/// Most organisations, and most funds, of one engagement.
pub const SCOPE_MAX: usize = 64;

/// Names an engagement.
#[derive(
    Debug,
    Clone,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct EngagementName {
    /// The auditor.
    pub organization: OrganizationCode,
    /// What the auditor calls it.
    pub engagement: Reference,
}

/// What an engagement covers.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Scope {
    /// The audited organisations, in the auditor's division; at least one.
    pub organizations: Vec<OrganizationCode>,
    /// The funds, as the book names them; all if none is named.
    pub funds: Vec<Text<64>>,
    /// The first budget year.
    pub first_year: u16,
    /// The last budget year.
    pub last_year: u16,
}

/// An engagement that is being opened.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Engagement {
    /// What the auditor calls it, e.g. the number of the audit notice (审计通知书文号).
    pub reference: Reference,
    /// What it covers.
    pub scope: Scope,
    /// The day of the notice.
    pub occurred_on: Date,
}

/// An engagement.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Audit {
    /// What it covers.
    pub scope: Scope,
    /// How many findings were entered.
    pub findings: u32,
    /// Those that are not confirmed, ascending: a number is one byte, so at most 256.
    pub open: Vec<FindingNumber>,
    /// The day it was closed.
    pub closed_on: Option<Date>,
    /// The day of the last act on the engagement itself.
    pub occurred_on: Date,
}

pub(super) fn open(
    act: &Engagement,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Engagement { reference, scope, occurred_on } = act;
    check_date(context, *occurred_on)?;
    if reference.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, "").into());
    }
    let name =
        EngagementName { organization: context.author.organization, engagement: reference.clone() };
    if ENGAGEMENTS.contains(state, &name)? {
        return Err(Refusal::new(Code::AuditExists, reference).into());
    }
    check_scope(scope, state, context)?;
    let audit = Audit {
        scope: scope.clone(),
        findings: 0,
        open: Vec::new(),
        closed_on: None,
        occurred_on: *occurred_on,
    };
    ENGAGEMENTS.put(state, &name, &audit);
    context.emit(Event::AuditOpened { engagement: name });
    Ok(())
}

fn check_scope(scope: &Scope, state: &State<'_>, context: &Context<'_>) -> Result<(), Fault> {
    let Scope { organizations, funds, first_year, last_year } = scope;
    if organizations.is_empty() || organizations.len().max(funds.len()) > SCOPE_MAX {
        let detail = format!("{} organisations, {} funds", organizations.len(), funds.len());
        return Err(Refusal::new(Code::AuditScopeInvalid, detail).into());
    }
    if first_year > last_year {
        let detail = format!("{first_year} to {last_year}");
        return Err(Refusal::new(Code::AuditScopeInvalid, detail).into());
    }
    for organization in organizations {
        if *organization == context.author.organization {
            return Err(Refusal::new(Code::AuditsItself, organization).into());
        }
        require_inside(state, context, organization)?;
    }
    Ok(())
}

/// The author's own engagement.
///
/// # Errors
/// [`Code::NotYourOrganization`], [`Code::AuditUnknown`].
pub(super) fn own(
    name: &EngagementName,
    state: &State<'_>,
    context: &Context<'_>,
) -> Result<Audit, Fault> {
    if name.organization != context.author.organization {
        let detail = format!("{} audits", name.organization);
        return Err(Refusal::new(Code::NotYourOrganization, detail).into());
    }
    let unknown = || Refusal::new(Code::AuditUnknown, &name.engagement).into();
    ENGAGEMENTS.get(state, name)?.ok_or_else(unknown)
}

pub(super) fn close(
    name: &EngagementName,
    open: &[FindingNumber],
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    check_date(context, occurred_on)?;
    let mut audit = own(name, state, context)?;
    audit.require_open(name)?;
    if occurred_on < audit.occurred_on {
        let detail = format!("{occurred_on}, it was opened on {}", audit.occurred_on);
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    if audit.open != open {
        let detail = format!("{open:?} are listed, {:?} are open", audit.open);
        return Err(Refusal::new(Code::OpenFindingsDiffer, detail).into());
    }
    (audit.closed_on, audit.occurred_on) = (Some(occurred_on), occurred_on);
    ENGAGEMENTS.put(state, name, &audit);
    let open = audit.open_count();
    context.emit(Event::AuditClosed { engagement: name.clone(), open });
    Ok(())
}

impl Audit {
    /// How many findings are not confirmed.
    pub fn open_count(&self) -> u32 {
        u32::try_from(self.open.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn require_open(&self, name: &EngagementName) -> Result<(), Refusal> {
        match self.closed_on {
            None => Ok(()),
            Some(day) => {
                let detail = format!("{} was closed on {day}", name.engagement);
                Err(Refusal::new(Code::AuditClosed, detail))
            }
        }
    }
}
