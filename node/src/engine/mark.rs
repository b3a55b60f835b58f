//! The signer's compare-and-return file.
//!
//! A validator must never sign two different messages for one height, round and step, whatever it
//! forgot in between. So every signature is on disk before anybody sees it: the same request again
//! returns the stored signature (replay of the engine's log asks again, and a refusal would stop
//! it); a different or an earlier request is refused, and the height is barred: after the restart
//! the node runs without a vote until the chain has passed it.
//!
//! A signature is written when it is about to leave ([`Mark::settle`]), not when it is made. The
//! engine syncs its own log in between, so the mark never remembers a vote that the engine has
//! forgotten: a power cut cannot leave a node that must not say what it would now say.
//!
//! The file belongs to one key. It is never backed up: a node that lost it, or whose disk was
//! restored, either gets a new key or uses [`Mark::renew`] at a height that the chain has passed
//! since the node came back.

mod file;

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::height::Height;
use minglian_ledger::keys::{PublicKey, Signature};

use crate::engine::mark::file::{MarkFile, Record};

/// The three things a validator signs in a round, in the order in which it signs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub enum Step {
    /// A proposal.
    Proposal,
    /// A prevote.
    Prevote,
    /// A precommit.
    Precommit,
}

/// When something is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, BorshSerialize, BorshDeserialize)]
pub struct Position {
    /// The height.
    pub height: Height,
    /// The round.
    pub round: u32,
    /// The step.
    pub step: Step,
}

impl fmt::Display for Position {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "height {} round {} {:?}", self.height, self.round, self.step)
    }
}

/// Why nothing was signed. Every one of them must end the process: the engine cannot go on without
/// the signature, and must not get it.
#[derive(Debug, thiserror::Error)]
pub enum MarkError {
    /// The file is not there: a first start without `init`, or a lost disk.
    #[error(
        "the signer's mark {0} is missing: this key may have signed before, and without its mark \
         it could sign twice. Make a new validator key and see `minglian node restore --help`"
    )]
    Missing(PathBuf),
    /// The file is already there.
    #[error("the signer's mark {0} exists already")]
    Exists(PathBuf),
    /// Another process has it open: two validators with one key.
    #[error("the signer's mark {0} is in use by another process")]
    Locked(PathBuf),
    /// The file is damaged before its end.
    #[error("the signer's mark {path} is damaged at byte {offset}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where.
        offset: u64,
    },
    /// The file belongs to another key.
    #[error("the signer's mark {path} belongs to key {found}, not to {expected}")]
    OtherKey {
        /// The file.
        path: PathBuf,
        /// The key it belongs to.
        found: PublicKey,
        /// The key it was opened for.
        expected: PublicKey,
    },
    /// Another message was signed at this position before.
    #[error("{0}: another message was signed there before; this height is now barred")]
    Conflict(Position),
    /// A later position was signed before, and this one never.
    #[error("{asked} was asked for after {signed}; this height is now barred")]
    Regression {
        /// What was asked for.
        asked: Position,
        /// The latest position signed.
        signed: Position,
    },
    /// The height is barred.
    #[error("{asked}: nothing may be signed up to height {barred}")]
    Barred {
        /// What was asked for.
        asked: Position,
        /// The last barred height.
        barred: Height,
    },
    /// The key could not sign (an HSM that does not answer).
    #[error("the consensus key did not sign: {0}")]
    Key(String),
    /// The disk failed. What is on it is unknown, so nothing is signed any more.
    #[error("the signer's mark {path} could not be written: {error}")]
    Disk {
        /// The file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
    /// An earlier write failed.
    #[error("the signer's mark failed before; restart the node")]
    Poisoned,
}

/// What was signed at one position.
#[derive(Debug, Clone)]
struct Signed {
    message: Vec<u8>,
    signature: Signature,
}

/// The open mark. One per process and key: the file is locked.
#[derive(Debug)]
pub struct Mark {
    file: MarkFile,
    /// Everything signed at the last height.
    signed: BTreeMap<Position, Signed>,
    /// What was signed and is not on disk yet, in order.
    unsettled: Vec<(Position, Signed)>,
    /// The height of the last signature on disk.
    settled: Height,
    barred: Height,
    poisoned: bool,
}

impl Mark {
    /// Creates the file for a new key. It must not exist.
    pub fn create(path: &Path, key: PublicKey) -> Result<Self, MarkError> {
        if path.exists() {
            return Err(MarkError::Exists(path.to_owned()));
        }
        let file = MarkFile::write_new(path, key, Height::GENESIS)?;
        Ok(Self::fresh(file, Height::GENESIS))
    }

    /// Opens the file. A record cut short at the end was never released and is dropped; any other
    /// damage is an error.
    pub fn open(path: &Path, key: PublicKey) -> Result<Self, MarkError> {
        let (file, records) = MarkFile::open(path, key)?;
        let mut mark = Self::fresh(file, Height::GENESIS);
        for record in records {
            match record {
                Record::Signed { position, message, signature, .. } => {
                    mark.settled = position.height;
                    mark.remember(position, Signed { message, signature });
                }
                Record::Barred { height, .. } => mark.barred = mark.barred.max(height),
            }
        }
        Ok(mark)
    }

