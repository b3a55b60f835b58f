//! Integration tests of the contracts, one binary.

mod book;
mod fen_model;
mod fen_property;
mod fen_world;
mod scenario;
mod trace;
mod world;
