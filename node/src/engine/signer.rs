//! Signs consensus messages through the mark.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock};

use async_trait::async_trait;
use malachitebft_app::types::SignedConsensusMsg;
use malachitebft_app::types::core::{
    SignedExtension, SignedMessage, SignedProposal, SignedVote, ValidatorProof, VoteExtensionScope,
    VoteType,
};
use malachitebft_signing::Error;
use minglian_ledger::hash::ValidatorAddress;
use minglian_ledger::height::Height;
use minglian_ledger::keys::{self, PublicKey, Signature, SigningKey};
use minglian_ledger::transaction::ChainId;

use crate::engine::context::{Context, Proposal, Vote};
use crate::engine::mark::{Mark, MarkError, Position, Step};
use crate::engine::parts::{Init, SignedBody};
use crate::engine::statement;

/// Whatever holds the consensus key: a key in memory, or a device.
pub trait ConsensusKey: Send + Sync + 'static {
    /// The public half.
    fn public_key(&self) -> PublicKey;

    /// Signs, or says why not. May block.
    fn sign(&self, message: &[u8]) -> Result<Signature, String>;
}

impl ConsensusKey for SigningKey {
    fn public_key(&self) -> PublicKey {
        PublicKey::of(self)
    }

    fn sign(&self, message: &[u8]) -> Result<Signature, String> {
        Ok(keys::sign(self, message))
    }
}

/// A consensus key behind its mark. Clones share both, so that one process signs through one file.
#[derive(Clone)]
pub struct Signer {
    chain_id: ChainId,
    key: Arc<dyn ConsensusKey>,
    mark: Arc<Mutex<Mark>>,
    refusal: Arc<OnceLock<String>>,
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Signer({})", self.key.public_key())
    }
}

impl Signer {
    /// Signs for `chain_id` with `key` through `mark`, which was opened for the same key.
    pub fn new(chain_id: ChainId, key: Arc<dyn ConsensusKey>, mark: Mark) -> Self {
        let mark = Arc::new(Mutex::new(mark));
        Self { chain_id, key, mark, refusal: Arc::new(OnceLock::new()) }
    }

    /// The address this key votes as.
    pub fn address(&self) -> ValidatorAddress {
        ValidatorAddress::of(&[&self.key.public_key().0])
    }

    /// The public half of the key.
    pub fn public_key(&self) -> PublicKey {
        self.key.public_key()
    }

    /// Why the signer refused, if it did. The engine has then stopped: end the process and say
    /// this.
    pub fn refusal(&self) -> Option<&str> {
        self.refusal.get().map(String::as_str)
    }

    /// See [`Mark::votes_from`].
    pub fn votes_from(&self) -> Height {
        self.lock().map_or(Height(u64::MAX), |mark| mark.votes_from())
    }

    /// Whether this key signed a proposal in this round, or cannot say.
    pub fn has_proposed(&self, height: Height, round: u32) -> bool {
        let position = Position { height, round, step: Step::Proposal };
        self.lock().is_none_or(|mark| mark.has_signed(position))
    }

    /// Puts what was signed on disk. Whatever carries a signature of this key calls it before the
    /// signature leaves: the network's codec, and the commit of a block that was decided with it.
    /// The engine syncs its own log before both.
    pub fn settle(&self) -> Result<(), MarkError> {
        let settled = self.lock().ok_or(MarkError::Poisoned).and_then(|mut mark| mark.settle());
        settled.inspect_err(|error| self.note(error))
    }

    /// As [`Signer::settle`], for `message` that is about to leave: when the engine took it from
    /// its log after a crash, the mark may not know it yet.
    pub fn release(&self, message: &SignedConsensusMsg<Context>) -> Result<(), MarkError> {
        let Some((position, bytes, signature)) = self.own(message) else { return Ok(()) };
        let release = || {
            let mut mark = self.lock().ok_or(MarkError::Poisoned)?;
            mark.recall(position, &bytes, signature)?;
            mark.settle_until(position)
        };
        release().inspect_err(|error| self.note(error))
    }

