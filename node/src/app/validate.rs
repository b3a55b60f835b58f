//! Judging what others propose: whole bodies are executed before this node votes for them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use minglian_ledger::block::Block;
use minglian_ledger::height::{Height, TimeMs};
use minglian_ledger::transaction::Transaction;
use tokio::time::Instant;

use crate::app::{App, AppError};
use crate::chain::ChainError;
use crate::clock;
use crate::engine::assembler::Accepted;
use crate::engine::context::{self, Context, Value};
use crate::engine::messages::{PeerId, ProposedValue, Round, StreamMessage, Validity};
use crate::engine::parts::{ProposalPart, SignedBody};

/// How far a proposer's clock may be ahead of this node's.
const CLOCK_AHEAD_MS_MAX: u64 = 10_000;

impl App {
    /// Takes one part of a streamed body; answers once the body is whole and judged.
    pub(super) fn receive(
        &mut self,
        publisher: PeerId,
        part: StreamMessage<ProposalPart>,
    ) -> Result<Option<ProposedValue<Context>>, AppError> {
        match self.assembler.accept(publisher, part) {
            Ok(Accepted::Complete(body)) => self.judge(body, true),
            Ok(Accepted::Incomplete | Accepted::Parked) => Ok(None),
            Err(error) => {
                tracing::warn!(%publisher, %error, "refused a part of a proposal");
                self.parts.metrics.refused_parts.fetch_add(1, Ordering::Relaxed);
                Ok(None)
            }
        }
    }

    /// Values for a round that begins: bodies that came before their height did, and bodies stored
    /// before a restart.
    pub(super) fn undecided(
        &mut self,
        height: Height,
        round: Round,
    ) -> Result<Vec<ProposedValue<Context>>, AppError> {
        let validators = (&self.validators()).into();
        let parked = self.assembler.advance(height, validators);
        let stored =
            self.parts.bodies.iter().filter(|body| {
                body.init.height == height && Some(body.init.round) == round.as_u32()
            });
        let bodies: Vec<SignedBody> = parked.into_iter().chain(stored.cloned()).collect();
        let mut values = Vec::new();
        for body in bodies {
            values.extend(self.judge(body, false)?);
        }
        Ok(values)
    }

    /// Executes a stored body again, so that it can be decided.
    pub(super) fn restore(&mut self, body: &SignedBody) -> Result<(), AppError> {
        if let Ok(block) = Block::decode(&body.body) {
            tokio::task::block_in_place(|| self.parts.chain.consider(&Arc::new(block)))?;
        }
        Ok(())
    }

    /// Judges a whole body, and stores it before the verdict leaves. `None` if this node cannot
    /// say, because its own disk failed.
    fn judge(
        &mut self,
        body: SignedBody,
        is_new: bool,
    ) -> Result<Option<ProposedValue<Context>>, AppError> {
        let init = body.init.clone();
        let is_fresh = is_new
            && init.valid_round.is_none()
            && self.current == (init.height, Round::new(init.round));
        let verdict = tokio::task::block_in_place(|| self.check(&body, is_fresh, is_new));
        let is_valid = match verdict {
            Ok(()) => true,
            Err(Objection::Ours(error)) => {
                tracing::error!(%error, height = %init.height, "cannot judge a proposal");
                return Ok(None);
            }
            Err(objection) => {
                tracing::warn!(%objection, height = %init.height, "invalid proposal");
                self.parts.metrics.invalid_proposals.fetch_add(1, Ordering::Relaxed);
                false
            }
        };
        if is_valid {
            self.parts.bodies.put(body)?;
        }
        Ok(Some(ProposedValue {
            height: context::Height(init.height),
            round: Round::new(init.round),
            valid_round: init.valid_round.map_or(Round::Nil, Round::new),
            proposer: context::Address(init.proposer),
            value: Value(init.block_id),
            validity: Validity::from_bool(is_valid),
        }))
    }

    fn check(&self, body: &SignedBody, is_fresh: bool, is_new: bool) -> Result<(), Objection> {
        let init = &body.init;
        let block =
            Block::decode(&body.body).map_err(|error| Objection::Malformed(error.to_string()))?;
        if block.header.id() != init.block_id || block.header.height != init.height {
            return Err(Objection::OtherBlock);
        }
        if is_new {
            let age_ms_max = is_fresh.then_some(self.parts.proposal_age_ms_max);
            check_time(block.header.time_ms, clock::now(), age_ms_max)?;
        }
        if is_fresh && block.header.proposer != init.proposer {
            return Err(Objection::Proposer);
        }
        self.execute(&Arc::new(block))
    }

    /// Checks a block's signatures and executes it, at the same time.
    pub(super) fn execute(&self, block: &Arc<Block>) -> Result<(), Objection> {
        let begun = Instant::now();
        let (verified, considered) = std::thread::scope(|scope| {
            let signatures = scope.spawn(|| {
                let hash = |one: &Transaction| Transaction::envelope_hash(&one.encode());
                let envelopes: Vec<_> =
                    block.transactions.iter().map(|one| (hash(one), one)).collect();
                self.parts.verified.verify(&envelopes)
            });
            let considered = self.parts.chain.consider(block);
            (signatures.join(), considered)
        });
        self.count_execution(begun);
        match verified {
            Ok(Ok(())) => {}
            Ok(Err(bad)) => return Err(Objection::Signature(bad.first().copied().unwrap_or(0))),
            Err(_) => return Err(Objection::Signature(0)),
        }
        considered.map_err(|error| {
            if error.is_operational() { Objection::Ours(error) } else { Objection::Invalid(error) }
        })
    }

    pub(super) fn count_execution(&self, begun: Instant) {
        let elapsed_us = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.parts.metrics.execute_us.fetch_add(elapsed_us, Ordering::Relaxed);
    }
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
pub(super) enum Objection {
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
    /// The block does not follow from its parent.
    #[error("{0}")]
    Invalid(ChainError),
    /// This node cannot say.
    #[error("{0}")]
    Ours(ChainError),
}
