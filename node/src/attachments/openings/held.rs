//! Which openings are here, and whose.

use std::collections::BTreeMap;

use minglian_ledger::hash::Commitment;
use minglian_ledger::organization_code::OrganizationCode;

use crate::attachments::published::Published;
use crate::attachments::shares::Shares;

/// An opening that is here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Held {
    /// Whose it is; none until the state was asked.
    pub(super) organization: Option<OrganizationCode>,
    pub(super) bytes: u64,
}

/// Which openings are here.
///
/// **Invariant:** `shares` are the sums over `entries`, and `published` holds none but these.
#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) entries: BTreeMap<Commitment, Held>,
    pub(super) shares: Shares,
    pub(super) published: Published,
}

impl Inner {
    pub(super) fn insert(&mut self, commitment: Commitment, held: Held) {
        if let Some(Held { organization: Some(before), bytes }) = self.entries.get(&commitment) {
            self.shares.remove(before, *bytes);
        }
        if let Some(organization) = held.organization {
            self.shares.add(organization, held.bytes);
        }
        self.entries.insert(commitment, held);
    }

    pub(super) fn remove(&mut self, commitment: &Commitment) -> bool {
        self.published.remove(commitment);
        let Some(held) = self.entries.remove(commitment) else { return false };
        if let Some(organization) = held.organization {
            self.shares.remove(&organization, held.bytes);
        }
        true
    }
}
