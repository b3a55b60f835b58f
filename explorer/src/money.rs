//! Amounts as pages show them.

use std::fmt;

use minglian_contracts::words;
use minglian_ledger::fen::{Fen, Unit};

/// An amount in fen, shown in 元 to the fen with 万元 beside it. Sums of many accounts may be larger
/// than one account can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Money {
    fen: i64,
}

impl Money {
    /// So many fen, as the index stores them.
    pub const fn fen(fen: i64) -> Self {
        Self { fen }
    }

    /// An amount of the ledger.
    pub fn of(amount: Fen) -> Self {
        Self { fen: i64::try_from(amount.get()).unwrap_or(i64::MAX) }
    }

    /// Whether it is nothing.
    pub const fn is_zero(&self) -> bool {
        self.fen == 0
    }

    /// In fen.
    pub const fn as_fen(&self) -> i64 {
        self.fen
    }

    /// The sum of both.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { fen: self.fen.saturating_add(other.fen) }
    }

    /// What is left of it without the other.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self { fen: self.fen.saturating_sub(other.fen) }
    }

    /// Yuan to the fen, thousands separated: `9,727,490.00`.
    pub fn yuan(&self) -> String {
        let sign = if self.fen < 0 { "-" } else { "" };
        format!("{sign}{}", words::yuan(self.fen.unsigned_abs()))
    }

    /// Ten thousands of yuan, exact, without needless zeros: `972.749`.
    pub fn wan(&self) -> String {
        let sign = if self.fen < 0 { "-" } else { "" };
        let digits = self.fen.unsigned_abs();
        match Fen::new(digits) {
            Ok(amount) => format!("{sign}{}", amount.display_in(Unit::TenThousandYuan)),
            // Beyond what one account holds the remainder matters less than the size.
            Err(_) => format!("{sign}{}", digits / 1_000_000),
        }
    }
}

impl fmt::Display for Money {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}元", self.yuan())
    }
}
