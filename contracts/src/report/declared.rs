//! 对账表: figures that a notice declares against what the book derives and against one another.
//!
//! The engine is pure: it takes the notice's figures and what the book says of each, and names every
//! contradiction. A figure agrees if what is derived, rounded to the printed digits, is what is
//! printed. Printed rates and shares are compared with the notice's own figures too: a notice can
//! contradict itself where the ledger knows nothing of it.

use minglian_ledger::state::{StateError, StateRead};

use super::facts::Facts;
use super::gifts::{AskGifts, gifts};
use super::printed::{Figure, FigureMeasure, FigureSubject, NANO, Quantity};
use super::selection::{LINES_MAX, Lookup, Selection};
use super::table::{Cell, Column, Kind, Table};
use super::words::{self, Contradiction};
use super::{AsOf, Check, Report};

/// Most figures that are compared at once.
pub const FIGURES_MAX: usize = 256;

/// Most pages of lines or of gifts that are read for one figure.
const PAGES_MAX: usize = 20;

const COLUMNS: [Column; 9] = [
    Column::new("place", Kind::Key, "序号", "Number"),
    Column::new("label", Kind::Particular, "公告项目", "Label"),
    Column::new("measure", Kind::Particular, "指标", "Measure"),
    Column::new("year", Kind::Particular, "年度", "Year"),
    Column::new("printed", Kind::Particular, "公告数", "Printed"),
    Column::new("derived", Kind::Particular, "核算数", "Derived"),
    Column::new("verdict", Kind::Particular, "结论", "Verdict"),
    Column::new("chinese", Kind::Particular, "说明", "In Chinese"),
    Column::new("english", Kind::Particular, "英文说明", "In English"),
];

/// What the book says of a figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Derived {
    /// So many fen or pieces.
    Value(i128),
    /// A part of a whole, in fen.
    Share {
        /// The part.
        part: i128,
        /// The whole.
        whole: i128,
    },
}

/// What became of one figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// What the book says.
    pub derived: Option<Derived>,
    /// Whether it was compared with anything: the book, or other figures of the notice.
    pub was_compared: bool,
    /// What contradicts it.
    pub contradictions: Vec<Contradiction>,
    /// Whether it agrees only because it is printed in round numbers, and with what.
    pub rounded_from: Option<i128>,
}

impl Compared {
    /// `agrees`, `differs`, or `not_derivable` where there is nothing to compare it with.
    pub fn verdict(&self) -> &'static str {
        match (self.contradictions.is_empty(), self.was_compared) {
            (false, _) => "differs",
            (true, true) => "agrees",
            (true, false) => "not_derivable",
        }
    }
}

/// Compares the figures of one notice with one another and with `derived`, one for each.
pub fn compare(figures: &[Figure], derived: &[Option<Derived>]) -> Vec<Compared> {
    let one = |(place, figure): (usize, &Figure)| {
        let book = derived.get(place).copied().flatten();
        let mut compared = Compared {
            derived: book,
            was_compared: false,
            contradictions: Vec::new(),
            rounded_from: None,
        };
        against_label(figure, &mut compared);
        against_notice(figure, place, figures, &mut compared);
        if let Some(book) = book {
            against_book(figure, book, &mut compared);
        }
        compared
    };
    figures.iter().enumerate().map(one).collect()
}

fn against_label(figure: &Figure, compared: &mut Compared) {
    if figure.mantissa < 0 && figure.unit.quantity() == Quantity::Money {
        compared.was_compared = true;
        compared.contradictions.push(Contradiction::Negative);
    }
    let Some(year) = figure.year else { return };
    // Carried money names the year before or after, as it should.
    let is_carried = figure.measure == FigureMeasure::Carried;
    let other = words::years_in(figure.label.as_str())
        .find(|named| *named != year && !(is_carried && named.abs_diff(year) == 1));
    if let Some(named) = other {
        compared.was_compared = true;
        compared.contradictions.push(Contradiction::YearLabel { named, year });
    }
}

