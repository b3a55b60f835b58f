//! Which heads there are and who signed them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use minglian_ledger::checkpoint::Checkpoint;
use minglian_ledger::checkpoint::key::VerifierKey;
use minglian_ledger::checkpoint::note::{Note, NoteSignature};
use minglian_ledger::checkpoint::quorum;

use super::CheckpointsError;

/// Heads that are kept.
const HEADS_MAX: usize = 64;

/// Verified notes of one signer of heads that this node has not committed yet. More are older than
/// the heads that are kept, or of heads that nobody will reach soon: they push out its own only.
const EARLY_PER_SIGNER_MAX: usize = HEADS_MAX;

/// Most split views that are remembered, so that each is told once.
const SPLIT_VIEWS_MAX: usize = 1_024;

/// Most signatures in one message: a node signs as cosigner and as log.
const SIGNATURES_MAX: usize = 2;

/// The last heads with the signatures known to be good.
///
/// **Invariant:** every signature kept verifies over its head's text.
#[derive(Debug)]
pub struct Heads {
    log_key: VerifierKey,
    /// By size.
    heads: BTreeMap<u64, Head>,
    /// By the name of the signer, oldest first.
    early: BTreeMap<String, VecDeque<Early>>,
    /// Sizes at which a signer signed another log.
    split_views: BTreeSet<(u64, String)>,
}

/// A verified note of one signer, of a head that is not committed here.
#[derive(Debug)]
struct Early {
    size: u64,
    note: Note,
}

#[derive(Debug)]
struct Head {
    text: String,
    cosigners: Vec<(VerifierKey, u64)>,
    log: Option<NoteSignature>,
    /// By the cosigner's name.
    cosigned: BTreeMap<String, NoteSignature>,
}

impl Heads {
    /// No heads of the log with this key.
    pub fn new(log_key: VerifierKey) -> Self {
        let (heads, early) = (BTreeMap::new(), BTreeMap::new());
        Self { log_key, heads, early, split_views: BTreeSet::new() }
    }

    /// Adds a committed head with those who may cosign it, and the signatures that came early.
    pub fn add(&mut self, checkpoint: &Checkpoint, cosigners: Vec<(VerifierKey, u64)>) {
        let text = checkpoint.to_string();
        let head = Head { text, cosigners, log: None, cosigned: BTreeMap::new() };
        self.heads.entry(checkpoint.size()).or_insert(head);
        while self.heads.len() > HEADS_MAX {
            self.heads.pop_first();
        }
        for note in self.due(checkpoint.size()) {
            // A note that is refused now was verified against cosigners who have changed since, or
            // is of another log; the log says so.
            if let Err(error) = self.merge(&note) {
                tracing::warn!(%error, "an early cosignature does not fit its head");
            }
        }
    }

    /// Takes the early notes of heads up to `size`; those of later ones stay as they are.
    fn due(&mut self, size: u64) -> Vec<Note> {
        let mut due = Vec::new();
        for notes in self.early.values_mut() {
            let (now, later) =
                std::mem::take(notes).into_iter().partition(|early| early.size <= size);
            *notes = later;
            let now: VecDeque<Early> = now;
            due.extend(now.into_iter().map(|early| early.note));
        }
        self.early.retain(|_, notes| !notes.is_empty());
        due
    }

    /// Keeps what is new in a note; see [`super::Checkpoints::on_received`].
    pub fn merge(&mut self, note: &Note) -> Result<bool, CheckpointsError> {
        let checkpoint: Checkpoint = note.text().parse()?;
        if checkpoint.origin() != self.log_key.name() {
            return Err(CheckpointsError::OtherLog(checkpoint.origin().to_owned()));
        }
        if note.signatures().len() > SIGNATURES_MAX {
            return Err(CheckpointsError::TooMany(note.signatures().len()));
        }
        let size = checkpoint.size();
        let newest = self.heads.last_key_value().map_or(0, |(size, _)| *size);
        if size > newest {
            return self.keep_early(note, size);
        }
        if self.heads.first_key_value().is_some_and(|(oldest, _)| size < *oldest) {
            return Ok(false);
        }
        let head = self.heads.get_mut(&size).ok_or(CheckpointsError::UnknownHead(size))?;
        let mut is_new = false;
        for signature in note.signatures() {
            let signer = verified_signer(&self.log_key, &head.cosigners, note.text(), signature)?;
            if note.text() != head.text {
                let signer = signer.name().to_owned();
                return Err(split_view(&mut self.split_views, signer, size, note));
            }
            if *signer == self.log_key {
                is_new |= head.log.replace(signature.clone()).is_none();
            } else {
                let name = signer.name().to_owned();
                is_new |= head.cosigned.insert(name, signature.clone()).is_none();
            }
        }
        Ok(is_new)
    }

