//! Integration tests of the contracts, one binary.

#![expect(clippy::unwrap_used, reason = "in tests, helpers included, to panic is to fail")]

mod book;
mod charity;
mod contents;
mod documentation;
mod envelope;
mod fen_model;
mod fen_property;
mod fen_world;
mod gift_acts;
mod lottery;
mod payment;
mod project;
mod rules;
mod scenario;
mod seal;
mod sequences;
mod steps;
mod trace;
mod vectors;
mod world;
