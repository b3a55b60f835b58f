//! Taking an attachment piece by piece: never more of it than a few pieces is in memory, and
//! nothing is kept that is not what its deposit says.

use std::sync::Arc;

use minglian_contracts::naming::Thing;
use minglian_ledger::deposit::{Class, Deposit};

use super::blobs::Writing;
use super::magic::Magic;
use super::manifest::{Description, Manifest, PieceHasher};
use super::{Hint, KeepFault, Keeper, Origin, entry};

/// An attachment that comes. Dropped before its end, it leaves nothing.
pub struct Receiving {
    keeper: Arc<Keeper>,
    origin: Origin,
    deposit: Deposit,
    about: Description,
    writing: Writing,
    hasher: PieceHasher,
    magic: Magic,
    room: Room,
}

/// Room that is taken until the attachment is entered, or given up.
struct Room {
    keeper: Arc<Keeper>,
    about: Description,
    is_named: bool,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.keeper.lock().release(&self.about, self.is_named);
    }
}

impl Keeper {
    /// Begins to take an attachment; none if it is here already.
    ///
    /// # Errors
    /// [`KeepFault`] if it may not be kept.
    pub async fn receive(
        self: &Arc<Self>,
        deposit: Deposit,
        origin: Origin,
    ) -> Result<Option<Receiving>, KeepFault> {
        let begun = self.begin(deposit, origin).await;
        if begun.is_err() {
            self.count(false);
        }
        begun
    }

    async fn begin(
        self: &Arc<Self>,
        deposit: Deposit,
        origin: Origin,
    ) -> Result<Option<Receiving>, KeepFault> {
        let Some((about, is_named)) = self.look_at(&deposit, origin)? else { return Ok(None) };
        let reserved = self.lock().reserve(&about, is_named);
        reserved.map_err(|no_room| self.no_room(no_room, &deposit, origin))?;
        let room = Room { keeper: self.clone(), about, is_named };
        let writing = self.blobs.write(&about.hash).await?;
        let (hasher, magic) = (PieceHasher::default(), Magic::new(about.media_type));
        let keeper = self.clone();
        Ok(Some(Receiving { keeper, origin, deposit, about, writing, hasher, magic, room }))
    }

    /// Whether an attachment may come; `false` if it is here already. Takes no room.
    ///
    /// # Errors
    /// [`KeepFault`] if it may not be kept.
    pub fn admit(&self, deposit: &Deposit, origin: Origin) -> Result<bool, KeepFault> {
        let found = self.look_at(deposit, origin).inspect_err(|_| self.count(false))?;
        Ok(found.is_some())
    }

    /// What may come, and whether a record names it; none if it is here already.
    fn look_at(
        &self,
        deposit: &Deposit,
        origin: Origin,
    ) -> Result<Option<(Description, bool)>, KeepFault> {
        let about = Description::of(deposit).ok_or(KeepFault::NotAnAttachment)?;
        let bytes_max = self.settings().bytes_max;
        if about.bytes == 0 {
            return Err(KeepFault::Empty);
        }
        if about.bytes > bytes_max {
            return Err(KeepFault::Size { bytes: about.bytes, bytes_max });
        }
        if !self.settings().takes(about.media_type) {
            return Err(KeepFault::TypeNotTaken(about.media_type));
        }
        self.check_place(about.class == Class::Public)?;
        self.check_deposit(deposit, origin)?;
        let thing = Thing::Attachment(about.hash);
        let is_named = self.check_named(&thing, deposit)?;
        if !is_named && origin == Origin::Peer {
            return Err(KeepFault::NotNamed(thing));
        }
        if self.entry(&about.hash).is_some_and(|it| it.organization == about.organization) {
            return Ok(None);
        }
        Ok(Some((about, is_named)))
    }
}

impl Receiving {
    /// What is coming.
    pub fn about(&self) -> &Description {
        &self.about
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`KeepFault`] as soon as it cannot be what the deposit says, or is erased.
    pub async fn push(&mut self, bytes: &[u8]) -> Result<(), KeepFault> {
        let pushed = self.try_push(bytes).await;
        if pushed.is_err() {
            self.keeper.count(false);
        }
        pushed
    }

    async fn try_push(&mut self, bytes: &[u8]) -> Result<(), KeepFault> {
        let come = self.hasher.bytes().saturating_add(bytes.len() as u64);
        if come > self.about.bytes {
            return Err(KeepFault::Size { bytes: come, bytes_max: self.about.bytes });
        }
        if !self.magic.look(bytes) {
            return Err(KeepFault::WrongType(self.about.media_type));
        }
        // What has come of it must not stay for as long as somebody sends.
        let thing = Thing::Attachment(self.about.hash);
        if self.keeper.is_erased(&thing)? {
            return Err(KeepFault::Erased(thing));
        }
        self.hasher.update(bytes);
        Ok(self.writing.push(bytes).await?)
    }

    /// Keeps the attachment, on disk when this returns; whether a record names it.
    ///
    /// # Errors
    /// [`KeepFault`] if it is not what the deposit says, or was erased meanwhile.
    pub async fn finish(self) -> Result<bool, KeepFault> {
        let keeper = self.keeper.clone();
        let kept = self.keep().await;
        keeper.count(kept.is_ok());
        kept
    }

    async fn keep(self) -> Result<bool, KeepFault> {
        let Self { keeper, origin, deposit, about, mut writing, hasher, magic, room } = self;
        let bytes = hasher.bytes();
        let (hash, pieces) = hasher.finish();
        if hash != about.hash || bytes != about.bytes {
            return Err(KeepFault::Mismatch);
        }
        if !magic.finish() {
            return Err(KeepFault::WrongType(about.media_type));
        }
        writing.complete().await?;
        let received_at = keeper.chain.head().header.height;
        let manifest = Manifest { deposit, received_at, pieces };
        let thing = Thing::Attachment(hash);
        let _entering = keeper.entering.lock().await;
        // A record of another organisation may have overtaken it, whose own copy is here then.
        keeper.check_named(&thing, &manifest.deposit)?;
        writing.enter(&manifest).await?;
        drop(room);
        // A record may have come to name it, or an order to erase it, while it came.
        let is_named = match keeper.check_named(&thing, &manifest.deposit) {
            Ok(is_named) => is_named,
            Err(fault) => {
                keeper.doom(thing);
                return Err(fault);
            }
        };
        keeper.lock().insert(hash, entry(&about, received_at, is_named));
        if keeper.is_erased(&thing)? {
            keeper.doom(thing);
            return Err(KeepFault::Erased(thing));
        }
        // A record that came to name it just before it was entered did not find it.
        if keeper.owner(&thing)?.is_some() {
            keeper.on_named(&hash);
        }
        if origin == Origin::Client && is_named {
            keeper.hint(Hint::Kept(thing));
        }
        Ok(is_named)
    }
}
