//! By when something must be published, as a rule says it.

use std::fmt;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use serde::{Deserialize, Serialize};

/// Most days of a deadline or step.
const DAYS_MAX: u16 = 3_660;

/// Most months of a deadline or step.
const MONTHS_MAX: u16 = 120;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// By when. New ones are appended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// So many days after the event.
    Days(u16),
    /// So many working days after the event.
    WorkingDays(u16),
    /// So many months after the event.
    Months(u16),
    /// So many months after the end of what the event began.
    MonthsAfterEnd(u16),
    /// By this day of the year after the one that the event is about.
    NextYear(DayOfYear),
    /// Every so many days, until what the event began ends.
    EveryDays(u16),
    /// Every so many months, until what the event began ends.
    EveryMonths(u16),
    /// By this day of every year, about the year before, as long as a standing lasts.
    Yearly(DayOfYear),
}

/// A day that every year has.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct DayOfYear {
    /// The month, from 1.
    pub month: u8,
    /// The day of the month, from 1.
    pub day: u8,
}

/// A text that says no deadline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} says no deadline")]
pub struct ScheduleError(String);

impl DayOfYear {
    /// The day in the year after `year`, or none beyond the calendar's range.
    pub fn in_year_after(self, year: u16) -> Option<Date> {
        Date::new(year.checked_add(1)?, self.month, self.day).ok()
    }

    fn is_lawful(self) -> bool {
        // 2025 is no leap year.
        Month::new(2025, self.month).is_ok_and(|month| (1..=month.days()).contains(&self.day))
    }
}

impl Schedule {
    /// Whether the deadline is one that can be kept: no step of nothing, no day that a year lacks.
    pub fn is_lawful(self) -> bool {
        match self {
            Self::Days(count) | Self::WorkingDays(count) => count <= DAYS_MAX,
            Self::Months(count) | Self::MonthsAfterEnd(count) => count <= MONTHS_MAX,
            Self::EveryDays(count) => (1..=DAYS_MAX).contains(&count),
            Self::EveryMonths(count) => (1..=MONTHS_MAX).contains(&count),
            Self::NextYear(day) | Self::Yearly(day) => day.is_lawful(),
        }
    }

    /// The end of the `number`-th step after `date`, for what recurs until an end.
    pub fn step_after(self, date: Date, number: u32) -> Option<Date> {
        let count = |step: u16| i32::try_from(u32::from(step).checked_mul(number)?).ok();
        match self {
            Self::EveryDays(step) => date.add_days(count(step)?),
            Self::EveryMonths(step) => date.add_months(count(step)?),
            _ => None,
        }
    }

    /// The number of the first step after `date` that ends on or after `wanted`; at least 1.
    pub fn first_step_from(self, date: Date, wanted: Date) -> u32 {
        let passed = match self {
            Self::EveryDays(step) => date.days_until(wanted) / i32::from(step.max(1)),
            Self::EveryMonths(step) => {
                date.month().months_until(wanted.month()) / i32::from(step.max(1))
            }
            _ => 0,
        };
        let mut number = u32::try_from(passed - 1).unwrap_or(0).max(1);
        // The estimate is at most two steps too low.
        while self.step_after(date, number).is_some_and(|end| end < wanted) {
            number += 1;
        }
        number
    }

    /// Whether it recurs until an end.
    pub fn is_recurring(self) -> bool {
        matches!(self, Self::EveryDays(_) | Self::EveryMonths(_))
    }

    /// Whether it speaks of the end of something.
    pub fn needs_end(self) -> bool {
        self.is_recurring() || matches!(self, Self::MonthsAfterEnd(_))
    }
}

fn parse_day(day: &str, month: &str) -> Option<DayOfYear> {
    let place = MONTHS.iter().position(|name| *name == month)?;
    Some(DayOfYear { month: u8::try_from(place + 1).ok()?, day: day.parse().ok()? })
}

fn parse(words: &[&str]) -> Option<Schedule> {
    let after = |count: &str| count.strip_prefix('+')?.parse().ok();
    Some(match words {
        [count, "days"] => Schedule::Days(after(count)?),
        [count, "working", "days"] => Schedule::WorkingDays(after(count)?),
        [count, "months"] => Schedule::Months(after(count)?),
        [count, "months", "after", "the", "end"] => Schedule::MonthsAfterEnd(after(count)?),
        ["every", count, "days", "until", "the", "end"] => Schedule::EveryDays(count.parse().ok()?),
        ["every", count, "months", "until", "the", "end"] => {
            Schedule::EveryMonths(count.parse().ok()?)
        }
        ["every", day, month] => Schedule::Yearly(parse_day(day, month)?),
        [day, month, "of", "the", "next", "year"] => Schedule::NextYear(parse_day(day, month)?),
        _ => return None,
    })
}

impl FromStr for Schedule {
    type Err = ScheduleError;

    fn from_str(text: &str) -> Result<Self, ScheduleError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        parse(&words).ok_or_else(|| ScheduleError(text.chars().take(80).collect()))
    }
}

impl fmt::Display for DayOfYear {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let month = usize::from(self.month).checked_sub(1).and_then(|place| MONTHS.get(place));
        write!(formatter, "{} {}", self.day, month.unwrap_or(&"?"))
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days(count) => write!(formatter, "+{count} days"),
            Self::WorkingDays(count) => write!(formatter, "+{count} working days"),
            Self::Months(count) => write!(formatter, "+{count} months"),
            Self::MonthsAfterEnd(count) => write!(formatter, "+{count} months after the end"),
            Self::NextYear(day) => write!(formatter, "{day} of the next year"),
            Self::EveryDays(count) => write!(formatter, "every {count} days until the end"),
            Self::EveryMonths(count) => write!(formatter, "every {count} months until the end"),
            Self::Yearly(day) => write!(formatter, "every {day}"),
        }
    }
}
