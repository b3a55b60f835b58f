//! Inspections 双随机: objects and inspectors in pools, drawn together, and what was found.
//!
//! A pool never changes; a changed register is a new pool. Inspectors are salted commitments, never
//! names, with the organisation for which they act: nobody inspects the own organisation, nor what
//! a recusal (回避) in the plan names.

mod register;

use std::collections::BTreeSet;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::sample::Pairing;
use minglian_ledger::state::{StateError, StateRead};
use serde::{Deserialize, Serialize};

use super::finding::step::check_evidence;
use super::sample::{Frame, Progress, Sample, SampleName, step};
use super::{Event, Reference};
use crate::allocation::{check_date, require_inside};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry::ORGANIZATIONS;
use crate::schema::{self, OrderedDay, State, Table};
use register::Register;
pub(super) use register::{pairings, population};

/// Pools, by organisation and reference.
pub const POOLS: Table<(OrganizationCode, Reference), Members> =
    Table::new(schema::prefix::OVERSIGHT_FIRST + 8);

/// What inspections found, by plan and object.
pub const INSPECTIONS: Table<(SampleName, OrganizationCode), Inspection> =
    Table::new(schema::prefix::OVERSIGHT_FIRST + 9);

/// What inspections found, by object, the latest day first and of one day the gravest result: an
/// inspection that follows up (复查) stands beside the one before, so does another plan's of the
/// same day, and a correction takes the place of what it corrects.
pub const INSPECTED: Table<InspectedKey, Inspection> =
    Table::new(schema::prefix::OVERSIGHT_FIRST + 10);

/// The key of an entry of [`INSPECTED`]: object, day, [`InspectionResult::order`], plan.
pub type InspectedKey = (OrganizationCode, OrderedDay, u8, SampleName);

/// Most objects of a pool.
pub const OBJECTS_MAX: usize = 1_000;

/// Most inspectors of a pool.
pub const INSPECTORS_MAX: usize = 200;

/// Most objects that one inspection draws.
pub const INSPECTED_MAX: u32 = 200;

/// Most inspectors of one object.
pub const EACH_MAX: u8 = 4;

/// Most recusals of one plan.
pub const RECUSALS_MAX: usize = 1_000;

/// Who can be drawn to inspect.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Inspector {
    /// The officer, as a salted commitment.
    pub officer: Commitment,
    /// For which organisation the officer acts.
    pub organization: OrganizationCode,
}

/// What is in a pool.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Members {
    /// What can be inspected (检查对象名录库).
    Objects(Vec<OrganizationCode>),
    /// Who can inspect (检查人员名录库).
    Inspectors(Vec<Inspector>),
}

/// A pool that is being entered.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct OpenPool {
    /// What the organisation calls it.
    pub reference: Reference,
    /// What is in it.
    pub members: Members,
    /// The day as of which it holds.
    pub occurred_on: Date,
}

/// That somebody does not inspect something. Positions count from 0.
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
pub struct Recusal {
    /// The inspector's position in the pool.
    pub inspector: u32,
    /// The object's position in the pool.
    pub object: u32,
}

/// What an inspection is drawn from: pools of the organisation that plans it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct InspectionFrame {
    /// The pool of objects.
    pub objects: Reference,
    /// The pool of inspectors.
    pub inspectors: Reference,
    /// How many inspectors each object gets.
    pub each: u8,
    /// Who is recused from what, ascending; beside those who act for the object.
    pub recusals: Vec<Recusal>,
}

/// What an inspection found.
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
pub enum InspectionResult {
    /// 未发现问题.
    NothingFound,
    /// 发现问题已责令改正.
    OrderedToCorrect,
    /// 发现问题待后续处理.
    UnderFurtherAction,
    /// 移送有关部门.
    Referred,
    /// 通过登记的住所无法联系.
    NotReachable,
    /// 不配合检查情节严重.
    Obstructed,
    /// 未开展业务活动.
    Inactive,
}

impl InspectionResult {
    /// Its code in parameters: the Chinese name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NothingFound => "未发现问题",
            Self::OrderedToCorrect => "责令改正",
            Self::UnderFurtherAction => "待后续处理",
            Self::Referred => "移送",
            Self::NotReachable => "无法联系",
            Self::Obstructed => "不配合",
            Self::Inactive => "未开展业务",
        }
    }

    /// Its place among the results of one day: the graver, as this list has them, the earlier.
    pub const fn order(self) -> u8 {
        u8::MAX - self as u8
    }
}

/// What an inspection found, as it is entered.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Inspect {
    /// The plan, of the organisation that enters this.
    pub plan: Reference,
    /// The object, which the plan has drawn.
    pub object: OrganizationCode,
    /// What was found.
    pub result: InspectionResult,
    /// The signed record of the inspection and what else shows it: at least one.
    pub evidence: Vec<AttachmentHash>,
    /// The newest record about this object and plan, if this corrects it. None for the first
    /// inspection, and for one of a later day that follows it up.
    pub corrects: Option<LogIndex>,
    /// The day of the inspection.
    pub occurred_on: Date,
}

/// What stands about an inspected object.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Inspection {
    /// What was found.
    pub result: InspectionResult,
    /// The day.
    pub occurred_on: Date,
    /// The newest record about it.
    pub newest: LogIndex,
}

