//! `minglian key`: making and showing keys.

use std::path::PathBuf;

use clap::Subcommand;
use minglian_client::key_file::passphrase::Passphrase;
use minglian_client::key_file::{KeyFile, KeyKind};
use minglian_ledger::hash::ValidatorAddress;
use minglian_ledger::keys::PublicKey;
use rand::rngs::OsRng;
use serde_json::json;

use crate::gossip;

/// What to do with keys.
#[derive(Debug, Subcommand)]
pub enum KeyCommand {
    /// Make a new key in an encrypted file, and print its public half as JSON
    New {
        /// What the key is for: validator, peer, cosigner, officer or log
        #[arg(long)]
        kind: KeyKind,
        /// The file to create; an existing one is never overwritten
        #[arg(long)]
        out: PathBuf,
        /// File with the passphrase; asked for when left out
        #[arg(long)]
        passphrase_file: Option<PathBuf>,
    },
    /// Print the public half of a key file as JSON; needs no passphrase
    Show {
        /// The key file
        file: PathBuf,
    },
}

/// Runs the command.
pub fn run(command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::New { kind, out, passphrase_file } => {
            let passphrase =
                super::passphrase_source(passphrase_file.as_deref()).new_passphrase()?;
            create(kind, &out, &passphrase)
        }
        KeyCommand::Show { file } => {
            let public = KeyFile::public_key(&file)?;
            println!("{}", json!({ "public_key": public }));
            Ok(())
        }
    }
}

fn create(kind: KeyKind, out: &std::path::Path, passphrase: &Passphrase) -> anyhow::Result<()> {
    let public: PublicKey = KeyFile::generate(out, kind, passphrase, &mut OsRng)?;
    let mut shown = json!({ "public_key": public });
    match kind {
        KeyKind::Validator => {
            shown["address"] = json!(ValidatorAddress::of(&[&public.0]));
        }
        KeyKind::Peer => {
            let key = KeyFile::read(out, kind, passphrase)?;
            shown["peer_id"] = json!(gossip::peer_id(&key)?);
        }
        KeyKind::Cosigner | KeyKind::Officer | KeyKind::Log => {}
    }
    println!("{shown}");
    Ok(())
}
