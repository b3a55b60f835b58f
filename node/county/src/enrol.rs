//! Handles for persons whose payments begin. The order of a list says nothing of the roll's: those
//! who join together join in random order, and never fewer than ten (privacy: A38).

use std::collections::BTreeSet;

use rand::seq::SliceRandom as _;
use rand_core::CryptoRngCore;

use crate::roll::entitlement::State;
use crate::roll::{PERSONS_MAX, PersonNumber, Roll};

/// Fewest persons who join a list together.
pub const JOINING_MIN: usize = 10;

/// Why nobody joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrolError {
    /// Too few: whoever reads the list would know when each joined.
    #[error("{waiting} persons wait for a handle; at least {JOINING_MIN} join together")]
    TooFew {
        /// How many wait.
        waiting: usize,
    },
    /// Full.
    #[error("a list holds at most {PERSONS_MAX} handles")]
    Full,
}

/// Gives a handle to everybody whose entitlement is active and who has none in the list of this
/// year. Says how many joined, which may be nobody.
///
/// # Errors
/// [`EnrolError`].
pub fn enrol(
    roll: &mut Roll,
    programme: u16,
    epoch: u16,
    random: &mut impl CryptoRngCore,
) -> Result<usize, EnrolError> {
    let active = roll.entitlements.iter().filter(|it| {
        it.programme == programme && matches!(it.state(), State::Active | State::Suspended)
    });
    let active: BTreeSet<PersonNumber> = active.map(|it| it.person).collect();
    let list = roll.list_mut(programme, epoch);
    let listed: BTreeSet<PersonNumber> = list.iter().flatten().copied().collect();
    let mut joining: Vec<PersonNumber> = active.difference(&listed).copied().collect();
    if joining.is_empty() {
        return Ok(0);
    }
    if joining.len() < JOINING_MIN {
        return Err(EnrolError::TooFew { waiting: joining.len() });
    }
    if list.len().saturating_add(joining.len()) > PERSONS_MAX {
        return Err(EnrolError::Full);
    }
    joining.shuffle(random);
    list.extend(joining.iter().map(|person| Some(*person)));
    Ok(joining.len())
}
