//! Integration tests of the ledger crate, one binary. Each file is one kind of claim.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

mod checkpoint;
mod decoders;
mod deposit;
mod reading;
mod domain;
mod evidence;
mod fixture;
mod keys;
mod log;
mod personal_number;
mod sample;
mod state;
mod store;
mod subsidy;
mod vectors;
