//! Taking the whole ledger from a node into a directory.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::path::Path;

use indicatif::ProgressBar;
use minglian_client::Client;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::height::Height;

use super::{AuditError, BLOCKS_PER_FILE, FileEntry, MANIFEST, file_error, manifest};

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The last height.
    pub height: Height,
    /// Files written, the manifest included.
    pub files: usize,
}

/// Writes every block of the node at `client` up to its present tip into `directory`, which must be
/// absent or empty.
///
/// # Errors
/// [`AuditError`]; what was written stays, and lacks its manifest.
pub async fn export(
    client: &Client,
    directory: &Path,
    progress: &ProgressBar,
) -> Result<Exported, AuditError> {
    let occupied = fs::read_dir(directory).is_ok_and(|mut list| list.next().is_some());
    if occupied {
        let source = std::io::Error::other("the directory is not empty; name a new one");
        return Err(AuditError::File { path: directory.to_owned(), source });
    }
    fs::create_dir_all(directory).map_err(file_error(directory))?;
    let tip = client.latest_header().await?.header;
    progress.set_length(tip.height.0);
    let mut feed = client.block_feed(Height(1));
    let mut files = Vec::new();
    let mut next = Height(1);
    while next <= tip.height {
        let last = Height(tip.height.0.min(next.0.saturating_add(BLOCKS_PER_FILE - 1)));
        let path = directory.join(FileEntry::name(next));
        let mut writer = HashingWriter::create(&path)?;
        for height in next.0..=last.0 {
            let block = feed.next().await?.ok_or_else(|| {
                AuditError::Node(format!("no block {height}, although its tip is {}", tip.height))
            })?;
            let bytes = block.encode().map_err(file_error(&path))?;
            writer.write_framed(&bytes).map_err(file_error(&path))?;
            progress.inc(1);
        }
        let hash = writer.finish().map_err(file_error(&path))?;
        files.push(FileEntry { first: next, last, hash });
        next = last.next();
    }
    let path = directory.join(MANIFEST);
    fs::write(&path, manifest(&tip.chain_id, &files)).map_err(file_error(&path))?;
    Ok(Exported { height: tip.height, files: files.len() + 1 })
}

/// A file that is hashed as it is written.
struct HashingWriter {
    file: BufWriter<File>,
    hasher: blake3::Hasher,
}

impl HashingWriter {
    fn create(path: &Path) -> Result<Self, AuditError> {
        let file = BufWriter::new(File::create_new(path).map_err(file_error(path))?);
        let hasher = blake3::Hasher::new_derive_key(AttachmentHash::CONTEXT);
        Ok(Self { file, hasher })
    }

    fn write_framed(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(std::io::Error::other)?.to_le_bytes();
        for part in [&length[..], bytes] {
            self.hasher.update(part);
            self.file.write_all(part)?;
        }
        Ok(())
    }

    fn finish(mut self) -> std::io::Result<AttachmentHash> {
        self.file.flush()?;
        self.file.get_ref().sync_all()?;
        Ok(AttachmentHash(*self.hasher.finalize().as_bytes()))
    }
}
