//! One validator or observer process of the Minglian ledger.
//!
//! Read first: [`node`] (wiring: what is started and how it is connected), then [`app`] (what
//! happens at each step of consensus).

pub mod cli;
pub mod config;
pub mod node;
pub mod pace;
pub mod recent;
pub mod places;
pub mod arrivals;
pub mod restore;
pub mod genesis_file;
pub mod app;
pub mod engine;
pub mod chain;
pub mod bodies;
pub mod admission;
pub mod mempool;
pub mod signatures;
pub mod derived;
pub mod gossip;
pub mod batches;
pub mod attachments;
pub mod verdicts;
pub mod threshold;
pub mod inbound;
pub mod resend;
pub mod metrics;
pub mod checkpoints;
pub mod rpc;
pub mod clock;
pub mod import;
pub mod desk;
pub mod audit;
