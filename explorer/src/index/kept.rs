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

    /// Brings every block that was entered to the disk. A server has done so already.
    ///
    /// # Errors
    /// [`IndexError::Database`].
    pub fn settle(&self) -> Result<(), IndexError> {
        Ok(self.connection.settle()?)
    }
}
