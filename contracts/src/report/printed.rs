//! Figures as a notice prints them: of what they speak, what they measure, and how precisely.

use minglian_ledger::fen::{Fen, Unit};

pub use crate::disclosure::figure::{
    DECIMALS_MAX, Figure, FigureMeasure, FigureSubject, FigureUnit, FundOfHolder, GameOfCentre,
};

use crate::lottery::published::Printed;

/// Parts of one fen, one percent or one piece in which figures are compared: as many as
/// [`DECIMALS_MAX`] digits can tell apart.
pub const NANO: i128 = 1_000_000_000;

/// What a figure counts, whatever unit it is printed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Fen.
    Money,
    /// Percent.
    Percent,
    /// Pieces.
    Count,
}

impl FigureUnit {
    /// As notices print it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Yuan => "元",
            Self::TenThousandYuan => "万元",
            Self::HundredMillionYuan => "亿元",
            Self::Percent => "%",
            Self::Count => "个",
            Self::TenThousandCount => "万个",
        }
    }

    /// What it counts.
    pub const fn quantity(self) -> Quantity {
        match self {
            Self::Yuan | Self::TenThousandYuan | Self::HundredMillionYuan => Quantity::Money,
            Self::Percent => Quantity::Percent,
            Self::Count | Self::TenThousandCount => Quantity::Count,
        }
    }

    /// How many fen, percent or pieces it is.
    const fn scale(self) -> i128 {
        match self {
            Self::Yuan => 100,
            Self::TenThousandYuan => 1_000_000,
            Self::HundredMillionYuan => 10_000_000_000,
            Self::Percent | Self::Count => 1,
            Self::TenThousandCount => 10_000,
        }
    }

    const fn money(self) -> Unit {
        match self {
            Self::TenThousandYuan => Unit::TenThousandYuan,
            Self::HundredMillionYuan => Unit::HundredMillionYuan,
            _ => Unit::Yuan,
        }
    }

    /// A number of fen or pieces, exact, in this unit.
    pub fn show(self, value: i128) -> String {
        let sign = if value < 0 { "-" } else { "" };
        let size = value.unsigned_abs();
        if self.quantity() != Quantity::Money {
            return format!("{sign}{size}个");
        }
        match u64::try_from(size).ok().and_then(|fen| Fen::new(fen).ok()) {
            Some(fen) => format!("{sign}{}{}", fen.display_in(self.money()), self.as_str()),
            None => format!("{sign}{size}分"),
        }
    }
}

impl Figure {
    /// Its value in parts of [`NANO`].
    pub fn nano(&self) -> i128 {
        i128::from(self.mantissa).saturating_mul(self.step())
    }

    /// What its last printed digit counts, in parts of [`NANO`].
    pub fn step(&self) -> i128 {
        let places = u32::from(DECIMALS_MAX.saturating_sub(self.decimals));
        10_i128.saturating_pow(places).saturating_mul(self.unit.scale())
    }

    /// Whether `value` fen or pieces, rounded to what is printed, is this figure.
    pub fn is_about(&self, value: i128) -> bool {
        let difference = value.saturating_mul(NANO).saturating_sub(self.nano());
        difference.saturating_abs().saturating_mul(2) <= self.step()
    }

    /// Whether `value` is this figure to the last fen or piece.
    pub fn is_exactly(&self, value: i128) -> bool {
        value.saturating_mul(NANO) == self.nano()
    }

    /// Whether `part` in percent of `whole`, rounded to what is printed, is this figure.
    pub fn is_share(&self, part: i128, whole: i128) -> bool {
        let exact = part.saturating_mul(100).saturating_mul(NANO);
        let difference = exact.saturating_sub(self.nano().saturating_mul(whole));
        let tolerance = self.step().saturating_mul(whole);
        whole > 0 && difference.saturating_abs().saturating_mul(2) <= tolerance
    }

    /// The amount with the weight of its last digit; none for what is no amount.
    pub fn as_amount(&self) -> Option<Printed> {
        let value = u64::try_from(self.value()).ok().and_then(|fen| Fen::new(fen).ok())?;
        let step_fen = u64::try_from(self.step() / NANO).ok()?.max(1);
        (self.unit.quantity() == Quantity::Money).then_some(Printed { value, step_fen })
    }

    /// Its value in whole fen or pieces; parts of one are cut off.
    pub fn value(&self) -> i128 {
        self.nano() / NANO
    }

    /// As it is printed, with its unit.
    pub fn printed(&self) -> String {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let digits = decimal(u128::from(self.mantissa.unsigned_abs()), self.decimals);
        format!("{sign}{digits}{}", self.unit.as_str())
    }
}

/// `part` in percent of `whole`, rounded half up to `decimals`, with its sign; none of nothing.
pub fn percent(part: i128, whole: i128, decimals: u8) -> Option<String> {
    let (part, whole) = (u128::try_from(part).ok()?, u128::try_from(whole).ok()?);
    let exact = part.checked_mul(200)?.checked_mul(10_u128.checked_pow(decimals.into())?)?;
    let rounded = exact.checked_add(whole)?.checked_div(whole.checked_mul(2)?)?;
    Some(format!("{}%", decimal(rounded, decimals)))
}

/// Digits with a point before the last `decimals` of them.
fn decimal(digits: u128, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let padded = format!("{digits:0width$}", width = decimals + 1);
    let (whole, fraction) = padded.split_at(padded.len() - decimals);
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}
