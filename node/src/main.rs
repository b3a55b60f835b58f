//! `minglian`: what an operator, a clerk and an auditor need, in one program.

use std::process::ExitCode;

use clap::Parser;
use minglian_client::terminal;
use minglian_node::cli::{self, Arguments, Command};
use tikv_jemallocator::Jemalloc;

/// The system's allocator keeps memory for each thread that ever answered a long question: a node
/// whose whole log was fetched kept half of its size again.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    terminal::end_on_closed_pipe();
    let Arguments { command } = Arguments::parse();
    let done = match command {
        Command::Node(command) => cli::node::run(command),
        Command::Key(command) => cli::key::run(command),
        Command::Tx(command) => cli::tx::run(command),
        Command::Deposit(command) => cli::deposit::run(command),
        Command::Gift(command) => cli::gift::run(command),
        Command::Import(arguments) => cli::import::run(arguments),
        Command::Rules(arguments) => cli::rules::run(arguments),
        Command::Report(arguments) => cli::report::run(arguments),
        Command::Audit(command) => cli::audit::run(command),
        Command::Subsidy(command) => cli::subsidy::run(command),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<cli::Unconfirmed>() => {
            eprintln!("{error}");
            ExitCode::from(cli::UNCONFIRMED)
        }
        Err(error) => {
            eprintln!("error: {}", terminal::sentence(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}
