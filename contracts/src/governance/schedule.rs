//! Validator changes that wait for their height.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::hash::ValidatorsHash;
use minglian_ledger::height::Height;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::validators::{Validator, ValidatorSet};

use super::{Change, NoValidators, VALIDATORS, validators};
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::{self, State, Table};

/// Most changes scheduled at a time.
pub const SCHEDULED_CHANGES_MAX: usize = 32;

/// Least number of heights between the block that completes a change and the first it certifies.
pub const EFFECT_HEIGHTS_MIN: u64 = 2;

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

/// Schedules a change, if each set that the schedule leads to is lawful.
pub(super) fn add(
    state: &mut State<'_>,
    height: Height,
    change: &Change,
    takes_effect_at: Height,
) -> Result<(), Fault> {
    if takes_effect_at.0 < height.0.saturating_add(EFFECT_HEIGHTS_MIN) {
        let detail = format!("height {takes_effect_at} in block {height}");
        return Err(Refusal::new(Code::EffectTooSoon, detail).into());
    }
    if let Change::Add(new) | Change::Replace { new, .. } = change {
        registry::organization(state, &new.organization)?;
        for key in [new.consensus_key, new.cosigner_key] {
            if registry::KEYS.contains(state, &key)? {
                return Err(Refusal::new(Code::KeyTaken, key).into());
            }
        }
    }
    let mut scheduled = SCHEDULED_CHANGES.get(state, &())?.unwrap_or_default();
    if scheduled.len() >= SCHEDULED_CHANGES_MAX {
        return Err(Refusal::new(Code::TooManyChanges, scheduled.len()).into());
    }
    let position = scheduled.partition_point(|known| known.takes_effect_at <= takes_effect_at);
    scheduled.insert(position, Scheduled { takes_effect_at, change: change.clone() });
    let mut set = validators(state)?;
    for Scheduled { change, .. } in &scheduled {
        set = changed(&set, change)?;
    }
    SCHEDULED_CHANGES.put(state, &(), &scheduled);
    Ok(())
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
pub(super) fn names_key(state: &State<'_>, key: &PublicKey) -> Result<bool, Fault> {
    let scheduled = SCHEDULED_CHANGES.get(state, &())?.unwrap_or_default();
    Ok(scheduled.iter().any(|Scheduled { change, .. }| match change {
        Change::Add(new) | Change::Replace { new, .. } => {
            new.consensus_key == *key || new.cosigner_key == *key
        }
        Change::Remove(_) => false,
    }))
}

/// The set after `change`.
fn changed(set: &ValidatorSet, change: &Change) -> Result<ValidatorSet, Refusal> {
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
