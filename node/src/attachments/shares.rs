//! How much of what is kept is each organisation's, so that none can use up the room of all.

use std::collections::BTreeMap;

use minglian_ledger::organization_code::OrganizationCode;

/// Things and their bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// How many.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Shares by organisation.
#[derive(Debug, Default)]
pub struct Shares(BTreeMap<OrganizationCode, Share>);

impl Shares {
    /// Whether one more thing of so many bytes keeps an organisation within `most`.
    pub fn fits(&self, organization: &OrganizationCode, bytes: u64, most: Share) -> bool {
        let share = self.0.get(organization).copied().unwrap_or_default();
        share.count < most.count && share.bytes.saturating_add(bytes) <= most.bytes
    }

    /// Counts a thing.
    pub fn add(&mut self, organization: OrganizationCode, bytes: u64) {
        let share = self.0.entry(organization).or_default();
        share.count = share.count.saturating_add(1);
        share.bytes = share.bytes.saturating_add(bytes);
    }

    /// Counts a thing no longer.
    pub fn remove(&mut self, organization: &OrganizationCode, bytes: u64) {
        if let Some(share) = self.0.get_mut(organization) {
            share.count = share.count.saturating_sub(1);
            share.bytes = share.bytes.saturating_sub(bytes);
            if share.count == 0 {
                self.0.remove(organization);
            }
        }
    }
}
