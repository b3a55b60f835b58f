//! Integration tests of the contracts, one binary.

mod book;
mod fen_model;
mod fen_property;
mod fen_world;
mod lottery;
mod payment;
mod project;
mod scenario;
mod steps;
mod trace;
mod world;
