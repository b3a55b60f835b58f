//! Approving, rejecting and withdrawing.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::{Commitment, TransactionId};
use serde::{Deserialize, Serialize};

use super::{
    OPEN_PROPOSALS, PROPOSALS, Policy, Proposal, Signature, check_role, check_step, is_complete,
};
use crate::context::Context;
use crate::fault::Fault;
use crate::governance;
use crate::refusal::{Code, Refusal};
use crate::registry::{self, Author};
use crate::schema::State;

/// What can be done to an act that waits.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Takes the next step; the last step applies the act.
    Approve {
        /// The transaction that proposed it.
        proposal: TransactionId,
    },
    /// Ends it; by the officer whose step is next.
    Reject {
        /// The transaction that proposed it.
        proposal: TransactionId,
        /// The opinion, as a salted commitment: free text does not enter the ledger.
        opinion: Option<Commitment>,
    },
    /// Ends it; by any officer of the organisation that proposed it. Also clears an expired one.
    Withdraw {
        /// The transaction that proposed it.
        proposal: TransactionId,
    },
}

/// What became of an act that waits.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// It waits for its next step.
    Proposed {
        /// The transaction that proposed it.
        proposal: TransactionId,
        /// The last day on which it can be approved.
        open_until: Date,
    },
    /// One more step was taken; others remain.
    StepTaken {
        /// The transaction that proposed it.
        proposal: TransactionId,
        /// Steps taken so far, the proposal included.
        steps: u32,
    },
    /// The last step was taken; the events that follow are the act's own.
    Completed {
        /// The transaction that proposed it.
        proposal: TransactionId,
        /// Who is responsible: the proposer first, then the approvers in order.
        signatures: Vec<Signature>,
    },
    /// It was rejected.
    Rejected {
        /// The transaction that proposed it.
        proposal: TransactionId,
        /// The committed opinion.
        opinion: Option<Commitment>,
    },
    /// It was withdrawn.
    Withdrawn {
        /// The transaction that proposed it.
        proposal: TransactionId,
    },
}

impl Call {
    pub(crate) fn policy(&self) -> Policy {
        Policy::Unrestricted
    }

    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::Approve { proposal } => approve(proposal, state, context),
            Self::Reject { proposal, opinion } => {
                let open = find_open(state, proposal, context)?;
                check_next_step(state, &open, context)?;
                close(state, proposal, &open)?;
                context.emit(Event::Rejected { proposal: *proposal, opinion: *opinion });
                Ok(())
            }
            Self::Withdraw { proposal } => {
                let open = find(state, proposal)?;
                if open.proposer() != Some(&context.actor.organization) {
                    return Err(Refusal::new(Code::NotYourProposal, proposal).into());
                }
                close(state, proposal, &open)?;
                context.emit(Event::Withdrawn { proposal: *proposal });
                Ok(())
            }
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
    if !is_complete(state, &proposal.call.policy(), &proposal.signatures)? {
        let steps = u32::try_from(proposal.signatures.len()).unwrap_or(u32::MAX);
        PROPOSALS.put(state, id, &proposal);
        context.emit(Event::StepTaken { proposal: *id, steps });
        return Ok(());
    }
    close(state, id, &proposal)?;
    let Proposal { call, signatures, .. } = proposal;
    context.emit(Event::Completed { proposal: *id, signatures: signatures.clone() });
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
    match proposal.call.policy() {
        Policy::Steps(steps) => {
            let next = steps.get(proposal.signatures.len());
            let (Some(step), Some(proposer)) = (next, proposal.proposer()) else {
                return Err(Refusal::new(Code::NotYourStep, "no step is left").into());
            };
            check_step(step, actor, proposer)
        }
        Policy::ValidatorQuorum => {
            check_role(actor, Role::Governor)?;
            governance::require_validator_organization(state, &actor.organization)?;
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
