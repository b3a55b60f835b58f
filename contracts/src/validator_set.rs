//! The validators in force and the changes that wait for their height: who they are, and what the
//! rules ask of them. Governors decide the changes in `governance`.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::hash::{ValidatorAddress, ValidatorsHash};
use minglian_ledger::height::Height;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::overlay::Overlay;
use minglian_ledger::state::{Changes, StateError, StateRead};
use minglian_ledger::validators::{Validator, ValidatorSet};
use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// The validators that certify the next block; one entry.
pub const VALIDATORS: Table<(), ValidatorSet> = Table::new(schema::prefix::VALIDATORS);

/// The same entry, read without checking every key again: a set is checked before it is stored.
const MEMBERS: Table<(), Vec<Validator>> = Table::new(schema::prefix::VALIDATORS);

/// A change of the validator set.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A new validator.
    Add(Validator),
    /// A validator goes.
    Remove(ValidatorAddress),
    /// A validator's record is replaced: its power, addresses or keys. A new consensus key makes
    /// a new address.
    Replace {
        /// The validator as it is.
        old: ValidatorAddress,
        /// What it becomes.
        new: Validator,
    },
}

/// The scheduled changes, by the height at which they take effect, then in the order in which they
/// were decided; one entry.
pub const SCHEDULED_CHANGES: Table<(), Vec<Scheduled>> =
    Table::new(schema::prefix::SCHEDULED_CHANGES);

/// A change with the height at which it takes effect.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Scheduled {
    /// First height that the changed set certifies.
    pub takes_effect_at: Height,
    /// What changes.
    pub change: Change,
}

/// The validators that certify the block after the state's.
///
/// # Errors
/// [`StateError`] if the state cannot be read or has no validators.
pub fn validators(reader: &dyn StateRead) -> Result<ValidatorSet, StateError> {
    VALIDATORS.get(reader, &())?.ok_or_else(|| StateError::backend(NoValidators))
}

/// The validators that certify the block after one that makes `changes` to the state.
///
/// # Errors
/// As [`validators`].
pub fn after(reader: &dyn StateRead, changes: &Changes) -> Result<ValidatorSet, StateError> {
    let mut state: State<'_> = Overlay::new(reader);
    for (key, value) in changes {
        match value {
            Some(value) => state.put(key, value.clone()),
            None => state.delete(key),
        }
    }
    validators(&state)
}

/// The members of the set that certifies the block after the state's.
fn members(reader: &dyn StateRead) -> Result<Vec<Validator>, StateError> {
    MEMBERS.get(reader, &())?.ok_or_else(|| StateError::backend(NoValidators))
}

/// The state has no validator set: it was not set up by a genesis.
#[derive(Debug, thiserror::Error)]
#[error("the state has no validator set")]
pub struct NoValidators;

/// Refuses unless `organization` runs a validator.
///
/// # Errors
/// [`Code::NotValidatorOrganization`].
pub(crate) fn require_validator_organization(
    state: &State<'_>,
    organization: &OrganizationCode,
) -> Result<(), Fault> {
    let runs_one = |validator: &Validator| validator.organization == *organization;
    if members(state)?.iter().any(runs_one) {
        return Ok(());
    }
    Err(Refusal::new(Code::NotValidatorOrganization, organization).into())
}

/// The organisations that run a validator, one that runs several as often.
pub(crate) fn organizations(state: &State<'_>) -> Result<Vec<OrganizationCode>, Fault> {
    Ok(members(state)?.iter().map(|validator| validator.organization).collect())
}

/// Whether `organizations` together hold more than two thirds of the voting power.
pub(crate) fn is_quorum(
    state: &State<'_>,
    organizations: &[OrganizationCode],
) -> Result<bool, Fault> {
    let members = members(state)?;
    let total: u64 = members.iter().map(|validator| validator.power).sum();
    let power: u64 = members
        .iter()
        .filter(|validator| organizations.contains(&validator.organization))
        .map(|validator| validator.power)
        .sum();
    // As `ValidatorSet::is_quorum`, which certificates use.
    Ok(u128::from(power) * 3 > u128::from(total) * 2)
}

/// Whether `key` is a validator's consensus or cosigner key, now or as scheduled: no organisation
/// signs transactions with one.
pub(crate) fn is_validator_key(state: &State<'_>, key: &PublicKey) -> Result<bool, Fault> {
    let uses =
        |validator: &Validator| validator.consensus_key == *key || validator.cosigner_key == *key;
    Ok(members(state)?.iter().any(uses) || names_key(state, key)?)
}

/// Ends the block at `height`: makes the changes due for the next height, and returns the name of
/// the set that certifies it.
///
/// # Errors
/// [`StateError`] if the state cannot be read or has no validators. A change that no longer fits
/// cannot occur, since every insertion tries the whole schedule; it would be left out rather than
/// stop the chain.
pub(crate) fn close_block(
    state: &mut State<'_>,
    height: Height,
) -> Result<ValidatorsHash, StateError> {
    let scheduled = SCHEDULED_CHANGES.get(state, &())?.unwrap_or_default();
    let due = scheduled.partition_point(|known| known.takes_effect_at <= height.next());
    if due == 0 {
        // The stored bytes are what the hash is of; decoding them would check every key again.
        let stored = state.get(&VALIDATORS.key(&()))?;
        return stored
            .map(|bytes| ValidatorsHash::of(&[&bytes]))
            .ok_or_else(|| StateError::backend(NoValidators));
    }
    let mut set = validators(state)?;
    let (now, later) = scheduled.split_at(due);
    for Scheduled { change, .. } in now {
        if let Ok(next) = changed(&set, change) {
            set = next;
        }
    }
    VALIDATORS.put(state, &(), &set);
    SCHEDULED_CHANGES.put(state, &(), &later.to_vec());
    Ok(set.hash())
}

/// Whether a scheduled change brings `key` into the set.
fn names_key(state: &State<'_>, key: &PublicKey) -> Result<bool, Fault> {
    let scheduled = SCHEDULED_CHANGES.get(state, &())?.unwrap_or_default();
    Ok(scheduled.iter().any(|Scheduled { change, .. }| match change {
        Change::Add(new) | Change::Replace { new, .. } => {
            new.consensus_key == *key || new.cosigner_key == *key
        }
        Change::Remove(_) => false,
    }))
}

/// The set after `change`.
pub(crate) fn changed(set: &ValidatorSet, change: &Change) -> Result<ValidatorSet, Refusal> {
    let mut members: Vec<Validator> = set.members().to_vec();
    if let Change::Remove(old) | Change::Replace { old, .. } = change {
        if set.find(old).is_none() {
            return Err(Refusal::new(Code::ValidatorUnknown, old));
        }
        members.retain(|member| member.address() != *old);
    }
    if let Change::Add(new) | Change::Replace { new, .. } = change {
        members.push(new.clone());
    }
    ValidatorSet::new(members).map_err(|error| Refusal::new(Code::ValidatorSetInvalid, error))
}
