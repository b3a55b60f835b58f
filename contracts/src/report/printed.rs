//! Figures as a notice prints them: of what they speak, what they measure, and how precisely.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::division::Division;
use minglian_ledger::fen::{Fen, Unit};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use crate::allocation::{Category, LineName};
use crate::charity::fund::{Filing, FundName};

/// Most digits behind the decimal point of a printed figure.
pub const DECIMALS_MAX: u8 = 9;

/// Parts of one fen, one percent or one piece in which figures are compared: as many as
/// [`DECIMALS_MAX`] digits can tell apart.
pub const NANO: i128 = 1_000_000_000;

/// Of what a figure speaks.
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
}

/// A fund in an organisation's hands, all lines together.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct FundOfHolder {
    /// Who holds it.
    pub holder: OrganizationCode,
    /// The fund.
    pub fund: Text<64>,
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

/// What a figure counts, whatever unit it is printed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Fen.
    Money,
    /// Percent.
    Percent,
    /// Pieces.
    Count,
}

impl FigureUnit {
    /// As notices print it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yuan => "元",
            Self::TenThousandYuan => "万元",
            Self::HundredMillionYuan => "亿元",
            Self::Percent => "%",
            Self::Count => "个",
            Self::TenThousandCount => "万个",
        }
    }

    /// What it counts.
    pub const fn quantity(self) -> Quantity {
        match self {
            Self::Yuan | Self::TenThousandYuan | Self::HundredMillionYuan => Quantity::Money,
            Self::Percent => Quantity::Percent,
            Self::Count | Self::TenThousandCount => Quantity::Count,
        }
    }

    /// How many fen, percent or pieces it is.
    const fn scale(self) -> i128 {
        match self {
            Self::Yuan => 100,
            Self::TenThousandYuan => 1_000_000,
            Self::HundredMillionYuan => 10_000_000_000,
            Self::Percent | Self::Count => 1,
            Self::TenThousandCount => 10_000,
        }
    }

    const fn money(self) -> Unit {
        match self {
            Self::TenThousandYuan => Unit::TenThousandYuan,
            Self::HundredMillionYuan => Unit::HundredMillionYuan,
            _ => Unit::Yuan,
        }
    }

    /// A number of fen or pieces, exact, in this unit.
    pub fn show(self, value: i128) -> String {
        let sign = if value < 0 { "-" } else { "" };
        let size = value.unsigned_abs();
        if self.quantity() != Quantity::Money {
            return format!("{sign}{size}个");
        }
        match u64::try_from(size).ok().and_then(|fen| Fen::new(fen).ok()) {
            Some(fen) => format!("{sign}{}{}", fen.display_in(self.money()), self.as_str()),
            None => format!("{sign}{size}分"),
        }
    }
}

impl Figure {
    /// Its value in parts of [`NANO`].
    pub fn nano(&self) -> i128 {
        i128::from(self.mantissa).saturating_mul(self.step())
    }

    /// What its last printed digit counts, in parts of [`NANO`].
    pub fn step(&self) -> i128 {
        let places = u32::from(DECIMALS_MAX.saturating_sub(self.decimals));
        10_i128.saturating_pow(places).saturating_mul(self.unit.scale())
    }

    /// Whether `value` fen or pieces, rounded to what is printed, is this figure.
    pub fn is_about(&self, value: i128) -> bool {
        let difference = value.saturating_mul(NANO).saturating_sub(self.nano());
        difference.saturating_abs().saturating_mul(2) <= self.step()
    }

    /// Whether `value` is this figure to the last fen or piece.
    pub fn is_exactly(&self, value: i128) -> bool {
        value.saturating_mul(NANO) == self.nano()
    }

    /// Whether `part` in percent of `whole`, rounded to what is printed, is this figure.
    pub fn is_share(&self, part: i128, whole: i128) -> bool {
        let exact = part.saturating_mul(100).saturating_mul(NANO);
        let difference = exact.saturating_sub(self.nano().saturating_mul(whole));
        let tolerance = self.step().saturating_mul(whole);
        whole > 0 && difference.saturating_abs().saturating_mul(2) <= tolerance
    }

    /// Its value in whole fen or pieces; parts of one are cut off.
    pub fn value(&self) -> i128 {
        self.nano() / NANO
    }

    /// As it is printed, with its unit.
    pub fn printed(&self) -> String {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = decimal(u128::from(self.mantissa.unsigned_abs()), self.decimals);
        format!("{sign}{digits}{}", self.unit.as_str())
    }
}

/// `part` in percent of `whole`, rounded half up to `decimals`, with its sign; none of nothing.
pub fn percent(part: i128, whole: i128, decimals: u8) -> Option<String> {
    let (part, whole) = (u128::try_from(part).ok()?, u128::try_from(whole).ok()?);
    let exact = part.checked_mul(200)?.checked_mul(10_u128.checked_pow(decimals.into())?)?;
    let rounded = exact.checked_add(whole)?.checked_div(whole.checked_mul(2)?)?;
    Some(format!("{}%", decimal(rounded, decimals)))
}

/// Digits with a point before the last `decimals` of them.
fn decimal(digits: u128, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let padded = format!("{digits:0width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at(padded.len() - decimals);
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}
