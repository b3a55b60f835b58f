//! What this node keeps of batches of private subsidies beside the ledger: the leaves and proofs of
//! batches that wait or are applied, in chunks of 4,096 leaves, and, as a custodian, envelopes.
//!
//! The ledger has the header of a batch. The header commits to the list of chunks, the list to each
//! chunk, so whatever is kept is checked as it comes and again when it is read, whoever brought it.
//! A county's officer brings it first; nodes bring it to each other. Nothing here decides whether a
//! block is valid.

pub mod custody;
pub mod fault;
pub mod folder;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minglian_client::wire::VerdictStatus;
use minglian_contracts::registry;
use minglian_contracts::subsidy::batch::{BATCHES, Batch, Content, Standing};
use minglian_contracts::subsidy::programme::STANDARDS;
use minglian_contracts::subsidy::verdict::Finding;
use minglian_ledger::subsidy::batch::{BatchHeader, SealedBatch};
use minglian_ledger::subsidy::chunk_list::{self, CHUNKS_MAX, ChunkError, ChunkList, Part};
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::subsidy::handover::Handover;
use minglian_ledger::subsidy::scheme::Scheme;
use tokio::sync::Notify;

use crate::chain::Chain;
pub use fault::BatchFault;
use folder::Folder;

const LIST: &str = "list";
const FINDING: &str = "finding";

/// Largest encoded list in bytes: 64 a chunk, and two lengths.
pub const LIST_BYTES_MAX: usize = CHUNKS_MAX * 64 + 8;

/// Largest encoded finding in bytes.
const FINDING_BYTES_MAX: usize = 16;

/// A batch with a body, as the ledger has it.
#[derive(Clone)]
pub struct Terms {
    /// The header with its proofs.
    pub sealed: SealedBatch,
    /// What became of it.
    pub standing: Standing,
    /// How its amounts are proven.
    pub scheme: Scheme,
}

/// How far a batch is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Whether the list of chunks is here.
    pub has_list: bool,
    /// Chunks of leaves and of proofs that are here.
    pub had: usize,
    /// Leaves that were verified so far.
    pub verified: u32,
    /// What the verification found.
    pub finding: Option<Finding>,
    /// What became of this node's verdict.
    pub verdict: VerdictStatus,
}

/// What of a batch is not here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Missing {
    /// The list of chunks; without it nothing is known of them.
    pub list: bool,
    /// Chunks.
    pub chunks: Vec<(Part, u32)>,
}

impl Missing {
    /// Whether everything is here.
    pub fn is_empty(&self) -> bool {
        !self.list && self.chunks.is_empty()
    }
}

#[derive(Debug, Default)]
struct Held {
    list: Option<Arc<ChunkList>>,
    chunks: BTreeMap<(Part, u32), u64>,
    verified: u32,
    finding: Option<Finding>,
    verdict: VerdictStatus,
}

/// Keeps bodies of batches.
pub struct Batches {
    chain: Arc<Chain>,
    folder: Folder,
    bytes_max: u64,
    held: Mutex<BTreeMap<BatchId, Held>>,
    /// Wakes whoever fetches and verifies: something came.
    came: Notify,
}

fn name_of(part: Part, number: u32) -> String {
    match part {
        Part::Leaves => format!("leaves-{number:05}"),
        Part::Proofs => format!("proofs-{number:05}"),
    }
}

/// Every chunk of a batch: leaves and proofs in turn.
fn all_chunks(header: &BatchHeader) -> impl Iterator<Item = (Part, u32)> {
    (0..chunk_list::chunks(header))
        .flat_map(|number| [(Part::Leaves, number), (Part::Proofs, number)])
}

impl Batches {
    /// Opens the directory `root`, creating it. What is there of batches that were rejected or ran
    /// out is removed, and what has not its size counts as missing.
    ///
    /// # Errors
    /// [`BatchFault`] if directory or state cannot be read.
    pub fn open(root: &Path, bytes_max: u64, chain: Arc<Chain>) -> Result<Self, BatchFault> {
        let folder = Folder::open(root)?;
        let (held, came) = (Mutex::default(), Notify::new());
        let batches = Self { chain, folder, bytes_max, held, came };
        for batch in batches.folder.batches()? {
            match batches.terms(&batch) {
                Ok(terms) => batches.load(&batch, &terms)?,
                Err(fault) if fault.is_operational() => return Err(fault),
                Err(_) => batches.folder.remove_batch(&batch)?,
            }
        }
        Ok(batches)
    }

