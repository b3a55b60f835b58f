//! Proving and verifying a batch chunk by chunk, in either mode. Chunks need nothing of each other,
//! so a county shows progress, and a node that has several processors uses them.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::traits::Identity as _;
use rand_core::CryptoRngCore;

use super::balance::{self, BalanceError};
use super::batch::{HeaderError, SealedBatch};
use super::domain::{EnvelopeRoot, HeaderHash, LeafRoot, ProofRoot};
use super::encoding::{EncodingError, PointBytes};
use super::leaf::{LEAF_BYTES, Leaf, OpenLeaf};
use super::range::{self, GROUP_PAYMENTS, RangeError, RangeGenerators};
use super::standard::{self, Purpose, StandardContext, StandardError, StandardProof};
use super::standard_batch::{self, Proven};
use super::standards::{RangeRule, StandardTable, Standards};
use super::tree::{self, BATCH_LEAVES_MAX, CHUNK_LEAVES, Node};
use crate::hash::AttachmentHash;

/// How amounts of a programme are proven: its standards, with what the proofs need.
#[derive(Clone)]
pub struct Scheme(Mode);

#[derive(Clone)]
enum Mode {
    Table(StandardTable),
    Range(RangeRule, RangeGenerators),
}

/// A chunk whose proofs hold, and what is needed of it to judge the batch.
#[derive(Clone)]
pub struct CheckedChunk {
    header: HeaderHash,
    first: u32,
    count: u32,
    sum: RistrettoPoint,
    leaves: Node,
    envelopes: Node,
    proofs: AttachmentHash,
}

