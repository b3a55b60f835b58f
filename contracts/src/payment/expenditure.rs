//! What money is spent on, and what the welfare fund must not be spent on.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::parameter;
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// What the names of the parameters begin with that deny a type of expenditure; its code follows.
/// A value other than 0 denies it.
pub const DENIED: &str = "payment.denied.";

/// Types of expenditure. New ones are appended.
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
pub enum Expenditure {
    /// 设施新建、改扩建和维修 of welfare institutions.
    Construction,
    /// 设备购置.
    Equipment,
    /// 购买服务.
    Services,
    /// 补助、补贴和救助 to persons.
    Assistance,
    /// 活动.
    Activities,
    /// 培训 of those who serve.
    Training,
    /// Any other use for the project's purpose.
    Other,
    /// 因公出国(境).
    TravelAbroad,
    /// 公务接待.
    OfficialReception,
    /// 公务用车购置及运行.
    OfficialVehicles,
    /// 行政事业单位基本支出.
    BasicExpenditure,
    /// 营利活动.
    ProfitMaking,
    /// 违规发放工资奖金津补贴.
    PayAndBonuses,
    /// 楼堂馆所及职工住宅.
    OfficeBuildings,
    /// 对外投资和其他经营活动.
    Investment,
}

impl Expenditure {
    /// Its code in parameters: the Chinese name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Construction => "设施建设",
            Self::Equipment => "设备购置",
            Self::Services => "购买服务",
            Self::Assistance => "补助救助",
            Self::Activities => "活动",
            Self::Training => "培训",
            Self::Other => "其他",
            Self::TravelAbroad => "因公出国(境)",
            Self::OfficialReception => "公务接待",
            Self::OfficialVehicles => "公务用车购置及运行",
            Self::BasicExpenditure => "行政事业单位基本支出",
            Self::ProfitMaking => "营利活动",
            Self::PayAndBonuses => "工资奖金津补贴",
            Self::OfficeBuildings => "楼堂馆所",
            Self::Investment => "对外投资",
        }
    }
}

/// Refuses a type of expenditure that is denied on `date`.
///
/// # Errors
/// [`Code::ExpenditureDenied`].
pub(crate) fn require_lawful(
    expenditure: Expenditure,
    date: Date,
    state: &State<'_>,
) -> Result<(), Fault> {
    let code = expenditure.code();
    let invalid = |error| Refusal::new(Code::ParameterInvalid, error);
    let key = parameter::Key::new(format!("{DENIED}{code}")).map_err(invalid)?;
    match parameter::find(state, &key, date)? {
        Some(version) if version.value != 0 => {
            let detail = format!("{code}: {}", version.article);
            Err(Refusal::new(Code::ExpenditureDenied, detail).into())
        }
        _ => Ok(()),
    }
}
