//! Reports on quota lines: 预算执行进度表, 结转结余明细表, 指标文件清单, 资金使用情况公告. They
//! differ in their columns and in which lines they keep; rows are lines, or groups of them.

use minglian_ledger::date::Date;
use minglian_ledger::state::{StateError, StateRead};

use super::facts::{Facts, Sums};
use super::field::Field;
use super::rule::{CARRY_OVER, Rule};
use super::selection::{Lookup, Selection};
use super::table::{Cell, Column, Kind, Table};
use super::{AsOf, Check, Mismatch, Report};

/// Most mismatches that a page names.
const MISMATCHES_MAX: usize = 20;

/// Which report on lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinesReport {
    /// 预算执行进度表.
    Execution,
    /// 结转结余明细表.
    CarryOver,
    /// 指标文件清单.
    Documents,
    /// 资金使用情况公告.
    Notice,
}

/// What is asked of a report on lines.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ask {
    /// Which lines.
    pub selection: Selection,
    /// By what rows are named; everything the report knows if empty.
    pub by: Vec<Field>,
    /// The place behind which the page begins.
    pub after: Option<Vec<u8>>,
    /// Most lines of the page.
    pub limit: usize,
}

/// How long a line's money may be used, beside its own figures.
const CARRY_COLUMNS: [Column; 3] = [
    Column::new("age_years", Kind::Number, "结转年限(年)", "Years since first issued"),
    Column::new("usable_until", Kind::Particular, "最晚使用日期", "Usable until"),
    Column::new("to_recover", Kind::Sum, "应收回结余", "To be taken back"),
];

const EXECUTION: &[Field] = &[
    Field::Holder,
    Field::HolderName,
    Field::Division,
    Field::Fund,
    Field::Year,
    Field::Category,
    Field::Project,
    Field::ProjectTitle,
    Field::Line,
    Field::Stage,
    Field::Lines,
    Field::Received,
    Field::BroughtForward,
    Field::Within,
    Field::Returned,
    Field::Issued,
    Field::Disposable,
    Field::Spent,
    Field::ExecutionRate,
    Field::Carried,
    Field::Recovered,
    Field::TransferredOut,
    Field::Available,
];

const CARRY_OVER_FIELDS: &[Field] = &[
    Field::Holder,
    Field::HolderName,
    Field::Fund,
    Field::Year,
    Field::Category,
    Field::Project,
    Field::ProjectTitle,
    Field::Line,
    Field::FirstYear,
    Field::BroughtForward,
    Field::Disposable,
    Field::Spent,
    Field::Carried,
    Field::Recovered,
    Field::Available,
];

const DOCUMENTS: &[Field] = &[
    Field::Documents,
    Field::Fund,
    Field::Holder,
    Field::HolderName,
    Field::Year,
    Field::Line,
    Field::Category,
    Field::Project,
    Field::ProjectTitle,
    Field::IssuedOn,
    Field::ReceivedOn,
    Field::DaysToReceive,
    Field::Stage,
    Field::Lines,
    Field::Quota,
    Field::Issued,
    Field::Spent,
    Field::Carried,
    Field::Available,
];

const NOTICE: &[Field] = &[
    Field::Fund,
    Field::Category,
    Field::Project,
    Field::ProjectTitle,
    Field::Holder,
    Field::HolderName,
    Field::Lines,
    Field::Received,
    Field::ReceivedTenThousands,
    Field::BroughtForward,
    Field::BroughtForwardTenThousands,
    Field::Arranged,
    Field::ArrangedTenThousands,
    Field::Spent,
    Field::SpentTenThousands,
    Field::Carried,
    Field::CarriedTenThousands,
    Field::Recovered,
    Field::TransferredOut,
    Field::Available,
    Field::AvailableTenThousands,
];

impl LinesReport {
    /// The name of its report.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Execution => "execution",
            Self::CarryOver => "carry-over",
            Self::Documents => "documents",
            Self::Notice => "notice",
        }
    }

    /// Its columns, before what only 结转结余明细表 has.
    const fn fields(self) -> &'static [Field] {
        match self {
            Self::Execution => EXECUTION,
            Self::CarryOver => CARRY_OVER_FIELDS,
            Self::Documents => DOCUMENTS,
            Self::Notice => NOTICE,
        }
    }

    fn keeps(self, sums: &Sums, terms: &Terms) -> bool {
        let is_of_year_end = sums.brought_forward != 0 || sums.carried != 0 || sums.recovered != 0;
        self != Self::CarryOver || is_of_year_end || terms.is_over && sums.left != 0
    }
}

/// Until when a line's money may be used.
struct Terms {
    age_years: i64,
    usable_until: Option<Date>,
    /// Whether its budget year is over.
    is_over: bool,
    /// Whether it may be used no longer.
    has_lapsed: bool,
}

