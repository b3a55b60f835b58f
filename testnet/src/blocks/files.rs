//! Files of certified blocks, as `minglian audit export` writes them and an explorer follows them:
//! `blocks-HEIGHT.bin` by the first height in it, each block behind its length. The manifest, which
//! no explorer reads, is left out.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use minglian_client::wire::{CertifiedBlock, push_frame};
use minglian_ledger::height::Height;

/// Blocks in one file.
const BLOCKS_PER_FILE: u64 = 1_000;

/// A directory that is being written.
#[derive(Debug)]
pub struct BlockFiles {
    directory: PathBuf,
    file: Option<BufWriter<File>>,
}

impl BlockFiles {
    /// Writes into `directory`.
    pub fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), file: None }
    }

    /// Appends the next block; the first one is block 1.
    pub fn append(&mut self, certified: &CertifiedBlock) -> anyhow::Result<()> {
        let height = certified.block.header.height;
        if (height.0 - 1).is_multiple_of(BLOCKS_PER_FILE) {
            self.end()?;
            self.file = Some(self.begin(height)?);
        }
        let mut frame = Vec::new();
        push_frame(&mut frame, &certified.encode()?);
        let file = self.file.as_mut().context("the first block is not block 1")?;
        Ok(file.write_all(&frame)?)
    }

    fn begin(&self, first: Height) -> anyhow::Result<BufWriter<File>> {
        let path = self.directory.join(format!("blocks-{:012}.bin", first.0));
        let file = File::create_new(&path);
        Ok(BufWriter::new(file.with_context(|| format!("creating {}", path.display()))?))
    }

    /// Brings what was written to the disk.
    pub fn end(&mut self) -> anyhow::Result<()> {
        if let Some(mut file) = self.file.take() {
            file.flush()?;
            file.get_ref().sync_all()?;
        }
        Ok(())
    }
}
