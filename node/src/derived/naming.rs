//! Which records name a commitment, and whether an act that names it took effect. The state knows
//! the first record alone, and that an act was proposed says nothing of its end.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::contents;
use minglian_contracts::event::Event;
use minglian_contracts::naming::Thing;
use minglian_contracts::schema;
use minglian_ledger::hash::{Commitment, TransactionId};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::store::ScanDirection;
use minglian_ledger::transaction::Transaction;

use super::{DerivedError, DerivedIndex, End, NAMING, decode};

/// Most records of one organisation that name one commitment which are looked at, the newest ones.
const NAMINGS_MAX: usize = 1_000;

/// When a record that names a commitment took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
enum Naming {
    /// With the record.
    AtOnce,
    /// When this proposal is completed, if it is.
    Proposed(TransactionId),
}

/// The entries of a record that was not refused for the commitments that its act names.
pub(super) fn push(
    entries: &mut Vec<(Vec<u8>, Vec<u8>)>,
    record: LogIndex,
    transaction: &Transaction,
    events: &[Event],
) {
    // An act that was not refused always reads.
    let Ok(call) = Call::decode(&transaction.body.call) else { return };
    let proposed = events.iter().find_map(|event| match event {
        Event::Approval(approval::Event::Proposed { proposal, .. }) => Some(*proposal),
        _ => None,
    });
    let value = schema::encode(&proposed.map_or(Naming::AtOnce, Naming::Proposed));
    for thing in contents::of(&call).things {
        if let Thing::Opening(commitment) = thing {
            let key = naming_key(&commitment, &transaction.body.organization, record);
            entries.push((key, value.clone()));
        }
    }
}

fn naming_key(
    commitment: &Commitment,
    organization: &OrganizationCode,
    record: LogIndex,
) -> Vec<u8> {
    let organization = organization.as_str().as_bytes();
    [&[NAMING][..], &commitment.0, organization, &record.0.to_be_bytes()].concat()
}

impl DerivedIndex<'_> {
    /// Whether an act of the organisation that names the commitment took effect: not if it waits,
    /// or came to another end.
    pub fn is_in_force(
        &self,
        commitment: &Commitment,
        organization: &OrganizationCode,
    ) -> Result<bool, DerivedError> {
        let newest = naming_key(commitment, organization, LogIndex(u64::MAX));
        let prefix = &newest[..newest.len() - 8];
        let namings =
            self.store.derived_range(prefix, &newest, ScanDirection::Backward, NAMINGS_MAX)?;
        for (_, value) in namings {
            let is_in_force = match decode(&value, NAMING)? {
                Naming::AtOnce => true,
                Naming::Proposed(id) => {
                    self.end(&id)?.is_some_and(|ended| ended.end == End::Completed)
                }
            };
            if is_in_force {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
