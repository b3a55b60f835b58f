//! The engine's write-ahead log, made fit to be read before the engine opens it.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

/// Version and height, with which the file begins.
const HEADER_BYTES: u64 = 4 + 8;

/// Compression flag, length and checksum, with which an entry begins.
const ENTRY_HEADER_BYTES: usize = 1 + 8 + 4;

/// Cuts off a tail of zeros and puts the rest on disk as an earlier life left it.
///
/// A power cut may keep a file's new length and lose what was written there. The engine reads zeros
/// as entries of no bytes and would not start; it writes no such entry. Replay sends again what the
/// log holds, and does not sync it before.
///
/// # Errors
/// If the file is there and cannot be read, cut or synced.
pub fn prepare(path: &Path) -> io::Result<()> {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file?,
    };
    let length = file.metadata()?.len();
    let whole = end_of_entries(&file, length)?;
    if whole < length && is_zero(&file, whole, length)? {
        tracing::warn!(path = %path.display(), from = whole, "cutting empty bytes off the log");
        file.set_len(whole)?;
    }
    file.sync_all()
}

/// Where the first entry without bytes begins, or the first that is not whole.
fn end_of_entries(file: &File, length: u64) -> io::Result<u64> {
    let mut offset = HEADER_BYTES.min(length);
    let mut header = [0; ENTRY_HEADER_BYTES];
    while offset + ENTRY_HEADER_BYTES as u64 <= length {
        file.read_exact_at(&mut header, offset)?;
        let [_, bytes @ .., _, _, _, _] = header;
        let bytes = u64::from_be_bytes(bytes);
        let next = bytes.checked_add(offset + ENTRY_HEADER_BYTES as u64);
        match next.filter(|next| bytes > 0 && *next <= length) {
            Some(next) => offset = next,
            None => break,
        }
    }
    Ok(offset)
}

fn is_zero(file: &File, from: u64, to: u64) -> io::Result<bool> {
    let mut chunk = [0; 4096];
    let mut offset = from;
    while offset < to {
        let wanted = usize::try_from(to - offset).unwrap_or(usize::MAX).min(chunk.len());
        file.read_exact_at(&mut chunk[..wanted], offset)?;
        if chunk[..wanted].iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        offset += wanted as u64;
    }
    Ok(true)
}