fn against_notice(figure: &Figure, place: usize, figures: &[Figure], compared: &mut Compared) {
    let others: Vec<&Figure> = figures
        .iter()
        .enumerate()
        .filter(|(at, other)| *at != place && other.year == figure.year)
        .map(|(_, other)| other)
        .collect();
    match (figure.measure, figure.unit.quantity()) {
        (FigureMeasure::ExecutionRate, _) => own_rate(figure, &others, compared),
        (FigureMeasure::Total, _) => own_total(figure, &others, compared),
        (FigureMeasure::Other, Quantity::Percent) => own_share(figure, &others, compared),
        _ => {}
    }
}

fn is_alike(figure: &Figure, other: &Figure) -> bool {
    figure.subject == other.subject && figure.category == other.category
}

/// A printed rate against the printed figures of the same subject.
fn own_rate(figure: &Figure, others: &[&Figure], compared: &mut Compared) {
    let find = |measure| {
        let mut alike = others.iter().filter(|other| is_alike(figure, other));
        alike.find(|other| other.measure == measure)
    };
    let base = find(FigureMeasure::Allocated).or_else(|| find(FigureMeasure::Received));
    let (Some(spent), Some(base)) = (find(FigureMeasure::Spent), base) else { return };
    compared.was_compared = true;
    let (part, whole) = (spent.value(), base.value());
    if whole > 0 && !figure.is_share(part, whole) {
        let implied = implied_whole(figure, spent);
        let unit = base.unit;
        compared.contradictions.push(Contradiction::OwnRate { part, whole, implied, unit });
    }
}

/// Of which whole the printed rate would be right, in round figures of what is printed.
fn implied_whole(figure: &Figure, spent: &Figure) -> Option<i128> {
    let step = (spent.step() / NANO).max(1);
    let exact = spent.value().checked_mul(100)?.checked_mul(NANO)?.checked_div(figure.nano())?;
    let rounded = exact.checked_add(step / 2)?.checked_div(step)?.checked_mul(step)?;
    figure.is_share(spent.value(), rounded).then_some(rounded)
}

/// A printed total against the figures that it adds up: those of one measure.
fn own_total(figure: &Figure, others: &[&Figure], compared: &mut Compared) {
    let mut sums: Vec<(FigureMeasure, i128)> = Vec::new();
    let quantity = figure.unit.quantity();
    for other in others.iter().filter(|other| other.unit.quantity() == quantity) {
        let measure = other.measure;
        if measure == FigureMeasure::Total {
            continue;
        }
        match sums.iter_mut().find(|(known, _)| *known == measure) {
            Some((_, sum)) => *sum = sum.saturating_add(other.value()),
            None => sums.push((measure, other.value())),
        }
    }
    compared.was_compared |= !sums.is_empty();
    if let Some((_, sum)) = sums.iter().find(|(_, sum)| figure.is_about(*sum)) {
        compared.rounded_from = (!figure.is_exactly(*sum)).then_some(*sum);
        return;
    }
    let distance = |sum: i128| sum.saturating_sub(figure.value()).saturating_abs();
    if let Some((_, sum)) = sums.into_iter().min_by_key(|(_, sum)| distance(*sum)) {
        compared.contradictions.push(Contradiction::OwnTotal { sum });
    }
}

/// A printed share (占…的…%) against the figure whose share it says to be.
fn own_share(figure: &Figure, others: &[&Figure], compared: &mut Compared) {
    let Some(named) = words::base_in(figure.label.as_str()) else { return };
    let money = |other: &&&Figure| other.unit.quantity() == Quantity::Money;
    let alike = others.iter().filter(money).find(|other| is_alike(figure, other));
    let Some(part) = alike else { return };
    let same = || others.iter().filter(|other| other.measure == part.measure);
    let is_named = |other: &&&Figure| {
        let category = other.category.map(super::facts::category_words);
        category.is_some_and(|words| named.starts_with(words))
            || named.starts_with(other.label.as_str())
    };
    let Some(base) = same().find(is_named) else { return };
    compared.was_compared = true;
    if figure.is_share(part.value(), base.value()) {
        return;
    }
    let sum: i128 = same().map(|other| other.value()).sum();
    let fits = |whole: &i128| figure.is_share(part.value(), *whole);
    let right = std::iter::once(sum).chain(same().map(|other| other.value())).find(fits);
    compared.contradictions.push(Contradiction::WrongBase {
        named: named.to_owned(),
        part: part.value(),
        whole: base.value(),
        right,
        unit: part.unit,
    });
}

