//! Projects: what the welfare fund pays for, and what came of it.
//!
//! A project has a category, a unit, a budget year and targets. Its unit records contracts, the
//! milestones, the acceptance (验收), and the evaluation (绩效自评), each by its maker and checker; a
//! third party that has no part in it may evaluate it too. A project is the
//! one that quota lines name in their purpose. How much of its money was spent (执行率) is derived
//! from those lines, never typed.
//!
//! **States**: registered → contracted (where there is a contract) → accepted → evaluated.

pub mod acceptance;
pub mod assessment;
pub mod evaluation;
pub mod line_status;
pub mod milestone;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

pub use evaluation::{Execution, execution};

use crate::allocation::{Category, check_date};
use crate::context::Context;
use crate::fault::Fault;
use crate::policy::{Policy, Step};
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, State, Table};
use evaluation::{Indicator, Score};

/// Names a project on the whole ledger; a line's purpose names it so.
pub type Reference = Text<128>;

/// Projects.
pub const PROJECTS: Table<Reference, Project> = Table::new(schema::prefix::PROJECT_FIRST);

/// Contracts, by project and number.
pub const CONTRACTS: Table<(Reference, Text<128>), Contract> =
    Table::new(schema::prefix::PROJECT_FIRST + 1);

/// Acceptances, by project.
pub const ACCEPTANCES: Table<Reference, acceptance::Acceptance> =
    Table::new(schema::prefix::PROJECT_FIRST + 2);

/// Evaluations, by project.
pub const EVALUATIONS: Table<Reference, evaluation::Evaluation> =
    Table::new(schema::prefix::PROJECT_FIRST + 3);

/// How far a project is.
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
pub enum Stage {
    /// It is known.
    Registered,
    /// A contract was made.
    Contracted,
    /// It was accepted.
    Accepted,
    /// It was evaluated.
    Evaluated,
}

/// A project that is being registered.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Registration {
    /// Its reference.
    pub reference: Reference,
    /// Its title.
    pub title: Text<256>,
    /// Its category.
    pub category: Category,
    /// The unit that carries it out.
    pub unit: OrganizationCode,
    /// The budget year in which it begins.
    pub year: u16,
    /// Whether it pays for buildings, equipment or activities, which carry 标识.
    pub carries_label: bool,
    /// Its targets. Their points add up to what each group may have; none if they are not known,
    /// in which case it cannot be evaluated.
    pub indicators: Vec<Indicator>,
    /// The day it was decided.
    pub occurred_on: Date,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Project {
    /// Its title.
    pub title: Text<256>,
    /// Its category.
    pub category: Category,
    /// The unit that carries it out.
    pub unit: OrganizationCode,
    /// The organisation that registered it.
    pub registered_by: OrganizationCode,
    /// The budget year in which it begins.
    pub year: u16,
    /// Whether it carries 标识.
    pub carries_label: bool,
    /// Its targets.
    pub indicators: Vec<Indicator>,
    /// How far it is.
    pub stage: Stage,
    /// The sum of its contracts.
    pub contracted: Fen,
    /// The day of its last act.
    pub occurred_on: Date,
}

/// A contract (合同) for a project.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Contract {
    /// The supplier.
    pub counterparty: OrganizationCode,
    /// Its sum.
    pub amount: Fen,
    /// The contract itself, if it is attached.
    pub document: Option<minglian_ledger::hash::AttachmentHash>,
    /// The day it was signed.
    pub occurred_on: Date,
}

/// What can be done to projects; each act by the maker, then the checker of one organisation.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Registers a project: its unit, or a civil-affairs department above it.
    Register(Registration),
    /// Records a contract. The unit.
    Contract {
        /// The project.
        project: Reference,
        /// The contract's number.
        number: Text<128>,
        /// Its particulars.
        contract: Contract,
    },
    /// Records the acceptance. The unit.
    Accept {
        /// The project.
        project: Reference,
        /// What was found.
        acceptance: acceptance::Acceptance,
    },
    /// Records the evaluation. The unit, or the organisation that registered the project.
    Evaluate {
        /// The project.
        project: Reference,
        /// One score for each indicator, in their order.
        scores: Vec<Score>,
        /// The day.
        occurred_on: Date,
    },
    /// Sets a milestone. The unit.
    SetMilestone(milestone::SetMilestone),
    /// Records that a milestone was reached. The unit.
    ReachMilestone(milestone::ReachMilestone),
    /// Enters a third-party evaluation. The assessor's maker and checker, then the checker of the
    /// department that commissioned it.
    Assess(assessment::Assess),
}

/// What became of a project.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It reached a stage.
    Reached {
        /// The project.
        project: Reference,
        /// The stage.
        stage: Stage,
    },
    /// A contract was recorded.
    Contracted {
        /// The project.
        project: Reference,
        /// The sum of its contracts now.
        total: Fen,
    },
    /// It was evaluated.
    Evaluated {
        /// The project.
        project: Reference,
        /// What the points and the money come to.
        evaluation: evaluation::Evaluation,
    },
    /// A milestone was set.
    MilestoneSet {
        /// The project.
        project: Reference,
        /// The milestone.
        name: Text<128>,
        /// The last day on which it is in time.
        due_on: Date,
    },
    /// A milestone was reached.
    MilestoneReached {
        /// The project.
        project: Reference,
        /// The milestone.
        name: Text<128>,
        /// Days after the last day, by the block's time; 0 if it is in time.
        days_late: u32,
    },
    /// A third party evaluated it.
    Assessed {
        /// The project.
        project: Reference,
        /// The third party.
        assessor: OrganizationCode,
        /// What the points and the money come to.
        evaluation: evaluation::Evaluation,
    },
}

