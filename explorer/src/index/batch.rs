//! Several blocks in one transaction, while the ledger is caught up with: what every block changes
//! is then written once for all of them. What is committed is always a whole height, and what fails
//! undoes all since the last commit.

use super::{IndexError, Writer};
use crate::database::{Connection, Transaction};

/// Records of one transaction: the block with which there are so many ends it.
const RECORDS_MAX: u64 = 4_096;

/// The transaction in which a writer enters blocks.
#[derive(Debug, Default)]
pub(super) struct Batch {
    is_open: bool,
    goes_on: bool,
    records: u64,
}

impl Writer {
    /// Says whether more blocks come at once: then the next block does not end its transaction.
    /// Readers see it after a block that does, or [`Writer::commit`].
    pub fn go_on(&mut self, goes_on: bool) {
        self.batch.goes_on = goes_on;
    }

    /// Ends the transaction in which blocks are entered, if one is open.
    ///
    /// # Errors
    /// [`IndexError::Database`]; the blocks since the last commit are not in the index then.
    pub fn commit(&mut self) -> Result<(), IndexError> {
        if !self.batch.is_open {
            return Ok(());
        }
        match self.connection.commit() {
            Ok(()) => {
                self.batch = Batch { goes_on: self.batch.goes_on, ..Batch::default() };
                Ok(())
            }
            Err(error) => {
                self.undo();
                Err(error.into())
            }
        }
    }

    /// Enters a block of so many records; `work` says whether it erased what must not stay.
    pub(super) fn enter(
        &mut self,
        records: u64,
        work: impl FnOnce(&Connection) -> Result<bool, IndexError>,
    ) -> Result<(), IndexError> {
        if !self.batch.is_open {
            self.connection.begin()?;
            self.batch.is_open = true;
        }
        let erases = match work(&self.connection) {
            Ok(erases) => erases,
            Err(error) => {
                self.undo();
                return Err(error);
            }
        };
        self.unscrubbed |= erases;
        self.batch.records = self.batch.records.saturating_add(records);
        if erases || !self.batch.goes_on || self.batch.records >= RECORDS_MAX {
            self.commit()?;
        }
        self.scrub()
    }

    /// Begins a transaction of its own, behind the one of blocks.
    pub(super) fn transaction(&mut self) -> Result<Transaction<'_>, IndexError> {
        self.commit()?;
        Ok(self.connection.transaction()?)
    }

    /// Whether a transaction is open, in which the database cannot tidy up.
    pub(super) fn is_within(&self) -> bool {
        self.batch.is_open
    }

    /// Undoes the blocks since the last commit.
    pub(crate) fn undo(&mut self) {
        self.batch = Batch::default();
        if let Err(error) = self.connection.roll_back() {
            tracing::warn!(%error, "blocks that failed were not rolled back");
        }
    }
}
