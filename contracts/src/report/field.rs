//! The columns that reports on quota lines are made of, each with where it comes from.

use minglian_ledger::date::Date;

use super::facts::{Facts, Sums};
use super::table::{Cell, Column, Kind};
use crate::allocation::status::Stage;

/// A column of a report on quota lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The holder's code.
    Holder,
    /// The holder's name.
    HolderName,
    /// The division in which the holder acts.
    Division,
    /// The fund.
    Fund,
    /// The budget year.
    Year,
    /// The category.
    Category,
    /// The project's reference.
    Project,
    /// The project's title.
    ProjectTitle,
    /// The line's name.
    Line,
    /// How far its money is.
    Stage,
    /// 文号, or the notice.
    Documents,
    /// The year for which its money was first issued.
    FirstYear,
    /// The day it was issued.
    IssuedOn,
    /// The day its holder confirmed it.
    ReceivedOn,
    /// Days between them.
    DaysToReceive,
    /// How many lines.
    Lines,
    /// The row's quota, however it came.
    Quota,
    /// Received from outside.
    Received,
    /// Brought forward.
    BroughtForward,
    /// Got from within.
    Within,
    /// Came back from lines below.
    Returned,
    /// Passed on.
    Issued,
    /// What could be spent.
    Disposable,
    /// Arranged for the row's own use.
    Arranged,
    /// Spent.
    Spent,
    /// Spent of what could be spent.
    ExecutionRate,
    /// Carried to the next year.
    Carried,
    /// Taken back or lapsed.
    Recovered,
    /// 调出.
    TransferredOut,
    /// Left.
    Available,
    /// Received, in 万元.
    ReceivedTenThousands,
    /// Brought forward, in 万元.
    BroughtForwardTenThousands,
    /// Arranged, in 万元.
    ArrangedTenThousands,
    /// Spent, in 万元.
    SpentTenThousands,
    /// Carried, in 万元.
    CarriedTenThousands,
    /// Left, in 万元.
    AvailableTenThousands,
}

impl Field {
    /// The column.
    pub const fn column(self) -> Column {
        use Field as F;
        use Kind::{Count, Key, Number, Particular, Sum};
        let rate = Kind::Rate { part: "spent", whole: "disposable" };
        match self {
            F::Holder => Column::new("holder", Key, "单位代码", "Holder"),
            F::HolderName => Column::new("holder_name", Particular, "单位名称", "Holder's name"),
            F::Division => Column::new("division", Particular, "行政区划", "Division"),
            F::Fund => Column::new("fund", Key, "资金来源", "Fund"),
            F::Year => Column::new("year", Key, "预算年度", "Budget year"),
            F::Category => Column::new("category", Key, "类别", "Category"),
            F::Project => Column::new("project", Key, "项目编号", "Project"),
            F::ProjectTitle => {
                Column::new("project_title", Particular, "项目名称", "Project's title")
            }
            F::Line => Column::new("line", Key, "指标名称", "Quota line"),
            F::Stage => Column::new("stage", Particular, "进展", "Stage"),
            F::Documents => Column::new("documents", Key, "文号", "Documents"),
            F::FirstYear => {
                Column::new("first_year", Particular, "首次下达年度", "First issued for")
            }
            F::IssuedOn => Column::new("issued_on", Particular, "下达日期", "Issued on"),
            F::ReceivedOn => Column::new("received_on", Particular, "签收日期", "Received on"),
            F::DaysToReceive => {
                Column::new("days_to_receive", Number, "签收天数", "Days to receipt")
            }
            F::Lines => Column::new("lines", Count, "指标条数", "Lines"),
            F::Quota => Column::new("quota", Sum, "指标金额", "Quota"),
            F::Received => Column::new("received", Sum, "收到", "Received"),
            F::BroughtForward => Column::new("brought_forward", Sum, "上年结转", "Brought forward"),
            F::Within => Column::new("within", Sum, "内部分配收入", "Got from within"),
            F::Returned => Column::new("returned", Sum, "下级退回", "Came back"),
            F::Issued => Column::new("issued", Sum, "已分配下达", "Passed on"),
            F::Disposable => Column::new("disposable", Sum, "可支配指标", "Disposable"),
            F::Arranged => Column::new("arranged", Sum, "安排", "Arranged"),
            F::Spent => Column::new("spent", Sum, "支出", "Spent"),
            F::ExecutionRate => Column::new("execution_rate", rate, "执行率", "Execution rate"),
            F::Carried => Column::new("carried", Sum, "结转下年", "Carried forward"),
            F::Recovered => Column::new("recovered", Sum, "收回及结余", "Taken back or lapsed"),
            F::TransferredOut => Column::new("transferred_out", Sum, "调出", "Transferred out"),
            F::Available => Column::new("available", Sum, "可用余额", "Available"),
            other => other.in_ten_thousands(),
        }
    }

