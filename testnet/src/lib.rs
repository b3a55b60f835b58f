//! Networks on one machine: started, loaded, damaged and checked by one program.
//!
//! Every node is a real process of the `minglian` binary; nothing of a node is linked here, so that
//! what is tested is what an operator runs. All addresses are on the loopback interface.

pub mod cli;
pub mod program;
pub mod clock;
pub mod ports;
pub mod process;
pub mod bureau;
pub mod directory;
pub mod keys;
pub mod setup;
pub mod sizes;
pub mod cluster;
pub mod relay;
pub mod officer;
pub mod act;
pub mod governors;
pub mod workload;
pub mod load;
pub mod measure;
pub mod bench;
pub mod check;
pub mod fault;
pub mod totals;
pub mod year;
pub mod blocks;
pub mod report_times;
pub mod page_times;
pub mod verifier;
pub mod demo;
pub mod smoke;
