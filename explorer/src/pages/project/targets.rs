//! What a project is to reach, and what was found when it was accepted and evaluated.

use minglian_contracts::project::evaluation::{Evaluation, Measures};
use minglian_contracts::project::{ACCEPTANCES, EVALUATIONS, PROJECTS, Reference};

use crate::data::value;
use crate::database::Connection;
use crate::index::IndexError;
use crate::index::mirror::Mirror;

/// A target.
pub struct Target {
    pub(crate) measures: &'static str,
    pub(crate) name: String,
    pub(crate) target: String,
    pub(crate) points_max: String,
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
    pub(crate) accepted: Option<Accepted>,
    pub(crate) evaluated: Option<Evaluated>,
}

/// Reads it from the state of the index.
///
/// # Errors
/// [`IndexError`] if the index cannot be read.
pub fn read(connection: &Connection, reference: &str) -> Result<Targets, IndexError> {
    let state = Mirror(connection);
    let Ok(reference) = Reference::new(reference) else { return Ok(Targets::default()) };
    let Some(project) = PROJECTS.get(&state, &reference)? else { return Ok(Targets::default()) };
    let targets = project.indicators.iter().map(|it| Target {
        measures: measures(it.measures),
        name: it.name.to_string(),
        target: it.target.to_string(),
        points_max: points(it.points_max),
    });
    let accepted = ACCEPTANCES.get(&state, &reference)?.map(|it| Accepted {
        occurred_on: it.occurred_on.to_string(),
        label: match (project.carries_label, it.label_confirmed) {
            (false, _) => "不要求标识",
            (true, true) => "标识已挂",
            (true, false) => "未见标识",
        },
        photos: it.photos.len(),
    });
    let evaluated = EVALUATIONS.get(&state, &reference)?.map(|it| evaluated(&it));
    Ok(Targets { targets: targets.collect(), accepted, evaluated })
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
