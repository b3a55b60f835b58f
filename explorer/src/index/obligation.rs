//! Obligations to publish, laid out by their last day: what the contracts derive from duties and
//! standings, so that a page of a calendar is a range and not a search.
//!
//! What recurs without an end is laid out some way ahead, and further whenever a month begins.

use std::collections::BTreeSet;

use minglian_contracts::disclosure::duty::{BY_DUE, DUTIES, DutyKey, STANDINGS, Shelf};
use minglian_contracts::disclosure::obligation::{self, Found, MET, ObligationName, Source};
use minglian_contracts::disclosure::rule::{RULES, RuleName, Trigger, rules_of};
use minglian_contracts::schema::{OrderedDay, prefix};
use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{Changes, StateRead};
use minglian_ledger::text::Text;

use super::mirror::keys;
use super::{IndexError, stored};
use crate::database::{Connection, params};

/// How far ahead what recurs is laid out, in days.
pub const HORIZON_DAYS: i32 = 400;

/// Most periods of one duty.
const PERIODS_MAX: u32 = 400;

/// How many keys are read at once.
const SCAN: usize = 256;

/// A standing: of whom, by what, about what.
type StandingKey = (OrganizationCode, Trigger, Text<160>);

struct Laying<'a> {
    connection: &'a Connection,
    reader: &'a dyn StateRead,
    horizon: Date,
}

/// Lays out anew whatever a block's changes touch. `is_new_month`: also what recurs.
pub(super) fn enter(
    connection: &Connection,
    changes: &Changes,
    reader: &dyn StateRead,
    today: Date,
    is_new_month: bool,
) -> Result<(), IndexError> {
    let horizon = today.add_days(HORIZON_DAYS).unwrap_or(Date::MAX);
    let laying = Laying { connection, reader, horizon };
    let mut duties: BTreeSet<DutyKey> = keys(changes, &DUTIES)?.into_iter().collect();
    let mut standings: BTreeSet<StandingKey> = keys(changes, &STANDINGS)?.into_iter().collect();
    // The law changed, or who is bound by it: rare, and whoever stands in it is laid out anew.
    let is_law = changes.keys().any(|key| key.first() == Some(&prefix::DISCLOSURE_FIRST));
    if is_law || is_new_month {
        laying.recurring(&mut duties, &mut standings)?;
    } else {
        for holder in concerned(changes)? {
            laying.standings_of(&holder, &mut standings)?;
        }
    }
    for key in &duties {
        laying.duty(key)?;
    }
    for key in &standings {
        laying.standing(key)?;
    }
    for (holder, name) in keys(changes, &MET)? {
        laying.lay(&holder, &name)?;
    }
    Ok(())
}

/// Organisations whose registration or qualifications changed: a standing may bind them otherwise.
fn concerned(changes: &Changes) -> Result<BTreeSet<OrganizationCode>, IndexError> {
    use minglian_contracts::charity::qualification::QUALIFICATIONS;
    use minglian_contracts::registry::ORGANIZATIONS;
    let mut found: BTreeSet<_> = keys(changes, &ORGANIZATIONS)?.into_iter().collect();
    found.extend(keys(changes, &QUALIFICATIONS)?.into_iter().map(|(holder, ..)| holder));
    Ok(found)
}

