//! Civil dates. Legal dates in this ledger are Beijing dates; no date reads a clock.

use std::fmt;
use std::io;
use std::str::FromStr;

use borsh::{BorshDeserialize, BorshSerialize};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::height::TimeMs;
use crate::width;

/// First year of the range.
pub const YEAR_MIN: u16 = 1949;
/// Last year of the range.
pub const YEAR_MAX: u16 = 2200;

/// 1949-01-01 in days since 1970-01-01.
const DAY_MIN: i32 = -7670;
/// 2200-12-31 in days since 1970-01-01.
const DAY_MAX: i32 = 84370;
const DAY_MS: u64 = 86_400_000;
/// Beijing is eight hours ahead of UTC the whole year.
const BEIJING_OFFSET_MS: u64 = 8 * 3_600_000;

/// A day of the Gregorian calendar from 1949-01-01 to 2200-12-31, encoded as days since
/// 1970-01-01.
///
/// **Invariant:** the day lies in that range.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Date(i32);

/// A month of a year in the same range.
///
/// **Invariant:** the month is 1 to 12, the year [`YEAR_MIN`] to [`YEAR_MAX`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, BorshSerialize)]
pub struct Month {
    year: u16,
    month: u8,
}

/// Why something is not a date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DateError {
    /// Not `YYYY-MM-DD`.
    #[error("{text:?} is not a date written YYYY-MM-DD")]
    NotIso {
        /// The text as given, cut to 80 characters.
        text: String,
    },
    /// Not `YYYY-MM`.
    #[error("{text:?} is not a month written YYYY-MM")]
    NotIsoMonth {
        /// The text as given, cut to 80 characters.
        text: String,
    },
    /// No such day in the calendar.
    #[error("there is no day {day} in month {month} of {year}")]
    NoSuchDay {
        /// The year.
        year: u16,
        /// The month.
        month: u8,
        /// The day.
        day: u8,
    },
    /// No such month.
    #[error("there is no month {month}")]
    NoSuchMonth {
        /// The month.
        month: u8,
    },
    /// A year outside the range.
    #[error("year {year} is outside {YEAR_MIN} to {YEAR_MAX}")]
    YearOutOfRange {
        /// The year.
        year: u16,
    },
    /// A day number outside the range.
    #[error("day {days} since 1970-01-01 is outside {YEAR_MIN} to {YEAR_MAX}")]
    DayOutOfRange {
        /// Days since 1970-01-01.
        days: i64,
    },
    /// A time after the range.
    #[error("time {time_ms} ms lies after {YEAR_MAX}")]
    TimeOutOfRange {
        /// Milliseconds since 1970-01-01T00:00:00Z.
        time_ms: u64,
    },
}

/// The Beijing date (UTC+8) at a header's time.
///
/// # Errors
/// [`DateError::TimeOutOfRange`] after 2200.
pub fn beijing_date(time: TimeMs) -> Result<Date, DateError> {
    let error = DateError::TimeOutOfRange { time_ms: time.0 };
    let Some(local_ms) = time.0.checked_add(BEIJING_OFFSET_MS) else { return Err(error) };
    i64::try_from(local_ms / DAY_MS).ok().and_then(|days| Date::from_days(days).ok()).ok_or(error)
}

impl Date {
    /// 1949-01-01.
    pub const MIN: Self = Self(DAY_MIN);
    /// 2200-12-31.
    pub const MAX: Self = Self(DAY_MAX);

    /// The day of that year, month and day of the month.
    ///
    /// # Errors
    /// [`DateError`] if there is no such day or the year is out of range.
    pub fn new(year: u16, month: u8, day: u8) -> Result<Self, DateError> {
        let length = Month::new(year, month)?.days();
        if day == 0 || day > length {
            return Err(DateError::NoSuchDay { year, month, day });
        }
        Self::from_days(days_from_civil(i64::from(year), i64::from(month), i64::from(day)))
    }

    /// The day that many days after 1970-01-01.
    ///
    /// # Errors
    /// [`DateError::DayOutOfRange`].
    pub fn from_days(days: i64) -> Result<Self, DateError> {
        match i32::try_from(days) {
            Ok(day) if (DAY_MIN..=DAY_MAX).contains(&day) => Ok(Self(day)),
            _ => Err(DateError::DayOutOfRange { days }),
        }
    }

    /// Days since 1970-01-01, negative before.
    pub fn days(self) -> i32 {
        self.0
    }

    /// The year.
    pub fn year(self) -> u16 {
        civil_from_days(self.0).0
    }

    /// The month it lies in.
    pub fn month(self) -> Month {
        let (year, month, _) = civil_from_days(self.0);
        Month { year, month }
    }

    /// The day of the month, from 1.
    pub fn day(self) -> u8 {
        civil_from_days(self.0).2
    }

    /// The day of the week: 1 is Monday, 7 Sunday.
    pub fn weekday(self) -> u8 {
        // 1970-01-01 was a Thursday.
        u8::try_from((self.0 + 3).rem_euclid(7) + 1).unwrap_or(7)
    }

    /// The date `days` later (earlier if negative), or none outside the range.
    pub fn add_days(self, days: i32) -> Option<Self> {
        Self::from_days(i64::from(self.0) + i64::from(days)).ok()
    }

