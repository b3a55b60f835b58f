//! Going on after a restart, and after something went wrong.
//!
//! A block is indexed first and kept later, together with others, when the index is safe on the
//! disk: what is kept is never ahead of the index. After a crash it is behind, and the blocks
//! between are verified again and compared with the index. A kept ledger is of one index, whose
//! name it holds, and stands at one of its blocks; any other is verified from the genesis again.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use minglian_contracts::replica::kept::KeptReplica;
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::Height;
use minglian_ledger::store;

use super::kept::Directory;
use super::{FollowError, Follower, names};
use crate::index::{IndexError, Writer};

impl Follower {
    /// Goes on where the ledger stands that is kept in `directory`, if it is of the index that
    /// `writer` has open; from the genesis otherwise.
    ///
    /// # Errors
    /// [`FollowError`] if the genesis cannot start a chain, or directory or index cannot be
    /// written.
    pub fn open(genesis: Genesis, writer: Writer, directory: &Path) -> Result<Self, FollowError> {
        let mut directory = Directory::open(directory)?;
        let (replica, is_resumed) = match resumed(&directory, &genesis, &writer)? {
            Some(replica) => (replica, true),
            None => (directory.begin(&genesis)?, false),
        };
        directory.sweep()?;
        let mut follower = Self {
            genesis,
            replica: Arc::new(RwLock::new(replica)),
            directory,
            is_resumed,
            writer,
            alarm: None,
            alarm_file: None,
            names: names::Names::default(),
        };
        if !is_resumed {
            follower.index_genesis()?;
        }
        Ok(follower)
    }

    /// Writes what was verified since the last time to the directory, after the index was brought
    /// to the disk.
    ///
    /// # Errors
    /// [`FollowError::IndexDiffers`] if the index has not all of it; [`FollowError::Kept`] and
    /// [`FollowError::Index`] if the disk does not take it.
    pub fn keep(&mut self) -> Result<(), FollowError> {
        let mut replica = self.replica.write().unwrap_or_else(PoisonError::into_inner);
        if replica.state().gathered() == 0 {
            return Ok(());
        }
        if !is_at_a_block_of(&self.writer, &replica)? {
            return Err(self.differs(replica.header().height));
        }
        self.writer.settle()?;
        let name = self.writer.incarnation()?;
        Ok(replica.write(&name).map_err(|error| self.directory.failed(error))?)
    }

    /// Goes on after a block that was not verified for want of the own ledger, or not indexed: from
    /// the genesis. An index that is not the ledger's is built anew; one of which nothing wrong is
    /// known stays as it is and is compared again.
    ///
    /// # Errors
    /// `error` if the disk, the server or another explorer has to be waited for; [`FollowError`] if
    /// directory or index cannot be written.
    pub fn recover(&mut self, error: FollowError) -> Result<(), FollowError> {
        if matches!(error, FollowError::Index(_)) {
            // So that what is asked next is not asked within a transaction that failed.
            self.writer.undo();
        }
        let is_damaged = match &error {
            FollowError::Contradicted(_) => Some(true),
            FollowError::Ledger(error) => error.of_state().map(store::is_unusable),
            FollowError::Index(IndexError::State(error)) => Some(store::is_unusable(error)),
            FollowError::Kept(error) => Some(error.is_unusable()),
            _ => None,
        };
        let is_lost = matches!(&error, FollowError::Index(error) if error.is_lost());
        if is_damaged == Some(true) {
            return self.verify_anew();
        }
        if matches!(error, FollowError::Kept(_) | FollowError::Ledger(_)) {
            return Err(error);
        }
        if is_lost || is_damaged == Some(false) {
            // Whether the index has the last block is not known.
            self.go_back()?;
            return Err(error);
        }
        if self.writer.only_watches() {
            self.verify_anew()?;
            return Err(error);
        }
        self.start_anew()
    }

    /// Goes back to what is kept.
    fn go_back(&mut self) -> Result<(), FollowError> {
        let mut replica = self.replica.write().unwrap_or_else(PoisonError::into_inner);
        replica.go_back(&self.genesis).map_err(|error| self.directory.failed(error))?;
        self.names.start_anew();
        Ok(())
    }

    /// Goes back to the genesis.
    fn verify_anew(&mut self) -> Result<(), FollowError> {
        let begun = self.directory.begin(&self.genesis)?;
        *self.replica.write().unwrap_or_else(PoisonError::into_inner) = begun;
        self.is_resumed = false;
        self.names.start_anew();
        Ok(self.directory.sweep()?)
    }

    /// Empties the index and goes back to the genesis.
    ///
    /// # Errors
    /// [`FollowError`] if directory or index cannot be written.
    pub fn start_anew(&mut self) -> Result<(), FollowError> {
        self.verify_anew()?;
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

/// The ledger that is kept, if it is of this index.
fn resumed(
    directory: &Directory,
    genesis: &Genesis,
    writer: &Writer,
) -> Result<Option<KeptReplica>, FollowError> {
    let Some(replica) = directory.resume(genesis)? else { return Ok(None) };
    let height = replica.header().height;
    let name = replica.name().map_err(|error| directory.failed(error))?;
    let is_of_index = name.as_deref() == Some(writer.incarnation()?.as_bytes());
    if is_of_index && is_at_a_block_of(writer, &replica)? {
        tracing::info!(%height, "the verified ledger goes on where it stood");
        return Ok(Some(replica));
    }
    tracing::warn!(
        %height,
        "the kept ledger is not of this index: everything is verified from the genesis again"
    );
    Ok(None)
}

fn is_at_a_block_of(writer: &Writer, replica: &KeptReplica) -> Result<bool, IndexError> {
    let header = replica.header();
    Ok(writer.block_id(header.height)? == Some(header.id().to_string()))
}
