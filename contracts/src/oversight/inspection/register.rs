//! The two pools of a plan, and who may inspect what.

use std::collections::{BTreeMap, BTreeSet};

use minglian_ledger::hash::SampleSeed;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::sample::{self as method, Pairing, Pools};

use super::{EACH_MAX, INSPECTED_MAX, InspectionFrame, Inspector, Members, POOLS, RECUSALS_MAX};
use crate::context::Context;
use crate::fault::Fault;
use crate::oversight::Reference;
use crate::refusal::{Code, Refusal};
use crate::schema::State;

/// The pools of a frame, with who is recused from what.
pub(super) struct Register {
    pub(super) objects: Vec<OrganizationCode>,
    inspectors: Vec<Inspector>,
    recusals: BTreeSet<(u32, u32)>,
}

impl Register {
    pub(super) fn read(
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
pub(in crate::oversight) fn population(
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
pub(in crate::oversight) fn pairings(
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
