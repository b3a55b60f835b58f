//! Private subsidies. The tests named `a01_…` are attacks, numbered as docs/privacy.md numbers
//! them: each is carried out, and what refuses it is named.

mod balance;
mod beacon;
mod chunks;
mod commitments;
mod enrolment;
mod enrolment_list;
mod envelopes;
pub mod fixture;
mod golden;
mod group_hash;
mod interpolation;
mod key_generation;
pub mod keys;
mod leaves;
mod properties;
mod ranges;
mod receipts;
mod standards;
mod threshold;
mod transcripts;
