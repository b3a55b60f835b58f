//! Targets, scores, and the execution rate that follows from the book.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateRead;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::{EVALUATIONS, Event, Project, Reference, Stage, begin, reach, require_stage};
use crate::allocation::line::{LINES, PROJECT_LINES};
use crate::context::Context;
use crate::fault::Fault;
use crate::parameter;
use crate::payment;
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// Most indicators of a project.
pub const INDICATORS_MAX: usize = 64;

/// Most quota lines of a unit for one project.
pub const PROJECT_LINES_MAX: usize = 4_096;

const HUNDREDTHS: u64 = 100;

const BASIS_POINTS: u128 = 10_000;

/// What an indicator measures.
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
pub enum Measures {
    /// 数量指标, of the group 产出.
    Quantity,
    /// 质量指标, of the group 产出.
    Quality,
    /// 时效指标, of the group 产出.
    Timeliness,
    /// 成本指标, of the group 产出.
    Cost,
    /// 效益指标.
    Benefit,
    /// 满意度指标.
    Satisfaction,
}

/// A target of a project.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Indicator {
    /// What it measures.
    pub measures: Measures,
    /// Its name.
    pub name: Text<128>,
    /// The target.
    pub target: Text<128>,
    /// The most points it can have, in hundredths of a point.
    pub points_max: u16,
}

/// What became of a target.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Score {
    /// What was reached.
    pub actual: Text<128>,
    /// The points, in hundredths of a point.
    pub points: u16,
}

/// How much of a project's money was spent: derived.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct Execution {
    /// What the unit had for the project, all years together.
    pub quota: Fen,
    /// What it has paid, less what came back.
    pub paid: Fen,
    /// `paid` of `quota` in basis points, rounded down.
    pub rate_basis_points: u16,
}

/// An evaluation. Points are hundredths of a point.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Evaluation {
    /// Points of the indicators.
    pub indicator_points: u16,
    /// Points of the execution rate, derived.
    pub execution_points: u16,
    /// How much of the money was spent, derived.
    pub execution: Execution,
    /// The day.
    pub occurred_on: Date,
}

impl Measures {
    /// The parameter that says how many points the indicator's group has.
    pub const fn points_parameter(self) -> &'static str {
        match self {
            Self::Quantity | Self::Quality | Self::Timeliness | Self::Cost => {
                "project.points.output"
            }
            Self::Benefit => "project.points.benefit",
            Self::Satisfaction => "project.points.satisfaction",
        }
    }
}

/// Refuses targets whose points do not add up to what each group has on `date`.
pub(super) fn check_indicators(
    indicators: &[Indicator],
    date: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    if indicators.len() > INDICATORS_MAX {
        let detail = format!("{} indicators, {INDICATORS_MAX} are the most", indicators.len());
        return Err(Refusal::new(Code::IndicatorsInvalid, detail).into());
    }
    // A notice names a project and no targets; one without targets cannot be evaluated.
    if indicators.is_empty() {
        return Ok(());
    }
    for measures in [Measures::Quantity, Measures::Benefit, Measures::Satisfaction] {
        let parameter = measures.points_parameter();
        let lawful = hundredths(parameter, date, state, context)?;
        let sum: u64 = indicators
            .iter()
            .filter(|indicator| indicator.measures.points_parameter() == parameter)
            .map(|indicator| u64::from(indicator.points_max))
            .sum();
        if sum != lawful {
            let detail = format!("{parameter}: {sum} hundredths of a point, not {lawful}");
            return Err(Refusal::new(Code::IndicatorsInvalid, detail).into());
        }
    }
    Ok(())
}

