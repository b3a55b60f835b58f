//! Removing a file so that little of it is left: its bytes are overwritten before its name goes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

/// Bytes written at a time.
const BLOCK_BYTES: usize = 64 * 1024;

/// Overwrites a file with zeros, waits until that is on disk, and removes it; `false` if it was not
/// there. A file system that copies on write, or a disk that spreads its writes, may keep what was
/// there until it reuses the place.
///
/// # Errors
/// The file cannot be written or removed.
pub fn wipe(path: &Path) -> io::Result<bool> {
    let mut file = match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        opened => opened?,
    };
    let mut left = file.metadata()?.len();
    let zeros = [0; BLOCK_BYTES];
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(BLOCK_BYTES).min(BLOCK_BYTES);
        file.write_all(&zeros[..now])?;
        left -= now as u64;
    }
    file.sync_all()?;
    drop(file);
    fs::remove_file(path)?;
    if let Some(directory) = path.parent() {
        File::open(directory)?.sync_all()?;
    }
    Ok(true)
}
