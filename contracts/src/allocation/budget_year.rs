//! The budget year of a line: the days for whose acts its money may be used.
//!
//! The budget year is the calendar year (预算法 第十八条). Money is spent for acts of the line's own
//! year: by payment, and by 调出, which is an expenditure of a fund's budget (预算法实施条例
//! 第三十六条). It may be issued or allocated before that year (提前下达, 预算法实施条例 第四十八条)
//! and never after it: what is left at the year's end is first carried over to the next year's line
//! (预算法 第四十二条).

use minglian_ledger::date::Date;

use super::line::LineName;
use crate::refusal::{Code, Refusal};

/// Refuses to spend money of `line` for an act of another year.
///
/// # Errors
/// [`Code::OutsideBudgetYear`].
pub(super) fn require_within(line: &LineName, occurred_on: Date) -> Result<(), Refusal> {
    refuse_unless(occurred_on.year() == line.year, line, occurred_on)
}

/// Refuses to pass on money of `line` after its year.
///
/// # Errors
/// [`Code::OutsideBudgetYear`].
pub(super) fn require_not_over(line: &LineName, occurred_on: Date) -> Result<(), Refusal> {
    refuse_unless(occurred_on.year() <= line.year, line, occurred_on)
}

fn refuse_unless(fits: bool, line: &LineName, occurred_on: Date) -> Result<(), Refusal> {
    if fits {
        return Ok(());
    }
    let detail = format!("{occurred_on}, the line is of the budget year {}", line.year);
    Err(Refusal::new(Code::OutsideBudgetYear, detail))
}
