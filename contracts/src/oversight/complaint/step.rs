//! What becomes of a complaint, step by step.

use minglian_ledger::date::Date;
use minglian_ledger::organization_code::OrganizationCode;

use super::{
    COMPLAINTS, Closure, Complaint, ComplaintName, ComplaintStage, DeclineReason, Duty, HANDLED,
    Outcome, Receive, TRANSFERS_MAX, Target,
};
use crate::allocation::check_date;
use crate::charity::fund;
use crate::context::Context;
use crate::fault::Fault;
use crate::oversight::deadline::{self, ACCEPT_DAYS, ANSWER_DAYS, EXTENSION_DAYS};
use crate::oversight::{Event, HANDLERS};
use crate::project::PROJECTS;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::State;

pub(in crate::oversight) fn receive(
    act: &Receive,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let Receive { reference, target, handler, occurred_on, .. } = act;
    check_date(context, *occurred_on)?;
    if reference.is_empty() {
        return Err(Refusal::new(Code::ReferenceMissing, "").into());
    }
    let name =
        ComplaintName { organization: context.author.organization, complaint: reference.clone() };
    if COMPLAINTS.contains(state, &name)? {
        return Err(Refusal::new(Code::ComplaintExists, reference).into());
    }
    let respondent = respondent(target, state, context)?;
    require_disinterested(handler, &respondent, state)?;
    let due = deadline::due(ACCEPT_DAYS, *occurred_on, state, context)?;
    let complaint = Complaint {
        target: target.clone(),
        respondent,
        ticket: act.ticket,
        record: context.index,
        received_on: *occurred_on,
        handler: *handler,
        stage: ComplaintStage::Received,
        due,
        transfers: 0,
        extended: false,
        late: Vec::new(),
        occurred_on: *occurred_on,
    };
    COMPLAINTS.put(state, &name, &complaint);
    HANDLED.put(state, &(*handler, name.clone()), &());
    context.emit(Event::ComplaintReceived { complaint: name, respondent, due });
    Ok(())
}

/// The organisation that a complaint is about.
fn respondent(
    target: &Target,
    state: &State<'_>,
    context: &Context<'_>,
) -> Result<OrganizationCode, Fault> {
    match target {
        Target::Record { index, .. } if *index >= context.index => {
            Err(Refusal::new(Code::RecordUnknown, index).into())
        }
        Target::Record { organization, .. } | Target::Organization(organization) => {
            registry::organization(state, organization)?;
            Ok(*organization)
        }
        Target::Project(reference) => {
            let project = PROJECTS.get(state, reference)?;
            Ok(project.ok_or_else(|| Refusal::new(Code::ProjectUnknown, reference))?.unit)
        }
        Target::Fund(name) => {
            fund::find(state, name)?;
            Ok(name.host)
        }
    }
}

/// Refuses a handler that is not there to handle complaints, or that this one is about.
fn require_disinterested(
    handler: &OrganizationCode,
    respondent: &OrganizationCode,
    state: &State<'_>,
) -> Result<(), Fault> {
    let kind = registry::organization(state, handler)?.kind;
    if !HANDLERS.contains(&kind) {
        let detail = format!("{HANDLERS:?} handle complaints, {handler} is {kind:?}");
        return Err(Refusal::new(Code::WrongKind, detail).into());
    }
    if handler == respondent {
        return Err(Refusal::new(Code::ConflictOfInterest, handler).into());
    }
    Ok(())
}