    fn load(&self, batch: &BatchId, terms: &Terms) -> Result<(), BatchFault> {
        let mut held = Held::default();
        let list = self.folder.read(batch, LIST, LIST_BYTES_MAX)?;
        let list = list.and_then(|bytes| borsh::from_slice::<ChunkList>(&bytes).ok());
        if let Some(list) = list.filter(|list| list.check(&terms.sealed).is_ok()) {
            held.list = Some(Arc::new(list));
            let header = &terms.sealed.header;
            for (part, number) in all_chunks(header) {
                let bytes = chunk_list::bytes_of(header, &terms.scheme, part, number)? as u64;
                if self.folder.size(batch, &name_of(part, number)) == Some(bytes) {
                    held.chunks.insert((part, number), bytes);
                }
            }
            let finding = self.folder.read(batch, FINDING, FINDING_BYTES_MAX)?;
            held.finding = finding.and_then(|bytes| borsh::from_slice(&bytes).ok());
            held.verified = held.finding.map_or(0, |_| header.leaves);
        }
        self.lock().insert(*batch, held);
        Ok(())
    }

    /// A batch with a body that waits or is applied.
    ///
    /// # Errors
    /// [`BatchFault::Unknown`], [`BatchFault::Closed`], [`BatchFault::NoBody`], and that the state
    /// cannot be read.
    pub fn terms(&self, batch: &BatchId) -> Result<Terms, BatchFault> {
        let store = self.chain.store();
        let known = BATCHES.get(store, batch)?.ok_or(BatchFault::Unknown(*batch))?;
        let Batch { content, standing, .. } = known;
        let Content::Payment { sealed, .. } = content else {
            return Err(BatchFault::NoBody(*batch));
        };
        if !matches!(standing, Standing::Pending | Standing::Applied) {
            return Err(BatchFault::Closed(*batch));
        }
        let version = (sealed.header.name.programme, sealed.header.standards_version);
        // The ledger took the batch by this version, and forgets none.
        let found = STANDARDS.get(store, &version)?.ok_or(BatchFault::Unknown(*batch))?;
        let scheme = Scheme::new(&found.terms.standards);
        Ok(Terms { sealed, standing, scheme })
    }

    /// As [`Batches::terms`], for an officer of the county that brings something.
    ///
    /// # Errors
    /// Those, and [`BatchFault::NotSigned`].
    pub fn admit(&self, batch: &BatchId, handover: &Handover) -> Result<Terms, BatchFault> {
        let terms = self.terms(batch)?;
        check_handover(&self.chain, &terms.sealed.header, handover)?;
        Ok(terms)
    }

    /// Keeps the list of the chunks of a batch.
    ///
    /// # Errors
    /// [`BatchFault`] if it is not the batch's, or cannot be written.
    pub fn put_list(&self, batch: &BatchId, list: ChunkList) -> Result<(), BatchFault> {
        list.check(&self.terms(batch)?.sealed)?;
        if self.lock().get(batch).is_some_and(|held| held.list.is_some()) {
            return Ok(());
        }
        self.folder.write(batch, LIST, &borsh::to_vec(&list)?)?;
        self.lock().entry(*batch).or_default().list = Some(Arc::new(list));
        self.came.notify_one();
        Ok(())
    }

    /// Keeps a chunk; on disk when this returns.
    ///
    /// # Errors
    /// [`BatchFault`] if it is not the batch's, there is no room, or it cannot be written.
    pub fn put_chunk(
        &self,
        batch: &BatchId,
        part: Part,
        number: u32,
        bytes: &[u8],
    ) -> Result<(), BatchFault> {
        let terms = self.terms(batch)?;
        let list = self.list(batch).ok_or(BatchFault::NoList(*batch))?;
        list.check_chunk(&terms.sealed.header, &terms.scheme, part, number, bytes)?;
        let count = bytes.len() as u64;
        {
            let held = self.lock();
            if held.get(batch).is_some_and(|held| held.chunks.contains_key(&(part, number))) {
                return Ok(());
            }
            let kept: u64 = held.values().flat_map(|held| held.chunks.values()).sum();
            if kept.saturating_add(count) > self.bytes_max {
                return Err(BatchFault::NoRoom { bytes_max: self.bytes_max });
            }
        }
        self.folder.write(batch, &name_of(part, number), bytes)?;
        self.lock().entry(*batch).or_default().chunks.insert((part, number), count);
        self.came.notify_one();
        Ok(())
    }

    /// The list of the chunks of a batch, if it is here.
    pub fn list(&self, batch: &BatchId) -> Option<Arc<ChunkList>> {
        self.lock().get(batch)?.list.clone()
    }

