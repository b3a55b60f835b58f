//! The attester's commands: whom a county asks for, and signatures for those who are real.

use std::collections::BTreeSet;
use std::path::PathBuf;

use clap::Args;
use minglian_client::key_file::passphrase::Source;
use minglian_client::key_file::{KeyFile, KeyKind};

use crate::cli::KeyOptions;

/// Which file is listed.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// The county's file
    file: PathBuf,
    /// Its passphrase: file:PATH, env:NAME or prompt
    #[arg(long, default_value = "prompt")]
    attester_passphrase: Source,
    /// The list to create: rows, names and numbers; delete it when it has served
    #[arg(long)]
    out: PathBuf,
}

/// Whom to sign for, and who signs.
#[derive(Debug, Args)]
pub struct AttestArguments {
    /// The county's file
    file: PathBuf,
    /// Its passphrase: file:PATH, env:NAME or prompt
    #[arg(long, default_value = "prompt")]
    attester_passphrase: Source,
    /// The attester's key, which is used for nothing else
    #[command(flatten)]
    key: KeyOptions,
    /// Rows of the list whose persons are not attested, such as 3,17
    #[arg(long, value_delimiter = ',')]
    leave_out: Vec<usize>,
    /// The file to create for the county; it names nobody
    #[arg(long)]
    out: PathBuf,
}

/// Runs `list`.
pub fn list(arguments: &ListArguments) -> anyhow::Result<()> {
    let asked = super::read_to_attest(&arguments.file, &arguments.attester_passphrase)?;
    super::super::write_list(&arguments.out, &asked.to_csv())?;
    println!("{} persons of {} 待核验 {} 人", asked.len(), asked.county, asked.len());
    Ok(())
}

/// Runs `attest`.
pub fn run(arguments: &AttestArguments) -> anyhow::Result<()> {
    let AttestArguments { file, attester_passphrase, key, leave_out, out } = arguments;
    anyhow::ensure!(!out.exists(), "{} exists already and is not overwritten", out.display());
    let asked = super::read_to_attest(file, attester_passphrase)?;
    let passphrase = crate::cli::passphrase(key.passphrase_file.as_deref())?;
    let key = KeyFile::read(&key.key, KeyKind::Officer, &passphrase)?;
    let left_out: BTreeSet<usize> = leave_out.iter().copied().collect();
    let attested = asked.attest(&key, &left_out)?;
    std::fs::write(out, serde_json::to_vec_pretty(&attested)?)?;
    println!(
        "signed for {} of {} persons of {} 已签 {} 人",
        attested.signatures.len(),
        asked.len(),
        asked.county,
        attested.signatures.len()
    );
    Ok(())
}
