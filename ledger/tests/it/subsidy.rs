//! Private subsidies. The tests named `a01_…` are attacks, numbered as docs/privacy.md numbers
//! them: each is carried out, and what refuses it is named.

mod balance;
mod commitments;
pub mod fixture;
mod golden;
mod leaves;
mod properties;
mod standards;
