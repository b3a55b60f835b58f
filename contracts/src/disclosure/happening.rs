//! Events that oblige: what `observer` saw in an applied act, or an organisation declared.

use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateError;

use super::Event;
use super::duty::{self, DUTIES, Duty, DutyKey, STANDINGS, Standing, Subject};
use super::rule::{RuleVersion, Trigger, rules_of};
use super::schedule::Schedule;

use crate::context::Context;
use crate::registry::{ORGANIZATIONS, Organization};
use crate::schema::State;
use crate::working_day::{self, Deadline};

/// Something that obliges an organisation to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Happening {
    /// What happened.
    pub trigger: Trigger,
    /// Whom it obliges.
    pub holder: OrganizationCode,
    /// What it is about.
    pub subject: Subject,
    /// The day.
    pub on: Date,
    /// The planned last day of what it began, or the last day of a standing, if it is known.
    pub until: Option<Date>,
    /// The year that it is about.
    pub year: u16,
}

/// Opens what the event obliges to. What the same event has opened before stays as it is. An
/// observed act is never refused because of it.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn open(
    happening: &Happening,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), StateError> {
    let Happening { trigger, holder, subject, on, until, .. } = happening;
    if trigger.is_standing() {
        let key = (*holder, *trigger, subject.clone());
        let known = STANDINGS.get(state, &key)?;
        let standing = Standing {
            begins_on: known.as_ref().map_or(*on, |known| known.begins_on.min(*on)),
            ends_on: *until,
            entered_on: known.as_ref().map_or(context.today(), |known| known.entered_on),
            record: known.map_or(context.index, |known| known.record),
        };
        STANDINGS.put(state, &key, &standing);
        return Ok(());
    }
    for (name, rule) in rules_of(state, *trigger)? {
        let key = (*holder, name, subject.clone());
        if DUTIES.contains(state, &key)? {
            continue;
        }
        let Some(version) = rule.on(judged_on(&rule.versions, *on, *until)) else { continue };
        let Some(duty) = duty_of(version, happening, *until, state, context)? else { continue };
        // What a charity had to publish before anybody entered it here is not asked for.
        if *trigger == Trigger::CharityFormed && duty.due_on < context.today() {
            continue;
        }
        store(&key, None, &duty, state, context);
    }
    Ok(())
}

/// Ends what an event began on `on`: what recurs stops, what is due after the end gets its day.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn end(
    happening: &Happening,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), StateError> {
    let Happening { trigger, holder, subject, on, .. } = happening;
    if trigger.is_standing() {
        let key = (*holder, *trigger, subject.clone());
        if let Some(mut standing) = STANDINGS.get(state, &key)? {
            standing.ends_on = Some(*on);
            STANDINGS.put(state, &key, &standing);
        }
        return Ok(());
    }
    for (name, rule) in rules_of(state, *trigger)? {
        let key = (*holder, name, subject.clone());
        let before = DUTIES.get(state, &key)?;
        match before {
            Some(before) if before.schedule.is_recurring() => {
                let duty = ended(&before, *on, context);
                duty::put(state, &key, Some(&before), &duty);
            }
            // What is published already was published after the end.
            Some(before) if before.met > 0 => {}
            before => {
                let Some(version) = rule.on(*on) else { continue };
                if !matches!(version.terms.schedule, Schedule::MonthsAfterEnd(_)) {
                    continue;
                }
                let Some(duty) = duty_of(version, happening, Some(*on), state, context)? else {
                    continue;
                };
                store(&key, before.as_ref(), &duty, state, context);
            }
        }
    }
    Ok(())
}

/// What follows an end is judged by the law of the day of the end, all else by that of the event.
fn judged_on(versions: &[RuleVersion], on: Date, until: Option<Date>) -> Date {
    let follows =
        |version: &RuleVersion| matches!(version.terms.schedule, Schedule::MonthsAfterEnd(_));
    match until {
        Some(until) if versions.iter().all(follows) => until,
        _ => on,
    }
}

