//! Who takes part: organisations, and their officers' keys with roles.
//!
//! A key acts only for its organisation and in its role. A registration or revocation in block h
//! counts from h + 1, so that every transaction of a block is judged by the same keys. Keys are
//! never removed from the state: a revoked key still explains old records, and is never given to
//! anybody again.

pub mod change;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::division::Division;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::height::Height;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::{StateError, StateRead};
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

pub use change::{Call, Event};

use crate::actor::Actor;
use crate::fault::Fault;
use crate::refusal::{Code, Refusal};
use crate::schema::{self, Table};

/// The kinds that create quota, plan it or raise the fund: they have power over money of others.
/// The validators' quorum admits them, and only their governors vouch for keys of others.
pub const AUTHORITIES: &[OrganizationKind] =
    &[OrganizationKind::CivilAffairs, OrganizationKind::Finance, OrganizationKind::LotteryCentre];

/// Most live keys of one organisation.
pub const LIVE_KEYS_MAX: usize = 64;

/// Organisations by code.
pub const ORGANIZATIONS: Table<OrganizationCode, Organization> =
    Table::new(schema::prefix::ORGANIZATIONS);

/// Officers' keys.
pub const KEYS: Table<PublicKey, KeyRecord> = Table::new(schema::prefix::KEYS);

/// The live keys of each organisation, ascending.
pub const ORGANIZATION_KEYS: Table<OrganizationCode, Vec<PublicKey>> =
    Table::new(schema::prefix::ORGANIZATION_KEYS);

/// A registered organisation. Its name is a public fact.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Organization {
    /// Its registered name.
    pub name: Text<192>,
    /// What it is.
    pub kind: OrganizationKind,
    /// Where it acts.
    pub division: Division,
    /// The block that registered it.
    pub registered_at: Height,
}

/// An officer's key. Officers have no name on the ledger: an officer is the first of the keys that
/// followed one another by rotation or were declared to be the same officer's.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct KeyRecord {
    /// The organisation for which it acts.
    pub organization: OrganizationCode,
    /// What it may do.
    pub role: Role,
    /// The officer: the first of the officer's keys.
    pub officer: PublicKey,
    /// First height at which it counts.
    pub live_from: Height,
    /// Last height at which it counts, once revoked.
    pub live_until: Option<Height>,
}

impl KeyRecord {
    /// Whether the key counts in the block at `height`.
    pub fn is_live(&self, height: Height) -> bool {
        self.live_from <= height && self.live_until.is_none_or(|last| height <= last)
    }
}

/// The actor behind a key, if it is registered for `organization` and live at `height`.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn find_actor(
    reader: &dyn StateRead,
    organization: &OrganizationCode,
    key: &PublicKey,
    height: Height,
) -> Result<Option<Actor>, StateError> {
    let Some(record) = KEYS.get(reader, key)? else { return Ok(None) };
    if record.organization != *organization || !record.is_live(height) {
        return Ok(None);
    }
    let Some(found) = ORGANIZATIONS.get(reader, organization)? else { return Ok(None) };
    Ok(Some(Actor {
        organization: *organization,
        kind: found.kind,
        division: found.division,
        key: *key,
        officer: record.officer,
        role: record.role,
    }))
}

/// The organisation with this code.
///
/// # Errors
/// [`Code::OrganizationUnknown`].
pub fn organization(
    reader: &dyn StateRead,
    code: &OrganizationCode,
) -> Result<Organization, Fault> {
    ORGANIZATIONS
        .get(reader, code)?
        .ok_or_else(|| Refusal::new(Code::OrganizationUnknown, code).into())
}

/// Refuses unless `reviewer` answers for `division`: its own contains it.
///
/// # Errors
/// [`Code::OrganizationUnknown`], [`Code::DivisionOutside`].
pub(crate) fn require_over(
    reader: &dyn StateRead,
    reviewer: &OrganizationCode,
    division: Division,
) -> Result<(), Fault> {
    if organization(reader, reviewer)?.division.contains(division) {
        return Ok(());
    }
    let detail = format!("{reviewer} does not answer for {division}");
    Err(Refusal::new(Code::DivisionOutside, detail).into())
}

/// The live keys of an organisation at `height`, with their records.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn live_keys(
    reader: &dyn StateRead,
    code: &OrganizationCode,
) -> Result<Vec<(PublicKey, KeyRecord)>, StateError> {
    let keys = ORGANIZATION_KEYS.get(reader, code)?.unwrap_or_default();
    let mut live = Vec::with_capacity(keys.len());
    for key in keys {
        if let Some(record) = KEYS.get(reader, &key)? {
            live.push((key, record));
        }
    }
    Ok(live)
}

/// Whether an organisation has a governor: its keys are then its own matter.
///
/// # Errors
/// [`StateError`] if the state cannot be read.
pub fn has_governor(reader: &dyn StateRead, code: &OrganizationCode) -> Result<bool, StateError> {
    let keys = live_keys(reader, code)?;
    Ok(keys.iter().any(|(_, record)| record.role == Role::Governor))
}
