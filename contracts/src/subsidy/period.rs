//! What one batch pays for: a month, a quarter or a year, named by its last month.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use serde::{Deserialize, Serialize};

use crate::refusal::{Code, Refusal};

/// What one batch pays for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum PeriodLength {
    /// A month.
    Month,
    /// A quarter, named by its last month.
    Quarter,
    /// A year, named by December.
    Year,
}

impl PeriodLength {
    /// How many months it has.
    pub const fn months(self) -> u8 {
        match self {
            Self::Month => 1,
            Self::Quarter => 3,
            Self::Year => 12,
        }
    }

    /// Refuses a month that names no such period, and a period whose last month has not begun.
    ///
    /// # Errors
    /// [`Code::PeriodWrong`].
    pub(super) fn check(self, period: Month, occurred_on: Date) -> Result<(), Refusal> {
        if period.month().is_multiple_of(self.months()) && period <= occurred_on.month() {
            return Ok(());
        }
        let detail = format!("{period}, periods of {} months, on {occurred_on}", self.months());
        Err(Refusal::new(Code::PeriodWrong, detail))
    }
}
