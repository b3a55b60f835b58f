//! Integration tests of the contracts, one binary.

#![expect(clippy::unwrap_used, reason = "in tests, helpers included, to panic is to fail")]

mod audit;
mod book;
mod charity;
mod charity_ahead;
mod charity_check;
mod charity_sums;
mod charity_trace;
mod disclosure;
mod disclosure_limits;
mod disclosure_property;
mod declared;
mod contents;
mod documentation;
mod envelope;
mod fen_model;
mod fen_property;
mod fen_world;
mod gift_acts;
mod homes;
mod invariants;
mod limits;
mod lottery;
mod lottery_shares;
mod monitor;
mod naming;
mod oversight;
mod particulars;
mod payment;
mod project;
mod refusals;
mod rule_files;
mod replica;
mod reports;
mod rules;
mod scenario;
mod seal;
mod sequences;
mod steps;
mod trace;
mod vectors;
mod society_weights;
mod weights;
mod working_day;
mod world;
