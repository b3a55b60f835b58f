//! The twelve complete months before a day.

use anyhow::Context as _;
use minglian_contracts::working_day::day_of;
use minglian_ledger::date::{Date, Month};

/// Months of the year.
pub const MONTHS: usize = 12;

/// The year: twelve complete months, and the days of the month in which it was entered, up to the
/// base date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    until: Date,
    first: Month,
    last: Month,
}

impl Window {
    /// The twelve complete months before `until`.
    pub fn before(until: Date) -> anyhow::Result<Self> {
        let month = |back: i32| until.month().add_months(-back).context("the date is too early");
        Ok(Self { until, first: month(12)?, last: month(1)? })
    }

    /// The base date: nothing is dated after it.
    pub fn until(self) -> Date {
        self.until
    }

    /// A month by its number from 0; past the last one the last one.
    pub fn month(self, number: usize) -> Month {
        let number = i32::try_from(number.min(MONTHS - 1)).unwrap_or(0);
        self.first.add_months(number).unwrap_or(self.last)
    }

    /// A day of a month, of the last one's successor too, but never after the base date.
    pub fn day(self, number: usize, day: u8) -> Date {
        if number < MONTHS {
            return day_of(self.month(number), day);
        }
        day_of(self.until.month(), day).min(self.until)
    }

    /// The number of the December.
    pub fn december(self) -> usize {
        12 - usize::from(self.first.month())
    }

    /// The budget year that ends within the twelve months.
    pub fn closing_year(self) -> u16 {
        self.month(self.december()).year()
    }

    /// The last day of that budget year.
    pub fn year_end(self) -> Date {
        self.month(self.december()).last_day()
    }

    /// The day in the month that is `later` months after month `number`, or in the last one of the
    /// same budget year and of the twelve. Later days in later months never run backwards.
    pub fn within_year(self, number: usize, later: usize, day: u8) -> Date {
        let last = if number <= self.december() { self.december() } else { MONTHS - 1 };
        self.day((number + later).min(last), day)
    }

    /// The last day for spending money that came in month `number`.
    pub fn spent_until(self, number: usize) -> Date {
        self.within_year(number, MONTHS, 31)
    }

    /// So many days before the base date.
    pub fn days_before(self, days: i32) -> Date {
        self.until.add_days(-days).unwrap_or(self.until)
    }
}