fn hundredths(
    parameter: &str,
    date: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<u64, Fault> {
    let points = parameter::judge(state, context, parameter, date)?;
    let invalid = || Refusal::new(Code::ParameterInvalid, format!("{parameter}: {points}"));
    let points = u64::try_from(points).ok().filter(|points| *points <= 100);
    Ok(points.ok_or_else(invalid)? * HUNDREDTHS)
}

pub(super) fn evaluate(
    reference: &Reference,
    scores: &[Score],
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let project = begin(reference, occurred_on, state, context)?;
    if context.author.organization != project.registered_by {
        super::require_unit(&project, context)?;
    }
    require_stage(&project, &[Stage::Accepted])?;
    let evaluation = score(reference, &project, scores, occurred_on, state, context)?;
    EVALUATIONS.put(state, reference, &evaluation);
    reach(reference, project, Stage::Evaluated, occurred_on, state, context);
    context.emit(Event::Evaluated { project: reference.clone(), evaluation });
    Ok(())
}

/// What scores and money come to, if there is one lawful score for each target.
pub(super) fn score(
    reference: &Reference,
    project: &Project,
    scores: &[Score],
    occurred_on: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<Evaluation, Fault> {
    if project.indicators.is_empty() {
        return Err(Refusal::new(Code::IndicatorsInvalid, "the project has no targets").into());
    }
    if scores.len() != project.indicators.len() {
        let detail = format!("{} scores, {} indicators", scores.len(), project.indicators.len());
        return Err(Refusal::new(Code::ScoresInvalid, detail).into());
    }
    let mut indicator_points = 0_u16;
    for (score, indicator) in scores.iter().zip(&project.indicators) {
        let too_many = || {
            let detail =
                format!("{}: {} of {}", indicator.name, score.points, indicator.points_max);
            Refusal::new(Code::ScoresInvalid, detail)
        };
        if score.points > indicator.points_max {
            return Err(too_many().into());
        }
        indicator_points = indicator_points.checked_add(score.points).ok_or_else(too_many)?;
    }
    let execution = execution(state, &project.unit, reference)?;
    let most = hundredths("project.points.execution", occurred_on, state, context)?;
    let points = u128::from(execution.rate_basis_points) * u128::from(most) / BASIS_POINTS;
    let execution_points = u16::try_from(points).unwrap_or(u16::MAX);
    Ok(Evaluation { indicator_points, execution_points, execution, occurred_on })
}

/// How much of the money that `unit` had for `project` it has spent. The base is what its lines for
/// the project got, once it has received them, less what they issued to others; money carried from
/// one year to the next, and perhaps back, is counted once; money that was taken back unspent stays
/// in the base.
///
/// # Errors
/// [`Code::ProjectWithoutMoney`], [`Code::TooManyLines`].
pub fn execution(
    reader: &dyn StateRead,
    unit: &OrganizationCode,
    project: &Reference,
) -> Result<Execution, Fault> {
    let lines = PROJECT_LINES.scan(reader, &(unit, project), None, PROJECT_LINES_MAX + 1)?;
    if lines.len() > PROJECT_LINES_MAX {
        return Err(Refusal::new(Code::TooManyLines, unit).into());
    }
    let fen = |sum: Fen| u128::from(sum.get());
    let (mut got, mut gone, mut paid) = (0_u128, 0_u128, 0_u128);
    for ((_, _, name), ()) in lines {
        let Some(line) = LINES.get(reader, &name)? else { continue };
        let bounced = payment::RETURNED.get(reader, &name)?.unwrap_or(Fen::ZERO);
        got += fen(line.quota) + fen(line.returned);
        // What payments gave back is no new money; what was carried is the next year's quota.
        gone += fen(bounced) + fen(line.issued) + fen(line.carried);
        paid += fen(line.paid).saturating_sub(fen(bounced));
    }
    let quota = got.saturating_sub(gone);
    if quota == 0 {
        return Err(Refusal::new(Code::ProjectWithoutMoney, project).into());
    }
    let rate = (paid * BASIS_POINTS / quota).min(BASIS_POINTS);
    let rate_basis_points = u16::try_from(rate).unwrap_or(u16::MAX);
    Ok(Execution { quota: amount(quota)?, paid: amount(paid)?, rate_basis_points })
}

fn amount(fen: u128) -> Result<Fen, Refusal> {
    u64::try_from(fen)
        .ok()
        .and_then(|fen| Fen::new(fen).ok())
        .ok_or_else(|| Refusal::new(Code::AmountTooLarge, fen))
}
