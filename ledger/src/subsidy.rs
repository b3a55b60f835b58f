//! Private subsidies: payments to persons that nobody can read and everybody can check.
//!
//! A batch pays one amount, which may be zero, to every handle of an enrolment list. Each amount
//! stands in a Pedersen commitment; a proof shows that it is a lawful standard, another that all of
//! them add up to the fen that left the public account. A handle is a tag under a key that no one
//! holds, so nobody is enrolled twice. `docs/privacy.md` says what this protects, what it does not,
//! and which parts await a second cryptographer; `docs/format.md`, section 13, gives the bytes.
//!
//! Pure: whoever proves or verifies brings the randomness. Verification weighs proofs at random, so
//! two nodes use different weights. A valid batch passes under all weights; an invalid one fails
//! but for a chance of 2^-128, and then the leaf that is named is found without weights. So all
//! nodes come to the same answer.

pub mod domain;
pub mod encoding;
pub mod pedersen;
pub mod identity_number;
pub mod secret;
pub mod standards;
pub mod leaf;
pub mod tree;
mod transcript;
pub mod standard;
pub mod standard_batch;
pub mod range;
pub mod balance;
pub mod batch;
pub mod scheme;
pub mod returned;
pub mod handover;
pub mod draft;
pub mod receipt;
pub mod envelope_contents;
pub mod envelope;
pub mod chunk_list;
pub mod custody;
pub mod group_hash;
pub mod dleq;
pub mod threshold;
pub mod evaluation;
pub mod key_generation;
pub mod enrolment;
pub mod enrolment_list;
pub mod beacon;