    /// The corresponding day `months` later, or the last day of that month where there is none
    /// (民法典第二百零二条), or no date outside the range.
    pub fn add_months(self, months: i32) -> Option<Self> {
        let month = self.month().add_months(months)?;
        Self::new(month.year, month.month, self.day().min(month.days())).ok()
    }

    /// Days from this date to `later`; negative if it is earlier.
    pub fn days_until(self, later: Self) -> i32 {
        later.0 - self.0
    }
}

impl Month {
    /// That month of that year.
    ///
    /// # Errors
    /// [`DateError::NoSuchMonth`] or [`DateError::YearOutOfRange`].
    pub fn new(year: u16, month: u8) -> Result<Self, DateError> {
        if !(YEAR_MIN..=YEAR_MAX).contains(&year) {
            return Err(DateError::YearOutOfRange { year });
        }
        if !(1..=12).contains(&month) {
            return Err(DateError::NoSuchMonth { month });
        }
        Ok(Self { year, month })
    }

    /// The year.
    pub fn year(self) -> u16 {
        self.year
    }

    /// The month of the year, 1 to 12.
    pub fn month(self) -> u8 {
        self.month
    }

    /// How many days it has.
    pub fn days(self) -> u8 {
        let leap = self.year.is_multiple_of(4)
            && (!self.year.is_multiple_of(100) || self.year.is_multiple_of(400));
        match self.month {
            2 if leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        }
    }

    /// Its first day.
    pub fn first_day(self) -> Date {
        self.day_of_month(1)
    }

    /// Its last day.
    pub fn last_day(self) -> Date {
        self.day_of_month(self.days())
    }

    fn day_of_month(self, day: u8) -> Date {
        let days = days_from_civil(i64::from(self.year), i64::from(self.month), i64::from(day));
        // Every day of a month in range is in range and fits: the bounds are whole years.
        Date(i32::try_from(days).unwrap_or(DAY_MAX))
    }

    /// The month `months` later (earlier if negative), or none outside the range.
    pub fn add_months(self, months: i32) -> Option<Self> {
        let index = self.index().checked_add(months)?;
        let year = u16::try_from(index.div_euclid(12)).ok()?;
        let month = u8::try_from(index.rem_euclid(12) + 1).ok()?;
        Self::new(year, month).ok()
    }

    /// Months from this one to `later`; negative if it is earlier.
    pub fn months_until(self, later: Self) -> i32 {
        later.index() - self.index()
    }

    fn index(self) -> i32 {
        i32::from(self.year) * 12 + i32::from(self.month) - 1
    }
}

/// Days since 1970-01-01 of a proleptic Gregorian day. Years are counted from March, so that the
/// leap day ends a year and month lengths follow one linear rule (153 days in five months).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let before_year = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    before_year + (153 * month + 2) / 5 + day - 1 - 719_468
}

/// Year, month and day of a day in range: the reverse of [`days_from_civil`].
fn civil_from_days(days: i32) -> (u16, u8, u8) {
    let days = days + 719_468;
    let century_cycle = days.div_euclid(146_097);
    let day_of_cycle = days.rem_euclid(146_097);
    let year_of_cycle = (day_of_cycle - day_of_cycle / 1_460 + day_of_cycle / 36_524
        - day_of_cycle / 146_096)
        / 365;
    let day_of_year =
        day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = century_cycle * 400 + year_of_cycle + i32::from(month <= 2);
    // In range by the invariant of Date: none of the three conversions can fail.
    (
        u16::try_from(year).unwrap_or(YEAR_MAX),
        u8::try_from(month).unwrap_or(12),
        u8::try_from(day).unwrap_or(31),
    )
}

/// A field of exactly `width` ASCII digits.
fn digits(text: &str, width: usize) -> Option<u16> {
    let plain = text.len() == width && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

fn year_and_month(text: &str) -> Option<(u16, u8)> {
    let (year, month) = text.split_once('-')?;
    Some((digits(year, 4)?, u8::try_from(digits(month, 2)?).ok()?))
}

impl FromStr for Date {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let parse = || {
            let (month, day) = text.rsplit_once('-')?;
            let (year, month) = year_and_month(month)?;
            Some((year, month, u8::try_from(digits(day, 2)?).ok()?))
        };
        let (year, month, day) =
            parse().ok_or_else(|| DateError::NotIso { text: width::excerpt(text) })?;
        Self::new(year, month, day)
    }
}

impl FromStr for Month {
    type Err = DateError;

    fn from_str(text: &str) -> Result<Self, DateError> {
        let (year, month) = year_and_month(text)
            .ok_or_else(|| DateError::NotIsoMonth { text: width::excerpt(text) })?;
        Self::new(year, month)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0);
        write!(formatter, "{year:04}-{month:02}-{day:02}")
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:04}-{:02}", self.year, self.month)
    }
}

impl fmt::Debug for Month {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

fn invalid_data(error: DateError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

impl BorshDeserialize for Date {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        Self::from_days(i64::from(i32::deserialize_reader(reader)?)).map_err(invalid_data)
    }
}

impl BorshDeserialize for Month {
    fn deserialize_reader<R: io::Read>(reader: &mut R) -> io::Result<Self> {
        let year = u16::deserialize_reader(reader)?;
        Self::new(year, u8::deserialize_reader(reader)?).map_err(invalid_data)
    }
}

impl Serialize for Date {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Serialize for Month {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: String = Deserialize::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl<'de> Deserialize<'de> for Month {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text: String = Deserialize::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}
