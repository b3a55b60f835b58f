//! Making a batch, at the county: leaves first, then the header over them, then the proofs, which
//! are bound to the header.

use rand_core::CryptoRngCore;

use super::balance;
use super::batch::{BATCH_VERSION, BatchHeader, BatchName, HeaderError, Lot, SealedBatch};
use super::domain::HeaderHash;
use super::leaf::{LEAF_BYTES, OpenLeaf};
use super::pedersen::{self, Blinding};
use super::scheme::{self, BatchError, Scheme};
use super::tree::{self, CHUNK_LEAVES, Node};
use crate::fen::Fen;
use crate::hash::AttachmentHash;

/// What a county decides about a batch before it is filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchTerms {
    /// What the batch is.
    pub name: BatchName,
    /// Programmes that exclude one another share a group.
    pub group: u16,
    /// Year of the enrolment.
    pub epoch: u16,
    /// Version of the programme's standards.
    pub standards_version: u32,
    /// Root of the enrolment list.
    pub enrolment_root: [u8; 32],
    /// Where the money comes from.
    pub lots: Vec<Lot>,
}

/// A batch whose leaves are made and whose proofs are not.
#[derive(Clone)]
pub struct Draft {
    header: BatchHeader,
    hash: HeaderHash,
    leaves: Vec<OpenLeaf>,
}

/// The public contents of a batch, in chunks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BatchBody {
    /// Leaves, 100 bytes each.
    pub leaves: Vec<Vec<u8>>,
    /// Their proofs.
    pub proofs: Vec<Vec<u8>>,
}

/// Why a batch cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    /// The header could not be one.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The payments do not add up to the lots.
    #[error("the payments come to {payments} fen, the lots to {lots}")]
    Total {
        /// Sum of the payments, in fen.
        payments: u64,
        /// Sum of the lots.
        lots: Fen,
    },
    /// A leaf does not stand at its place.
    #[error("the leaf at {position} says that it is leaf {found}")]
    LeafIndex {
        /// Where it stands.
        position: u32,
        /// What it says.
        found: u32,
    },
    /// An amount is not lawful.
    #[error(transparent)]
    Amount(#[from] BatchError),
}

fn chunk_size() -> usize {
    usize::try_from(CHUNK_LEAVES).unwrap_or(usize::MAX)
}

impl Draft {
    /// A batch of `leaves`, which are all of its leaves in order.
    ///
    /// # Errors
    /// Every [`DraftError`] but [`DraftError::Amount`].
    pub fn new(terms: BatchTerms, leaves: Vec<OpenLeaf>) -> Result<Self, DraftError> {
        for (position, it) in (0_u32..).zip(&leaves) {
            if it.leaf.index != position {
                return Err(DraftError::LeafIndex { position, found: it.leaf.index });
            }
        }
        let count = u32::try_from(leaves.len()).unwrap_or(u32::MAX);
        let total = Fen::sum(terms.lots.iter().map(|lot| lot.amount))
            .ok_or(HeaderError::LotsTotal { lots: None, total: Fen::ZERO })?;
        let payments: u64 = leaves.iter().map(|it| u64::from(it.opening.amount.0)).sum();
        if payments != total.get() {
            return Err(DraftError::Total { payments, lots: total });
        }
        let tops = |node: fn(&OpenLeaf) -> Node| -> Vec<Node> {
            let top = |chunk: &[OpenLeaf]| tree::top(&chunk.iter().map(node).collect::<Vec<_>>());
            leaves.chunks(chunk_size()).filter_map(top).collect()
        };
        let header = BatchHeader {
            version: BATCH_VERSION,
            name: terms.name,
            group: terms.group,
            epoch: terms.epoch,
            standards_version: terms.standards_version,
            enrolment_root: terms.enrolment_root,
            leaves: count,
            total,
            lots: terms.lots,
            leaf_root: scheme::leaf_root(count, &tops(|it| it.leaf.hash().0)),
            envelope_root: scheme::envelope_root(count, &tops(|it| it.leaf.envelope.0)),
        };
        header.check()?;
        Ok(Self { hash: header.hash(), header, leaves })
    }