pub(super) fn open_pool(
    act: &OpenPool,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let OpenPool { reference, members, occurred_on } = act;
    check_date(context, *occurred_on)?;
    if reference.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, "").into());
    }
    let organization = context.author.organization;
    let key = (organization, reference.clone());
    if POOLS.contains(state, &key)? {
        return Err(Refusal::new(Code::PoolExists, reference).into());
    }
    let (count, most, different) = match members {
        Members::Objects(objects) => {
            if objects.contains(&organization) {
                return Err(Refusal::new(Code::InspectsItself, organization).into());
            }
            let different: BTreeSet<_> = objects.iter().collect();
            (objects.len(), OBJECTS_MAX, different.len())
        }
        Members::Inspectors(inspectors) => {
            let different: BTreeSet<_> = inspectors.iter().map(|it| &it.officer).collect();
            (inspectors.len(), INSPECTORS_MAX, different.len())
        }
    };
    if count == 0 || count > most || different != count {
        let detail = format!("{count} members, {different} different, 1 to {most}");
        return Err(Refusal::new(Code::PoolInvalid, detail).into());
    }
    if let Members::Objects(objects) = members {
        for object in objects {
            require_within_reach(object, state, context)?;
        }
    }
    POOLS.put(state, &key, members);
    let members = u32::try_from(count).unwrap_or(u32::MAX);
    context.emit(Event::PoolOpened { pool: reference.clone(), members });
    Ok(())
}

/// Refuses an object of another division. One that is not on the ledger has none there.
fn require_within_reach(
    object: &OrganizationCode,
    state: &State<'_>,
    context: &Context<'_>,
) -> Result<(), Fault> {
    if ORGANIZATIONS.contains(state, object)? {
        require_inside(state, context, object)?;
    }
    Ok(())
}

pub(super) fn inspect(
    act: &Inspect,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Inspect { plan, object, result, evidence, corrects, occurred_on } = act;
    check_date(context, *occurred_on)?;
    let organization = context.author.organization;
    let name = SampleName { organization, sample: plan.clone() };
    let sample = step::find(&name, state)?;
    let inspectors = drawn_for(&sample, object, &name, *occurred_on, state)?;
    check_evidence(evidence)?;
    require_within_reach(object, state, context)?;
    let key = (name, *object);
    let known = INSPECTIONS.get(state, &key)?;
    let newest = known.as_ref().map(|known| known.newest);
    let follows_up =
        corrects.is_none() && known.as_ref().is_some_and(|known| known.occurred_on < *occurred_on);
    if newest != *corrects && !follows_up {
        let record = |index: Option<LogIndex>| index.map_or("none".to_owned(), |it| it.to_string());
        let detail = format!("{}, the newest is {}", record(*corrects), record(newest));
        return Err(Refusal::new(Code::InspectionStale, detail).into());
    }
    if let Some(wrong) = known.filter(|_| !follows_up) {
        INSPECTED.delete(state, &inspected_key(&key, &wrong));
    }
    let (result, occurred_on, newest) = (*result, *occurred_on, context.index);
    let inspection = Inspection { result, occurred_on, newest };
    INSPECTIONS.put(state, &key, &inspection);
    INSPECTED.put(state, &inspected_key(&key, &inspection), &inspection);
    context.emit(Event::Inspected { plan: key.0, object: *object, inspectors });
    Ok(())
}

fn inspected_key(key: &(SampleName, OrganizationCode), found: &Inspection) -> InspectedKey {
    let day = OrderedDay::latest_first(found.occurred_on);
    (key.1, day, found.result.order(), key.0.clone())
}

/// What counts about `object` on `date`: the gravest result of the newest day up to it on which
/// anybody inspected it.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn newest(
    reader: &dyn StateRead,
    object: OrganizationCode,
    date: Date,
) -> Result<Option<Inspection>, StateError> {
    // A place before all entries of the day.
    let after = INSPECTED.prefix_of(&(object, OrderedDay::latest_first(date)));
    let found = INSPECTED.scan_from(reader, &INSPECTED.prefix_of(&object), Some(&after), 1)?;
    Ok(found.into_iter().next().map(|(_, _, inspection)| inspection))
}

/// The inspectors that a plan has drawn for an object.
fn drawn_for(
    sample: &Sample,
    object: &OrganizationCode,
    name: &SampleName,
    occurred_on: Date,
    state: &State<'_>,
) -> Result<Vec<u32>, Fault> {
    let (Progress::Drawn(drawn), Frame::Inspection(frame)) = (&sample.progress, &sample.plan.frame)
    else {
        return Err(Refusal::new(Code::ObjectNotDrawn, "the plan is not drawn").into());
    };
    if occurred_on < drawn.drawn_on {
        let detail = format!("{occurred_on}, it was drawn on {}", drawn.drawn_on);
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    let register = Register::read(frame, &name.organization, state)?;
    let at = |pairing: &Pairing| register.objects.get(usize::try_from(pairing.object).ok()?);
    let pairing = drawn.pairings.iter().find(|pairing| at(pairing) == Some(object));
    let not_drawn = || Refusal::new(Code::ObjectNotDrawn, object);
    Ok(pairing.ok_or_else(not_drawn)?.inspectors.clone())
}
