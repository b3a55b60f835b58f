//! Following a node: every block is verified by a replica of the ledger, then indexed.
//!
//! The replica is kept beside the index and goes on after a restart where it stood (see the module
//! `resume`); an index from elsewhere has none, and is verified from the genesis on. Blocks that
//! the index holds already are compared by name; an index that names another block is built anew,
//! unless it can prove its own: then the validators certified two histories, which is an alarm. A
//! block that does not verify is never indexed: the pages stay at the height before it and say why.
//! [`watch`] chooses which source is followed. Whoever proves entries of the state reads the
//! replica between blocks ([`Verified`]).

pub mod kept;
mod known;
pub mod level;
pub mod names;
pub mod progress;
mod resume;
pub mod watch;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use minglian_client::wire::CertifiedBlock;
use minglian_contracts::replica::ReplicaError;
use minglian_contracts::replica::kept::KeptReplica;
use minglian_ledger::block::Header;
use minglian_ledger::certificate::Certificate;
use minglian_ledger::evidence;
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::Height;
use rand::rngs::OsRng;

use crate::alarm::{Alarm, AlarmError, AlarmFile, Certified};
use crate::index::{IndexError, Writer};
use crate::status::now_ms;
use kept::{Directory, KeepError};

/// Why a block is not indexed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// It does not verify.
    #[error(transparent)]
    Refused(ReplicaError),
    /// It is certified and does not follow from the ledger that was kept, which was not verified
    /// since the start.
    #[error("the kept ledger and the validators contradict each other: {0}")]
    Contradicted(ReplicaError),
    /// The verified ledger cannot be read.
    #[error("the kept ledger: {0}")]
    Ledger(ReplicaError),
    /// The verified ledger cannot be kept.
    #[error(transparent)]
    Kept(#[from] KeepError),
    /// It has no certificate.
    #[error("block {0} has no certificate")]
    Uncertified(Height),
    /// It verifies, and the index names another block at its height, or keeps another state.
    #[error("the index holds another block or state at height {0}: it is built anew")]
    IndexDiffers(Height),
    /// As [`FollowError::IndexDiffers`], of an index that another explorer writes.
    #[error("the index that another explorer writes holds another block or state at height {0}")]
    WatchedDiffers(Height),
    /// Another explorer writes the index, and has not got so far.
    #[error("the explorer that writes the index has not got to height {0}")]
    Awaited(Height),
    /// It is certified, and so is another history, which was verified before.
    #[error("two certified histories at height {0}")]
    Forked(Height),
    /// The alarm cannot be kept.
    #[error(transparent)]
    Alarm(#[from] AlarmError),
    /// The index.
    #[error(transparent)]
    Index(#[from] IndexError),
}

/// The verified ledger, behind its lock.
pub type Shared = RwLock<KeptReplica>;

/// The verified ledger, which grows by a block and its index at a time.
pub type Verified = Arc<Shared>;

/// A replica and the index that is written from it.
#[derive(Debug)]
pub struct Follower {
    genesis: Genesis,
    replica: Verified,
    directory: Directory,
    /// Whether the replica goes on from an earlier run.
    is_resumed: bool,
    writer: Writer,
    alarm: Option<Alarm>,
    alarm_file: Option<AlarmFile>,
    names: names::Names,
}

impl Follower {
    /// Keeps alarms in this file, and begins with the one that stands there.
    ///
    /// # Errors
    /// [`AlarmError`] if it does not read.
    pub fn alarmed_by(mut self, file: AlarmFile) -> Result<Self, AlarmError> {
        self.alarm = file.read(&self.genesis.hash())?;
        self.alarm_file = Some(file);
        Ok(self)
    }

    /// The last verified height.
    pub fn height(&self) -> Height {
        self.replica().header().height
    }

    /// The verified ledger.
    pub fn replica(&self) -> RwLockReadGuard<'_, KeptReplica> {
        self.replica.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The verified ledger, for whoever proves what is in it.
    pub fn verified(&self) -> Verified {
        Arc::clone(&self.replica)
    }

    /// Verifies the next block, then indexes it, or compares it with what is indexed. It is kept
    /// with others later ([`Follower::keep`]).
    ///
    /// # Errors
    /// [`FollowError`]; nothing has changed after [`FollowError::Refused`],
    /// [`FollowError::Uncertified`], [`FollowError::Awaited`] and [`FollowError::Forked`]. After
    /// the others [`Follower::recover`] is needed.
    pub fn apply(&mut self, certified: &CertifiedBlock) -> Result<(), FollowError> {
        let CertifiedBlock { block, certificate } = certified;
        let height = block.header.height;
        let Some(certificate) = certificate else {
            return Err(FollowError::Uncertified(height));
        };
        let known = self.writer.block_id(height)?;
        if known.is_none() && self.writer.only_watches() {
            return Err(FollowError::Awaited(height));
        }
        if known.is_none() && self.writer.height()? != Some(self.height()) {
            // It lost blocks that were entered.
            return Err(self.differs(height));
        }
        let is_other = known.as_ref().is_some_and(|known| *known != block.header.id().to_string());
        if is_other && height == self.height().next() {
            self.check_certificate(&block.header, certificate).map_err(FollowError::Refused)?;
            // An index can be damaged; what it proves was certified.
            return Err(match self.known(height)? {
                Some(_) => FollowError::Forked(height),
                None => self.differs(height),
            });
        }
        if self.replica().state().is_full() {
            self.keep()?;
        }
        // Held until the block is indexed, so that replica and index are read at one height.
        let mut replica = self.replica.write().unwrap_or_else(PoisonError::into_inner);
        let follows = block.header.parent == replica.header().id();
        let replayed = match replica.apply(block, certificate, &mut OsRng) {
            Ok(replayed) => replayed,
            Err(error) if error.of_state().is_some() => return Err(FollowError::Ledger(error)),
            Err(error) if self.is_resumed && follows && error.is_contradiction() => {
                return Err(FollowError::Contradicted(error));
            }
            Err(error) => return Err(FollowError::Refused(error)),
        };
        if known.is_none() {
            self.writer.block(block, certificate, &replayed, replica.state())?;
        } else if !self.writer.may_hold(height, replica.state())? {
            // The blocks are ours, what was made of them is not: a damaged or foreign index.
            drop(replica);
            return Err(self.differs(height));
        }
        Ok(())
    }

    fn differs(&self, height: Height) -> FollowError {
        match self.writer.only_watches() {
            true => FollowError::WatchedDiffers(height),
            false => FollowError::IndexDiffers(height),
        }
    }

    fn check_certificate(
        &self,
        header: &Header,
        certificate: &Certificate,
    ) -> Result<(), ReplicaError> {
        let replica = self.replica();
        let validators = replica.validators_at(header.height);
        let chain_id = &replica.header().chain_id;
        Ok(evidence::certified(chain_id, Height::GENESIS, validators, header, certificate)?)
    }

    /// What the index holds at `height` with its certificate, if that proves it.
    fn known(&self, height: Height) -> Result<Option<Certified>, IndexError> {
        let Some((header, certificate)) = self.writer.certified(height)? else { return Ok(None) };
        let is_proven = header.height == height
            && self.writer.block_id(height)? == Some(header.id().to_string())
            && self.check_certificate(&header, &certificate).is_ok();
        Ok(is_proven.then_some(Certified { header, certificate }))
    }

    /// Raises the alarm of two histories, and keeps it; the first stands.
    fn raise(
        &mut self,
        source: &str,
        header: &Header,
        certificate: &Certificate,
    ) -> Result<(), FollowError> {
        let height = header.height;
        tracing::error!(%height, source, "FORK: the validators certified two histories");
        if self.alarm.is_some() {
            return Ok(());
        }
        let theirs = Certified { header: header.clone(), certificate: certificate.clone() };
        // A block that follows another than ours: ours is the one before it.
        let own = self.known(height)?;
        let ours = match own {
            Some(ours) => Some(ours),
            None => self.known(Height(height.0.saturating_sub(1)))?,
        };
        let replica = self.replica();
        let set = replica.validators_at(height);
        let alarm = Alarm {
            genesis: self.genesis.hash(),
            source: source.to_owned(),
            seen_at_ms: now_ms(),
            verified: replica.header().height,
            signed_both: Alarm::both(ours.as_ref(), &theirs, set),
            ours,
            theirs,
        };
        drop(replica);
        let kept = self.alarm_file.as_ref().map_or(Ok(()), |file| file.write(&alarm));
        // It stands in memory also if the disk does not take it.
        self.alarm = Some(alarm);
        Ok(kept?)
    }
}