fn against_book(figure: &Figure, book: Derived, compared: &mut Compared) {
    compared.was_compared = true;
    match book {
        Derived::Value(value) if !figure.is_about(value) => {
            compared.contradictions.push(Contradiction::Book { value });
        }
        Derived::Value(value) => {
            compared.rounded_from = (!figure.is_exactly(value)).then_some(value);
        }
        Derived::Share { part, whole } if !figure.is_share(part, whole) => {
            compared.contradictions.push(Contradiction::BookRate { part, whole });
        }
        Derived::Share { .. } => {}
    }
}

/// Makes 对账表 of the figures of one notice.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn declared(
    reader: &dyn StateRead,
    figures: &[Figure],
    as_of: AsOf,
) -> Result<Report, StateError> {
    let derived = figures
        .iter()
        .map(|figure| derive(reader, figure, as_of))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(report(figures, &derived, as_of))
}

/// 对账表 of figures whose derived ones are known.
pub fn report(figures: &[Figure], derived: &[Option<Derived>], as_of: AsOf) -> Report {
    let compared = compare(figures, derived);
    let mut table = Table::new(COLUMNS.to_vec());
    for (place, (figure, compared)) in figures.iter().zip(&compared).enumerate() {
        let said = words::of(figure, compared);
        table.add(vec![
            Cell::count(place + 1),
            Cell::text(&figure.label),
            Cell::text(words::measure(figure.measure)),
            figure.year.map_or(Cell::Empty, |year| Cell::Number(year.into())),
            Cell::Text(figure.printed()),
            Cell::optional(words::derived(figure, compared)),
            Cell::text(compared.verdict()),
            Cell::Text(said.chinese),
            Cell::Text(said.english),
        ]);
    }
    let mut report = Report::of("declared", as_of, table);
    let count = |verdict| {
        let many = compared.iter().filter(|one| one.verdict() == verdict).count();
        i128::try_from(many).unwrap_or(0)
    };
    let sum = count("agrees") + count("differs") + count("not_derivable");
    let all = i128::try_from(figures.len()).unwrap_or(0);
    let (chinese, english) = ("相符、不符、无可比数之和 = 公告数个数", "verdicts = figures");
    report.reconciliation = vec![Check::new("figures", chinese, english, sum, all)];
    report
}

/// What the book says of a figure; none where it knows nothing of it, or too much to add up.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn derive(
    reader: &dyn StateRead,
    figure: &Figure,
    as_of: AsOf,
) -> Result<Option<Derived>, StateError> {
    use FigureMeasure as M;
    match figure.measure {
        M::Received
        | M::Allocated
        | M::Spent
        | M::Carried
        | M::Balance
        | M::ExecutionRate
        | M::ProjectCount => of_lines(reader, figure),
        M::Income | M::Expenditure | M::ManagementCost => of_charity(reader, figure, as_of),
        M::Raised | M::Remitted | M::Beneficiaries | M::Total | M::Other => Ok(None),
    }
}

/// What the quota lines that a figure speaks of come to.
#[derive(Default)]
struct Lines {
    received: i128,
    /// What lines with money from outside passed on.
    allocated: i128,
    arranged: i128,
    spent: i128,
    carried: i128,
    left: i128,
    projects: std::collections::BTreeSet<String>,
    count: usize,
}

