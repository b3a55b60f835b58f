//! Making key files with `minglian key new`.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context as _, anyhow};
use minglian_ledger::keys::PublicKey;
use serde::Deserialize;

use crate::program;

/// How many keys are made at the same time.
const MAKERS: usize = 4;

/// A key to make.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is for, as `minglian key new --kind` names it.
    pub kind: &'static str,
    /// The file to create.
    pub out: PathBuf,
}

/// What `minglian key new` prints.
#[derive(Debug, Clone, Deserialize)]
pub struct Made {
    /// The public half.
    pub public_key: PublicKey,
    /// The libp2p id, of a peer's key.
    #[serde(default)]
    pub peer_id: Option<String>,
}

/// Makes all keys under one passphrase; the answers are in the order of the wishes.
pub fn make(program: &Path, wanted: &[Wanted], passphrase: &Path) -> anyhow::Result<Vec<Made>> {
    let next = AtomicUsize::new(0);
    let maker = || {
        let mut made = Vec::new();
        loop {
            let position = next.fetch_add(1, Ordering::Relaxed);
            let Some(wish) = wanted.get(position) else { return anyhow::Ok(made) };
            made.push((position, make_one(program, wish, passphrase)?));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let makers: Vec<_> = (0..MAKERS).map(|_| scope.spawn(maker)).collect();
        let mut all = Vec::new();
        for thread in makers {
            all.extend(thread.join().map_err(|_| anyhow!("a key maker broke off"))??);
        }
        anyhow::Ok(all)
    })?;
    all.sort_by_key(|(position, _)| *position);
    Ok(all.into_iter().map(|(_, made)| made).collect())
}

fn make_one(program: &Path, wish: &Wanted, passphrase: &Path) -> anyhow::Result<Made> {
    let mut command = Command::new(program);
    command.args(["key", "new", "--kind", wish.kind, "--out"]).arg(&wish.out);
    command.arg("--passphrase-file").arg(passphrase);
    let printed = program::output(&mut command)?;
    serde_json::from_str(&printed).with_context(|| format!("the answer {printed:?} does not read"))
}