impl Call {
    /// Work of the call, see [`crate::call::Call::weight`].
    pub fn weight(&self) -> u64 {
        match self {
            Self::Register(registration) => 100 + registration.indicators.len() as u64,
            Self::Contract { .. }
            | Self::Accept { .. }
            | Self::SetMilestone(_)
            | Self::ReachMilestone(_) => 80,
            // They read the unit's quota lines.
            Self::Evaluate { .. } | Self::Assess(_) => 4_000,
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        let mut steps = vec![Step::own(&[], Role::Maker), Step::own(&[], Role::Checker)];
        if let Self::Assess(assess) = self {
            steps.push(Step::of(assess.commissioner, &[], Role::Checker));
        }
        Policy::Steps(steps)
    }

    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::Register(registration) => register(registration, state, context),
            Self::Contract { project, number, contract } => {
                enter_contract(project, number, contract, state, context)
            }
            Self::Accept { project, acceptance } => {
                acceptance::accept(project, acceptance, state, context)
            }
            Self::Evaluate { project, scores, occurred_on } => {
                evaluation::evaluate(project, scores, *occurred_on, state, context)
            }
            Self::SetMilestone(set) => milestone::set(set, state, context),
            Self::ReachMilestone(reach) => milestone::reach(reach, state, context),
            Self::Assess(assess) => assessment::enter(assess, state, context),
        }
    }
}

fn register(
    registration: &Registration,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Registration { reference, title, unit, indicators, occurred_on, .. } = registration;
    check_date(context, *occurred_on)?;
    let division = registry::organization(state, unit)?.division;
    let author = context.author;
    let is_above =
        author.kind == OrganizationKind::CivilAffairs && author.division.contains(division);
    if author.organization != *unit && !is_above {
        return Err(Refusal::new(Code::NotYourOrganization, unit).into());
    }
    if reference.is_empty() || title.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, reference).into());
    }
    if PROJECTS.contains(state, reference)? {
        return Err(Refusal::new(Code::ProjectExists, reference).into());
    }
    evaluation::check_indicators(indicators, *occurred_on, state, context)?;
    let project = Project {
        title: title.clone(),
        category: registration.category,
        unit: *unit,
        registered_by: author.organization,
        year: registration.year,
        carries_label: registration.carries_label,
        indicators: indicators.clone(),
        stage: Stage::Registered,
        contracted: Fen::ZERO,
        occurred_on: *occurred_on,
    };
    PROJECTS.put(state, reference, &project);
    context.emit(Event::Reached { project: reference.clone(), stage: Stage::Registered });
    Ok(())
}

fn enter_contract(
    reference: &Reference,
    number: &Text<128>,
    contract: &Contract,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut project = begin(reference, contract.occurred_on, state, context)?;
    require_unit(&project, context)?;
    // A later contract, for an extension say, is another of the same kind.
    require_stage(&project, &[Stage::Registered, Stage::Contracted])?;
    if number.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, reference).into());
    }
    if contract.amount.is_zero() {
        return Err(Refusal::new(Code::AmountZero, number).into());
    }
    let key = (reference.clone(), number.clone());
    if CONTRACTS.contains(state, &key)? {
        return Err(Refusal::new(Code::ContractExists, number).into());
    }
    let too_large = || Refusal::new(Code::AmountTooLarge, contract.amount);
    project.contracted = project.contracted.checked_add(contract.amount).ok_or_else(too_large)?;
    CONTRACTS.put(state, &key, contract);
    let total = project.contracted;
    reach(reference, project, Stage::Contracted, contract.occurred_on, state, context);
    context.emit(Event::Contracted { project: reference.clone(), total });
    Ok(())
}

/// What all later acts have in common: the day, a project that exists, the order of the days.
fn begin(
    reference: &Reference,
    occurred_on: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<Project, Fault> {
    check_date(context, occurred_on)?;
    let project = PROJECTS
        .get(state, reference)?
        .ok_or_else(|| Refusal::new(Code::ProjectUnknown, reference))?;
    if occurred_on < project.occurred_on {
        let detail = format!("{occurred_on}, the act before is of {}", project.occurred_on);
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    Ok(project)
}

fn require_unit(project: &Project, context: &Context<'_>) -> Result<(), Refusal> {
    if context.author.organization == project.unit {
        return Ok(());
    }
    Err(Refusal::new(Code::NotYourOrganization, project.unit))
}

fn require_stage(project: &Project, stages: &[Stage]) -> Result<(), Refusal> {
    if stages.contains(&project.stage) {
        return Ok(());
    }
    Err(Refusal::new(Code::ProjectStageWrong, format!("it is {:?}", project.stage)))
}

fn reach(
    reference: &Reference,
    mut project: Project,
    stage: Stage,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) {
    let is_new = project.stage != stage;
    (project.stage, project.occurred_on) = (stage, occurred_on);
    PROJECTS.put(state, reference, &project);
    if is_new {
        context.emit(Event::Reached { project: reference.clone(), stage });
    }
}