impl Terms {
    fn of(facts: &Facts, today: Date, years: i64) -> Self {
        let first = i64::from(facts.line.first_year);
        let last = u16::try_from(first.saturating_add(years)).ok();
        let usable_until = last.and_then(|year| Date::new(year, 12, 31).ok());
        Self {
            age_years: i64::from(today.year()).saturating_sub(first).max(0),
            usable_until,
            is_over: facts.name.year < today.year(),
            has_lapsed: usable_until.is_some_and(|last| last < today),
        }
    }

    fn cells(&self, sums: &Sums) -> [Cell; 3] {
        let to_recover = if self.has_lapsed { sums.left } else { 0 };
        [Cell::Number(self.age_years), Cell::date(self.usable_until), to_recover.into()]
    }
}

/// Makes a page of a report on lines.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn lines(
    reader: &dyn StateRead,
    which: LinesReport,
    ask: &Ask,
    as_of: AsOf,
) -> Result<Report, StateError> {
    let carry_over = Rule::find(reader, CARRY_OVER, as_of.date)?;
    let fields = grouped(which.fields(), &ask.by);
    let has_terms = which == LinesReport::CarryOver;
    let mut columns: Vec<Column> = fields.iter().map(|field| field.column()).collect();
    if has_terms {
        columns.extend(CARRY_COLUMNS);
    }
    let mut lookup = Lookup::new(reader);
    let found = ask.selection.lines(&mut lookup, ask.after.as_deref(), ask.limit)?;
    let (mut table, mut books) = (Table::new(columns), Books::default());
    for (name, line) in found.lines {
        let mut facts = Facts::of(name, line, &ask.selection, &mut lookup)?;
        if fields.contains(&Field::Stage) {
            facts.find_stage(&mut lookup)?;
        }
        let sums = facts.sums();
        let terms = Terms::of(&facts, as_of.date, carry_over.value);
        if !which.keeps(&sums, &terms) {
            continue;
        }
        books.count(&facts, &sums);
        let mut cells: Vec<Cell> =
            fields.iter().map(|field| field.cell(&facts, &sums, as_of.date)).collect();
        if has_terms {
            cells.extend(terms.cells(&sums));
        }
        table.add(cells);
    }
    let mut report = Report::of(which.name(), as_of, table);
    report.reconciliation = books.checks(&report);
    report.mismatches = books.mismatches;
    report.rules = if has_terms { vec![carry_over] } else { Vec::new() };
    report.next = found.next;
    Ok(report)
}

/// The fields that stand where rows are named by `by` only: without the other names, and without
/// what is known of those only.
fn grouped(fields: &[Field], by: &[Field]) -> Vec<Field> {
    let stays = |field: &Field| {
        let name = field.names().unwrap_or(*field);
        let is_name = field.names().is_some() || field.column().kind == Kind::Key;
        by.is_empty() || !is_name || by.contains(&name)
    };
    fields.iter().copied().filter(stays).collect()
}

/// What the lines of a page come to, and what their accounts hold.
#[derive(Default)]
pub(super) struct Books {
    came_in: i128,
    gone: i128,
    spent: i128,
    balance: i128,
    /// Lines whose sums contradict their accounts.
    pub(super) mismatches: Vec<Mismatch>,
}

impl Books {
    pub(super) fn count(&mut self, facts: &Facts, sums: &Sums) {
        let Sums { received, brought_forward, within, returned, .. } = sums;
        let Sums { issued, spent, carried, recovered, transferred_out, .. } = sums;
        let balance = i128::from(facts.balance.get());
        self.came_in += received + brought_forward + within + returned;
        self.gone += issued + spent + carried + recovered + transferred_out;
        self.spent += spent;
        self.balance += balance;
        if sums.left != balance && self.mismatches.len() < MISMATCHES_MAX {
            let (left, name) = (sums.left, &facts.name);
            self.mismatches.push(Mismatch {
                subject: format!("{} {} {} {}", name.holder, name.fund, name.year, name.line),
                chinese: format!("指标各项合计应余 {left} 分,账簿实余 {balance} 分"),
                english: format!("its sums leave {left} fen, the book holds {balance} fen"),
            });
        }
    }

    fn checks(&self, report: &Report) -> Vec<Check> {
        let mut checks = vec![Check::new(
            "conservation",
            "收入各项合计 = 支出、下达、结转、收回、调出各项与账簿余额合计",
            "what came in = what went out and what the book holds",
            self.came_in,
            self.gone + self.balance,
        )];
        let total = |key: &str| {
            let place = report.columns.iter().position(|column| column.key == key);
            place.and_then(|place| report.totals.get(place)).map(Cell::fen)
        };
        if let Some(spent) = total("spent") {
            let (chinese, english) = ("支出列合计 = 逐条指标支出合计", "spent, by rows = by lines");
            checks.push(Check::new("spent", chinese, english, spent, self.spent));
        }
        if let Some(available) = total("available") {
            let (chinese, english) =
                ("余额列合计 = 账簿余额合计", "available = the book's balances");
            checks.push(Check::new("available", chinese, english, available, self.balance));
        }
        checks
    }
}
