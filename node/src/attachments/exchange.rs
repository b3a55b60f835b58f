//! What nodes ask each other for, one question a stream: a frame with the question, a frame with
//! the answer, and behind the answer to [`Ask::Attachment`] the attachment's bytes, behind that to
//! [`Ask::Chunk`] the chunk's.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use borsh::{BorshDeserialize, BorshSerialize};
use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use minglian_contracts::naming::Thing;
use minglian_ledger::deposit::{Class, Deposit};
use minglian_ledger::hash::{AttachmentHash, Commitment};
use minglian_ledger::height::LogIndex;
use minglian_ledger::subsidy::chunk_list::{ChunkList, Part};
use minglian_ledger::subsidy::domain::BatchId;

use super::manifest::Description;
use super::openings::{OPENING_BYTES_MAX, Opening};
use super::{Hint, KeepFault, Keeper, Origin};
use crate::batches::{BatchFault, Batches};
use crate::gossip::frame::{FrameError, Frames};
use crate::pace::Pace;

/// Most commitments in one answer.
pub const LIST_MAX: usize = 1_000;

/// The largest messages are a list of commitments and an opening. The bytes of an attachment earn a
/// peer more patience.
const FRAMES: Frames = Frames { bytes_max: 64 * 1024, patience: Duration::from_secs(20) };

const _: () = assert!(OPENING_BYTES_MAX < FRAMES.bytes_max && LIST_MAX * 32 < FRAMES.bytes_max);

/// Bytes of an attachment read from the network at a time.
const READ_BYTES: usize = 64 * 1024;

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Ask {
    /// An attachment.
    Attachment(AttachmentHash),
    /// An opening, if the log there holds the record `named_at`: of a log that is shorter it may be
    /// one that goes with an act which was rejected since. Validators only.
    Opening {
        /// Its commitment.
        commitment: Commitment,
        /// The last record known to the one who asks that names it.
        named_at: LogIndex,
    },
    /// Of which commitments the openings are there, behind this one. Validators only.
    Openings(Option<Commitment>),
    /// No question: the sender has this, and others may miss it.
    Have(Thing),
    /// The list of the chunks of a batch.
    ChunkList(BatchId),
    /// A chunk of a batch.
    Chunk(BatchId, Part, u32),
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum Answer {
    /// It is not there.
    Absent,
    /// It is not for the one who asks.
    Forbidden,
    /// The attachment's deposit; its bytes follow.
    Attachment(Deposit),
    /// The opening.
    Opening(Opening),
    /// Commitments, ascending, at most [`LIST_MAX`].
    Openings(Vec<Commitment>),
    /// Heard.
    Heard,
    /// The list of the chunks of a batch.
    ChunkList(ChunkList),
    /// The bytes of the chunk, so many, follow.
    Chunk(u32),
}

/// Why a question was not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// A message did not get through, or is not the answer to what was asked.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// What came is not kept, or what is asked for cannot be read.
    #[error(transparent)]
    Keep(#[from] KeepFault),
}

impl ExchangeError {
    /// Whether the peer failed, or the way to it, and not this node.
    pub fn is_of_peer(&self) -> bool {
        match self {
            Self::Frame(_) => true,
            Self::Keep(fault) => matches!(
                fault,
                KeepFault::WrongChain(_)
                    | KeepFault::NotSigned(_)
                    | KeepFault::WrongType(_)
                    | KeepFault::Mismatch
                    | KeepFault::Opening(_)
            ),
        }
    }
}

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fetched {
    /// It is here now.
    Kept,
    /// The peer does not have it.
    Absent,
    /// It is not for this node.
    Forbidden,
}

/// Asks a peer for a thing and keeps it.
///
/// # Errors
/// [`ExchangeError`] if nothing was kept for another reason than the peer's own.
pub async fn fetch(
    keeper: &Arc<Keeper>,
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    thing: &Thing,
) -> Result<Fetched, ExchangeError> {
    let ask = match thing {
        Thing::Attachment(hash) => Ask::Attachment(*hash),
        Thing::Opening(commitment) => {
            let Some(named_at) = keeper.last_naming(commitment)? else {
                return Ok(Fetched::Absent);
            };
            Ask::Opening { commitment: *commitment, named_at }
        }
    };
    FRAMES.send(stream, &ask).await?;
    match (FRAMES.receive(stream).await?, thing) {
        (Answer::Absent, _) => Ok(Fetched::Absent),
        (Answer::Forbidden, _) => Ok(Fetched::Forbidden),
        (Answer::Attachment(deposit), Thing::Attachment(hash)) => {
            let about = Description::of(&deposit).filter(|about| about.hash == *hash);
            let about = about.ok_or(FrameError::Malformed)?;
            let Some(receiving) = keeper.receive(deposit, Origin::Peer).await? else {
                return Ok(Fetched::Kept);
            };
            take_bytes(receiving, about.bytes, stream).await?;
            Ok(Fetched::Kept)
        }
        (Answer::Opening(opening), Thing::Opening(_)) => {
            if super::thing_of(&opening.deposit) != *thing {
                return Err(FrameError::Malformed.into());
            }
            keeper.keep_opening(&opening, Origin::Peer)?;
            Ok(Fetched::Kept)
        }
        _ => Err(FrameError::Malformed.into()),
    }
}

async fn take_bytes(
    mut receiving: super::Receiving,
    bytes: u64,
    stream: &mut (impl AsyncRead + Unpin),
) -> Result<(), ExchangeError> {
    let mut buffer = vec![0; READ_BYTES];
    let mut left = bytes;
    let mut pace = Pace::new(FRAMES.patience);
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(READ_BYTES).min(READ_BYTES);
        let read = read_some(stream, &mut pace, &mut buffer[..now]).await?;
        receiving.push(&buffer[..read]).await?;
        left -= read as u64;
    }
    receiving.finish().await?;
    Ok(())
}

