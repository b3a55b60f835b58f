//! Days within which oversight acts, as dated parameters, and whether an act was in time.

use minglian_ledger::date::Date;

use crate::context::Context;
use crate::fault::Fault;
use crate::parameter::{self, Statutory};
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

const fn rule(
    key: &'static str,
    value: i64,
    unit: &'static str,
    from: Option<(u16, u8, u8)>,
    article: &'static str,
) -> Statutory {
    Statutory { key, value, unit, from, until: None, article }
}

/// The periods with which a chain starts. The texts of the articles were not at hand.
pub const STATUTORY: &[Statutory] = &[
    rule(
        ACCEPT_DAYS,
        15,
        "days",
        None,
        "信访工作条例 第二十三条: 收到之日起15日内决定是否受理(条文未核实)",
    ),
    rule(
        ANSWER_DAYS,
        60,
        "days",
        None,
        "信访工作条例 第三十四条: 受理之日起60日内办结(条文未核实)",
    ),
    rule(
        EXTENSION_DAYS,
        30,
        "days",
        None,
        "信访工作条例 第三十四条: 情况复杂的可延长不超过30日(条文未核实)",
    ),
    rule(RECTIFICATION_DAYS, 60, "days", None, "审计整改期限(未核实,各地规定不一)"),
    rule(SAMPLE_HEIGHTS_MIN, 20, "heights", None, "本账本规则: 抽样方案须早于目标高度"),
];
