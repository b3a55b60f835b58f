//! Deadlines in working days, behind one function: until the calendar of holidays is on the
//! ledger they count weekends only and are provisional.

use minglian_ledger::date::Date;
use minglian_ledger::state::{StateError, StateRead};

const SATURDAY: u8 = 6;

/// The last day on which something is in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline {
    /// The day.
    pub date: Date,
    /// Whether holidays are not known yet, so that the day may move.
    pub provisional: bool,
}

/// The last of `days` working days after `date`, which is itself not counted (民法典 第二百零一条);
/// none beyond the calendar's range.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn deadline(
    _reader: &dyn StateRead,
    date: Date,
    days: u16,
) -> Result<Option<Deadline>, StateError> {
    let (mut date, mut left) = (date, days);
    while left > 0 {
        let Some(next) = date.add_days(1) else { return Ok(None) };
        date = next;
        left -= u16::from(date.weekday() < SATURDAY);
    }
    Ok(Some(Deadline { date, provisional: true }))
}
