//! Whether a block is one that this node may vote for. It is executed before this node says so.
//!
//! A verdict speaks of a block, not of who sent it: "invalid" is said only of what is wrong with
//! the block itself, on every node and for ever, because the engine pairs verdicts by block id. A
//! body from which the header does not follow says nothing about the header: the header may lie, or
//! somebody put other transactions under a good one. Such a body, and one that comes at the wrong
//! time or from the wrong proposer, gets no verdict: the round passes without it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use minglian_ledger::block::Block;
use minglian_ledger::hash::{BlockId, ValidatorAddress};
use minglian_ledger::height::{Height, TimeMs};
use minglian_ledger::transaction::Transaction;
use tokio::time::Instant;

use crate::app::offers::Offers;
use crate::bodies::{Bodies, BodiesError};
use crate::chain::{Chain, ChainError};
use crate::engine::context::ValidatorSet;
use crate::engine::parts::{Init, SignedBody};
use crate::metrics::Metrics;
use crate::signatures::VerifiedCache;

/// How far a proposer's clock may be ahead of this node's.
const CLOCK_AHEAD_MS_MAX: u64 = 10_000;

/// Where this node is while it judges.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// The round it is in.
    pub round: u32,
    /// Its clock.
    pub now: TimeMs,
}

/// Judges blocks, and keeps the bodies of those that are not decided.
pub struct Judge {
    chain: Arc<Chain>,
    verified: Arc<VerifiedCache>,
    metrics: Arc<Metrics>,
    /// Bodies of blocks that this node built or found valid.
    pub bodies: Bodies,
    offers: Offers,
    proposal_age_ms_max: u64,
}

impl Judge {
    /// A judge of what follows `chain`. The time of a new proposal may lie `proposal_age_ms_max`
    /// milliseconds behind this node's clock.
    pub fn new(
        chain: Arc<Chain>,
        verified: Arc<VerifiedCache>,
        metrics: Arc<Metrics>,
        bodies: Bodies,
        proposal_age_ms_max: u64,
    ) -> Self {
        Self { chain, verified, metrics, bodies, offers: Offers::default(), proposal_age_ms_max }
    }

    /// Judges a whole body, and stores it before the verdict leaves. `None` if nothing is said
    /// about the block that it was announced as.
    ///
    /// # Errors
    /// [`BodiesError`] if a good body cannot be stored.
    pub fn judge(&mut self, body: SignedBody, at: Moment) -> Result<Option<bool>, BodiesError> {
        let init = body.init.clone();
        let stored = self.bodies.find(&init.block_id);
        if stored.is_some() && self.chain.is_candidate(&init.block_id) {
            return Ok(Some(true));
        }
        if stored.is_none() && !self.offers.admit(init.height, at.round, init.round, init.block_id)
        {
            tracing::debug!(height = %init.height, round = init.round, "one body too many");
            self.metrics.refused_parts.fetch_add(1, Ordering::Relaxed);
            return Ok(None);
        }
        // What is stored was judged before: only its execution is gone.
        let judged = stored.unwrap_or(&body);
        let is_new = stored.is_none();
        let objection =
            match tokio::task::block_in_place(|| self.check(judged, is_new.then_some(at))) {
                Ok(()) if is_new => return self.bodies.put(body).map(|()| Some(true)),
                Ok(()) => return Ok(Some(true)),
                Err(objection) => objection,
            };
        if objection.is_ours() {
            tracing::error!(%objection, height = %init.height, "cannot judge a proposal");
            return Ok(None);
        }
        tracing::warn!(%objection, height = %init.height, "invalid proposal");
        self.metrics.invalid_proposals.fetch_add(1, Ordering::Relaxed);
        Ok(objection.is_about_the_block().then_some(false))
    }

