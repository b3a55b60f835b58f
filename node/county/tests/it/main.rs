//! The county's tool without a command line: every module on its own, and 来安县's December whole.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up has failed")]

mod bank;
mod fixture;
mod import;
mod laian;
mod lifecycle;
mod matching;
mod month;
mod slip;
mod tagging;
mod vault;
