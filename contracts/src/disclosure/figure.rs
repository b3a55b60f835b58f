//! Figures that a notice prints, as data, so that they can be laid beside the book.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::division::Division;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use crate::allocation::{Category, LineName};
use crate::charity::fund::{Filing, FundName};
use crate::refusal::{Code, Refusal};

/// Most figures of one publication.
pub const FIGURES_MAX: usize = 256;

/// Most digits behind the decimal point of a printed figure.
pub const DECIMALS_MAX: u8 = 9;

/// Of what a figure speaks. New ones are appended.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FigureSubject {
    /// All that an organisation has of what is measured.
    Organization(OrganizationCode),
    /// What an organisation holds of a fund.
    Fund(FundOfHolder),
    /// A quota line.
    Line(LineName),
    /// A project.
    Project(Text<128>),
    /// A charity's fund.
    CharityFund(FundName),
    /// A campaign.
    Campaign(Filing),
    /// All organisations of a division.
    Division(Division),
    /// What the ledger has no name for, as printed.
    Other(Text<128>),
    /// A game of a lottery centre.
    Game(GameOfCentre),
}

/// A fund in an organisation's hands, all lines together.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct FundOfHolder {
    /// Who holds it.
    pub holder: OrganizationCode,
    /// The fund.
    pub fund: Text<64>,
}

/// A game as one lottery centre states it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct GameOfCentre {
    /// The centre.
    pub centre: OrganizationCode,
    /// The game, as its ratio parameter spells it.
    pub game: Text<64>,
}

/// What a figure measures. New ones are appended.
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
pub enum FigureMeasure {
    /// 筹集.
    Raised,
    /// 上缴.
    Remitted,
    /// 下达到, received.
    Received,
    /// 安排、分配.
    Allocated,
    /// 支出.
    Spent,
    /// 结转.
    Carried,
    /// 结余.
    Balance,
    /// 执行率: spent in relation to what was allocated.
    ExecutionRate,
    /// 收入 of a charity.
    Income,
    /// 慈善活动支出 and other spending of a charity.
    Expenditure,
    /// 管理费用.
    ManagementCost,
    /// 受益人数.
    Beneficiaries,
    /// 项目数.
    ProjectCount,
    /// A sum of other figures of the notice.
    Total,
    /// Something else, as the label says.
    Other,
    /// 销量 of the lottery.
    Sales,
    /// 公益金 that sales brought, without unclaimed prizes.
    Fund,
}

/// In what a figure is printed. New ones are appended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum FigureUnit {
    /// 元.
    Yuan,
    /// 万元.
    TenThousandYuan,
    /// 亿元.
    HundredMillionYuan,
    /// %.
    Percent,
    /// 个, 项, 人 and the like.
    Count,
    /// 万个, 万人 and the like.
    TenThousandCount,
}

/// A figure that a notice prints. Its value is `mantissa` ÷ 10^`decimals` units, so its printed
/// precision is known: 96.23 % is 9623 with 2 decimals.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Figure {
    /// What the notice calls it.
    pub label: Text<128>,
    /// Of what it speaks.
    pub subject: FigureSubject,
    /// The category, if it speaks of one.
    pub category: Option<Category>,
    /// What it measures.
    pub measure: FigureMeasure,
    /// The year, as the notice labels it.
    pub year: Option<u16>,
    /// The printed digits without their decimal point.
    pub mantissa: i64,
    /// How many of them stand behind the point.
    pub decimals: u8,
    /// In what it is printed.
    pub unit: FigureUnit,
}

/// Refuses too many figures, one without a label, and one with more decimals than are printed.
pub(super) fn check(figures: &[Figure]) -> Result<(), Refusal> {
    let invalid = |detail: String| Err(Refusal::new(Code::FiguresInvalid, detail));
    if figures.len() > FIGURES_MAX {
        return invalid(format!("{} figures, {FIGURES_MAX} are the most", figures.len()));
    }
    for (place, figure) in figures.iter().enumerate() {
        if figure.label.is_empty() || figure.decimals > DECIMALS_MAX {
            let (label, decimals) = (&figure.label, figure.decimals);
            return invalid(format!("figure {place}: label 「{label}」, {decimals} decimals"));
        }
    }
    Ok(())
}
