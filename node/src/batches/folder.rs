//! Files of batches on disk: a directory a batch, named by it, that only this user can read. A file
//! has its name once it is whole.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use minglian_ledger::subsidy::domain::BatchId;

/// Ends the name of a file that is being written.
const PARTIAL: &str = "partial";

/// Directories of batches below one.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// One file is written at a time, so that no two writers share a partial one.
    writing: Mutex<()>,
}

fn directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

impl Folder {
    /// Opens the directory `root`, creating it.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(root: &Path) -> io::Result<Self> {
        directory(root)?;
        Ok(Self { root: root.to_owned(), writing: Mutex::default() })
    }

    /// The batches that have a directory. What is no batch's is left alone.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn batches(&self) -> io::Result<Vec<BatchId>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.root)? {
            let name = entry?.file_name();
            found.extend(name.to_str().and_then(|name| name.parse::<BatchId>().ok()));
        }
        Ok(found)
    }

    /// Writes a file of a batch; on disk when this returns.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, batch: &BatchId, name: &str, bytes: &[u8]) -> io::Result<()> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = self.root.join(batch.to_string());
        directory(&folder)?;
        let path = folder.join(name);
        let partial = path.with_extension(PARTIAL);
        let mut file = File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, &path)?;
        File::open(&folder)?.sync_all()
    }

    /// A file of a batch, at most `bytes_max` of it; none if it is not there or larger.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn read(
        &self,
        batch: &BatchId,
        name: &str,
        bytes_max: usize,
    ) -> io::Result<Option<Vec<u8>>> {
        let file = match File::open(self.path(batch, name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        let mut bytes = Vec::new();
        file.take((bytes_max as u64).saturating_add(1)).read_to_end(&mut bytes)?;
        Ok((bytes.len() <= bytes_max).then_some(bytes))
    }

    /// Bytes of a file of a batch; none if it is not there.
    pub fn size(&self, batch: &BatchId, name: &str) -> Option<u64> {
        fs::metadata(self.path(batch, name)).ok().map(|found| found.len())
    }

    /// Removes a file of a batch.
    ///
    /// # Errors
    /// It is there and cannot be removed.
    pub fn remove(&self, batch: &BatchId, name: &str) -> io::Result<()> {
        unless_absent(fs::remove_file(self.path(batch, name)))
    }

    /// Removes all files of a batch.
    ///
    /// # Errors
    /// They are there and cannot be removed.
    pub fn remove_batch(&self, batch: &BatchId) -> io::Result<()> {
        unless_absent(fs::remove_dir_all(self.root.join(batch.to_string())))
    }

    fn path(&self, batch: &BatchId, name: &str) -> PathBuf {
        self.root.join(batch.to_string()).join(name)
    }
}

fn unless_absent(done: io::Result<()>) -> io::Result<()> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}
