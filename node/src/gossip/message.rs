//! What nodes send each other between blocks, and its frames: a length in 4 bytes, little endian,
//! and a borsh message.

use std::io;

use borsh::{BorshDeserialize, BorshSerialize};
use bytes::Bytes;
use minglian_ledger::transaction::TRANSACTION_BYTES_MAX;

/// A batch is sent when its transactions reach this many bytes.
pub const BATCH_BYTES: usize = 256 * 1024;

/// Most transactions in one batch.
pub const BATCH_TRANSACTIONS_MAX: usize = 8192;

/// Largest encoded message in bytes.
pub const MESSAGE_BYTES_MAX: usize = 512 * 1024;

/// Largest cosignature note in bytes.
pub const NOTE_BYTES_MAX: usize = 4 * 1024;

/// The length in front of every message, in bytes.
pub const LENGTH_BYTES: usize = 4;

const _: () = assert!(
    BATCH_BYTES + TRANSACTION_BYTES_MAX + 4 * BATCH_TRANSACTIONS_MAX + 16 <= MESSAGE_BYTES_MAX
);

/// One message between two nodes.
#[derive(Debug, Clone, PartialEq, Eq, BorshSerialize, BorshDeserialize)]
pub enum GossipMessage {
    /// Encoded transactions that the sender admitted itself. Nobody relays them.
    Transactions(Vec<Vec<u8>>),
    /// The sender's cosignature of a head of the log.
    Cosignature {
        /// A signed note, or its signature line, as text.
        note: String,
    },
}

/// Why a message is refused. Its sender is cut off for a while.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The announced length is zero or above [`MESSAGE_BYTES_MAX`].
    #[error("a message of {0} bytes; at least 1 and at most {MESSAGE_BYTES_MAX} are allowed")]
    Length(u32),
    /// Not the encoding of a message, or bytes follow it.
    #[error("not a message: {0}")]
    Encoding(String),
    /// No transactions, or more than [`BATCH_TRANSACTIONS_MAX`].
    #[error(
        "a batch of {0} transactions; at least 1, at most {BATCH_TRANSACTIONS_MAX} are allowed"
    )]
    TransactionCount(usize),
    /// A transaction is empty or above [`TRANSACTION_BYTES_MAX`].
    #[error("a transaction of {0} bytes; at least 1, at most {TRANSACTION_BYTES_MAX} are allowed")]
    TransactionSize(usize),
    /// A note is empty or above [`NOTE_BYTES_MAX`].
    #[error("a cosignature note of {0} bytes; at least 1, at most {NOTE_BYTES_MAX} are allowed")]
    NoteSize(usize),
    /// A transaction that no node admits, whatever its state: the sender passed on what it cannot
    /// have admitted itself.
    #[error("what no node admits or makes: {0}")]
    Transaction(&'static str),
}

/// Reads one message, without its length.
pub fn decode(bytes: &[u8]) -> Result<GossipMessage, Malformed> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    check_length(length)?;
    let message: GossipMessage =
        borsh::from_slice(bytes).map_err(|error| Malformed::Encoding(error.to_string()))?;
    match &message {
        GossipMessage::Transactions(transactions) => {
            if transactions.is_empty() || transactions.len() > BATCH_TRANSACTIONS_MAX {
                return Err(Malformed::TransactionCount(transactions.len()));
            }
            transactions.iter().try_for_each(|bytes| check_transaction(bytes))?;
        }
        GossipMessage::Cosignature { note } => check_note(note)?,
    }
    Ok(message)
}

/// Refuses a length that no message has, before memory is taken for it.
pub fn check_length(length: u32) -> Result<usize, Malformed> {
    match usize::try_from(length) {
        Ok(bytes) if (1..=MESSAGE_BYTES_MAX).contains(&bytes) => Ok(bytes),
        _ => Err(Malformed::Length(length)),
    }
}

/// Refuses a transaction that no peer would take.
pub fn check_transaction(bytes: &[u8]) -> Result<(), Malformed> {
    if (1..=TRANSACTION_BYTES_MAX).contains(&bytes.len()) {
        Ok(())
    } else {
        Err(Malformed::TransactionSize(bytes.len()))
    }
}

/// Refuses a note that no peer would take.
pub fn check_note(note: &str) -> Result<(), Malformed> {
    if (1..=NOTE_BYTES_MAX).contains(&note.len()) {
        Ok(())
    } else {
        Err(Malformed::NoteSize(note.len()))
    }
}

/// The frame of a batch of transactions, as [`GossipMessage::Transactions`] encodes.
pub fn transactions_frame(transactions: &[Bytes]) -> io::Result<Bytes> {
    frame(&Outgoing::Transactions(transactions.iter().map(Bytes::as_ref).collect()))
}

/// The frame of a cosignature, as [`GossipMessage::Cosignature`] encodes.
pub fn cosignature_frame(note: &str) -> io::Result<Bytes> {
    frame(&Outgoing::Cosignature { note })
}

/// [`GossipMessage`] over borrowed bytes, so that a batch is copied once.
#[derive(BorshSerialize)]
enum Outgoing<'a> {
    Transactions(Vec<&'a [u8]>),
    Cosignature { note: &'a str },
}

fn frame(message: &Outgoing<'_>) -> io::Result<Bytes> {
    let mut frame = vec![0; LENGTH_BYTES];
    borsh::to_writer(&mut frame, message)?;
    let length = u32::try_from(frame.len() - LENGTH_BYTES).map_err(io::Error::other)?;
    check_length(length).map_err(io::Error::other)?;
    frame[..LENGTH_BYTES].copy_from_slice(&length.to_le_bytes());
    Ok(frame.into())
}
