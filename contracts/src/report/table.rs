//! Tables: what every report is made of.
//!
//! A column says what it is, so that whoever prints a table, or adds the pages of one together,
//! needs to know no report. Rates and amounts in 万元 are always computed here from other columns
//! of their row, never taken from anybody.

use std::collections::BTreeMap;

use minglian_ledger::date::Date;
use minglian_ledger::fen::{Fen, Unit};
use serde::{Serialize, Serializer};

/// 100 % in basis points.
const BASIS_POINTS: i128 = 10_000;

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Kind {
    /// A part of the row's name: rows with the same name are one row.
    Key,
    /// What follows from the row's name, or is known of it alone.
    Particular,
    /// An amount in fen; adds up.
    Sum,
    /// A number; adds up.
    Count,
    /// A number that does not add up, e.g. of days.
    Number,
    /// The amount of column `part` in basis points of column `whole`, rounded down; nothing where
    /// the whole is nothing.
    Rate {
        /// The key of the part's column.
        part: &'static str,
        /// The key of the whole's column.
        whole: &'static str,
    },
    /// The amount of column `of` in 万元, exact.
    TenThousands {
        /// The key of the amount's column.
        of: &'static str,
    },
}

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Column {
    /// Its name in JSON.
    pub key: &'static str,
    /// Its heading in Chinese, as the bureaus' tables have it.
    pub chinese: &'static str,
    /// Its heading in English.
    pub english: &'static str,
    /// What stands in it.
    #[serde(flatten)]
    pub kind: Kind,
}

impl Column {
    /// A column.
    pub const fn new(
        key: &'static str,
        kind: Kind,
        chinese: &'static str,
        english: &'static str,
    ) -> Self {
        Self { key, chinese, english, kind }
    }
}

/// An amount in fen that may be negative, as differences are; JSON carries decimal text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Amount(pub i128);

impl Amount {
    /// The amount in 万元, exact, without needless zeros.
    pub fn ten_thousands(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let fen = u64::try_from(self.0.unsigned_abs()).ok().and_then(|fen| Fen::new(fen).ok());
        let digits = fen.unwrap_or(Fen::MAX).display_in(Unit::TenThousandYuan);
        format!("{sign}{digits}")
    }
}

impl From<Fen> for Amount {
    fn from(fen: Fen) -> Self {
        Self(i128::from(fen.get()))
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// What stands in one place of a table.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Cell {
    /// Nothing is known, or nothing applies.
    Empty,
    /// An amount.
    Amount(Amount),
    /// A number.
    Number(i64),
    /// Yes or no.
    Flag(bool),
    /// A day.
    Date(Date),
    /// Words.
    Text(String),
}

impl Cell {
    /// Words.
    pub fn text(text: impl std::fmt::Display) -> Self {
        Self::Text(text.to_string())
    }

    /// The day, if there is one.
    pub fn date(date: Option<Date>) -> Self {
        date.map_or(Self::Empty, Self::Date)
    }

    /// Words, if there are any.
    pub fn optional(text: Option<impl std::fmt::Display>) -> Self {
        text.map_or(Self::Empty, Self::text)
    }

    /// A count of things in memory.
    pub fn count(count: usize) -> Self {
        Self::Number(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The amount in fen; 0 where there is none.
    pub fn fen(&self) -> i128 {
        match self {
            Self::Amount(amount) => amount.0,
            _ => 0,
        }
    }
}

impl From<Fen> for Cell {
    fn from(fen: Fen) -> Self {
        Self::Amount(fen.into())
    }
}

impl From<i128> for Cell {
    fn from(fen: i128) -> Self {
        Self::Amount(Amount(fen))
    }
}

/// A table that is being filled. Rows of one name become one row, in the order of their first.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    places: BTreeMap<Vec<Cell>, usize>,
}

impl Table {
    /// A table without rows.
    pub fn new(columns: Vec<Column>) -> Self {
        Self { columns, rows: Vec::new(), places: BTreeMap::new() }
    }

    /// Adds a row, one cell for each column; what stands in columns of rates and of 万元 is
    /// computed at the end.
    pub fn add(&mut self, cells: Vec<Cell>) {
        let is_key = |column: &Column| column.kind == Kind::Key;
        let keys = self.columns.iter().zip(&cells).filter(|(column, _)| is_key(column));
        let keys: Vec<Cell> = keys.map(|(_, cell)| cell.clone()).collect();
        match self.places.get(&keys).and_then(|place| self.rows.get_mut(*place)) {
            Some(row) => add_up(&self.columns, row, &cells),
            None => {
                self.places.insert(keys, self.rows.len());
                self.rows.push(cells);
            }
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The columns, the rows, and the sums of the columns that add up.
    pub fn finish(self) -> (Vec<Column>, Vec<Vec<Cell>>, Vec<Cell>) {
        let Self { columns, mut rows, .. } = self;
        let mut totals = empty_totals(&columns);
        for row in &mut rows {
            add_up(&columns, &mut totals, row);
            derive(&columns, row);
        }
        derive(&columns, &mut totals);
        (columns, rows, totals)
    }
}

fn empty_totals(columns: &[Column]) -> Vec<Cell> {
    let zero = |column: &Column| match column.kind {
        Kind::Sum => Cell::from(0_i128),
        Kind::Count => Cell::Number(0),
        _ => Cell::Empty,
    };
    columns.iter().map(zero).collect()
}

/// Adds `cells` to `row` where the column adds up.
fn add_up(columns: &[Column], row: &mut [Cell], cells: &[Cell]) {
    for ((column, sum), cell) in columns.iter().zip(row).zip(cells) {
        match (column.kind, &mut *sum, cell) {
            (Kind::Sum, Cell::Amount(sum), Cell::Amount(more)) => {
                // At most 2^53 fen in each of at most millions of rows.
                sum.0 = sum.0.saturating_add(more.0);
            }
            (Kind::Count, Cell::Number(sum), Cell::Number(more)) => {
                *sum = sum.saturating_add(*more);
            }
            _ => {}
        }
    }
}

/// Fills the columns that follow from others of the row.
fn derive(columns: &[Column], row: &mut [Cell]) {
    let place = |key: &str| columns.iter().position(|column| column.key == key);
    let amount =
        |row: &[Cell], key: &str| place(key).and_then(|place| row.get(place)).map_or(0, Cell::fen);
    for (at, column) in columns.iter().enumerate() {
        let cell = match column.kind {
            Kind::Rate { part, whole } => match rate(amount(row, part), amount(row, whole)) {
                Some(points) => Cell::Number(points),
                None => Cell::Empty,
            },
            Kind::TenThousands { of } => Cell::Text(Amount(amount(row, of)).ten_thousands()),
            _ => continue,
        };
        if let Some(derived) = row.get_mut(at) {
            *derived = cell;
        }
    }
}

/// `part` in basis points of `whole`, rounded down; none of nothing.
pub fn rate(part: i128, whole: i128) -> Option<i64> {
    if whole <= 0 || part < 0 {
        return None;
    }
    i64::try_from(part.saturating_mul(BASIS_POINTS) / whole).ok()
}
