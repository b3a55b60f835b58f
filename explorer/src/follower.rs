//! Following a node: every block is verified by a replica of the ledger, then indexed.
//!
//! The replica lives in memory and starts from the genesis at each start. Blocks that the index
//! holds from an earlier run are verified again and compared by name; an index that names another
//! block is built anew, unless it can prove its own: then the validators certified two histories,
//! which is an alarm. A block that does not verify is never indexed: the pages stay at the height
//! before it and say why. [`watch`] chooses which source is followed. Whoever proves entries of the
//! state reads the replica between blocks ([`Verified`]).

mod known;
pub mod level;
pub mod names;
pub mod progress;
pub mod watch;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use minglian_client::wire::CertifiedBlock;
use minglian_contracts::replica::{Replica, ReplicaError};
use minglian_ledger::block::Header;
use minglian_ledger::certificate::Certificate;
use minglian_ledger::evidence;
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::Height;
use minglian_ledger::validators::ValidatorSet;
use rand::rngs::OsRng;

use crate::alarm::{Alarm, AlarmError, AlarmFile, Certified};
use crate::index::{IndexError, Writer};
use crate::status::now_ms;

/// Why a block is not indexed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// It does not verify.
    #[error(transparent)]
    Refused(#[from] ReplicaError),
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

/// The verified ledger, which grows by a block and its index at a time.
pub type Verified = Arc<RwLock<Replica>>;

/// A replica and the index that is written from it.
#[derive(Debug)]
pub struct Follower {
    genesis: Genesis,
    replica: Verified,
    writer: Writer,
    /// The validator sets, each with the first height that it certifies.
    validators: Vec<(Height, ValidatorSet)>,
    alarm: Option<Alarm>,
    alarm_file: Option<AlarmFile>,
    names: names::Names,
}

impl Follower {
    /// Starts at the genesis, with the index that `writer` has open.
    ///
    /// # Errors
    /// [`FollowError`] if the genesis cannot start a chain or the index cannot be written.
    pub fn new(genesis: Genesis, writer: Writer) -> Result<Self, FollowError> {
        let replica = Replica::new(&genesis)?;
        let validators = vec![(Height(1), replica.validators().clone())];
        let (alarm, alarm_file, names) = (None, None, names::Names::default());
        let replica = Arc::new(RwLock::new(replica));
        let mut follower = Self { genesis, replica, writer, validators, alarm, alarm_file, names };
        follower.index_genesis()?;
        Ok(follower)
    }

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
    pub fn replica(&self) -> RwLockReadGuard<'_, Replica> {
        self.replica.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The verified ledger, for whoever proves what is in it.
    pub fn verified(&self) -> Verified {
        Arc::clone(&self.replica)
    }

    /// Verifies the next block, then indexes it, or compares it with what is indexed.
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
        let is_other = known.as_ref().is_some_and(|known| *known != block.header.id().to_string());
        if is_other && height == self.height().next() {
            self.check_certificate(&block.header, certificate)?;
            // An index can be damaged; what it proves was certified.
            return Err(match self.known(height)? {
                Some(_) => FollowError::Forked(height),
                None => self.differs(height),
            });
        }
        // Held until the block is indexed, so that replica and index are read at one height.
        let mut replica = self.replica.write().unwrap_or_else(PoisonError::into_inner);
        let replayed = replica.apply(block, certificate, &mut OsRng)?;
        if self.validators.last().is_none_or(|(_, set)| set != replica.validators()) {
            self.validators.push((height.next(), replica.validators().clone()));
        }
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

    /// The validators that certify `height`, which is at most the next one.
    fn validators_at(&self, height: Height) -> Option<&ValidatorSet> {
        let mut sets = self.validators.iter().rev();
        sets.find(|(first, _)| *first <= height).map(|(_, set)| set)
    }

    fn check_certificate(
        &self,
        header: &Header,
        certificate: &Certificate,
    ) -> Result<(), ReplicaError> {
        let replica = self.replica();
        let validators = self.validators_at(header.height).unwrap_or(replica.validators());
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
        let set = self.validators_at(height).unwrap_or(replica.validators());
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

    /// Goes on after a block that was verified and not indexed: from the genesis, with the index
    /// built anew. Only if its server went away, or another explorer writes it, it stays as it is
    /// and is compared again; and what was wrong is said.
    ///
    /// # Errors
    /// `error` then, or [`FollowError`] if the index cannot be written.
    pub fn recover(&mut self, error: FollowError) -> Result<(), FollowError> {
        let is_lost = matches!(&error, FollowError::Index(error) if error.is_lost());
        if is_lost || self.writer.only_watches() {
            self.verify_again()?;
            return Err(error);
        }
        self.start_anew()
    }

    /// Goes back to the genesis.
    fn verify_again(&mut self) -> Result<(), FollowError> {
        let replica = Replica::new(&self.genesis)?;
        self.validators = vec![(Height(1), replica.validators().clone())];
        *self.replica.write().unwrap_or_else(PoisonError::into_inner) = replica;
        self.names.start_anew();
        Ok(())
    }

    /// Empties the index and goes back to the genesis.
    ///
    /// # Errors
    /// [`FollowError`] if the index cannot be written.
    pub fn start_anew(&mut self) -> Result<(), FollowError> {
        self.verify_again()?;
        self.writer.reset(&self.genesis.hash())?;
        self.index_genesis()
    }

    fn index_genesis(&mut self) -> Result<(), FollowError> {
        if self.writer.only_watches() {
            return Ok(());
        }
        let replica = self.replica.read().unwrap_or_else(PoisonError::into_inner);
        let header = replica.header();
        match self.writer.block_id(Height::GENESIS)? {
            None => Ok(self.writer.genesis(&self.genesis, header, replica.state())?),
            Some(known) if known == header.id().to_string() => Ok(()),
            Some(_) => {
                drop(replica);
                self.start_anew()
            }
        }
    }
}
