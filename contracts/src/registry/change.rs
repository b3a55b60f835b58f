//! Registering organisations and keys, rotating and revoking keys.
//!
//! No key makes another officer alone. An organisation with power over money of others, and its
//! first governor, are admitted by the validators' quorum; any other organisation by a governor of
//! an organisation that runs a validator and a governor of another authority. From then on its own
//! governor registers its keys, each vouched for by a governor of another organisation that is an
//! authority. The holder of a key consents to its rotation; a lost key is revoked and another
//! registered. Whoever steals the key of an only governor can shut everybody else out: then the
//! validators' quorum revokes it, and admits another governor.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::division::Division;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::height::Height;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::{CheckDigit, OrganizationCode};
use minglian_ledger::state::StateRead;
use minglian_ledger::text::Text;
use serde::{Deserialize, Serialize};

use super::{
    AUTHORITIES, KEYS, KeyRecord, LIVE_KEYS_MAX, ORGANIZATION_KEYS, ORGANIZATIONS, Organization,
    has_governor, live_keys,
};
use crate::context::Context;
use crate::fault::Fault;
use crate::policy::{Party, Policy, Step};
use crate::refusal::{Code, Refusal};
use crate::schema::State;
use crate::validator_set;

/// What can be done to the registry. Every call is proposed by a governor.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Call {
    /// Registers an organisation: by the validators' quorum one of the [`AUTHORITIES`], any other
    /// by a governor of an organisation that runs a validator and a governor of an authority.
    RegisterOrganization {
        /// 统一社会信用代码. A wrong check digit is a warning, not a refusal: some early lawful
        /// codes fail it.
        code: OrganizationCode,
        /// Its registered name.
        name: Text<192>,
        /// What it is.
        kind: OrganizationKind,
        /// Where it acts.
        division: Division,
    },
    /// Registers an officer's key: by a governor of the organisation and a governor of another,
    /// which is an authority. While it has no governor, its first one by those who may register
    /// the organisation.
    RegisterKey {
        /// The officer's organisation.
        organization: OrganizationCode,
        /// The key.
        key: PublicKey,
        /// What it may do.
        role: Role,
        /// Another key of the same officer, if the officer has one: the two never count as two
        /// people.
        same_officer_as: Option<PublicKey>,
    },
    /// Registers a new key for the officer of an old one, in the same role, and revokes the old: by
    /// a governor and the old key, of which the officer consents; a governor's own by that key.
    RotateKey {
        /// The key that goes.
        old: PublicKey,
        /// The key that comes.
        new: PublicKey,
    },
    /// Revokes a key from the next height on; by a governor alone, since it takes power away.
    RevokeKey {
        /// The key.
        key: PublicKey,
    },
    /// Revokes every key of an officer of any organisation, its last governor too: by the
    /// validators' quorum, where a governor's key is stolen or lost. Without a governor an
    /// organisation is admitted anew.
    RevokeKeyOf {
        /// The officer's organisation.
        organization: OrganizationCode,
        /// A key that the officer has, or had: whoever stole it may have rotated it meanwhile.
        key: PublicKey,
    },
}

/// What became of the registry.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// An organisation was registered.
    OrganizationRegistered {
        /// Its code.
        code: OrganizationCode,
        /// Whether the code's check digit is right.
        check_digit_right: bool,
    },
    /// A key was registered.
    KeyRegistered {
        /// The key.
        key: PublicKey,
        /// First height at which it counts.
        live_from: Height,
    },
    /// A key was revoked.
    KeyRevoked {
        /// The key.
        key: PublicKey,
        /// Last height at which it counts.
        live_until: Height,
    },
}

