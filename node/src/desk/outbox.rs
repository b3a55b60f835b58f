//! Signed acts on disk, from before they are sent until the ledger has answered.
//!
//! Whatever happens to the connection or the computer, the very same bytes can be sent again: the
//! ledger takes an act once. An act that was signed anew instead would stand beside the first under
//! one reference, and one of the two would be refused.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use minglian_client::key_file::private_file::{self, PrivateFileError};
use minglian_client::wire::Hex;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::transaction::{
    ClientReference, TRANSACTION_BYTES_MAX, Transaction, TransactionError,
};
use rand::RngCore as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Largest file of the outbox in bytes: a transaction in hexadecimal, with room.
const FILE_BYTES_MAX: u64 = 4 * TRANSACTION_BYTES_MAX as u64;

/// Length of the desk's secret.
const SECRET_BYTES: usize = 32;

/// Most acts that wait in one outbox.
const ENTRIES_MAX: usize = 100_000;

/// The outbox cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// A file or directory.
    #[error("the outbox {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that is not private or cannot be written.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// A file that is none of the outbox's.
    #[error("the outbox file {path} does not read: {reason}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// More acts wait than an outbox holds.
    #[error("more than {ENTRIES_MAX} acts wait in {0}: send them with `minglian tx resend`")]
    Full(PathBuf),
    /// Another act waits under the same reference.
    #[error(
        "another act waits in the outbox under the reference {reference} ({id}): send it first \
         with `minglian tx resend`, or give this one another reference"
    )]
    ReferenceWaits {
        /// The reference.
        reference: ClientReference,
        /// The act that waits.
        id: TransactionId,
    },
}

/// A signed act that waits for the ledger's answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its name.
    pub id: TransactionId,
    /// Who acts.
    pub organization: OrganizationCode,
    /// The organisation's own reference.
    pub client_reference: ClientReference,
    /// The node to which it was to go.
    pub url: String,
    /// The signed transaction.
    pub transaction: Hex,
}

impl Entry {
    fn of(transaction: &Transaction, url: &str) -> Self {
        Self {
            id: transaction.id(),
            organization: transaction.body.organization,
            client_reference: transaction.body.client_reference.clone(),
            url: url.to_owned(),
            transaction: Hex(transaction.encode()),
        }
    }

    /// The signed transaction.
    ///
    /// # Errors
    /// What its decoder says.
    pub fn transaction(&self) -> Result<Transaction, TransactionError> {
        Transaction::decode(&self.transaction.0)
    }
}

/// A directory of signed acts: those that wait in `waiting`, those that were answered in
/// `settled`, each with the answer.
#[derive(Debug, Clone)]
pub struct Outbox {
    directory: PathBuf,
}

impl Outbox {
    /// Opens an outbox and makes its directories.
    ///
    /// # Errors
    /// [`OutboxError::Io`].
    pub fn open(directory: &Path) -> Result<Self, OutboxError> {
        for part in ["waiting", "settled", "openings"] {
            let path = directory.join(part);
            create_private(&path).map_err(|source| OutboxError::Io { path, source })?;
        }
        Ok(Self { directory: directory.to_owned() })
    }

    /// Where texts are kept that the ledger holds commitments to.
    pub fn openings(&self) -> PathBuf {
        self.directory.join("openings")
    }

    /// The desk's secret, from which salts are derived; made when it is first asked for. Whoever
    /// has it can guess the texts behind commitments.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn secret(&self) -> Result<[u8; SECRET_BYTES], OutboxError> {
        let path = self.directory.join("secret");
        if !path.exists() {
            let mut secret = [0; SECRET_BYTES];
            rand::rngs::OsRng.fill_bytes(&mut secret);
            match private_file::create(&path, &secret) {
                // Another command was first: its secret counts.
                Ok(()) | Err(PrivateFileError::Exists(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let stored = private_file::read(&path, SECRET_BYTES as u64)?;
        let secret = stored.as_slice().try_into();
        secret.map_err(|_| malformed(&path, "it is not 32 bytes long"))
    }

    /// Keeps an act before it is sent. One that is there already stays.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn put(&self, transaction: &Transaction, url: &str) -> Result<Entry, OutboxError> {
        let entry = Entry::of(transaction, url);
        let path = self.waiting(&entry.id);
        match private_file::create(&path, &encode(&path, &entry)?) {
            Ok(()) | Err(PrivateFileError::Exists(_)) => Ok(entry),
            Err(error) => Err(error.into()),
        }
    }

    /// The act that waits under a reference, if one does.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn find(
        &self,
        organization: &OrganizationCode,
        reference: &ClientReference,
    ) -> Result<Option<Entry>, OutboxError> {
        let is_it = |entry: &Entry| {
            entry.organization == *organization && entry.client_reference == *reference
        };
        Ok(self.entries()?.into_iter().find(is_it))
    }

    /// Every act that waits, by name.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn entries(&self) -> Result<Vec<Entry>, OutboxError> {
        let directory = self.directory.join("waiting");
        let failed = |source| OutboxError::Io { path: directory.clone(), source };
        let mut paths = Vec::new();
        for found in fs::read_dir(&directory).map_err(failed)? {
            let path = found.map_err(failed)?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                paths.push(path);
            }
            if paths.len() > ENTRIES_MAX {
                return Err(OutboxError::Full(directory));
            }
        }
        paths.sort();
        paths.iter().map(|path| read(path)).collect()
    }

    /// Takes an act off the waiting ones: the ledger has answered.
    ///
    /// # Errors
    /// [`OutboxError`].
    pub fn settle(&self, id: &TransactionId, answer: &Value) -> Result<(), OutboxError> {
        let waiting = self.waiting(id);
        let settled = self.directory.join("settled").join(format!("{id}.json"));
        let record = serde_json::json!({ "entry": read(&waiting)?, "answer": answer });
        match private_file::create(&settled, &encode(&settled, &record)?) {
            Ok(()) | Err(PrivateFileError::Exists(_)) => {}
            Err(error) => return Err(error.into()),
        }
        fs::remove_file(&waiting).map_err(|source| OutboxError::Io { path: waiting, source })
    }

    fn waiting(&self, id: &TransactionId) -> PathBuf {
        self.directory.join("waiting").join(format!("{id}.json"))
    }
}

fn encode(path: &Path, value: &impl Serialize) -> Result<Vec<u8>, OutboxError> {
    serde_json::to_vec_pretty(value).map_err(|error| malformed(path, error))
}

fn malformed(path: &Path, reason: impl ToString) -> OutboxError {
    OutboxError::Malformed { path: path.to_owned(), reason: reason.to_string() }
}

fn read(path: &Path) -> Result<Entry, OutboxError> {
    let bytes = private_file::read(path, FILE_BYTES_MAX)?;
    let entry: Entry = serde_json::from_slice(&bytes).map_err(|error| malformed(path, error))?;
    let transaction = entry.transaction().map_err(|error| malformed(path, error))?;
    if Entry::of(&transaction, &entry.url) != entry {
        return Err(malformed(path, "it does not describe the transaction that it holds"));
    }
    Ok(entry)
}

fn create_private(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}
