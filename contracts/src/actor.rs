//! Who acts: the officer who signed, the organisation whose act it is, and each officer's part.

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::division::Division;
use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;
use serde::{Deserialize, Serialize};

/// The officer who signed, with what the rules ask about the officer's organisation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The organisation.
    pub organization: OrganizationCode,
    /// What the organisation is.
    pub kind: OrganizationKind,
    /// Where it acts.
    pub division: Division,
    /// The key that signed.
    pub key: PublicKey,
    /// The officer behind the key.
    pub officer: PublicKey,
    /// What the key may do.
    pub role: Role,
}

/// The organisation whose act it is, with what the rules ask about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Author {
    /// The organisation.
    pub organization: OrganizationCode,
    /// What it is.
    pub kind: OrganizationKind,
    /// Where it acts.
    pub division: Division,
}

impl Actor {
    /// The actor's organisation.
    pub fn author(&self) -> Author {
        let Self { organization, kind, division, .. } = *self;
        Author { organization, kind, division }
    }
}

/// One officer's part in an act.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize, Serialize, Deserialize)]
pub struct Signature {
    /// The organisation.
    pub organization: OrganizationCode,
    /// The officer: the first of the officer's keys.
    pub officer: PublicKey,
    /// The key that signed.
    pub key: PublicKey,
    /// In which role.
    pub role: Role,
    /// The record that holds it.
    pub index: LogIndex,
}

impl Signature {
    /// The part that `actor` took in the record at `index`.
    pub fn of(actor: &Actor, index: LogIndex) -> Self {
        let Actor { organization, officer, key, role, .. } = *actor;
        Self { organization, officer, key, role, index }
    }
}
