//! Subsidies to persons: who is paid what is hidden, and what of it the ledger refuses. The numbers
//! are the attacks of `docs/privacy.md`; those on the proofs themselves are tried in `ledger/`.

mod attacks;
mod check;
mod custody;
mod fixture;
mod golden;
mod programmes;
mod random;
mod returns;
mod submission;
mod verdicts;
