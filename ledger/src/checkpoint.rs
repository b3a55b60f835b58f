//! Signed heads of the log in the formats that transparency monitors and witnesses already speak:
//! C2SP tlog-checkpoint, signed-note, tlog-cosignature and tlog-policy (<https://c2sp.org>).
//!
//! A checkpoint is three lines of text: the log's origin, its size, its root. A [`note::Note`] is
//! that text with signatures under it. After each block every validator cosigns the new head with
//! its own cosigner key, and a reader accepts a head by [`quorum::verify_quorum`].

pub mod cosignature;
pub mod key;
pub mod note;
pub mod policy;
pub mod quorum;

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64;

use crate::log::{self, LogHash};

/// The longest origin line and key name in bytes. Newer cosignature types give them one length
/// byte.
pub const MAX_NAME_BYTES: usize = 255;

/// The head of a log: which log, how many leaves, under which root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: LogHash,
}

/// A text that is not a checkpoint of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The text is not exactly three lines, each ended by a newline. Extension lines are refused:
    /// monitors cannot audit what they say.
    #[error("a checkpoint is three lines, each ended by a newline")]
    Lines,
    /// The origin is empty, too long, or holds a control character.
    #[error("not the origin line of a log: {origin:?}")]
    Origin {
        /// The line as given, cut to 80 characters.
        origin: String,
    },
    /// The size is not a decimal number without leading zeros, or above the largest log.
    #[error("not the size of a log: {text:?}")]
    Size {
        /// The line as given, cut to 80 characters.
        text: String,
    },
    /// The root is not the base64 of 32 bytes.
    #[error("not a root hash in base64: {text:?}")]
    Root {
        /// The line as given, cut to 80 characters.
        text: String,
    },
}

impl Checkpoint {
    /// The head of the log `origin` at `size` leaves. The origin is one line of at most
    /// [`MAX_NAME_BYTES`] without control characters.
    pub fn new(origin: &str, size: u64, root: LogHash) -> Result<Self, CheckpointError> {
        let fits = !origin.is_empty() && origin.len() <= MAX_NAME_BYTES;
        if !fits || origin.chars().any(char::is_control) {
            return Err(CheckpointError::Origin { origin: excerpt(origin) });
        }
        if log::check_size(size).is_err() {
            return Err(CheckpointError::Size { text: size.to_string() });
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// The line that identifies the log.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root over those leaves.
    pub fn root(&self) -> LogHash {
        self.root
    }
}

/// The three lines that are signed, the last newline included.
impl fmt::Display for Checkpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = BASE64.encode(&self.root.0);
        write!(formatter, "{}\n{}\n{}\n", self.origin, self.size, root)
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointError::Lines)?.split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Lines);
        };
        let size =
            parse_decimal(size).ok_or_else(|| CheckpointError::Size { text: excerpt(size) })?;
        let root = parse_base64(root)
            .and_then(|bytes| bytes.try_into().ok())
            .ok_or_else(|| CheckpointError::Root { text: excerpt(root) })?;
        Self::new(origin, size, LogHash(root))
    }
}

/// A decimal number in its one text: digits only, no leading zero.
fn parse_decimal(text: &str) -> Option<u64> {
    text.parse().ok().filter(|number: &u64| number.to_string() == text)
}

/// The bytes of padded base64 in its one text. The decoder alone is not enough: it also reads
/// several padded texts in a row.
fn parse_base64(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text.as_bytes()).ok().filter(|bytes| BASE64.encode(bytes) == text)
}

/// The beginning of a refused text, for an error message.
fn excerpt(text: &str) -> String {
    text.chars().take(80).collect()
}
