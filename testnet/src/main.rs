//! `minglian-testnet`: networks on one machine.

use std::process::ExitCode;

use clap::Parser;
use minglian_client::terminal;
use minglian_testnet::cli::{self, Arguments};

fn main() -> ExitCode {
    terminal::end_on_closed_pipe();
    match cli::run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", terminal::sentence(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
