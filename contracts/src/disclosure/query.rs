//! What an organisation must publish within some days, and how it stands: for routes and reports.
//!
//! A page reads single deadlines in their order until it is full, and what of recurring duties and
//! standings is live on its first day or begins later. Where only what is unmet is asked for, what
//! is done is not read at all.

use std::collections::BTreeMap;

use minglian_ledger::date::{Date, Month};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::text::Text;
use serde::Serialize;

use super::duty::{BY_DUE, ByDueKey, DUTIES, Duty, STANDINGS, Shelf, Subject};
use super::obligation::{self, Found, MET, Met, ObligationName, ObligationState, Source};
use super::rule::{RULES, RuleName, Trigger, rules_of};
use crate::schema::{self, OrderedDay};

/// Most obligations of one page.
pub const PAGE_MAX: usize = 500;

/// How many keys are read at once.
const SCAN: usize = 64;

/// An obligation as it stands on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obligation {
    /// The last day.
    pub due_on: Date,
    /// Its name.
    pub name: ObligationName,
    /// From when on it can be published.
    pub opens_on: Date,
    /// Whether the last day may move, because holidays are not known yet.
    pub provisional: bool,
    /// What brought it about.
    pub trigger: Trigger,
    /// The record of the act that did.
    pub record: LogIndex,
    /// The day on which that act was entered; later than the last day where it was entered late.
    pub entered_on: Date,
    /// The version of the rule.
    pub version: u32,
    /// What must be published, in Chinese.
    pub title_zh: Text<192>,
    /// The same in English.
    pub title_en: Text<192>,
    /// The article.
    pub article: Text<256>,
    /// Whether the article was read and prints this deadline.
    pub verified: bool,
    /// How it stands.
    pub state: ObligationState,
    /// What was published.
    pub met: Option<Met>,
}

/// Which obligations are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// The day whose states are given.
    pub as_of: Date,
    /// Whether only those are given for which nothing is on the ledger and that are still owed.
    pub unmet_only: bool,
}

/// Where a page ends: what the next one begins after.
pub type Cursor = (Date, ObligationName);

/// How many obligations of a month stand how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MonthSummary {
    /// The month in which they are due.
    pub month: Month,
    /// How many stand so.
    pub states: BTreeMap<ObligationState, u32>,
}

struct Query<'a> {
    reader: &'a dyn StateRead,
    holder: OrganizationCode,
    range: Range,
    after: Option<&'a Cursor>,
    limit: usize,
}

/// What `holder` must publish with last days in the range, by last day, and of one day in the order
/// of the state's keys; at most `limit` and [`PAGE_MAX`], those after `after`.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn obligations(
    reader: &dyn StateRead,
    holder: OrganizationCode,
    range: Range,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Vec<Obligation>, StateError> {
    let from = after.map_or(range.from, |(due_on, _)| range.from.max(*due_on));
    let range = Range { from, ..range };
    let query = Query { reader, holder, range, after, limit: limit.min(PAGE_MAX) };
    let mut found = Vec::new();
    query.single(Shelf::Open, &mut found)?;
    query.recurring(Shelf::OpenRecurring, &mut found)?;
    if !range.unmet_only {
        query.single(Shelf::Closed, &mut found)?;
        query.recurring(Shelf::ClosedRecurring, &mut found)?;
    }
    query.standing(&mut found)?;
    found.sort_by_cached_key(|obligation| place(obligation.due_on, &obligation.name));
    found.truncate(query.limit);
    Ok(found)
}

/// How the obligations of the months from `first` to `last` stand on `as_of`.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn calendar(
    reader: &dyn StateRead,
    holder: OrganizationCode,
    (first, last): (Month, Month),
    as_of: Date,
) -> Result<Vec<MonthSummary>, StateError> {
    let range = Range { from: first.first_day(), to: last.last_day(), as_of, unmet_only: false };
    let (mut months, mut after) = (BTreeMap::<Month, BTreeMap<_, u32>>::new(), None);
    loop {
        let page = obligations(reader, holder, range, after.as_ref(), PAGE_MAX)?;
        let Some(last) = page.last() else { break };
        after = Some((last.due_on, last.name.clone()));
        for obligation in &page {
            let states = months.entry(obligation.due_on.month()).or_default();
            let count = states.entry(obligation.state).or_default();
            *count = count.saturating_add(1);
        }
    }
    Ok(months.into_iter().map(|(month, states)| MonthSummary { month, states }).collect())
}

/// Where an obligation stands among others. A page ends where it has read enough of [`BY_DUE`], so
/// of one day they stand as keys do, where a shorter text comes before a longer one.
fn place(due_on: Date, name: &ObligationName) -> (Date, Vec<u8>, u32) {
    (due_on, schema::encode(&(&name.rule, &name.subject)), name.period)
}

