//! Envelopes of batches that this node's organisation keeps for auditors: ciphertext that nobody
//! opens here, and that no route hands out.
//!
//! They come before the batch is on the ledger, because the ledger asks for receipts. Whose they
//! may be is bounded by the ledger all the same: an officer of the county signs, and the header
//! names an enrolment list that the county has there, so they are no more than it has handles. A
//! receipt is signed when all of them are here, as the header commits to them. They stay while the
//! batch waits or is applied, or may still come.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minglian_client::wire::{CustodyReceiptView, CustodyView};
use minglian_contracts::enrolment::list;
use minglian_contracts::registry;
use minglian_contracts::subsidy::batch::{self, BATCHES};
use minglian_ledger::keys::{self, PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::batch::{BatchHeader, LOTS_MAX};
use minglian_ledger::subsidy::chunk_list::{self, CHUNKS_MAX};
use minglian_ledger::subsidy::custody::{self, CustodyRequest};
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::subsidy::handover::Handover;

use super::BatchFault;
use super::folder::Folder;
use crate::chain::Chain;

/// Most batches of one county that are here and not on the ledger.
pub const COUNTY_BATCHES_MAX: usize = 64;

/// Largest request in bytes: a header with its lots, and a hash a chunk.
pub const REQUEST_BYTES_MAX: usize = 1_024 + LOTS_MAX * 16 + CHUNKS_MAX * 32;

const REQUEST: &str = "request";

/// An empty file: a receipt was signed.
const RECEIPT: &str = "receipt";

struct Kept {
    request: Arc<CustodyRequest>,
    chunks: BTreeSet<u32>,
}

/// Keeps envelopes.
pub struct Custody {
    chain: Arc<Chain>,
    folder: Folder,
    key: SigningKey,
    bytes_max: u64,
    kept: Mutex<BTreeMap<BatchId, Kept>>,
}

fn name_of(number: u32) -> String {
    format!("envelopes-{number:05}")
}

fn bytes_of(header: &BatchHeader) -> u64 {
    let numbers = 0..chunk_list::chunks(header);
    let bytes = numbers.map(|number| chunk_list::envelope_bytes_of(header, number).unwrap_or(0));
    bytes.map(|bytes| bytes as u64).sum()
}

impl Custody {
    /// Opens the directory `root`, creating it. `key` signs the receipts: an officer's key of the
    /// organisation that keeps them. What can count no more is removed.
    ///
    /// # Errors
    /// [`BatchFault`] if directory or state cannot be read.
    pub fn open(
        root: &Path,
        bytes_max: u64,
        key: SigningKey,
        chain: Arc<Chain>,
    ) -> Result<Self, BatchFault> {
        let folder = Folder::open(root)?;
        let custody = Self { chain, folder, key, bytes_max, kept: Mutex::default() };
        for batch in custody.folder.batches()? {
            let bytes = custody.folder.read(&batch, REQUEST, REQUEST_BYTES_MAX)?;
            let request = bytes.and_then(|bytes| borsh::from_slice::<CustodyRequest>(&bytes).ok());
            let Some(request) = request.filter(|it| it.header.name.id() == batch) else {
                // Its making was broken off: nothing else of it was taken.
                custody.folder.remove_batch(&batch)?;
                continue;
            };
            let header = &request.header;
            let is_here = |number: &u32| {
                let bytes = chunk_list::envelope_bytes_of(header, *number).unwrap_or(0) as u64;
                custody.folder.size(&batch, &name_of(*number)) == Some(bytes)
            };
            let chunks = (0..chunk_list::chunks(header)).filter(is_here).collect();
            custody.lock().insert(batch, Kept { request: Arc::new(request), chunks });
        }
        custody.clean()?;
        Ok(custody)
    }

    /// Removes the envelopes of batches that can count no more.
    ///
    /// # Errors
    /// [`BatchFault`] if the state cannot be read or a file not removed.
    pub fn clean(&self) -> Result<(), BatchFault> {
        let known: Vec<_> = {
            let kept = self.lock();
            kept.iter().map(|(id, it)| (*id, it.request.clone())).collect()
        };
        for (batch, request) in known {
            if !batch::may_count(self.chain.store(), &request.header.name)? {
                self.lock().remove(&batch);
                self.folder.remove_batch(&batch)?;
            }
        }
        Ok(())
    }

    /// Begins to keep the envelopes of a batch, or goes on.
    ///
    /// # Errors
    /// [`BatchFault`] if they may not be kept here.
    pub fn begin(
        &self,
        request: CustodyRequest,
        handover: &Handover,
    ) -> Result<CustodyView, BatchFault> {
        let header = &request.header;
        let batch = header.name.id();
        self.check(&request, handover)?;
        let known = self.lock().get(&batch).map(|kept| kept.request.clone());
        match known {
            Some(known) if *known == request => return self.view(&batch),
            // Another batch of the same name. For the first one nothing was signed, so it may go.
            Some(_) if self.folder.size(&batch, RECEIPT).is_some() => {
                return Err(BatchFault::Signed(batch));
            }
            Some(_) => {
                self.lock().remove(&batch);
                self.folder.remove_batch(&batch)?;
            }
            None => self.check_room(header)?,
        }
        self.folder.write(&batch, REQUEST, &borsh::to_vec(&request)?)?;
        let kept = Kept { request: Arc::new(request), chunks: BTreeSet::new() };
        self.lock().insert(batch, kept);
        self.view(&batch)
    }

    fn check(&self, request: &CustodyRequest, handover: &Handover) -> Result<(), BatchFault> {
        let CustodyRequest { header, list } = request;
        let name = &header.name;
        header.check()?;
        if name.chain_id != *self.chain.chain_id() {
            return Err(BatchFault::WrongChain(name.chain_id.clone()));
        }
        super::check_handover(&self.chain, header, handover)?;
        if self.organization()? == name.county {
            return Err(BatchFault::OwnBatch(name.county));
        }
        let (store, leaves) = (self.chain.store(), header.leaves);
        let found = list::root_at(store, &name.county, name.programme, header.epoch, leaves)?;
        if found.is_none_or(|found| found.root != header.enrolment_root) {
            return Err(BatchFault::NoEnrolmentList { leaves });
        }
        if !batch::may_count(store, name)? {
            return Err(BatchFault::Past(name.id()));
        }
        Ok(list.check(header)?)
    }

    /// A batch takes the room of all its envelopes when it is begun.
    fn check_room(&self, header: &BatchHeader) -> Result<(), BatchFault> {
        let kept: Vec<Arc<CustodyRequest>> =
            self.lock().values().map(|kept| kept.request.clone()).collect();
        let used: u64 = kept.iter().map(|request| bytes_of(&request.header)).sum();
        if used.saturating_add(bytes_of(header)) > self.bytes_max {
            return Err(BatchFault::NoRoom { bytes_max: self.bytes_max });
        }
        let county = header.name.county;
        let mut count = 0;
        for request in kept.iter().filter(|request| request.header.name.county == county) {
            let id = request.header.name.id();
            count += usize::from(!BATCHES.contains(self.chain.store(), &id)?);
        }
        if count >= COUNTY_BATCHES_MAX {
            return Err(BatchFault::TooMany { county, count });
        }
        Ok(())
    }

    /// The header of a batch whose envelopes were asked to be kept, for an officer of the county.
    ///
    /// # Errors
    /// [`BatchFault::Unknown`], [`BatchFault::NotSigned`].
    pub fn admit(&self, batch: &BatchId, handover: &Handover) -> Result<BatchHeader, BatchFault> {
        let request = self.request(batch)?;
        super::check_handover(&self.chain, &request.header, handover)?;
        Ok(request.header.clone())
    }

    fn request(&self, batch: &BatchId) -> Result<Arc<CustodyRequest>, BatchFault> {
        let kept = self.lock();
        kept.get(batch).map(|it| it.request.clone()).ok_or(BatchFault::Unknown(*batch))
    }

    /// Keeps a chunk; on disk when this returns.
    ///
    /// # Errors
    /// [`BatchFault`] if it is not the batch's, or cannot be written.
    pub fn put(
        &self,
        batch: &BatchId,
        number: u32,
        bytes: &[u8],
    ) -> Result<CustodyView, BatchFault> {
        let request = self.request(batch)?;
        request.list.check_chunk(&request.header, number, bytes)?;
        self.folder.write(batch, &name_of(number), bytes)?;
        if let Some(kept) = self.lock().get_mut(batch) {
            kept.chunks.insert(number);
        }
        self.view(batch)
    }

    /// What is here of a batch; with the receipt, once all of it is.
    ///
    /// # Errors
    /// [`BatchFault`] if it is unknown here or cannot be read.
    pub fn view(&self, batch: &BatchId) -> Result<CustodyView, BatchFault> {
        let request = self.request(batch)?;
        let chunks = chunk_list::chunks(&request.header);
        let mut missing = self.missing(batch, chunks);
        if missing.is_empty() {
            // What is signed for is looked at once more, as it lies on the disk.
            missing = self.damaged(batch, &request, chunks)?;
        }
        let receipt =
            if missing.is_empty() { Some(self.sign(batch, &request.header)?) } else { None };
        Ok(CustodyView { batch: *batch, chunks, missing, receipt })
    }

    fn missing(&self, batch: &BatchId, chunks: u32) -> Vec<u32> {
        let kept = self.lock();
        let here = kept.get(batch).map(|kept| &kept.chunks);
        (0..chunks).filter(|number| !here.is_some_and(|here| here.contains(number))).collect()
    }

    /// Reads all envelopes; those that are not what they should be count as missing.
    fn damaged(
        &self,
        batch: &BatchId,
        request: &CustodyRequest,
        chunks: u32,
    ) -> Result<Vec<u32>, BatchFault> {
        let mut damaged = Vec::new();
        for number in 0..chunks {
            let bytes_max = chunk_list::envelope_bytes_of(&request.header, number)?;
            let bytes = self.folder.read(batch, &name_of(number), bytes_max)?.unwrap_or_default();
            if request.list.check_chunk(&request.header, number, &bytes).is_err() {
                tracing::error!(%batch, number, "a chunk of envelopes is damaged");
                damaged.push(number);
            }
        }
        if let Some(kept) = self.lock().get_mut(batch) {
            kept.chunks.retain(|number| !damaged.contains(number));
        }
        Ok(damaged)
    }

    fn sign(
        &self,
        batch: &BatchId,
        header: &BatchHeader,
    ) -> Result<CustodyReceiptView, BatchFault> {
        // Noted first: what is signed for makes way for no other batch of the name.
        if self.folder.size(batch, RECEIPT).is_none() {
            self.folder.write(batch, RECEIPT, &[])?;
        }
        let signature = keys::sign(&self.key, &custody::message(header));
        let key = PublicKey::of(&self.key);
        Ok(CustodyReceiptView { custodian: self.organization()?, key, signature })
    }

    /// Whose key signs.
    fn organization(&self) -> Result<OrganizationCode, BatchFault> {
        let key = registry::KEYS.get(self.chain.store(), &PublicKey::of(&self.key))?;
        let next = self.chain.head().header.height.next();
        let live = key.filter(|key| key.is_live(next)).ok_or(BatchFault::NoCustodian)?;
        Ok(live.organization)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<BatchId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
