//! Complaints that the ledger does not have yet: one private file each, overwritten and removed as
//! soon as the nodes have the text.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_client::key_file::private_file::{self, PrivateFileError};
use minglian_ledger::deposit::{DEPOSIT_BYTES_MAX, OPENING_TEXT_BYTES_MAX, SALT_BYTES};
use minglian_ledger::transaction::TRANSACTION_BYTES_MAX;

/// Largest file in bytes.
const FILE_BYTES_MAX: u64 =
    (TRANSACTION_BYTES_MAX + DEPOSIT_BYTES_MAX + SALT_BYTES + OPENING_TEXT_BYTES_MAX + 64) as u64;

/// What stands before the names of complaints that are kept aside.
const ASIDE: &str = "refused-";

/// Most complaints that are kept aside; more stay among those that wait.
const ASIDE_MAX: usize = 256;

/// Why complaints cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// A directory or file.
    #[error("complaints in {path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file that is not private or cannot be written.
    #[error(transparent)]
    File(#[from] PrivateFileError),
    /// A file that no explorer wrote.
    #[error("{0} is not a complaint")]
    Malformed(PathBuf),
}

/// A complaint that is signed and not done yet.
#[derive(Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Entry {
    /// The signed act.
    pub transaction: Vec<u8>,
    /// The signed deposit of the text.
    pub deposit: Vec<u8>,
    /// The salt of the text's commitment.
    pub salt: [u8; SALT_BYTES],
    /// The text.
    pub text: String,
}

impl std::fmt::Debug for Entry {
    /// Salt and text are left out: what is printed cannot be erased.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Entry").finish_non_exhaustive()
    }
}

/// The directory.
#[derive(Debug)]
pub struct Spool(PathBuf);

impl Spool {
    /// Opens it, or makes it, and removes what an interrupted write left.
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub fn open(path: &Path) -> Result<Self, SpoolError> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        let failed = |source| SpoolError::Io { path: path.to_owned(), source };
        builder.recursive(true).create(path).map_err(failed)?;
        let spool = Self(path.to_owned());
        for file in fs::read_dir(path).map_err(failed)? {
            let file = file.map_err(failed)?.path();
            if file.extension().is_some() {
                wipe(&file).map_err(failed)?;
            }
        }
        Ok(spool)
    }

    /// Keeps a complaint; on disk when this returns. One that is there stays.
    ///
    /// # Errors
    /// [`SpoolError`].
    pub fn put(&self, name: &str, entry: &Entry) -> Result<(), SpoolError> {
        match private_file::create(&self.path(name), &self.encode(name, entry)?) {
            Ok(()) | Err(PrivateFileError::Exists(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts another signature in place of a complaint's.
    ///
    /// # Errors
    /// [`SpoolError`]; the old one is there then.
    pub fn replace(&self, name: &str, entry: &Entry) -> Result<(), SpoolError> {
        let path = self.path(name);
        let unfinished = path.with_extension("new");
        private_file::create(&unfinished, &self.encode(name, entry)?)?;
        fs::rename(&unfinished, &path).map_err(|source| SpoolError::Io { path, source })
    }

    /// What is kept under a name.
    ///
    /// # Errors
    /// [`SpoolError`].
    pub fn get(&self, name: &str) -> Result<Option<Entry>, SpoolError> {
        let path = self.path(name);
        match private_file::read(&path, FILE_BYTES_MAX) {
            Ok(bytes) => {
                let entry = borsh::from_slice(&bytes);
                entry.map(Some).map_err(|_| SpoolError::Malformed(path))
            }
            Err(PrivateFileError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whether something is kept under a name.
    pub fn contains(&self, name: &str) -> bool {
        self.path(name).is_file()
    }

    /// Keeps a complaint aside, where nothing sends it any more; false if too many are there.
    ///
    /// # Errors
    /// [`SpoolError::Io`]; it is where it was then.
    pub fn set_aside(&self, name: &str) -> Result<bool, SpoolError> {
        let is_aside = |name: &String| name.starts_with(ASIDE);
        if self.all_names()?.iter().filter(|name| is_aside(name)).count() >= ASIDE_MAX {
            return Ok(false);
        }
        let failed = |source| SpoolError::Io { path: self.path(name), source };
        fs::rename(self.path(name), self.aside(name)).map_err(failed)?;
        File::open(&self.0).and_then(|directory| directory.sync_all()).map_err(failed)?;
        Ok(true)
    }

    /// Whether a complaint is kept aside.
    pub fn is_set_aside(&self, name: &str) -> bool {
        self.aside(name).is_file()
    }

    /// The names of all that waits.
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub fn names(&self) -> Result<Vec<String>, SpoolError> {
        let mut names = self.all_names()?;
        names.retain(|name| !name.starts_with(ASIDE));
        Ok(names)
    }

    fn all_names(&self) -> Result<Vec<String>, SpoolError> {
        let failed = |source| SpoolError::Io { path: self.0.clone(), source };
        let mut names = Vec::new();
        for file in fs::read_dir(&self.0).map_err(failed)? {
            let name = file.map_err(failed)?.file_name();
            let name = name.to_string_lossy();
            if !name.contains('.') {
                names.push(name.into_owned());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Overwrites and removes what is kept under a name.
    ///
    /// # Errors
    /// [`SpoolError::Io`].
    pub fn erase(&self, name: &str) -> Result<(), SpoolError> {
        let path = self.path(name);
        wipe(&path).map_err(|source| SpoolError::Io { path, source })
    }

    fn encode(&self, name: &str, entry: &Entry) -> Result<Vec<u8>, SpoolError> {
        let failed = |source| SpoolError::Io { path: self.path(name), source };
        borsh::to_vec(entry).map_err(failed)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    fn aside(&self, name: &str) -> PathBuf {
        self.0.join(format!("{ASIDE}{name}"))
    }
}

/// Overwrites a file with zeros before its name goes. A file that is not there is no error.
fn wipe(path: &Path) -> io::Result<()> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        opened => opened?,
    };
    let length = file.metadata()?.len().min(FILE_BYTES_MAX);
    file.write_all(&vec![0; usize::try_from(length).unwrap_or(0)])?;
    file.sync_all()?;
    fs::remove_file(path)?;
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}
