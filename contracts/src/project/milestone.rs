//! Milestones of a project: what is to be reached by when, and what shows that it was.
//!
//! A milestone that is reached late is a fact in the receipt, judged by the block's time; it stops
//! nothing.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::acceptance::PHOTOS_MAX;
use super::{CONTRACTS, Event, Reference, Stage, begin, require_stage, require_unit};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Milestones, by project and name.
pub const MILESTONES: Table<(Reference, Text<128>), Milestone> =
    Table::new(schema::prefix::PROJECT_FIRST + 4);

/// A milestone.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Milestone {
    /// The contract that promises it, if one does.
    pub contract: Option<Text<128>>,
    /// The last day on which it is in time.
    pub due_on: Date,
    /// When it was reached, and what shows it.
    pub reached: Option<Reached>,
}

/// A milestone that was reached.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Reached {
    /// The day.
    pub occurred_on: Date,
    /// Photos and papers.
    pub evidence: Vec<AttachmentHash>,
}

/// Sets a milestone.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct SetMilestone {
    /// The project.
    pub project: Reference,
    /// Its name, unique within the project.
    pub name: Text<128>,
    /// The contract that promises it, if one does.
    pub contract: Option<Text<128>>,
    /// The last day on which it is in time.
    pub due_on: Date,
    /// The day it was agreed.
    pub occurred_on: Date,
}

/// Records that a milestone was reached.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct ReachMilestone {
    /// The project.
    pub project: Reference,
    /// The milestone.
    pub name: Text<128>,
    /// Photos and papers, at least one.
    pub evidence: Vec<AttachmentHash>,
    /// The day.
    pub occurred_on: Date,
}

pub(super) fn set(
    set: &SetMilestone,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let SetMilestone { project: reference, name, contract, due_on, occurred_on } = set;
    let project = begin(reference, *occurred_on, state, context)?;
    require_unit(&project, context)?;
    require_stage(&project, &[Stage::Registered, Stage::Contracted])?;
    if name.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, reference).into());
    }
    if due_on < occurred_on {
        let detail = format!("due on {due_on}, agreed on {occurred_on}");
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    if let Some(number) = contract
        && !CONTRACTS.contains(state, &(reference.clone(), number.clone()))?
    {
        return Err(Refusal::new(Code::ContractUnknown, number).into());
    }
    let key = (reference.clone(), name.clone());
    if MILESTONES.contains(state, &key)? {
        return Err(Refusal::new(Code::MilestoneExists, name).into());
    }
    let milestone = Milestone { contract: contract.clone(), due_on: *due_on, reached: None };
    MILESTONES.put(state, &key, &milestone);
    let (project, name) = key;
    context.emit(Event::MilestoneSet { project, name, due_on: *due_on });
    Ok(())
}

pub(super) fn reach(
    reach: &ReachMilestone,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let ReachMilestone { project: reference, name, evidence, occurred_on } = reach;
    let project = begin(reference, *occurred_on, state, context)?;
    require_unit(&project, context)?;
    let key = (reference.clone(), name.clone());
    let unknown = || Refusal::new(Code::MilestoneUnknown, name);
    let mut milestone = MILESTONES.get(state, &key)?.ok_or_else(unknown)?;
    if milestone.reached.is_some() {
        return Err(Refusal::new(Code::MilestoneReached, name).into());
    }
    if evidence.is_empty() || evidence.len() > PHOTOS_MAX {
        let detail = format!("{} attachments, 1 to {PHOTOS_MAX} are lawful", evidence.len());
        return Err(Refusal::new(Code::MilestoneEvidence, detail).into());
    }
    let due_on = milestone.due_on;
    let days_late = u32::try_from(due_on.days_until(context.today())).unwrap_or(0);
    milestone.reached = Some(Reached { occurred_on: *occurred_on, evidence: evidence.clone() });
    MILESTONES.put(state, &key, &milestone);
    let (project, name) = key;
    context.emit(Event::MilestoneReached { project, name, days_late });
    Ok(())
}