    /// Replaces a missing or damaged file by one that bars every height up to `passed`, which the
    /// caller knows to be decided: by a block whose time is later than this process's start, so
    /// that nothing this key signed in an earlier life can concern a later height.
    pub fn renew(path: &Path, key: PublicKey, passed: Height) -> Result<Self, MarkError> {
        let file = MarkFile::write_new(path, key, passed)?;
        Ok(Self::fresh(file, passed))
    }

    fn fresh(file: MarkFile, barred: Height) -> Self {
        let (signed, unsettled) = (BTreeMap::new(), Vec::new());
        Self { file, signed, unsettled, settled: Height::GENESIS, barred, poisoned: false }
    }

    /// The first height at which this key may sign. A node whose next height is lower runs without
    /// a vote until the chain gets there.
    pub fn votes_from(&self) -> Height {
        let signed = self.last().map_or(Height::GENESIS, |last| last.height);
        self.barred.next().max(signed)
    }

    /// The latest position signed at the last height, if any.
    pub fn last(&self) -> Option<Position> {
        self.signed.keys().next_back().copied()
    }

    /// Whether something was signed at `position`, on disk or not.
    pub fn has_signed(&self, position: Position) -> bool {
        self.signed.contains_key(&position)
    }

    /// Returns the signature for `message` at `position`: the stored one if the same was signed
    /// before, else the one `sign` makes. It must not leave before [`Mark::settle`] has returned.
    pub fn sign(
        &mut self,
        position: Position,
        message: &[u8],
        sign: impl FnOnce(&[u8]) -> Result<Signature, MarkError>,
    ) -> Result<Signature, MarkError> {
        if self.poisoned {
            return Err(MarkError::Poisoned);
        }
        if position.height <= self.barred {
            return Err(MarkError::Barred { asked: position, barred: self.barred });
        }
        if let Some(before) = self.signed.get(&position) {
            if before.message == message {
                return Ok(before.signature);
            }
            self.bar(position.height)?;
            return Err(MarkError::Conflict(position));
        }
        if let Some(signed) = self.last()
            && position < signed
        {
            self.bar(signed.height)?;
            return Err(MarkError::Regression { asked: position, signed });
        }
        let signature = sign(message)?;
        let signed = Signed { message: message.to_owned(), signature };
        self.unsettled.push((position, signed.clone()));
        self.remember(position, signed);
        Ok(signature)
    }

    /// Takes up a signature of this key that the engine has kept and this life may not know. It
    /// must be what was signed there, if anything was.
    pub fn recall(
        &mut self,
        position: Position,
        message: &[u8],
        signature: Signature,
    ) -> Result<(), MarkError> {
        let last = self.last();
        if last.is_some_and(|last| position.height < last.height) {
            // That height is decided, and its signatures were settled before it was committed.
            return Ok(());
        }
        if self.signed.contains_key(&position) || last.is_none_or(|last| position > last) {
            return self.sign(position, message, |_| Ok(signature)).map(|_| ());
        }
        // It was passed by a later one, which was made while it waited to be sent again.
        let signed = Signed { message: message.to_owned(), signature };
        let place = self.unsettled.partition_point(|(before, _)| *before < position);
        self.unsettled.insert(place, (position, signed.clone()));
        self.signed.insert(position, signed);
        Ok(())
    }

    /// Puts everything signed so far on disk. Nothing signed may leave before.
    pub fn settle(&mut self) -> Result<(), MarkError> {
        self.settle_first(self.unsettled.len())
    }

    /// As [`Mark::settle`], only up to `position`: what was signed after it leaves later, and the
    /// engine may not have synced it in its log yet.
    pub fn settle_until(&mut self, position: Position) -> Result<(), MarkError> {
        self.settle_first(self.unsettled.partition_point(|(signed, _)| *signed <= position))
    }

    fn settle_first(&mut self, count: usize) -> Result<(), MarkError> {
        if self.poisoned {
            return Err(MarkError::Poisoned);
        }
        let unsettled: Vec<_> = self.unsettled.drain(..count).collect();
        let Some((first, _)) = unsettled.first() else { return Ok(()) };
        if self.file.is_long() && self.settled < first.height {
            // The new file forgets the heights below, so it bars them.
            let barred = first.height.previous().unwrap_or_default().max(self.barred);
            self.guard(|mark| {
                mark.file = MarkFile::write_new(mark.file.path(), mark.file.key(), barred)?;
                Ok(())
            })?;
            self.barred = barred;
        }
        let records: Vec<Record> = unsettled
            .iter()
            .map(|(at, signed)| Record::signed(*at, &signed.message, signed.signature))
            .collect();
        self.guard(|mark| mark.file.append(&records))?;
        self.settled = unsettled.last().map_or(self.settled, |(last, _)| last.height);
        Ok(())
    }

    fn bar(&mut self, height: Height) -> Result<(), MarkError> {
        self.barred = self.barred.max(height);
        let record = Record::barred(self.barred);
        self.guard(|mark| mark.file.append(&[record]))
    }

    /// Runs a write; after a failed one nothing is signed any more.
    fn guard<T>(
        &mut self,
        write: impl FnOnce(&mut Self) -> Result<T, MarkError>,
    ) -> Result<T, MarkError> {
        let result = write(self);
        self.poisoned |= result.is_err();
        result
    }

    fn remember(&mut self, position: Position, signed: Signed) {
        self.signed.retain(|before, _| before.height >= position.height);
        self.signed.insert(position, signed);
    }
}
