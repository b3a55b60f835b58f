//! Approving, rejecting and withdrawing.

use minglian_ledger::genesis::Role;
use minglian_ledger::hash::TransactionId;

use super::{OPEN_PROPOSALS, PROPOSALS, Proposal, check_role, check_step, is_complete};
use crate::actor::{Author, Signature};
use crate::approval;
use crate::context::Context;
use crate::fault::Fault;
use crate::policy::Policy;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::State;
use crate::validator_set;

pub(super) fn take(
    step: &approval::Call,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    match step {
        approval::Call::Approve { proposal } => approve(proposal, state, context),
        approval::Call::Reject { proposal, opinion } => {
            let open = find_open(state, proposal, context)?;
            check_next_step(state, &open, context)?;
            close(state, proposal, &open)?;
            context.emit(approval::Event::Rejected { proposal: *proposal, opinion: *opinion });
            Ok(())
        }
        approval::Call::Withdraw { proposal } => {
            let open = find(state, proposal)?;
            if open.proposer() != Some(&context.actor.organization) {
                return Err(Refusal::new(Code::NotYourProposal, proposal).into());
            }
            close(state, proposal, &open)?;
            context.emit(approval::Event::Withdrawn { proposal: *proposal });
            Ok(())
        }
    }
}

fn approve(
    id: &TransactionId,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut proposal = find_open(state, id, context)?;
    check_next_step(state, &proposal, context)?;
    proposal.signatures.push(Signature::of(&context.actor, context.index));
    if !is_complete(state, &proposal.call.policy(state)?, &proposal.signatures)? {
        let steps = u32::try_from(proposal.signatures.len()).unwrap_or(u32::MAX);
        PROPOSALS.put(state, id, &proposal);
        context.emit(approval::Event::StepTaken { proposal: *id, steps });
        return Ok(());
    }
    close(state, id, &proposal)?;
    let Proposal { call, signatures, .. } = proposal;
    context.emit(approval::Event::Completed { proposal: *id, signatures: signatures.clone() });
    if let Some(proposer) = signatures.first() {
        let registry::Organization { kind, division, .. } =
            registry::organization(state, &proposer.organization)?;
        context.author = Author { organization: proposer.organization, kind, division };
    }
    context.signatures = signatures;
    call.apply(state, context)
}

fn find(state: &State<'_>, id: &TransactionId) -> Result<Proposal, Fault> {
    PROPOSALS.get(state, id)?.ok_or_else(|| Refusal::new(Code::ProposalUnknown, id).into())
}

fn find_open(
    state: &State<'_>,
    id: &TransactionId,
    context: &Context<'_>,
) -> Result<Proposal, Fault> {
    let proposal = find(state, id)?;
    if context.today() > proposal.open_until {
        let detail = format!("{id} was open until {}", proposal.open_until);
        return Err(Refusal::new(Code::ProposalExpired, detail).into());
    }
    Ok(proposal)
}

/// Whether the actor may take the proposal's next step.
fn check_next_step(
    state: &State<'_>,
    proposal: &Proposal,
    context: &Context<'_>,
) -> Result<(), Fault> {
    let actor = &context.actor;
    if proposal.signatures.iter().any(|signature| signature.officer == actor.officer) {
        return Err(Refusal::new(Code::SameOfficer, actor.key).into());
    }
    match proposal.call.policy(state)? {
        Policy::Steps(steps) => {
            let next = steps.get(proposal.signatures.len());
            let (Some(step), Some(proposer)) = (next, proposal.proposer()) else {
                return Err(Refusal::new(Code::NotYourStep, "no step is left").into());
            };
            check_step(step, actor, proposer)
        }
        Policy::ValidatorQuorum => {
            check_role(actor, Role::Governor)?;
            validator_set::require_validator_organization(state, &actor.organization)?;
            let organization = actor.organization;
            if proposal.signatures.iter().any(|known| known.organization == organization) {
                return Err(Refusal::new(Code::AlreadyVoted, organization).into());
            }
            Ok(())
        }
        Policy::Unrestricted => Err(Refusal::new(Code::ApprovalNotProposable, "").into()),
    }
}

/// Takes the proposal off the list of open ones.
fn close(state: &mut State<'_>, id: &TransactionId, proposal: &Proposal) -> Result<(), Fault> {
    PROPOSALS.delete(state, id);
    if let Some(proposer) = proposal.proposer() {
        let open = OPEN_PROPOSALS.get(state, proposer)?.unwrap_or(0).saturating_sub(1);
        OPEN_PROPOSALS.put(state, proposer, &open);
    }
    Ok(())
}
