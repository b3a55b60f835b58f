//! Sales statements, and settlements that correct them.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::fen::Fen;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::accrual::{self, Accrual};
use super::duty::{self, Duty};
use super::{CENTRAL_SHARE, Event, FUND_RATIO, FUND_RATIO_FLOOR, Game, Side};
use crate::allocation::check_date;
use crate::book::{self, AccountId, Origin, Selection};
use crate::context::Context;
use crate::fault::Fault;
use crate::parameter;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// What a centre has stated of a game and month, corrections included.
pub const STATEMENTS: Table<(OrganizationCode, Month, Game), Stated> =
    Table::new(schema::prefix::LOTTERY_FIRST);

/// A game's sales in a month.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Statement {
    /// The game, as its ratio parameter spells it.
    pub game: Game,
    /// The month of the sales.
    pub period: Month,
    /// The sales.
    pub sales: Fen,
    /// Prizes of the game that nobody claimed in time and that fell to the fund in this month.
    pub unclaimed_prizes: Fen,
    /// The day of the statement, after the month.
    pub occurred_on: Date,
}

/// A correction (清算): the figures as they should have been stated.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Settlement {
    /// The corrected statement. Its day is that of the settlement.
    pub statement: Statement,
    /// The newest record about this game and month: the statement's, or its last settlement's.
    pub corrects: LogIndex,
}

/// What stands for a game and month.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Stated {
    /// What the sales add up to.
    pub accrual: Accrual,
    /// Unclaimed prizes.
    pub unclaimed_prizes: Fen,
    /// The day of the statement or of its last settlement.
    pub occurred_on: Date,
    /// The newest record about it.
    pub newest: LogIndex,
    /// How often it was corrected.
    pub settlements: u32,
    /// Where each side's first money of this statement begins in its account.
    pub inflows: Vec<(Side, u64)>,
}

impl Stated {
    /// The figures by side.
    fn amounts(&self) -> [(Side, Fen); 3] {
        amounts(&self.accrual, self.unclaimed_prizes)
    }
}

fn amounts(accrual: &Accrual, unclaimed_prizes: Fen) -> [(Side, Fen); 3] {
    [
        (Side::Central, accrual.central),
        (Side::Local, accrual.local),
        (Side::UnclaimedPrizes, unclaimed_prizes),
    ]
}

pub(super) fn state(
    statement: &Statement,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let accrual = judge(statement, state, context)?;
    let Statement { game, period, unclaimed_prizes, occurred_on, .. } = statement;
    let key = (context.author.organization, *period, game.clone());
    if STATEMENTS.contains(state, &key)? {
        return Err(Refusal::new(Code::SalesStated, format!("{game} {period}")).into());
    }
    let mut stated = Stated {
        accrual,
        unclaimed_prizes: *unclaimed_prizes,
        occurred_on: *occurred_on,
        newest: context.index,
        settlements: 0,
        inflows: Vec::new(),
    };
    for (side, amount) in stated.amounts() {
        enter(side, amount, statement, &mut stated, state, context)?;
    }
    STATEMENTS.put(state, &key, &stated);
    let (game, period, unclaimed_prizes) = (game.clone(), *period, *unclaimed_prizes);
    context.emit(Event::Stated { game, period, accrual, unclaimed_prizes });
    duty::report(Duty::Statement, period, state, context)
}

