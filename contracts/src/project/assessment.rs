//! Third-party evaluation (第三方评价): an organisation that has no part in the project scores it by
//! the same targets; who commissioned it signs last.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

use super::evaluation::{self, Evaluation, Score};
use super::{Event, Reference, Stage, begin, require_stage};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, State, Table};

/// Third-party evaluations, by project and assessor.
pub const ASSESSMENTS: Table<(Reference, OrganizationCode), Assessment> =
    Table::new(schema::prefix::PROJECT_FIRST + 5);

/// Enters a third-party evaluation. The author is the assessor.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Assess {
    /// The project.
    pub project: Reference,
    /// The department that commissioned it: the one that registered the project, or a department
    /// whose division holds the unit's.
    pub commissioner: OrganizationCode,
    /// One score for each indicator, in their order.
    pub scores: Vec<Score>,
    /// The report, if it is attached.
    pub report: Option<AttachmentHash>,
    /// The day.
    pub occurred_on: Date,
}

/// A third-party evaluation.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Assessment {
    /// Who commissioned it.
    pub commissioner: OrganizationCode,
    /// What the points and the money come to.
    pub evaluation: Evaluation,
    /// The report, if it is attached.
    pub report: Option<AttachmentHash>,
}

pub(super) fn enter(
    assess: &Assess,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Assess { project: reference, commissioner, scores, report, occurred_on } = assess;
    let project = begin(reference, *occurred_on, state, context)?;
    require_stage(&project, &[Stage::Accepted, Stage::Evaluated])?;
    let assessor = context.author.organization;
    if [project.unit, project.registered_by, *commissioner].contains(&assessor) {
        return Err(Refusal::new(Code::AssessorNotIndependent, assessor).into());
    }
    let unit = registry::organization(state, &project.unit)?.division;
    let above = registry::organization(state, commissioner)?;
    let may_commission = *commissioner == project.registered_by
        || (registry::AUTHORITIES.contains(&above.kind) && above.division.contains(unit));
    if !may_commission {
        return Err(Refusal::new(Code::NotYourOrganization, commissioner).into());
    }
    let key = (reference.clone(), assessor);
    if ASSESSMENTS.contains(state, &key)? {
        return Err(Refusal::new(Code::AssessmentExists, reference).into());
    }
    let evaluation = evaluation::score(reference, &project, scores, *occurred_on, state, context)?;
    let assessment =
        Assessment { commissioner: *commissioner, evaluation: evaluation.clone(), report: *report };
    ASSESSMENTS.put(state, &key, &assessment);
    context.emit(Event::Assessed { project: reference.clone(), assessor, evaluation });
    Ok(())
}
