//! Working days, and the deadlines that law counts in them.
//!
//! Which days are worked follows from the week and from the State Council's yearly notice of
//! holidays (国务院办公厅关于部分节假日安排的通知), which is part of the state: genesis enters the
//! notices shipped under `contracts/rules/holidays.toml`, governors enter those of later years. A
//! deadline that runs through a year without a notice counts weekends only and is *provisional*.
//!
//! Deadlines in plain days and months are [`Date::add_days`] and [`Date::add_months`], a month's
//! end is [`Month::last_day`]; [`day_of`] is a day of a month, e.g. 每月15日.

use std::collections::BTreeMap;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::height::Height;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Most days in either list of a notice.
pub const NOTICE_DAYS_MAX: usize = 64;

/// Most working days that a deadline may have.
pub const WORKING_DAYS_MAX: u16 = 1_000;

/// Fewest working days of any year, with which it is estimated how many years a deadline runs
/// through: a year has more than 240.
const WORKING_DAYS_OF_YEAR_MIN: u16 = 200;

const SATURDAY: u8 = 6;

/// The notice that holds for each year.
pub const HOLIDAYS: Table<u16, Holidays> = Table::new(schema::prefix::HOLIDAYS);

/// Which days of a year are off, and which of its weekend days are worked.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// The year.
    pub year: u16,
    /// Days off, ascending; weekend days among them may be listed too.
    pub holidays: Vec<Date>,
    /// Saturdays and Sundays that are worked, ascending.
    pub working_weekends: Vec<Date>,
    /// The notice, with its 文号.
    pub article: Text<256>,
}

/// The notice that holds for a year, as the state has it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Holidays {
    /// How often a notice for this year was entered: a later one replaces it.
    pub version: u32,
    /// What it says.
    pub notice: Notice,
    /// The block that entered it.
    pub entered_at: Height,
}

/// The last day on which something is in time.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct Deadline {
    /// The day.
    pub date: Date,
    /// Whether no notice was known for a year through which it runs: the day may move.
    pub provisional: bool,
}

/// The notices of some years, by which days are told apart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar(BTreeMap<u16, Notice>);

impl Notice {
    /// Refuses days of another year, days out of order or in both lists, weekdays in the list of
    /// weekend days, and a notice that names no holidays or no document.
    ///
    /// # Errors
    /// [`Code::HolidaysInvalid`].
    pub fn check(&self) -> Result<(), Refusal> {
        let invalid = |detail: String| Err(Refusal::new(Code::HolidaysInvalid, detail));
        let Self { year, holidays, working_weekends, article } = self;
        if holidays.is_empty() || article.is_empty() {
            return invalid(format!("{year}: no holidays, or no notice"));
        }
        for days in [holidays, working_weekends] {
            if days.len() > NOTICE_DAYS_MAX {
                return invalid(format!("{year}: {} days", days.len()));
            }
            if let Some(day) = days.iter().find(|day| day.year() != *year) {
                return invalid(format!("{year}: {day} lies in another year"));
            }
            if let Some(pair) = days.windows(2).find(|pair| pair[0] >= pair[1]) {
                return invalid(format!("{year}: {} before {}", pair[0], pair[1]));
            }
        }
        for day in working_weekends {
            if day.weekday() < SATURDAY || holidays.contains(day) {
                return invalid(format!("{year}: {day} is a weekday or a holiday"));
            }
        }
        Ok(())
    }
}

impl Calendar {
    /// A calendar of these notices; of two for one year the later.
    pub fn new(notices: impl IntoIterator<Item = Notice>) -> Self {
        Self(notices.into_iter().map(|notice| (notice.year, notice)).collect())
    }

    /// The notices in force for a deadline of `working_days` from `date` on.
    ///
    /// # Errors
    /// [`StateError`] if the state cannot be read.
    pub fn read(reader: &dyn StateRead, date: Date, working_days: u16) -> Result<Self, StateError> {
        let years = working_days.min(WORKING_DAYS_MAX) / WORKING_DAYS_OF_YEAR_MIN + 1;
        let mut notices = Vec::new();
        for year in date.year()..=date.year().saturating_add(years) {
            notices.extend(HOLIDAYS.get(reader, &year)?.map(|holidays| holidays.notice));
        }
        Ok(Self::new(notices))
    }

    /// Whether the year's notice is known.
    pub fn knows(&self, year: u16) -> bool {
        self.0.contains_key(&year)
    }

    /// Whether `date` is worked, as far as is known.
    pub fn is_working_day(&self, date: Date) -> bool {
        let is_weekday = date.weekday() < SATURDAY;
        match self.0.get(&date.year()) {
            None => is_weekday,
            Some(notice) if is_weekday => notice.holidays.binary_search(&date).is_err(),
            Some(notice) => notice.working_weekends.binary_search(&date).is_ok(),
        }
    }
}

/// The last of `days` working days after `date`, which is itself not counted (民法典 第二百零一条).
/// None above [`WORKING_DAYS_MAX`] or beyond the calendar's range. With 0 days: `date` itself.
pub fn add_working_days(date: Date, days: u16, calendar: &Calendar) -> Option<Deadline> {
    if days > WORKING_DAYS_MAX {
        return None;
    }
    let mut deadline = Deadline { date, provisional: false };
    for _ in 0..days {
        deadline = next_working_day(deadline, calendar)?;
    }
    Some(deadline)
}

/// `date`, or the next working day if it is none (民法典 第二百零三条: a period that ends on a day
/// off ends on the day after the days off).
pub fn on_working_day(date: Date, calendar: &Calendar) -> Option<Deadline> {
    let today = Deadline { date, provisional: !calendar.knows(date.year()) };
    if calendar.is_working_day(date) { Some(today) } else { next_working_day(today, calendar) }
}

fn next_working_day(after: Deadline, calendar: &Calendar) -> Option<Deadline> {
    let Deadline { mut date, mut provisional } = after;
    loop {
        date = date.add_days(1)?;
        provisional |= !calendar.knows(date.year());
        if calendar.is_working_day(date) {
            return Some(Deadline { date, provisional });
        }
    }
}

/// The `day`-th of `month`, or its last day if it has none.
pub fn day_of(month: Month, day: u8) -> Date {
    let lawful = day.clamp(1, month.days());
    // The month is in range and has this day.
    Date::new(month.year(), month.month(), lawful).unwrap_or_else(|_| month.last_day())
}

/// The deadline of `days` working days after `date`, by the notices in the state.
///
/// # Errors
/// [`StateError`] if the state cannot be read; none as for [`add_working_days`].
pub fn deadline(
    reader: &dyn StateRead,
    date: Date,
    days: u16,
) -> Result<Option<Deadline>, StateError> {
    Ok(add_working_days(date, days, &Calendar::read(reader, date, days)?))
}

/// Enters a year's notice; returns its version. It replaces one that was there.
///
/// # Errors
/// [`Code::HolidaysInvalid`].
pub(crate) fn enter(
    state: &mut State<'_>,
    notice: &Notice,
    entered_at: Height,
) -> Result<u32, Fault> {
    notice.check()?;
    let known = HOLIDAYS.get(state, &notice.year)?.map_or(0, |holidays| holidays.version);
    let version = known.saturating_add(1);
    let notice = notice.clone();
    HOLIDAYS.put(state, &notice.year.clone(), &Holidays { version, notice, entered_at });
    Ok(version)
}