    /// A chunk, if it is here and what it should be. One that is damaged counts as missing from now
    /// on.
    ///
    /// # Errors
    /// [`BatchFault`] if there is no such batch or chunk, or the file cannot be read.
    pub fn chunk(
        &self,
        batch: &BatchId,
        part: Part,
        number: u32,
    ) -> Result<Option<Vec<u8>>, BatchFault> {
        let terms = self.terms(batch)?;
        let header = &terms.sealed.header;
        let bytes_max = chunk_list::bytes_of(header, &terms.scheme, part, number)?;
        let Some(list) = self.list(batch) else { return Ok(None) };
        if !self.lock().get(batch).is_some_and(|held| held.chunks.contains_key(&(part, number))) {
            return Ok(None);
        }
        let name = name_of(part, number);
        let bytes = self.folder.read(batch, &name, bytes_max)?.unwrap_or_default();
        match list.check_chunk(header, &terms.scheme, part, number, &bytes) {
            Ok(()) => Ok(Some(bytes)),
            Err(fault) => {
                tracing::error!(%batch, name, %fault, "a chunk is damaged; it is fetched again");
                self.folder.remove(batch, &name)?;
                if let Some(held) = self.lock().get_mut(batch) {
                    held.chunks.remove(&(part, number));
                }
                self.came.notify_one();
                Ok(None)
            }
        }
    }

    /// What of a batch is not here.
    pub fn missing(&self, batch: &BatchId, header: &BatchHeader) -> Missing {
        let held = self.lock();
        let Some(held) = held.get(batch).filter(|held| held.list.is_some()) else {
            return Missing { list: true, chunks: Vec::new() };
        };
        let absent = |chunk: &(Part, u32)| !held.chunks.contains_key(chunk);
        Missing { list: false, chunks: all_chunks(header).filter(absent).collect() }
    }

    /// How far a batch is here.
    pub fn progress(&self, batch: &BatchId) -> Progress {
        let held = self.lock();
        let Some(held) = held.get(batch) else { return Progress::default() };
        Progress {
            has_list: held.list.is_some(),
            had: held.chunks.len(),
            verified: held.verified,
            finding: held.finding,
            verdict: held.verdict,
        }
    }

    /// So many leaves are verified.
    pub fn note_verified(&self, batch: &BatchId, leaves: u32) {
        self.lock().entry(*batch).or_default().verified = leaves;
    }

    /// What the verification found; kept over a restart.
    ///
    /// # Errors
    /// [`BatchFault::Io`].
    pub fn note_finding(&self, batch: &BatchId, finding: Finding) -> Result<(), BatchFault> {
        self.folder.write(batch, FINDING, &borsh::to_vec(&finding)?)?;
        self.lock().entry(*batch).or_default().finding = Some(finding);
        Ok(())
    }

    /// What became of this node's verdict.
    pub fn note_verdict(&self, batch: &BatchId, verdict: VerdictStatus) {
        self.lock().entry(*batch).or_default().verdict = verdict;
    }

    /// Forgets a batch that was rejected or ran out.
    ///
    /// # Errors
    /// [`BatchFault::Io`].
    pub fn forget(&self, batch: &BatchId) -> Result<(), BatchFault> {
        self.lock().remove(batch);
        Ok(self.folder.remove_batch(batch)?)
    }

    /// Waits until something comes.
    pub async fn came(&self) {
        self.came.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<BatchId, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Decodes what came.
///
/// # Errors
/// [`BatchFault::Malformed`].
pub fn decode<T: borsh::BorshDeserialize>(bytes: &[u8]) -> Result<T, BatchFault> {
    borsh::from_slice(bytes).map_err(BatchFault::Malformed)
}

/// Bytes of a chunk of a batch.
///
/// # Errors
/// [`BatchFault::Chunk`].
pub fn chunk_bytes(terms: &Terms, part: Part, number: u32) -> Result<usize, ChunkError> {
    chunk_list::bytes_of(&terms.sealed.header, &terms.scheme, part, number)
}

/// Refuses what no live key of the county hands over.
fn check_handover(
    chain: &Chain,
    header: &BatchHeader,
    handover: &Handover,
) -> Result<(), BatchFault> {
    let county = header.name.county;
    let unsigned = || BatchFault::NotSigned(county);
    let key = registry::KEYS.get(chain.store(), &handover.key)?.ok_or_else(unsigned)?;
    let next = chain.head().header.height.next();
    if key.organization != county || !key.is_live(next) || handover.verify(header).is_err() {
        return Err(unsigned());
    }
    Ok(())
}
