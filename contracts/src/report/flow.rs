//! Movements as reports ask for them: of one account, in order, with the record that made each and
//! the day it happened.
//!
//! The state knows what an account holds, not when each part of it left. A node answers from the
//! indexes it derives from the log; they can be rebuilt, and nothing here is trusted further than
//! the movement itself, which the record proves.

use minglian_ledger::date::Date;
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateError;

use crate::allocation;
use crate::book::{AccountId, Movement};
use crate::event::Event;

/// A movement with its record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// The record that made it.
    pub record: LogIndex,
    /// The day it happened: the block's, unless it was entered late.
    pub occurred_on: Date,
    /// The movement.
    pub movement: Movement,
}

/// An act that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedAct {
    /// Its record.
    pub record: LogIndex,
    /// The organisation's own reference.
    pub reference: String,
    /// The refusal's number.
    pub code: u32,
    /// The block's day.
    pub date: Date,
}

/// Answers from the log.
pub trait Flows {
    /// The first `limit` movements out of an account, by the positions they took.
    ///
    /// # Errors
    /// [`StateError`] if the indexes cannot be read.
    fn outflows(&self, account: &AccountId, limit: usize) -> Result<Vec<Flow>, StateError>;

    /// The first `limit` movements into an account, by the positions they credited.
    ///
    /// # Errors
    /// [`StateError`] if the indexes cannot be read.
    fn inflows(&self, account: &AccountId, limit: usize) -> Result<Vec<Flow>, StateError>;

    /// What was refused among the last `limit` records of an organisation, the newest first.
    ///
    /// # Errors
    /// [`StateError`] if log or indexes cannot be read.
    fn refusals(
        &self,
        organization: &OrganizationCode,
        limit: usize,
    ) -> Result<Vec<RefusedAct>, StateError>;
}

/// The day of the act that caused these events in a block of `today`: acts of an earlier day say
/// so (补录).
pub fn day_of(events: &[Event], today: Date) -> Date {
    let late = events.iter().find_map(|event| match event {
        Event::Allocation(allocation::Event::EnteredLate { occurred_on }) => Some(*occurred_on),
        _ => None,
    });
    late.unwrap_or(today)
}
