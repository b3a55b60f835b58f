//! Verifying a batch chunk by chunk, on one thread that rests as long as it works: consensus, and
//! whoever asks this node something, always find a processor. One chunk is in memory at a time.

use std::thread;
use std::time::{Duration, Instant};

use minglian_contracts::subsidy::batch::{BATCHES, Content};
use minglian_contracts::subsidy::returned::Returned;
use minglian_contracts::subsidy::verdict::{Check, Finding};
use minglian_ledger::state::StateRead;
use minglian_ledger::subsidy::batch::BatchName;
use minglian_ledger::subsidy::chunk_list::{self, Part};
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::leaf::{LEAF_BYTES, Leaf};
use minglian_ledger::subsidy::returned::{self, ReturnError};
use minglian_ledger::subsidy::scheme;
use minglian_ledger::subsidy::tree::CHUNK_LEAVES;
use rand::rngs::OsRng;
use tokio::sync::watch;

use crate::batches::{BatchFault, Batches};

/// The longest rest after a chunk.
const REST_MAX: Duration = Duration::from_secs(2);

/// Why nothing was found.
#[derive(Debug, thiserror::Error)]
pub enum VerifyFault {
    /// The node stops.
    #[error("the node is stopping")]
    Stopped,
    /// A chunk is not here, or was damaged: it is fetched first.
    #[error("a chunk is missing")]
    Missing,
    /// The batch went meanwhile, or its files cannot be read.
    #[error(transparent)]
    Batch(#[from] BatchFault),
}

/// Verifies a batch that pays. All of its chunks are here.
///
/// # Errors
/// [`VerifyFault`] if nothing was found.
pub fn payment(
    batches: &Batches,
    batch: &BatchId,
    stop: &watch::Receiver<bool>,
) -> Result<Finding, VerifyFault> {
    let terms = batches.terms(batch)?;
    let (header, hash) = (&terms.sealed.header, terms.sealed.header.hash());
    let mut checked = Vec::new();
    for number in 0..chunk_list::chunks(header) {
        if *stop.borrow() {
            return Err(VerifyFault::Stopped);
        }
        let begun = Instant::now();
        let places = chunk_list::leaves_of(header, number).map_err(BatchFault::from)?;
        let leaves = batches.chunk(batch, Part::Leaves, number)?.ok_or(VerifyFault::Missing)?;
        let proofs = batches.chunk(batch, Part::Proofs, number)?.ok_or(VerifyFault::Missing)?;
        // Of a chunk that fails, the leaves are looked at one by one: the first bad one is named.
        match terms.scheme.verify(&hash, places.start, &leaves, &proofs, &mut OsRng) {
            Ok(chunk) => checked.push(chunk),
            Err(error) => return Ok(Finding::of(&error)),
        }
        batches.note_verified(batch, places.end);
        thread::sleep(begun.elapsed().min(REST_MAX));
    }
    let concluded = scheme::conclude(&terms.sealed, &checked);
    Ok(concluded.map_or_else(|error| Finding::of(&error), |()| Finding::Valid))
}

/// Verifies what came back of a batch whose leaves are here.
///
/// # Errors
/// [`VerifyFault`] if nothing was found.
pub fn returned(
    batches: &Batches,
    name: &BatchName,
    returned: &Returned,
) -> Result<Finding, VerifyFault> {
    let Returned { of, indexes, total, balance } = returned;
    let mut commitments: Vec<PointBytes> = Vec::with_capacity(indexes.len());
    for part in indexes.chunk_by(|a, b| a / CHUNK_LEAVES == b / CHUNK_LEAVES) {
        let number = part.first().map_or(0, |first| first / CHUNK_LEAVES);
        let chunk = batches.chunk(of, Part::Leaves, number)?.ok_or(VerifyFault::Missing)?;
        let (leaves, _) = chunk.as_chunks::<LEAF_BYTES>();
        for index in part {
            let place = usize::try_from(index % CHUNK_LEAVES).unwrap_or(usize::MAX);
            let leaf: Option<Leaf> =
                leaves.get(place).and_then(|bytes| borsh::from_slice(bytes).ok());
            commitments.push(leaf.ok_or(VerifyFault::Missing)?.commitment);
        }
    }
    let statement = returned::statement(name, of, indexes, *total);
    Ok(match returned::verify(&statement, &commitments, *total, balance) {
        Ok(()) => Finding::Valid,
        Err(ReturnError::Balance(_)) => Finding::Invalid { leaf: None, check: Check::Balance },
        Err(ReturnError::Commitment(_)) => {
            Finding::Invalid { leaf: None, check: Check::Commitment }
        }
    })
}

/// What a verification is about.
#[derive(Debug, Clone)]
pub enum Subject {
    /// A batch that pays.
    Payment,
    /// What came back of another.
    Return(BatchName, Returned),
}

/// What a batch of the ledger is about; none if there is none.
///
/// # Errors
/// [`BatchFault::State`].
pub fn subject(reader: &dyn StateRead, batch: &BatchId) -> Result<Option<Subject>, BatchFault> {
    Ok(BATCHES.get(reader, batch)?.map(|found| match found.content {
        Content::Payment { .. } => Subject::Payment,
        Content::Return(returned) => Subject::Return(found.name, returned),
    }))
}
