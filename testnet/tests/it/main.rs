//! Networks of real processes. These tests start the `minglian` binary that lies beside this
//! crate's own: `cargo build --workspace --bins` makes both.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

mod network;
mod explorer;
mod process;
mod cluster;
mod clerk;
mod charity_year;
mod donor;
mod named_donor;
mod complaint;
mod halt;
mod partition;
mod bad_input;
mod edge_signatures;
mod validators;
mod backup;
mod attachments;
mod enrolment;
mod subsidy;
mod tags;
mod county;
mod demonstration;
mod page_times;
mod blocks;
mod year;
mod import;
mod outside;
mod power;
mod faults;
mod flips;
