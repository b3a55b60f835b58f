//! What the chunks of a batch must be, so that each is checked by itself as it comes.
//!
//! The header commits to all leaves, proofs and envelopes by a root each. The list behind a root,
//! at most 256 hashes, is checked against the header; a chunk then is what its entry says, or is
//! nobody's. So who brings a list or a chunk need not be believed, and its size is known before
//! its first byte comes.

use std::ops::Range;

use borsh::{BorshDeserialize, BorshSerialize};

use super::batch::{BatchHeader, SealedBatch};
use super::domain::{CiphertextHash, LeafHash};
use super::envelope::ENVELOPE_BYTES;
use super::leaf::LEAF_BYTES;
use super::scheme::{self, Scheme};
use super::tree::{self, BATCH_LEAVES_MAX, CHUNK_LEAVES, Node};
use crate::hash::AttachmentHash;
use crate::transaction;

/// Most chunks of a batch.
pub const CHUNKS_MAX: usize = (BATCH_LEAVES_MAX / CHUNK_LEAVES) as usize;

/// A kind of chunks. The number of a variant is part of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Part {
    /// Leaves, 100 bytes each.
    Leaves,
    /// The proofs of as many leaves.
    Proofs,
}

/// The chunks of the public body of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct ChunkList {
    /// The top over the leaves of each chunk.
    pub leaves: Vec<Node>,
    /// The hash of the proofs of each chunk.
    pub proofs: Vec<AttachmentHash>,
}

/// The chunks of the envelopes of a batch: the top over each.
#[derive(Debug, Clone, Default, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct EnvelopeList(pub Vec<Node>);

/// Why a list or a chunk is not the batch's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// The list has another number of chunks than the leaves come to.
    #[error("the batch has {expected} chunks, not {found}")]
    Count {
        /// Chunks of the batch.
        expected: usize,
        /// Chunks of the list.
        found: usize,
    },
    /// The list leads to another root than the header's.
    #[error("the list of {0} is not the header's")]
    Root(&'static str),
    /// There is no such chunk.
    #[error("the batch has no chunk {0}")]
    Number(u32),
    /// The chunk has another size.
    #[error("the chunk has {expected} bytes, not {found}")]
    Bytes {
        /// Bytes of the chunk.
        expected: usize,
        /// Bytes that came.
        found: usize,
    },
    /// The bytes are not those that the list names.
    #[error("the bytes are not those of the chunk")]
    Hash,
}

/// How many chunks the batch has.
pub fn chunks(header: &BatchHeader) -> u32 {
    header.leaves.div_ceil(CHUNK_LEAVES)
}

/// The leaves of a chunk.
///
/// # Errors
/// [`ChunkError::Number`].
pub fn leaves_of(header: &BatchHeader, number: u32) -> Result<Range<u32>, ChunkError> {
    let first = number.checked_mul(CHUNK_LEAVES).filter(|first| *first < header.leaves);
    let first = first.ok_or(ChunkError::Number(number))?;
    Ok(first..first.saturating_add(CHUNK_LEAVES).min(header.leaves))
}

/// Bytes of a chunk of the body.
///
/// # Errors
/// [`ChunkError::Number`].
pub fn bytes_of(
    header: &BatchHeader,
    scheme: &Scheme,
    part: Part,
    number: u32,
) -> Result<usize, ChunkError> {
    let leaves = leaves_of(header, number)?.len();
    Ok(match part {
        Part::Leaves => leaves.saturating_mul(LEAF_BYTES),
        Part::Proofs => scheme.proof_bytes(leaves),
    })
}

/// Bytes of a chunk of envelopes.
///
/// # Errors
/// [`ChunkError::Number`].
pub fn envelope_bytes_of(header: &BatchHeader, number: u32) -> Result<usize, ChunkError> {
    Ok(leaves_of(header, number)?.len().saturating_mul(ENVELOPE_BYTES))
}

fn top_of<const BYTES: usize>(chunk: &[u8], node: fn(&[u8]) -> Node) -> Node {
    let nodes: Vec<Node> = chunk.chunks(BYTES).map(node).collect();
    tree::top(&nodes).unwrap_or_default()
}

fn leaves_top(chunk: &[u8]) -> Node {
    top_of::<LEAF_BYTES>(chunk, |leaf| LeafHash::of_prefixed(&[leaf]).0)
}