pub(super) fn settle(
    settlement: &Settlement,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Settlement { statement, corrects } = settlement;
    let accrual = judge(statement, state, context)?;
    let Statement { game, period, unclaimed_prizes, occurred_on, .. } = statement;
    let key = (context.author.organization, *period, game.clone());
    let detail = || format!("{game} {period}");
    let mut stated =
        STATEMENTS.get(state, &key)?.ok_or_else(|| Refusal::new(Code::SalesUnknown, detail()))?;
    if stated.newest != *corrects {
        let detail = format!("{game} {period}: the newest is {}, not {corrects}", stated.newest);
        return Err(Refusal::new(Code::SettlementStale, detail).into());
    }
    if *occurred_on < stated.occurred_on {
        let detail = format!("{occurred_on}, the statement is of {}", stated.occurred_on);
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    if stated.accrual == accrual && stated.unclaimed_prizes == *unclaimed_prizes {
        return Err(Refusal::new(Code::SettlementEmpty, detail()).into());
    }
    let (mut added, mut withdrawn) = (Fen::ZERO, Fen::ZERO);
    let corrected = amounts(&accrual, *unclaimed_prizes);
    for ((side, old), (_, new)) in stated.amounts().into_iter().zip(corrected) {
        if let Some(more) = new.checked_sub(old) {
            enter(side, more, statement, &mut stated, state, context)?;
            added = sum(added, more)?;
        } else if let Some(less) = old.checked_sub(new) {
            withdraw(side, less, settlement, &stated, state, context)?;
            withdrawn = sum(withdrawn, less)?;
        }
    }
    stated.accrual = accrual;
    stated.unclaimed_prizes = *unclaimed_prizes;
    stated.occurred_on = *occurred_on;
    stated.newest = context.index;
    stated.settlements = stated.settlements.saturating_add(1);
    STATEMENTS.put(state, &key, &stated);
    context.emit(Event::Settled {
        game: game.clone(),
        period: *period,
        corrects: *corrects,
        accrual,
        unclaimed_prizes: *unclaimed_prizes,
        added,
        withdrawn,
    });
    Ok(())
}

/// What the sales add up to by the rules of the last day of their month.
fn judge(
    statement: &Statement,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<Accrual, Fault> {
    let Statement { game, period, sales, occurred_on, .. } = statement;
    check_date(context, *occurred_on)?;
    let date = period.last_day();
    if *occurred_on <= date {
        let detail = format!("{occurred_on}, the month ends on {date}");
        return Err(Refusal::new(Code::PeriodOpen, detail).into());
    }
    let ratio = parameter::judge(state, context, &format!("{FUND_RATIO}{game}"), date)?;
    let floor = parameter::judge(state, context, FUND_RATIO_FLOOR, date)?;
    if ratio < floor {
        let detail = format!("{game}: {ratio} basis points, {floor} are the least");
        return Err(Refusal::new(Code::RatioBelowFloor, detail).into());
    }
    let central = parameter::judge(state, context, CENTRAL_SHARE, date)?;
    Ok(accrual::accrue(*sales, basis_points(ratio)?, basis_points(central)?)?)
}

fn basis_points(value: i64) -> Result<u16, Refusal> {
    u16::try_from(value).map_err(|_| Refusal::new(Code::ParameterInvalid, value))
}

/// Money of one side comes in; nothing does for a side without money.
fn enter(
    side: Side,
    amount: Fen,
    statement: &Statement,
    stated: &mut Stated,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    if amount.is_zero() {
        return Ok(());
    }
    let Statement { game, period, occurred_on, .. } = statement;
    let occurred_on = *occurred_on;
    let origin = match side {
        Side::Central | Side::Local => {
            Origin::Sales { game: game.clone(), period: fitted(period)?, occurred_on }
        }
        Side::UnclaimedPrizes => {
            let description = fitted(format!("{} {game} {period}", side.label()))?;
            Origin::Other { description, occurred_on }
        }
    };
    let to = side.account(context.author.organization, *period);
    let movement = book::receive(state, origin, &to, amount)?;
    if !stated.inflows.iter().any(|(known, _)| *known == side) {
        stated.inflows.push((side, movement.to_interval.start()));
    }
    context.emit(movement);
    Ok(())
}

/// Money of one side that should never have been stated goes to a closed account of its own: the
/// statement's own fen, as far as they can answer for it. If the money has been remitted, it must
/// come back first.
fn withdraw(
    side: Side,
    amount: Fen,
    settlement: &Settlement,
    stated: &Stated,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Settlement { statement: Statement { game, period, .. }, corrects } = settlement;
    let organization = context.author.organization;
    let from = side.account(organization, *period);
    let mut selection = Selection::FirstInFirstOut;
    let first = stated.inflows.iter().find(|(known, _)| *known == side);
    if let Some((_, offset)) = first {
        let open = book::inflow(state, &from, *offset)?
            .and_then(|inflow| inflow.amount.checked_sub(inflow.named));
        if open.is_some_and(|open| open >= amount) {
            selection = Selection::Inflow(*offset);
        }
    }
    let reference = fitted(format!("清算 {game} {period} {corrects} {}", side.label()))?;
    let to = AccountId::Payment { organization, reference };
    let movements = book::transfer(state, &from, &to, amount, selection)?;
    context.emit_movements(movements);
    Ok(())
}

fn sum(left: Fen, right: Fen) -> Result<Fen, Refusal> {
    left.checked_add(right).ok_or_else(|| Refusal::new(Code::AmountTooLarge, right))
}

/// A text made of a game, a month and constants, which fits every field it is put into.
fn fitted<const MAX: usize>(text: impl ToString) -> Result<Text<MAX>, Refusal> {
    Text::new(text.to_string()).map_err(|error| Refusal::new(Code::SalesUnknown, error))
}
