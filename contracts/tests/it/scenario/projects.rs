//! Verbs of projects.

use minglian_contracts::project::acceptance::Acceptance;
use minglian_contracts::project::assessment::Assess;
use minglian_contracts::project::evaluation::{Indicator, Measures, Score};
use minglian_contracts::project::milestone::{ReachMilestone, SetMilestone};
use minglian_contracts::project::{Call, Contract, Registration};
use minglian_ledger::date::Date;
use minglian_ledger::hash::AttachmentHash;

use super::arguments::{Arguments, parse_category};
use crate::world::text;

/// The tree of targets that a project has with the word `targets`: 50, 30 and 10 points.
const TARGETS: &[(Measures, u16)] = &[
    (Measures::Quantity, 2_000),
    (Measures::Quality, 1_000),
    (Measures::Timeliness, 1_000),
    (Measures::Cost, 1_000),
    (Measures::Benefit, 3_000),
    (Measures::Satisfaction, 1_000),
];

pub fn call(arguments: &Arguments, today: Date) -> Result<Option<Call>, String> {
    let occurred_on = arguments.occurred_on(today)?;
    let project = || arguments.text("project");
    Ok(Some(match arguments.verb.as_str() {
        "project" => Call::Register(register(arguments, occurred_on)?),
        "contract" => Call::Contract {
            project: project()?,
            number: arguments.text("number")?,
            contract: Contract {
                counterparty: arguments.organization("with")?,
                amount: arguments.amount("amount")?,
                document: None,
                occurred_on,
            },
        },
        "milestone" => Call::SetMilestone(SetMilestone {
            project: project()?,
            name: arguments.text("name")?,
            contract: arguments
                .optional("contract")
                .map(|_| arguments.text("contract"))
                .transpose()?,
            due_on: arguments.parsed("due")?,
            occurred_on,
        }),
        "reach" => Call::ReachMilestone(ReachMilestone {
            project: project()?,
            name: arguments.text("name")?,
            evidence: attachments(arguments, "evidence")?,
            occurred_on,
        }),
        "accept" => Call::Accept {
            project: project()?,
            acceptance: Acceptance {
                label_confirmed: has_word(arguments, "label"),
                photos: attachments(arguments, "photos")?,
                report: None,
                occurred_on,
            },
        },
        "evaluate" => {
            Call::Evaluate { project: project()?, scores: scores(arguments)?, occurred_on }
        }
        "assess" => Call::Assess(Assess {
            project: project()?,
            commissioner: arguments.organization("for")?,
            scores: scores(arguments)?,
            report: None,
            occurred_on,
        }),
        _ => return Ok(None),
    }))
}

fn register(arguments: &Arguments, occurred_on: Date) -> Result<Registration, String> {
    let indicator = |(measures, points_max): &(Measures, u16)| Indicator {
        measures: *measures,
        name: text(&format!("{measures:?}")),
        target: text("≥95%"),
        points_max: *points_max,
    };
    let targets = if has_word(arguments, "targets") { TARGETS } else { &[] };
    Ok(Registration {
        reference: arguments.text("reference")?,
        title: text(arguments.optional("title").unwrap_or("项目")),
        category: parse_category(arguments.get("category")?)?,
        unit: arguments.organization("unit")?,
        year: arguments.parsed("year")?,
        carries_label: has_word(arguments, "label"),
        indicators: targets.iter().map(indicator).collect(),
        occurred_on,
    })
}

fn has_word(arguments: &Arguments, word: &str) -> bool {
    arguments.words.iter().any(|known| known == word)
}

/// As many attachments as `name=` says; none if it is left out.
fn attachments(arguments: &Arguments, name: &str) -> Result<Vec<AttachmentHash>, String> {
    let count = arguments.optional(name).map_or(Ok(0), |_| arguments.parsed(name))?;
    Ok(vec![AttachmentHash::of(&[b"an attachment"]); count])
}

/// `points=` with commas between them, in hundredths of a point.
fn scores(arguments: &Arguments) -> Result<Vec<Score>, String> {
    let points = arguments.get("points")?.split(',');
    points
        .map(|points| {
            let points = points.parse().map_err(|_| format!("{points} is no score"))?;
            Ok(Score { actual: text("98%"), points })
        })
        .collect()
}
