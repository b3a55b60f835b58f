//! What the subsidy of a home and month comes to, and from what.
//!
//! Σ over the levels (beds × the level's factor) × rate × the rating's factor × the inspection's
//! factor. Factors are in basis points; the product is exact, and what is left of a fen at its end
//! is dropped, once for the home and month. All figures are those of the month's last day, and so
//! are the rating and the newest inspection. Where the organisation is no home on that day, because
//! its entry was ended after the beds were stated, nothing is due, and what was paid is too much.
//! Each figure is the home's division's, or else of the nearest division above it that has one
//! (`homes.operating_rate.340503`, `….340500`, `….340000`, `….100000`).

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::{Date, Month};
use minglian_ledger::division::Division;
use minglian_ledger::fen::Fen;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use super::Event;
use super::occupancy::{self, ByLevel, HomeMonth, Level, MONTHS};
use super::paying::paid;
use super::standing::{self, Rating};
use crate::allocation::{check_date, require_inside};
use crate::context::Context;
use crate::fault::Fault;
use crate::lottery::accrual::BASIS_POINTS;
use crate::oversight::inspection::{self, InspectionResult};
use crate::parameter;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::State;

/// What the name of the parameter begins with that is the rate of a bed and month, in fen; the
/// division's code follows.
pub const OPERATING_RATE: &str = "homes.operating_rate.";

/// What the names of the levels' factors begin with, in basis points of the rate; the level's code,
/// a point and the division's code follow.
pub const LEVEL_FACTOR: &str = "homes.level_factor.";

/// The same of the ratings' factors.
pub const RATING_FACTOR: &str = "homes.rating_factor.";

/// The same of the factors of what the newest inspection found. Without an inspection nothing is
/// reduced.
pub const INSPECTION_FACTOR: &str = "homes.inspection_factor.";

/// What a subsidy comes to, and from what.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Subsidy {
    /// The statement of the beds.
    pub statement: LogIndex,
    /// Occupied beds; none where the organisation is no home on the month's last day.
    pub beds: ByLevel,
    /// Of a bed and month.
    pub rate: Fen,
    /// The levels' factors in basis points; 0 of a level without beds, whose factor is not asked
    /// for.
    pub level_factors: ByLevel,
    /// The rating.
    pub rating: Rating,
    /// Its factor in basis points.
    pub rating_factor: u32,
    /// What the newest inspection found, if there was one.
    pub inspection: Option<InspectionResult>,
    /// Its factor in basis points.
    pub inspection_factor: u32,
    /// What it comes to.
    pub amount: Fen,
}

impl Subsidy {
    /// That of an organisation that is no home: no figure is asked for.
    fn nothing(statement: LogIndex) -> Self {
        Self {
            statement,
            beds: ByLevel::default(),
            rate: Fen::ZERO,
            level_factors: ByLevel::default(),
            rating: Rating::Unrated,
            rating_factor: 0,
            inspection: None,
            inspection_factor: 0,
            amount: Fen::ZERO,
        }
    }
}

/// Computes a subsidy.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Compute {
    /// The home.
    pub home: OrganizationCode,
    /// The month.
    pub month: Month,
    /// The day.
    pub occurred_on: Date,
}

pub(super) fn compute(
    act: &Compute,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Compute { home, month, occurred_on } = *act;
    check_date(context, occurred_on)?;
    require_inside(state, context, &home)?;
    let mut found = occupancy::find(state, home, month)?;
    if occurred_on < found.stated_on {
        let detail = format!("{occurred_on}, the beds were stated on {}", found.stated_on);
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    let subsidy = derive(home, month, &found, state, context)?;
    let paid = paid(state, &found)?;
    let overpaid = paid.checked_sub(subsidy.amount).unwrap_or_default();
    found.subsidy = Some(subsidy.clone());
    MONTHS.put(state, &(home, month), &found);
    context.emit(Event::Computed { home, month, subsidy, paid, overpaid });
    Ok(())
}

/// What the subsidy comes to by all that is known now.
///
/// # Errors
/// [`Code::ParameterUnknown`], [`Code::ParameterInvalid`], [`Code::AmountTooLarge`].
pub(super) fn derive(
    home: OrganizationCode,
    month: Month,
    stated: &HomeMonth,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<Subsidy, Fault> {
    let date = month.last_day();
    let statement = stated.statement;
    let Some(standing) = standing::find(state, home, date)? else {
        return Ok(Subsidy::nothing(statement));
    };
    let division = registry::organization(state, &home)?.division;
    let rating = standing.rating;
    let mut judge = |name: &str| required(name, division, date, state, context);
    let beds = stated.beds;
    let rate = judge(OPERATING_RATE)?;
    let mut level_factors = ByLevel::default();
    for level in Level::ALL.into_iter().filter(|level| beds.of(*level) > 0) {
        *level_factors.of_mut(level) = judge(&format!("{LEVEL_FACTOR}{}.", level.code()))?;
    }
    let rating_factor = judge(&format!("{RATING_FACTOR}{}.", rating.code()))?;
    let inspection = inspection::newest(state, home, date)?.map(|newest| newest.result);
    let inspection_factor = match inspection {
        Some(result) => judge(&format!("{INSPECTION_FACTOR}{}.", result.code()))?,
        None => BASIS_POINTS.into(),
    };
    let rate = Fen::new(rate.into()).unwrap_or(Fen::MAX);
    let factors = [rating_factor, inspection_factor];
    let too_large = || Refusal::new(Code::AmountTooLarge, format!("{home} in {month}"));
    let amount = amount(rate, &beds, &level_factors, factors).ok_or_else(too_large)?;
    Ok(Subsidy {
        statement,
        beds,
        rate,
        level_factors,
        rating,
        rating_factor,
        inspection,
        inspection_factor,
        amount,
    })
}

/// Beds by level × rate × factors, what is left of a fen dropped once at the end; none if it is
/// more than the ledger counts.
pub fn amount(
    rate: Fen,
    beds: &ByLevel,
    level_factors: &ByLevel,
    factors: [u32; 2],
) -> Option<Fen> {
    let weighted = |level: Level| u128::from(beds.of(level)) * u128::from(level_factors.of(level));
    let mut product: u128 = Level::ALL.into_iter().map(weighted).sum();
    product = product.checked_mul(u128::from(rate.get()))?;
    let mut whole = u128::from(BASIS_POINTS);
    for factor in factors {
        product = product.checked_mul(u128::from(factor))?;
        whole *= u128::from(BASIS_POINTS);
    }
    Fen::new(u64::try_from(product / whole).ok()?).ok()
}

fn required(
    name: &str,
    division: Division,
    date: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<u32, Fault> {
    let unknown = || {
        let detail = format!("{name}{division} on {date}, nor of a division above");
        Refusal::new(Code::ParameterUnknown, detail)
    };
    Ok(scoped(name, division, date, state, context)?.ok_or_else(unknown)?)
}

/// The figure of the division, or else of the nearest above it that has one.
///
/// # Errors
/// [`Code::ParameterInvalid`] if it counts nothing.
pub(super) fn scoped(
    name: &str,
    division: Division,
    date: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<Option<u32>, Fault> {
    let mut next = Some(division);
    while let Some(division) = next {
        let key = format!("{name}{division}");
        if let Some(value) = parameter::judge_if_set(state, context, &key, date)? {
            let invalid = |_| Refusal::new(Code::ParameterInvalid, format!("{key}: {value}"));
            return Ok(Some(u32::try_from(value).map_err(invalid)?));
        }
        next = division.parent();
    }
    Ok(None)
}