impl Laying<'_> {
    /// Everything that recurs: open duties, and standings.
    fn recurring(
        &self,
        duties: &mut BTreeSet<DutyKey>,
        standings: &mut BTreeSet<StandingKey>,
    ) -> Result<(), IndexError> {
        let mut statement = self.connection.prepare_cached("SELECT code FROM organizations")?;
        let codes: Vec<String> =
            statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        for holder in codes.iter().filter_map(|code| code.parse::<OrganizationCode>().ok()) {
            self.standings_of(&holder, standings)?;
            let shelf = Shelf::OpenRecurring;
            let mut after = (
                holder,
                shelf,
                OrderedDay::earliest_first(Date::MIN),
                RuleName::default(),
                Text::default(),
            );
            loop {
                let page = BY_DUE.scan(self.reader, &(holder, shelf), Some(&after), SCAN)?;
                let Some((last, ())) = page.last() else { break };
                after = last.clone();
                duties.extend(
                    page.into_iter().map(|((_, _, _, rule, subject), ())| (holder, rule, subject)),
                );
            }
        }
        Ok(())
    }

    fn standings_of(
        &self,
        holder: &OrganizationCode,
        standings: &mut BTreeSet<StandingKey>,
    ) -> Result<(), IndexError> {
        let mut after = None;
        loop {
            let page = STANDINGS.scan(self.reader, holder, after.as_ref(), SCAN)?;
            let Some((last, _)) = page.last() else { return Ok(()) };
            after = Some(last.clone());
            standings.extend(page.into_iter().map(|(key, _)| key));
        }
    }

    fn duty(&self, key: &DutyKey) -> Result<(), IndexError> {
        let (holder, rule, subject) = key;
        self.clear(holder, rule, subject)?;
        let Some(duty) = DUTIES.get(self.reader, key)? else { return Ok(()) };
        let first = duty.first_period_from(duty.begins_on);
        for period in first..first.saturating_add(PERIODS_MAX) {
            let Some(found) = duty.period(period) else { break };
            if duty.schedule.is_recurring() && found.due_on > self.horizon {
                break;
            }
            let (rule, subject) = (rule.clone(), subject.clone());
            self.lay(holder, &ObligationName { rule, subject, period })?;
        }
        Ok(())
    }

    fn standing(&self, key: &StandingKey) -> Result<(), IndexError> {
        let (holder, trigger, subject) = key;
        for (rule, _) in rules_of(self.reader, *trigger)? {
            self.clear(holder, &rule, subject)?;
            let Some(standing) = STANDINGS.get(self.reader, key)? else { continue };
            for period in u32::from(standing.begins_on.year())..u32::from(self.horizon.year()) {
                let (rule, subject) = (rule.clone(), subject.clone());
                self.lay(holder, &ObligationName { rule, subject, period })?;
            }
        }
        Ok(())
    }

    fn clear(
        &self,
        holder: &OrganizationCode,
        rule: &RuleName,
        subject: &Text<160>,
    ) -> Result<(), IndexError> {
        let query = "DELETE FROM obligations WHERE holder = ?1 AND rule = ?2 AND subject = ?3";
        let values = params![holder.as_str(), rule.as_str(), subject.as_str()];
        self.connection.prepare_cached(query)?.execute(values)?;
        Ok(())
    }

    /// Enters an obligation as it is now; nothing if there is no such one.
    fn lay(&self, holder: &OrganizationCode, name: &ObligationName) -> Result<(), IndexError> {
        let Some(found) = obligation::find(self.reader, holder, name)? else { return Ok(()) };
        let Found { source, period, version, is_waived, provisional } = found;
        let rule = RULES.get(self.reader, &name.rule)?;
        let Some(version) = rule.as_ref().and_then(|rule| rule.version(version)) else {
            return Ok(());
        };
        let record = match &source {
            Source::Duty(duty) => duty.record,
            Source::Standing(_, standing) => standing.record,
        };
        let met = MET.get(self.reader, &(*holder, name.clone()))?;
        let correction = met.as_ref().and_then(|met| met.correction.as_ref());
        let terms = &version.terms;
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO obligations (holder, rule, subject, period, due_on, opens_on, \
             provisional, waived, record, title_zh, title_en, article, verified, met_on, \
             met_due_on, publication, corrected_on, corrected_by) VALUES \
             (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18) \
             ON CONFLICT (holder, rule, subject, period) DO UPDATE SET due_on = excluded.due_on, \
             waived = excluded.waived, met_on = excluded.met_on, \
             met_due_on = excluded.met_due_on, \
             publication = excluded.publication, corrected_on = excluded.corrected_on, \
             corrected_by = excluded.corrected_by",
        )?;
        statement.execute(params![
            holder.as_str(),
            name.rule.as_str(),
            name.subject.as_str(),
            name.period,
            period.due_on.to_string(),
            period.opens_on.to_string(),
            provisional,
            is_waived,
            stored("a position", record.0)?,
            terms.title_zh.as_str(),
            terms.title_en.as_str(),
            terms.article.as_str(),
            terms.verified,
            met.as_ref().map(|met| met.published_on.to_string()),
            met.as_ref().map(|met| met.due_on.to_string()),
            met.as_ref().map(|met| met.publication.to_string()),
            correction.map(|correction| correction.since.to_string()),
            correction.map(|correction| correction.publication.to_string()),
        ])?;
        Ok(())
    }
}
