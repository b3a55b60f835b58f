//! Signed heads of the log, as `/log/checkpoint` serves them to monitors and witnesses.
//!
//! After each commit this node cosigns the new head with its cosigner key, and signs it as the log
//! where it holds the log key; what the others sign comes by gossip and is verified before it is
//! kept. [`heads`] is the bookkeeping without chain, keys or clock.

pub mod heads;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minglian_client::checkpoint;
use minglian_ledger::block::Header;
use minglian_ledger::checkpoint::cosignature::{self, CosignError, SignatureError};
use minglian_ledger::checkpoint::key::KeyError;
use minglian_ledger::checkpoint::note::{Note, NoteError, NoteSignature};
use minglian_ledger::checkpoint::policy::{self, PolicyError};
use minglian_ledger::checkpoint::{Checkpoint, CheckpointError};
use minglian_ledger::keys::{PublicKey, SigningKey};
use minglian_ledger::store::StoreError;
use minglian_ledger::validators::ValidatorSet;

use crate::chain::{Chain, Committed};
use crate::clock;
use heads::Heads;

/// Why a head cannot be signed, or a signature is not kept.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointsError {
    /// The validators of a head cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A key of the genesis or of a validator cannot be named.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// This node cannot cosign.
    #[error(transparent)]
    Cosign(#[from] CosignError),
    /// Not a signed note.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// Not a checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The policy cannot be written.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// A checkpoint of another log.
    #[error("the checkpoint is of the log {0:?}")]
    OtherLog(String),
    /// A signature that does not verify.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// A signature by nobody who signs here.
    #[error("{0:?} is neither the log nor a cosigner of this head")]
    UnknownSigner(String),
    /// A signature over a head that is not committed here, by nobody who signs yet: it may be of
    /// somebody whom a block names that this node has not.
    #[error("{0:?} signs a head that is not here yet, and is not known yet")]
    UnknownYet(String),
    /// More signatures in one message than one node makes.
    #[error("{0} signatures in one message")]
    TooMany(usize),
    /// A size at which no block ends.
    #[error("no block ends at {0} leaves")]
    UnknownHead(u64),
    /// A valid signature over another root than this node's at the same size: somebody shows
    /// different logs to different readers, or this node's log is not the others'.
    #[error("{signer} signed another log: at {size} leaves its root is not ours")]
    SplitView {
        /// Who signed.
        signer: String,
        /// At which size.
        size: u64,
    },
    /// The same once more: one message shows it, and no honest node sends a second.
    #[error("{signer} signed another log at {size} leaves, which is known")]
    SplitViewAgain {
        /// Who signed.
        signer: String,
        /// At which size.
        size: u64,
    },
}

impl CheckpointsError {
    /// The code of what no honest node sends, whatever it has committed and this node has not; none
    /// for what one may.
    pub fn forged_code(&self) -> Option<&'static str> {
        match self {
            Self::Note(_) | Self::Checkpoint(_) => Some("malformed_cosignature"),
            Self::OtherLog(_) => Some("cosignature_of_another_log"),
            Self::Signature(_) => Some("forged_cosignature"),
            Self::UnknownSigner(_) => Some("cosignature_of_nobody"),
            Self::TooMany(_) => Some("too_many_cosignatures"),
            Self::SplitViewAgain { .. } => Some("repeated_split_view"),
            Self::Store(_) | Self::Key(_) | Self::Cosign(_) | Self::Policy(_) => None,
            Self::UnknownYet(_) | Self::UnknownHead(_) | Self::SplitView { .. } => None,
        }
    }
}

/// The heads this node knows, and the keys with which it signs them.
pub struct Checkpoints {
    chain: Arc<Chain>,
    cosigner: Option<SigningKey>,
    log: Option<SigningKey>,
    heads: Mutex<Heads>,
}

impl Checkpoints {
    /// Begins with the chain's present head. `cosigner` counts while a validator record names its
    /// public key; `log` only if it is the genesis' log key.
    pub fn new(
        chain: &Arc<Chain>,
        cosigner: Option<SigningKey>,
        log: Option<SigningKey>,
    ) -> Result<Self, CheckpointsError> {
        let log_key = checkpoint::log_key(chain.genesis())?;
        let log = log.filter(|key| PublicKey::of(key) == chain.genesis().log_key);
        let heads = Mutex::new(Heads::new(log_key));
        let checkpoints = Self { chain: chain.clone(), cosigner, log, heads };
        checkpoints.sign(&chain.head().header)?;
        Ok(checkpoints)
    }

    /// Signs a new head. Returns the notes to pass on: one with this node's cosignature, and one
    /// with the log's signature, as far as it has the keys. A failure is logged, since the chain
    /// does not depend on checkpoints.
    pub fn on_committed(&self, committed: &Committed) -> Vec<String> {
        self.sign(&committed.header).unwrap_or_else(|error| {
            tracing::error!(%error, height = %committed.header.height, "cannot sign a checkpoint");
            Vec::new()
        })
    }

    /// Keeps the signatures of a note that came from another node. `false` if nothing in it is new
    /// or its head is too old to keep.
    pub fn on_received(&self, bytes: &[u8]) -> Result<bool, CheckpointsError> {
        let note = Note::parse(bytes)?;
        self.lock().merge(&note)
    }

    /// The latest head signed by the log and cosigned by more than two thirds of the power; while
    /// there is none, the latest that the log signed.
    pub fn latest(&self) -> Option<Note> {
        self.lock().latest()
    }

    /// The C2SP policy of the present head's cosigners.
    pub fn policy(&self) -> Result<String, CheckpointsError> {
        let log_key = checkpoint::log_key(self.chain.genesis())?;
        let origin = self.chain.genesis().origin();
        let cosigners = checkpoint::cosigners(&origin, &self.chain.head().validators)?;
        Ok(policy::policy_text(&log_key, &cosigners)?)
    }

    fn sign(&self, header: &Header) -> Result<Vec<String>, CheckpointsError> {
        let origin = self.chain.genesis().origin();
        let head = Checkpoint::new(&origin, header.log_size, header.log_root)?;
        let (_, validators) = self.chain.store().validators(header.height.next())?;
        let own = self.own_signatures(&head, &validators)?;
        let mut heads = self.lock();
        heads.add(&head, checkpoint::cosigners(&origin, &validators)?);
        let mut notes = Vec::with_capacity(own.len());
        for signature in own {
            let note = Note::new(head.to_string(), vec![signature])?;
            heads.merge(&note)?;
            notes.push(note.to_string());
        }
        Ok(notes)
    }

    fn own_signatures(
        &self,
        head: &Checkpoint,
        validators: &ValidatorSet,
    ) -> Result<Vec<NoteSignature>, CheckpointsError> {
        let mut signatures = Vec::new();
        if let Some(key) = &self.log {
            signatures.push(NoteSignature::sign(head.origin(), key, &head.to_string())?);
        }
        if let Some(key) = &self.cosigner {
            let public = PublicKey::of(key);
            let own = validators.members().iter().find(|known| known.cosigner_key == public);
            if let Some(validator) = own {
                let name = checkpoint::cosigner_name(head.origin(), validator);
                let time_seconds = clock::now().0 / 1_000;
                signatures.push(cosignature::cosign(head, &name, key, time_seconds)?);
            }
        }
        Ok(signatures)
    }

    fn lock(&self) -> MutexGuard<'_, Heads> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
