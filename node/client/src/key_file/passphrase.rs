//! Passphrases and where they come from.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::key_file::private_file::{self, PrivateFileError};

/// Shortest passphrase for a new key file in bytes.
pub const BYTES_MIN: usize = 12;

/// Longest passphrase in bytes.
pub const BYTES_MAX: usize = 1024;

/// A passphrase. Its memory is overwritten when it is dropped, and it is never shown.
#[derive(Clone)]
pub struct Passphrase(Zeroizing<Vec<u8>>);

/// Why there is no passphrase. Never holds one.
#[derive(Debug, thiserror::Error)]
pub enum PassphraseError {
    /// The passphrase file cannot be read, is too large, or is open to others.
    #[error("passphrase file: {0}")]
    File(#[from] PrivateFileError),
    /// The environment variable is not set.
    #[error("the environment variable {0} is not set")]
    NotSet(String),
    /// The terminal did not answer.
    #[error("cannot ask for the passphrase: {0}")]
    Prompt(io::Error),
    /// The second entry differs from the first.
    #[error("the two passphrases differ")]
    Differ,
    /// Too short or too long.
    #[error("a passphrase of {0} bytes; at least {BYTES_MIN}, at most {BYTES_MAX} are allowed")]
    Length(usize),
    /// More than one line, or a control character: hardly what was meant.
    #[error("a passphrase is one line without control characters")]
    ControlCharacter,
    /// Not the text of a [`Source`]. The text is not repeated: it may be the passphrase itself.
    #[error("a passphrase is given as file:PATH, env:NAME or prompt, never itself")]
    UnknownSource,
}

/// Where a passphrase comes from. On command lines: `file:PATH`, `env:NAME`, `prompt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file with permissions 0600 or less that holds one line.
    File(PathBuf),
    /// An environment variable, by name. It stays in the environment of the process, which its
    /// owner can read: a file is better for a server.
    Environment(String),
    /// The terminal, without echo.
    Prompt,
}

impl Passphrase {
    /// Takes a passphrase. Its length is between [`BYTES_MIN`] and [`BYTES_MAX`].
    pub fn new(text: String) -> Result<Self, PassphraseError> {
        Self::from_bytes(Zeroizing::new(text.into_bytes()))
    }

    /// The passphrase in a file, see [`Source::File`].
    pub fn from_file(path: &Path) -> Result<Self, PassphraseError> {
        Source::File(path.to_owned()).passphrase()
    }

    /// The bytes, for key derivation.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Result<Self, PassphraseError> {
        if !(BYTES_MIN..=BYTES_MAX).contains(&bytes.len()) {
            return Err(PassphraseError::Length(bytes.len()));
        }
        if bytes.iter().any(u8::is_ascii_control) {
            return Err(PassphraseError::ControlCharacter);
        }
        Ok(Self(bytes))
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Passphrase(hidden)")
    }
}

impl Source {
    /// The passphrase of existing key files.
    pub fn passphrase(&self) -> Result<Passphrase, PassphraseError> {
        match self {
            Self::File(path) => {
                let mut bytes = private_file::read(path, BYTES_MAX as u64 + 2)?;
                strip_line_end(&mut bytes);
                Passphrase::from_bytes(bytes)
            }
            Self::Environment(name) => {
                let value =
                    std::env::var_os(name).ok_or_else(|| PassphraseError::NotSet(name.clone()))?;
                Passphrase::from_bytes(Zeroizing::new(value.into_encoded_bytes()))
            }
            Self::Prompt => ask("Passphrase: "),
        }
    }

    /// The passphrase for new key files: a prompt asks twice.
    pub fn new_passphrase(&self) -> Result<Passphrase, PassphraseError> {
        let passphrase = self.passphrase()?;
        if *self == Self::Prompt && ask("Passphrase again: ")?.0 != passphrase.0 {
            return Err(PassphraseError::Differ);
        }
        Ok(passphrase)
    }
}

impl FromStr for Source {
    type Err = PassphraseError;

    fn from_str(text: &str) -> Result<Self, PassphraseError> {
        match text.split_once(':') {
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(("env", name)) if !name.is_empty() => Ok(Self::Environment(name.to_owned())),
            None if text == "prompt" => Ok(Self::Prompt),
            _ => Err(PassphraseError::UnknownSource),
        }
    }
}

fn ask(prompt: &str) -> Result<Passphrase, PassphraseError> {
    Passphrase::new(rpassword::prompt_password(prompt).map_err(PassphraseError::Prompt)?)
}

/// Removes the one line end that editors and `echo` leave.
fn strip_line_end(bytes: &mut Vec<u8>) {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
}
