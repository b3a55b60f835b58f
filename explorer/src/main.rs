//! `minglian-explorer`: follows a node, verifies, serves the pages.

mod cli;

fn main() -> anyhow::Result<()> {
    cli::run()
}
