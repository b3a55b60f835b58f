//! Acts that need more than one officer: maker ≠ checker ≠ payer.
//!
//! There is no wrapper call. A signer sends the act itself; its [`Policy`] says whether it takes
//! effect at once or waits. A waiting act is tried out when it is proposed (and refused then, if it
//! would be), stored in full under the name of its transaction, and applied in the block in which
//! the last approval arrives. An approval names the proposal by the hash of what was signed, so an
//! approver's signature covers the content. Every applied act reports who proposed and who
//! approved it.

mod step;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::date::Date;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateError;
use serde::{Deserialize, Serialize};

use crate::actor::{Actor, Signature};
use crate::approval::{self, Event};
use crate::call::Call;
use crate::context::Context;
use crate::fault::Fault;
use crate::parameter;
use crate::policy::{Party, Policy, Step};
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};
use crate::validator_set;

/// Most open proposals of one organisation.
pub const OPEN_PROPOSALS_MAX: u32 = 1_000;

/// The parameter that says for how many days a proposal stays open.
pub const PROPOSAL_DAYS: &str = "approval.proposal_days";

/// Open proposals, by the transaction that proposed them.
pub const PROPOSALS: Table<TransactionId, Proposal> = Table::new(schema::prefix::PROPOSALS);

/// How many proposals each organisation has open.
pub const OPEN_PROPOSALS: Table<OrganizationCode, u32> = Table::new(schema::prefix::OPEN_PROPOSALS);

/// An act that waits.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Proposal {
    /// The act.
    pub call: Call,
    /// Who has signed so far, the proposer first.
    pub signatures: Vec<Signature>,
    /// The block that holds it.
    pub proposed_at: Height,
    /// The last day on which it can be approved.
    pub open_until: Date,
}

impl Proposal {
    /// The organisation that proposed.
    pub fn proposer(&self) -> Option<&OrganizationCode> {
        self.signatures.first().map(|signature| &signature.organization)
    }
}

/// Work of the act that an approval may bring about, beside the approval's own: the waiting act's,
/// whether or not this is its last step. It is known before the approval is executed.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub(crate) fn waiting_weight(state: &State<'_>, call: &Call) -> Result<u64, StateError> {
    let Call::Approval(approval::Call::Approve { proposal }) = call else { return Ok(0) };
    Ok(PROPOSALS.get(state, proposal)?.map_or(0, |waiting| waiting.call.weight()))
}

/// Carries out a call: at once, or, if other officers must approve it first, by storing it. The act
/// that took effect, if one did.
pub(crate) fn submit(
    call: Call,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<Option<Call>, Fault> {
    let signature = Signature::of(&context.actor, context.index);
    context.signatures = vec![signature.clone()];
    let policy = call.policy(state)?;
    match &policy {
        Policy::Unrestricted => {
            if let Call::Approval(step) = &call {
                return step::take(step, state, context);
            }
            call.apply(state, context)?;
            return Ok(Some(call));
        }
        Policy::Steps(steps) => {
            let Some(step) = steps.first() else {
                return Err(Refusal::new(Code::ApprovalNotProposable, "no step").into());
            };
            check_step(step, &context.actor, &context.actor.organization)?;
        }
        Policy::ValidatorQuorum => {
            check_role(&context.actor, Role::Governor)?;
            validator_set::require_validator_organization(state, &context.actor.organization)?;
        }
    }
    if is_complete(state, &policy, &context.signatures)? {
        call.apply(state, context)?;
        return Ok(Some(call));
    }
    propose(call, signature, state, context)?;
    Ok(None)
}

fn propose(
    call: Call,
    signature: Signature,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let proposer = context.actor.organization;
    let open = OPEN_PROPOSALS.get(state, &proposer)?.unwrap_or(0);
    if open >= OPEN_PROPOSALS_MAX {
        return Err(Refusal::new(Code::TooManyProposals, proposer).into());
    }
    try_out(&call, state, context)?;
    let days = parameter::judge(state, context, PROPOSAL_DAYS, context.today())?;
    let open_until = i32::try_from(days)
        .ok()
        .and_then(|days| context.today().add_days(days))
        .unwrap_or(Date::MAX);
    let proposal = Proposal {
        call,
        signatures: vec![signature],
        proposed_at: context.block.height,
        open_until,
    };
    OPEN_PROPOSALS.put(state, &proposer, &(open + 1));
    PROPOSALS.put(state, &context.transaction, &proposal);
    context.emit(Event::Proposed { proposal: context.transaction, open_until });
    Ok(())
}

/// Applies the call and takes everything back, so that an act which would be refused never waits
/// on a checker's desk.
fn try_out(call: &Call, state: &mut State<'_>, context: &mut Context<'_>) -> Result<(), Fault> {
    let checkpoint = state.checkpoint();
    let events = context.events.len();
    let result = call.apply(state, context);
    state.rollback(checkpoint);
    context.events.truncate(events);
    result
}

/// Whether `signatures`, each live and checked against its step, satisfy `policy`.
fn is_complete(
    state: &State<'_>,
    policy: &Policy,
    signatures: &[Signature],
) -> Result<bool, Fault> {
    match policy {
        Policy::Unrestricted => Ok(true),
        Policy::Steps(steps) => Ok(signatures.len() >= steps.len()),
        Policy::ValidatorQuorum => {
            let organizations: Vec<_> =
                signatures.iter().map(|signature| signature.organization).collect();
            validator_set::is_quorum(state, &organizations)
        }
    }
}

fn check_role(actor: &Actor, role: Role) -> Result<(), Fault> {
    if actor.role == role {
        return Ok(());
    }
    let detail = format!("{:?} is needed, the key is {:?}", role, actor.role);
    Err(Refusal::new(Code::WrongRole, detail).into())
}

/// Whether `actor` may take `step` of an act that `proposer` proposes.
fn check_step(step: &Step, actor: &Actor, proposer: &OrganizationCode) -> Result<(), Fault> {
    let organization = actor.organization;
    let is_party = match &step.party {
        Party::Proposer => organization == *proposer,
        Party::Named(code) => organization == *code,
        Party::Other => organization != *proposer,
        Party::Holder(key) => actor.key == *key,
    };
    if !is_party {
        let wanted = match &step.party {
            Party::Proposer => proposer.to_string(),
            Party::Named(code) => code.to_string(),
            Party::Other => format!("another organisation than {proposer}"),
            Party::Holder(key) => format!("the key {key}"),
        };
        let detail = format!("{wanted} is to act, not {organization}");
        return Err(Refusal::new(Code::NotYourStep, detail).into());
    }
    if !step.kinds.is_empty() && !step.kinds.contains(&actor.kind) {
        let detail = format!("{:?} is needed, {organization} is {:?}", step.kinds, actor.kind);
        return Err(Refusal::new(Code::WrongKind, detail).into());
    }
    check_role(actor, step.role)
}
