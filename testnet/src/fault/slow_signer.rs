//! A signer whose disk is slow, and what it has signed but not said: to stop a network at the
//! moment between two votes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;
use minglian_ledger::hash::BlockId;
use minglian_ledger::height::Height;

use crate::program;

const SOURCE: &str = include_str!("slow_signer.c");

/// Bytes of one record in the mark's file.
const SLOT_BYTES: usize = 320;

/// First line of a precommit for a block.
const PRECOMMIT_LINE: &[u8] = b"minglian/precommit/v1\n";

/// Bytes of the precommit's round, which stands between height and block.
const ROUND_BYTES: usize = 4;

/// The environment of a node that signs slowly; the library is compiled below `directory`.
///
/// # Errors
/// If there is no C compiler.
pub fn environment(
    directory: &Path,
    delay: Duration,
) -> anyhow::Result<[(&'static str, PathBuf); 2]> {
    let (source, library) = (directory.join("slow_signer.c"), directory.join("slow_signer.so"));
    fs::write(&source, SOURCE)?;
    let mut cc = Command::new("cc");
    cc.args(["-std=gnu11", "-O2", "-Wall", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source);
    program::output(cc.arg("-ldl")).context("compiling the slow signer")?;
    let delay = PathBuf::from(delay.as_micros().to_string());
    Ok([("LD_PRELOAD", library), ("MINGLIAN_SLOW_SIGNER_US", delay)])
}

/// Height and block of the precommit that the mark in `data` ends with, if it ends with one.
pub fn precommitted(data: &Path) -> Option<(Height, BlockId)> {
    let mark = fs::read(data.join("signer.mark")).ok()?;
    let slot = mark.get(mark.len().checked_sub(SLOT_BYTES)?..)?;
    let at = slot.windows(PRECOMMIT_LINE.len()).position(|window| window == PRECOMMIT_LINE)?;
    let content = slot.get(at + PRECOMMIT_LINE.len()..)?;
    let (length, rest) = content.split_first_chunk::<4>()?;
    let rest = rest.get(usize::try_from(u32::from_le_bytes(*length)).ok()?..)?;
    let (height, rest) = rest.split_first_chunk::<8>()?;
    let block = rest.get(ROUND_BYTES..)?.first_chunk::<32>()?;
    Some((Height(u64::from_le_bytes(*height)), BlockId(*block)))
}
