//! A county's private subsidies, on the county's own machine: the roll of persons in an encrypted
//! vault, lists that stop payments, a month's batch with its proofs, the bank's files, receipts.
//!
//! Nothing here needs a network. `docs/operations.md` shows a month, `docs/privacy.md` says what
//! is protected. No error, report or log of this crate holds a name, a number or an account of a
//! person: places in files are told by row and column. What shows them is a list for the county's
//! clerk, which is always written with permissions 0600.

pub mod day;
pub mod programme;
pub mod roll;
pub mod vault;
pub mod sheet;
mod list_file;
pub mod import;
pub mod lifecycle;
pub mod matching;
pub mod enrol;
pub mod tagging;
pub mod attesting;
pub mod month;
pub mod batch;
pub mod bundle;
pub mod bank;
pub mod slip;
pub mod generated;
