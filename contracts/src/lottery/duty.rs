//! What a lottery centre does by a day of the next month, and whether it was in time.
//!
//! The day is a dated parameter, judged on the last day of the month of sales; where none holds,
//! nothing is said. Whether the act was in time is judged by the block's time, never by the day
//! that the act claims, and being late is a fact in the receipt, not a refusal. The day is not
//! moved when it falls on a day off: the rule does not say so.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::state::{StateError, StateRead};
use serde::{Deserialize, Serialize};

use super::{Event, REMITTANCE_DAY, STATEMENT_DAY};
use crate::context::Context;
use crate::fault::Fault;
use crate::parameter::{self, Key};
use crate::refusal::{Code, Refusal};
use crate::schema::State;
use crate::working_day;

/// The last day that every month has.
const DAY_MAX: i64 = 31;

/// What is due.
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
#[serde(rename_all = "snake_case")]
pub enum Duty {
    /// The statement of a game's sales.
    Statement,
    /// The remittance of the central share.
    Remittance,
}

impl Duty {
    /// The parameter that says by which day of the next month.
    pub const fn parameter(self) -> &'static str {
        match self {
            Self::Statement => STATEMENT_DAY,
            Self::Remittance => REMITTANCE_DAY,
        }
    }
}

/// How many days after `due_on` an act of `today` comes: 0 if it is in time.
pub fn days_late(due_on: Date, today: Date) -> u32 {
    u32::try_from(due_on.days_until(today)).unwrap_or(0)
}

/// By which day what is due for the sales of `period` was to be done; none where no day holds, or
/// none that a month has.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn due_on(
    reader: &dyn StateRead,
    duty: Duty,
    period: Month,
) -> Result<Option<Date>, StateError> {
    let Ok(key) = Key::new(duty.parameter()) else { return Ok(None) };
    let version = parameter::find(reader, &key, period.last_day())?;
    Ok(version.and_then(|version| day_in(version.value, period)))
}

/// The day of that number in the month after `period`.
fn day_in(day: i64, period: Month) -> Option<Date> {
    let day = u8::try_from(day).ok().filter(|day| (1..=DAY_MAX).contains(&i64::from(*day)))?;
    Some(working_day::day_of(period.add_months(1)?, day))
}

/// Reports by which day the act was due and how late it comes.
pub(super) fn report(
    duty: Duty,
    period: Month,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let date = period.last_day();
    let Some(day) = parameter::judge_if_set(state, context, duty.parameter(), date)? else {
        return Ok(());
    };
    let invalid = || Refusal::new(Code::ParameterInvalid, format!("{}: {day}", duty.parameter()));
    let due_on = day_in(day, period).ok_or_else(invalid)?;
    let days_late = days_late(due_on, context.today());
    context.emit(Event::Timed { duty, period, due_on, days_late });
    Ok(())
}
