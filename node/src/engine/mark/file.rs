//! The mark's file: a header with the key, then slots of one fixed size, synced before an append
//! returns. A slot holds a record's length, the record, and zeros; the fixed size is what
//! tells a record cut short by a crash, which only the end of the file can hold, from damage.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::height::Height;
use minglian_ledger::keys::{self, PublicKey, Signature};

use crate::engine::mark::{MarkError, Position};

const HEADER_LINE: &[u8] = b"minglian/signer-mark/v1\n";
const HEADER_BYTES: usize = HEADER_LINE.len() + 32;
const LENGTH_BYTES: usize = 2;
const SLOT_BYTES: usize = 320;

/// Length in bytes from which the file is written anew when a height begins. It stays far below
/// what a start would notice.
const LONG_BYTES: u64 = 512 * 1024;

/// One fact on disk.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub(super) enum Record {
    /// A signature, which is the checksum of its message: it verifies, or the record is damaged.
    Signed {
        /// Where.
        position: Position,
        /// The bytes signed.
        message: Vec<u8>,
        /// The signature over them.
        signature: Signature,
        /// The position again: the signature does not cover it.
        again: Position,
    },
    /// Nothing may be signed up to this height.
    Barred {
        /// The height.
        height: Height,
        /// Its complement, as a checksum.
        complement: u64,
    },
}

impl Record {
    /// The record of one signature.
    pub(super) fn signed(position: Position, message: &[u8], signature: Signature) -> Self {
        Self::Signed { position, message: message.to_owned(), signature, again: position }
    }

    /// The record that bars everything up to `height`.
    pub(super) fn barred(height: Height) -> Self {
        Self::Barred { height, complement: !height.0 }
    }

    fn is_sound(&self, key: &PublicKey) -> bool {
        match self {
            Self::Signed { position, message, signature, again } => {
                position == again && keys::verify(key, message, signature).is_ok()
            }
            Self::Barred { height, complement } => *complement == !height.0,
        }
    }
}

/// The open, locked file.
#[derive(Debug)]
pub(super) struct MarkFile {
    path: PathBuf,
    key: PublicKey,
    file: File,
    bytes: u64,
}

impl MarkFile {
    /// Writes a new file for `key` that bars everything up to `barred`, in one step: whoever reads
    /// `path` sees the old file or the whole new one.
    pub(super) fn write_new(
        path: &Path,
        key: PublicKey,
        barred: Height,
    ) -> Result<Self, MarkError> {
        let disk = |error| MarkError::Disk { path: path.to_owned(), error };
        let temporary = path.with_extension("new");
        let mut content = [HEADER_LINE, &key.0].concat();
        if barred > Height::GENESIS {
            content.extend_from_slice(&slot(&Record::barred(barred)).map_err(disk)?);
        }
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(true)
            .open(&temporary)
            .map_err(disk)?;
        lock(&file, path)?;
        file.write_all(&content).map_err(disk)?;
        file.sync_all().map_err(disk)?;
        std::fs::rename(&temporary, path).map_err(disk)?;
        sync_directory(path).map_err(disk)?;
        Ok(Self { path: path.to_owned(), key, file, bytes: content.len() as u64 })
    }

