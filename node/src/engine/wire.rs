//! Canonical bytes of everything the engine writes to its log or sends.
//!
//! Decoding is bounded by the message's size, refuses trailing bytes and never panics: what a
//! stranger sends decodes or is an error. Types of the engine that have no borsh form of their own
//! have a wire form here.

use std::io;
use std::sync::Arc;

use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use malachitebft_app::consensus::LivenessMsg;
use malachitebft_app::types::codec::{Codec, HasEncodedLen};
use malachitebft_app::types::core::{
    ExtendedCommitCertificate, ExtendedCommitSignature, PolkaCertificate, Round, ValidatorProof,
};
use malachitebft_app::types::streaming::StreamMessage;
use malachitebft_app::types::sync::{RawDecidedValue, Request, Response, Status};
use malachitebft_app::types::{ProposedValue, SignedConsensusMsg};
use malachitebft_sync::ValueResponse;
use minglian_ledger::block::BLOCK_BYTES_MAX;
use minglian_ledger::hash::BlockId;
use minglian_ledger::height;
use minglian_ledger::keys::Signature;
use minglian_ledger::validators::VALIDATORS_MAX;
use tokio::sync::watch;

use crate::engine::context::{Address, Context, Height};
use crate::engine::mark::MarkError;
use crate::engine::parts::{CHUNK_BYTES, ProposalPart};
use crate::engine::signer::Signer;

/// Largest encoded vote, proposal, certificate or status in bytes: a certificate of a full set.
pub const MESSAGE_BYTES_MAX: usize = 32 * 1024;

/// Largest encoded part in bytes: a chunk and its frame.
pub const PART_BYTES_MAX: usize = CHUNK_BYTES + 1024;

/// Largest encoded sync response in bytes: the engine's own limit on a response.
pub const RESPONSE_BYTES_MAX: usize = 10 * 1024 * 1024;

// One block with its certificate must fit into a response, or nobody could ever catch up.
const _: () = assert!(BLOCK_BYTES_MAX + MESSAGE_BYTES_MAX < RESPONSE_BYTES_MAX);
// A certificate holds an address and a signature per validator.
const _: () = assert!(VALIDATORS_MAX * (32 + 64) + 256 < MESSAGE_BYTES_MAX);

