//! Who may do an act, as a table says it: the steps that its officers take, in order.

use minglian_ledger::genesis::{OrganizationKind, Role};
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;

/// Whose officer takes a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Party {
    /// The organisation that proposes the act.
    Proposer,
    /// The organisation that the act names.
    Named(OrganizationCode),
    /// Any organisation but the one that proposes.
    Other,
    /// The officer who holds this key.
    Holder(PublicKey),
}

/// One step of an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whose officer.
    pub party: Party,
    /// What the officer's organisation may be; empty where the kind does not matter.
    pub kinds: &'static [OrganizationKind],
    /// In which role.
    pub role: Role,
}

impl Step {
    /// The proposing organisation's officer in `role`; its kind must be one of `kinds`.
    pub const fn own(kinds: &'static [OrganizationKind], role: Role) -> Self {
        Self { party: Party::Proposer, kinds, role }
    }

    /// The officer in `role` of the organisation `code`; its kind must be one of `kinds`.
    pub const fn of(
        code: OrganizationCode,
        kinds: &'static [OrganizationKind],
        role: Role,
    ) -> Self {
        Self { party: Party::Named(code), kinds, role }
    }
}

/// Who may do an act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Policy {
    /// The first step proposes, the others approve in order, each another officer. With one step
    /// the act takes effect at once.
    Steps(Vec<Step>),
    /// Governors of organisations that hold more than two thirds of the voting power; the proposer
    /// is one of them.
    ValidatorQuorum,
    /// The call checks its signer itself.
    Unrestricted,
}