/// A recurring duty whose campaign or project has ended. Periods that were published before they
/// were due, and are not owed any more, are not counted among those that are.
fn ended(before: &Duty, on: Date, context: &Context<'_>) -> Duty {
    let today = context.today();
    let mut duty = Duty { ended_on: Some(on), end_entered_on: Some(today), ..before.clone() };
    let next_day = on.add_days(1).unwrap_or(Date::MAX);
    let mut early = before.first_period_from(next_day);
    while before.met > 0
        && duty.met > 0
        && before.period(early).is_some_and(|period| period.opens_on <= today)
    {
        (duty.met, early) = (duty.met - 1, early.saturating_add(1));
    }
    if before.until.is_none() {
        let last = before.schedule.first_step_from(before.begins_on, today);
        let due_on = before.schedule.step_after(before.begins_on, last);
        duty.due_on = due_on.unwrap_or(Date::MAX);
    }
    duty
}

/// The duty that a version makes of the event; none if it does not concern the organisation, or
/// its end is not known yet, or what the event began is too short to be concerned.
fn duty_of(
    version: &RuleVersion,
    happening: &Happening,
    until: Option<Date>,
    state: &State<'_>,
    context: &Context<'_>,
) -> Result<Option<Duty>, StateError> {
    let Happening { trigger, holder, on, year, .. } = happening;
    let terms = &version.terms;
    let Some(Organization { kind, division, .. }) = ORGANIZATIONS.get(state, holder)? else {
        return Ok(None);
    };
    if !terms.binds(state, holder, (kind, division), *on)? {
        return Ok(None);
    }
    let (schedule, end_of_range) = (terms.schedule, Date::MAX);
    let exact = |date: Option<Date>| {
        Some(Deadline { date: date.unwrap_or(end_of_range), provisional: false })
    };
    let months = |date: Date, count: u16| date.add_months(i32::from(count));
    let (opens_on, deadline) = match schedule {
        Schedule::Days(count) => (*on, exact(on.add_days(i32::from(count)))),
        Schedule::WorkingDays(count) => (*on, working_day::deadline(state, *on, count)?),
        Schedule::Months(count) => (*on, exact(months(*on, count))),
        Schedule::NextYear(day) => {
            let first = Date::new(year.saturating_add(1), 1, 1);
            (first.unwrap_or(end_of_range), exact(day.in_year_after(*year)))
        }
        Schedule::MonthsAfterEnd(count) => match until {
            Some(end) => (end, exact(months(end, count))),
            None => return Ok(None),
        },
        Schedule::EveryDays(_) | Schedule::EveryMonths(_) => (*on, exact(until)),
        Schedule::Yearly(_) => return Ok(None),
    };
    let least = i32::from(terms.longer_than_months);
    let is_too_short = |end: Date| least > 0 && on.add_months(least).is_none_or(|day| end <= day);
    if until.is_some_and(is_too_short) {
        return Ok(None);
    }
    let last = Deadline { date: end_of_range, provisional: false };
    let Deadline { date: due_on, provisional } = deadline.unwrap_or(last);
    let duty = Duty {
        trigger: *trigger,
        version: version.version,
        schedule,
        longer_than_months: terms.longer_than_months,
        begins_on: *on,
        until: schedule.is_recurring().then_some(until).flatten(),
        ended_on: None,
        end_entered_on: None,
        opens_on,
        due_on,
        provisional,
        entered_on: context.today(),
        record: context.index,
        met: 0,
    };
    // A campaign that is over before its first step obliges to nothing.
    let first = duty.first_period_from(duty.begins_on);
    let is_empty = duty.until.is_some() && duty.period(first).is_none();
    Ok((!is_empty).then_some(duty))
}

fn store(
    key: &DutyKey,
    before: Option<&Duty>,
    duty: &Duty,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) {
    duty::put(state, key, before, duty);
    let (holder, rule, subject) = key.clone();
    let first = duty.period(duty.first_period_from(duty.begins_on));
    context.emit(Event::Opened {
        holder,
        rule,
        version: duty.version,
        subject,
        due_on: first.map_or(duty.due_on, |period| period.due_on),
        provisional: duty.provisional,
    });
}
