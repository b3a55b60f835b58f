//! Types, canonical bytes, proofs and storage of the Minglian ledger.
//!
//! Pure and synchronous: no clock, no network, no randomness, no float touches money. The byte
//! formats are specified in `docs/format.md`; `ledger/vectors/` pins them.

pub mod hash;
pub mod height;
pub mod text;
pub mod width;
pub mod fen;
pub mod date;
pub mod organization_code;
pub mod document_number;
pub mod division;
pub mod personal_number;
pub mod keys;
pub mod transaction;
pub mod sample;
pub mod deposit;
pub mod reading;
pub mod record;
pub mod block;
pub mod validators;
pub mod certificate;
pub mod genesis;
pub mod log;
pub mod state;
pub mod checkpoint;
pub mod evidence;
pub mod subsidy;
pub mod store;
