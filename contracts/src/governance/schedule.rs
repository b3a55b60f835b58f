//! Scheduling a change of the validator set.

use minglian_ledger::height::Height;

use super::contact;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::registry;
use crate::schema::State;
use crate::validator_set::{Change, SCHEDULED_CHANGES, Scheduled, changed, validators};

/// Most changes scheduled at a time.
pub const SCHEDULED_CHANGES_MAX: usize = 32;

/// Least number of heights between the block that completes a change and the first it certifies.
pub const EFFECT_HEIGHTS_MIN: u64 = 2;

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
        contact::check(new)?;
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
