//! Amounts by month and kind: as a chart, and as the table of the same figures.

use minglian_ledger::date::Month;

use super::bands::on_mark;
use crate::charts::months::{self, Column, Row};
use crate::charts::{Caption, figure, screens};
use crate::money::Money;
use crate::web::Frame;

/// A month, with the page that tells it.
pub struct Named {
    /// `2026-03`.
    pub name: String,
    /// Its page; empty if it has none.
    pub link: String,
}

/// One kind of amounts, in as many months as the table has.
pub struct Kind {
    /// What it is called, in the page's language.
    pub name: String,
    /// Where more of it stands; empty if nowhere.
    pub link: String,
    /// By month.
    pub amounts: Vec<Money>,
    /// Its class in the stylesheet.
    pub class: &'static str,
}

impl Kind {
    /// All months.
    pub fn sum(&self) -> Money {
        sum(&self.amounts)
    }
}

/// Kinds of amounts over months.
pub struct ByMonth {
    /// The months, the earliest first.
    pub months: Vec<Named>,
    /// What there is in each.
    pub kinds: Vec<Kind>,
    /// Whether the kinds of a month add up to something.
    pub adds_up: bool,
    /// The drawing with the answer above it; set by [`ByMonth::drawn`].
    pub chart: String,
}

impl ByMonth {
    /// A table without a drawing. A month in which there is nothing leads nowhere.
    pub fn new(mut months: Vec<Named>, kinds: Vec<Kind>, adds_up: bool) -> Self {
        for (number, month) in months.iter_mut().enumerate() {
            let is_nothing = |kind: &Kind| kind.amounts.get(number).is_none_or(Money::is_zero);
            if kinds.iter().all(is_nothing) {
                month.link.clear();
            }
        }
        Self { months, kinds, adds_up, chart: String::new() }
    }

    /// The same with its drawing.
    #[must_use]
    pub fn drawn(mut self, frame: &Frame, caption: &Caption) -> Self {
        let names: Vec<String> = self.months.iter().map(|month| month.name.clone()).collect();
        let rows: Vec<Row> = self.kinds.iter().map(|kind| self.row(frame, kind)).collect();
        let draw = |screen| months::draw(caption, screen, &names, &rows);
        self.chart = figure(caption, &screens(draw));
        self
    }

    fn row(&self, frame: &Frame, kind: &Kind) -> Row {
        let column = |(month, amount): (&Named, &Money)| Column {
            value: amount.as_fen(),
            text: format!("{} {} {}", month.name, kind.name, on_mark(frame, *amount)),
            link: month.link.clone(),
        };
        Row {
            label: kind.name.clone(),
            text: on_mark(frame, kind.sum()),
            link: kind.link.clone(),
            columns: self.months.iter().zip(&kind.amounts).map(column).collect(),
            class: kind.class,
        }
    }

    /// The rows of the table.
    pub fn rows(&self) -> Vec<TableRow> {
        let row = |(number, month): (usize, &Named)| {
            let of = |kind: &Kind| kind.amounts.get(number).copied().unwrap_or_default();
            let (name, link) = (month.name.clone(), month.link.clone());
            TableRow { name, link, cells: self.cells(of) }
        };
        self.months.iter().enumerate().map(row).collect()
    }

    /// What each column of the table adds up to.
    pub fn totals(&self) -> Vec<Cell> {
        self.cells(Kind::sum)
    }

    /// The headings of the table.
    pub fn headings(&self) -> Vec<String> {
        self.totals().into_iter().map(|cell| cell.heading).collect()
    }

    fn cells(&self, of: impl Fn(&Kind) -> Money) -> Vec<Cell> {
        let cell = |kind: &Kind| Cell { heading: kind.name.clone(), amount: of(kind) };
        let mut cells: Vec<Cell> = self.kinds.iter().map(cell).collect();
        if self.adds_up {
            let amounts: Vec<Money> = cells.iter().map(|cell| cell.amount).collect();
            cells.push(Cell { heading: WHOLE.to_owned(), amount: sum(&amounts) });
        }
        cells
    }
}

/// The heading of what kinds add up to, in Chinese.
const WHOLE: &str = "合计";

/// An amount below its heading.
pub struct Cell {
    /// The heading; what all kinds are together is in Chinese.
    pub heading: String,
    /// How much.
    pub amount: Money,
}

/// A month in the table.
pub struct TableRow {
    /// The month.
    pub name: String,
    /// Its page; empty if it has none.
    pub link: String,
    /// What there is in it.
    pub cells: Vec<Cell>,
}

fn sum(amounts: &[Money]) -> Money {
    amounts.iter().fold(Money::default(), |sum, amount| sum.plus(*amount))
}

/// The twelve months, as many as stand side by side, that end with this one, the earliest first.
pub fn until(last: Month) -> Vec<Month> {
    (0..12).rev().filter_map(|back: i32| last.add_months(-back)).collect()
}