    fn check(&self, body: &SignedBody, new_at: Option<Moment>) -> Result<(), Objection> {
        let init = &body.init;
        let block =
            Block::decode(&body.body).map_err(|error| Objection::Malformed(error.to_string()))?;
        if block.header.id() != init.block_id || block.header.height != init.height {
            return Err(Objection::OtherBlock);
        }
        if let Some(at) = new_at {
            self.check_turn(init, block.header.proposer)?;
            // A block that was locked before an outage must stay good after it, and so must one of
            // an earlier round, which others may have locked.
            let is_fresh = init.valid_round.is_none() && init.round >= at.round;
            check_time(block.header.time_ms, at.now, is_fresh.then_some(self.proposal_age_ms_max))?;
        }
        self.execute(&Arc::new(block))
    }

    /// Whether the header names whose turn it was: in this round, or, for a block that is proposed
    /// again, in one up to the round in which it was found valid.
    fn check_turn(&self, init: &Init, proposer: ValidatorAddress) -> Result<(), Objection> {
        let is_due = match init.valid_round {
            None => proposer == init.proposer,
            Some(valid_round) if valid_round < init.round => {
                let head = self.chain.head();
                let validators = ValidatorSet::from(&head.validators);
                let members = head.validators.members().len();
                let turns = u32::try_from(members).unwrap_or(u32::MAX);
                (0..=valid_round)
                    .rev()
                    .zip(0..turns)
                    .any(|(round, _)| validators.proposer(init.height, round).address.0 == proposer)
            }
            Some(_) => false,
        };
        if is_due { Ok(()) } else { Err(Objection::Proposer) }
    }

    /// Executes a stored body again, so that it can be decided. Its signatures were checked before
    /// it was stored.
    ///
    /// # Errors
    /// [`ChainError`] if the block does not follow or this node cannot say.
    pub fn restore(&self, body: &SignedBody) -> Result<(), ChainError> {
        match Block::decode(&body.body) {
            Ok(block) => tokio::task::block_in_place(|| {
                let replayed = self.chain.replay(&block)?;
                self.chain.keep(Arc::new(block), replayed);
                Ok(())
            }),
            Err(_) => Ok(()),
        }
    }

    /// Takes up again a block that this node built in an earlier life, and says whether it did. One
    /// that no longer follows, as after a change of the rules, is discarded, unless this node's key
    /// signed a proposal in its round.
    ///
    /// # Errors
    /// [`OwnBodyError`] if the block was signed and does not follow, or this node cannot say.
    pub fn take_up(&mut self, own: &SignedBody, is_signed: bool) -> Result<bool, OwnBodyError> {
        let Init { height, round, block_id, .. } = own.init;
        let reason = match self.restore(own) {
            Ok(()) if self.chain.is_candidate(&block_id) => return Ok(true),
            Ok(()) => "its body is not the block that it was stored as".to_owned(),
            Err(error) if error.is_operational() => return Err(error.into()),
            Err(error) => error.to_string(),
        };
        if is_signed {
            return Err(OwnBodyError::Signed { height, round, block_id, reason });
        }
        tracing::warn!(%height, round, %block_id, reason, "discards an own unsigned block");
        self.bodies.discard(&block_id)?;
        Ok(false)
    }

    /// The stored body of a block.
    pub fn find(&self, id: &BlockId) -> Option<&SignedBody> {
        self.bodies.find(id)
    }

    /// Removes what was kept for heights up to `height`.
    ///
    /// # Errors
    /// [`BodiesError`] if a file cannot be removed.
    pub fn forget(&mut self, height: Height) -> Result<(), BodiesError> {
        self.bodies.forget(height)
    }

