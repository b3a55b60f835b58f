//! The kinds of funds under a charity, and what is demanded of each: one enum and dated parameters,
//! so that a kind differs by configuration and not by code.
//!
//! What no source at hand prints is not verified in `contracts/rules/`: it holds only where a
//! genesis names it or the governors set it, and its article says 未核实.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::fault::Fault;
use crate::parameter;
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// What kind of fund it is. None has legal personality or a bank account of its own. New ones are
/// appended.
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
pub enum FundKind {
    /// 慈善组织本级: what the charity holds for no fund; its council decides.
    General,
    /// 社区慈善基金.
    CommunityFund,
    /// 专项基金.
    SpecialFund,
    /// 救急难互助社.
    MutualAid,
    /// 慈善一日捐.
    OneDayGiving,
    /// 慈善信托, whose trustee the charity is.
    CharitableTrust,
}

impl FundKind {
    /// Its code in parameters: the Chinese name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::General => "本级",
            Self::CommunityFund => "社区慈善基金",
            Self::SpecialFund => "专项基金",
            Self::MutualAid => "救急难互助社",
            Self::OneDayGiving => "慈善一日捐",
            Self::CharitableTrust => "慈善信托",
        }
    }

    /// What a name ends with where the naming rule holds.
    pub const fn name_ending(self) -> &'static str {
        match self {
            Self::General => "",
            Self::CommunityFund => "慈善基金",
            Self::SpecialFund => "基金",
            Self::MutualAid => "互助社",
            Self::OneDayGiving => "慈善一日捐",
            Self::CharitableTrust => "慈善信托",
        }
    }
}

/// What may be demanded of a kind of fund. A parameter that is not set demands nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Demand {
    /// Fewest members of the committee.
    CommitteeMembers,
    /// Not 0: their number is odd.
    CommitteeOdd,
    /// Fewest supervisors, also in a meeting.
    Supervisors,
    /// Not 0: the name is the host's full name, something of its own, and the kind's ending.
    HostInName,
    /// Not 0: gifts come by a campaign with a filing number.
    Campaign,
    /// Not 0: the fund itself has a filing number.
    Filing,
}

impl Demand {
    /// What the names of its parameters begin with; the kind's code follows.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::CommitteeMembers => "charity.committee_members_min.",
            Self::CommitteeOdd => "charity.committee_odd.",
            Self::Supervisors => "charity.supervisors_min.",
            Self::HostInName => "charity.host_in_name.",
            Self::Campaign => "charity.campaign_needed.",
            Self::Filing => "charity.filing_needed.",
        }
    }

    /// How much of it is demanded of `kind` on `date`; 0 where no parameter holds.
    ///
    /// # Errors
    /// [`Code::ParameterInvalid`] for a value that counts nothing.
    pub fn of(
        self,
        kind: FundKind,
        date: Date,
        state: &State<'_>,
        context: &mut Context<'_>,
    ) -> Result<u32, Fault> {
        let name = format!("{}{}", self.prefix(), kind.code());
        let value = parameter::judge_if_set(state, context, &name, date)?;
        Ok(value.map_or(Ok(0), |value| counted(&name, value))?)
    }
}

/// What the names of the parameters begin with that say how much a fund may pay at a time before
/// its committee decides, in fen; the kind's code follows. No kind may where none is set.
pub const AHEAD_LIMIT: &str = "charity.ahead_limit.";

/// What the names of the parameters begin with that say within how many days of such a payment the
/// committee decides; the kind's code follows.
pub const AHEAD_DAYS: &str = "charity.ahead_days.";

/// The parameter that says how many years after its registration a charity may get the
/// public-fundraising qualification.
pub const REGISTERED_YEARS: &str = "charity.fundraising_registered_years";

/// The parameter that says how many days before it begins a campaign is filed at the latest.
pub const FILING_DAYS_BEFORE: &str = "charity.filing_days_before";

/// The parameter that says how many days after it began an emergency's campaign is filed at the
/// latest.
pub const FILING_DAYS_EMERGENCY: &str = "charity.filing_days_emergency";

/// The parameter that says which part of a committee must be present, in basis points.
pub const QUORUM: &str = "charity.quorum";

/// The parameter that says which part of those present must be exceeded, in basis points.
pub const MAJORITY: &str = "charity.majority";

/// What the names of the parameters begin with that say how much of the last year's income a
/// publicly fundraising charity spends at least; its legal form follows. Basis points.
pub const SPENDING_MIN: &str = "charity.spending_min.";

/// What the names of the parameters begin with that say which part of the year's spending
/// management may be at most; the legal form follows. Basis points.
pub const MANAGEMENT_MAX: &str = "charity.management_max.";

/// The parameter that says which part of the year's gifts raising them may cost. Basis points.
pub const FUNDRAISING_MAX: &str = "charity.fundraising_cost_max";

/// The value on `date` of a parameter that must hold and that counts something.
///
/// # Errors
/// [`Code::ParameterUnknown`], [`Code::ParameterInvalid`].
pub(super) fn judge(
    key: &str,
    date: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<u32, Fault> {
    let value = parameter::judge(state, context, key, date)?;
    Ok(counted(key, value)?)
}

fn counted(key: &(impl std::fmt::Display + ?Sized), value: i64) -> Result<u32, Refusal> {
    u32::try_from(value)
        .map_err(|_| Refusal::new(Code::ParameterInvalid, format!("{key}: {value} counts nothing")))
}
