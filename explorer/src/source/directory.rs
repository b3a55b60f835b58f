//! A directory of blocks: files `blocks-HEIGHT.bin`, named by the first height in them, of
//! certified blocks each behind its length (4 bytes, little endian), as `minglian audit export`
//! writes them. Files appear and grow while they are read; what is half written is waited for. The
//! manifest is not read: blocks prove themselves.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use minglian_client::wire::{CertifiedBlock, FRAME_LENGTH_BYTES};
use minglian_ledger::block::BLOCK_BYTES_MAX;
use minglian_ledger::height::Height;

/// Largest encoded block with its certificate, with room: the decoder bounds it exactly.
const FRAME_BYTES_MAX: usize = BLOCK_BYTES_MAX + 64 * 1024;

/// Most bytes of blocks that are given at once, beside the first.
const GIVEN_BYTES_MAX: usize = 32 * 1024 * 1024;

/// Why the directory gives nothing.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// A file or the directory cannot be read.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file holds what is no block.
    #[error("{path}: no block stands at byte {offset}: {reason}")]
    Content {
        /// Which.
        path: PathBuf,
        /// Where.
        offset: u64,
        /// What is wrong.
        reason: String,
    },
}

/// A place in a file: where the block of a height begins.
#[derive(Debug, Clone)]
struct Place {
    first: Height,
    height: Height,
    offset: u64,
}

/// A directory that is read forward.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// Where reading ended, so that a file is not walked from its beginning each time.
    place: Option<Place>,
}

impl Directory {
    /// Reads the directory at `path`, which may come later.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), place: None }
    }

    /// The files by the first height in them.
    fn files(&self) -> Result<BTreeMap<Height, PathBuf>, DirectoryError> {
        let wrong = |source| DirectoryError::File { path: self.path.clone(), source };
        let mut files = BTreeMap::new();
        for entry in std::fs::read_dir(&self.path).map_err(wrong)? {
            let entry = entry.map_err(wrong)?;
            let name = entry.file_name();
            let number = name.to_str().and_then(|name| name.strip_prefix("blocks-"));
            let number = number.and_then(|name| name.strip_suffix(".bin"));
            if let Some(first) = number.and_then(|number| number.parse().ok()) {
                files.insert(Height(first), entry.path());
            }
        }
        Ok(files)
    }

    /// The last whole block.
    ///
    /// # Errors
    /// [`DirectoryError`].
    pub fn last(&mut self) -> Result<Option<CertifiedBlock>, DirectoryError> {
        // A file whose first block is not whole yet has none.
        for (first, path) in self.files()?.into_iter().rev() {
            let mut frames = Frames::open(&path, 0)?;
            let (mut count, mut last) = (0, None);
            while let Some(frame) = frames.next()? {
                (count, last) = (count + 1, Some(frame));
            }
            if let Some(frame) = last {
                let height = Height(first.0.saturating_add(count - 1));
                return frames.block(&frame, height).map(Some);
            }
        }
        Ok(None)
    }

    /// Whole blocks from `from` on, at most `limit`.
    ///
    /// # Errors
    /// [`DirectoryError`] if what stands there is no block; it is read again when asked again.
    pub fn blocks(
        &mut self,
        from: Height,
        limit: usize,
    ) -> Result<Vec<CertifiedBlock>, DirectoryError> {
        let files = self.files()?;
        let Some((first, path)) = files.range(..=from).next_back() else { return Ok(Vec::new()) };
        let start = Place { first: *first, height: *first, offset: 0 };
        let known = self.place.take().filter(|place| place.first == *first && place.height <= from);
        let mut place = known.unwrap_or_else(|| start.clone());
        let mut frames = Frames::open(path, place.offset)?;
        if frames.length < place.offset {
            // Another file came under the name.
            (place, frames) = (start, Frames::open(path, 0)?);
        }
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        while blocks.len() < limit && bytes < GIVEN_BYTES_MAX {
            let Some(frame) = frames.next()? else { break };
            if place.height >= from {
                bytes += frame.bytes.len();
                blocks.push(frames.block(&frame, place.height)?);
            }
            place.height = place.height.next();
            place.offset = frames.offset;
        }
        self.place = Some(place);
        Ok(blocks)
    }
}

/// Bytes behind a length, and where they stand.
struct Frame {
    offset: u64,
    bytes: Vec<u8>,
}

/// The whole frames of a file.
struct Frames<'a> {
    path: &'a Path,
    file: BufReader<File>,
    offset: u64,
    length: u64,
}

impl<'a> Frames<'a> {
    /// Reads from `offset` on.
    fn open(path: &'a Path, offset: u64) -> Result<Self, DirectoryError> {
        let open = || -> io::Result<Self> {
            let mut file = File::open(path)?;
            let length = file.metadata()?.len();
            io::Seek::seek(&mut file, io::SeekFrom::Start(offset))?;
            Ok(Self { path, file: BufReader::new(file), offset, length })
        };
        open().map_err(|source| DirectoryError::File { path: path.to_owned(), source })
    }

    /// The next whole frame; none where the file ends, also inside a frame.
    fn next(&mut self) -> Result<Option<Frame>, DirectoryError> {
        let head = FRAME_LENGTH_BYTES as u64;
        let rest = self.length.saturating_sub(self.offset);
        if rest < head {
            return Ok(None);
        }
        let mut length = [0; FRAME_LENGTH_BYTES];
        self.fill(&mut length)?;
        let bytes = u32::from_le_bytes(length) as usize;
        if bytes == 0 {
            // Room that whoever copies the file has taken and not filled yet.
            return Ok(None);
        }
        if bytes > FRAME_BYTES_MAX {
            return Err(self.no_block(self.offset, format!("a length of {bytes} bytes")));
        }
        if rest - head < bytes as u64 {
            return Ok(None);
        }
        let mut frame = Frame { offset: self.offset, bytes: vec![0; bytes] };
        self.fill(&mut frame.bytes)?;
        self.offset += head + bytes as u64;
        Ok(Some(frame))
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), DirectoryError> {
        let read = self.file.read_exact(bytes);
        read.map_err(|source| DirectoryError::File { path: self.path.to_owned(), source })
    }

    fn block(&self, frame: &Frame, height: Height) -> Result<CertifiedBlock, DirectoryError> {
        let block = CertifiedBlock::decode(&frame.bytes)
            .map_err(|error| self.no_block(frame.offset, error.to_string()))?;
        let found = block.block.header.height;
        if found != height {
            let reason = format!("block {found} where block {height} should stand");
            return Err(self.no_block(frame.offset, reason));
        }
        Ok(block)
    }

    fn no_block(&self, offset: u64, reason: String) -> DirectoryError {
        DirectoryError::Content { path: self.path.to_owned(), offset, reason }
    }
}
