//! What a member keeps of a key on its disk: the seed of its dealing while the key is made, and its
//! share from then on. 32 bytes each, sealed under the passphrase of the node's key files, in files
//! with permissions 0600 of a directory of their own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use minglian_client::key_file::passphrase::Passphrase;
use minglian_client::key_file::private_file::{self, PrivateFileError};
use minglian_client::key_file::seal::{self, Cipher, Derivation, SealError};
use minglian_contracts::schema;
use minglian_ledger::subsidy::threshold::KeyPurpose;
use minglian_ledger::transaction::ChainId;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// The version of these files that this program writes and reads.
const VERSION: u32 = 1;

/// Largest file in bytes. Ours have some 700.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// How the name of every such file ends.
const SUFFIX: &str = ".secret";

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretKind {
    /// What this member's dealing follows from.
    Dealing,
    /// This member's share of the key.
    Share,
}

/// Names a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretName {
    /// What the key is for.
    pub purpose: KeyPurpose,
    /// Which attempt at the key.
    pub attempt: u32,
    /// What it is.
    pub kind: SecretKind,
}

/// Why a secret was not kept or read. Never holds one.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// A file.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// The directory, or what removes a file.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// Not such a file, or one of another chain, key or version.
    #[error("{0} is not the secret of a key of this chain, of version {VERSION}")]
    Format(PathBuf),
    /// Wrong passphrase, or the file was altered.
    #[error("the passphrase of the node's keys does not open {0}, or the file was altered")]
    Passphrase(PathBuf),
    /// The cipher refused.
    #[error("a secret could not be sealed: {0}")]
    Seal(SealError),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretFile {
    version: u32,
    chain_id: ChainId,
    purpose: KeyPurpose,
    attempt: u32,
    kind: SecretKind,
    derivation: Derivation,
    cipher: Cipher,
}

/// The directory of a node's secrets. There is no way to print one.
pub struct Secrets {
    directory: PathBuf,
    chain_id: ChainId,
    passphrase: Passphrase,
}

impl SecretName {
    fn file(&self) -> String {
        let kind = match self.kind {
            SecretKind::Dealing => "dealing",
            SecretKind::Share => "share",
        };
        format!("{}.{}.{kind}{SUFFIX}", purpose_name(&self.purpose), self.attempt)
    }

    /// What is authenticated with the secret, so that no file passes for another.
    fn context(&self, chain_id: &ChainId) -> Vec<u8> {
        let context = format!("minglian key secret {VERSION} {} ", self.file());
        [context.into_bytes(), schema::encode(chain_id)].concat()
    }
}

/// A purpose as a part of names of files and of references.
pub fn purpose_name(purpose: &KeyPurpose) -> String {
    match purpose {
        KeyPurpose::Tags { group, epoch } => format!("tags-{group}-{epoch}"),
        KeyPurpose::Escrow { epoch } => format!("escrow-{epoch}"),
        KeyPurpose::Beacon { epoch } => format!("beacon-{epoch}"),
    }
}

impl Secrets {
    /// The secrets in `directory`, which is made for its owner alone if it is not there.
    ///
    /// # Errors
    /// [`SecretError::Io`].
    pub fn open(
        directory: &Path,
        chain_id: ChainId,
        passphrase: Passphrase,
    ) -> Result<Self, SecretError> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let failed = |source| SecretError::Io { path: directory.to_owned(), source };
        builder.recursive(true).create(directory).map_err(failed)?;
        Ok(Self { directory: directory.to_owned(), chain_id, passphrase })
    }

    /// A secret; none if it is not here.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn read(&self, name: &SecretName) -> Result<Option<Zeroizing<[u8; 32]>>, SecretError> {
        let path = self.path(name);
        if !path.try_exists().map_err(|source| SecretError::Io { path: path.clone(), source })? {
            return Ok(None);
        }
        let file = load(&path)?;
        if file.chain_id != self.chain_id || file.name() != *name {
            return Err(SecretError::Format(path));
        }
        let context = name.context(&self.chain_id);
        let opened = seal::open(&file.cipher, &self.passphrase, &file.derivation, &context);
        opened.map(Some).map_err(|error| match error {
            SealError::Cipher => SecretError::Passphrase(path),
            SealError::OutOfBounds | SealError::Derivation(_) => SecretError::Format(path),
        })
    }

    /// Keeps a secret; it is on the disk when this returns. One that is here is not replaced.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn create(&self, name: &SecretName, secret: &[u8; 32]) -> Result<(), SecretError> {
        let derivation = Derivation::new(&mut OsRng);
        let context = name.context(&self.chain_id);
        let cipher = seal::seal(secret, &self.passphrase, &derivation, &context, &mut OsRng)
            .map_err(SecretError::Seal)?;
        let SecretName { purpose, attempt, kind } = *name;
        let chain_id = self.chain_id.clone();
        let file =
            SecretFile { version: VERSION, chain_id, purpose, attempt, kind, derivation, cipher };
        let path = self.path(name);
        let json =
            serde_json::to_vec_pretty(&file).map_err(|_| SecretError::Format(path.clone()))?;
        Ok(private_file::create(&path, &json)?)
    }

    /// Destroys a secret, as far as the disk lets a file be overwritten. Whether there was one.
    ///
    /// # Errors
    /// [`SecretError::Io`].
    pub fn destroy(&self, name: &SecretName) -> Result<bool, SecretError> {
        let path = self.path(name);
        let failed = |source| SecretError::Io { path: path.clone(), source };
        let length = match fs::metadata(&path) {
            Ok(metadata) => metadata.len().min(FILE_BYTES_MAX),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(failed(error)),
        };
        let zeros = vec![0; usize::try_from(length).unwrap_or(0)];
        fs::write(&path, zeros).map_err(failed)?;
        fs::File::open(&path).and_then(|file| file.sync_all()).map_err(failed)?;
        fs::remove_file(&path).map_err(failed)?;
        private_file::sync_directory(&path).map_err(failed)?;
        Ok(true)
    }

    /// The names of all secrets here.
    ///
    /// # Errors
    /// [`SecretError`].
    pub fn names(&self) -> Result<Vec<SecretName>, SecretError> {
        let failed = |source| SecretError::Io { path: self.directory.clone(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(failed)? {
            let path = entry.map_err(failed)?.path();
            if path.to_string_lossy().ends_with(SUFFIX) {
                names.push(load(&path)?.name());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    fn path(&self, name: &SecretName) -> PathBuf {
        self.directory.join(name.file())
    }
}

impl SecretFile {
    fn name(&self) -> SecretName {
        SecretName { purpose: self.purpose, attempt: self.attempt, kind: self.kind }
    }
}

fn load(path: &Path) -> Result<SecretFile, SecretError> {
    let json = private_file::read(path, FILE_BYTES_MAX)?;
    let file: Option<SecretFile> = serde_json::from_slice(&json).ok();
    file.filter(|file| file.version == VERSION).ok_or_else(|| SecretError::Format(path.to_owned()))
}
