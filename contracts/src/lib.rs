//! The deterministic state machine of the Minglian ledger.
//!
//! Pure functions of state and block: no clock, no randomness, no I/O, no floats. A business
//! refusal is a numbered [`refusal::Code`] in the receipt; an [`fault::Fault`] of the state is the
//! only operational error. Money moves only through [`book`]. Roles, calls and refusals are
//! described in `docs/contracts.md`.
//!
//! Read first: [`execute`] (what becomes of a block), [`call`] (what a signer can do), then the
//! module of the act in question.

// Each uses only what stands above it; `testnet/tests/tidy.rs` holds them to having no circles.
pub mod refusal;
pub mod fault;
pub mod schema;
pub mod actor;
pub mod policy;
pub mod book;
pub mod context;
pub mod naming;
pub mod parameter;
pub mod working_day;
pub mod rules;
pub mod validator_set;
pub mod registry;
pub mod governance;
pub mod allocation;
pub mod lottery;
pub mod payment;
pub mod project;
pub mod charity;
pub mod oversight;
pub mod homes;
pub mod enrolment;
pub mod subsidy;
pub mod disclosure;
pub mod opening;
pub mod approval;
pub mod call;
pub mod contents;
pub mod event;
pub mod observer;
pub mod proposal;
pub mod envelope;
pub mod execute;
pub mod seal;
pub mod setup;
pub mod replica;
pub mod trace;
pub mod invariants;
pub mod report;
pub mod words;
