//! The local share, divided between the province and the level below.
//!
//! There is no national rule: each province decides, often anew each year and for kinds of games
//! apart. The part is therefore a dated parameter, `lottery.province_share.` with the province's
//! code and the game, or, for all games, without the game. Where none holds on the last day of the
//! month, nothing can be divided; handing the whole over to one finance department is possible.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::division::Level;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use super::accrual::BASIS_POINTS;
use super::statement::STATEMENTS;
use super::{Event, Game, PROVINCE_SHARE, Side, central};
use crate::allocation::check_date;
use crate::book::{self, Selection};
use crate::context::Context;
use crate::fault::Fault;
use crate::parameter;
use crate::refusal::{Code, Refusal};
use crate::registry::{self, Organization};
use crate::schema::{self, State, Table};

/// How much of a game's local share of a month was divided, by centre.
pub const DIVIDED: Table<(OrganizationCode, Month, Game), Fen> =
    Table::new(schema::prefix::LOTTERY_FIRST + 2);

/// A game's local share of a month, or a part of it, goes to the province and the level below.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct DivideLocal {
    /// The month of the sales.
    pub period: Month,
    /// The game.
    pub game: Game,
    /// How much is divided: with what was divided before no more than the local share and the
    /// unclaimed prizes.
    pub amount: Fen,
    /// The province's finance department.
    pub province: OrganizationCode,
    /// The finance department of the level below.
    pub lower: OrganizationCode,
    /// The day.
    pub occurred_on: Date,
}

/// A finance department gives back local share that it got too much of, so that a settlement (清算)
/// can take it away from the centre.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct GiveBack {
    /// The lottery centre.
    pub centre: OrganizationCode,
    /// The month of the sales.
    pub period: Month,
    /// The game, if the money came by dividing its share: it counts as not divided again.
    pub game: Option<Game>,
    /// How much.
    pub amount: Fen,
    /// The day.
    pub occurred_on: Date,
}

/// The province's part, rounded down, and what is left to the level below.
///
/// # Errors
/// [`Code::ParameterInvalid`] for a part above the whole.
pub fn divide(amount: Fen, province_basis_points: u16) -> Result<(Fen, Fen), Refusal> {
    let rest = BASIS_POINTS.checked_sub(province_basis_points).ok_or_else(|| {
        let detail = format!("{province_basis_points} basis points are more than the whole");
        Refusal::new(Code::ParameterInvalid, detail)
    })?;
    match central::divide(amount, &[province_basis_points, rest])?[..] {
        [province, lower] => Ok((province, lower)),
        _ => Err(Refusal::new(Code::AmountTooLarge, amount)),
    }
}

pub(super) fn enter(
    call: &DivideLocal,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let DivideLocal { period, game, amount, province, lower, occurred_on } = call;
    check_date(context, *occurred_on)?;
    if amount.is_zero() {
        return Err(Refusal::new(Code::AmountZero, game).into());
    }
    let above = finance(state, province)?;
    let below = finance(state, lower)?;
    let is_province = above.division.level() == Level::Province
        && above.division.contains(below.division)
        && above.division.contains(context.author.division);
    if !is_province || province == lower {
        let detail = format!("{} is not the province of {}", above.division, below.division);
        return Err(Refusal::new(Code::DivisionOutside, detail).into());
    }
    count(call, state, context)?;
    let date = period.last_day();
    let general = format!("{PROVINCE_SHARE}{}", above.division);
    let own = parameter::judge_if_set(state, context, &format!("{general}.{game}"), date)?;
    let points = match own {
        Some(points) => points,
        None => parameter::judge(state, context, &general, date)?,
    };
    let invalid = || Refusal::new(Code::ParameterInvalid, format!("{general}: {points}"));
    let (to_province, to_lower) = divide(*amount, u16::try_from(points).map_err(|_| invalid())?)?;
    let from = Side::Local.account(context.author.organization, *period);
    for (recipient, part) in [(province, to_province), (lower, to_lower)] {
        if part.is_zero() {
            continue;
        }
        let to = Side::Local.account(*recipient, *period);
        let movements = book::transfer(state, &from, &to, part, Selection::FirstInFirstOut)?;
        context.emit_movements(movements);
    }
    let (game, period) = (game.clone(), *period);
    context.emit(Event::LocalDivided { game, period, province: to_province, lower: to_lower });
    Ok(())
}

pub(super) fn give_back(
    call: &GiveBack,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let GiveBack { centre, period, game, amount, occurred_on } = call;
    check_date(context, *occurred_on)?;
    if registry::organization(state, centre)?.kind != OrganizationKind::LotteryCentre {
        return Err(Refusal::new(Code::WrongKind, centre).into());
    }
    if let Some(game) = game {
        let key = (*centre, *period, game.clone());
        let before = DIVIDED.get(state, &key)?.unwrap_or_default();
        let left = before.checked_sub(*amount).ok_or_else(|| {
            let detail = format!("{game} {period}: {amount} of {before}");
            Refusal::new(Code::NotDivided, detail)
        })?;
        DIVIDED.put(state, &key, &left);
    }
    let from = Side::Local.account(context.author.organization, *period);
    let to = Side::Local.account(*centre, *period);
    let movements = book::transfer(state, &from, &to, *amount, Selection::FirstInFirstOut)?;
    context.emit_movements(movements);
    Ok(())
}

fn finance(state: &State<'_>, code: &OrganizationCode) -> Result<Organization, Fault> {
    let organization = registry::organization(state, code)?;
    if organization.kind != OrganizationKind::Finance {
        return Err(Refusal::new(Code::RecipientNotFinance, code).into());
    }
    Ok(organization)
}

/// Counts the amount against what was raised of the game.
fn count(call: &DivideLocal, state: &mut State<'_>, context: &Context<'_>) -> Result<(), Fault> {
    let DivideLocal { period, game, amount, .. } = call;
    let key = (context.author.organization, *period, game.clone());
    let stated = STATEMENTS
        .get(state, &key)?
        .ok_or_else(|| Refusal::new(Code::SalesUnknown, format!("{game} {period}")))?;
    let raised = stated.accrual.local.checked_add(stated.unclaimed_prizes);
    let before = DIVIDED.get(state, &key)?.unwrap_or_default();
    let total = before.checked_add(*amount).filter(|total| Some(*total) <= raised);
    let exceeded = || {
        let raised = raised.unwrap_or_default();
        let detail = format!("{game} {period}: {amount} after {before} of {raised}");
        Refusal::new(Code::LocalShareExceeded, detail)
    };
    DIVIDED.put(state, &key, &total.ok_or_else(exceeded)?);
    Ok(())
}