    /// Opens the file for `key` and reads its records.
    pub(super) fn open(path: &Path, key: PublicKey) -> Result<(Self, Vec<Record>), MarkError> {
        let disk = |error| MarkError::Disk { path: path.to_owned(), error };
        let mut file = match OpenOptions::new().read(true).write(true).open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(MarkError::Missing(path.to_owned()));
            }
            Err(error) => return Err(disk(error)),
        };
        lock(&file, path)?;
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(disk)?;
        let damaged =
            |offset: usize| MarkError::Damaged { path: path.to_owned(), offset: offset as u64 };
        let header = content.get(..HEADER_BYTES).ok_or_else(|| damaged(content.len()))?;
        let found = header.strip_prefix(HEADER_LINE).ok_or_else(|| damaged(0))?;
        let found = PublicKey(found.try_into().map_err(|_| damaged(0))?);
        if found != key {
            return Err(MarkError::OtherKey { path: path.to_owned(), found, expected: key });
        }
        let (records, end) = read_records(&content, &key).map_err(damaged)?;
        if end < content.len() {
            // Cut short by a crash: its signature was never released.
            file.set_len(end as u64).map_err(disk)?;
            file.sync_all().map_err(disk)?;
            io::Seek::seek(&mut file, io::SeekFrom::End(0)).map_err(disk)?;
        }
        Ok((Self { path: path.to_owned(), key, file, bytes: end as u64 }, records))
    }

    /// Appends records and waits for the disk, once.
    pub(super) fn append(&mut self, records: &[Record]) -> Result<(), MarkError> {
        let write = |file: &mut File| -> io::Result<usize> {
            let slots: Vec<Vec<u8>> = records.iter().map(slot).collect::<io::Result<_>>()?;
            let bytes = slots.concat();
            file.write_all(&bytes)?;
            file.sync_data()?;
            Ok(bytes.len())
        };
        match write(&mut self.file) {
            Ok(bytes) => {
                self.bytes = self.bytes.saturating_add(bytes as u64);
                Ok(())
            }
            Err(error) => Err(MarkError::Disk { path: self.path.clone(), error }),
        }
    }

    /// Whether the file should be written anew when a height begins.
    pub(super) fn is_long(&self) -> bool {
        self.bytes > LONG_BYTES
    }

    /// The key it belongs to.
    pub(super) fn key(&self) -> PublicKey {
        self.key
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

/// The slot that holds `record`.
fn slot(record: &Record) -> io::Result<Vec<u8>> {
    let bytes = borsh::to_vec(record)?;
    if bytes.len() > SLOT_BYTES - LENGTH_BYTES {
        return Err(io::Error::other(format!("a record of {} bytes fits no slot", bytes.len())));
    }
    let length = u16::try_from(bytes.len()).map_err(io::Error::other)?;
    let mut slot = [length.to_be_bytes().as_slice(), &bytes].concat();
    slot.resize(SLOT_BYTES, 0);
    Ok(slot)
}

/// The record in `slot`, or none if it is damaged.
fn read_slot(slot: &[u8; SLOT_BYTES], key: &PublicKey) -> Option<Record> {
    let (length, rest) = slot.split_first_chunk::<LENGTH_BYTES>()?;
    let (bytes, padding) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    let record = borsh::from_slice::<Record>(bytes).ok()?;
    let sound = padding.iter().all(|byte| *byte == 0) && record.is_sound(key);
    sound.then_some(record)
}

/// The records and where they end, or where the file is damaged.
fn read_records(content: &[u8], key: &PublicKey) -> Result<(Vec<Record>, usize), usize> {
    let mut records = Vec::new();
    let mut offset = HEADER_BYTES;
    let content = without_empty_slots(content);
    while let Some((slot, _)) =
        content.get(offset..).and_then(|rest| rest.split_first_chunk::<SLOT_BYTES>())
    {
        records.push(read_slot(slot, key).ok_or(offset)?);
        offset += SLOT_BYTES;
    }
    Ok((records, offset))
}

/// `content` without empty slots at its end: a power cut may keep a file's new length and lose what
/// was written there. No record is empty, and one that was not synced has not left.
fn without_empty_slots(mut content: &[u8]) -> &[u8] {
    let torn = content.len().saturating_sub(HEADER_BYTES) % SLOT_BYTES;
    content = &content[..content.len() - torn];
    while content.len() > HEADER_BYTES
        && let Some((rest, last)) = content.split_last_chunk::<SLOT_BYTES>()
        && last.iter().all(|byte| *byte == 0)
    {
        content = rest;
    }
    content
}

fn lock(file: &File, path: &Path) -> Result<(), MarkError> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(MarkError::Locked(path.to_owned())),
        Err(TryLockError::Error(error)) => Err(MarkError::Disk { path: path.to_owned(), error }),
    }
}

fn sync_directory(path: &Path) -> io::Result<()> {
    match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) => File::open(parent)?.sync_all(),
        None => File::open(".")?.sync_all(),
    }
}