    /// The latest head signed by the log and cosigned by a quorum, or else the latest signed.
    pub fn latest(&self) -> Option<Note> {
        let signed = || self.heads.values().rev().filter(|head| head.log.is_some());
        let head = signed().find(|head| head.is_cosigned()).or_else(|| signed().next())?;
        let signatures = head.log.iter().chain(head.cosigned.values()).cloned().collect();
        Note::new(head.text.clone(), signatures).ok()
    }

    /// Keeps a verified note until its head is committed here, once for each who signed it.
    fn keep_early(&mut self, note: &Note, size: u64) -> Result<bool, CheckpointsError> {
        let cosigners = self.heads.last_key_value().map(|(_, head)| &head.cosigners);
        let cosigners = cosigners.map_or(&[][..], Vec::as_slice);
        let mut signers = Vec::new();
        for signature in note.signatures() {
            let signer = verified_signer(&self.log_key, cosigners, note.text(), signature);
            let signer = signer.map_err(|error| match error {
                CheckpointsError::UnknownSigner(name) => CheckpointsError::UnknownYet(name),
                error => error,
            })?;
            signers.push((signer.name().to_owned(), signature.clone()));
        }
        let mut is_new = false;
        for (signer, signature) in signers {
            let note = Note::new(note.text().to_owned(), vec![signature])?;
            let notes = self.early.entry(signer).or_default();
            if notes.iter().any(|early| early.note == note) {
                continue;
            }
            if notes.len() >= EARLY_PER_SIGNER_MAX {
                notes.pop_front();
            }
            notes.push_back(Early { size, note });
            is_new = true;
        }
        Ok(is_new)
    }
}

impl Head {
    fn is_cosigned(&self) -> bool {
        let power = |of: &dyn Fn(&VerifierKey) -> bool| -> u64 {
            self.cosigners.iter().filter(|(key, _)| of(key)).map(|(_, power)| *power).sum()
        };
        quorum::is_quorum(power(&|key| self.cosigned.contains_key(key.name())), power(&|_| true))
    }
}

/// Remembers and tells that `signer` signed another log, once; the newest sizes are remembered
/// longest.
fn split_view(
    known: &mut BTreeSet<(u64, String)>,
    signer: String,
    size: u64,
    note: &Note,
) -> CheckpointsError {
    if !known.insert((size, signer.clone())) {
        return CheckpointsError::SplitViewAgain { signer, size };
    }
    if known.len() > SPLIT_VIEWS_MAX {
        known.pop_first();
    }
    let error = CheckpointsError::SplitView { signer, size };
    // The note is the proof, whoever sent it.
    tracing::error!(%error, note = %note, "two different logs are being signed");
    error
}

/// Who made this signature over `text`, if it is the log or a cosigner and it verifies.
fn verified_signer<'a>(
    log_key: &'a VerifierKey,
    cosigners: &'a [(VerifierKey, u64)],
    text: &str,
    signature: &NoteSignature,
) -> Result<&'a VerifierKey, CheckpointsError> {
    let alone = Note::new(text.to_owned(), vec![signature.clone()])?;
    if alone.is_signed_by_log(log_key)? {
        return Ok(log_key);
    }
    for (key, _) in cosigners {
        if key.name() == signature.name() && alone.cosignature_by(key)?.is_some() {
            return Ok(key);
        }
    }
    Err(CheckpointsError::UnknownSigner(signature.name().to_owned()))
}
