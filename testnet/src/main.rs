//! `minglian-testnet`: networks on one machine.

use std::process::ExitCode;

use clap::Parser;
use minglian_testnet::cli::{self, Arguments};

fn main() -> ExitCode {
    match cli::run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
