//! What stands behind the hashes in records, kept where it can be erased: attachments, and the
//! openings of salted commitments.
//!
//! The state says what may be kept: what some organisation's record names, by a deposit that this
//! organisation signed, and what no order has erased. It is asked whenever something is taken, from
//! a client or from another node, so that nothing that was erased comes back. What the state named
//! and this node has not is asked for at the others ([`replicate`]). What an order erases is shown
//! to nobody from its block on; its bytes go shortly after, or after the next start ([`wiper`]).
//! Orders erase bytes by overwriting them; `docs/decisions/0011` says what that is worth.

pub mod compare;
pub mod exchange;
pub mod fetch;
pub mod index;
pub mod magic;
pub mod manifest;
pub mod openings;
pub mod published;
pub mod readers;
pub mod replicate;
pub mod shares;
pub mod wanted;
pub mod wiper;
mod blobs;
mod blocks;
mod bucket;
mod checks;
mod counts;
mod directory;
mod ended;
mod fault;
mod public;
mod receive;
mod wipe;

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use minglian_contracts::naming::{self, ERASED, NAMED, Named, Thing};
use minglian_ledger::deposit::{Class, Content, Deposit};
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::height::Height;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::personal_number;
use tokio::sync::mpsc;

use crate::chain::Chain;
use crate::config::AttachmentSettings;
use blobs::{BlobError, Blobs};
use counts::Counts;
pub use fault::KeepFault;
use index::{Entry, Index, NoRoom, Room};
use manifest::{Description, Manifest};
use openings::{Kept, Opening, OpeningFault, Openings};
use readers::Readers;
pub use receive::Receiving;
use shares::Share;
use wiper::Going;

/// What was found or said, that may wait to be looked at.
const HINTS_MAX: usize = 4_096;

/// Most names read from the state at a time.
const NAMED_PAGE: usize = 1_000;

/// What the replicator is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hint {
    /// A peer has this.
    Heard(Thing, String),
    /// It is here, and others may miss it.
    Kept(Thing),
    /// The copy here is damaged, and set aside.
    Lost(AttachmentHash),
}

/// From whom something comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A client: the key must live, and a record may yet come to name it.
    Client,
    /// Another node: a record names it.
    Peer,
}

/// Attachments that are not here with who named them, and where to go on.
pub type MissingPage = (Vec<(AttachmentHash, Named)>, Option<AttachmentHash>);

/// Keeps attachments and openings.
pub struct Keeper {
    chain: Arc<Chain>,
    /// This node's own, by which validators are told from observers.
    peer_id: String,
    settings: AttachmentSettings,
    blobs: Blobs,
    index: Mutex<Index>,
    openings: Openings,
    hints: mpsc::Sender<Hint>,
    /// What must go from the disk.
    going: Mutex<Going>,
    /// One attachment at a time is entered, so that none takes the place of a better one.
    entering: tokio::sync::Mutex<()>,
    counts: Counts,
    readers: Readers,
}

impl Keeper {
    /// Opens the stores in the node's data directory and brings them in step with the state:
    /// what was erased meanwhile goes. The receiver is the replicator's.
    ///
    /// # Errors
    /// [`KeepFault`] if a directory or the state cannot be read, or the bucket cannot be used.
    pub async fn open(
        settings: AttachmentSettings,
        openings: &Path,
        chain: Arc<Chain>,
        peer_id: &str,
    ) -> Result<(Arc<Self>, mpsc::Receiver<Hint>), KeepFault> {
        let blobs = Blobs::open(&settings).await?;
        let share = |count, bytes| Share { count, bytes };
        let openings_max =
            share(settings.organization_openings_max, settings.organization_opening_bytes_max);
        let openings = Openings::open(openings, openings_max)?;
        let room = Room {
            bytes_max: settings.total_bytes_max,
            organization_max: share(
                settings.organization_count_max,
                settings.organization_bytes_max,
            ),
            waiting_max: share(settings.waiting_count_max, settings.waiting_bytes_max),
        };
        let (hints, receiver) = mpsc::channel(HINTS_MAX);
        let keeper = Self {
            chain,
            peer_id: peer_id.to_owned(),
            settings,
            blobs,
            index: Mutex::new(Index::new(room)),
            openings,
            hints,
            going: Mutex::default(),
            entering: tokio::sync::Mutex::default(),
            counts: Counts::default(),
            readers: Readers::default(),
        };
        keeper.load().await?;
        Ok((Arc::new(keeper), receiver))
    }

