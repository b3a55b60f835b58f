//! Reading published tables: a clerk's CSV file becomes checked rows, and every row that cannot be
//! one is refused with its line and reason while the rest goes on.
//!
//! Nothing here posts anything. Control totals stay marked as such ([`kind::Kind`]), so that the
//! ledger is compared with them and never fed by them.

pub mod amount;
pub mod csv_file;
pub mod divisions;
pub mod kind;
pub mod notice;
pub mod refusal;
pub mod party;
pub mod plan;
pub mod correct;
pub mod signers;
pub mod run;
pub mod report;
pub mod figures;
