//! The vault: one directory a county, that one process opens at a time.
//!
//! `vault.key` holds the vault's key under a passphrase, as officers' key files do. `vault.records`
//! holds the whole roll, encrypted under the vault's key, and is all that a backup copies: when the
//! key is changed ([`Vault::rotate`]) and the old `vault.key` destroyed, no older backup opens any
//! more, and who was erased before is erased there too.
//!
//! Every write puts a whole new file in the old one's place: what is interrupted leaves the old.

mod records;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use minglian_client::key_file::passphrase::Passphrase;
use minglian_client::key_file::private_file::{self, PrivateFileError};
use minglian_client::key_file::seal::{self, Cipher, Derivation, SealError};
use minglian_ledger::organization_code::OrganizationCode;
use rand_core::CryptoRngCore;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::roll::Roll;
use crate::vault::records::Sealed;

/// The version of the vault that this program writes and reads.
const VERSION: u32 = 1;

/// Largest key file in bytes. Ours have some 600.
const KEY_FILE_BYTES_MAX: u64 = 16 * 1024;

const KEY: &str = "vault.key";
const NEXT_KEY: &str = "vault.key.next";
const RECORDS: &str = "vault.records";
const LOCK: &str = "vault.lock";

/// Why a vault was not opened or written. Never holds a secret or a person's data.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// A private file.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// The directory or the lock.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// Another process has it open.
    #[error("{0} is open in another process 保险库正被另一程序使用")]
    Locked(PathBuf),
    /// Not a vault's file, or another version's.
    #[error("{path} is no file of a vault of version {VERSION}")]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// Wrong passphrase, or the key file was altered.
    #[error("the passphrase does not open {path}, or the file was altered 口令不对或文件被改动")]
    Passphrase {
        /// The file.
        path: PathBuf,
    },
    /// The records were altered, or belong to another key.
    #[error("{path} was altered, or belongs to another key of the vault 记录被改动或密钥不符")]
    Records {
        /// The file.
        path: PathBuf,
    },
    /// The key belongs to other records.
    #[error("{path} is of generation {found}, the vault's key of {expected}")]
    Generation {
        /// The file.
        path: PathBuf,
        /// Generation of the key.
        expected: u32,
        /// Generation of the records.
        found: u32,
    },
    /// More than a vault holds.
    #[error("the records would have more than {} bytes", records::FILE_BYTES_MAX)]
    TooLarge,
    /// The key could not be sealed.
    #[error("the vault's key could not be sealed: {0}")]
    Seal(String),
    /// The records read, so nothing is restored over them.
    #[error("{0} reads: move it away before a backup takes its place")]
    NothingToRestore(PathBuf),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    version: u32,
    county: OrganizationCode,
    generation: u32,
    derivation: Derivation,
    cipher: Cipher,
}

/// An open vault. What is changed in [`Vault::roll`] is kept by [`Vault::save`] only.
pub struct Vault {
    directory: PathBuf,
    county: OrganizationCode,
    key: Zeroizing<[u8; 32]>,
    generation: u32,
    sequence: u64,
    /// Held as long as the vault is open.
    _lock: File,
    /// The roll.
    pub roll: Roll,
}

impl Vault {
    /// Makes an empty vault in `directory`, which is made if need be and holds none yet.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn create(
        directory: &Path,
        county: OrganizationCode,
        passphrase: &Passphrase,
        random: &mut impl CryptoRngCore,
    ) -> Result<Self, VaultError> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let failed = |source| VaultError::Io { path: directory.to_owned(), source };
        builder.recursive(true).create(directory).map_err(failed)?;
        let lock = lock(directory)?;
        let path = directory.join(RECORDS);
        if path.exists() {
            return Err(PrivateFileError::Exists(path).into());
        }
        let key = fresh_key(random);
        let file = seal_key(county, 1, &key, passphrase, random)?;
        private_file::create(&directory.join(KEY), &file)?;
        let mut vault = Self {
            directory: directory.to_owned(),
            county,
            key,
            generation: 1,
            sequence: 0,
            _lock: lock,
            roll: Roll::new(county),
        };
        vault.save(random)?;
        Ok(vault)
    }

    /// Opens a vault. A change of keys that was interrupted is finished or undone.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn open(directory: &Path, passphrase: &Passphrase) -> Result<Self, VaultError> {
        let lock = lock(directory)?;
        let path = directory.join(RECORDS);
        let sealed = Sealed::read(&path)?;
        settle_rotation(directory, sealed.generation)?;
        let (county, generation, key) = read_key(&directory.join(KEY), passphrase)?;
        let roll = sealed.open(&path, county, generation, &key)?;
        Ok(Self {
            directory: directory.to_owned(),
            county,
            key,
            generation,
            sequence: sealed.sequence,
            _lock: lock,
            roll,
        })
    }

    /// Writes the roll. It is on the disk whole when this returns.
    ///
    /// # Errors
    /// [`VaultError`]; what was there before is there then.
    pub fn save(&mut self, random: &mut impl CryptoRngCore) -> Result<(), VaultError> {
        let sequence = self.sequence.saturating_add(1);
        let key = &self.key;
        let sealed = Sealed::seal(&self.roll, self.county, self.generation, sequence, key, random)?;
        private_file::replace(&self.directory.join(RECORDS), &sealed)?;
        self.sequence = sequence;
        Ok(())
    }

    /// Copies the records as they are on the disk to a new file. They need this vault's key.
    ///
    /// # Errors
    /// [`VaultError`].
    pub fn backup(&self, to: &Path) -> Result<(), VaultError> {
        let path = self.directory.join(RECORDS);
        let sealed = Sealed::read(&path)?;
        // A backup that does not open is none.
        sealed.open(&path, self.county, self.generation, &self.key)?;
        Ok(private_file::create(to, sealed.bytes())?)
    }

    /// Gives the vault a new key, under `passphrase`, and destroys the old one in this directory.
    /// Older backups open with copies of the old `vault.key` only: destroy these too.
    ///
    /// # Errors
    /// [`VaultError`]; the vault opens with the old key or the new one then.
    pub fn rotate(
        &mut self,
        passphrase: &Passphrase,
        random: &mut impl CryptoRngCore,
    ) -> Result<(), VaultError> {
        let key = fresh_key(random);
        let generation = self.generation.saturating_add(1);
        let file = seal_key(self.county, generation, &key, passphrase, random)?;
        private_file::replace(&self.directory.join(NEXT_KEY), &file)?;
        let before = (self.generation, std::mem::replace(&mut self.key, key));
        self.generation = generation;
        if let Err(error) = self.save(random) {
            (self.generation, self.key) = before;
            return Err(error);
        }
        settle_rotation(&self.directory, generation)
    }

    /// Puts a backup in the place of records that are lost or damaged.
    ///
    /// # Errors
    /// [`VaultError::NothingToRestore`] if the records read, and those of reading.
    pub fn restore(
        directory: &Path,
        backup: &Path,
        passphrase: &Passphrase,
    ) -> Result<Self, VaultError> {
        let path = directory.join(RECORDS);
        let held = lock(directory)?;
        let sealed = Sealed::read(backup)?;
        let (county, generation, key) = read_key(&directory.join(KEY), passphrase)?;
        sealed.open(backup, county, generation, &key)?;
        let reads = Sealed::read(&path).and_then(|it| it.open(&path, county, generation, &key));
        if reads.is_ok() {
            return Err(VaultError::NothingToRestore(path));
        }
        private_file::replace(&path, sealed.bytes())?;
        drop(held);
        Self::open(directory, passphrase)
    }

    /// How often the key was changed, from 1, and how often the records were written.
    pub fn counts(&self) -> (u32, u64) {
        (self.generation, self.sequence)
    }
}

