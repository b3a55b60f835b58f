//! What an explorer says, signed, of a file that it gave.
//!
//! A manifest is a C2SP signed note: one line of JSON and the signature of the explorer's service
//! key under it, which any reader of signed notes checks. It is found by the SHA-256 of the file
//! ([`kept`]).
//! Without a service key the line stands alone and says so.

pub mod kept;

use std::collections::BTreeMap;
use std::path::Path;

use data_encoding::HEXLOWER;
use minglian_ledger::checkpoint::key::{KeyError, KeyKind, VerifierKey};
use minglian_ledger::checkpoint::note::{Note, NoteError, NoteSignature};
use minglian_ledger::keys::SigningKey;
use rand::RngCore;
use serde::Serialize;

use super::Ledger;
use super::export::{Export, Made};

/// The form of a manifest.
const FORMAT: &str = "minglian-export/1";

/// Bytes of a secret key.
const KEY_BYTES: usize = 32;

/// Why there is no service key or no manifest.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The key's file.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The key's file holds something else than 64 hexadecimal digits.
    #[error("a service key is {KEY_BYTES} bytes in hexadecimal digits")]
    NotAKey,
    /// The key cannot be named.
    #[error(transparent)]
    Name(#[from] KeyError),
    /// The note cannot be written.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The line cannot be written.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// The key by which an explorer signs what it gives. It is no key of the ledger.
pub struct ServiceKey {
    name: String,
    secret: SigningKey,
}

impl std::fmt::Debug for ServiceKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ServiceKey").field("name", &self.name).finish_non_exhaustive()
    }
}

impl ServiceKey {
    /// The key in a file, for the explorer of the log with this origin.
    ///
    /// # Errors
    /// [`ManifestError`] if the file is not one that [`ServiceKey::create`] wrote.
    pub fn read(path: &Path, origin: &str) -> Result<Self, ManifestError> {
        let text = std::fs::read_to_string(path)?;
        let bytes = HEXLOWER.decode(text.trim().as_bytes()).map_err(|_| ManifestError::NotAKey)?;
        let bytes: [u8; KEY_BYTES] = bytes.try_into().map_err(|_| ManifestError::NotAKey)?;
        Self::of(bytes, origin)
    }

    /// The key with these secret bytes.
    ///
    /// # Errors
    /// [`ManifestError::Name`] if the origin cannot stand in a signature line.
    pub fn of(secret: [u8; KEY_BYTES], origin: &str) -> Result<Self, ManifestError> {
        let key =
            Self { name: format!("{origin}/explorer"), secret: SigningKey::from_bytes(&secret) };
        key.verifier()?;
        Ok(key)
    }

    /// Writes a new secret key to a file that nobody else may read and that is not there yet.
    ///
    /// # Errors
    /// [`ManifestError::Io`].
    pub fn create(path: &Path) -> Result<(), ManifestError> {
        use std::io::Write;
        let mut secret = [0_u8; KEY_BYTES];
        rand::rngs::OsRng.fill_bytes(&mut secret);
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(format!("{}\n", HEXLOWER.encode(&secret)).as_bytes())?;
        Ok(file.sync_all()?)
    }

    /// By what its signatures are verified.
    ///
    /// # Errors
    /// [`ManifestError::Name`].
    pub fn verifier(&self) -> Result<VerifierKey, ManifestError> {
        let public = self.secret.verifying_key().to_bytes();
        Ok(VerifierKey::new(&self.name, KeyKind::Log, public)?)
    }
}

/// One line of JSON about a file.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Statement<'a> {
    format: &'static str,
    file: String,
    /// Where this site gives the same bytes again.
    address: String,
    media_type: &'static str,
    #[serde(flatten)]
    made: &'a Made,
    filters: &'a BTreeMap<String, String>,
    ledger: &'a Ledger,
    /// A signed head of the same log, whose root this explorer has computed itself.
    checkpoint: Option<&'a str>,
    signed: bool,
}

/// The manifest of an export.
///
/// # Errors
/// [`ManifestError`] if it cannot be written.
pub fn write(
    export: &Export,
    made: &Made,
    checkpoint: Option<&str>,
    key: Option<&ServiceKey>,
) -> Result<String, ManifestError> {
    let statement = Statement {
        format: FORMAT,
        file: export.file_name().0,
        address: export.address(),
        media_type: export.what.media_type(),
        made,
        filters: &export.filters,
        ledger: &export.ledger,
        checkpoint,
        signed: key.is_some(),
    };
    let text = format!("{}\n", serde_json::to_string(&statement)?);
    let Some(key) = key else { return Ok(text) };
    let signature = NoteSignature::sign(&key.name, &key.secret, &text)?;
    Ok(Note::new(text, vec![signature])?.to_string())
}
