//! Keys that nobody holds, once they are made.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateRead;
use minglian_ledger::subsidy::threshold::{KeyPurpose, ThresholdKey};
use serde::{Deserialize, Serialize};

use super::Event;
use crate::context::Context;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, State, Table};

/// Established keys. A purpose has one, for ever: under another a person would have a second tag.
pub const THRESHOLD_KEYS: Table<KeyPurpose, KeyRecord> =
    Table::new(schema::prefix::ENROLMENT_FIRST + 3);

/// A second committee, outside the validators, without which they can evaluate nothing.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct OutsideCommittee {
    /// Its members.
    pub members: Vec<OrganizationCode>,
    /// How many of them are needed.
    pub threshold: u16,
}

/// An established key.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct KeyRecord {
    /// The key, with the public shares of its members.
    pub key: ThresholdKey,
    /// The organisations of the first committee: member 1, 2 and so on.
    pub members: Vec<OrganizationCode>,
    /// The second committee. Not supported yet, so there is none.
    pub outside: Option<OutsideCommittee>,
    /// Which attempt made it.
    pub attempt: u32,
    /// The record that established it.
    pub established: LogIndex,
    /// The record that retired it.
    pub retired: Option<LogIndex>,
}

/// Ends the use of a key, for ever. Members destroy their shares.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct RetireKey {
    /// What it is for.
    pub purpose: KeyPurpose,
}

impl KeyRecord {
    /// Reads a record as a proof of the state has it, refusing trailing bytes.
    ///
    /// # Errors
    /// What borsh says of bytes that are no record.
    pub fn decode(bytes: &[u8]) -> Result<Self, std::io::Error> {
        borsh::from_slice(bytes)
    }

    /// The member that an organisation is, from 1.
    ///
    /// # Errors
    /// [`Code::NotKeyMember`].
    pub fn member(&self, organization: &OrganizationCode) -> Result<u16, Fault> {
        member_of(&self.members, organization)
    }

    /// How many answers are needed.
    pub fn threshold(&self) -> u16 {
        self.key.committees.first().map_or(u16::MAX, |committee| committee.threshold)
    }
}

/// The place of an organisation among the members of a committee, from 1.
pub(super) fn member_of(
    members: &[OrganizationCode],
    organization: &OrganizationCode,
) -> Result<u16, Fault> {
    let place = members.iter().position(|member| member == organization);
    place
        .and_then(|place| u16::try_from(place + 1).ok())
        .ok_or_else(|| Refusal::new(Code::NotKeyMember, organization).into())
}

/// The key of a purpose, in use.
///
/// # Errors
/// [`Code::ThresholdKeyUnknown`], [`Code::ThresholdKeyRetired`].
pub fn in_use(reader: &dyn StateRead, purpose: &KeyPurpose) -> Result<KeyRecord, Fault> {
    let unknown = || Refusal::new(Code::ThresholdKeyUnknown, format!("{purpose:?}"));
    let record = THRESHOLD_KEYS.get(reader, purpose)?.ok_or_else(unknown)?;
    if record.retired.is_some() {
        return Err(Refusal::new(Code::ThresholdKeyRetired, format!("{purpose:?}")).into());
    }
    Ok(record)
}

pub(super) fn retire(
    act: &RetireKey,
    state: &mut State<'_>,
    context: &mut Context<'_>,
) -> Result<(), Fault> {
    let mut record = in_use(state, &act.purpose)?;
    record.retired = Some(context.index);
    THRESHOLD_KEYS.put(state, &act.purpose, &record);
    context.emit(Event::KeyRetired { purpose: act.purpose });
    Ok(())
}
