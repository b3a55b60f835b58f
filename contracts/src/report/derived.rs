//! What the book says of a declared figure.

use std::collections::BTreeSet;

use minglian_ledger::state::{StateError, StateRead};

use super::AsOf;
use super::contradiction::Derived;
use super::facts::{Entry, Facts};
use super::gifts::{AskGifts, gifts};
use super::printed::{Figure, FigureMeasure, FigureSubject};
use super::selection::{LINES_MAX, Lookup, Selection};
use super::table::Cell;
use crate::allocation::LineName;

/// Most pages of lines or of gifts that are read for one figure.
const PAGES_MAX: usize = 20;

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
    projects: BTreeSet<String>,
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
        if facts.entry != Entry::Within {
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
fn selection(figure: &Figure) -> Option<(Selection, Option<LineName>)> {
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
