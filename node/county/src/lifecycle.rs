//! Steps of entitlements: check, review, posting, decision, suspension, end, recovery.

use std::collections::{BTreeMap, BTreeSet};

use minglian_ledger::date::{Date, Month};

use crate::programme::Programme;
use crate::roll::entitlement::{Entitlement, STATES, State, Step, Suspension};
use crate::roll::{PersonNumber, Roll};

/// Which entitlements take a step.
pub enum Selection {
    /// All that stand right before it.
    All,
    /// Those of persons with these case files.
    CaseFiles(BTreeSet<String>),
    /// Those of one township.
    Township(String),
}

/// A step that several entitlements take.
pub struct Advance<'a> {
    /// The programme.
    pub programme: u16,
    /// What they become.
    pub to: State,
    /// When.
    pub on: Date,
    /// The first month without payment, or with payment again; the last month that is due is the
    /// one before an end. Only for [`State::Suspended`], [`State::Ceased`] and a return from
    /// suspension.
    pub month: Month,
    /// The officer.
    pub by: &'a str,
    /// Why; may be empty.
    pub reason: &'a str,
}

/// What became of a selection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdvanceReport {
    /// Entitlements that took the step.
    pub taken: usize,
    /// Entitlements of the selection that stand elsewhere.
    pub elsewhere: usize,
    /// Entitlements whose posting has not been long enough.
    pub posted_too_short: usize,
    /// Entitlements that the same officer entered, and may not decide.
    pub same_officer: usize,
    /// Case files of the selection that nobody has.
    pub unknown: usize,
    /// What is to be recovered from those who took the step, in fen.
    pub overpaid_fen: u64,
}

/// Takes a step with all that may take it.
pub fn advance(roll: &mut Roll, advance: &Advance<'_>, selection: &Selection) -> AdvanceReport {
    let mut report = AdvanceReport::default();
    let files: BTreeMap<&str, PersonNumber> = roll
        .persons
        .iter()
        .map(|(number, person)| (person.details.case_file.as_str(), *number))
        .collect();
    let wanted: BTreeSet<PersonNumber> = match selection {
        Selection::All => roll.persons.keys().copied().collect(),
        Selection::Township(township) => {
            let there = roll.persons.iter().filter(|(_, it)| it.details.township == *township);
            there.map(|(number, _)| *number).collect()
        }
        Selection::CaseFiles(named) => {
            let known = named.iter().filter_map(|file| files.get(file.as_str()).copied());
            let known: BTreeSet<PersonNumber> = known.collect();
            report.unknown = named.len().saturating_sub(known.len());
            known
        }
    };
    let is_chosen = !matches!(selection, Selection::All);
    for place in 0..roll.entitlements.len() {
        let Some(it) = roll.entitlements.get(place) else { continue };
        if it.programme != advance.programme || !wanted.contains(&it.person) {
            continue;
        }
        if !advance.to.follows(it.state()) {
            report.elsewhere += usize::from(is_chosen && it.is_live());
            continue;
        }
        // Whose payments rest is resumed by name, never along with everybody who is approved.
        let is_named = matches!(selection, Selection::CaseFiles(_));
        if advance.to == State::Active && it.state() == State::Suspended && !is_named {
            continue;
        }
        let days = roll
            .programme(it.programme, it.from)
            .map_or(0, |programme| i32::from(programme.posting_days));
        if is_posted_too_short(it, advance, days) {
            report.posted_too_short += 1;
        } else if is_decided_alone(it, advance) {
            report.same_officer += 1;
        } else {
            report.taken += 1;
            take(roll, place, advance);
            let overpaid = roll.entitlements.get(place).map_or(0, |it| it.overpaid_fen);
            report.overpaid_fen = report.overpaid_fen.saturating_add(overpaid);
        }
    }
    report
}

fn is_posted_too_short(it: &Entitlement, advance: &Advance<'_>, days: i32) -> bool {
    let posted = it.steps.iter().rev().find(|step| step.state == State::Posted);
    advance.to == State::CountyApproved
        && posted.is_some_and(|step| step.on.days_until(advance.on) < days)
}

/// Who entered an application does not decide it.
fn is_decided_alone(it: &Entitlement, advance: &Advance<'_>) -> bool {
    advance.to == State::CountyApproved
        && it.steps.iter().any(|step| step.state == State::Applied && step.by == advance.by)
}

fn take(roll: &mut Roll, place: usize, advance: &Advance<'_>) {
    let Some(it) = roll.entitlements.get_mut(place) else { return };
    match advance.to {
        State::Suspended => {
            it.suspensions.push(Suspension { from: advance.month, until: None });
        }
        State::Active => {
            if let Some(open) = it.suspensions.iter_mut().find(|it| it.until.is_none()) {
                open.until = Some(advance.month);
            }
        }
        State::Ceased => {
            // An open suspension stays open: its months are not due after all.
            it.last = advance.month.add_months(-1);
        }
        _ => {}
    }
    it.steps.push(Step {
        state: advance.to,
        on: advance.on,
        by: advance.by.to_owned(),
        reason: advance.reason.to_owned(),
    });
    if advance.to == State::Ceased {
        let overpaid = overpaid(roll, place);
        if let Some(it) = roll.entitlements.get_mut(place) {
            it.overpaid_fen = overpaid;
        }
    }
}

/// What was paid for months after the last that is due (months after death × rate).
pub fn overpaid(roll: &Roll, place: usize) -> u64 {
    let Some(it) = roll.entitlements.get(place) else { return 0 };
    let Some(last) = it.last else { return 0 };
    let months: BTreeSet<Month> = roll
        .batches
        .iter()
        .filter(|record| record.name.programme == it.programme && last < record.name.period)
        .map(|record| record.name.period)
        .collect();
    months
        .into_iter()
        .map(|month| roll.paid(it.programme, month).get(&it.person).copied().unwrap_or(0))
        .map(u64::from)
        .sum()
}

/// How many entitlements of a programme stand where.
pub fn count(roll: &Roll, programme: u16) -> Vec<(State, usize)> {
    let of = |state| {
        let own = roll.entitlements.iter().filter(|it| it.programme == programme);
        own.filter(|it| it.state() == state).count()
    };
    STATES.into_iter().map(|state| (state, of(state))).collect()
}

/// What a month pays to one entitlement, in fen.
pub fn due(roll: &Roll, it: &Entitlement, programme: &Programme, month: Month) -> Option<u32> {
    if !it.covers(month) {
        return None;
    }
    let person = roll.persons.get(&it.person)?;
    programme.standard(&it.category, person.identity.birth(), month)
}
