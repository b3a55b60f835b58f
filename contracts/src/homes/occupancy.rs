//! The beds that were occupied in a month, by level of ability: counts, no persons.
//!
//! A count of one is close to a person where people know who lives in a home. Real notices print
//! the counts of each home, so nothing is withheld by default. Where a division sets
//! `homes.level_beds_min`, a disabled level with fewer beds than that is refused: the home counts
//! these beds with the next lighter level, so what is merged is never paid more than is due.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use super::standing;
use super::subsidy::{self, Subsidy};
use super::{Event, standing::Standing};
use crate::allocation::check_date;
use crate::context::Context;
use crate::fault::Fault;
use crate::payment::Reference;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, State, Table};

/// Stated months, by home and month.
pub const MONTHS: Table<(OrganizationCode, Month), HomeMonth> =
    Table::new(schema::prefix::HOMES_FIRST + 1);

/// What the name of the parameter begins with that says how few beds a disabled level may have,
/// unless it has none; the division's code follows.
pub const LEVEL_BEDS_MIN: &str = "homes.level_beds_min.";

/// How much help a resident needs (老年人能力评估).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// 自理.
    SelfCare,
    /// 轻度失能.
    Mild,
    /// 中度失能.
    Moderate,
    /// 重度失能.
    Severe,
}

impl Level {
    /// All levels, the lightest first.
    pub const ALL: [Self; 4] = [Self::SelfCare, Self::Mild, Self::Moderate, Self::Severe];

    /// Its code in parameters: the Chinese name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SelfCare => "自理",
            Self::Mild => "轻度失能",
            Self::Moderate => "中度失能",
            Self::Severe => "重度失能",
        }
    }
}

/// A number for each level: beds, or factors in basis points.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Default,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
pub struct ByLevel {
    /// 自理.
    pub self_care: u32,
    /// 轻度失能.
    pub mild: u32,
    /// 中度失能.
    pub moderate: u32,
    /// 重度失能.
    pub severe: u32,
}

impl ByLevel {
    /// The number of a level.
    pub const fn of(&self, level: Level) -> u32 {
        match level {
            Level::SelfCare => self.self_care,
            Level::Mild => self.mild,
            Level::Moderate => self.moderate,
            Level::Severe => self.severe,
        }
    }

    pub(super) const fn of_mut(&mut self, level: Level) -> &mut u32 {
        match level {
            Level::SelfCare => &mut self.self_care,
            Level::Mild => &mut self.mild,
            Level::Moderate => &mut self.moderate,
            Level::Severe => &mut self.severe,
        }
    }

    /// All numbers together.
    pub fn total(&self) -> u64 {
        Level::ALL.into_iter().map(|level| u64::from(self.of(level))).sum()
    }
}

/// A month's occupied beds, as the home states them.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct StateOccupancy {
    /// The month.
    pub month: Month,
    /// Occupied beds by level (实际使用床位), each for the month.
    pub beds: ByLevel,
    /// The department whose checker checks it.
    pub reviewer: OrganizationCode,
    /// The list of residents behind it, if it is attached: for those who may read it.
    pub evidence: Option<AttachmentHash>,
    /// The newest statement of the month, if this corrects it.
    pub corrects: Option<LogIndex>,
    /// The day it was made.
    pub occurred_on: Date,
}

/// A month of a home.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct HomeMonth {
    /// Occupied beds by level, as stated last.
    pub beds: ByLevel,
    /// The newest statement.
    pub statement: LogIndex,
    /// The day it was made.
    pub stated_on: Date,
    /// The subsidy as computed last.
    pub subsidy: Option<Subsidy>,
    /// The payments of it, by payer and reference: what is out of them is what is paid.
    pub payments: Vec<(OrganizationCode, Reference)>,
}

pub(super) fn state_occupancy(
    act: &StateOccupancy,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let StateOccupancy { month, beds, reviewer, corrects, occurred_on, .. } = act;
    check_date(context, *occurred_on)?;
    let home = context.author.organization;
    let last_day = month.last_day();
    if *occurred_on < last_day {
        let detail = format!("{month} is stated on {occurred_on}");
        return Err(Refusal::new(Code::PeriodOpen, detail).into());
    }
    registry::require_over(state, reviewer, context.author.division)?;
    let standing = standing::on(state, home, last_day)?;
    check_beds(beds, &standing, last_day, state, context)?;
    let known = MONTHS.get(state, &(home, *month))?;
    let newest = known.as_ref().map(|known| known.statement);
    if newest != *corrects {
        let record = |index: Option<LogIndex>| index.map_or("none".to_owned(), |it| it.to_string());
        let detail = format!("{}, the newest is {}", record(*corrects), record(newest));
        return Err(Refusal::new(Code::OccupancyStale, detail).into());
    }
    let (subsidy, payments) = known.map(|it| (it.subsidy, it.payments)).unwrap_or_default();
    let (statement, stated_on) = (context.index, *occurred_on);
    let stated = HomeMonth { beds: *beds, statement, stated_on, subsidy, payments };
    MONTHS.put(state, &(home, *month), &stated);
    let (month, beds, corrects) = (*month, beds.total(), *corrects);
    context.emit(Event::OccupancyStated { home, month, beds, corrects });
    Ok(())
}

/// No more beds than are licensed, and no disabled level with few beds where that is not allowed.
fn check_beds(
    beds: &ByLevel,
    standing: &Standing,
    date: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let licensed = standing.beds;
    if beds.total() > u64::from(licensed) {
        let detail = format!("{} occupied, {licensed} are licensed", beds.total());
        return Err(Refusal::new(Code::BedsInvalid, detail).into());
    }
    let division = context.author.division;
    let fewest = subsidy::scoped(LEVEL_BEDS_MIN, division, date, state, context)?.unwrap_or(0);
    let few = |level: &Level| (1..fewest).contains(&beds.of(*level));
    if let Some(level) = Level::ALL.into_iter().filter(|it| *it != Level::SelfCare).find(few) {
        let detail = format!("{} of {}, at least {fewest}", beds.of(level), level.code());
        return Err(Refusal::new(Code::LevelTooSmall, detail).into());
    }
    Ok(())
}

/// The month of a home.
///
/// # Errors
/// [`Code::OccupancyUnknown`] if no beds are stated.
pub(super) fn find(
    state: &State<'_>,
    home: OrganizationCode,
    month: Month,
) -> Result<HomeMonth, Fault> {
    let unknown = || Refusal::new(Code::OccupancyUnknown, format!("{home} in {month}"));
    Ok(MONTHS.get(state, &(home, month))?.ok_or_else(unknown)?)
}
