//! What blocks do to what is kept: an order erases it, a record makes it stay. At the start the
//! state is compared with what is here, because a crash may have come in between.

use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;

use minglian_contracts::naming::{ERASED, Thing};
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::height::Height;

use super::manifest::Description;
use super::{KeepFault, Keeper, NAMED_PAGE, entry};
use crate::chain::Committed;

/// How often what no record has named in time is looked for, in heights.
const SWEEP_HEIGHTS: u64 = 16;

impl Keeper {
    /// Reads what is here, and removes what was erased or never came whole.
    pub(super) async fn load(&self) -> Result<(), KeepFault> {
        let store = self.chain.store();
        for manifest in self.blobs.manifests().await? {
            let Some(about) = Description::of(&manifest.deposit) else { continue };
            let is_named = self.owner(&Thing::Attachment(about.hash))? == Some(about.organization);
            self.lock().insert(about.hash, entry(&about, manifest.received_at, is_named));
        }
        for hash in self.blobs.contents().await? {
            let erased = ERASED.contains(store, &Thing::Attachment(hash))?;
            if erased || self.entry(&hash).is_none() {
                self.drop_attachment(&hash)?;
            }
        }
        let mut after = None;
        loop {
            let page = self.openings.page(after.as_ref(), NAMED_PAGE);
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(*last);
            for commitment in page {
                let thing = Thing::Opening(commitment);
                if ERASED.contains(store, &thing)? {
                    self.openings.erase(&commitment)?;
                } else if let Some(owner) = self.owner(&thing)? {
                    self.openings.attribute(&commitment, owner);
                }
            }
        }
    }

    /// Carries out what a block orders, and notes what it names. Called before the block is
    /// announced.
    pub fn on_committed(&self, committed: &Committed) {
        let mut erased: BTreeSet<Thing> = committed.erased.iter().copied().collect();
        erased.append(&mut self.unerased.lock().unwrap_or_else(PoisonError::into_inner));
        for thing in &erased {
            self.erase(thing);
        }
        for thing in &committed.named {
            if let Thing::Attachment(hash) = thing {
                self.on_named(hash);
            }
        }
        let height = committed.header.height;
        if height.0.is_multiple_of(SWEEP_HEIGHTS) {
            let oldest = Height(height.0.saturating_sub(self.settings.waiting_heights_max));
            let stale = self.lock().stale(oldest);
            for hash in stale {
                if let Err(error) = self.drop_attachment(&hash) {
                    tracing::error!(%hash, %error, "cannot remove an attachment");
                }
            }
        }
    }

    /// A record names an attachment. A copy that another organisation handed over goes.
    pub(super) fn on_named(&self, hash: &AttachmentHash) {
        let Some(entry) = self.entry(hash) else { return };
        match self.owner(&Thing::Attachment(*hash)) {
            Ok(Some(owner)) if owner == entry.organization => self.lock().name(hash),
            Ok(_) => {
                tracing::warn!(%hash, "an attachment is named by another organisation");
                if let Err(error) = self.drop_attachment(hash) {
                    tracing::error!(%hash, %error, "cannot remove an attachment");
                }
            }
            Err(error) => tracing::error!(%hash, %error, "cannot look up an attachment"),
        }
    }

    /// Erases a thing from the disk; what the disk does not let go is tried again.
    pub(super) fn erase(&self, thing: &Thing) {
        let erased = match thing {
            Thing::Opening(commitment) => self.openings.erase(commitment).map_err(KeepFault::from),
            Thing::Attachment(hash) => self.drop_attachment(hash).map(|()| true),
        };
        match erased {
            Ok(_) => {
                self.counts.erased.fetch_add(1, Ordering::Relaxed);
                tracing::info!(%thing, "erased");
            }
            Err(error) => {
                tracing::error!(%thing, %error, "cannot erase; it is tried again");
                self.unerased.lock().unwrap_or_else(PoisonError::into_inner).insert(*thing);
            }
        }
    }

    pub(super) fn drop_attachment(&self, hash: &AttachmentHash) -> Result<(), KeepFault> {
        self.lock().remove(hash);
        Ok(self.blobs.erase(hash)?)
    }
}