fn envelopes_top(chunk: &[u8]) -> Node {
    top_of::<ENVELOPE_BYTES>(chunk, |envelope| CiphertextHash::of_prefixed(&[envelope]).0)
}

fn check_count(header: &BatchHeader, found: usize) -> Result<(), ChunkError> {
    let expected = usize::try_from(chunks(header)).unwrap_or(usize::MAX);
    if found == expected { Ok(()) } else { Err(ChunkError::Count { expected, found }) }
}

fn check_bytes(expected: usize, bytes: &[u8]) -> Result<(), ChunkError> {
    let found = bytes.len();
    if found == expected { Ok(()) } else { Err(ChunkError::Bytes { expected, found }) }
}

fn entry<T>(list: &[T], number: u32) -> Result<&T, ChunkError> {
    let place = usize::try_from(number).unwrap_or(usize::MAX);
    list.get(place).ok_or(ChunkError::Number(number))
}

impl ChunkList {
    /// The list of a body in chunks.
    pub fn of<'a>(
        leaves: impl IntoIterator<Item = &'a [u8]>,
        proofs: impl IntoIterator<Item = &'a [u8]>,
    ) -> Self {
        Self {
            leaves: leaves.into_iter().map(leaves_top).collect(),
            proofs: proofs.into_iter().map(|chunk| AttachmentHash::of(&[chunk])).collect(),
        }
    }

    /// The canonical encoding.
    pub fn encode(&self) -> Vec<u8> {
        transaction::encode(self)
    }

    /// Whether this is the list of the batch.
    ///
    /// # Errors
    /// [`ChunkError::Count`], [`ChunkError::Root`].
    pub fn check(&self, sealed: &SealedBatch) -> Result<(), ChunkError> {
        let header = &sealed.header;
        check_count(header, self.leaves.len())?;
        check_count(header, self.proofs.len())?;
        if scheme::leaf_root(header.leaves, &self.leaves) != header.leaf_root {
            return Err(ChunkError::Root("leaves"));
        }
        if scheme::proof_root(header.leaves, &self.proofs) != sealed.proof_root {
            return Err(ChunkError::Root("proofs"));
        }
        Ok(())
    }

    /// Whether these are the bytes of a chunk.
    ///
    /// # Errors
    /// [`ChunkError::Number`], [`ChunkError::Bytes`], [`ChunkError::Hash`].
    pub fn check_chunk(
        &self,
        header: &BatchHeader,
        scheme: &Scheme,
        part: Part,
        number: u32,
        bytes: &[u8],
    ) -> Result<(), ChunkError> {
        check_bytes(bytes_of(header, scheme, part, number)?, bytes)?;
        let is_it = match part {
            Part::Leaves => leaves_top(bytes) == *entry(&self.leaves, number)?,
            Part::Proofs => AttachmentHash::of(&[bytes]) == *entry(&self.proofs, number)?,
        };
        if is_it { Ok(()) } else { Err(ChunkError::Hash) }
    }
}

impl EnvelopeList {
    /// The list of envelopes in chunks.
    pub fn of<'a>(envelopes: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self(envelopes.into_iter().map(envelopes_top).collect())
    }

    /// Whether this is the list of the batch.
    ///
    /// # Errors
    /// [`ChunkError::Count`], [`ChunkError::Root`].
    pub fn check(&self, header: &BatchHeader) -> Result<(), ChunkError> {
        check_count(header, self.0.len())?;
        if scheme::envelope_root(header.leaves, &self.0) != header.envelope_root {
            return Err(ChunkError::Root("envelopes"));
        }
        Ok(())
    }

    /// Whether these are the bytes of a chunk.
    ///
    /// # Errors
    /// [`ChunkError::Number`], [`ChunkError::Bytes`], [`ChunkError::Hash`].
    pub fn check_chunk(
        &self,
        header: &BatchHeader,
        number: u32,
        bytes: &[u8],
    ) -> Result<(), ChunkError> {
        check_bytes(envelope_bytes_of(header, number)?, bytes)?;
        let is_it = envelopes_top(bytes) == *entry(&self.0, number)?;
        if is_it { Ok(()) } else { Err(ChunkError::Hash) }
    }
}