fn of_lines(reader: &dyn StateRead, figure: &Figure) -> Result<Option<Derived>, StateError> {
    let Some((selection, line)) = selection(figure) else { return Ok(None) };
    let mut lookup = Lookup::new(reader);
    let (mut sums, mut after) = (Lines::default(), None);
    for _ in 0..PAGES_MAX {
        let found = selection.lines(&mut lookup, after.as_deref(), LINES_MAX)?;
        for (name, state) in found.lines {
            if line.as_ref().is_none_or(|wanted| *wanted == name) {
                sums.add(&Facts::of(name, state, &selection, &mut lookup)?);
            }
        }
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    if after.is_some() || sums.count == 0 {
        return Ok(None);
    }
    let is_part = line.is_some() || selection.project.is_some();
    let allocated = if is_part { sums.arranged } else { sums.allocated };
    Ok(Some(match figure.measure {
        FigureMeasure::Received => Derived::Value(sums.received),
        FigureMeasure::Allocated => Derived::Value(allocated),
        FigureMeasure::Spent => Derived::Value(sums.spent),
        FigureMeasure::Carried => Derived::Value(sums.carried),
        FigureMeasure::ProjectCount => {
            Derived::Value(i128::try_from(sums.projects.len()).unwrap_or(0))
        }
        FigureMeasure::ExecutionRate if allocated > 0 => {
            Derived::Share { part: sums.spent, whole: allocated }
        }
        FigureMeasure::ExecutionRate => return Ok(None),
        _ => Derived::Value(sums.left),
    }))
}

impl Lines {
    fn add(&mut self, facts: &Facts) {
        let sums = facts.sums();
        self.count += 1;
        self.received += sums.received;
        if facts.entry != super::facts::Entry::Within {
            self.allocated += sums.issued - sums.returned;
        }
        self.arranged += sums.arranged();
        self.spent += sums.spent;
        self.carried += sums.carried;
        self.left += sums.left;
        self.projects.extend(facts.line.purpose.project.as_ref().map(ToString::to_string));
    }
}

/// Which lines a figure speaks of, and which one of them if of one.
fn selection(figure: &Figure) -> Option<(Selection, Option<crate::allocation::LineName>)> {
    let mut selection =
        Selection { year: figure.year, category: figure.category, ..Selection::default() };
    let mut line = None;
    match &figure.subject {
        FigureSubject::Organization(code) => selection.holder = Some(*code),
        FigureSubject::Fund(of) => {
            (selection.holder, selection.fund) = (Some(of.holder), Some(of.fund.clone()));
        }
        FigureSubject::Line(name) => {
            selection.holder = Some(name.holder);
            (selection.fund, selection.year) = (Some(name.fund.clone()), Some(name.year));
            line = Some(name.clone());
        }
        FigureSubject::Project(reference) => selection.project = Some(reference.clone()),
        FigureSubject::Division(division) => selection.division = Some(*division),
        FigureSubject::CharityFund(_) | FigureSubject::Campaign(_) | FigureSubject::Other(_) => {
            return None;
        }
    }
    Some((selection, line))
}

fn of_charity(
    reader: &dyn StateRead,
    figure: &Figure,
    as_of: AsOf,
) -> Result<Option<Derived>, StateError> {
    let (charity, fund) = match &figure.subject {
        FigureSubject::Organization(code) => (*code, None),
        FigureSubject::CharityFund(name) => (name.host, Some(name.fund.to_string())),
        _ => return Ok(None),
    };
    let mut ask = AskGifts { charity, fund, year: figure.year, quarter: None, after: None };
    let (key, item) = match figure.measure {
        FigureMeasure::Income => ("income", None),
        FigureMeasure::ManagementCost => ("expenditure", Some("管理费用")),
        _ => ("expenditure", None),
    };
    let (mut sum, mut found) = (0_i128, false);
    for _ in 0..PAGES_MAX {
        let page = gifts(reader, &ask, as_of)?;
        let place = page.columns.iter().position(|column| column.key == key).unwrap_or(0);
        for row in &page.rows {
            // Surplus that passed between funds is neither income nor expenditure.
            let of_time = row.get(1) != Some(&Cell::Empty);
            let of_item = item.is_none_or(|item| row.get(2) == Some(&Cell::text(item)));
            found |= of_time;
            if of_time && of_item {
                sum += row.get(place).map_or(0, Cell::fen);
            }
        }
        ask.after = page.next;
        if ask.after.is_none() {
            return Ok(found.then_some(Derived::Value(sum)));
        }
    }
    Ok(None)
}
