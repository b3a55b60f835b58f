//! What a table of the open data is.

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A whole number.
    Integer,
    /// Words.
    Text,
    /// Money, in fen.
    Amount,
    /// Money, in fen, printed in 万元 as notices do.
    TenThousands,
    /// Hundredths of a percent.
    Rate,
    /// A day.
    Date,
    /// A moment, in milliseconds since 1970.
    Time,
    /// Yes or no.
    Flag,
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name for programs, without a unit.
    pub key: &'static str,
    /// What stands in it.
    pub kind: Kind,
    /// Its expression in SQL.
    pub sql: &'static str,
    /// What it means, in Chinese; the heading of Chinese files.
    pub chinese: &'static str,
    /// What it means, in English.
    pub english: &'static str,
}

impl Column {
    /// The name in files and answers where money is in fen.
    pub fn fen_key(&self) -> String {
        match self.kind {
            Kind::Amount | Kind::TenThousands => format!("{}_fen", self.key),
            Kind::Rate => format!("{}_basis_points", self.key),
            _ => self.key.to_owned(),
        }
    }

    /// The name in files where money is in 元.
    pub fn yuan_key(&self) -> String {
        match self.kind {
            Kind::Amount => format!("{}_yuan", self.key),
            Kind::TenThousands => format!("{}_wan_yuan", self.key),
            Kind::Rate => format!("{}_percent", self.key),
            _ => self.key.to_owned(),
        }
    }

    /// The heading in Chinese files.
    pub fn heading(&self) -> String {
        match self.kind {
            Kind::Amount => format!("{}(元)", self.chinese),
            Kind::TenThousands => format!("{}(万元)", self.chinese),
            Kind::Rate => format!("{}(%)", self.chinese),
            _ => self.chinese.to_owned(),
        }
    }

    /// Whether it is money.
    pub const fn is_amount(&self) -> bool {
        matches!(self.kind, Kind::Amount | Kind::TenThousands)
    }
}

/// What a table adds to a row that SQL cannot read; the last column is what it adds them from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expansion {
    /// Nothing.
    None,
    /// A movement's kind, attribution and the days of its money, from its canonical bytes.
    Movement,
}

/// One table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name in addresses and file names.
    pub name: &'static str,
    /// What it holds, in Chinese.
    pub chinese: &'static str,
    /// What it holds, in English.
    pub english: &'static str,
    /// Its tables in SQL.
    pub from: &'static str,
    /// A condition that all its rows meet; empty if there is none.
    pub only: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// How many columns from the first on name a row, in whose order rows come.
    pub keys: usize,
    /// The record of a row, by which months choose; empty where rows are of no month.
    pub record: &'static str,
    /// What may be asked for by equality: the filter's name and its expression.
    pub filters: &'static [(&'static str, &'static str)],
    /// What is added to its rows.
    pub expansion: Expansion,
}

impl Table {
    /// Whether months choose among its rows.
    pub const fn has_months(&self) -> bool {
        !self.record.is_empty()
    }

    /// Its columns of money with their places.
    pub fn amounts(&self) -> impl Iterator<Item = (usize, &'static Column)> {
        self.columns.iter().enumerate().filter(|(_, column)| column.is_amount())
    }
}

/// A column, for the catalogue's tables.
pub(super) const fn column(
    key: &'static str,
    kind: Kind,
    sql: &'static str,
    chinese: &'static str,
    english: &'static str,
) -> Column {
    Column { key, kind, sql, chinese, english }
}