    /// The settings.
    pub fn settings(&self) -> &AttachmentSettings {
        &self.settings
    }

    /// What is known of an attachment that is here.
    pub fn entry(&self, hash: &AttachmentHash) -> Option<Entry> {
        self.lock().get(hash)
    }

    /// Attachments that are here, behind `after`, that everybody may see.
    pub fn public(&self, after: Option<&AttachmentHash>, limit: usize) -> Vec<Listed> {
        self.lock().public_page(after, limit)
    }

    /// Attachments that are here, behind `after`.
    pub(crate) fn held(&self, after: Option<&AttachmentHash>, limit: usize) -> Vec<Listed> {
        self.lock().page(after, limit)
    }

    /// The manifest of an attachment that is here and not erased.
    ///
    /// # Errors
    /// [`KeepFault::Blob`] if the copy is damaged: it is set aside, and asked for at the others.
    pub async fn manifest(&self, hash: &AttachmentHash) -> Result<Option<Manifest>, KeepFault> {
        if self.entry(hash).is_none() || self.is_erased(&Thing::Attachment(*hash))? {
            return Ok(None);
        }
        match self.blobs.manifest(hash).await {
            Ok(Some(manifest)) => Ok(Some(manifest)),
            Ok(None) => Err(self.lost(hash, BlobError::Damaged(*hash)).await),
            Err(error) => Err(self.lost(hash, error).await),
        }
    }

    /// One piece of an attachment, checked.
    ///
    /// # Errors
    /// [`KeepFault::Erased`]; [`KeepFault::Blob`] if the copy is damaged: it is set aside.
    pub async fn piece(&self, manifest: &Manifest, number: u64) -> Result<Bytes, KeepFault> {
        // An order may have come since the piece before.
        self.check_named(&thing_of(&manifest.deposit), &manifest.deposit)?;
        match self.blobs.read(manifest, number).await {
            Ok(bytes) => Ok(bytes),
            Err(error) => match Description::of(&manifest.deposit) {
                Some(about) => Err(self.lost(&about.hash, error).await),
                None => Err(error.into()),
            },
        }
    }

    /// Reads an attachment whole, to see whether it is what it was.
    ///
    /// # Errors
    /// [`KeepFault::Blob`] if the copy is damaged: it is set aside, and asked for at the others.
    pub async fn verify(&self, hash: &AttachmentHash) -> Result<(), KeepFault> {
        let Some(manifest) = self.manifest(hash).await? else { return Ok(()) };
        for number in 0..manifest.pieces.len() as u64 {
            self.piece(&manifest, number).await?;
        }
        Ok(())
    }

    /// Sets a damaged copy aside, unless an order has erased it meanwhile.
    async fn lost(&self, hash: &AttachmentHash, error: BlobError) -> KeepFault {
        let BlobError::Damaged(_) = error else { return error.into() };
        if self.lock().remove(hash).is_some() {
            self.counts.damaged.fetch_add(1, Ordering::Relaxed);
            tracing::error!(%hash, "the copy of an attachment is damaged; it is set aside");
            if let Err(error) = self.blobs.set_aside(hash).await {
                tracing::error!(%hash, %error, "cannot set a damaged attachment aside");
            }
            if self.is_erased(&Thing::Attachment(*hash)).unwrap_or(true) {
                self.doom(Thing::Attachment(*hash));
            }
            self.hint(Hint::Lost(*hash));
        }
        error.into()
    }

    /// Keeps an opening.
    ///
    /// # Errors
    /// [`KeepFault`] if it may not be kept.
    pub fn keep_opening(&self, opening: &Opening, origin: Origin) -> Result<(), KeepFault> {
        let kept = self.try_keep_opening(opening, origin);
        self.count(kept.is_ok());
        kept
    }

