//! Checking an export with nothing but the genesis: bytes, log root, certificates, signatures,
//! execution, state root, and that the book balances.

use std::fs;
use std::path::Path;

use indicatif::ProgressBar;
use minglian_client::wire::CertifiedBlock;
use minglian_contracts::invariants::{self, BookTotals};
use minglian_contracts::replica::Replica;
use minglian_ledger::block::Header;
use minglian_ledger::genesis::Genesis;
use minglian_ledger::hash::AttachmentHash;
use minglian_ledger::height::Height;
use rand::rngs::OsRng;

use super::{AuditError, FILE_BYTES_MAX, FileEntry, MANIFEST, file_error, manifest};

/// What a whole, correct ledger holds.
#[derive(Debug, Clone)]
pub struct Verified {
    /// The last header.
    pub header: Header,
    /// Transactions, applied and refused.
    pub transactions: u64,
    /// Of these, refused.
    pub refused: u64,
    /// The book.
    pub totals: BookTotals,
}

/// Verifies the export in `directory` against `genesis`.
///
/// # Errors
/// [`AuditError`] that names the first thing that is wrong.
pub fn verify(
    directory: &Path,
    genesis: &Genesis,
    progress: &ProgressBar,
) -> Result<Verified, AuditError> {
    let mut run = Run {
        replica: Replica::new(genesis).map_err(|error| AuditError::Genesis(Box::new(error)))?,
        transactions: 0,
        refused: 0,
    };
    let mut files = Vec::new();
    let mut names = vec![MANIFEST.to_owned()];
    loop {
        let first = run.replica.header().height.next();
        let path = directory.join(FileEntry::name(first));
        if !path.exists() {
            break;
        }
        let hash = run.file(&path, progress)?;
        let last = run.replica.header().height;
        names.push(FileEntry::name(first));
        files.push(FileEntry { first, last, hash });
    }
    let path = directory.join(MANIFEST);
    let expected = manifest(&run.replica.header().chain_id, &files);
    let found = fs::read(&path).map_err(file_error(&path))?;
    if let Some(offset) = first_difference(expected.as_bytes(), &found) {
        let reason = MANIFEST_DIFFERS.to_owned();
        return Err(AuditError::Damaged { path, offset, reason });
    }
    refuse_strangers(directory, &names)?;
    let header = run.replica.header().clone();
    let totals = invariants::check_book(run.replica.state()).map_err(|violation| {
        AuditError::Book { height: header.height, source: Box::new(violation) }
    })?;
    Ok(Verified { header, transactions: run.transactions, refused: run.refused, totals })
}

const MANIFEST_DIFFERS: &str =
    "the manifest is not the one that follows from the blocks 清单与区块不符";

const STRANGER: &str = "the file is not part of the ledger that precedes it 该文件不属于此前的账本";

struct Run {
    replica: Replica,
    transactions: u64,
    refused: u64,
}

impl Run {
    fn file(&mut self, path: &Path, progress: &ProgressBar) -> Result<AttachmentHash, AuditError> {
        let length = fs::metadata(path).map_err(file_error(path))?.len();
        let damaged = |offset: usize, reason: String| AuditError::Damaged {
            path: path.to_owned(),
            offset: offset as u64,
            reason,
        };
        if length == 0 || length > FILE_BYTES_MAX {
            return Err(damaged(0, format!("a block file of {length} bytes 区块文件大小不符")));
        }
        let bytes = fs::read(path).map_err(file_error(path))?;
        let mut offset = 0;
        while offset < bytes.len() {
            let next = self.replica.header().height.next();
            let framed = bytes
                .get(offset..)
                .and_then(|rest| rest.split_first_chunk::<4>())
                .and_then(|(length, rest)| rest.get(..u32::from_le_bytes(*length) as usize));
            let Some(encoded) = framed else {
                return Err(damaged(offset, format!("block {next} is cut short 区块不完整")));
            };
            let block = CertifiedBlock::decode(encoded)
                .map_err(|error| damaged(offset, format!("block {next}: {error} 区块无法解析")))?;
            let Some(certificate) = &block.certificate else {
                return Err(damaged(
                    offset,
                    format!("block {next} has no certificate 区块缺少共识证书"),
                ));
            };
            let replayed =
                self.replica.apply(&block.block, certificate, &mut OsRng).map_err(|source| {
                    AuditError::Block { path: path.to_owned(), source: Box::new(source) }
                })?;
            let receipts = &replayed.executed.receipts;
            self.transactions += receipts.len() as u64;
            self.refused += receipts.iter().filter(|receipt| !receipt.is_applied()).count() as u64;
            offset += 4 + encoded.len();
            progress.inc(1);
        }
        Ok(AttachmentHash::of(&[&bytes]))
    }
}

fn first_difference(left: &[u8], right: &[u8]) -> Option<u64> {
    let common = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    (common < left.len().max(right.len())).then_some(common as u64)
}

/// A file that is not part of the export might be taken for one.
fn refuse_strangers(directory: &Path, names: &[String]) -> Result<(), AuditError> {
    for entry in fs::read_dir(directory).map_err(file_error(directory))? {
        let entry = entry.map_err(file_error(directory))?;
        if !names.iter().any(|name| entry.file_name() == name.as_str()) {
            let reason = STRANGER.to_owned();
            return Err(AuditError::Damaged { path: entry.path(), offset: 0, reason });
        }
    }
    Ok(())
}

/// The last height of an export, from the names and number of its files; for progress only.
pub fn height_hint(directory: &Path) -> Option<Height> {
    let text = fs::read_to_string(directory.join(MANIFEST)).ok()?;
    let last = text.lines().last()?.split(' ').nth(5)?.parse().ok()?;
    Some(Height(last))
}

/// The chain that the manifest of an export names, before anything is checked.
pub fn chain_hint(directory: &Path) -> Option<String> {
    let text = fs::read_to_string(directory.join(MANIFEST)).ok()?;
    Some(text.lines().nth(1)?.strip_prefix("chain ")?.to_owned())
}
