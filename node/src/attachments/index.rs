//! Which attachments are here, and how much room they take. In memory: what stands on disk beside
//! each attachment says the same.

use std::collections::BTreeMap;
use std::ops::Bound;

use minglian_ledger::deposit::{Class, MediaType};
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;

use super::manifest::Description;
use super::shares::{Share, Shares};

/// An attachment that is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub media_type: MediaType,
    /// Its size in bytes.
    pub bytes: u64,
    /// Who may see it.
    pub class: Class,
    /// Whose it is.
    pub organization: OrganizationCode,
    /// The height at which it came.
    pub received_at: Height,
    /// Whether a record of its organisation names it. Others go after a while.
    pub is_named: bool,
}

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoRoom {
    /// The node's room is used up.
    #[error("the node has no more room for attachments")]
    Full,
    /// The organisation has as many files or bytes as it may.
    #[error("the organisation has as many attachments or bytes of them here as it may")]
    Organization,
    /// The organisation has as many openings or bytes as it may.
    #[error("the organisation has as many openings or bytes of them here as it may")]
    Openings,
    /// The organisation has as much waiting as it may.
    #[error("the organisation has too many bytes that no record names yet")]
    Waiting,
}

/// How much there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes in all.
    pub bytes_max: u64,
    /// What is one organisation's, named or not.
    pub organization_max: Share,
    /// Bytes of one organisation that no record names yet.
    pub waiting_bytes_max: u64,
}

/// The attachments that are here.
///
/// **Invariant:** `bytes`, `shares` and `waiting` are the sums over `entries`, and over what is
/// coming.
#[derive(Debug)]
pub struct Index {
    room: Room,
    entries: BTreeMap<AttachmentHash, Entry>,
    bytes: u64,
    shares: Shares,
    waiting: BTreeMap<OrganizationCode, u64>,
}

impl Index {
    /// Nothing is here.
    pub fn new(room: Room) -> Self {
        let (entries, waiting) = (BTreeMap::new(), BTreeMap::new());
        Self { room, entries, bytes: 0, shares: Shares::default(), waiting }
    }

    /// Takes room for something that begins to come; [`Index::release`] gives it back.
    ///
    /// # Errors
    /// [`NoRoom`].
    pub fn reserve(&mut self, about: &Description, is_named: bool) -> Result<(), NoRoom> {
        if self.bytes.saturating_add(about.bytes) > self.room.bytes_max {
            return Err(NoRoom::Full);
        }
        if !self.shares.fits(&about.organization, about.bytes, self.room.organization_max) {
            return Err(NoRoom::Organization);
        }
        let waiting = self.waiting.get(&about.organization).copied().unwrap_or(0);
        if !is_named && waiting.saturating_add(about.bytes) > self.room.waiting_bytes_max {
            return Err(NoRoom::Waiting);
        }
        self.count(about.organization, about.bytes, is_named);
        Ok(())
    }

    /// Gives back what [`Index::reserve`] took.
    pub fn release(&mut self, about: &Description, is_named: bool) {
        self.discount(about.organization, about.bytes, is_named);
    }

    /// Enters what is here.
    pub fn insert(&mut self, hash: AttachmentHash, entry: Entry) {
        self.remove(&hash);
        self.count(entry.organization, entry.bytes, entry.is_named);
        self.entries.insert(hash, entry);
    }

    /// Forgets what is gone.
    pub fn remove(&mut self, hash: &AttachmentHash) -> Option<Entry> {
        let entry = self.entries.remove(hash)?;
        self.discount(entry.organization, entry.bytes, entry.is_named);
        Some(entry)
    }

    /// A record names it now.
    pub fn name(&mut self, hash: &AttachmentHash) {
        if let Some(entry) = self.entries.get(hash).copied() {
            self.insert(*hash, Entry { is_named: true, ..entry });
        }
    }

    /// What is known of an attachment that is here.
    pub fn get(&self, hash: &AttachmentHash) -> Option<Entry> {
        self.entries.get(hash).copied()
    }

    /// What came before `height` and no record names.
    pub fn stale(&self, height: Height) -> Vec<AttachmentHash> {
        let is_stale = |entry: &Entry| !entry.is_named && entry.received_at < height;
        self.entries.iter().filter(|(_, it)| is_stale(it)).map(|(hash, _)| *hash).collect()
    }

    /// The next `limit` attachments behind `after` that `fits` takes.
    pub fn page(
        &self,
        after: Option<&AttachmentHash>,
        limit: usize,
        fits: impl Fn(&Entry) -> bool,
    ) -> Vec<(AttachmentHash, Entry)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let entries = self.entries.range((from, Bound::Unbounded));
        let fitting = entries.filter(|(_, entry)| fits(entry));
        fitting.take(limit).map(|(hash, entry)| (*hash, *entry)).collect()
    }

    /// How many are here.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is here.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Their bytes, with what is coming.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn count(&mut self, organization: OrganizationCode, bytes: u64, is_named: bool) {
        self.bytes = self.bytes.saturating_add(bytes);
        self.shares.add(organization, bytes);
        if !is_named {
            let waiting = self.waiting.entry(organization).or_default();
            *waiting = waiting.saturating_add(bytes);
        }
    }

    fn discount(&mut self, organization: OrganizationCode, bytes: u64, is_named: bool) {
        self.bytes = self.bytes.saturating_sub(bytes);
        self.shares.remove(&organization, bytes);
        if !is_named && let Some(waiting) = self.waiting.get_mut(&organization) {
            *waiting = waiting.saturating_sub(bytes);
            if *waiting == 0 {
                self.waiting.remove(&organization);
            }
        }
    }
}
