//! `minglian-explorer`: follows a node, verifies, serves the pages.

mod cli;

use std::process::ExitCode;

use minglian_client::terminal;
use tikv_jemallocator::Jemalloc;

/// The system's allocator keeps memory for each thread that ever made a long page, and is slower.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

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