    /// The header that the proofs will be bound to.
    pub fn header(&self) -> &BatchHeader {
        &self.header
    }

    /// The leaves with what opens them.
    pub fn leaves(&self) -> &[OpenLeaf] {
        &self.leaves
    }

    /// How many chunks there are.
    pub fn chunks(&self) -> usize {
        self.leaves.len().div_ceil(chunk_size())
    }

    /// The proofs of chunk `number`, from 0; none of a chunk that there is not. Chunks need nothing
    /// of each other, so whoever has several processors proves several at once.
    ///
    /// # Errors
    /// [`DraftError::Amount`] names the first leaf or group that is not lawful.
    pub fn prove_chunk(
        &self,
        scheme: &Scheme,
        number: usize,
        random: &mut impl CryptoRngCore,
    ) -> Result<Vec<u8>, DraftError> {
        let chunk = self.leaves.chunks(chunk_size()).nth(number).unwrap_or_default();
        Ok(scheme.prove(&self.hash, chunk, random)?)
    }

    /// Proves that the batch balances, and puts it together. `proofs` are those of all chunks, in
    /// order.
    pub fn seal(
        &self,
        proofs: Vec<Vec<u8>>,
        random: &mut impl CryptoRngCore,
    ) -> (SealedBatch, BatchBody) {
        let leaves = self.leaves.chunks(chunk_size()).map(|chunk| {
            let mut leaves = Vec::with_capacity(chunk.len().saturating_mul(LEAF_BYTES));
            chunk.iter().for_each(|it| leaves.extend(it.leaf.encode()));
            leaves
        });
        let body = BatchBody { leaves: leaves.collect(), proofs };
        let hashes: Vec<AttachmentHash> =
            body.proofs.iter().map(|proofs| AttachmentHash::of(&[proofs])).collect();
        let blinding = Blinding::sum(self.leaves.iter().map(|it| &it.opening.blinding));
        let sum = pedersen::commit_sum(self.header.total, &blinding);
        let sealed = SealedBatch {
            header: self.header.clone(),
            proof_root: scheme::proof_root(self.header.leaves, &hashes),
            balance: balance::prove(&self.hash, &sum, self.header.total, &blinding, random),
        };
        (sealed, body)
    }

    /// Proves all chunks. `progress` is told after each how many leaves are proven.
    ///
    /// # Errors
    /// [`DraftError::Amount`] names the first leaf or group that is not lawful.
    pub fn prove(
        &self,
        scheme: &Scheme,
        random: &mut impl CryptoRngCore,
        mut progress: impl FnMut(usize),
    ) -> Result<(SealedBatch, BatchBody), DraftError> {
        let mut proofs = Vec::with_capacity(self.chunks());
        for number in 0..self.chunks() {
            proofs.push(self.prove_chunk(scheme, number, random)?);
            let proven = proofs.len().saturating_mul(chunk_size());
            progress(proven.min(self.leaves.len()));
        }
        Ok(self.seal(proofs, random))
    }
}

impl BatchBody {
    /// Verifies a batch whole, on one processor.
    ///
    /// # Errors
    /// Every [`BatchError`]; the header is looked at first, then the chunks in order.
    pub fn verify(
        &self,
        scheme: &Scheme,
        sealed: &SealedBatch,
        random: &mut impl CryptoRngCore,
    ) -> Result<(), BatchError> {
        sealed.header.check()?;
        let hash = sealed.header.hash();
        let mut checked = Vec::with_capacity(self.leaves.len());
        for ((leaves, proofs), first) in
            self.leaves.iter().zip(&self.proofs).zip((0_u32..).step_by(chunk_size()))
        {
            checked.push(scheme.verify(&hash, first, leaves, proofs, random)?);
        }
        scheme::conclude(sealed, &checked)
    }
}