    fn try_keep_opening(&self, opening: &Opening, origin: Origin) -> Result<(), KeepFault> {
        let commitment = opening.check().map_err(KeepFault::Opening)?;
        // What another node has was taken by the rules of its day.
        if origin == Origin::Client
            && let Some(number) = personal_number::suspect(&opening.text)
        {
            return Err(KeepFault::Opening(OpeningFault::PersonalNumber(number)));
        }
        let thing = Thing::Opening(commitment);
        self.check_place(false)?;
        self.check_deposit(&opening.deposit, origin)?;
        if !self.check_named(&thing, &opening.deposit)? {
            return Err(KeepFault::NotNamed(thing));
        }
        let is_public = opening.deposit.body.class == Class::Public;
        if is_public && self.has_ended(&commitment)? {
            return Err(KeepFault::Ended(thing));
        }
        if self.openings.keep(&commitment, opening)? == Kept::NoRoom {
            return Err(self.no_room(NoRoom::Openings, &opening.deposit, origin));
        }
        // An order may have come between the look at the state and the write.
        if self.is_erased(&thing)? {
            self.doom(thing);
            return Err(KeepFault::Erased(thing));
        }
        // So may the end of the act.
        if is_public && self.has_ended(&commitment)? {
            self.let_go(&commitment)?;
            return Err(KeepFault::Ended(thing));
        }
        if origin == Origin::Client {
            self.hint(Hint::Kept(thing));
        }
        Ok(())
    }

    /// The opening of a commitment, if it is here and not erased.
    ///
    /// # Errors
    /// [`KeepFault`] if state or file cannot be read.
    pub fn opening(&self, commitment: &Commitment) -> Result<Option<Opening>, KeepFault> {
        if self.is_erased(&Thing::Opening(*commitment))? {
            return Ok(None);
        }
        Ok(self.openings.get(commitment)?)
    }

    /// By which the numbers of one run are told from those of another.
    pub fn run(&self) -> u64 {
        self.openings.run()
    }

    /// The store of openings.
    pub(crate) fn openings(&self) -> &Openings {
        &self.openings
    }

    /// Whether the state lets a thing be kept that is not here.
    ///
    /// # Errors
    /// [`KeepFault::State`] if the state cannot be read.
    pub fn wants(&self, thing: &Thing) -> Result<bool, KeepFault> {
        Ok(!self.is_here(thing) && naming::may_be_kept(self.chain.store(), thing)?)
    }

    /// Whether a thing is here, or erased.
    pub(crate) fn is_known(&self, thing: &Thing) -> bool {
        self.is_here(thing) || self.is_erased(thing).unwrap_or(false)
    }

    fn is_here(&self, thing: &Thing) -> bool {
        match thing {
            Thing::Opening(commitment) => self.openings.contains(commitment),
            Thing::Attachment(hash) => self.entry(hash).is_some(),
        }
    }

    /// Attachments that records name and that are not here, behind `after`; and where to go on.
    ///
    /// # Errors
    /// [`KeepFault::State`] if the state cannot be read.
    pub fn missing(&self, after: Option<AttachmentHash>) -> Result<MissingPage, KeepFault> {
        let page = naming::named_attachments(self.chain.store(), after, NAMED_PAGE)?;
        let next = (page.len() == NAMED_PAGE).then(|| page.last().map(|(hash, _)| *hash)).flatten();
        let mut missing = Vec::new();
        for (hash, named) in page {
            if self.wants(&Thing::Attachment(hash))? {
                missing.push((hash, named));
            }
        }
        Ok((missing, next))
    }

    /// The organisation whose record named a thing first.
    pub(crate) fn owner(&self, thing: &Thing) -> Result<Option<OrganizationCode>, KeepFault> {
        Ok(NAMED.get(self.chain.store(), thing)?.map(|named| named.organization))
    }

    pub(crate) fn is_erased(&self, thing: &Thing) -> Result<bool, KeepFault> {
        Ok(ERASED.contains(self.chain.store(), thing)?)
    }

    /// Tells the replicator; `false` if it is behind.
    pub(crate) fn hint(&self, hint: Hint) -> bool {
        let is_told = self.hints.try_send(hint).is_ok();
        if !is_told {
            tracing::debug!("the replicator is behind; it finds what is missing by itself");
        }
        is_told
    }

    fn count(&self, is_kept: bool) {
        let counts = &self.counts;
        let counter = if is_kept { &counts.received } else { &counts.refused };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_missing(&self, missing: u64) {
        self.counts.missing.store(missing, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Index> {
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An attachment that is here, with its name.
pub type Listed = (AttachmentHash, Entry);

fn entry(about: &Description, received_at: Height, is_named: bool) -> Entry {
    let Description { media_type, bytes, class, organization, .. } = *about;
    Entry { media_type, bytes, class, organization, received_at, is_named }
}

/// What a deposit is of.
pub fn thing_of(deposit: &Deposit) -> Thing {
    match deposit.body.content {
        Content::Attachment { hash, .. } => Thing::Attachment(hash),
        Content::Opening { commitment } => Thing::Opening(commitment),
    }
}