/// Reads what comes next, which is at least a byte.
async fn read_some(
    stream: &mut (impl AsyncRead + Unpin),
    pace: &mut Pace,
    buffer: &mut [u8],
) -> Result<usize, FrameError> {
    let read = pace.next(stream.read(buffer)).await.ok_or(FrameError::Silent)??;
    if read == 0 {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    pace.came(read);
    Ok(read)
}

/// Asks a peer of which commitments it has the openings, behind `after`.
///
/// # Errors
/// [`FrameError`] if it does not answer as asked.
pub async fn list(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    after: Option<Commitment>,
) -> Result<Vec<Commitment>, FrameError> {
    FRAMES.send(stream, &Ask::Openings(after)).await?;
    match FRAMES.receive(stream).await? {
        Answer::Openings(list) if list.len() <= LIST_MAX => Ok(list),
        Answer::Forbidden => Ok(Vec::new()),
        _ => Err(FrameError::Malformed),
    }
}

/// Tells a peer that a thing is here.
///
/// # Errors
/// [`FrameError`] if it does not hear.
pub async fn tell(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    thing: &Thing,
) -> Result<(), FrameError> {
    FRAMES.send(stream, &Ask::Have(*thing)).await?;
    match FRAMES.receive(stream).await? {
        Answer::Heard => Ok(()),
        _ => Err(FrameError::Malformed),
    }
}

/// Answers a peer's question. What only validators may have is for nobody else.
///
/// # Errors
/// [`ExchangeError`] if the peer goes away, or what it asks for cannot be read.
pub async fn answer(
    keeper: &Keeper,
    batches: &Batches,
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    peer: &str,
    is_validator: bool,
) -> Result<(), ExchangeError> {
    match FRAMES.receive(stream).await? {
        Ask::Attachment(hash) => send_attachment(keeper, stream, &hash, is_validator).await?,
        Ask::Opening { .. } | Ask::Openings(_) if !is_validator => {
            FRAMES.send(stream, &Answer::Forbidden).await?;
        }
        Ask::Opening { commitment, named_at } => {
            let found = tokio::task::block_in_place(|| keeper.opening_for(&commitment, named_at))?;
            FRAMES.send(stream, &found.map_or(Answer::Absent, Answer::Opening)).await?;
        }
        Ask::Openings(after) => {
            let list = keeper.openings().page(after.as_ref(), LIST_MAX);
            FRAMES.send(stream, &Answer::Openings(list)).await?;
        }
        Ask::Have(thing) => {
            keeper.hint(Hint::Heard(thing, peer.to_owned()));
            FRAMES.send(stream, &Answer::Heard).await?;
        }
        Ask::ChunkList(batch) => {
            let list = batches.list(&batch).map(|list| Answer::ChunkList((*list).clone()));
            FRAMES.send(stream, &list.unwrap_or(Answer::Absent)).await?;
        }
        Ask::Chunk(batch, part, number) => {
            let found = tokio::task::block_in_place(|| batches.chunk(&batch, part, number));
            send_chunk(stream, found).await?;
        }
    }
    Ok(FRAMES.patiently(stream.close()).await?)
}

async fn send_chunk(
    stream: &mut (impl AsyncWrite + Unpin),
    found: Result<Option<Vec<u8>>, BatchFault>,
) -> Result<(), FrameError> {
    let bytes = match found {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return FRAMES.send(stream, &Answer::Absent).await,
        Err(fault) => {
            tracing::debug!(%fault, "a chunk is not handed out");
            return FRAMES.send(stream, &Answer::Absent).await;
        }
    };
    let count = u32::try_from(bytes.len()).map_err(|_| FrameError::Malformed)?;
    FRAMES.send(stream, &Answer::Chunk(count)).await?;
    for piece in bytes.chunks(READ_BYTES) {
        FRAMES.patiently(stream.write_all(piece)).await?;
    }
    FRAMES.patiently(stream.flush()).await
}

/// Asks a peer for the list of the chunks of a batch.
///
/// # Errors
/// [`FrameError`] if it does not answer as asked.
pub async fn chunk_list(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    batch: &BatchId,
) -> Result<Option<ChunkList>, FrameError> {
    FRAMES.send(stream, &Ask::ChunkList(*batch)).await?;
    match FRAMES.receive(stream).await? {
        Answer::ChunkList(list) => Ok(Some(list)),
        Answer::Absent => Ok(None),
        _ => Err(FrameError::Malformed),
    }
}

/// Asks a peer for a chunk of a batch, which has `bytes` bytes. What it is, the caller checks.
///
/// # Errors
/// [`FrameError`] if it does not answer as asked.
pub async fn chunk(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    batch: &BatchId,
    part: Part,
    number: u32,
    bytes: usize,
) -> Result<Option<Vec<u8>>, FrameError> {
    FRAMES.send(stream, &Ask::Chunk(*batch, part, number)).await?;
    match FRAMES.receive(stream).await? {
        Answer::Chunk(count) if usize::try_from(count).is_ok_and(|count| count == bytes) => {}
        Answer::Absent => return Ok(None),
        _ => return Err(FrameError::Malformed),
    }
    let mut chunk = vec![0; bytes];
    let (mut come, mut pace) = (0, Pace::new(FRAMES.patience));
    while let Some(rest) = chunk.get_mut(come..).filter(|rest| !rest.is_empty()) {
        come += read_some(stream, &mut pace, rest).await?;
    }
    Ok(Some(chunk))
}

async fn send_attachment(
    keeper: &Keeper,
    stream: &mut (impl AsyncWrite + Unpin),
    hash: &AttachmentHash,
    is_validator: bool,
) -> Result<(), ExchangeError> {
    let Some(manifest) = keeper.manifest(hash).await? else {
        return Ok(FRAMES.send(stream, &Answer::Absent).await?);
    };
    if manifest.deposit.body.class != Class::Public && !is_validator {
        return Ok(FRAMES.send(stream, &Answer::Forbidden).await?);
    }
    FRAMES.send(stream, &Answer::Attachment(manifest.deposit.clone())).await?;
    for number in 0..manifest.pieces.len() as u64 {
        let piece = keeper.piece(&manifest, number).await?;
        FRAMES.patiently(stream.write_all(&piece)).await?;
    }
    Ok(FRAMES.patiently(stream.flush()).await?)
}