    /// Where this key signed `message`, what, and the signature; `None` if another key did.
    fn own(&self, message: &SignedConsensusMsg<Context>) -> Option<(Position, Vec<u8>, Signature)> {
        let (validator, place, signature) = match message {
            SignedConsensusMsg::Vote(vote) => {
                (vote.validator, self.vote_place(vote)?, vote.signature)
            }
            SignedConsensusMsg::Proposal(proposal) => {
                (proposal.validator, self.proposal_place(proposal)?, proposal.signature)
            }
        };
        (validator.0 == self.address()).then_some((place.0, place.1, signature))
    }

    /// Where a vote is signed, and its bytes; `None` if it has no round.
    fn vote_place(&self, vote: &Vote) -> Option<(Position, Vec<u8>)> {
        let step = match vote.kind {
            VoteType::Prevote => Step::Prevote,
            VoteType::Precommit => Step::Precommit,
        };
        let position = Position { height: vote.height.0, round: vote.round.as_u32()?, step };
        Some((position, statement::vote_bytes(&self.chain_id, vote)?))
    }

    /// Where a proposal is signed, and its bytes; `None` if it has no round.
    fn proposal_place(&self, proposal: &Proposal) -> Option<(Position, Vec<u8>)> {
        let round = proposal.round.as_u32()?;
        let position = Position { height: proposal.height.0, round, step: Step::Proposal };
        Some((position, statement::proposal_bytes(&self.chain_id, proposal)?))
    }

    /// Signs a block body for streaming. Not a vote: the block's id is what is voted on.
    pub fn sign_body(&self, init: Init, body: Vec<u8>) -> Result<SignedBody, MarkError> {
        let bytes = statement::part_bytes(&self.chain_id, &init, &body);
        let signature = self.key.sign(&bytes).map_err(MarkError::Key)?;
        Ok(SignedBody { init, body, signature })
    }

    fn lock(&self) -> Option<std::sync::MutexGuard<'_, Mark>> {
        // A thread that panicked while it signed may have left the file behind memory.
        self.mark.lock().ok()
    }

    /// Signs `message` at `position`. The key may block; a vote does not queue for a thread behind
    /// the work of HTTP clients.
    fn sign(&self, position: Position, message: &[u8]) -> Result<Signature, Error> {
        let sign = || {
            let mut mark = self.lock().ok_or(MarkError::Poisoned)?;
            mark.sign(position, message, |bytes| self.key.sign(bytes).map_err(MarkError::Key))
        };
        tokio::task::block_in_place(sign).map_err(|error| self.refuse(error))
    }

    fn refuse(&self, error: MarkError) -> Error {
        self.note(&error);
        Error::from_source(error)
    }

    /// Keeps the first reason for the exit message. The engine stops at its next signature.
    fn note(&self, error: &MarkError) {
        tracing::error!(%error, "the signer refused; the engine stops");
        let _ = self.refusal.set(error.to_string());
    }

    fn without_round(&self) -> Error {
        self.refuse(MarkError::Key("the message has no round".to_owned()))
    }
}

#[async_trait]
impl malachitebft_signing::Signer<Context> for Signer {
    async fn sign_vote(&self, vote: Vote) -> Result<SignedVote<Context>, Error> {
        let (position, message) = self.vote_place(&vote).ok_or_else(|| self.without_round())?;
        let signature = self.sign(position, &message)?;
        Ok(SignedMessage::new(vote, signature))
    }

    async fn sign_proposal(&self, proposal: Proposal) -> Result<SignedProposal<Context>, Error> {
        let place = self.proposal_place(&proposal).ok_or_else(|| self.without_round())?;
        let signature = self.sign(place.0, &place.1)?;
        Ok(SignedMessage::new(proposal, signature))
    }

    // Vote extensions are disabled at every height: the engine never asks.
    async fn sign_vote_extension(
        &self,
        _scope: VoteExtensionScope<Context>,
        _extension: (),
    ) -> Result<SignedExtension<Context>, Error> {
        Err(Error::new())
    }

    async fn sign_validator_proof(
        &self,
        public_key: Vec<u8>,
        peer_id: Vec<u8>,
    ) -> Result<ValidatorProof<Context>, Error> {
        let bytes = ValidatorProof::<Context>::signing_bytes(&public_key, &peer_id);
        let signature =
            self.key.sign(&bytes).map_err(MarkError::Key).map_err(Error::from_source)?;
        Ok(ValidatorProof::new(public_key, peer_id, signature))
    }
}