    /// The field that names that of which this one is a particular, if it is one.
    pub const fn names(self) -> Option<Self> {
        match self {
            Self::HolderName | Self::Division => Some(Self::Holder),
            Self::ProjectTitle => Some(Self::Project),
            Self::Stage
            | Self::FirstYear
            | Self::IssuedOn
            | Self::ReceivedOn
            | Self::DaysToReceive => Some(Self::Line),
            _ => None,
        }
    }

    /// The field of this name, among those that name rows.
    pub fn of_key(key: &str) -> Option<Self> {
        let all = [
            Self::Holder,
            Self::Fund,
            Self::Year,
            Self::Category,
            Self::Project,
            Self::Line,
            Self::Documents,
        ];
        all.into_iter().find(|field| field.column().key == key)
    }

    const fn in_ten_thousands(self) -> Column {
        match self {
            Self::BroughtForwardTenThousands => ten_thousands(
                "brought_forward_wan",
                "brought_forward",
                "上年结转(万元)",
                "Brought forward (10,000 yuan)",
            ),
            Self::ArrangedTenThousands => {
                ten_thousands("arranged_wan", "arranged", "安排(万元)", "Arranged (10,000 yuan)")
            }
            Self::SpentTenThousands => {
                ten_thousands("spent_wan", "spent", "支出(万元)", "Spent (10,000 yuan)")
            }
            Self::CarriedTenThousands => ten_thousands(
                "carried_wan",
                "carried",
                "结转下年(万元)",
                "Carried forward (10,000 yuan)",
            ),
            Self::AvailableTenThousands => ten_thousands(
                "available_wan",
                "available",
                "可用余额(万元)",
                "Available (10,000 yuan)",
            ),
            _ => ten_thousands("received_wan", "received", "收到(万元)", "Received (10,000 yuan)"),
        }
    }

    /// What stands there for a line. What the table derives is left empty.
    pub fn cell(self, facts: &Facts, sums: &Sums, today: Date) -> Cell {
        let Facts { name, line, .. } = facts;
        match self {
            Self::Holder => Cell::text(name.holder),
            Self::HolderName => Cell::optional(facts.holder_name.as_ref()),
            Self::Division => Cell::optional(facts.division),
            Self::Fund => Cell::text(&name.fund),
            Self::Year => Cell::Number(name.year.into()),
            Self::Category => Cell::optional(facts.category()),
            Self::Project => Cell::optional(line.purpose.project.as_ref()),
            Self::ProjectTitle => Cell::optional(facts.project_title.as_ref()),
            Self::Line => Cell::text(&name.line),
            Self::Stage => Cell::optional(facts.stage.map(Stage::chinese)),
            Self::Documents => Cell::Text(facts.documents()),
            Self::FirstYear => Cell::Number(line.first_year.into()),
            Self::IssuedOn => Cell::Date(line.issued_on),
            Self::ReceivedOn => Cell::date(line.received_on),
            Self::DaysToReceive => Cell::Number(facts.days_to_receive(today)),
            Self::Lines => Cell::Number(1),
            Self::Quota => line.quota.into(),
            Self::Received => sums.received.into(),
            Self::BroughtForward => sums.brought_forward.into(),
            Self::Within => sums.within.into(),
            Self::Returned => sums.returned.into(),
            Self::Issued => sums.issued.into(),
            Self::Disposable => sums.disposable().into(),
            Self::Arranged => sums.arranged().into(),
            Self::Spent => sums.spent.into(),
            Self::Carried => sums.carried.into(),
            Self::Recovered => sums.recovered.into(),
            Self::TransferredOut => sums.transferred_out.into(),
            Self::Available => sums.left.into(),
            _ => Cell::Empty,
        }
    }
}

const fn ten_thousands(
    key: &'static str,
    of: &'static str,
    chinese: &'static str,
    english: &'static str,
) -> Column {
    Column::new(key, Kind::TenThousands { of }, chinese, english)
}
