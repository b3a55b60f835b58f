//! Integration tests of the ledger crate, one binary. Each file is one kind of claim.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

mod checkpoint;
mod domain;
mod log;
mod state;