impl Query<'_> {
    /// Duties with one deadline: exactly those of the range, in order, until there are enough.
    fn single(&self, shelf: Shelf, found: &mut Vec<Obligation>) -> Result<(), StateError> {
        let (mut count, mut key) = (0, self.first_key(shelf));
        loop {
            let page = BY_DUE.scan(self.reader, &(self.holder, shelf), Some(&key), SCAN)?;
            let Some((last, ())) = page.last() else { return Ok(()) };
            key = last.clone();
            for ((_, _, _, rule, subject), ()) in page {
                let Some(duty) = self.duty(&rule, &subject)? else { continue };
                if count >= self.limit || duty.due_on > self.range.to {
                    return Ok(());
                }
                let Some(period) = duty.period(1) else { continue };
                let name = ObligationName { rule, subject, period: 1 };
                count += self.add(name, obligation::of_duty(duty, period), found)?;
            }
        }
    }

    /// Recurring duties that are live on the first day or begin later.
    fn recurring(&self, shelf: Shelf, found: &mut Vec<Obligation>) -> Result<(), StateError> {
        let mut key = self.first_key(shelf);
        loop {
            let page = BY_DUE.scan(self.reader, &(self.holder, shelf), Some(&key), SCAN)?;
            let Some((last, ())) = page.last() else { return Ok(()) };
            key = last.clone();
            for ((_, _, _, rule, subject), ()) in page {
                let Some(duty) = self.duty(&rule, &subject)? else { continue };
                self.periods(&rule, &subject, &duty, found)?;
            }
        }
    }

    fn periods(
        &self,
        rule: &RuleName,
        subject: &Subject,
        duty: &Duty,
        found: &mut Vec<Obligation>,
    ) -> Result<(), StateError> {
        let mut count = 0;
        for number in duty.first_period_from(self.range.from).. {
            let Some(period) = duty.period(number) else { return Ok(()) };
            if count >= self.limit || period.due_on > self.range.to {
                return Ok(());
            }
            let (rule, subject) = (rule.clone(), subject.clone());
            let name = ObligationName { rule, subject, period: number };
            count += self.add(name, obligation::of_duty(duty.clone(), period), found)?;
        }
        Ok(())
    }

    /// What standings oblige to: one thing a year and rule.
    fn standing(&self, found: &mut Vec<Obligation>) -> Result<(), StateError> {
        // What is about a year is due in the next one.
        let years = self.range.from.year().saturating_sub(1)..self.range.to.year();
        let mut after = None;
        loop {
            let page = STANDINGS.scan(self.reader, &self.holder, after.as_ref(), SCAN)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            for ((_, trigger, subject), standing) in page {
                for (name, rule) in rules_of(self.reader, trigger)? {
                    let mut count = 0;
                    for year in years.clone().map(u32::from) {
                        if count >= self.limit {
                            break;
                        }
                        let (reader, holder) = (self.reader, &self.holder);
                        let Some(obligation) =
                            obligation::of_standing(reader, holder, &rule, &standing, year)?
                        else {
                            continue;
                        };
                        let (rule, subject) = (name.clone(), subject.clone());
                        let name = ObligationName { rule, subject, period: year };
                        count += self.add(name, obligation, found)?;
                    }
                }
            }
        }
    }

    /// Adds the obligation if it is asked for; how many were added.
    fn add(
        &self,
        name: ObligationName,
        Found { source, period, version, is_waived, provisional }: Found,
        found: &mut Vec<Obligation>,
    ) -> Result<usize, StateError> {
        let Range { from, to, as_of, unmet_only } = self.range;
        let due_on = period.due_on;
        let is_before =
            self.after.is_some_and(|(day, after)| place(due_on, &name) <= place(*day, after));
        if due_on < from || due_on > to || is_before {
            return Ok(0);
        }
        let met = MET.get(self.reader, &(self.holder, name.clone()))?;
        if unmet_only && (is_waived || met.is_some()) {
            return Ok(0);
        }
        let state = ObligationState::on(due_on, met.as_ref(), is_waived, as_of);
        let rule = RULES.get(self.reader, &name.rule)?;
        let Some(terms) = rule.as_ref().and_then(|rule| rule.version(version)) else {
            return Ok(0);
        };
        let (trigger, record, entered_on) = match source {
            Source::Duty(duty) => (duty.trigger, duty.record, duty.entered_on),
            Source::Standing(trigger, standing) => (trigger, standing.record, standing.entered_on),
        };
        let terms = &terms.terms;
        found.push(Obligation {
            due_on,
            name,
            opens_on: period.opens_on,
            provisional,
            trigger,
            record,
            entered_on,
            version,
            title_zh: terms.title_zh.clone(),
            title_en: terms.title_en.clone(),
            article: terms.article.clone(),
            verified: terms.verified,
            state,
            met,
        });
        Ok(1)
    }

    fn duty(&self, rule: &RuleName, subject: &Subject) -> Result<Option<Duty>, StateError> {
        DUTIES.get(self.reader, &(self.holder, rule.clone(), subject.clone()))
    }

    /// A key before all of the shelf that are due on the first day or later: no rule has an empty
    /// name.
    fn first_key(&self, shelf: Shelf) -> ByDueKey {
        (
            self.holder,
            shelf,
            OrderedDay::earliest_first(self.range.from),
            RuleName::default(),
            Subject::default(),
        )
    }
}
