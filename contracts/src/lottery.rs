//! The lottery's public-welfare fund (福利彩票公益金): accrued from sales, split, remitted.
//!
//! The lottery centre states the sales of one game in one month, once. The fund's share is sales ×
//! the game's ratio on the last day of that month; it splits between the central and the local
//! government by the central share of the same day. Unclaimed prizes join the local share whole
//! (彩票管理条例 第三十一条). Money enters the book here as cash, into one account for each side and
//! month, and leaves by remittance. A statement is corrected by a settlement (清算) that names it
//! and moves the difference only. Statement and remittance are due on a day of the next month; the
//! receipt says how late they came. The remitted share is divided among its users by arithmetic,
//! the local share between province and lower level by the province's own figure, if it is known.
//!
//! **Invariant**, for every statement: central + local = fund, and, while the central share is one
//! half, the central share is the local share less unclaimed prizes, or one fen more.

pub mod accrual;
pub mod central;
pub mod duty;
pub mod local;
pub mod published;
pub mod remittance;
pub mod statement;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

pub use remittance::{REMITTANCES, Remittance};
pub use statement::{STATEMENTS, Stated};

use crate::book::{AccountId, Measure};
use crate::context::Context;
use crate::fault::Fault;
use crate::policy::{Policy, Step};
use crate::schema::State;

/// What the names of the games' ratios begin with; the game follows. In basis points of sales.
pub const FUND_RATIO: &str = "lottery.fund_ratio.";

/// The parameter below which no game's ratio may lie, in basis points of sales.
pub const FUND_RATIO_FLOOR: &str = "lottery.fund_ratio_floor";

/// The parameter that says how much of the fund is the central government's, in basis points.
pub const CENTRAL_SHARE: &str = "lottery.central_share";

/// What the names of the parameters begin with that divide the central share among its users; the
/// user follows. In basis points; together the whole.
pub const CENTRAL_PART: &str = "lottery.central_part.";

/// The parameter that says by which day of the next month a month's central share is remitted.
pub const REMITTANCE_DAY: &str = "lottery.remittance_day";

/// The parameter that says by which day of the next month a month's sales are stated.
pub const STATEMENT_DAY: &str = "lottery.statement_day";

/// What the names of the parameters begin with that say which part of the local share is the
/// province's, in basis points; the province's code follows, and a dot and the game where it has
/// a part of its own.
pub const PROVINCE_SHARE: &str = "lottery.province_share.";

/// A game's name, as its ratio parameter spells it, e.g. `双色球`.
pub type Game = Text<64>;

const CENTRE: &[OrganizationKind] = &[OrganizationKind::LotteryCentre];
const FINANCE: &[OrganizationKind] = &[OrganizationKind::Finance];

/// Whose a part of the money is.
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
pub enum Side {
    /// The central government's share of the fund.
    Central,
    /// The local share of the fund.
    Local,
    /// Unclaimed prizes, which are local too and are entered apart.
    UnclaimedPrizes,
}

impl Side {
    /// The fund as the book names it: unclaimed prizes stand in the local one.
    pub const fn fund(self) -> &'static str {
        match self {
            Self::Central => "福利彩票公益金·中央分成",
            Self::Local | Self::UnclaimedPrizes => "福利彩票公益金·地方分成",
        }
    }

    /// The name in references and descriptions.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Central => "中央分成",
            Self::Local => "地方分成",
            Self::UnclaimedPrizes => "弃奖奖金",
        }
    }

    /// The account in which `holder` has this side's money of a month.
    pub fn account(self, holder: OrganizationCode, period: Month) -> AccountId {
        AccountId::Line {
            holder,
            measure: Measure::Cash,
            // The names above and a month are far shorter than their fields.
            fund: Text::new(self.fund()).unwrap_or_default(),
            year: period.year(),
            line: Text::new(period.to_string()).unwrap_or_default(),
        }
    }
}

/// What the lottery centre can do, and finance with the local share; each act by a maker, then a
/// checker.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// States a game's sales in a month.
    Statement(statement::Statement),
    /// Corrects a statement.
    Settle(statement::Settlement),
    /// Remits the central share to the treasury, where it leaves this ledger.
    Remit(remittance::Remit),
    /// A remittance, or a part of it, came back from the treasury (清算返还).
    TakeBack(remittance::TakeBack),
    /// Hands the local share and unclaimed prizes to a finance department.
    HandOver(remittance::HandOver),
    /// Divides a game's local share between the province and the level below.
    DivideLocal(local::DivideLocal),
    /// Local share comes back to the centre, for a settlement. Finance.
    GiveBack(local::GiveBack),
}

/// What became of the fund. The money's way, with its intervals, is in the movements beside it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A statement was entered.
    Stated {
        /// The game.
        game: Game,
        /// The month of the sales.
        period: Month,
        /// What it adds up to.
        accrual: accrual::Accrual,
        /// Unclaimed prizes, beside the fund's share.
        unclaimed_prizes: Fen,
    },
    /// A statement was corrected.
    Settled {
        /// The game.
        game: Game,
        /// The month of the sales.
        period: Month,
        /// The record that was the newest about this game and month.
        corrects: LogIndex,
        /// What the corrected figures add up to.
        accrual: accrual::Accrual,
        /// Unclaimed prizes, corrected.
        unclaimed_prizes: Fen,
        /// Came in by the correction.
        added: Fen,
        /// Went out by the correction.
        withdrawn: Fen,
    },
    /// The central share, or a part of it, was remitted.
    Remitted {
        /// The month of the sales.
        period: Month,
        /// How much.
        amount: Fen,
        /// What of the month is still due.
        due: Fen,
    },
    /// By which day an act was due, and how late it came by the block's time.
    Timed {
        /// What was due.
        duty: duty::Duty,
        /// The month of the sales.
        period: Month,
        /// The last day on which it is in time.
        due_on: Date,
        /// Days after it; 0 if it is in time.
        days_late: u32,
    },
    /// Who gets how much of a remittance.
    CentralDivided {
        /// The month of the sales.
        period: Month,
        /// The parts, which add up to the remittance.
        parts: Vec<central::CentralPart>,
    },
    /// A game's local share, or a part of it, was divided.
    LocalDivided {
        /// The game.
        game: Game,
        /// The month of the sales.
        period: Month,
        /// The province's part.
        province: Fen,
        /// The lower level's part.
        lower: Fen,
    },
}

impl Call {
    /// Work of the call, see [`crate::call::Call::weight`].
    pub fn weight(&self) -> u64 {
        match self {
            Self::Statement(_) | Self::Settle(_) => 250,
            Self::DivideLocal(_) => 250,
            Self::GiveBack(_) => 160,
            Self::Remit(_) => 160,
            Self::TakeBack(_) | Self::HandOver(_) => 120,
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        let kinds = if matches!(self, Self::GiveBack(_)) { FINANCE } else { CENTRE };
        Policy::Steps(vec![Step::own(kinds, Role::Maker), Step::own(kinds, Role::Checker)])
    }

    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::Statement(statement) => statement::state(statement, state, context),
            Self::Settle(settlement) => statement::settle(settlement, state, context),
            Self::Remit(remit) => remittance::remit(remit, state, context),
            Self::TakeBack(take) => remittance::take_back(take, state, context),
            Self::HandOver(over) => remittance::hand_over(over, state, context),
            Self::DivideLocal(call) => local::enter(call, state, context),
            Self::GiveBack(call) => local::give_back(call, state, context),
        }
    }
}
