//! One amount, printed in a notice's unit and transcribed in fen: the two must be the same money.

use minglian_ledger::fen::{Fen, FenError, Unit};

/// An amount as a row carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    /// The money.
    pub fen: Fen,
    /// The unit it was printed in, if the row says so.
    pub unit: Option<Unit>,
}

/// Why a row's amount is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Neither the printed amount nor the amount in fen is given.
    #[error("no amount: amount_published and amount_fen are both empty")]
    Missing,
    /// A printed amount without its unit.
    #[error("amount_published is given without a unit")]
    MissingUnit,
    /// The unit is not one of the four.
    #[error("unit: {0}")]
    Unit(FenError),
    /// The printed amount cannot be read exactly.
    #[error("amount_published: {0}")]
    Published(FenError),
    /// The amount in fen cannot be read.
    #[error("amount_fen: {0}")]
    Fen(FenError),
    /// The two are different money.
    #[error("amount_published is {published} 元 but amount_fen says {transcribed} 元")]
    Disagree {
        /// What the printed amount comes to.
        published: Fen,
        /// What the fen column says.
        transcribed: Fen,
    },
}

/// Reads a row's three cells. The printed amount is computed exactly in its unit; where the row
/// also has the amount in fen, both must agree to the fen.
///
/// # Errors
/// Every [`AmountError`].
pub fn reconcile(published: &str, unit: &str, fen: &str) -> Result<Amount, AmountError> {
    let unit = match unit.trim() {
        "" => None,
        name => Some(Unit::parse(name).map_err(AmountError::Unit)?),
    };
    let transcribed = match fen.trim() {
        "" => None,
        digits => Some(Fen::parse_published(digits, Unit::Fen).map_err(AmountError::Fen)?),
    };
    let published = match (published.trim(), unit) {
        ("", _) => None,
        (_, None) => return Err(AmountError::MissingUnit),
        (number, Some(unit)) => {
            Some(Fen::parse_published(number, unit).map_err(AmountError::Published)?)
        }
    };
    match (published, transcribed) {
        (None, None) => Err(AmountError::Missing),
        (Some(fen), None) | (None, Some(fen)) => Ok(Amount { fen, unit }),
        (Some(published), Some(transcribed)) if published != transcribed => {
            Err(AmountError::Disagree { published, transcribed })
        }
        (Some(fen), Some(_)) => Ok(Amount { fen, unit }),
    }
}
