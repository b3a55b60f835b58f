//! The directory that keeps the verified ledger over restarts.
//!
//! Each ledger that is begun there has a database of its own, under the next number, so that it
//! stands before the one that it replaces is removed; the highest number is in use. Nothing else
//! in the directory is touched.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use minglian_contracts::replica::kept::{KeptError, KeptReplica};
use minglian_ledger::genesis::Genesis;

/// With what the names of databases begin.
const PREFIX: &str = "verified-";

/// The file that is locked by the explorer that has the directory.
const LOCK: &str = "lock";

/// How long an explorer that ends has for letting go of the directory: one that is started again at
/// once waits for it.
const PATIENCE: Duration = Duration::from_secs(3);

/// How often it is tried meanwhile.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Why a verified ledger is not kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The directory.
    #[error("the directory of the verified ledger, {path}: {source}")]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another explorer has it.
    #[error("another explorer keeps its verified ledger in {0}; each needs a directory of its own")]
    Taken(PathBuf),
    /// The ledger in it.
    #[error("the verified ledger in {path}: {source}")]
    Ledger {
        /// The directory.
        path: PathBuf,
        /// Why.
        source: Box<KeptError>,
    },
}

impl KeepError {
    /// Whether the ledger in it cannot be used and has to be verified from the genesis again.
    pub fn is_unusable(&self) -> bool {
        matches!(self, Self::Ledger { source, .. } if source.is_unusable())
    }
}

/// Where the ledger of the index at `index` is kept.
pub fn directory(index: &Path) -> PathBuf {
    let mut name = index.as_os_str().to_owned();
    name.push(".ledger");
    name.into()
}

/// The directory.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// The number of the database in use; 0 if there is none.
    number: u64,
    /// Locked as long as this is there.
    _lock: File,
}

impl Directory {
    /// Opens the directory, which is made if it is not there, for this explorer alone.
    ///
    /// # Errors
    /// [`KeepError::Directory`], [`KeepError::Taken`].
    pub fn open(path: &Path) -> Result<Self, KeepError> {
        fs::create_dir_all(path).map_err(failed(path))?;
        let lock = File::create(path.join(LOCK)).map_err(failed(path))?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match lock.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    std::thread::sleep(LOOK_INTERVAL);
                }
                Err(TryLockError::WouldBlock) => return Err(KeepError::Taken(path.to_owned())),
                Err(TryLockError::Error(error)) => return Err(failed(path)(error)),
            }
        }
        let mut directory = Self { path: path.to_owned(), number: 0, _lock: lock };
        directory.number = directory.numbers()?.into_iter().max().unwrap_or(0);
        Ok(directory)
    }

    /// The ledger that is kept, where it stood; none if there is none of this genesis, or what is
    /// there is damaged, which the log says.
    ///
    /// # Errors
    /// [`KeepError`] if the disk does not give it.
    pub fn resume(&self, genesis: &Genesis) -> Result<Option<KeptReplica>, KeepError> {
        if self.number == 0 {
            return Ok(None);
        }
        match KeptReplica::resume(&self.database(self.number), genesis) {
            Ok(replica) => Ok(Some(replica)),
            Err(error) if error.is_unusable() => {
                let directory = self.path.display();
                tracing::error!(%error, %directory, "the kept ledger cannot be used");
                Ok(None)
            }
            Err(source) => Err(self.failed(source)),
        }
    }

    /// Begins a ledger at the genesis, which takes the place of the one that is kept. That one is
    /// removed by [`Directory::sweep`], when nobody has it open any more.
    ///
    /// # Errors
    /// [`KeepError`]; the one that is kept stays then.
    pub fn begin(&mut self, genesis: &Genesis) -> Result<KeptReplica, KeepError> {
        let number = self.number.saturating_add(1);
        let path = self.database(number);
        let begun = KeptReplica::create(&path, genesis).map_err(|source| self.failed(source));
        if begun.is_err() && path.exists() {
            fs::remove_dir_all(&path).map_err(failed(&path))?;
        }
        let begun = begun?;
        self.number = number;
        Ok(begun)
    }

    /// Removes the databases that are not in use.
    ///
    /// # Errors
    /// [`KeepError::Directory`].
    pub fn sweep(&self) -> Result<(), KeepError> {
        for number in self.numbers()?.into_iter().filter(|number| *number != self.number) {
            let path = self.database(number);
            fs::remove_dir_all(&path).map_err(failed(&path))?;
        }
        Ok(())
    }

    /// Names the directory in what went wrong with its ledger.
    pub(super) fn failed(&self, source: KeptError) -> KeepError {
        KeepError::Ledger { path: self.path.clone(), source: Box::new(source) }
    }

    fn database(&self, number: u64) -> PathBuf {
        self.path.join(format!("{PREFIX}{number}"))
    }

    fn numbers(&self) -> Result<Vec<u64>, KeepError> {
        let mut numbers = Vec::new();
        for entry in fs::read_dir(&self.path).map_err(failed(&self.path))? {
            let name = entry.map_err(failed(&self.path))?.file_name();
            let number =
                name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.parse::<u64>().ok());
            numbers.extend(number.filter(|number| *number > 0));
        }
        Ok(numbers)
    }
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> KeepError + '_ {
    move |source| KeepError::Directory { path: path.to_owned(), source }
}
