//! Days within which oversight acts, as dated parameters, and whether an act was in time.

use minglian_ledger::date::Date;

use crate::context::Context;
use crate::fault::Fault;
use crate::parameter;
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// Days from receiving a complaint to accepting or declining it.
pub const ACCEPT_DAYS: &str = "oversight.complaint_accept_days";

/// Days from accepting a complaint to answering it.
pub const ANSWER_DAYS: &str = "oversight.complaint_answer_days";

/// Days by which the time to answer can be extended, once.
pub const EXTENSION_DAYS: &str = "oversight.complaint_extension_days";

/// Days from a finding to its rectification.
pub const RECTIFICATION_DAYS: &str = "oversight.rectification_days";

/// Least heights between a plan and the block whose id enters its seed.
pub const SAMPLE_HEIGHTS_MIN: &str = "oversight.sample_heights_min";

/// A parameter that counts something, on `date`.
///
/// # Errors
/// [`Code::ParameterUnknown`], [`Code::ParameterInvalid`] if it is negative or too large.
pub(super) fn count(
    key: &str,
    date: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<u32, Fault> {
    let value = parameter::judge(state, context, key, date)?;
    let invalid = || Refusal::new(Code::ParameterInvalid, format!("{key}: {value}"));
    Ok(u32::try_from(value).map_err(|_| invalid())?)
}

/// The last day of a period of `key` days that begins on `from`, which does not count.
pub(super) fn due(
    key: &str,
    from: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<Date, Fault> {
    let days = count(key, from, state, context)?;
    let last = i32::try_from(days).ok().and_then(|days| from.add_days(days));
    Ok(last.unwrap_or(Date::MAX))
}

/// By how many days `date` is later than `due`; none if it is not.
pub fn days_late(due: Date, date: Date) -> u32 {
    u32::try_from(due.days_until(date)).unwrap_or(0)
}
