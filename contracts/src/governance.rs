//! The bureaus' own rules: validators and parameters, decided by governors of organisations that
//! hold more than two thirds of the voting power.
//!
//! A change of validators names the first height that the new set certifies, at least two above
//! the block that completes it, so that every node knows its peers before they vote. The header of
//! the block before that height carries the new set's hash.

pub mod schedule;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::genesis::GenesisParameter;
use minglian_ledger::hash::ValidatorAddress;
use minglian_ledger::height::Height;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::validators::{Validator, ValidatorSet};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::fault::Fault;
use crate::parameter::{self, Key};
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// The validators that certify the next block; one entry.
pub const VALIDATORS: Table<(), ValidatorSet> = Table::new(schema::prefix::VALIDATORS);

/// The same entry, read without checking every key again: a set is checked before it is stored.
const MEMBERS: Table<(), Vec<Validator>> = Table::new(schema::prefix::VALIDATORS);

/// What governors decide.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Changes the validator set.
    ChangeValidators {
        /// What changes.
        change: Change,
        /// First height that the changed set certifies.
        takes_effect_at: Height,
    },
    /// Adds a version of a parameter.
    SetParameter(GenesisParameter),
}

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

/// What governors have decided.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// A change of validators is scheduled.
    ValidatorsScheduled {
        /// First height that the changed set certifies.
        takes_effect_at: Height,
    },
    /// A parameter has a new version.
    ParameterSet {
        /// Its name.
        key: Key,
        /// The new version.
        version: u32,
        /// Whether it holds for days that have passed.
        retroactive: bool,
    },
}

impl Call {
    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::ChangeValidators { change, takes_effect_at } => {
                schedule::add(state, context.block.height, change, *takes_effect_at)?;
                context.emit(Event::ValidatorsScheduled { takes_effect_at: *takes_effect_at });
            }
            Self::SetParameter(parameter) => {
                let version = parameter::enter(state, parameter, context.block.height)?;
                let retroactive = parameter.effective_from < context.today();
                context.emit(Event::ParameterSet {
                    key: parameter.key.clone(),
                    version,
                    retroactive,
                });
            }
        }
        Ok(())
    }
}

/// The validators that certify the block after the state's.
///
/// # Errors
/// [`StateError`] if the state cannot be read or has no validators.
pub fn validators(reader: &dyn StateRead) -> Result<ValidatorSet, StateError> {
    VALIDATORS.get(reader, &())?.ok_or_else(|| StateError::backend(NoValidators))
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
    Ok(members(state)?.iter().any(uses) || schedule::names_key(state, key)?)
}
