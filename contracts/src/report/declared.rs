//! 对账表: figures that a notice declares against what the book derives and against one another.
//!
//! The engine is pure: it takes the notice's figures and what the book says of each, and names
//! every contradiction. A figure agrees if what is derived, rounded to the printed digits, is what
//! is printed. Printed rates and shares are compared with the notice's own figures too: a notice
//! can contradict itself where the ledger knows nothing of it.

use minglian_ledger::state::{StateError, StateRead};

use super::contradiction::{Compared, Contradiction, Derived};
use super::derived::Book;
use super::printed::{Figure, FigureMeasure, NANO, Quantity};
use super::table::{Cell, Column, Kind, Table};
use super::{AsOf, Check, Report, words};
use crate::lottery::published::{Agreement, compare_fund};

/// Most figures that are compared at once.
pub const FIGURES_MAX: usize = 256;

const COLUMNS: [Column; 10] = [
    Column::new("place", Kind::Key, "序号", "Number"),
    Column::new("label", Kind::Particular, "公告项目", "Label"),
    Column::new("measure", Kind::Particular, "指标", "Measure"),
    Column::new("year", Kind::Particular, "年度", "Year"),
    Column::new("printed", Kind::Particular, "公告数", "Printed"),
    Column::new("derived", Kind::Particular, "核算数", "Derived"),
    Column::new("derived_from", Kind::Particular, "核算来源", "Derived from"),
    Column::new("verdict", Kind::Particular, "结论", "Verdict"),
    Column::new("chinese", Kind::Particular, "说明", "In Chinese"),
    Column::new("english", Kind::Particular, "英文说明", "In English"),
];

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
        match book {
            Some(Derived::Ratio(ratio)) => own_fund(figure, figures, ratio, &mut compared),
            Some(Derived::TooMany) => {}
            Some(book) => against_book(figure, book, &mut compared),
            None => {}
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
        Derived::Value(value) | Derived::Declared(value) if !figure.is_about(value) => {
            compared.contradictions.push(Contradiction::Book { value });
        }
        Derived::Value(value) | Derived::Declared(value) => {
            compared.rounded_from = (!figure.is_exactly(value)).then_some(value);
        }
        Derived::Share { part, whole } if !figure.is_share(part, whole) => {
            compared.contradictions.push(Contradiction::BookRate { part, whole });
        }
        Derived::Share { .. } | Derived::Ratio(_) | Derived::TooMany => {}
    }
}

/// The printed fund of a game against its printed sales: they agree if some sales within the one,
/// times the ratio, lie within the other.
fn own_fund(figure: &Figure, figures: &[Figure], ratio: u16, compared: &mut Compared) {
    let is_sales = |other: &&Figure| {
        let same = is_alike(figure, other) && other.year == figure.year;
        same && other.measure == FigureMeasure::Sales
    };
    let Some(sales) = figures.iter().find(is_sales) else { return };
    let (Some(printed), Some(fund)) = (sales.as_amount(), figure.as_amount()) else { return };
    compared.was_compared = true;
    if compare_fund(printed, ratio, fund) == Agreement::Contradiction {
        let (sales, unit) = (sales.value(), sales.unit);
        compared.contradictions.push(Contradiction::OwnFund { sales, basis_points: ratio, unit });
    }
}

/// From what a figure was derived: `book`; where it has no entries, `declared_lines` of the same
/// organisation, or the `game_ratio` of the notice's own sales; from nothing where there is too
/// much to add up.
const fn source(derived: Derived) -> Option<&'static str> {
    match derived {
        Derived::Value(_) | Derived::Share { .. } => Some("book"),
        Derived::Declared(_) => Some("declared_lines"),
        Derived::Ratio(_) => Some("game_ratio"),
        Derived::TooMany => None,
    }
}

/// Makes 对账表 of the figures of one notice, all of them from what one answer reads.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn declared(
    reader: &dyn StateRead,
    figures: &[Figure],
    as_of: AsOf,
) -> Result<Report, StateError> {
    let mut book = Book::new(reader);
    let derived =
        figures.iter().map(|figure| book.derive(figure)).collect::<Result<Vec<_>, _>>()?;
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
            Cell::optional(compared.derived.and_then(source)),
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