/// Why a batch is not valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    /// The header cannot be one.
    #[error(transparent)]
    Header(#[from] HeaderError),
    /// The bytes are not whole leaves, none of them, or more than a chunk's.
    #[error("{found} bytes are not 1 to {CHUNK_LEAVES} leaves of {LEAF_BYTES} bytes")]
    ChunkBytes {
        /// Bytes given.
        found: usize,
    },
    /// A leaf stands at another place than it says.
    #[error("the leaf at {position} says that it is leaf {found}")]
    LeafIndex {
        /// Where it stands.
        position: u32,
        /// What it says.
        found: u32,
    },
    /// The commitment of a leaf is no point, or the neutral element.
    #[error("the commitment of leaf {index}: {source}")]
    Commitment {
        /// The leaf.
        index: u32,
        /// What is wrong with it.
        source: EncodingError,
    },
    /// Not as many bytes of proofs as the chunk's leaves ask for.
    #[error("{found} bytes of proofs, the chunk's leaves ask for {expected}")]
    ProofBytes {
        /// Bytes that there should be.
        expected: usize,
        /// Bytes that there are.
        found: usize,
    },
    /// The amount of a leaf is not proven to be a standard.
    #[error("leaf {index}: {source}")]
    Standard {
        /// The first such leaf.
        index: u32,
        /// Why.
        source: StandardError,
    },
    /// The amounts of a group are not proven to lie in the range.
    #[error("leaves from {first_index} on: {source}")]
    Range {
        /// The first leaf of the first such group.
        first_index: u32,
        /// Why.
        source: RangeError,
    },
    /// The chunks do not follow one another from leaf 0 in full chunks, or were verified for
    /// another header.
    #[error("the chunk at leaf {expected} is missing, or another batch's")]
    Chunks {
        /// The leaf that the next chunk should begin with.
        expected: u32,
    },
    /// The number of leaves is not the number of handles.
    #[error("{found} leaves for {expected} handles")]
    LeafCount {
        /// Handles of the enrolment list.
        expected: u32,
        /// Leaves.
        found: u32,
    },
    /// The leaves are not those of the header.
    #[error("the leaves have another root than the header's")]
    LeafRoot,
    /// The envelopes are not those of the header.
    #[error("the envelopes have another root than the header's")]
    EnvelopeRoot,
    /// The proofs are not those that were sealed.
    #[error("the proofs have another hash than the sealed")]
    ProofRoot,
    /// The payments do not add up to the total.
    #[error(transparent)]
    Balance(#[from] BalanceError),
}

impl Scheme {
    /// How amounts under `standards` are proven.
    pub fn new(standards: &Standards) -> Self {
        Self(match standards {
            Standards::Table(table) => Mode::Table(table.clone()),
            Standards::Range(rule) => Mode::Range(*rule, RangeGenerators::new(rule.bits())),
        })
    }

    /// Bytes of the proofs of a chunk of so many leaves.
    pub fn proof_bytes(&self, leaves: usize) -> usize {
        match &self.0 {
            Mode::Table(table) => {
                leaves.saturating_mul(standard::proof_bytes(table.standards().len()))
            }
            Mode::Range(rule, _) => {
                let (full, rest) = (leaves / GROUP_PAYMENTS, leaves % GROUP_PAYMENTS);
                let last = if rest == 0 { 0 } else { range::proof_bytes(rest, rule.bits()) };
                full.saturating_mul(range::proof_bytes(GROUP_PAYMENTS, rule.bits()))
                    .saturating_add(last)
            }
        }
    }

    /// The proofs of one chunk.
    ///
    /// # Errors
    /// [`BatchError::Standard`] or [`BatchError::Range`] when an amount is not lawful.
    pub fn prove(
        &self,
        header: &HeaderHash,
        leaves: &[OpenLeaf],
        random: &mut impl CryptoRngCore,
    ) -> Result<Vec<u8>, BatchError> {
        let mut bytes = Vec::with_capacity(self.proof_bytes(leaves.len()));
        match &self.0 {
            Mode::Table(table) => {
                let context = StandardContext { header, purpose: Purpose::Amount, table };
                let begun = context.transcript();
                for OpenLeaf { leaf, opening } in leaves {
                    let (begun, commitment) = (begun.clone(), &leaf.commitment);
                    standard::prove_on(begun, table, leaf.index, commitment, opening, random)
                        .map_err(|source| BatchError::Standard { index: leaf.index, source })?
                        .encode(&mut bytes);
                }
            }
            Mode::Range(rule, generators) => {
                for group in leaves.chunks(GROUP_PAYMENTS) {
                    let first_index = group.first().map_or(0, |it| it.leaf.index);
                    let points: Vec<_> = group.iter().map(|it| it.leaf.commitment).collect();
                    let openings: Vec<_> = group.iter().map(|it| &it.opening).collect();
                    bytes.extend(
                        range::prove(
                            generators,
                            rule,
                            header,
                            first_index,
                            &points,
                            &openings,
                            random,
                        )
                        .map_err(|source| BatchError::Range { first_index, source })?,
                    );
                }
            }
        }
        Ok(bytes)
    }

    /// Verifies one chunk: `leaves` as they are sent, the first of them at `first`, and `proofs`.
    ///
    /// # Errors
    /// Those of [`BatchError`] that name a leaf or a number of bytes.
    pub fn verify(
        &self,
        header: &HeaderHash,
        first: u32,
        leaves: &[u8],
        proofs: &[u8],
        random: &mut impl CryptoRngCore,
    ) -> Result<CheckedChunk, BatchError> {
        if first >= BATCH_LEAVES_MAX {
            return Err(BatchError::Chunks { expected: first });
        }
        let chunk = read_leaves(first, leaves)?;
        let expected = self.proof_bytes(chunk.len());
        if proofs.len() != expected {
            return Err(BatchError::ProofBytes { expected, found: proofs.len() });
        }
        let mut sum = RistrettoPoint::identity();
        for leaf in &chunk {
            sum += leaf
                .commitment
                .point()
                .map_err(|source| BatchError::Commitment { index: leaf.index, source })?;
        }
        match &self.0 {
            Mode::Table(table) => verify_table(table, header, &chunk, proofs, random)?,
            Mode::Range(rule, generators) => {
                verify_range(rule, generators, header, &chunk, proofs, random)?;
            }
        }
        let hashes: Vec<Node> = chunk.iter().map(|leaf| leaf.hash().0).collect();
        let envelopes: Vec<Node> = chunk.iter().map(|leaf| leaf.envelope.0).collect();
        Ok(CheckedChunk {
            header: *header,
            first,
            count: u32::try_from(chunk.len()).unwrap_or(u32::MAX),
            sum,
            leaves: tree::top(&hashes).unwrap_or_default(),
            envelopes: tree::top(&envelopes).unwrap_or_default(),
            proofs: AttachmentHash::of(&[proofs]),
        })
    }
}

fn read_leaves(first: u32, bytes: &[u8]) -> Result<Vec<Leaf>, BatchError> {
    let found = bytes.len();
    let (leaves, rest) = bytes.as_chunks::<LEAF_BYTES>();
    let fits = u32::try_from(leaves.len()).is_ok_and(|count| (1..=CHUNK_LEAVES).contains(&count));
    if !fits || !rest.is_empty() {
        return Err(BatchError::ChunkBytes { found });
    }
    let mut read = Vec::with_capacity(leaves.len());
    for (position, bytes) in (first..).zip(leaves) {
        let leaf: Leaf = borsh::from_slice(bytes).map_err(|_| BatchError::ChunkBytes { found })?;
        if leaf.index != position {
            return Err(BatchError::LeafIndex { position, found: leaf.index });
        }
        read.push(leaf);
    }
    Ok(read)
}

fn verify_table(
    table: &StandardTable,
    header: &HeaderHash,
    chunk: &[Leaf],
    proofs: &[u8],
    random: &mut impl CryptoRngCore,
) -> Result<(), BatchError> {
    let count = table.standards().len();
    let proofs: Vec<StandardProof> = proofs
        .chunks(standard::proof_bytes(count))
        .filter_map(|bytes| StandardProof::decode(bytes, count))
        .collect();
    let proven: Vec<Proven<'_>> = chunk
        .iter()
        .zip(&proofs)
        .map(|(leaf, proof)| Proven { index: leaf.index, commitment: leaf.commitment, proof })
        .collect();
    let context = StandardContext { header, purpose: Purpose::Amount, table };
    standard_batch::verify(&context, &proven, random)
        .map_err(|fault| BatchError::Standard { index: fault.index, source: fault.source })
}

fn verify_range(
    rule: &RangeRule,
    generators: &RangeGenerators,
    header: &HeaderHash,
    chunk: &[Leaf],
    proofs: &[u8],
    random: &mut impl CryptoRngCore,
) -> Result<(), BatchError> {
    let proof_bytes = range::proof_bytes(GROUP_PAYMENTS, rule.bits());
    for (group, proof) in chunk.chunks(GROUP_PAYMENTS).zip(proofs.chunks(proof_bytes)) {
        let first_index = group.first().map_or(0, |leaf| leaf.index);
        let points: Vec<PointBytes> = group.iter().map(|leaf| leaf.commitment).collect();
        range::verify(generators, rule, header, first_index, &points, proof, random)
            .map_err(|source| BatchError::Range { first_index, source })?;
    }
    Ok(())
}

/// The root over the leaves of all chunks, given the top of each.
pub fn leaf_root(count: u32, tops: &[Node]) -> LeafRoot {
    LeafRoot::of_prefixed(&[&count.to_le_bytes(), &tree::top(tops).unwrap_or_default()])
}

/// The root over the envelopes of all chunks, given the top of each.
pub fn envelope_root(count: u32, tops: &[Node]) -> EnvelopeRoot {
    EnvelopeRoot::of_prefixed(&[&count.to_le_bytes(), &tree::top(tops).unwrap_or_default()])
}

/// The hash of the chunks of proofs, each named as the attachment that it travels as.
pub fn proof_root(count: u32, chunks: &[AttachmentHash]) -> ProofRoot {
    let hashes: Vec<u8> = chunks.iter().flat_map(|hash| hash.0).collect();
    ProofRoot::of_prefixed(&[&count.to_le_bytes(), &hashes])
}

/// Judges a batch whose chunks all hold.
///
/// # Errors
/// Those of [`BatchError`] that name no leaf's proof.
pub fn conclude(sealed: &SealedBatch, chunks: &[CheckedChunk]) -> Result<(), BatchError> {
    let header = &sealed.header;
    header.check()?;
    let header_hash = header.hash();
    let mut expected = 0_u32;
    let mut sum = RistrettoPoint::identity();
    for chunk in chunks {
        let follows = chunk.first == expected && expected.is_multiple_of(CHUNK_LEAVES);
        if !follows || chunk.header != header_hash {
            return Err(BatchError::Chunks { expected });
        }
        expected = expected.checked_add(chunk.count).ok_or(BatchError::Chunks { expected })?;
        sum += chunk.sum;
    }
    if expected != header.leaves {
        return Err(BatchError::LeafCount { expected: header.leaves, found: expected });
    }
    let tops: Vec<Node> = chunks.iter().map(|chunk| chunk.leaves).collect();
    if leaf_root(expected, &tops) != header.leaf_root {
        return Err(BatchError::LeafRoot);
    }
    let tops: Vec<Node> = chunks.iter().map(|chunk| chunk.envelopes).collect();
    if envelope_root(expected, &tops) != header.envelope_root {
        return Err(BatchError::EnvelopeRoot);
    }
    let proofs: Vec<AttachmentHash> = chunks.iter().map(|chunk| chunk.proofs).collect();
    if proof_root(expected, &proofs) != sealed.proof_root {
        return Err(BatchError::ProofRoot);
    }
    balance::verify(&header_hash, &sum, header.total, &sealed.balance)?;
    Ok(())
}