/// Why bytes are not a message, or a message has no bytes.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// Longer than any lawful message of its kind.
    #[error("a message of {bytes} bytes is longer than the {limit} its kind may have")]
    TooLong {
        /// Its length in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// Not the canonical encoding.
    #[error("not a canonically encoded message: {0}")]
    Malformed(#[from] io::Error),
    /// It carries a signature that could not be put on disk.
    #[error("a signature may not leave: {0}")]
    Unsettled(#[from] MarkError),
}

/// The codec of log, network and sync.
///
/// It also notes the height in the latest peer status it decodes: the engine does not tell the
/// application that peers are ahead, and an idle application must then let it catch up.
#[derive(Debug, Clone)]
pub struct Wire {
    peer_tip: Arc<watch::Sender<height::Height>>,
    signer: Option<Signer>,
}

impl Wire {
    /// The codec, and where it notes the latest height that any peer stated. A hint only: a peer
    /// may lie.
    pub fn new() -> (Self, watch::Receiver<height::Height>) {
        let (sender, receiver) = watch::channel(height::Height::GENESIS);
        (Self { peer_tip: Arc::new(sender), signer: None }, receiver)
    }

    /// The network's codec of a validator: what it encodes leaves this node, so what `signer`
    /// signed is put on disk first.
    pub fn leaving(self, signer: Signer) -> Self {
        Self { signer: Some(signer), ..self }
    }
}

fn decode<T: BorshDeserialize>(bytes: &[u8], limit: usize) -> Result<T, WireError> {
    if bytes.len() > limit {
        return Err(WireError::TooLong { bytes: bytes.len(), limit });
    }
    Ok(borsh::from_slice(bytes)?)
}

fn encode(message: &impl BorshSerialize) -> Result<Bytes, WireError> {
    Ok(borsh::to_vec(message)?.into())
}

macro_rules! borsh_codec {
    ($($message:ty => $limit:expr),+ $(,)?) => {$(
        impl Codec<$message> for Wire {
            type Error = WireError;

            fn decode(&self, bytes: Bytes) -> Result<$message, WireError> {
                decode(&bytes, $limit)
            }

            fn encode(&self, message: &$message) -> Result<Bytes, WireError> {
                encode(message)
            }
        }
    )+};
}

borsh_codec! {
    PolkaCertificate<Context> => MESSAGE_BYTES_MAX,
    ProposedValue<Context> => MESSAGE_BYTES_MAX,
    ProposalPart => PART_BYTES_MAX,
    StreamMessage<ProposalPart> => PART_BYTES_MAX,
    Request<Context> => MESSAGE_BYTES_MAX,
}

impl Codec<SignedConsensusMsg<Context>> for Wire {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<SignedConsensusMsg<Context>, WireError> {
        decode(&bytes, MESSAGE_BYTES_MAX)
    }

    fn encode(&self, message: &SignedConsensusMsg<Context>) -> Result<Bytes, WireError> {
        if let Some(signer) = &self.signer {
            tokio::task::block_in_place(|| signer.release(message))?;
        }
        encode(message)
    }
}

impl Codec<LivenessMsg<Context>> for Wire {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<LivenessMsg<Context>, WireError> {
        decode(&bytes, MESSAGE_BYTES_MAX)
    }

    fn encode(&self, message: &LivenessMsg<Context>) -> Result<Bytes, WireError> {
        if let Some(signer) = &self.signer {
            tokio::task::block_in_place(|| signer.settle())?;
        }
        encode(message)
    }
}

impl Codec<Status<Context>> for Wire {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<Status<Context>, WireError> {
        let status: Status<Context> = decode(&bytes, MESSAGE_BYTES_MAX)?;
        self.peer_tip.send_replace(status.tip_height.0);
        Ok(status)
    }

    fn encode(&self, status: &Status<Context>) -> Result<Bytes, WireError> {
        encode(status)
    }
}

/// A [`ValidatorProof`] on the wire.
#[derive(BorshSerialize, BorshDeserialize)]
struct WireProof {
    public_key: Vec<u8>,
    peer_id: Vec<u8>,
    signature: Signature,
}

impl Codec<ValidatorProof<Context>> for Wire {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<ValidatorProof<Context>, WireError> {
        let proof: WireProof = decode(&bytes, MESSAGE_BYTES_MAX)?;
        Ok(ValidatorProof::new(proof.public_key, proof.peer_id, proof.signature))
    }

    fn encode(&self, proof: &ValidatorProof<Context>) -> Result<Bytes, WireError> {
        encode(&WireProof {
            public_key: proof.public_key.clone(),
            peer_id: proof.peer_id.clone(),
            signature: proof.signature,
        })
    }
}

/// A decided block on the wire. Vote extensions are disabled, so none is carried.
#[derive(BorshSerialize, BorshDeserialize)]
struct WireDecided {
    value: Vec<u8>,
    height: Height,
    round: Round,
    block_id: BlockId,
    signatures: Vec<(Address, Signature)>,
}

impl From<&RawDecidedValue<Context>> for WireDecided {
    fn from(decided: &RawDecidedValue<Context>) -> Self {
        let certificate = &decided.certificate;
        let signatures = &certificate.commit_signatures;
        Self {
            value: decided.value_bytes.to_vec(),
            height: certificate.height,
            round: certificate.round,
            block_id: certificate.value_id,
            signatures: signatures.iter().map(|one| (one.address, one.signature)).collect(),
        }
    }
}

impl From<WireDecided> for RawDecidedValue<Context> {
    fn from(decided: WireDecided) -> Self {
        let signatures = decided.signatures.into_iter();
        let commit_signatures = signatures
            .map(|(address, signature)| ExtendedCommitSignature::new(address, signature, None))
            .collect();
        let certificate = ExtendedCommitCertificate {
            height: decided.height,
            round: decided.round,
            value_id: decided.block_id,
            commit_signatures,
        };
        Self::new(decided.value.into(), certificate)
    }
}

impl Codec<Response<Context>> for Wire {
    type Error = WireError;

    fn decode(&self, bytes: Bytes) -> Result<Response<Context>, WireError> {
        let (start, values): (Height, Vec<WireDecided>) = decode(&bytes, RESPONSE_BYTES_MAX)?;
        let values = values.into_iter().map(RawDecidedValue::from).collect();
        Ok(Response::ValueResponse(ValueResponse::new(start, values)))
    }

    fn encode(&self, response: &Response<Context>) -> Result<Bytes, WireError> {
        let Response::ValueResponse(response) = response;
        let values: Vec<WireDecided> = response.values.iter().map(WireDecided::from).collect();
        encode(&(response.start_height, values))
    }
}

impl HasEncodedLen<Response<Context>> for Wire {
    fn encoded_len(&self, response: &Response<Context>) -> Result<usize, WireError> {
        let Response::ValueResponse(response) = response;
        let values: Vec<WireDecided> = response.values.iter().map(WireDecided::from).collect();
        Ok(borsh::object_length(&(response.start_height, values))?)
    }
}
