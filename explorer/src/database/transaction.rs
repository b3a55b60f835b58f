//! A transaction, which is undone when it is dropped.

use std::ops::Deref;

use super::{Connection, Result};

/// A transaction.
#[derive(Debug)]
pub struct Transaction<'c> {
    connection: &'c Connection,
}

impl<'c> Transaction<'c> {
    /// The one that this connection has begun.
    pub(super) fn over(connection: &'c Connection) -> Self {
        Self { connection }
    }

    /// Ends it for good.
    ///
    /// # Errors
    /// [`Error`](super::Error); nothing has happened then, unless the server went away.
    pub fn commit(self) -> Result<()> {
        self.connection.commit()
    }
}

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        if let Err(error) = self.connection.roll_back() {
            tracing::warn!(%error, "a transaction of the index was not rolled back");
        }
    }
}
