//! The bureaus' own rules: validators, parameters and holidays, decided by governors of
//! organisations that hold more than two thirds of the voting power.
//!
//! A change of validators names the first height that the new set certifies, at least two above
//! the block that completes it, so that every node knows its peers before they vote. The header of
//! the block before that height carries the new set's hash.

mod contact;
mod schedule;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::genesis::GenesisParameter;
use minglian_ledger::height::Height;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::fault::Fault;
use crate::parameter::{self, Key};
use crate::policy::Policy;
use crate::schema::State;
use crate::working_day::{self, Notice};

pub use crate::validator_set::Change;

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
    /// Enters a year's holidays and working weekend days, as the State Council announced them.
    SetHolidays(Notice),
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
    /// A year's holidays are known, or known better.
    HolidaysSet {
        /// The year.
        year: u16,
        /// How often a notice was entered for it.
        version: u32,
    },
}

impl Call {
    pub(crate) fn policy(&self) -> Policy {
        Policy::ValidatorQuorum
    }

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
            Self::SetHolidays(notice) => {
                let version = working_day::enter(state, notice, context.block.height)?;
                context.emit(Event::HolidaysSet { year: notice.year, version });
            }
        }
        Ok(())
    }
}
