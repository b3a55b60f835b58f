//! Making a ledger without a network.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use minglian_ledger::date::Date;

use super::print;
use crate::blocks::{self, Wanted};
use crate::year::plan::SEED;

/// Unless told otherwise, one gift to the fund of many donors for so many records ...
const ENTRIES_PER_DONOR: u64 = 10;

/// ... and not more than these.
const DONORS_MAX: u64 = 100_000;

/// How long the ledger shall be, and what decides it.
#[derive(Debug, Args)]
pub struct BlocksArguments {
    /// About how many records, such as 1000000; a year by itself has some 3,000
    #[arg(long)]
    entries: u64,
    /// Gifts to one community fund that is then paid out; a tenth of the records if left out, and
    /// not more than 100000
    #[arg(long)]
    donors: Option<u64>,
    /// Decides names, amounts, days and keys
    #[arg(long, default_value_t = SEED)]
    seed: u64,
    /// The papers are of the twelve complete months before this day and are entered over the 300
    /// days behind it; 300 days ago if left out
    #[arg(long)]
    until: Option<Date>,
}

/// Makes the ledger in `directory`.
pub async fn make(directory: Option<PathBuf>, arguments: BlocksArguments) -> anyhow::Result<()> {
    let directory = directory.context("--directory is needed: an empty or a new one")?;
    let BlocksArguments { entries, donors, seed, until } = arguments;
    let donors = donors.unwrap_or((entries / ENTRIES_PER_DONOR).min(DONORS_MAX));
    print(&blocks::run(&Wanted { entries, donors, seed, until, directory }).await?)
}