    /// Executes a block and checks its signatures, at the same time, and keeps it as a candidate if
    /// both are good: neither alone says that the block may be decided.
    ///
    /// # Errors
    /// [`Objection`]; one about signatures only if the header follows from these transactions.
    pub fn execute(&self, block: &Arc<Block>) -> Result<(), Objection> {
        if self.chain.holds(block) {
            return Ok(());
        }
        let begun = Instant::now();
        let is_wanted = AtomicBool::new(true);
        let (verified, replayed) = std::thread::scope(|scope| {
            let signatures = scope.spawn(|| {
                let hash = |one: &Transaction| Transaction::envelope_hash(&one.encode());
                let envelopes: Vec<_> =
                    block.transactions.iter().map(|one| (hash(one), one)).collect();
                self.verified.verify(&envelopes, &is_wanted)
            });
            let replayed = self.chain.replay(block);
            is_wanted.store(replayed.is_ok(), Ordering::Relaxed);
            (signatures.join(), replayed)
        });
        self.count_execution(begun);
        let replayed = replayed.map_err(|error| {
            if error.is_operational() { Objection::Ours(error) } else { Objection::Invalid(error) }
        })?;
        match verified {
            Ok(Ok(())) => {}
            Ok(Err(bad)) => return Err(Objection::Signature(bad.first().copied().unwrap_or(0))),
            Err(_) => return Err(Objection::Unchecked),
        }
        self.chain.keep(block.clone(), replayed);
        Ok(())
    }

    /// Counts the time spent on building or executing a block.
    pub fn count_execution(&self, begun: Instant) {
        let elapsed_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.metrics.execute_us.fetch_add(elapsed_us, Ordering::Relaxed);
    }
}

/// Why a block that this node built in an earlier life cannot be proposed again.
#[derive(Debug, thiserror::Error)]
pub enum OwnBodyError {
    /// Its proposal was signed and it does not follow, so that nothing can be proposed in its
    /// round: this block is not good any more, and another would be a second one.
    #[error(
        "the proposal of block {block_id} at height {height} round {round} was signed by this \
         key and the block does not follow any more ({reason}): start the release that built it, \
         or wait until the other validators have decided height {height} and start again"
    )]
    Signed {
        /// Its height.
        height: Height,
        /// The round in which it was proposed.
        round: u32,
        /// The block.
        block_id: BlockId,
        /// Why it does not follow.
        reason: String,
    },
    /// The ledger.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Undecided bodies.
    #[error(transparent)]
    Bodies(#[from] BodiesError),
}

/// A block's time against this node's clock. That it is not too old is asked only of a fresh
/// proposal: one that was locked before an outage must stay valid after it.
fn check_time(time_ms: TimeMs, now: TimeMs, age_ms_max: Option<u64>) -> Result<(), Objection> {
    let is_early = time_ms.0 > now.0.saturating_add(CLOCK_AHEAD_MS_MAX);
    let is_old = age_ms_max.is_some_and(|age_ms| time_ms.0.saturating_add(age_ms) < now.0);
    if is_early || is_old { Err(Objection::Time { time_ms, now }) } else { Ok(()) }
}

/// Why this node does not vote for a block.
#[derive(Debug, thiserror::Error)]
pub enum Objection {
    /// The body is not a block.
    #[error("the body is not a block: {0}")]
    Malformed(String),
    /// The body is another block than announced.
    #[error("the body is another block than its stream announced")]
    OtherBlock,
    /// The header's proposer is not whose turn it is.
    #[error("the header names another proposer than the one whose turn it is")]
    Proposer,
    /// The header's time is too far from this node's clock.
    #[error("the header's time {0} ms is too far from this node's clock, {1} ms", time_ms.0, now.0)]
    Time {
        /// The header's time.
        time_ms: TimeMs,
        /// This node's clock.
        now: TimeMs,
    },
    /// A transaction's signature does not verify.
    #[error("the signature of transaction {0} does not verify")]
    Signature(usize),
    /// The header does not follow from the parent and these transactions.
    #[error("{0}")]
    Invalid(ChainError),
    /// This node cannot say.
    #[error("{0}")]
    Ours(ChainError),
    /// Checking the signatures broke off.
    #[error("the signatures could not be checked")]
    Unchecked,
}

impl Objection {
    /// Whether it holds of this header on every node and at any time, whoever sent the body.
    fn is_about_the_block(&self) -> bool {
        matches!(self, Self::Signature(_))
    }

    /// Whether this node failed, and not the body.
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Ours(_) | Self::Unchecked)
    }
}
