//! Approving, rejecting, withdrawing, and taking a vote back.

use minglian_ledger::genesis::Role;
use minglian_ledger::hash::TransactionId;

use super::{OPEN_PROPOSALS, PROPOSALS, Proposal, check_role, check_step, is_complete};
use crate::actor::{Author, Signature};
use crate::approval;
use crate::call::Call;
use crate::context::Context;
use crate::fault::Fault;
use crate::policy::{Party, Policy};
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::State;
use crate::validator_set;

/// Takes the step; the act that took effect, if one did.
pub(super) fn take(
    step: &approval::Call,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<Option<Call>, Fault> {
    match step {
        approval::Call::Approve { proposal } => return approve(proposal, state, context),
        approval::Call::Reject { proposal, opinion } => {
            let open = find_open(state, proposal, context)?;
            let policy = open.call.policy(state)?;
            let live = live_signatures(state, &open, context)?;
            check_next_step(&policy, &open, &live, state, context)?;
            require_says_no(&policy, &open)?;
            close(state, proposal, &open)?;
            context.emit(approval::Event::Rejected { proposal: *proposal, opinion: *opinion });
        }
        approval::Call::Retract { proposal } => retract(proposal, state, context)?,
        approval::Call::Withdraw { proposal } => {
            let open = find(state, proposal)?;
            if open.proposer() != Some(&context.actor.organization) {
                return Err(Refusal::new(Code::NotYourProposal, proposal).into());
            }
            close(state, proposal, &open)?;
            context.emit(approval::Event::Withdrawn { proposal: *proposal });
        }
    }
    Ok(None)
}

/// The act, if this was its last step.
fn approve(
    id: &TransactionId,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<Option<Call>, Fault> {
    let mut proposal = find_open(state, id, context)?;
    let policy = proposal.call.policy(state)?;
    let mut live = live_signatures(state, &proposal, context)?;
    check_next_step(&policy, &proposal, &live, state, context)?;
    drop_revoked(&mut proposal, &live, &policy)?;
    let signature = Signature::of(&context.actor, context.index);
    live.push(signature.clone());
    proposal.signatures.push(signature);
    if !is_complete(state, &policy, &live)? {
        let steps = u32::try_from(proposal.signatures.len()).unwrap_or(u32::MAX);
        PROPOSALS.put(state, id, &proposal);
        context.emit(approval::Event::StepTaken { proposal: *id, steps });
        return Ok(None);
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
    call.apply(state, context)?;
    Ok(Some(call))
}

/// Takes the vote of the actor's organisation off a proposal that governors decide.
fn retract(
    id: &TransactionId,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut proposal = find_open(state, id, context)?;
    check_role(&context.actor, Role::Governor)?;
    let organization = context.actor.organization;
    let is_vote = |signature: &Signature| signature.organization == organization;
    // The first signature is the proposer's: it goes with the proposal.
    let vote = proposal.signatures.iter().skip(1).position(is_vote);
    match vote {
        Some(place) if proposal.call.policy(state)? == Policy::ValidatorQuorum => {
            proposal.signatures.remove(place + 1);
        }
        _ => return Err(Refusal::new(Code::VoteMissing, organization).into()),
    }
    PROPOSALS.put(state, id, &proposal);
    context.emit(approval::Event::Retracted { proposal: *id });
    Ok(())
}

/// The signatures whose keys still act in this block.
fn live_signatures(
    state: &State<'_>,
    proposal: &Proposal,
    context: &Context<'_>,
) -> Result<Vec<Signature>, Fault> {
    let mut live = Vec::with_capacity(proposal.signatures.len() + 1);
    for signature in &proposal.signatures {
        let Signature { organization, key, .. } = signature;
        if registry::find_actor(state, organization, key, context.block.height)?.is_some() {
            live.push(signature.clone());
        }
    }
    Ok(live)
}

/// Signatures of keys that were revoked since: an act by steps does not go on with one; a vote
/// goes on without it. The proposer stays named, though its vote no longer counts.
fn drop_revoked(
    proposal: &mut Proposal,
    live: &[Signature],
    policy: &Policy,
) -> Result<(), Refusal> {
    let revoked = proposal.signatures.iter().find(|signature| !live.contains(signature));
    match (revoked, policy) {
        (None, _) => {}
        (Some(_), Policy::ValidatorQuorum) => {
            let mut place = 0_usize;
            proposal.signatures.retain(|signature| {
                place += 1;
                place == 1 || live.contains(signature)
            });
        }
        (Some(signature), _) => {
            return Err(Refusal::new(Code::SignatureRevoked, signature.key));
        }
    }
    Ok(())
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

/// Whether the actor may take the proposal's next step; `live` are the signatures that count.
fn check_next_step(
    policy: &Policy,
    proposal: &Proposal,
    live: &[Signature],
    state: &State<'_>,
    context: &Context<'_>,
) -> Result<(), Fault> {
    let actor = &context.actor;
    if live.iter().any(|signature| signature.officer == actor.officer) {
        return Err(Refusal::new(Code::SameOfficer, actor.key).into());
    }
    match policy {
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
            if live.iter().any(|known| known.organization == organization) {
                return Err(Refusal::new(Code::AlreadyVoted, organization).into());
            }
            Ok(())
        }
        Policy::Unrestricted => Err(Refusal::new(Code::ApprovalNotProposable, "").into()),
    }
}

/// Refuses unless the next step is the one of an organisation that the act itself says: the
/// proposer's, or one that it names. Where anybody of many may consent, and where governors vote,
/// nobody decides alone that it shall not be: who is against it does not sign.
fn require_says_no(policy: &Policy, proposal: &Proposal) -> Result<(), Refusal> {
    let next = match policy {
        Policy::Steps(steps) => steps.get(proposal.signatures.len()),
        Policy::ValidatorQuorum | Policy::Unrestricted => None,
    };
    match next.map(|step| step.party) {
        Some(Party::Proposer | Party::Named(_) | Party::Holder(_)) => Ok(()),
        Some(Party::Other) | None => {
            let detail = "no step is one organisation's; the proposer may withdraw";
            Err(Refusal::new(Code::NotYourStep, detail))
        }
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
