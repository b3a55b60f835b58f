//! The changes that cargo-mutants would make, and the order in which they are tried.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

/// What is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Genre {
    /// A function's body becomes one value.
    FnValue,
    /// A binary operator becomes another, compound assignments included.
    BinaryOperator,
    /// `!` or `-` is left out.
    UnaryOperator,
    /// An arm is left out of a match that has one for everything else.
    MatchArm,
    /// A guard becomes `true` or `false`.
    MatchArmGuard,
    /// A field is left out of a struct expression that has a base.
    StructField,
}

/// A place in a file, counted in characters from 1.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Place {
    /// The line, from 1.
    pub line: usize,
    /// The character of the line, from 1.
    pub column: usize,
}

/// From the first character to before the last.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Span {
    /// The first character.
    pub start: Place,
    /// The character after the last.
    pub end: Place,
}

/// One change, as `cargo mutants --list --json` describes it.
#[derive(Debug, Clone, Deserialize)]
pub struct Mutant {
    /// Its name, with file, line and column: no two are the same.
    pub name: String,
    /// The file, from the root of the workspace.
    pub file: String,
    /// What is changed.
    pub genre: Genre,
    /// What stands there instead.
    pub replacement: String,
    /// What is replaced.
    pub span: Span,
}

/// All changes of `package`, without those that `.cargo/mutants.toml` leaves out.
///
/// # Errors
///
/// If cargo-mutants is not installed, fails, or lists nothing.
pub fn list(workspace: &Path, package: &str) -> anyhow::Result<Vec<Mutant>> {
    let output = Command::new("cargo")
        .args(["mutants", "--list", "--json", "--package", package])
        .current_dir(workspace)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo mutants, which must be installed: {said}");
    let mutants: Vec<Mutant> =
        serde_json::from_slice(&output.stdout).context("the list of cargo-mutants")?;
    ensure!(!mutants.is_empty(), "cargo-mutants lists no change of {package}");
    Ok(mutants)
}

/// The order of the SHA-256 of seed and name: each beginning of it is a random sample.
pub fn shuffle(mutants: &mut [(usize, Mutant)], seed: &str) {
    mutants.sort_by_cached_key(|(_, mutant)| Sha256::digest(format!("{seed}{}", mutant.name)));
}
