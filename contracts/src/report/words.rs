//! What 对账表 says of a figure, in words.

use super::contradiction::{Compared, Contradiction, Derived};
use super::printed::{Figure, FigureMeasure, FigureUnit, percent};

/// A sentence in both languages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sentence {
    /// In Chinese.
    pub chinese: String,
    /// In English.
    pub english: String,
}

/// What is said of a figure.
pub fn of(figure: &Figure, compared: &Compared) -> Sentence {
    let mut said = Sentence::default();
    for contradiction in &compared.contradictions {
        said.append(contradiction.sentence(figure));
    }
    if let (Some(exact), true) = (compared.rounded_from, compared.contradictions.is_empty()) {
        let (printed, exact) = (figure.printed(), show_exact(figure, exact));
        said.append(Sentence {
            chinese: format!("公告为取整数 {printed},明细为 {exact},在印刷精度内相符"),
            english: format!("the notice rounds {exact} to {printed}: they agree as printed"),
        });
    }
    if compared.derived == Some(Derived::TooMany) {
        said.append(Sentence {
            chinese: "账上有关条目过多,一次查询未能核算".to_owned(),
            english: "the book has more entries of it than one answer reads".to_owned(),
        });
    } else if !compared.was_compared {
        said.append(Sentence {
            chinese: "账上和公告中均无可比数".to_owned(),
            english: "neither the book nor the notice has anything to compare".to_owned(),
        });
    }
    said
}

impl Sentence {
    fn append(&mut self, other: Self) {
        for (text, more) in [(&mut self.chinese, other.chinese), (&mut self.english, other.english)]
        {
            if !text.is_empty() {
                text.push_str("; ");
            }
            text.push_str(&more);
        }
    }
}

impl Contradiction {
    fn sentence(&self, figure: &Figure) -> Sentence {
        let printed = figure.printed();
        let rate = |part, whole| percent(part, whole, figure.decimals).unwrap_or_default();
        let (chinese, english) = match self {
            Self::Book { value } => {
                let difference = figure.unit.show(figure.value() - value);
                let value = figure.unit.show(*value);
                (
                    format!("公告印 {printed},账上为 {value},相差 {difference}"),
                    format!(
                        "printed {printed}, the book has {value}: a difference of {difference}"
                    ),
                )
            }
            Self::BookRate { part, whole } => {
                let right = rate(*part, *whole);
                let (part, whole) = (yuan(*part), yuan(*whole));
                (
                    format!("公告印 {printed},按账上 {part} / {whole} 应为 {right}"),
                    format!("printed {printed}, by the book {part} / {whole} is {right}"),
                )
            }
            Self::OwnRate { part, whole, implied, unit } => {
                let right = rate(*part, *whole);
                let (part, whole) = (unit.show(*part), unit.show(*whole));
                let implied = implied.map(|implied| unit.show(implied));
                let zh = implied.as_ref().map_or_else(String::new, |implied| {
                    format!("({printed} 相当于 {part} / {implied})")
                });
                let en = implied.as_ref().map_or_else(String::new, |implied| {
                    format!(" ({printed} would be {part} / {implied})")
                });
                (
                    format!("公告印 {printed},按公告自己的数 {part} / {whole} 应为 {right}{zh}"),
                    format!("printed {printed}, the notice's own {part} / {whole} is {right}{en}"),
                )
            }
            Self::OwnFund { sales, basis_points, unit } => {
                return own_fund(figure, *sales, *basis_points, *unit);
            }
            Self::OwnTotal { sum } => {
                let difference = show_exact(figure, figure.value() - sum);
                let sum = show_exact(figure, *sum);
                (
                    format!("公告合计 {printed},所列各项相加为 {sum},相差 {difference}"),
                    format!(
                        "the total is printed as {printed}, its items come to {sum}: \
                         {difference} are unexplained"
                    ),
                )
            }
            Self::WrongBase { named, part, whole, right, unit } => {
                return wrong_base(figure, (named, *part, *whole), *right, *unit);
            }
            Self::Negative => (
                format!("金额为负数 {printed};本账不允许负的结转或余额"),
                format!("the amount {printed} is negative, which this ledger never holds"),
            ),
            Self::YearLabel { named, year } => (
                format!("项目名称写 {named} 年,数字属 {year} 年"),
                format!("the label says {named}, the figure is of {year}"),
            ),
        };
        Sentence { chinese, english }
    }
}

fn own_fund(figure: &Figure, sales: i128, basis_points: u16, unit: FigureUnit) -> Sentence {
    let printed = figure.printed();
    let ratio = percent(basis_points.into(), 10_000, 2).unwrap_or_default();
    let right = show_exact(figure, sales * i128::from(basis_points) / 10_000);
    let sales = unit.show(sales);
    Sentence {
        chinese: format!("公告印 {printed},按公告销量 {sales} 的 {ratio} 应为 {right}"),
        english: format!("printed {printed}, {ratio} of the notice's own {sales} is {right}"),
    }
}

