//! Figures as notices print them, laid beside what is exact: within their printed precision.
//!
//! A notice rounds; what it prints stands for every amount that rounds to it. A printed fund agrees
//! with printed sales if some exact sales within the one, times the ratio, lie within the other.

use minglian_ledger::fen::{Fen, FenError, Unit};
use serde::{Deserialize, Serialize};

use super::accrual::BASIS_POINTS;

/// A figure with the weight of its last printed digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Printed {
    /// The figure.
    pub value: Fen,
    /// What one in the last printed digit is worth, in fen; at least 1.
    pub step_fen: u64,
}

/// How a printed figure lies to an exact one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Agreement {
    /// To the fen.
    Exact,
    /// Within what is printed.
    WithinPrecision,
    /// They contradict one another.
    Contradiction,
}

impl Printed {
    /// Reads a figure, e.g. `17264.84` in 万元: its last digit is worth 10,000 fen.
    ///
    /// # Errors
    /// [`FenError`] if it is no amount in `unit`.
    pub fn parse(text: &str, unit: Unit) -> Result<Self, FenError> {
        let value = Fen::parse_published(text, unit)?;
        let fraction = text.trim().rsplit_once(['.', '.']).map_or("", |(_, fraction)| fraction);
        let decimals = fraction.chars().filter(|digit| !digit.is_whitespace()).count();
        let below = unit.decimals().saturating_sub(decimals);
        let step_fen = u32::try_from(below).ok().and_then(|below| 10_u64.checked_pow(below));
        Ok(Self { value, step_fen: step_fen.unwrap_or(1) })
    }

    /// How it lies to the exact amount.
    pub fn compare(self, exact: Fen) -> Agreement {
        let off = u128::from(self.value.get().abs_diff(exact.get()));
        judge(off, u128::from(self.step_fen))
    }
}

/// How a printed fund lies to printed sales at a ratio. The unclaimed prizes are no part of it.
pub fn compare_fund(sales: Printed, ratio_basis_points: u16, fund: Printed) -> Agreement {
    // Everything in ten-thousandths of a fen.
    let whole = u128::from(BASIS_POINTS);
    let ratio = u128::from(ratio_basis_points);
    let exact = u128::from(sales.value.get()) * ratio;
    let off = exact.abs_diff(u128::from(fund.value.get()) * whole);
    judge(off, u128::from(sales.step_fen) * ratio + u128::from(fund.step_fen) * whole)
}

/// Each figure may be off by half of its step, so the distance by half of their sum.
fn judge(off: u128, steps: u128) -> Agreement {
    if off == 0 {
        Agreement::Exact
    } else if off * 2 <= steps {
        Agreement::WithinPrecision
    } else {
        Agreement::Contradiction
    }
}
