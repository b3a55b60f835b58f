//! Encrypted key files: one private key each, in JSON, sealed with a passphrase.
//!
//! The seed is encrypted with XChaCha20-Poly1305 under a key that argon2id derives from the
//! passphrase. Kind, public key and parameters are authenticated with it, so that a file cannot be
//! passed off as another kind. There is no unencrypted form: an unattended node gets its passphrase
//! from a file ([`passphrase::Source`]).

pub mod private_file;
pub mod seal;
pub mod passphrase;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use minglian_ledger::keys::{PublicKey, SigningKey};
use rand_core::{CryptoRng, RngCore};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::key_file::passphrase::Passphrase;
use crate::key_file::private_file::PrivateFileError;
use crate::key_file::seal::{Cipher, Derivation, SealError};

/// The version this program writes and reads.
const VERSION: u32 = 1;

/// Largest key file in bytes. Ours have some 600.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// What a key is for. A key serves one purpose only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// Signs votes and proposals.
    Validator,
    /// Names a node to its peers.
    Peer,
    /// Cosigns checkpoints of the log.
    Cosigner,
    /// Signs an officer's transactions.
    Officer,
    /// Signs the log's own checkpoints.
    Log,
}

/// Every kind.
const KINDS: [KeyKind; 5] =
    [KeyKind::Validator, KeyKind::Peer, KeyKind::Cosigner, KeyKind::Officer, KeyKind::Log];

impl KeyKind {
    /// The kind's name in files and on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Validator => "validator",
            Self::Peer => "peer",
            Self::Cosigner => "cosigner",
            Self::Officer => "officer",
            Self::Log => "log",
        }
    }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl FromStr for KeyKind {
    type Err = KeyFileError;

    fn from_str(text: &str) -> Result<Self, KeyFileError> {
        KINDS
            .into_iter()
            .find(|kind| kind.name() == text)
            .ok_or_else(|| KeyFileError::UnknownKind(text.to_owned()))
    }
}

/// Why a key file was not written or not read. Never holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file system refused, the file exists already, is too large, or is open to others.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// Not the JSON of a key file.
    #[error("{path} is not a key file: {reason}")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Written by another version of this program.
    #[error("{path} is a key file of version {version}; this program knows version {VERSION}")]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
    /// A key for another purpose.
    #[error("{path} holds a {found} key where a {expected} key is needed")]
    Kind {
        /// The file.
        path: PathBuf,
        /// The kind that is needed.
        expected: KeyKind,
        /// The kind that the file names.
        found: KeyKind,
    },
    /// The argon2 parameters are weaker or more expensive than this program accepts.
    #[error("{path} asks for key derivation out of bounds: {parameters}")]
    Derivation {
        /// The file.
        path: PathBuf,
        /// The parameters.
        parameters: String,
    },
    /// Wrong passphrase, or the file was altered: the two cannot be told apart.
    #[error("the passphrase does not open {path}, or the file was altered")]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// The seed inside belongs to another public key than the file names.
    #[error("{path} holds the seed of another key than {public_key}")]
    PublicKey {
        /// The file.
        path: PathBuf,
        /// The public key that the file names.
        public_key: PublicKey,
    },
    /// Key derivation or encryption failed.
    #[error("the key could not be encrypted: {0}")]
    Seal(String),
    /// Not the name of a kind.
    #[error("{0:?} is no kind of key: validator, peer, cosigner, officer or log")]
    UnknownKind(String),
}

/// The content of a key file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyFile {
    version: u32,
    kind: KeyKind,
    public_key: PublicKey,
    derivation: Derivation,
    cipher: Cipher,
}

impl KeyFile {
    /// Makes a new key and writes it to `path`, which must not exist. Returns the public key.
    pub fn generate(
        path: &Path,
        kind: KeyKind,
        passphrase: &Passphrase,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<PublicKey, KeyFileError> {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        let key = SigningKey::from_bytes(&seed);
        Self::write(path, kind, &key, passphrase, rng)?;
        Ok(PublicKey::of(&key))
    }

    /// Writes an existing key to `path`, which must not exist. Its permissions are 0600 from the
    /// first moment, and it is on the disk when this returns.
    pub fn write(
        path: &Path,
        kind: KeyKind,
        key: &SigningKey,
        passphrase: &Passphrase,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Result<(), KeyFileError> {
        let public_key = PublicKey::of(key);
        let derivation = Derivation::new(rng);
        let seed = Zeroizing::new(key.to_bytes());
        let context = context(kind, &public_key);
        let cipher = seal::seal(&seed, passphrase, &derivation, &context, rng)
            .map_err(|error| KeyFileError::Seal(error.to_string()))?;
        let file = Self { version: VERSION, kind, public_key, derivation, cipher };
        let mut json = serde_json::to_vec_pretty(&file)
            .map_err(|error| KeyFileError::Seal(error.to_string()))?;
        json.push(b'\n');
        Ok(private_file::create(path, &json)?)
    }

    /// Reads the key in `path`, which must be of the kind `expected`.
    pub fn read(
        path: &Path,
        expected: KeyKind,
        passphrase: &Passphrase,
    ) -> Result<SigningKey, KeyFileError> {
        let file = Self::load(path)?;
        if file.kind != expected {
            let path = path.to_owned();
            return Err(KeyFileError::Kind { path, expected, found: file.kind });
        }
        let context = context(file.kind, &file.public_key);
        let seed = seal::open(&file.cipher, passphrase, &file.derivation, &context)
            .map_err(|error| file.open_error(path, &error))?;
        let key = SigningKey::from_bytes(&seed);
        if PublicKey::of(&key) != file.public_key {
            let path = path.to_owned();
            return Err(KeyFileError::PublicKey { path, public_key: file.public_key });
        }
        Ok(key)
    }

    /// The public key that the file names. Needs no passphrase, and is proven only by
    /// [`KeyFile::read`].
    pub fn public_key(path: &Path) -> Result<PublicKey, KeyFileError> {
        Ok(Self::load(path)?.public_key)
    }

    fn load(path: &Path) -> Result<Self, KeyFileError> {
        let json = private_file::read(path, FILE_BYTES_MAX)?;
        let format = |reason| KeyFileError::Format { path: path.to_owned(), reason };
        // The version first: another one may have other fields.
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let Versioned { version } =
            serde_json::from_slice(&json).map_err(|error| format(error.to_string()))?;
        if version != VERSION {
            return Err(KeyFileError::Version { path: path.to_owned(), version });
        }
        serde_json::from_slice(&json).map_err(|error| format(error.to_string()))
    }

    fn open_error(&self, path: &Path, error: &SealError) -> KeyFileError {
        let path = path.to_owned();
        match error {
            SealError::OutOfBounds => {
                KeyFileError::Derivation { path, parameters: self.derivation.to_string() }
            }
            SealError::Derivation(reason) => {
                KeyFileError::Format { path, reason: reason.to_string() }
            }
            SealError::Cipher => KeyFileError::WrongPassphrase { path },
        }
    }
}

/// What is authenticated with the seed beside the parameters.
fn context(kind: KeyKind, public_key: &PublicKey) -> Vec<u8> {
    let mut context = format!("minglian key file {VERSION} {kind} ").into_bytes();
    context.extend_from_slice(&public_key.0);
    context
}
