//! Files that only their owner may read and write.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

/// Why a private file was not written or not read.
#[derive(Debug, thiserror::Error)]
pub enum PrivateFileError {
    /// The file system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The refusal.
        source: io::Error,
    },
    /// A file is there already, and is never overwritten.
    #[error("{0} exists already and is not overwritten")]
    Exists(PathBuf),
    /// A directory or a device.
    #[error("{0} is not a regular file")]
    NotAFile(PathBuf),
    /// Others than the owner have rights, or it can be executed.
    #[error("{path} has permissions {mode:04o}; it must not have more than 0600 (chmod 600)")]
    Permissions {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// Larger than such a file can be.
    #[error("{path} is larger than {bytes_max} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The largest size.
        bytes_max: u64,
    },
}

/// Creates a file with permissions 0600 and writes it to the disk. A file that could not be written
/// completely is removed.
pub fn create(path: &Path, content: &[u8]) -> Result<(), PrivateFileError> {
    let failed = |source: io::Error| PrivateFileError::Io { path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(PrivateFileError::Exists(path.to_owned()));
        }
        Err(error) => return Err(failed(error)),
    };
    if let Err(error) = file.write_all(content).and_then(|()| file.sync_all()) {
        // The first error is the one to tell.
        let _ = fs::remove_file(path);
        return Err(failed(error));
    }
    sync_directory(path).map_err(failed)
}

/// Puts `content` in the place of the file at `path`, which may be there or not. Whatever
/// interrupts it, the old file is there whole or the new one is. One process at a time.
///
/// # Errors
/// [`PrivateFileError`]; the old file is there then.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), PrivateFileError> {
    let failed = |source: io::Error| PrivateFileError::Io { path: path.to_owned(), source };
    let mut unfinished = path.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        // What an interrupted write left says nothing that counts.
        _ => {}
    }
    create(&unfinished, content)?;
    fs::rename(&unfinished, path).map_err(failed)?;
    sync_directory(path).map_err(failed)
}

/// Reads a file of at most `bytes_max` bytes that only its owner may read.
pub fn read(path: &Path, bytes_max: u64) -> Result<Zeroizing<Vec<u8>>, PrivateFileError> {
    let failed = |source| PrivateFileError::Io { path: path.to_owned(), source };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(PrivateFileError::NotAFile(path.to_owned()));
    }
    check_permissions(path, &metadata)?;
    // Large enough from the start, so that no copy of a secret stays behind when it grows.
    let capacity = usize::try_from(metadata.len().min(bytes_max)).unwrap_or(0) + 2;
    let mut content = Zeroizing::new(Vec::with_capacity(capacity));
    file.take(bytes_max + 1).read_to_end(&mut content).map_err(failed)?;
    if content.len() as u64 > bytes_max {
        return Err(PrivateFileError::TooLarge { path: path.to_owned(), bytes_max });
    }
    Ok(content)
}

#[cfg(unix)]
fn check_permissions(path: &Path, metadata: &fs::Metadata) -> Result<(), PrivateFileError> {
    use std::os::unix::fs::PermissionsExt as _;

    let mode = metadata.permissions().mode() & 0o777;
    if mode & !0o600 == 0 {
        Ok(())
    } else {
        Err(PrivateFileError::Permissions { path: path.to_owned(), mode })
    }
}

#[cfg(not(unix))]
fn check_permissions(_: &Path, _: &fs::Metadata) -> Result<(), PrivateFileError> {
    Ok(())
}

fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => File::open(".")?.sync_all(),
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}
