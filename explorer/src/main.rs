//! `minglian-explorer`: follows a node, verifies, serves the pages.

mod cli;

use std::process::ExitCode;

use minglian_client::terminal;

fn main() -> ExitCode {
    terminal::end_on_closed_pipe();
    match cli::run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", terminal::sentence(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
