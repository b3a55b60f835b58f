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
use minglian_ledger::state::KeyValue;
use minglian_ledger::store::ScanDirection;
use minglian_ledger::transaction::Transaction;

use super::{DerivedError, DerivedIndex, End, NAMING, decode, position};

/// What came of the acts of one organisation that name a commitment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// There is none.
    Unnamed,
    /// One took effect.
    InForce,
    /// None did; these wait for other officers, or are out of time.
    Waiting(Vec<TransactionId>),
    /// All were rejected or withdrawn.
    Ended,
}

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

/// The commitment that an entry says is named, if the entry says so.
pub(super) fn commitment_of(key: &[u8]) -> Option<Commitment> {
    let named = key.strip_prefix(&[NAMING])?;
    named.first_chunk().copied().map(Commitment)
}

impl DerivedIndex<'_> {
    /// What came of the acts of the organisation that name the commitment in records before
    /// `end`, as of now.
    pub fn effect(
        &self,
        commitment: &Commitment,
        organization: &OrganizationCode,
        end: LogIndex,
    ) -> Result<Effect, DerivedError> {
        let namings = self.namings(commitment, organization, end, NAMINGS_MAX)?;
        if namings.is_empty() {
            return Ok(Effect::Unnamed);
        }
        let mut waiting = Vec::new();
        for (_, value) in namings {
            let Naming::Proposed(proposal) = decode(&value, NAMING)? else {
                return Ok(Effect::InForce);
            };
            match self.end(&proposal)? {
                Some(ended) if ended.end == End::Completed => return Ok(Effect::InForce),
                Some(_) => {}
                None => waiting.push(proposal),
            }
        }
        Ok(if waiting.is_empty() { Effect::Ended } else { Effect::Waiting(waiting) })
    }

    /// The last record of the organisation that names the commitment.
    pub fn last_naming(
        &self,
        commitment: &Commitment,
        organization: &OrganizationCode,
    ) -> Result<Option<LogIndex>, DerivedError> {
        let last = self.namings(commitment, organization, LogIndex(u64::MAX), 1)?;
        last.first().map(|(key, _)| position(key, NAMING).map(LogIndex)).transpose()
    }

    /// Entries of records before `end`, newest first.
    fn namings(
        &self,
        commitment: &Commitment,
        organization: &OrganizationCode,
        end: LogIndex,
        limit: usize,
    ) -> Result<Vec<KeyValue>, DerivedError> {
        let Some(last) = end.0.checked_sub(1) else { return Ok(Vec::new()) };
        let newest = naming_key(commitment, organization, LogIndex(last));
        let prefix = &newest[..newest.len() - 8];
        Ok(self.store.derived_range(prefix, &newest, ScanDirection::Backward, limit)?)
    }
}
