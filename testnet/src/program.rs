//! Finding the programs that this one starts.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

/// The program `name`: as given, or beside this program's own file.
pub fn find(name: &str, given: Option<&Path>) -> anyhow::Result<PathBuf> {
    if let Some(path) = given {
        ensure!(path.is_file(), "there is no program {}", path.display());
        return Ok(path.to_owned());
    }
    let own = std::env::current_exe().context("finding this program's own file")?;
    find_beside(name, &own)
}

/// The program `name` in the directory of `neighbour`.
pub fn find_beside(name: &str, neighbour: &Path) -> anyhow::Result<PathBuf> {
    let directory = neighbour.parent().unwrap_or(Path::new("."));
    let path = directory.join(name);
    ensure!(
        path.is_file(),
        "there is no program {}: build it first (cargo build --workspace --bins), or name it",
        path.display()
    );
    Ok(path)
}

/// Runs a program to its end and returns what it printed; an error holds what it complained of.
pub fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = format!("{command:?}");
    let output = command.output().with_context(|| format!("starting {name}"))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{name} failed ({}): {}", output.status, complaint.trim());
    String::from_utf8(output.stdout).with_context(|| format!("what {name} printed is not text"))
}
