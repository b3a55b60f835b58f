//! What a home is: how many beds it may have and how it is rated, from when until when.
//!
//! Entries of one home follow one another: a new one begins after the last one has ended. A home
//! whose rating ceases gets an entry without one.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::genesis::OrganizationKind;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateError;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::Event;
use crate::allocation::{check_date, require_inside};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, OrderedDay, State, Table};

/// What homes are, by home and first day, the latest first.
pub const STANDINGS: Table<(OrganizationCode, OrderedDay), Standing> =
    Table::new(schema::prefix::HOMES_FIRST);

/// Most beds of one home.
pub const BEDS_MAX: u32 = 10_000;

/// How a home is rated (养老机构等级评定).
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
pub enum Rating {
    /// 未评定.
    Unrated,
    /// 一级.
    One,
    /// 二级.
    Two,
    /// 三级.
    Three,
    /// 四级.
    Four,
    /// 五级.
    Five,
}

impl Rating {
    /// Its code in parameters: the Chinese name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unrated => "未评定",
            Self::One => "一级",
            Self::Two => "二级",
            Self::Three => "三级",
            Self::Four => "四级",
            Self::Five => "五级",
        }
    }
}

/// What a home is within a span of days.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Standing {
    /// The number of its filing (备案) or of the rating's decision.
    pub certificate: Text<64>,
    /// How many beds it may have.
    pub beds: u32,
    /// How it is rated.
    pub rating: Rating,
    /// The first day.
    pub valid_from: Date,
    /// The last day, if it is known.
    pub valid_until: Option<Date>,
}

impl Standing {
    fn holds_on(&self, date: Date) -> bool {
        self.valid_from <= date && self.valid_until.is_none_or(|last| date <= last)
    }
}

/// What a home is, as it is entered.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Rate {
    /// The home.
    pub home: OrganizationCode,
    /// What it is.
    pub standing: Standing,
    /// The day of the decision.
    pub occurred_on: Date,
}

/// The end of what a home is.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct EndStanding {
    /// The home.
    pub home: OrganizationCode,
    /// The last day on which its newest entry holds.
    pub valid_until: Date,
    /// The day of the decision.
    pub occurred_on: Date,
}

pub(super) fn rate(
    act: &Rate,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Rate { home, standing, occurred_on } = act;
    check_date(context, *occurred_on)?;
    require_inside(state, context, home)?;
    let kind = registry::organization(state, home)?.kind;
    if !matches!(kind, OrganizationKind::ProjectUnit | OrganizationKind::Charity) {
        return Err(Refusal::new(Code::WrongKind, format!("{home} is {kind:?}")).into());
    }
    let Standing { certificate, beds, rating, valid_from, valid_until } = standing;
    if certificate.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, home).into());
    }
    if *beds == 0 || *beds > BEDS_MAX {
        let detail = format!("{beds} licensed beds, 1 to {BEDS_MAX}");
        return Err(Refusal::new(Code::BedsInvalid, detail).into());
    }
    if let Some(last) = valid_until.filter(|last| last < valid_from) {
        let detail = format!("from {valid_from} until {last}");
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    let before = STANDINGS.newest(state, *home, Date::MAX)?;
    if let Some(known) = before
        && known.valid_until.is_none_or(|last| last >= *valid_from)
    {
        let detail = format!("{valid_from}, one holds from {} on", known.valid_from);
        return Err(Refusal::new(Code::StandingOverlaps, detail).into());
    }
    let (home, rating, beds, valid_from) = (*home, *rating, *beds, *valid_from);
    STANDINGS.put(state, &(home, OrderedDay::latest_first(valid_from)), standing);
    context.emit(Event::Rated { home, rating, beds, valid_from });
    Ok(())
}

pub(super) fn end(
    act: &EndStanding,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let EndStanding { home, valid_until, occurred_on } = *act;
    check_date(context, occurred_on)?;
    require_inside(state, context, &home)?;
    let unknown = || Refusal::new(Code::HomeUnknown, home);
    let mut standing = STANDINGS.newest(state, home, Date::MAX)?.ok_or_else(unknown)?;
    let (first, last) = (standing.valid_from, standing.valid_until);
    if valid_until < first || last.is_some_and(|last| last < valid_until) {
        let detail = format!("to end on {valid_until}, it holds from {first} to {last:?}");
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    standing.valid_until = Some(valid_until);
    STANDINGS.put(state, &(home, OrderedDay::latest_first(first)), &standing);
    context.emit(Event::StandingEnded { home, valid_until });
    Ok(())
}

/// What `home` is on `date`.
///
/// # Errors
/// [`Code::HomeUnknown`] if no entry holds.
pub(super) fn on(state: &State<'_>, home: OrganizationCode, date: Date) -> Result<Standing, Fault> {
    let unknown = || Refusal::new(Code::HomeUnknown, format!("{home} on {date}"));
    Ok(find(state, home, date)?.ok_or_else(unknown)?)
}

/// What `home` is on `date`, if it is one.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub(super) fn find(
    state: &State<'_>,
    home: OrganizationCode,
    date: Date,
) -> Result<Option<Standing>, StateError> {
    Ok(STANDINGS.newest(state, home, date)?.filter(|known| known.holds_on(date)))
}