/// What all steps have in common: the day, a complaint that the author handles, its stage.
fn begin(
    name: &ComplaintName,
    stage: ComplaintStage,
    occurred_on: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<Complaint, Fault> {
    let complaint = find(name, occurred_on, state, context)?;
    if complaint.stage != stage {
        let detail = format!("{}: it is {:?}", name.complaint, complaint.stage);
        return Err(Refusal::new(Code::ComplaintStageWrong, detail).into());
    }
    Ok(complaint)
}

fn find(
    name: &ComplaintName,
    occurred_on: Date,
    state: &State<'_>,
    context: &mut Context<'_>,
) -> Result<Complaint, Fault> {
    check_date(context, occurred_on)?;
    let unknown = || Refusal::new(Code::ComplaintUnknown, &name.complaint);
    let complaint = COMPLAINTS.get(state, name)?.ok_or_else(unknown)?;
    if complaint.handler != context.author.organization {
        let detail = format!("{} handles it", complaint.handler);
        return Err(Refusal::new(Code::NotYourOrganization, detail).into());
    }
    if occurred_on < complaint.occurred_on {
        let detail = format!("{occurred_on}, the act before is of {}", complaint.occurred_on);
        return Err(Refusal::new(Code::DateOrder, detail).into());
    }
    Ok(complaint)
}

fn reach(
    name: &ComplaintName,
    mut complaint: Complaint,
    stage: ComplaintStage,
    occurred_on: Date,
    state: &mut State<'_>,
) {
    (complaint.stage, complaint.occurred_on) = (stage, occurred_on);
    COMPLAINTS.put(state, name, &complaint);
}

pub(in crate::oversight) fn accept(
    name: &ComplaintName,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut complaint = begin(name, ComplaintStage::Received, occurred_on, state, context)?;
    let (due, on_time) = complaint.done(Duty::Decision, context);
    let next_due = deadline::due(ANSWER_DAYS, occurred_on, state, context)?;
    complaint.due = next_due;
    reach(name, complaint, ComplaintStage::Accepted, occurred_on, state);
    context.emit(Event::ComplaintAccepted { complaint: name.clone(), due, on_time, next_due });
    Ok(())
}

pub(in crate::oversight) fn decline(
    name: &ComplaintName,
    reason: DeclineReason,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut complaint = begin(name, ComplaintStage::Received, occurred_on, state, context)?;
    let (due, on_time) = complaint.done(Duty::Decision, context);
    reach(name, complaint, ComplaintStage::Declined(reason), occurred_on, state);
    context.emit(Event::ComplaintDeclined { complaint: name.clone(), due, on_time });
    Ok(())
}

pub(in crate::oversight) fn transfer(
    name: &ComplaintName,
    to: &OrganizationCode,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut complaint = begin(name, ComplaintStage::Received, occurred_on, state, context)?;
    require_disinterested(to, &complaint.respondent, state)?;
    if complaint.handler == *to || complaint.transfers >= TRANSFERS_MAX {
        let detail = format!("to {to}, after {} transfers", complaint.transfers);
        return Err(Refusal::new(Code::TransferRefused, detail).into());
    }
    let (due, on_time) = complaint.done(Duty::Decision, context);
    let next_due = deadline::due(ACCEPT_DAYS, occurred_on, state, context)?;
    complaint.transfers += 1;
    (complaint.handler, complaint.due) = (*to, next_due);
    HANDLED.put(state, &(*to, name.clone()), &());
    reach(name, complaint, ComplaintStage::Received, occurred_on, state);
    context.emit(Event::ComplaintTransferred { complaint: name.clone(), due, on_time, next_due });
    Ok(())
}

pub(in crate::oversight) fn extend(
    name: &ComplaintName,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut complaint = begin(name, ComplaintStage::Accepted, occurred_on, state, context)?;
    if complaint.extended || complaint.due < context.today() {
        let detail = format!("{}, due on {}", name.complaint, complaint.due);
        return Err(Refusal::new(Code::ExtensionRefused, detail).into());
    }
    complaint.extended = true;
    complaint.due = deadline::due(EXTENSION_DAYS, complaint.due, state, context)?;
    let next_due = complaint.due;
    reach(name, complaint, ComplaintStage::Accepted, occurred_on, state);
    context.emit(Event::ComplaintExtended { complaint: name.clone(), next_due });
    Ok(())
}

pub(in crate::oversight) fn answer(
    name: &ComplaintName,
    outcome: Outcome,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut complaint = begin(name, ComplaintStage::Accepted, occurred_on, state, context)?;
    let (due, on_time) = complaint.done(Duty::Answer, context);
    reach(name, complaint, ComplaintStage::Answered(outcome), occurred_on, state);
    context.emit(Event::ComplaintAnswered { complaint: name.clone(), due, on_time });
    Ok(())
}

pub(in crate::oversight) fn close(
    name: &ComplaintName,
    closure: Closure,
    occurred_on: Date,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let complaint = find(name, occurred_on, state, context)?;
    if !matches!(complaint.stage, ComplaintStage::Answered(_)) {
        let detail = format!("{}: it is {:?}", name.complaint, complaint.stage);
        return Err(Refusal::new(Code::ComplaintStageWrong, detail).into());
    }
    reach(name, complaint, ComplaintStage::Closed(closure), occurred_on, state);
    context.emit(Event::ComplaintClosed { complaint: name.clone() });
    Ok(())
}
