//! Lottery draws (开奖) that plans have named, and the winning numbers that the centre enters.
//!
//! A draw is named before the day on which it takes place, and entered once. Its numbers are
//! published by the lottery itself, so that anybody can compare; an entry is never changed. A wrong
//! one is answered by a new plan that names another draw. Whoever names a draw with a day that is
//! not its own names one that never takes place, and stands in nobody's way.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::allocation::check_date;
use crate::context::Context;
use crate::fault::Fault;
use crate::lottery::Game;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, State, Table};

/// Draws that plans have named, by centre, game, number and day.
pub const DRAWS: Table<(OrganizationCode, Game, Issue, Date), Awaited> =
    Table::new(schema::prefix::OVERSIGHT_FIRST + 7);

/// Most numbers of one draw.
pub const NUMBERS_MAX: usize = 32;

/// The largest winning number.
pub const NUMBER_MAX: u8 = 99;

/// A draw's number (期号).
pub type Issue = Text<32>;

/// A draw to come, as a plan names it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct NamedDraw {
    /// The lottery centre that will enter the numbers.
    pub centre: OrganizationCode,
    /// The game.
    pub game: Game,
    /// The draw's number.
    pub issue: Issue,
    /// The day on which it takes place, after the day of the plan.
    pub date: Date,
}

/// The winning numbers of a draw.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Draw {
    /// The game.
    pub game: Game,
    /// The draw's number.
    pub issue: Issue,
    /// The numbers, in the order in which they are published.
    pub numbers: Vec<u8>,
    /// The day on which it took place.
    pub occurred_on: Date,
}

/// A draw that plans have named.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Awaited {
    /// The numbers, once they are entered.
    pub entered: Option<Entered>,
}

/// Winning numbers with their record.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Entered {
    /// The numbers.
    pub draw: Draw,
    /// The record that entered them.
    pub record: LogIndex,
}

/// The key of a draw in [`DRAWS`].
pub(super) fn key(draw: &NamedDraw) -> (OrganizationCode, Game, Issue, Date) {
    (draw.centre, draw.game.clone(), draw.issue.clone(), draw.date)
}

/// Notes that a plan has named a draw.
///
/// # Errors
/// [`Code::WrongKind`] unless a lottery centre will enter it, [`Code::DrawNotLater`],
/// [`Code::ReferenceMissing`].
pub(super) fn name(
    draw: &NamedDraw,
    state: &mut State<'_>,
    context: &Context<'_>,
) -> Result<(), Fault> {
    let NamedDraw { centre, game, issue, date } = draw;
    let kind = registry::organization(state, centre)?.kind;
    if kind != OrganizationKind::LotteryCentre {
        return Err(Refusal::new(Code::WrongKind, format!("{centre} is {kind:?}")).into());
    }
    if game.is_empty() || issue.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, "game and issue").into());
    }
    if *date <= context.today() {
        let detail = format!("{date}, the plan is of {}", context.today());
        return Err(Refusal::new(Code::DrawNotLater, detail).into());
    }
    if !DRAWS.contains(state, &key(draw))? {
        DRAWS.put(state, &key(draw), &Awaited { entered: None });
    }
    Ok(())
}

/// The winning numbers of a draw that a plan has named; none until they are entered.
pub(super) fn entered(
    reader: &dyn StateRead,
    draw: &NamedDraw,
) -> Result<Option<Entered>, StateError> {
    Ok(DRAWS.get(reader, &key(draw))?.and_then(|awaited| awaited.entered))
}

pub(super) fn enter(
    draw: &Draw,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Draw { game, issue, numbers, occurred_on } = draw;
    check_date(context, *occurred_on)?;
    let named = (context.author.organization, game.clone(), issue.clone());
    let key = (named.0, game.clone(), issue.clone(), *occurred_on);
    let detail = || format!("{game} {issue}");
    let Some(mut awaited) = DRAWS.get(state, &key)? else {
        let others = DRAWS.scan(state, &named, None, 1)?;
        return Err(match others.first() {
            Some(((_, _, _, date), _)) => {
                let detail = format!("{} is named for {date}, not {occurred_on}", detail());
                Refusal::new(Code::DrawDiffers, detail)
            }
            None => Refusal::new(Code::DrawNotNamed, detail()),
        }
        .into());
    };
    if awaited.entered.is_some() {
        return Err(Refusal::new(Code::DrawEntered, detail()).into());
    }
    let too_large = numbers.iter().any(|number| *number > NUMBER_MAX);
    if numbers.is_empty() || numbers.len() > NUMBERS_MAX || too_large {
        let detail = format!("1 to {NUMBERS_MAX} numbers up to {NUMBER_MAX}");
        return Err(Refusal::new(Code::DrawNumbersInvalid, detail).into());
    }
    awaited.entered = Some(Entered { draw: draw.clone(), record: context.index });
    DRAWS.put(state, &key, &awaited);
    context.emit(Event::DrawEntered { game: game.clone(), issue: issue.clone() });
    Ok(())
}
