//! From sales to the fund and its two shares: arithmetic only.
//!
//! **Rounding, as declared.** The fund is sales × ratio rounded down to a whole fen: the ledger
//! never holds money that was not collected. What is lost is less than one fen for each statement,
//! stays with the game's prize pool and is reported to a ten-thousandth of a fen. Sales in whole
//! yuan and ratios in whole percent leave nothing to round. The central share is rounded up: of an
//! odd fund the odd fen is the central government's, so a remittance is never short.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::fen::Fen;
use serde::{Deserialize, Serialize};

use crate::refusal::{Code, Refusal};

/// Basis points in a whole.
pub const BASIS_POINTS: u16 = 10_000;

/// One half, in basis points.
const HALF_BASIS_POINTS: u16 = 5_000;

/// What sales add up to.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Accrual {
    /// The sales.
    pub sales: Fen,
    /// The game's ratio.
    pub ratio_basis_points: u16,
    /// The fund's part of the sales, without unclaimed prizes.
    pub fund: Fen,
    /// What rounding left to the prize pool, in ten-thousandths of a fen: 0 to 9,999.
    pub remainder: u16,
    /// The central government's share of the fund.
    pub central: Fen,
    /// The local share of the fund.
    pub local: Fen,
}

/// Computes the fund and its shares.
///
/// # Errors
/// [`Code::ParameterInvalid`] for a ratio or share above the whole.
pub fn accrue(
    sales: Fen,
    ratio_basis_points: u16,
    central_basis_points: u16,
) -> Result<Accrual, Refusal> {
    for points in [ratio_basis_points, central_basis_points] {
        if points > BASIS_POINTS {
            let detail = format!("{points} basis points are more than the whole");
            return Err(Refusal::new(Code::ParameterInvalid, detail));
        }
    }
    // At most 2^53 × 10^4, far inside 128 bits; a part of the sales is an amount as they are.
    let whole = u128::from(BASIS_POINTS);
    let exact = u128::from(sales.get()) * u128::from(ratio_basis_points);
    let fund = to_fen(exact / whole)?;
    let remainder = u16::try_from(exact % whole).unwrap_or(0);
    let exact_central = u128::from(fund.get()) * u128::from(central_basis_points);
    let central = to_fen(exact_central.div_ceil(whole))?;
    let too_large = || Refusal::new(Code::AmountTooLarge, sales);
    let local = fund.checked_sub(central).ok_or_else(too_large)?;
    assert!(
        central_basis_points != HALF_BASIS_POINTS || central.get() - local.get() <= 1,
        "the central share is the local share, or one fen more"
    );
    Ok(Accrual { sales, ratio_basis_points, fund, remainder, central, local })
}

fn to_fen(fen: u128) -> Result<Fen, Refusal> {
    u64::try_from(fen)
        .ok()
        .and_then(|fen| Fen::new(fen).ok())
        .ok_or_else(|| Refusal::new(Code::AmountTooLarge, fen))
}