impl Call {
    pub(crate) fn policy(&self, reader: &dyn StateRead) -> Result<Policy, Fault> {
        let governor = Step::own(&[], Role::Governor);
        Ok(match self {
            Self::RegisterOrganization { kind, .. } => admission(*kind),
            Self::RegisterKey { organization, .. } => {
                let kind = super::organization(reader, organization)?.kind;
                if has_governor(reader, organization)? { two_governors() } else { admission(kind) }
            }
            Self::RotateKey { old, .. } => {
                let known = KEYS.get(reader, old)?;
                let role = known.ok_or_else(|| Refusal::new(Code::KeyUnknown, old))?.role;
                let holder = Step { party: Party::Holder(*old), kinds: &[], role };
                let is_governors_own = role == Role::Governor;
                Policy::Steps(if is_governors_own { vec![holder] } else { vec![governor, holder] })
            }
            Self::RevokeKey { .. } => Policy::Steps(vec![governor]),
            Self::RevokeKeyOf { .. } => Policy::ValidatorQuorum,
        })
    }

    pub(crate) fn apply(
        &self,
        state: &mut State<'_>,
        context: &mut Context<'_>,
    ) -> Result<(), Fault> {
        match self {
            Self::RegisterOrganization { code, name, kind, division } => {
                validator_set::require_validator_organization(state, &context.author.organization)?;
                let organization = Organization {
                    name: name.clone(),
                    kind: *kind,
                    division: *division,
                    registered_at: context.block.height,
                };
                register_organization(state, code, &organization)?;
                let check_digit_right = code.check() == CheckDigit::Valid;
                context.emit(Event::OrganizationRegistered { code: *code, check_digit_right });
                Ok(())
            }
            Self::RegisterKey { organization, key, role, same_officer_as } => {
                require_registrar_of(state, context, organization, *role)?;
                let officer = match same_officer_as {
                    Some(other) => find_key(state, organization, other)?.officer,
                    None => *key,
                };
                register(state, context, key, *organization, *role, officer)
            }
            Self::RotateKey { old, new } => {
                let record = find_key(state, &context.author.organization, old)?;
                // The new key first: the last governor may rotate the governor's own key.
                let KeyRecord { organization, role, officer, .. } = record;
                register(state, context, new, organization, role, officer)?;
                revoke(state, context, &organization, old)
            }
            Self::RevokeKey { key } => {
                let organization = context.author.organization;
                require_other_governor(state, &organization, key)?;
                revoke(state, context, &organization, key)
            }
            Self::RevokeKeyOf { organization, key } => {
                validator_set::require_validator_organization(state, &context.author.organization)?;
                revoke_officer(state, context, organization, key)
            }
        }
    }

    /// Work of the call for the block's limit, in units of about a microsecond.
    pub(crate) fn weight(&self) -> u64 {
        match self {
            // As many keys as an organisation may have.
            Self::RevokeKeyOf { .. } => 2_000,
            _ => 200,
        }
    }
}

/// Enters an organisation.
///
/// # Errors
/// [`Code::OrganizationExists`].
pub(crate) fn register_organization(
    state: &mut State<'_>,
    code: &OrganizationCode,
    organization: &Organization,
) -> Result<(), Fault> {
    if ORGANIZATIONS.contains(state, code)? {
        return Err(Refusal::new(Code::OrganizationExists, code).into());
    }
    ORGANIZATIONS.put(state, code, organization);
    Ok(())
}

/// Enters a key that must never have been used before.
///
/// # Errors
/// [`Code::OrganizationUnknown`], [`Code::KeyUnusable`], [`Code::KeyTaken`],
/// [`Code::TooManyKeys`].
pub(crate) fn register_key(
    state: &mut State<'_>,
    key: &PublicKey,
    record: &KeyRecord,
) -> Result<(), Fault> {
    super::organization(state, &record.organization)?;
    key.check_registrable()
        .map_err(|error| Refusal::new(Code::KeyUnusable, format!("{key}: {error}")))?;
    if KEYS.contains(state, key)? || validator_set::is_validator_key(state, key)? {
        return Err(Refusal::new(Code::KeyTaken, key).into());
    }
    let mut keys = ORGANIZATION_KEYS.get(state, &record.organization)?.unwrap_or_default();
    if keys.len() >= LIVE_KEYS_MAX {
        return Err(Refusal::new(Code::TooManyKeys, record.organization).into());
    }
    keys.push(*key);
    keys.sort();
    ORGANIZATION_KEYS.put(state, &record.organization, &keys);
    KEYS.put(state, key, record);
    Ok(())
}