fn fresh_key(random: &mut impl CryptoRngCore) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    random.fill_bytes(key.as_mut());
    key
}

fn lock(directory: &Path) -> Result<File, VaultError> {
    let path = directory.join(LOCK);
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file =
        options.open(&path).map_err(|source| VaultError::Io { path: path.clone(), source })?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(VaultError::Locked(directory.to_owned())),
        Err(TryLockError::Error(source)) => Err(VaultError::Io { path, source }),
    }
}

fn context(county: OrganizationCode, generation: u32) -> Vec<u8> {
    format!("minglian subsidy vault {VERSION} {county} {generation}").into_bytes()
}

fn seal_key(
    county: OrganizationCode,
    generation: u32,
    key: &[u8; 32],
    passphrase: &Passphrase,
    random: &mut impl CryptoRngCore,
) -> Result<Vec<u8>, VaultError> {
    let failed = |error: &dyn std::fmt::Display| VaultError::Seal(error.to_string());
    let derivation = Derivation::new(random);
    let context = context(county, generation);
    let cipher = seal::seal(key, passphrase, &derivation, &context, random)
        .map_err(|error| failed(&error))?;
    let file = KeyFile { version: VERSION, county, generation, derivation, cipher };
    let mut json = serde_json::to_vec_pretty(&file).map_err(|error| failed(&error))?;
    json.push(b'\n');
    Ok(json)
}

fn load_key(path: &Path) -> Result<KeyFile, VaultError> {
    let json = private_file::read(path, KEY_FILE_BYTES_MAX)?;
    let file: Option<KeyFile> = serde_json::from_slice(&json).ok();
    file.filter(|file| file.version == VERSION)
        .ok_or_else(|| VaultError::Format { path: path.to_owned() })
}

fn read_key(
    path: &Path,
    passphrase: &Passphrase,
) -> Result<(OrganizationCode, u32, Zeroizing<[u8; 32]>), VaultError> {
    let file = load_key(path)?;
    let context = context(file.county, file.generation);
    let opened = seal::open(&file.cipher, passphrase, &file.derivation, &context);
    let key = opened.map_err(|error| match error {
        SealError::Cipher => VaultError::Passphrase { path: path.to_owned() },
        SealError::OutOfBounds | SealError::Derivation(_) => {
            VaultError::Format { path: path.to_owned() }
        }
    })?;
    Ok((file.county, file.generation, key))
}

/// After an interrupted change of keys: the next key counts as soon as records are under it.
fn settle_rotation(directory: &Path, records: u32) -> Result<(), VaultError> {
    let (path, next) = (directory.join(KEY), directory.join(NEXT_KEY));
    if !next.exists() {
        return Ok(());
    }
    let failed = |source| VaultError::Io { path: next.clone(), source };
    let file = load_key(&next)?;
    if file.generation != records {
        return fs::remove_file(&next).map_err(failed);
    }
    // The old key is overwritten before its name is taken, where the disk writes in place.
    let length = fs::metadata(&path).map_or(0, |old| old.len()).min(KEY_FILE_BYTES_MAX);
    if 0 < length {
        let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
        fs::write(&path, zeros).and_then(|()| File::open(&path)?.sync_all()).map_err(failed)?;
    }
    fs::rename(&next, &path).map_err(failed)?;
    File::open(directory).and_then(|directory| directory.sync_all()).map_err(failed)
}
