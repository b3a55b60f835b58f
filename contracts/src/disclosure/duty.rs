//! What an event obliges an organisation to: duties with their periods, and standings.
//!
//! A **duty** is one rule applied to one event of one organisation. A deadline of its own is its
//! only period, number 1; what recurs until an end has a period for each step. A **standing**
//! (a qualification, a trust) obliges every year by whatever rules hold then: nothing is stored
//! for a year, so a new version of the law reaches those who were there before.
//!
//! Nothing here reads a clock: all periods follow from what is stored and from the rules.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::rule::{Rule, RuleName, RuleVersion, Trigger};
use super::schedule::Schedule;
use crate::schema::{self, OrderedDay, State, Table};

/// Duties by organisation, rule and subject.
pub const DUTIES: Table<DutyKey, Duty> = Table::new(schema::prefix::DISCLOSURE_FIRST + 2);

/// Duties by organisation, shelf and last day, so that what is due within some days is a range.
pub const BY_DUE: Table<ByDueKey, ()> = Table::new(schema::prefix::DISCLOSURE_FIRST + 3);

/// Standings by organisation, event and subject.
pub const STANDINGS: Table<(OrganizationCode, Trigger, Subject), Standing> =
    Table::new(schema::prefix::DISCLOSURE_FIRST + 4);

/// The key of an entry of [`DUTIES`].
pub type DutyKey = (OrganizationCode, RuleName, Subject);

/// The key of an entry of [`BY_DUE`].
pub type ByDueKey = (OrganizationCode, Shelf, OrderedDay, RuleName, Subject);

/// What the event was about: a filing number, a fund, a project, a document.
pub type Subject = Text<160>;

/// Where a duty lies in [`BY_DUE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Shelf {
    /// One deadline, nothing published.
    Open,
    /// Recurring, with periods to come or unmet.
    OpenRecurring,
    /// One deadline, published.
    Closed,
    /// Recurring, all periods published or waived.
    ClosedRecurring,
}

/// One rule applied to one event of one organisation.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Duty {
    /// What happened.
    pub trigger: Trigger,
    /// The version of the rule by which it is judged.
    pub version: u32,
    /// By when, as that version says.
    pub schedule: Schedule,
    /// It counts only for what lasts longer than this.
    pub longer_than_months: u8,
    /// The day of the event.
    pub begins_on: Date,
    /// The planned last day of what it began, if it was known at the beginning.
    pub until: Option<Date>,
    /// The day on which it ended.
    pub ended_on: Option<Date>,
    /// The day of the block that entered its end.
    pub end_entered_on: Option<Date>,
    /// From when on it can be published; for what recurs, the first day.
    pub opens_on: Date,
    /// The last day for it; for what recurs, of the last period, or the calendar's last day.
    pub due_on: Date,
    /// Whether the last day may move, because holidays are not known yet.
    pub provisional: bool,
    /// The day of the block that entered the event.
    pub entered_on: Date,
    /// The record of the act.
    pub record: LogIndex,
    /// How many of its periods are met.
    pub met: u32,
}

/// What obliges an organisation every year.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Standing {
    /// Its first day.
    pub begins_on: Date,
    /// Its last day, if it is known.
    pub ends_on: Option<Date>,
    /// The day of the block that entered it: what was due before is not asked for.
    pub entered_on: Date,
    /// The record of the act.
    pub record: LogIndex,
}

/// One thing to publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Period {
    /// Its number; for what recurs every year, the year that it is about.
    pub number: u32,
    /// From when on it can be published.
    pub opens_on: Date,
    /// The last day for it.
    pub due_on: Date,
}

