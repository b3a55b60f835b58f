//! How old money is: the date on which its origin came about, carried along through every
//! movement and return, so that a rule on carried-over money (结转, 滞留) can ask for it.
//!
//! An account's unspent positions fall into runs of one origin date. Their number is bounded:
//! beyond [`AGE_RUNS_MAX`] neighbouring runs are joined to a span of dates, within one calendar
//! year as long as possible, because the rules count in years. The exact date of each fen is always
//! found by a trace; the spans are what contracts can ask without one.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use serde::{Deserialize, Serialize};

use crate::book::interval::Interval;

/// Most runs of dates that an account keeps.
pub const AGE_RUNS_MAX: usize = 64;

/// The span of origin dates of some money; one day unless runs had to be joined.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct OriginDates {
    /// No fen is older.
    pub oldest: Date,
    /// No fen is younger.
    pub newest: Date,
}

impl OriginDates {
    /// One day.
    pub fn on(date: Date) -> Self {
        Self { oldest: date, newest: date }
    }

    /// The span of both.
    pub fn join(self, other: Self) -> Self {
        Self { oldest: self.oldest.min(other.oldest), newest: self.newest.max(other.newest) }
    }
}

/// Some money and how old it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aged {
    /// How much.
    pub amount: Fen,
    /// When its origins came about.
    pub dates: OriginDates,
}

/// A run of positions of one age, from `start` to the next run's start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(crate) struct AgeRun {
    pub(crate) start: u64,
    pub(crate) dates: OriginDates,
}

/// The runs of `length` positions each that make up a new interval: what a movement carries.
pub(crate) type Ages = Vec<(u64, OriginDates)>;

/// The span of all of `ages`, `None` if empty.
pub(crate) fn span(ages: &Ages) -> Option<OriginDates> {
    ages.iter().map(|(_, dates)| *dates).reduce(OriginDates::join)
}

/// The ages of the positions in `intervals`, in order, neighbours of one age joined. `runs` end at
/// `end` and cover the intervals.
pub(crate) fn ages_of(runs: &[AgeRun], end: u64, intervals: &[Interval]) -> Ages {
    let mut ages = Ages::new();
    let mut first = 0;
    for interval in intervals {
        while runs.get(first + 1).is_some_and(|next| next.start <= interval.start()) {
            first += 1;
        }
        for (index, run) in runs.iter().enumerate().skip(first) {
            if run.start >= interval.end() {
                break;
            }
            let run_end = runs.get(index + 1).map_or(end, |next| next.start);
            let Some(run_positions) = Interval::new(run.start, run_end) else { continue };
            let Some(part) = run_positions.intersection(*interval) else { continue };
            push(&mut ages, part.length(), run.dates);
        }
    }
    ages
}

fn push(ages: &mut Ages, length: u64, dates: OriginDates) {
    match ages.last_mut() {
        Some((last_length, last_dates)) if *last_dates == dates => *last_length += length,
        _ => ages.push((length, dates)),
    }
}

/// Appends `ages` behind the runs, whose positions end at `end`, and keeps their number bounded.
pub(crate) fn append(runs: &mut Vec<AgeRun>, end: u64, ages: &Ages) {
    let mut start = end;
    for (length, dates) in ages {
        if runs.last().is_none_or(|last| last.dates != *dates) {
            runs.push(AgeRun { start, dates: *dates });
        }
        start += length;
    }
    while runs.len() > AGE_RUNS_MAX {
        join_closest(runs);
    }
}

/// Forgets the runs below `frontier`; `end` is where the last run ends.
pub(crate) fn forget_below(runs: &mut Vec<AgeRun>, frontier: u64, end: u64) {
    if frontier >= end {
        runs.clear();
        return;
    }
    let below = runs.iter().take_while(|run| run.start <= frontier).count();
    runs.drain(..below.saturating_sub(1));
    if let Some(first) = runs.first_mut() {
        first.start = first.start.max(frontier);
    }
}

/// Joins the two neighbours whose common span of dates is the shortest; the lower pair if equal.
fn join_closest(runs: &mut Vec<AgeRun>) {
    let width = |pair: &[AgeRun]| {
        let joined = pair[0].dates.join(pair[1].dates);
        let years = joined.newest.year().saturating_sub(joined.oldest.year());
        (years, joined.oldest.days_until(joined.newest))
    };
    let closest = runs.windows(2).enumerate().min_by_key(|(index, pair)| (width(pair), *index));
    let Some((index, _)) = closest else { return };
    let upper = runs.remove(index + 1);
    runs[index].dates = runs[index].dates.join(upper.dates);
}
