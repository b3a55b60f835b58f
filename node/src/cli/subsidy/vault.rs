//! `minglian subsidy vault`.

use std::path::PathBuf;

use clap::Subcommand;
use minglian_county::roll::PersonNumber;
use minglian_county::vault::Vault;
use minglian_ledger::organization_code::OrganizationCode;
use rand::rngs::OsRng;

use super::VaultOptions;
use crate::cli;

/// What to do with the vault.
#[derive(Debug, Subcommand)]
pub enum VaultCommand {
    /// Make an empty vault; keep a copy of its vault.key in a safe, apart from backups
    New {
        /// The vault
        #[command(flatten)]
        options: VaultOptions,
        /// The county's bureau (统一社会信用代码)
        #[arg(long)]
        county: OrganizationCode,
    },
    /// Copy the encrypted records to a new file; they open with this vault's key only 备份
    Backup {
        /// The vault
        #[command(flatten)]
        options: VaultOptions,
        /// The file to create
        #[arg(long)]
        out: PathBuf,
    },
    /// Put a backup in the place of records that are lost or damaged 恢复
    Restore {
        /// The vault
        #[command(flatten)]
        options: VaultOptions,
        /// The backup
        #[arg(long)]
        from: PathBuf,
    },
    /// Change the vault's key; older backups open no more once copies of the old vault.key are
    /// destroyed 更换密钥
    Rotate {
        /// The vault
        #[command(flatten)]
        options: VaultOptions,
        /// File with the new passphrase; the old one is kept when left out
        #[arg(long)]
        new_passphrase_file: Option<PathBuf>,
    },
    /// Erase persons and their keys, and change the vault's key 删除
    Erase {
        /// The vault
        #[command(flatten)]
        options: VaultOptions,
        /// File with the case numbers (档案号), one a line
        #[arg(long)]
        cases: PathBuf,
    },
}

/// Runs the command.
pub fn run(command: VaultCommand) -> anyhow::Result<()> {
    match command {
        VaultCommand::New { options, county } => {
            let source = cli::passphrase_source(options.passphrase_file.as_deref());
            Vault::create(&options.vault, county, &source.new_passphrase()?, &mut OsRng)?;
            println!("made 已建立: copy vault.key to a safe place, apart from backups");
            Ok(())
        }
        VaultCommand::Backup { options, out } => {
            options.open()?.backup(&out)?;
            println!("copied 已备份");
            Ok(())
        }
        VaultCommand::Restore { options, from } => {
            let passphrase = cli::passphrase(options.passphrase_file.as_deref())?;
            let vault = Vault::restore(&options.vault, &from, &passphrase)?;
            println!("restored 已恢复: {} persons", vault.roll.persons.len());
            Ok(())
        }
        VaultCommand::Rotate { options, new_passphrase_file } => {
            let mut vault = options.open()?;
            rotate(&mut vault, &options, new_passphrase_file)
        }
        VaultCommand::Erase { options, cases } => {
            let wanted = super::read_cases(&cases)?;
            let mut vault = options.open()?;
            let persons = vault.roll.persons.iter();
            let found: Vec<PersonNumber> = persons
                .filter(|(_, person)| wanted.contains(&person.details.case_file))
                .map(|(number, _)| *number)
                .collect();
            let unknown = wanted.len().saturating_sub(found.len());
            anyhow::ensure!(unknown == 0, "{unknown} case numbers are nobody's: nothing is erased");
            for number in &found {
                vault.roll.erase(*number);
            }
            vault.save(&mut OsRng)?;
            println!("erased 已删除: {} persons", found.len());
            rotate(&mut vault, &options, None)
        }
    }
}

fn rotate(vault: &mut Vault, options: &VaultOptions, new: Option<PathBuf>) -> anyhow::Result<()> {
    let passphrase = match new {
        Some(file) => cli::passphrase_source(Some(&file)).new_passphrase()?,
        None => cli::passphrase(options.passphrase_file.as_deref())?,
    };
    vault.rotate(&passphrase, &mut OsRng)?;
    println!(
        "the vault has key {} 密钥已更换: make a new backup, copy the new vault.key, destroy every \
         copy of the old one",
        vault.counts().0
    );
    Ok(())
}