impl Duty {
    /// The period of this number.
    pub fn period(&self, number: u32) -> Option<Period> {
        let Self { schedule, begins_on, .. } = *self;
        if !schedule.is_recurring() {
            let Self { opens_on, due_on, .. } = *self;
            return (number == 1).then_some(Period { number, opens_on, due_on });
        }
        let due_on = schedule.step_after(begins_on, number)?;
        let opens_on = match number {
            0 => return None,
            1 => begins_on,
            _ => schedule.step_after(begins_on, number - 1)?.add_days(1)?,
        };
        let is_listed = match self.until {
            Some(until) => due_on <= until,
            // How long it lasts was not known: it is owed once it has lasted long enough, and
            // what could be published before the end was entered stays in the list.
            None => {
                due_on > self.long_enough_on()
                    && self.end_entered_on.is_none_or(|entered_on| opens_on <= entered_on)
            }
        };
        is_listed.then_some(Period { number, opens_on, due_on })
    }

    /// The number of the first period that is due on or after `date`, if there may be one.
    pub fn first_period_from(&self, date: Date) -> u32 {
        if !self.schedule.is_recurring() {
            return 1;
        }
        let earliest = match self.until {
            Some(_) => date,
            None => date.max(self.long_enough_on().add_days(1).unwrap_or(Date::MAX)),
        };
        self.schedule.first_step_from(self.begins_on, earliest)
    }

    /// Whether a planned period is not owed any more, because what it reports on ended before.
    pub fn is_waived(&self, period: &Period) -> bool {
        let Some(ended_on) = self.ended_on else { return false };
        self.schedule.is_recurring()
            && (period.due_on > ended_on
                || (self.longer_than_months > 0 && ended_on <= self.long_enough_on()))
    }

    /// Whether every period that was ever owed is met or waived.
    pub fn is_closed(&self) -> bool {
        if !self.schedule.is_recurring() {
            return self.met > 0;
        }
        let Some(end) = self.ended_on.or(self.until) else { return false };
        let is_too_short = self.longer_than_months > 0 && end <= self.long_enough_on();
        let first = self.first_period_from(self.begins_on);
        let beyond = end.add_days(1).map_or(u32::MAX, |after| self.first_period_from(after));
        is_too_short || self.met >= beyond.saturating_sub(first)
    }

    /// Where it lies.
    pub fn shelf(&self) -> Shelf {
        match (self.schedule.is_recurring(), self.is_closed()) {
            (false, false) => Shelf::Open,
            (true, false) => Shelf::OpenRecurring,
            (false, true) => Shelf::Closed,
            (true, true) => Shelf::ClosedRecurring,
        }
    }

    /// The last day on which it has not lasted long enough.
    fn long_enough_on(&self) -> Date {
        let months = i32::from(self.longer_than_months);
        if months == 0 {
            return self.begins_on;
        }
        self.begins_on.add_months(months).unwrap_or(Date::MAX)
    }
}

impl Standing {
    /// What `rule` asks for about `year`, with the version that says so: the one that holds when
    /// the year is over.
    pub fn period<'a>(&self, rule: &'a Rule, year: u32) -> Option<(Period, &'a RuleVersion)> {
        let about = u16::try_from(year).ok()?;
        let last_day = Date::new(about, 12, 31).ok()?;
        let opens_on = last_day.add_days(1)?;
        let version = rule.on(opens_on)?;
        let Schedule::Yearly(day) = version.terms.schedule else { return None };
        let due_on = day.in_year_after(about)?;
        let holds = self.begins_on <= last_day && self.ends_on.is_none_or(|last| last_day <= last);
        let is_owed = holds && due_on >= self.entered_on;
        is_owed.then_some((Period { number: year, opens_on, due_on }, version))
    }
}

/// Stores a duty, in place of what was stored before.
pub(super) fn put(
    state: &mut State<'_>,
    (holder, rule, subject): &DutyKey,
    before: Option<&Duty>,
    duty: &Duty,
) {
    let place = |duty: &Duty| {
        (
            *holder,
            duty.shelf(),
            OrderedDay::earliest_first(duty.due_on),
            rule.clone(),
            subject.clone(),
        )
    };
    let after = place(duty);
    if let Some(before) = before.map(place).filter(|before| *before != after) {
        BY_DUE.delete(state, &before);
    }
    BY_DUE.put(state, &after, &());
    DUTIES.put(state, &(*holder, rule.clone(), subject.clone()), duty);
}
