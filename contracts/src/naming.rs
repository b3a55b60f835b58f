//! What stands behind the hashes in records: texts and names behind salted commitments, and
//! attachments. Both are kept off the log, where they can be erased; the ledger knows who named
//! them first, and which of them are never to be kept again.
//!
//! A record names a thing when its act is applied, or waits for other officers; a refused act
//! names nothing. The first organisation whose record names a thing answers for it.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::height::LogIndex;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{Changes, StateError, StateRead};
use serde::{Deserialize, Serialize};

use crate::schema::{self, State, Table};

/// Who named each thing first.
pub const NAMED: Table<Thing, Named> = Table::new(schema::prefix::OPENING_FIRST);

/// What is erased, for ever.
pub const ERASED: Table<Thing, Erased> = Table::new(schema::prefix::OPENING_FIRST + 1);

const NAMING_WEIGHT: u64 = 10;

/// Work of naming `things`, in the units of [`crate::call::Call::weight`].
pub fn weight(things: &[Thing]) -> u64 {
    NAMING_WEIGHT.saturating_mul(things.len() as u64)
}

/// Something that is kept off the log, by the hash in the record.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    BorshSerialize,
    BorshDeserialize,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// The salt and the text, or a person's name, behind a commitment.
    Opening(Commitment),
    /// An attachment.
    Attachment(AttachmentHash),
}

impl std::fmt::Display for Thing {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Opening(commitment) => write!(formatter, "the opening of {commitment}"),
            Self::Attachment(hash) => write!(formatter, "attachment {hash}"),
        }
    }
}

/// Who named a thing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Named {
    /// The organisation, which answers for it.
    pub organization: OrganizationCode,
    /// The record.
    pub index: LogIndex,
}

/// By what a thing was erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Erased {
    /// The organisation that ordered it.
    pub organization: OrganizationCode,
    /// The record in which the order took effect.
    pub index: LogIndex,
}

/// Enters what a record names; what another record named before stays that one's.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub(crate) fn enter(
    things: &[Thing],
    named: Named,
    state: &mut State<'_>,
) -> Result<(), StateError> {
    for thing in things {
        if !NAMED.contains(state, thing)? {
            NAMED.put(state, thing, &named);
        }
    }
    Ok(())
}

/// Whether a thing may be kept: some record names it, and no order has erased it.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn may_be_kept(reader: &dyn StateRead, thing: &Thing) -> Result<bool, StateError> {
    Ok(NAMED.contains(reader, thing)? && !ERASED.contains(reader, thing)?)
}

/// Up to `limit` attachments that records name, behind `after`.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn named_attachments(
    reader: &dyn StateRead,
    after: Option<AttachmentHash>,
    limit: usize,
) -> Result<Vec<(AttachmentHash, Named)>, StateError> {
    /// The number of [`Thing::Attachment`] in keys.
    const ATTACHMENT: u8 = 1;
    let after = after.map(Thing::Attachment);
    let page = NAMED.scan(reader, &ATTACHMENT, after.as_ref(), limit)?;
    let attachment = |(thing, named)| match thing {
        Thing::Attachment(hash) => Some((hash, named)),
        Thing::Opening(_) => None,
    };
    Ok(page.into_iter().filter_map(attachment).collect())
}

/// What a block named first, and what it erased, by its changes to the state.
pub fn changed(changes: &Changes) -> (Vec<Thing>, Vec<Thing>) {
    let of = |prefix: u8| {
        let keys = changes.range(vec![prefix]..vec![prefix + 1]);
        keys.filter_map(|(key, _)| borsh::from_slice(&key[1..]).ok()).collect()
    };
    (of(schema::prefix::OPENING_FIRST), of(schema::prefix::OPENING_FIRST + 1))
}