fn register(
    state: &mut State<'_>,
    context: &mut Context<'_>,
    key: &PublicKey,
    organization: OrganizationCode,
    role: Role,
    officer: PublicKey,
) -> Result<(), Fault> {
    let live_from = context.block.height.next();
    let record = KeyRecord { organization, role, officer, live_from, live_until: None };
    register_key(state, key, &record)?;
    context.emit(Event::KeyRegistered { key: *key, live_from });
    Ok(())
}

/// Refuses to leave an organisation without a governor.
fn require_other_governor(
    state: &State<'_>,
    organization: &OrganizationCode,
    key: &PublicKey,
) -> Result<(), Fault> {
    find_live_key(state, organization, key)?;
    let is_other_governor =
        |(other, record): &(PublicKey, KeyRecord)| other != key && record.role == Role::Governor;
    if !live_keys(state, organization)?.iter().any(is_other_governor) {
        return Err(Refusal::new(Code::LastGovernor, key).into());
    }
    Ok(())
}

fn revoke(
    state: &mut State<'_>,
    context: &mut Context<'_>,
    organization: &OrganizationCode,
    key: &PublicKey,
) -> Result<(), Fault> {
    let mut record = find_live_key(state, organization, key)?;
    let live_until = context.block.height;
    record.live_until = Some(live_until);
    KEYS.put(state, key, &record);
    let mut keys = ORGANIZATION_KEYS.get(state, organization)?.unwrap_or_default();
    keys.retain(|other| other != key);
    ORGANIZATION_KEYS.put(state, organization, &keys);
    context.emit(Event::KeyRevoked { key: *key, live_until });
    Ok(())
}

/// Revokes all live keys of the officer who has `key`, or had it.
fn revoke_officer(
    state: &mut State<'_>,
    context: &mut Context<'_>,
    organization: &OrganizationCode,
    key: &PublicKey,
) -> Result<(), Fault> {
    let officer = find_key(state, organization, key)?.officer;
    let mut live = live_keys(state, organization)?;
    live.retain(|(_, record)| record.officer == officer);
    if live.is_empty() {
        return Err(Refusal::new(Code::KeyRevoked, key).into());
    }
    live.iter().try_for_each(|(key, _)| revoke(state, context, organization, key))
}

fn find_key(
    state: &State<'_>,
    organization: &OrganizationCode,
    key: &PublicKey,
) -> Result<KeyRecord, Fault> {
    KEYS.get(state, key)?
        .filter(|record| record.organization == *organization)
        .ok_or_else(|| Refusal::new(Code::KeyUnknown, format!("{key} of {organization}")).into())
}

fn find_live_key(
    state: &State<'_>,
    organization: &OrganizationCode,
    key: &PublicKey,
) -> Result<KeyRecord, Fault> {
    let record = find_key(state, organization, key)?;
    match record.live_until {
        Some(_) => Err(Refusal::new(Code::KeyRevoked, key).into()),
        None => Ok(record),
    }
}

/// Refuses unless the author may register a key in `role` for `organization`: its own; while it
/// has no governor, an organisation that runs a validator may register the first.
fn require_registrar_of(
    state: &State<'_>,
    context: &Context<'_>,
    organization: &OrganizationCode,
    role: Role,
) -> Result<(), Fault> {
    let author = context.author.organization;
    if author == *organization {
        return Ok(());
    }
    if has_governor(state, organization)? {
        let detail = format!("{organization} has a governor of its own");
        return Err(Refusal::new(Code::NotYourOrganization, detail).into());
    }
    if role != Role::Governor {
        return Err(Refusal::new(Code::GovernorMissing, organization).into());
    }
    validator_set::require_validator_organization(state, &author)
}

/// Who admits an organisation of `kind`, and its first governor.
fn admission(kind: OrganizationKind) -> Policy {
    if AUTHORITIES.contains(&kind) { Policy::ValidatorQuorum } else { two_governors() }
}

/// The proposer's governor, then the governor of another organisation that is an authority.
fn two_governors() -> Policy {
    let other = Step { party: Party::Other, kinds: AUTHORITIES, role: Role::Governor };
    Policy::Steps(vec![Step::own(&[], Role::Governor), other])
}
