//! The list of what is to be rectified (整改台账): a function of the state and a day, in pages.

use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use serde::{Deserialize, Serialize};

use super::{FINDINGS, FINDINGS_ABOUT, Finding, FindingNumber, FindingStage};
use crate::oversight::audit::EngagementName;
use crate::oversight::deadline;

/// A finding in the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The engagement.
    pub engagement: EngagementName,
    /// The finding's number in it.
    pub number: FindingNumber,
    /// The finding.
    pub finding: Finding,
    /// By how many days its rectification is overdue: until it is claimed, or was when it was.
    pub days_overdue: u32,
}

impl Row {
    fn new(engagement: EngagementName, number: FindingNumber, finding: Finding, on: Date) -> Self {
        let days_overdue = finding.days_overdue(on);
        Self { engagement, number, finding, days_overdue }
    }
}

impl Finding {
    /// By how many days the rectification is overdue on `date`, or was when it was last claimed.
    pub fn days_overdue(&self, date: Date) -> u32 {
        let until = match self.stage {
            FindingStage::Open => date,
            FindingStage::Claimed | FindingStage::Confirmed => self.claimed_on.unwrap_or(date),
        };
        deadline::days_late(self.due, until)
    }
}

/// The findings of an engagement behind number `after`, at most `limit`, as they are on `date`.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn of_engagement(
    reader: &dyn StateRead,
    engagement: &EngagementName,
    after: Option<FindingNumber>,
    limit: usize,
    date: Date,
) -> Result<Vec<Row>, StateError> {
    let after = after.map(|number| (engagement.clone(), number));
    let found = FINDINGS.scan(reader, engagement, after.as_ref(), limit)?;
    let row = |((name, number), finding)| Row::new(name, number, finding, date);
    Ok(found.into_iter().map(row).collect())
}

/// The findings about an organisation behind `after`, at most `limit`, as they are on `date`.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn of_organization(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    after: Option<&(EngagementName, FindingNumber)>,
    limit: usize,
    date: Date,
) -> Result<Vec<Row>, StateError> {
    let after = after.map(|(name, number)| (*organization, name.clone(), *number));
    let mut rows = Vec::new();
    for ((_, name, number), ()) in
        FINDINGS_ABOUT.scan(reader, organization, after.as_ref(), limit)?
    {
        if let Some(finding) = FINDINGS.get(reader, &(name.clone(), number))? {
            rows.push(Row::new(name, number, finding, date));
        }
    }
    Ok(rows)
}
