//! Copying a database that nobody writes, file by file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::StoreError;

/// Copies the files of `from` into the new directory `to`; on disk when this returns.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::create_dir(to).map_err(failed(to))?;
    for file in files(from)? {
        if let Some(name) = file.file_name() {
            copy_file(&file, &to.join(name))?;
        }
    }
    sync_directory(to)
}

/// Gives every file of `directory` bytes of its own.
pub(super) fn unshare(directory: &Path) -> Result<(), StoreError> {
    for file in files(directory)? {
        let own = file.with_extension("own");
        copy_file(&file, &own)?;
        fs::rename(&own, &file).map_err(failed(&file))?;
    }
    sync_directory(directory)
}

fn files(directory: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = fs::read_dir(directory).map_err(failed(directory))?;
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| Ok(entry?.path())).collect();
    let mut paths = paths.map_err(failed(directory))?;
    paths.retain(|path| path.is_file());
    Ok(paths)
}

fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::copy(from, to).map_err(failed(from))?;
    File::open(to).and_then(|file| file.sync_all()).map_err(failed(to))
}

fn sync_directory(directory: &Path) -> Result<(), StoreError> {
    File::open(directory).and_then(|file| file.sync_all()).map_err(failed(directory))
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> StoreError + '_ {
    move |source| StoreError::File { path: path.to_owned(), source }
}
