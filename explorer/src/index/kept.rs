//! What ties the verified ledger that is kept beside the index to the index.

use super::{IndexError, Writer};

impl Writer {
    /// The name that the index got when it was laid out; a copy has another.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn incarnation(&self) -> Result<String, IndexError> {
        let query = "SELECT value FROM meta WHERE key = 'incarnation'";
        Ok(self.connection.query_row(query, [], |row| row.get(0))?)
    }

    /// Commits every block that was entered, and brings them to the disk; a server does so when it
    /// commits.
    ///
    /// # Errors
    /// [`IndexError::Database`]; what was not committed before is not in the index then.
    pub fn settle(&mut self) -> Result<(), IndexError> {
        self.commit()?;
        Ok(self.connection.settle()?)
    }
}
