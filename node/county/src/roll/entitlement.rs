//! What a person is entitled to, from the application to the end.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};

use crate::roll::PersonNumber;

/// How far an entitlement has come. The number of a variant is part of the vault's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum State {
    /// 已申请
    Applied,
    /// 村(居)委会已核实
    VillageChecked,
    /// 乡镇已审核
    TownshipReviewed,
    /// 公示中
    Posted,
    /// 县级已审批
    CountyApproved,
    /// 发放中
    Active,
    /// 暂停发放
    Suspended,
    /// 已停发
    Ceased,
    /// 已追缴
    Recovered,
    /// 不予批准
    Refused,
}

/// Every state, in order.
pub const STATES: [State; 10] = [
    State::Applied,
    State::VillageChecked,
    State::TownshipReviewed,
    State::Posted,
    State::CountyApproved,
    State::Active,
    State::Suspended,
    State::Ceased,
    State::Recovered,
    State::Refused,
];

/// One step of its life: what became of it, when, by whom, why. All of it stays in the vault.
#[derive(Clone, BorshSerialize, BorshDeserialize)]
pub struct Step {
    /// What it became.
    pub state: State,
    /// When.
    pub on: Date,
    /// The officer, or the list, that says so.
    pub by: String,
    /// Why; may be empty.
    pub reason: String,
}

/// Months without payment.
#[derive(Clone, Copy, BorshSerialize, BorshDeserialize)]
pub struct Suspension {
    /// The first of them.
    pub from: Month,
    /// The first month that is paid again; none while it lasts.
    pub until: Option<Month>,
}

/// One person's entitlement under one programme and category. A change of category ends one and
/// begins another (停旧增新).
#[derive(Clone, BorshSerialize, BorshDeserialize)]
pub struct Entitlement {
    /// Whose.
    pub person: PersonNumber,
    /// The programme.
    pub programme: u16,
    /// The category, empty where the programme has none.
    pub category: String,
    /// The first month that is due.
    pub from: Month,
    /// The last month that is due; none while it lasts.
    pub last: Option<Month>,
    /// Months without payment.
    pub suspensions: Vec<Suspension>,
    /// What was paid for months that were not due, in fen: to be recovered (追缴).
    pub overpaid_fen: u64,
    /// The steps so far, at least one.
    pub steps: Vec<Step>,
}

impl State {
    /// Its name in words, and on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::VillageChecked => "village",
            Self::TownshipReviewed => "township",
            Self::Posted => "posted",
            Self::CountyApproved => "county",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Ceased => "ceased",
            Self::Recovered => "recovered",
            Self::Refused => "refused",
        }
    }

    /// Its name in Chinese.
    pub fn chinese(self) -> &'static str {
        match self {
            Self::Applied => "已申请",
            Self::VillageChecked => "村级已核实",
            Self::TownshipReviewed => "乡镇已审核",
            Self::Posted => "公示中",
            Self::CountyApproved => "县级已审批",
            Self::Active => "发放中",
            Self::Suspended => "暂停发放",
            Self::Ceased => "已停发",
            Self::Recovered => "已追缴",
            Self::Refused => "不予批准",
        }
    }

    /// Whether this step may follow that one.
    pub fn follows(self, before: Self) -> bool {
        match self {
            Self::Applied => false,
            Self::VillageChecked => before == Self::Applied,
            Self::TownshipReviewed => before == Self::VillageChecked,
            Self::Posted => before == Self::TownshipReviewed,
            Self::CountyApproved => before == Self::Posted,
            Self::Active => matches!(before, Self::CountyApproved | Self::Suspended),
            Self::Suspended => before == Self::Active,
            Self::Ceased => matches!(before, Self::Active | Self::Suspended),
            Self::Recovered => before == Self::Ceased,
            Self::Refused => before < Self::Active,
        }
    }
}

impl std::str::FromStr for State {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        STATES.into_iter().find(|state| state.name() == text).ok_or(UnknownState)
    }
}

/// Not the name of a state.
#[derive(Debug, thiserror::Error)]
#[error(
    "a state is applied, village, township, posted, county, active, suspended, ceased, recovered \
     or refused"
)]
pub struct UnknownState;

impl Entitlement {
    /// Where it stands.
    pub fn state(&self) -> State {
        // There is a step from the beginning; a vault that held none is not served as paying.
        self.steps.last().map_or(State::Refused, |step| step.state)
    }

    /// Whether it may still pay: one person has one such in a group of programmes.
    pub fn is_live(&self) -> bool {
        !matches!(self.state(), State::Ceased | State::Recovered | State::Refused)
    }

    /// Whether the county approved it and a month is within it.
    pub fn covers(&self, month: Month) -> bool {
        let is_approved = self.steps.iter().any(|step| step.state == State::Active);
        let is_suspended = self
            .suspensions
            .iter()
            .any(|it| it.from <= month && it.until.is_none_or(|until| month < until));
        let is_over = self.last.is_some_and(|last| last < month);
        is_approved && self.from <= month && !is_over && !is_suspended
    }
}