fn wrong_base(
    figure: &Figure,
    (named, part, whole): (&str, i128, i128),
    right: Option<i128>,
    unit: FigureUnit,
) -> Sentence {
    let printed = figure.printed();
    let exact = percent(part, whole, figure.decimals).unwrap_or_default();
    let (part, whole) = (unit.show(part), unit.show(whole));
    let right = right.map(|right| unit.show(right));
    let (zh, en) = match right {
        Some(right) => (
            format!(";{printed} 是占 {right} 的比例,分母名称有误"),
            format!("; {printed} is its share of {right}: the denominator is misnamed"),
        ),
        None => (String::new(), String::new()),
    };
    Sentence {
        chinese: format!("公告称 {part} 占「{named}」的 {printed},而占 {whole} 应为 {exact}{zh}"),
        english: format!(
            "the notice says {part} is {printed} of “{named}”, of {whole} it is {exact}{en}"
        ),
    }
}

/// What was derived, in the figure's unit.
pub fn derived(figure: &Figure, compared: &Compared) -> Option<String> {
    let share = |part: i128, whole: i128| percent(part, whole, figure.decimals);
    if let Some(book) = compared.derived.filter(|book| *book != Derived::TooMany) {
        return match book {
            Derived::Value(value) | Derived::Declared(value) => Some(show_exact(figure, value)),
            Derived::Share { part, whole } => share(part, whole),
            Derived::Ratio(points) => percent(points.into(), 10_000, 2),
            Derived::TooMany => None,
        };
    }
    if let Some(exact) = compared.rounded_from {
        return Some(show_exact(figure, exact));
    }
    compared.contradictions.iter().find_map(|contradiction| match contradiction {
        Contradiction::OwnRate { part, whole, .. }
        | Contradiction::WrongBase { part, whole, .. } => share(*part, *whole),
        Contradiction::OwnTotal { sum } => Some(show_exact(figure, *sum)),
        _ => None,
    })
}

/// An exact amount beside a figure: 亿元 is shown in 万元, so that no digit is lost on the reader.
fn show_exact(figure: &Figure, value: i128) -> String {
    match figure.unit {
        FigureUnit::HundredMillionYuan => FigureUnit::TenThousandYuan.show(value),
        unit => unit.show(value),
    }
}

fn yuan(fen: i128) -> String {
    FigureUnit::TenThousandYuan.show(fen)
}

/// A measure as notices name it.
pub const fn measure(measure: FigureMeasure) -> &'static str {
    match measure {
        FigureMeasure::Raised => "筹集",
        FigureMeasure::Remitted => "上缴",
        FigureMeasure::Received => "收到",
        FigureMeasure::Allocated => "安排",
        FigureMeasure::Spent => "支出",
        FigureMeasure::Carried => "结转",
        FigureMeasure::Balance => "结余",
        FigureMeasure::ExecutionRate => "执行率",
        FigureMeasure::Income => "收入",
        FigureMeasure::Expenditure => "慈善支出",
        FigureMeasure::ManagementCost => "管理费用",
        FigureMeasure::Beneficiaries => "受益人数",
        FigureMeasure::ProjectCount => "项目数",
        FigureMeasure::Total => "合计",
        FigureMeasure::Other => "其他",
        FigureMeasure::Sales => "销量",
        FigureMeasure::Fund => "公益金",
    }
}

/// All measures.
const MEASURES: [FigureMeasure; 17] = {
    use FigureMeasure as M;
    [
        M::Raised,
        M::Remitted,
        M::Received,
        M::Allocated,
        M::Spent,
        M::Carried,
        M::Balance,
        M::ExecutionRate,
        M::Income,
        M::Expenditure,
        M::ManagementCost,
        M::Beneficiaries,
        M::ProjectCount,
        M::Total,
        M::Other,
        M::Sales,
        M::Fund,
    ]
};

/// The measure of that name.
pub fn measure_of(words: &str) -> Option<FigureMeasure> {
    MEASURES.into_iter().find(|known| measure(*known) == words)
}

/// The names of all measures, for who mistyped one.
pub fn measures() -> String {
    MEASURES.map(measure).join(", ")
}

/// The whole that a label names: what stands between 占 and 的.
pub fn base_in(label: &str) -> Option<&str> {
    let (_, rest) = label.split_once('占')?;
    rest.split_once('的').map(|(base, _)| base)
}

/// The years that a label names.
pub fn years_in(label: &str) -> impl Iterator<Item = u16> + '_ {
    label.match_indices('年').filter_map(|(end, _)| {
        let before = label.get(..end)?;
        let start = before.len().checked_sub(4)?;
        let year: u16 = before.get(start..)?.parse().ok()?;
        let is_part = before.get(..start)?.ends_with(|last: char| last.is_ascii_digit());
        (!is_part && (1949..=2200).contains(&year)).then_some(year)
    })
}
