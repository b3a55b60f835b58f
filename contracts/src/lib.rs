//! The deterministic state machine of the Minglian ledger.
//!
//! Pure functions of state and block: no clock, no randomness, no I/O, no floats. A business
//! refusal is a numbered [`refusal::Code`] in the receipt; an [`fault::Fault`] of the state is the
//! only operational error. Money moves only through [`book`]. Roles, calls and refusals are
//! described in `docs/contracts.md`.
//!
//! Read first: [`execute`] (what becomes of a block), [`call`] (what a signer can do), then the
//! module of the act in question.

pub mod allocation;
pub mod approval;
pub mod book;
pub mod call;
pub mod context;
pub mod envelope;
pub mod event;
pub mod execute;
pub mod fault;
pub mod governance;
pub mod invariants;
pub mod lottery;
pub mod parameter;
pub mod payment;
pub mod project;
pub mod refusal;
pub mod registry;
pub mod replica;
pub mod schema;
pub mod seal;
pub mod setup;
pub mod trace;
