//! Which attachments are here, and how much room they take. In memory: what stands on disk beside
//! each attachment says the same.

use std::collections::{BTreeMap, BTreeSet};
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
    #[error("the organisation has too many attachments or bytes that no record names yet")]
    Waiting,
}

/// How much there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Bytes in all.
    pub bytes_max: u64,
    /// What is one organisation's, named or not.
    pub organization_max: Share,
    /// What of one organisation no record names yet.
    pub waiting_max: Share,
}

/// The attachments that are here.
///
/// **Invariant:** `bytes`, `shares` and `waiting` are the sums over `entries`, and over what is
/// coming. `ages` holds what no record names, `public` what everybody may see, so that nobody has
/// to look through all: consensus waits for whoever does.
#[derive(Debug)]
pub struct Index {
    room: Room,
    entries: BTreeMap<AttachmentHash, Entry>,
    bytes: u64,
    shares: Shares,
    waiting: Shares,
    ages: BTreeSet<(Height, AttachmentHash)>,
    public: BTreeSet<AttachmentHash>,
}

impl Entry {
    fn is_public(&self) -> bool {
        self.is_named && self.class == Class::Public
    }
}

impl Index {
    /// Nothing is here.
    pub fn new(room: Room) -> Self {
        Self {
            room,
            entries: BTreeMap::new(),
            bytes: 0,
            shares: Shares::default(),
            waiting: Shares::default(),
            ages: BTreeSet::new(),
            public: BTreeSet::new(),
        }
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
        let waiting_max = self.room.waiting_max;
        if !is_named && !self.waiting.fits(&about.organization, about.bytes, waiting_max) {
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
        if !entry.is_named {
            self.ages.insert((entry.received_at, hash));
        }
        if entry.is_public() {
            self.public.insert(hash);
        }
        self.entries.insert(hash, entry);
    }

    /// Forgets what is gone.
    pub fn remove(&mut self, hash: &AttachmentHash) -> Option<Entry> {
        let entry = self.entries.remove(hash)?;
        self.ages.remove(&(entry.received_at, *hash));
        self.public.remove(hash);
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

    /// Forgets up to `limit` of what came before `height` and no record names, the oldest first.
    pub fn take_stale(&mut self, height: Height, limit: usize) -> Vec<AttachmentHash> {
        let oldest = self.ages.iter().take_while(|(received_at, _)| *received_at < height);
        let stale: Vec<AttachmentHash> = oldest.take(limit).map(|(_, hash)| *hash).collect();
        for hash in &stale {
            self.remove(hash);
        }
        stale
    }

    /// Whether anything came before `height` that no record names.
    pub fn has_stale(&self, height: Height) -> bool {
        self.ages.first().is_some_and(|(received_at, _)| *received_at < height)
    }

    /// The next `limit` attachments behind `after`.
    pub fn page(
        &self,
        after: Option<&AttachmentHash>,
        limit: usize,
    ) -> Vec<(AttachmentHash, Entry)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let entries = self.entries.range((from, Bound::Unbounded));
        entries.take(limit).map(|(hash, entry)| (*hash, *entry)).collect()
    }

    /// The next `limit` attachments behind `after` that everybody may see.
    pub fn public_page(
        &self,
        after: Option<&AttachmentHash>,
        limit: usize,
    ) -> Vec<(AttachmentHash, Entry)> {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let public = self.public.range((from, Bound::Unbounded)).take(limit);
        public.filter_map(|hash| Some((*hash, self.get(hash)?))).collect()
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
            self.waiting.add(organization, bytes);
        }
    }

    fn discount(&mut self, organization: OrganizationCode, bytes: u64, is_named: bool) {
        self.bytes = self.bytes.saturating_sub(bytes);
        self.shares.remove(&organization, bytes);
        if !is_named {
            self.waiting.remove(&organization, bytes);
        }
    }
}
