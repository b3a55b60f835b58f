//! A block body as a stream of parts.
//!
//! The stream of a body is `Init`, then its bytes in chunks of exactly [`CHUNK_BYTES`] (the last
//! one may be shorter), then `Fin` with the proposer's signature over all of it. The opening names
//! the body's length, so the number, order and size of all parts follow from it and a receiver can
//! refuse a wrong one at sight. Whoever republishes a stored stream sends it as it was signed.

use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use malachitebft_app::types::core;
use malachitebft_app::types::streaming::{StreamId, StreamMessage};
use malachitebft_engine::util::streaming::StreamContent;
use minglian_ledger::block::BLOCK_BYTES_MAX;
use minglian_ledger::hash::{BlockId, ValidatorAddress};
use minglian_ledger::height::Height;
use minglian_ledger::keys::Signature;

use crate::engine::context::Context;

/// Bytes in every chunk of a body but the last.
pub const CHUNK_BYTES: usize = 128 * 1024;

/// Bytes in the name of a stream.
pub const STREAM_ID_BYTES: usize = 16;

/// Opens a stream and says everything about it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct Init {
    /// The height proposed for.
    pub height: Height,
    /// The round the stream was first published in.
    pub round: u32,
    /// The earlier round in which more than two thirds prevoted the block; none if it is new.
    pub valid_round: Option<u32>,
    /// The proposer of `round`, who signed the stream.
    pub proposer: ValidatorAddress,
    /// The block's id.
    pub block_id: BlockId,
    /// Bytes in the body: 1 to [`BLOCK_BYTES_MAX`].
    pub body_bytes: u32,
}

impl Init {
    /// Chunks in the body, or none if its length is unlawful.
    pub fn chunks(&self) -> Option<u64> {
        let bytes = self.body_bytes as usize;
        (1..=BLOCK_BYTES_MAX).contains(&bytes).then(|| bytes.div_ceil(CHUNK_BYTES) as u64)
    }

    /// The exact length of the chunk at `index`, or none if the body has no such chunk.
    pub fn chunk_length(&self, index: u64) -> Option<usize> {
        let last = self.chunks()?.checked_sub(1)?;
        match index.cmp(&last) {
            std::cmp::Ordering::Less => Some(CHUNK_BYTES),
            std::cmp::Ordering::Equal => {
                (self.body_bytes as usize).checked_sub(last as usize * CHUNK_BYTES)
            }
            std::cmp::Ordering::Greater => None,
        }
    }
}

/// One part of a stream.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum ProposalPart {
    /// The opening, at sequence 0.
    Init(Init),
    /// A chunk of the body.
    Data(Vec<u8>),
    /// The end: the proposer's signature over opening and body.
    Fin(Signature),
}

impl core::ProposalPart<Context> for ProposalPart {
    fn is_first(&self) -> bool {
        matches!(self, Self::Init(_))
    }

    fn is_last(&self) -> bool {
        matches!(self, Self::Fin(_))
    }
}

/// A whole stream: what the assembler hands over and what a node stores to republish it.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub struct SignedBody {
    /// The opening.
    pub init: Init,
    /// The encoded block.
    pub body: Vec<u8>,
    /// The proposer's signature over both.
    pub signature: Signature,
}

impl SignedBody {
    /// The messages that publish this body, in order. `publication` tells apart several streams
    /// that one node publishes of one round: count up.
    pub fn messages(&self, publication: u32) -> Vec<StreamMessage<ProposalPart>> {
        let id = stream_id(self.init.height, self.init.round, publication);
        let mut parts = vec![ProposalPart::Init(self.init.clone())];
        parts.extend(self.body.chunks(CHUNK_BYTES).map(|chunk| ProposalPart::Data(chunk.to_vec())));
        parts.push(ProposalPart::Fin(self.signature));
        (0..)
            .zip(parts)
            .map(|(sequence, part)| {
                StreamMessage::new(id.clone(), sequence, StreamContent::Data(part))
            })
            .collect()
    }
}

/// The name of a stream within its publisher.
fn stream_id(height: Height, round: u32, publication: u32) -> StreamId {
    let mut bytes = Vec::with_capacity(STREAM_ID_BYTES);
    bytes.extend_from_slice(&height.0.to_be_bytes());
    bytes.extend_from_slice(&round.to_be_bytes());
    bytes.extend_from_slice(&publication.to_be_bytes());
    StreamId::new(Bytes::from(bytes))
}
