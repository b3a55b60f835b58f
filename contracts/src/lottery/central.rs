//! Who gets the central share: 60/30/5/5 by the published rule.
//!
//! The money leaves this ledger with its remittance; who gets how much of it is arithmetic, which
//! the receipt reports so that it can be laid beside the ministry's announcement.
//!
//! **Rounding, as declared.** The users stand in the order of [`CentralUser::ALL`]; the first *n*
//! together get their part of the whole rounded down, so the parts add up to the amount, and each
//! differs from its exact part by less than one fen.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Month;
use minglian_ledger::fen::Fen;
use serde::{Deserialize, Serialize};

use super::accrual::BASIS_POINTS;
use super::{CENTRAL_PART, Event};
use crate::context::Context;
use crate::fault::Fault;
use crate::parameter;
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// Who uses a part of the central share. New ones are appended.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum CentralUser {
    /// 全国社会保障基金.
    SocialSecurityFund,
    /// 中央专项彩票公益金.
    CentralSpecialFund,
    /// 民政部.
    CivilAffairs,
    /// 体育总局.
    Sports,
}

/// A user's part of an amount.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct CentralPart {
    /// Who.
    pub user: CentralUser,
    /// How much.
    pub amount: Fen,
}

impl CentralUser {
    /// All of them, in the order in which parts are rounded.
    pub const ALL: [Self; 4] =
        [Self::SocialSecurityFund, Self::CentralSpecialFund, Self::CivilAffairs, Self::Sports];

    /// The name that completes the parameter of its part.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SocialSecurityFund => "全国社会保障基金",
            Self::CentralSpecialFund => "中央专项彩票公益金",
            Self::CivilAffairs => "民政部",
            Self::Sports => "体育总局",
        }
    }
}

/// Divides `amount` by parts in basis points, which together are the whole.
///
/// # Errors
/// [`Code::ParameterInvalid`] if they are not.
pub fn divide(amount: Fen, basis_points: &[u16]) -> Result<Vec<Fen>, Refusal> {
    let whole = u64::from(BASIS_POINTS);
    let sum: u64 = basis_points.iter().map(|points| u64::from(*points)).sum();
    if sum != whole {
        return Err(Refusal::new(Code::ParameterInvalid, format!("{sum} of {whole} basis points")));
    }
    let too_large = || Refusal::new(Code::AmountTooLarge, amount);
    let (mut points, mut before, mut parts) = (0_u128, 0_u64, Vec::new());
    for part in basis_points {
        points += u128::from(*part);
        let exact = u128::from(amount.get()) * points / u128::from(whole);
        let upto = u64::try_from(exact).map_err(|_| too_large())?;
        let part = upto.checked_sub(before).and_then(|fen| Fen::new(fen).ok());
        parts.push(part.ok_or_else(too_large)?);
        before = upto;
    }
    Ok(parts)
}

/// Reports who gets how much of `amount`, remitted for the sales of `period`; nothing where no part
/// is set.
pub(super) fn report(
    period: Month,
    amount: Fen,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut basis_points = Vec::new();
    for user in CentralUser::ALL {
        let key = format!("{CENTRAL_PART}{}", user.code());
        let value = parameter::judge_if_set(state, context, &key, period.last_day())?;
        let points = value.map(|value| {
            u16::try_from(value)
                .map_err(|_| Refusal::new(Code::ParameterInvalid, format!("{key}: {value}")))
        });
        basis_points.extend(points.transpose()?);
    }
    if basis_points.is_empty() {
        return Ok(());
    }
    if basis_points.len() < CentralUser::ALL.len() {
        return Err(Refusal::new(Code::ParameterInvalid, "a part of the central share").into());
    }
    let amounts = divide(amount, &basis_points)?;
    let parts = CentralUser::ALL.into_iter().zip(amounts);
    let parts = parts.map(|(user, amount)| CentralPart { user, amount }).collect();
    context.emit(Event::CentralDivided { period, parts });
    Ok(())
}
