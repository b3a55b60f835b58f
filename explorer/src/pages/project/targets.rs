//! What a project is to reach, what it reached, and what was found when it was accepted and
//! evaluated. The state keeps the sums of an evaluation; what each target reached stands in the act
//! that took effect.

use minglian_contracts::call::Call;
use minglian_contracts::project::assessment::{ASSESSMENTS, Assessment};
use minglian_contracts::project::evaluation::{Evaluation, Measures, Score};
use minglian_contracts::project::milestone::{MILESTONES, Milestone};
use minglian_contracts::project::{self, ACCEPTANCES, EVALUATIONS, PROJECTS, Reference};
use minglian_contracts::words::Names as _;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;

use crate::data::value;
use crate::database::{Connection, OptionalExtension, Row};
use crate::index::mirror::Mirror;
use crate::index::{IndexError, act, read as index_read};

/// Most milestones, and most third-party evaluations, that a page shows.
const ROWS_MAX: usize = 64;

/// A target.
pub struct Target {
    pub(crate) measures: &'static str,
    pub(crate) name: String,
    pub(crate) target: String,
    pub(crate) points_max: String,
    /// What was reached, and the points for it; none before the evaluation.
    pub(crate) reached: Option<(String, String)>,
}

/// A milestone.
pub struct MilestoneRow {
    pub(crate) name: String,
    pub(crate) due_on: String,
    /// The day on which it was reached; empty before.
    pub(crate) reached_on: String,
    /// Whether that day is behind the last one in time.
    pub(crate) is_late: bool,
    pub(crate) evidence: usize,
}

/// A third party's evaluation.
pub struct Assessed {
    pub(crate) assessor: String,
    pub(crate) assessor_code: String,
    pub(crate) evaluated: Evaluated,
}

/// What was found when the project was accepted.
pub struct Accepted {
    pub(crate) occurred_on: String,
    pub(crate) label: &'static str,
    pub(crate) photos: usize,
}

/// How it was evaluated; the rate of execution is derived.
pub struct Evaluated {
    pub(crate) occurred_on: String,
    pub(crate) indicator_points: String,
    pub(crate) execution_points: String,
    pub(crate) points: String,
}

/// All of it.
#[derive(Default)]
pub struct Targets {
    pub(crate) targets: Vec<Target>,
    pub(crate) milestones: Vec<MilestoneRow>,
    pub(crate) accepted: Option<Accepted>,
    pub(crate) evaluated: Option<Evaluated>,
    pub(crate) assessed: Vec<Assessed>,
    /// The record with which the unit's evaluation took effect.
    pub(crate) record: Option<i64>,
}

/// Reads it from the state of the index.
///
/// # Errors
/// [`IndexError`] if the index cannot be read.
pub fn read(connection: &Connection, reference: &str) -> Result<Targets, IndexError> {
    let state = Mirror(connection);
    let Ok(reference) = Reference::new(reference) else { return Ok(Targets::default()) };
    let Some(project) = PROJECTS.get(&state, &reference)? else { return Ok(Targets::default()) };
    let evaluated = EVALUATIONS.get(&state, &reference)?.map(|it| evaluated(&it));
    // Without an evaluation all records of the project would be looked through for one.
    let scores = match &evaluated {
        Some(_) => scores(connection, &reference)?,
        None => None,
    };
    let (record, scores) = scores.unzip();
    let mut scores = scores.unwrap_or_default().into_iter();
    let targets = project.indicators.iter().map(|it| Target {
        measures: measures(it.measures),
        name: it.name.to_string(),
        target: it.target.to_string(),
        points_max: points(it.points_max),
        reached: scores.next().map(|score| (score.actual.to_string(), points(score.points))),
    });
    let targets = targets.collect();
    let accepted = ACCEPTANCES.get(&state, &reference)?.map(|it| Accepted {
        occurred_on: it.occurred_on.to_string(),
        label: match (project.carries_label, it.label_confirmed) {
            (false, _) => "不要求标识",
            (true, true) => "标识已挂",
            (true, false) => "未见标识",
        },
        photos: it.photos.len(),
    });
    let milestones = MILESTONES.scan(&state, &reference, None, ROWS_MAX)?;
    let milestones = milestones.into_iter().map(|((_, name), it)| milestone(&name, &it)).collect();
    let assessed = assessed(connection, &reference)?;
    Ok(Targets { targets, milestones, accepted, evaluated, assessed, record })
}

/// What each target reached, in their order, with the record of the evaluation's last approval.
fn scores(
    connection: &Connection,
    reference: &Reference,
) -> Result<Option<(i64, Vec<Score>)>, IndexError> {
    let query = "SELECT r.log_index, p.log_index FROM record_projects c \
                 JOIN records r ON r.log_index = c.log_index \
                 JOIN proposals p ON p.transaction_id = r.proposal \
                 WHERE c.project = ?1 AND r.kind = '绩效自评' AND r.stage = '已生效' \
                 ORDER BY c.log_index DESC LIMIT 1";
    let mut statement = connection.prepare_cached(query)?;
    let read = |row: &Row<'_>| Ok((row.get::<i64>(0)?, row.get::<i64>(1)?));
    let found = statement.query_row([reference.as_str()], read).optional()?;
    let Some((record, proposed)) = found else { return Ok(None) };
    match act::of(connection, proposed)? {
        Some((Call::Project(project::Call::Evaluate { scores, .. }), _)) => {
            Ok(Some((record, scores)))
        }
        _ => Ok(None),
    }
}

fn milestone(name: &Text<128>, milestone: &Milestone) -> MilestoneRow {
    let reached = milestone.reached.as_ref();
    MilestoneRow {
        name: name.to_string(),
        due_on: milestone.due_on.to_string(),
        reached_on: reached.map_or_else(String::new, |it| it.occurred_on.to_string()),
        is_late: reached.is_some_and(|it| it.occurred_on > milestone.due_on),
        evidence: reached.map_or(0, |it| it.evidence.len()),
    }
}

fn assessed(connection: &Connection, reference: &Reference) -> Result<Vec<Assessed>, IndexError> {
    let names = index_read::names(connection);
    let found = ASSESSMENTS.scan(&Mirror(connection), reference, None, ROWS_MAX)?;
    let row = |((_, assessor), assessment): ((Reference, OrganizationCode), Assessment)| Assessed {
        assessor: names.organization(&assessor),
        assessor_code: assessor.to_string(),
        evaluated: evaluated(&assessment.evaluation),
    };
    Ok(found.into_iter().map(row).collect())
}

fn evaluated(evaluation: &Evaluation) -> Evaluated {
    let sum = evaluation.indicator_points.saturating_add(evaluation.execution_points);
    Evaluated {
        occurred_on: evaluation.occurred_on.to_string(),
        indicator_points: points(evaluation.indicator_points),
        execution_points: points(evaluation.execution_points),
        points: points(sum),
    }
}

/// Hundredths of a point as points.
fn points(hundredths: u16) -> String {
    value::decimal(i128::from(hundredths), 2)
}

fn measures(measures: Measures) -> &'static str {
    match measures {
        Measures::Quantity => "数量指标",
        Measures::Quality => "质量指标",
        Measures::Timeliness => "时效指标",
        Measures::Cost => "成本指标",
        Measures::Benefit => "效益指标",
        Measures::Satisfaction => "满意度指标",
    }
}
