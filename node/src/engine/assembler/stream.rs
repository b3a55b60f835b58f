//! One half-open stream.

use std::collections::BTreeMap;

use minglian_ledger::block::BLOCK_BYTES_MAX;
use minglian_ledger::keys::Signature;

use crate::engine::assembler::PartError;
use crate::engine::parts::{CHUNK_BYTES, Init, ProposalPart, SignedBody};

/// Most chunks in a lawful stream.
const CHUNKS_MAX: u64 = BLOCK_BYTES_MAX.div_ceil(CHUNK_BYTES) as u64;

/// What has arrived of one stream.
#[derive(Debug, Default)]
pub(super) struct Stream {
    pub(super) init: Option<Init>,
    chunks: BTreeMap<u64, Vec<u8>>,
    fin: Option<(u64, Signature)>,
    pub(super) bytes: usize,
    pub(super) opened: u64,
}

impl Stream {
    /// Opens a stream, the `opened`-th in this node's life.
    pub(super) fn new(opened: u64) -> Self {
        Self { opened, ..Self::default() }
    }

    /// Takes a part, refusing one that cannot stand there.
    pub(super) fn insert(&mut self, sequence: u64, part: ProposalPart) -> Result<(), PartError> {
        match part {
            ProposalPart::Init(init) => {
                if sequence != 0 {
                    return Err(PartError::Shape(sequence));
                }
                if self.init.as_ref().is_some_and(|before| *before != init) {
                    return Err(PartError::Contradiction(sequence));
                }
                self.init = Some(init);
            }
            ProposalPart::Data(chunk) => {
                if !(1..=CHUNKS_MAX).contains(&sequence) || chunk.len() > CHUNK_BYTES {
                    return Err(PartError::Shape(sequence));
                }
                match self.chunks.get(&sequence) {
                    Some(before) if *before != chunk => {
                        return Err(PartError::Contradiction(sequence));
                    }
                    Some(_) => {}
                    None => {
                        self.bytes += chunk.len();
                        self.chunks.insert(sequence, chunk);
                    }
                }
            }
            ProposalPart::Fin(signature) => {
                let fin = (sequence, signature);
                if self.fin.is_some_and(|before| before != fin) {
                    return Err(PartError::Contradiction(sequence));
                }
                self.fin = Some(fin);
            }
        }
        self.check_shape()
    }

    /// Once the opening is known, every part must stand where it puts it.
    fn check_shape(&self) -> Result<(), PartError> {
        let Some(init) = &self.init else { return Ok(()) };
        for (sequence, chunk) in &self.chunks {
            if init.chunk_length(sequence - 1) != Some(chunk.len()) {
                return Err(PartError::Shape(*sequence));
            }
        }
        let end = init.chunks().unwrap_or(0) + 1;
        match self.fin {
            Some((sequence, _)) if sequence != end => Err(PartError::Shape(sequence)),
            _ => Ok(()),
        }
    }

    /// Whether nothing is missing.
    pub(super) fn is_whole(&self) -> bool {
        let chunks = self.init.as_ref().and_then(Init::chunks);
        self.fin.is_some() && chunks == Some(self.chunks.len() as u64)
    }

    /// The body with its opening and signature.
    pub(super) fn into_body(self) -> Option<SignedBody> {
        let (_, signature) = self.fin?;
        let body = self.chunks.into_values().collect::<Vec<_>>().concat();
        Some(SignedBody { init: self.init?, body, signature })
    }
}
