//! What blocks do to what is kept: an order erases it, a record makes it stay. At the start the
//! state is compared with what is here, because a crash may have come in between.

use minglian_contracts::naming::{ERASED, Thing};
use minglian_ledger::hash::AttachmentHash;

use super::manifest::Description;
use super::{KeepFault, Keeper, NAMED_PAGE, entry};
use crate::chain::Committed;

impl Keeper {
    /// Reads what is here, and notes what must go: what was erased or never came whole.
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
                self.doom(Thing::Attachment(hash));
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
                    self.doom(thing);
                } else if let Some(owner) = self.owner(&thing)? {
                    self.openings.attribute(&commitment, owner);
                    if self.has_ended(&commitment)? {
                        self.let_go(&commitment)?;
                    }
                }
            }
        }
    }

    /// Notes what a block erases and names; the bytes of what is erased go later, on another
    /// thread. Called before the block is announced, by consensus: nothing here waits for a disk.
    pub fn on_committed(&self, committed: &Committed) {
        for thing in &committed.erased {
            self.doom(*thing);
        }
        if let Err(error) = self.let_go_of_ended(committed) {
            tracing::error!(%error, "cannot look up openings of acts that ended; done at a start");
        }
        for thing in &committed.named {
            if let Thing::Attachment(hash) = thing {
                self.on_named(hash);
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
                self.doom(Thing::Attachment(*hash));
            }
            Err(error) => tracing::error!(%hash, %error, "cannot look up an attachment"),
        }
    }
}
