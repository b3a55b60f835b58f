//! What becomes of a plan, step by step.

use minglian_ledger::date::{self, Date};
use minglian_ledger::height::Height;
use minglian_ledger::sample::METHOD;
use minglian_ledger::state::StateError;

use super::{
    CancelReason, Drawn, Frame, Plan, Progress, SAMPLES, SIZE_MAX, Sample, SampleName, Standing,
    TARGETS, TargetBlock, seed, standing,
};
use crate::context::{BlockContext, Context};
use crate::fault::Fault;
use crate::oversight::deadline::{self, SAMPLE_HEIGHTS_MIN};
use crate::oversight::{Event, Reference, draw as lottery_draw, inspection};
use crate::refusal::{Code, Refusal};
use crate::schema::State;

pub(in crate::oversight) fn plan(
    plan: &Plan,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let organization = context.author.organization;
    if plan.reference.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, "").into());
    }
    let name = |sample: &Reference| SampleName { organization, sample: sample.clone() };
    if SAMPLES.contains(state, &name(&plan.reference))? {
        return Err(Refusal::new(Code::SampleExists, &plan.reference).into());
    }
    if let Some(earlier) = &plan.replaces {
        find(&name(earlier), state)?;
    }
    if plan.method != METHOD {
        let detail = format!("{}, this program has {METHOD}", plan.method);
        return Err(Refusal::new(Code::MethodUnknown, detail).into());
    }
    let population = population(plan, state, context)?;
    if plan.size == 0 || plan.size > SIZE_MAX || u64::from(plan.size) > population {
        let detail = format!("{} of {population}, at most {SIZE_MAX}", plan.size);
        return Err(Refusal::new(Code::SampleSizeInvalid, detail).into());
    }
    check_target(plan.target, state, context)?;
    lottery_draw::name(&plan.draw, state, context)?;
    if TARGETS.get(state, &plan.target)?.is_none() {
        TARGETS.put(state, &plan.target, &None);
    }
    let sample = Sample {
        plan: plan.clone(),
        record: context.index,
        planned_on: context.today(),
        population,
        progress: Progress::Planned,
    };
    let (plan, target) = (name(&plan.reference), plan.target);
    SAMPLES.put(state, &plan, &sample);
    context.emit(Event::SamplePlanned { plan, population, target });
    Ok(())
}

/// Refuses a block that is too near for a plan.
fn check_target(target: Height, state: &State<'_>, context: &mut Context<'_>) -> Result<(), Fault> {
    let (height, today) = (context.block.height, context.today());
    let least = deadline::count(SAMPLE_HEIGHTS_MIN, today, state, context)?.max(1);
    if target.0 < height.0.saturating_add(u64::from(least)) {
        let detail = format!("{target}, this is {height} and {least} is the least distance");
        return Err(Refusal::new(Code::TargetTooSoon, detail).into());
    }
    Ok(())
}

/// How many items a plan's frame has.
fn population(plan: &Plan, state: &State<'_>, context: &Context<'_>) -> Result<u64, Fault> {
    match &plan.frame {
        Frame::Records { first, end, population, .. } => {
            let positions = end.0.checked_sub(first.0);
            if end.0 > context.index.0 || positions.is_none_or(|all| *population > all) {
                let detail = format!("{population} of {first} to {end}, before {}", context.index);
                return Err(Refusal::new(Code::FrameInvalid, detail).into());
            }
            Ok(*population)
        }
        Frame::List { population, .. } => Ok(*population),
        Frame::Inspection(frame) => inspection::population(frame, plan.size, state, context),
    }
}

/// The plan of this name.
///
/// # Errors
/// [`Code::SampleUnknown`].
pub(in crate::oversight) fn find(name: &SampleName, state: &State<'_>) -> Result<Sample, Fault> {
    let unknown = || Refusal::new(Code::SampleUnknown, &name.sample).into();
    SAMPLES.get(state, name)?.ok_or_else(unknown)
}

pub(in crate::oversight) fn cancel(
    plan: &Reference,
    reason: CancelReason,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let organization = context.author.organization;
    let name = SampleName { organization, sample: plan.clone() };
    let mut sample = find(&name, state)?;
    match sample.progress {
        Progress::Planned => {}
        Progress::Cancelled(_) => return Err(Refusal::new(Code::SampleCancelled, plan).into()),
        Progress::Drawn(_) => return Err(Refusal::new(Code::SampleDrawn, plan).into()),
    }
    let height = context.block.height;
    if height >= sample.plan.target {
        let detail = format!("{height}, the planned block is {}", sample.plan.target);
        return Err(Refusal::new(Code::CancelledTooLate, detail).into());
    }
    sample.progress = Progress::Cancelled(reason);
    SAMPLES.put(state, &name, &sample);
    context.emit(Event::SampleCancelled { plan: name });
    Ok(())
}

pub(in crate::oversight) fn draw(
    name: &SampleName,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut sample = find(name, state)?;
    let (plan, date) = (&sample.plan, sample.plan.draw.date);
    let refuse = |code, detail: String| Err(Refusal::new(code, detail).into());
    let (block, entered) = match standing(state, &sample)? {
        Standing::Ready { block, entered } => (block, entered),
        Standing::Cancelled => return refuse(Code::SampleCancelled, name.sample.to_string()),
        Standing::Drawn => return refuse(Code::SampleDrawn, name.sample.to_string()),
        Standing::AwaitsBlock => {
            let detail = format!("{} is to come or has just begun", plan.target);
            return refuse(Code::TargetNotReached, detail);
        }
        Standing::Void(late) => {
            let detail = format!("the block is of {late}, the draw of {date}");
            return refuse(Code::TargetAfterDraw, detail);
        }
        Standing::AwaitsDraw => {
            let detail = format!("{} {}", plan.draw.game, plan.draw.issue);
            return refuse(Code::DrawNotEntered, detail);
        }
    };
    let seed = seed(&name.organization, plan, block, &entered.draw);
    let pairings = match &plan.frame {
        Frame::Inspection(frame) => {
            inspection::pairings(&seed, frame, plan.size, &name.organization, state)?
        }
        _ => Vec::new(),
    };
    sample.progress = Progress::Drawn(Drawn {
        block,
        draw_record: entered.record,
        seed,
        pairings: pairings.clone(),
        record: context.index,
        drawn_on: context.today(),
    });
    SAMPLES.put(state, name, &sample);
    context.emit(Event::SampleDrawn { plan: name.clone(), block, seed, pairings });
    Ok(())
}

/// Writes the id of the block before this one, if a plan waits for it. One look at the state for a
/// block that nobody waits for.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub(crate) fn begin_block(state: &mut State<'_>, context: &BlockContext) -> Result<(), StateError> {
    let Some(height) = context.height.previous() else { return Ok(()) };
    if TARGETS.get(state, &height)? == Some(None) {
        let date = date::beijing_date(context.parent_time_ms).unwrap_or(Date::MAX);
        TARGETS.put(state, &height, &Some(TargetBlock { block: context.parent, date }));
    }
    Ok(())
}
