//! What validators find when they verify a batch in the background, and what comes of it.
//!
//! A verdict is an act of an organisation that runs a validator, by a maker's key: a node's service
//! holds one of its own, which on its own can approve nothing. It counts with the power that the
//! organisation has when verdicts are counted, so that of one that left does not count.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::subsidy::scheme::BatchError;
use serde::{Deserialize, Serialize};

use super::Event;
use super::batch::{self, BATCHES, Batch, Content, Standing};
use super::{money, returned};
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::State;
use crate::validator_set;

/// What did not hold. New ones are appended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The bytes of the body: not whole leaves or proofs, or not as many as there should be.
    Bytes,
    /// A leaf stands at another place than it says.
    LeafIndex,
    /// A commitment is no point.
    Commitment,
    /// An amount is not proven to be one of the standards.
    Standard,
    /// Amounts are not proven to lie in the range.
    Range,
    /// What all batches of the period pay is not proven to be allowed.
    Cumulative,
    /// An index that may not be paid for the period does not open to zero.
    Tenure,
    /// The leaves, the envelopes or the proofs are not those of the header.
    Root,
    /// The payments do not come to the total.
    Balance,
}

/// What the verification of a batch found.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Everything holds.
    Valid,
    /// Something does not.
    Invalid {
        /// The first bad leaf, or the first of the first bad group; none where it is no leaf's
        /// fault.
        leaf: Option<u32>,
        /// What did not hold.
        check: Check,
    },
}

/// Says what the verification of a batch found.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize,
)]
pub struct GiveVerdict {
    /// The batch.
    pub batch: BatchId,
    /// What was found.
    pub finding: Finding,
}

impl Finding {
    /// The finding that an error of the verification is.
    pub fn of(error: &BatchError) -> Self {
        let (leaf, check) = match error {
            BatchError::Header(_) | BatchError::Balance(_) => (None, Check::Balance),
            BatchError::ChunkBytes { .. }
            | BatchError::ProofBytes { .. }
            | BatchError::Chunks { .. }
            | BatchError::LeafCount { .. } => (None, Check::Bytes),
            BatchError::LeafIndex { position, .. } => (Some(*position), Check::LeafIndex),
            BatchError::Commitment { index, .. } => (Some(*index), Check::Commitment),
            BatchError::Standard { index, .. } => (Some(*index), Check::Standard),
            BatchError::Range { first_index, .. } => (Some(*first_index), Check::Range),
            BatchError::LeafRoot | BatchError::EnvelopeRoot | BatchError::ProofRoot => {
                (None, Check::Root)
            }
        };
        Self::Invalid { leaf, check }
    }
}

pub(super) fn give(
    act: &GiveVerdict,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let GiveVerdict { batch: id, finding } = *act;
    let organization = context.author.organization;
    validator_set::require_validator_organization(state, &organization)?;
    let mut batch = find_pending(&id, state)?;
    if is_over(&batch, context) {
        return Err(Refusal::new(Code::BatchExpired, id).into());
    }
    forget_members_that_left(&mut batch.findings, state)?;
    if batch.findings.iter().any(|(known, _)| *known == organization) {
        return Err(Refusal::new(Code::VerdictKnown, organization).into());
    }
    batch.findings.push((organization, finding));
    context.emit(Event::VerdictGiven { batch: id, finding });
    match decided(&batch, state)? {
        Some(standing) => settle(&id, batch, standing, state, context),
        None => {
            BATCHES.put(state, &id, &batch);
            Ok(())
        }
    }
}

pub(super) fn close(
    id: &BatchId,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut batch = find_pending(id, state)?;
    if is_over(&batch, context) {
        return settle(id, batch, Standing::Expired, state, context);
    }
    forget_members_that_left(&mut batch.findings, state)?;
    let missing = || Refusal::new(Code::VerdictsMissing, id);
    let standing = decided(&batch, state)?.ok_or_else(missing)?;
    settle(id, batch, standing, state, context)
}

fn find_pending(id: &BatchId, state: &State<'_>) -> Result<Batch, Fault> {
    let batch = batch::find(id, state)?;
    if batch.standing == Standing::Pending {
        return Ok(batch);
    }
    let detail = format!("{id}: {:?}", batch.standing);
    Err(Refusal::new(Code::BatchClosed, detail).into())
}

fn is_over(batch: &Batch, context: &Context<'_>) -> bool {
    batch.due < context.block.time_ms
}

/// Keeps the list as short as the set: who left has no power, and gives a verdict anew if it comes
/// back.
fn forget_members_that_left(
    findings: &mut Vec<(OrganizationCode, Finding)>,
    state: &State<'_>,
) -> Result<(), Fault> {
    let members = validator_set::organizations(state)?;
    findings.retain(|(organization, _)| members.contains(organization));
    Ok(())
}

/// What more than two thirds of the power found; never both, since two of them overlap.
fn decided(batch: &Batch, state: &State<'_>) -> Result<Option<Standing>, Fault> {
    let who = |valid: bool| -> Vec<OrganizationCode> {
        let found = batch.findings.iter().filter(|(_, it)| (*it == Finding::Valid) == valid);
        found.map(|(organization, _)| *organization).collect()
    };
    if validator_set::is_quorum(state, &who(true))? {
        return Ok(Some(Standing::Applied));
    }
    if validator_set::is_quorum(state, &who(false))? {
        return Ok(Some(Standing::Rejected));
    }
    Ok(None)
}

fn settle(
    id: &BatchId,
    mut batch: Batch,
    standing: Standing,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    match (&batch.content, standing) {
        (Content::Return(of), Standing::Applied) => returned::apply(of, state, context)?,
        (Content::Return(of), _) => returned::forget(of, state)?,
        (Content::Payment { .. }, Standing::Applied) => {}
        (Content::Payment { .. }, _) => money::release(&batch, state, context)?,
    }
    batch.standing = standing;
    BATCHES.put(state, id, &batch);
    let kind = batch.name.kind;
    context.emit(Event::Settled { batch: *id, kind, standing, total: batch.total() });
    Ok(())
}
