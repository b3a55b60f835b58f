//! Networks of real processes. These tests start the `minglian` binary that lies beside this
//! crate's own: `cargo build --workspace --bins` makes both.

mod network;
mod cluster;
mod halt;
mod bad_input;
mod validators;
mod faults;
