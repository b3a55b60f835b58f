//! Inspections 双随机: objects and inspectors in pools, drawn together, and what was found.
//!
//! A pool never changes; a changed register is a new pool. Inspectors are salted commitments, never
//! names, with the organisation for which they act: nobody inspects the own organisation, nor what
//! a recusal (回避) in the plan names.

use std::collections::{BTreeMap, BTreeSet};

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::hash::{AttachmentHash, Commitment, SampleSeed};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::sample::{self as method, Pairing, Pools};
use serde::{Deserialize, Serialize};

use super::finding::step::check_evidence;
use super::sample::{Frame, Progress, Sample, SampleName, step};
use super::{Event, Reference};
use crate::allocation::check_date;
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, OrderedDay, State, Table};

/// Pools, by organisation and reference.
pub const POOLS: Table<(OrganizationCode, Reference), Members> =
    Table::new(schema::prefix::OVERSIGHT_FIRST + 8);

/// What inspections found, by plan and object.
pub const INSPECTIONS: Table<(SampleName, OrganizationCode), Inspection> =
    Table::new(schema::prefix::OVERSIGHT_FIRST + 9);

/// What inspections found, by object and day, the latest first: an inspection that follows up
/// (复查) stands beside the one before, and one of the same day in its place.
pub const INSPECTED: Table<(OrganizationCode, OrderedDay), Inspection> =
    Table::new(schema::prefix::OVERSIGHT_FIRST + 10);

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
    /// The newest record about this object and plan, if this corrects it.
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
    POOLS.put(state, &key, members);
    let members = u32::try_from(count).unwrap_or(u32::MAX);
    context.emit(Event::PoolOpened { pool: reference.clone(), members });
    Ok(())
}

/// The pools of a frame, with who is recused from what.
struct Register {
    objects: Vec<OrganizationCode>,
    inspectors: Vec<Inspector>,
    recusals: BTreeSet<(u32, u32)>,
}

impl Register {
    fn read(
        frame: &InspectionFrame,
        organization: &OrganizationCode,
        state: &State<'_>,
    ) -> Result<Self, Fault> {
        let pool = |reference: &Reference| -> Result<Members, Fault> {
            let unknown = || Refusal::new(Code::PoolUnknown, reference).into();
            POOLS.get(state, &(*organization, reference.clone()))?.ok_or_else(unknown)
        };
        let (objects, inspectors) = (pool(&frame.objects)?, pool(&frame.inspectors)?);
        let (Members::Objects(objects), Members::Inspectors(inspectors)) = (objects, inspectors)
        else {
            let detail = "a pool of objects and one of inspectors";
            return Err(Refusal::new(Code::PoolInvalid, detail).into());
        };
        let recusals = frame.recusals.iter().map(|it| (it.inspector, it.object)).collect();
        Ok(Self { objects, inspectors, recusals })
    }

    fn is_recused(&self, inspector: u32, object: u32) -> bool {
        let same = || {
            let of = self.inspectors.get(usize::try_from(inspector).ok()?)?.organization;
            Some(of == *self.objects.get(usize::try_from(object).ok()?)?)
        };
        self.recusals.contains(&(inspector, object)) || same().unwrap_or(true)
    }

    /// Refuses if an object has fewer than `each` inspectors who are not recused from it.
    fn check(&self, each: u8) -> Result<(), Refusal> {
        let mut acting: BTreeMap<OrganizationCode, usize> = BTreeMap::new();
        for inspector in &self.inspectors {
            *acting.entry(inspector.organization).or_default() += 1;
        }
        let mut recused: BTreeMap<u32, usize> = BTreeMap::new();
        for (inspector, object) in &self.recusals {
            let at = usize::try_from(*inspector).ok().and_then(|at| self.inspectors.get(at));
            let over = usize::try_from(*object).ok().and_then(|at| self.objects.get(at));
            let (Some(at), Some(over)) = (at, over) else {
                let detail = format!("inspector {inspector}, object {object}");
                return Err(Refusal::new(Code::RecusalInvalid, detail));
            };
            if at.organization != *over {
                *recused.entry(*object).or_default() += 1;
            }
        }
        for (position, object) in (0..).zip(&self.objects) {
            let count = |counts: Option<&usize>| counts.copied().unwrap_or(0);
            let gone = count(acting.get(object)) + count(recused.get(&position));
            if self.inspectors.len().saturating_sub(gone) < usize::from(each) {
                let detail = format!("{object}, {each} are needed");
                return Err(Refusal::new(Code::InspectorsMissing, detail));
            }
        }
        Ok(())
    }
}

/// How many objects a frame has.
///
/// # Errors
/// [`Code::PoolUnknown`], [`Code::PoolInvalid`], [`Code::RecusalInvalid`],
/// [`Code::SampleSizeInvalid`], [`Code::InspectorsMissing`].
pub(super) fn population(
    frame: &InspectionFrame,
    size: u32,
    state: &State<'_>,
    context: &Context<'_>,
) -> Result<u64, Fault> {
    let InspectionFrame { each, recusals, .. } = frame;
    let ascend = recusals.windows(2).all(|pair| pair[0] < pair[1]);
    if recusals.len() > RECUSALS_MAX || !ascend {
        let detail = format!("{} recusals, at most {RECUSALS_MAX}, ascending", recusals.len());
        return Err(Refusal::new(Code::RecusalInvalid, detail).into());
    }
    if size > INSPECTED_MAX || *each == 0 || *each > EACH_MAX {
        let detail = format!("{size} objects, at most {INSPECTED_MAX}; {each}, 1 to {EACH_MAX}");
        return Err(Refusal::new(Code::SampleSizeInvalid, detail).into());
    }
    let register = Register::read(frame, &context.author.organization, state)?;
    register.check(*each)?;
    Ok(register.objects.len() as u64)
}

/// Who inspects what, by the seed.
pub(super) fn pairings(
    seed: &SampleSeed,
    frame: &InspectionFrame,
    size: u32,
    organization: &OrganizationCode,
    state: &State<'_>,
) -> Result<Vec<Pairing>, Fault> {
    let register = Register::read(frame, organization, state)?;
    let count = |members: usize| u32::try_from(members).unwrap_or(u32::MAX);
    let pools = Pools {
        objects: count(register.objects.len()),
        size,
        inspectors: count(register.inspectors.len()),
        each: u32::from(frame.each),
    };
    Ok(method::pair(seed, pools, |inspector, object| register.is_recused(inspector, object)))
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
    let key = (name, *object);
    let newest = INSPECTIONS.get(state, &key)?.map(|known| known.newest);
    if newest != *corrects {
        let record = |index: Option<LogIndex>| index.map_or("none".to_owned(), |it| it.to_string());
        let detail = format!("{}, the newest is {}", record(*corrects), record(newest));
        return Err(Refusal::new(Code::InspectionStale, detail).into());
    }
    let (result, occurred_on, newest) = (*result, *occurred_on, context.index);
    let inspection = Inspection { result, occurred_on, newest };
    INSPECTIONS.put(state, &key, &inspection);
    INSPECTED.put(state, &(*object, OrderedDay::latest_first(occurred_on)), &inspection);
    context.emit(Event::Inspected { plan: key.0, object: *object, inspectors });
    Ok(())
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
