//! One thing to publish, and how it stands on a day.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::duty::{DUTIES, Duty, Period, STANDINGS, Standing, Subject};
use super::rule::{RULES, Rule, RuleName, Trigger};
use crate::registry::ORGANIZATIONS;
use crate::schema::{self, Table};

/// What was published for an obligation.
pub const MET: Table<(OrganizationCode, ObligationName), Met> =
    Table::new(schema::prefix::DISCLOSURE_FIRST + 5);

/// What is said of an obligation for which nothing is on the ledger: a fact, no accusation.
pub const NOTHING_SEEN: &str = "尚未见到上链披露";

/// 索引号 of a publication: an organisation uses each once.
pub type IndexNumber = Text<64>;

/// Names an obligation of an organisation.
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
pub struct ObligationName {
    /// The rule.
    pub rule: RuleName,
    /// What it is about.
    pub subject: Subject,
    /// Which period: 1 where there is but one deadline, the year that it is about where it recurs
    /// every year.
    pub period: u32,
}

/// What was published for an obligation.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Met {
    /// The publication.
    pub publication: IndexNumber,
    /// The day of the block that holds it, by which it is in time or not.
    pub published_on: Date,
    /// The last day that held then.
    pub due_on: Date,
    /// The version of the rule by which it was judged.
    pub version: u32,
    /// Its newest correction.
    pub correction: Option<Correction>,
}

/// A correction, as an obligation knows it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Correction {
    /// The publication that corrects.
    pub publication: IndexNumber,
    /// The day of the block of the first correction.
    pub since: Date,
}

/// How an obligation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ObligationState {
    /// Nothing is published, and there is time.
    Due,
    /// Published in time.
    OnTime,
    /// Published after its last day.
    Late,
    /// Nothing is on the ledger, and its last day is over.
    Missing,
    /// Published, and corrected since.
    Corrected,
    /// What it would report on ended before.
    Waived,
}

impl ObligationState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Due, Self::OnTime, Self::Late, Self::Missing, Self::Corrected, Self::Waived];

    /// How an obligation that is due on `due_on` stands on `as_of`.
    pub fn on(due_on: Date, met: Option<&Met>, is_waived: bool, as_of: Date) -> Self {
        match met.filter(|met| met.published_on <= as_of) {
            Some(Met { correction: Some(correction), .. }) if correction.since <= as_of => {
                Self::Corrected
            }
            Some(met) if met.published_on > met.due_on => Self::Late,
            Some(_) => Self::OnTime,
            None if is_waived => Self::Waived,
            None if as_of > due_on => Self::Missing,
            None => Self::Due,
        }
    }

    /// In Chinese, as pages say it.
    pub const fn chinese(self) -> &'static str {
        match self {
            Self::Due => "未到期",
            Self::OnTime => "按期公开",
            Self::Late => "期限后公开",
            Self::Missing => NOTHING_SEEN,
            Self::Corrected => "已更正",
            Self::Waived => "提前结束,无须公开",
        }
    }

    /// In English.
    pub const fn english(self) -> &'static str {
        match self {
            Self::Due => "not due yet",
            Self::OnTime => "published in time",
            Self::Late => "published after its last day",
            Self::Missing => "no publication seen on the ledger",
            Self::Corrected => "corrected",
            Self::Waived => "ended before, nothing to publish",
        }
    }
}

/// What obliges, as an obligation is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A duty.
    Duty(Duty),
    /// A standing.
    Standing(Trigger, Standing),
}

/// An obligation, found by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What obliges.
    pub source: Source,
    /// Its period.
    pub period: Period,
    /// The version of the rule by which it is judged.
    pub version: u32,
    /// Whether it is not owed any more.
    pub is_waived: bool,
    /// Whether its last day may move.
    pub provisional: bool,
}

/// The obligation of this name, if the organisation has it.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn find(
    reader: &dyn StateRead,
    holder: &OrganizationCode,
    name: &ObligationName,
) -> Result<Option<Found>, StateError> {
    let ObligationName { rule: rule_name, subject, period } = name;
    if let Some(duty) = DUTIES.get(reader, &(*holder, rule_name.clone(), subject.clone()))? {
        return Ok(duty.period(*period).map(|period| of_duty(duty, period)));
    }
    let Some(rule) = RULES.get(reader, rule_name)? else { return Ok(None) };
    let key = (*holder, rule.trigger, subject.clone());
    let Some(standing) = STANDINGS.get(reader, &key)? else { return Ok(None) };
    of_standing(reader, holder, &rule, &standing, *period)
}

pub(super) fn of_duty(duty: Duty, period: Period) -> Found {
    Found {
        is_waived: duty.is_waived(&period),
        version: duty.version,
        provisional: duty.provisional,
        period,
        source: Source::Duty(duty),
    }
}

/// What the rule asks of a standing about `year`.
pub(super) fn of_standing(
    reader: &dyn StateRead,
    holder: &OrganizationCode,
    rule: &Rule,
    standing: &Standing,
    year: u32,
) -> Result<Option<Found>, StateError> {
    let Some((period, version)) = standing.period(rule, year) else { return Ok(None) };
    let Some(organization) = ORGANIZATIONS.get(reader, holder)? else { return Ok(None) };
    let last_day = period.opens_on.add_days(-1).unwrap_or(period.opens_on);
    let place = (organization.kind, organization.division);
    if !version.terms.binds(reader, holder, place, last_day)? {
        return Ok(None);
    }
    Ok(Some(Found {
        source: Source::Standing(rule.trigger, standing.clone()),
        period,
        version: version.version,
        is_waived: false,
        provisional: false,
    }))
}
