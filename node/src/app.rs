//! What this node does at each step of consensus: the one match over the engine's messages.
//!
//! `propose` builds a block from the pool, `validate` brings what others propose to the `judge`,
//! `decide` writes what was decided, `sync` serves and takes blocks that were decided without this
//! node, `peers` keeps the allow-list in step with the ledger, `idle` says whose word ends a pause.
//!
//! While nothing waits, the engine's `Finalized` question stays unanswered, so that an idle ledger
//! makes no blocks and no traffic; a transaction, a peer's proposal or vote, a peer that is ahead,
//! or the heartbeat releases it.

pub mod idle;
pub mod judge;
pub mod offers;
pub mod peers;
mod decide;
mod propose;
mod sync;
mod validate;

use std::sync::Arc;
use std::time::Duration;

use minglian_ledger::height::Height;
use minglian_ledger::validators::ValidatorSet;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use crate::admission::Admission;
use crate::attachments::Keeper;
use crate::bodies::BodiesError;
use crate::chain::{Chain, ChainError, Committed};
use crate::engine::assembler::{Assembler, Limits};
use crate::engine::context::{self, Context};
use crate::engine::convert;
use crate::engine::mark::MarkError;
use crate::engine::messages::{
    AppMsg, Channels, EngineEvent, HeightParams, NetworkMsg, Next, Reply, Round,
};
use crate::engine::parts::SignedBody;
use crate::engine::signer::Signer;
use crate::engine::start::{self, EngineControl, Timeouts};
use crate::metrics::Metrics;
use idle::Hints;
use judge::{Judge, OwnBodyError};
use peers::Peers;

/// What the application needs to run.
pub struct AppParts {
    /// The ledger.
    pub chain: Arc<Chain>,
    /// The pool's door.
    pub admission: Arc<Admission>,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Carries out what blocks order to erase.
    pub keeper: Arc<Keeper>,
    /// Judges what others propose.
    pub judge: Judge,
    /// Signs, when this node votes.
    pub signer: Option<Signer>,
    /// First height at which this key may vote, when the node runs without a vote until then.
    pub votes_from: Option<Height>,
    /// Peers besides the validators: observers.
    pub observers: Vec<String>,
    /// This node's own peer id, which it need not dial.
    pub peer_id: String,
    /// Steers the engine.
    pub control: EngineControl,
    /// Rounds' timeouts.
    pub timeouts: Timeouts,
    /// Longest time without a block.
    pub heartbeat: Duration,
    /// Tells everybody who waits what was committed.
    pub commits: broadcast::Sender<Arc<Committed>>,
    /// Turns true when the node is to stop.
    pub stop: watch::Receiver<bool>,
}

/// Why the application ended.
#[derive(Debug)]
pub enum Ended {
    /// It was told to stop.
    Stopped,
    /// The chain has passed the mark: the node may be started again with a vote.
    MayVote,
}

/// Why the application cannot go on. The process exits and says so.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The engine stopped by itself.
    #[error("the consensus engine stopped: {0}")]
    Engine(String),
    /// The ledger.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// Undecided bodies.
    #[error(transparent)]
    Bodies(#[from] BodiesError),
    /// A block of an earlier life.
    #[error(transparent)]
    OwnBody(#[from] OwnBodyError),
    /// The signer.
    #[error("the signer refused: {0}")]
    Signer(#[from] MarkError),
}

/// An unanswered `Finalized` question.
struct Held {
    height: Height,
    reply: Reply<Next<Context>>,
}

/// The application.
pub struct App {
    parts: AppParts,
    assembler: Assembler,
    peers: Peers,
    peer_tip: watch::Receiver<Height>,
    held: Option<Held>,
    /// Height and round that the engine is in.
    current: (Height, Round),
    last_block_at: Instant,
    hints: Hints,
    publication: u32,
}

impl App {
    /// Prepares the application; peers of the ledger's validators are connected as it runs.
    pub fn new(parts: AppParts) -> Self {
        let head = parts.chain.head();
        let next = head.header.height.next();
        let peers = Peers::of(&parts.chain, &parts.observers, &parts.peer_id);
        let assembler = Assembler::new(
            parts.chain.chain_id().clone(),
            Limits::default(),
            next,
            (&head.validators).into(),
            peers.publishers(),
        );
        let peer_tip = parts.control.peer_tip();
        let hints = Hints::new(parts.heartbeat, Instant::now());
        Self {
            parts,
            assembler,
            peers,
            peer_tip,
            held: None,
            current: (next, Round::Nil),
            last_block_at: Instant::now(),
            hints,
            publication: 0,
        }
    }

    /// Runs until the engine or the node stops.
    pub async fn run(mut self, mut channels: Channels<Context>) -> Result<Ended, AppError> {
        let mut events = channels.events.subscribe();
        let mut waiting = self.parts.admission.subscribe();
        let mut stop = self.parts.stop.clone();
        loop {
            let heartbeat = self.last_block_at + self.parts.heartbeat;
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop) => {
                    drop(channels);
                    self.parts.control.stop().await;
                    return Ok(Ended::Stopped);
                }
                message = channels.consensus.recv() => match message {
                    Some(message) => self.handle(&mut channels, message).await?,
                    None => return Err(self.engine_stopped()),
                },
                Ok(()) = waiting.changed() => {}
                Ok(()) = self.peer_tip.changed() => {}
                event = events.recv() => {
                    if let Ok(EngineEvent::Received(message)) = event
                        && message.height().0 == self.tip().next()
                    {
                        self.release_on_hint();
                    }
                }
                () = tokio::time::sleep_until(heartbeat), if self.held.is_some() => self.release(),
                () = tokio::time::sleep_until(self.hints.deaf_until()),
                    if self.is_kept_waiting() => {}
            }
            if self.parts.admission.size().0 > 0 {
                self.release();
            } else if self.is_behind() {
                self.release_on_hint();
            }
            if self.may_vote() {
                drop(channels);
                self.parts.control.stop().await;
                return Ok(Ended::MayVote);
            }
        }
    }

    async fn handle(
        &mut self,
        channels: &mut Channels<Context>,
        message: AppMsg<Context>,
    ) -> Result<(), AppError> {
        match message {
            AppMsg::ConsensusReady { reply } => {
                let _ = reply.send((context::Height(self.tip().next()), self.height_params()));
            }
            AppMsg::StartedRound { height, round, reply_value, .. } => {
                self.current = (height.0, round);
                let _ = reply_value.send(self.undecided(height.0, round)?);
            }
            AppMsg::GetValue { height, round, reply, .. } => {
                let (value, body) = self.propose(height.0, round)?;
                let _ = reply.send(value);
                self.publish(channels, &body).await;
            }
            AppMsg::ReceivedProposalPart { from, published_by, part, reply } => {
                let verdict = self.receive(published_by.unwrap_or(from), part)?;
                let _ = reply.send(verdict);
                self.release_on_hint();
            }
            AppMsg::RestreamProposal { height, round, valid_round, address, value_id } => {
                let body = self.restream(height.0, round, valid_round, &address, &value_id)?;
                if let Some(body) = body {
                    self.publish(channels, &body).await;
                }
            }
            AppMsg::Decided { certificate, reply, .. } => {
                if self.decide(&certificate)? {
                    let _ = reply.send(());
                }
            }
            AppMsg::Finalized { certificate, reply, evidence, .. } => {
                let height = certificate.height.0;
                self.report(&convert::equivocations(self.parts.chain.chain_id(), &evidence));
                self.finalized(height, reply).await;
            }
            AppMsg::GetDecidedValues { range, reply } => {
                let _ = reply.send(self.decided(range.start().0, range.end().0)?);
            }
            AppMsg::ProcessSyncedValue { height, round, proposer, value_bytes, reply } => {
                let _ = reply.send(self.synced(height, round, proposer, &value_bytes)?);
            }
            AppMsg::GetHistoryMinHeight { reply } => {
                let _ = reply.send(context::Height(Height(1)));
            }
            AppMsg::ExtendVote { reply, .. } => {
                let _ = reply.send(None);
            }
            AppMsg::VerifyVoteExtensions { extensions, reply, .. } => {
                let verdicts = extensions.into_iter().map(|(address, ())| (address, Ok(())));
                let _ = reply.send(verdicts.collect());
            }
        }
        Ok(())
    }

    fn tip(&self) -> Height {
        self.parts.chain.head().header.height
    }

    fn validators(&self) -> ValidatorSet {
        self.parts.chain.head().validators
    }

    fn height_params(&self) -> HeightParams<Context> {
        start::height_params(&self.validators(), self.parts.timeouts)
    }

    /// Whether a peer says that it has more blocks.
    fn is_behind(&self) -> bool {
        *self.peer_tip.borrow() > self.tip()
    }

    fn may_vote(&self) -> bool {
        self.parts.votes_from.is_some_and(|height| self.tip().next() >= height)
    }

    /// Lets the engine begin the next height, if it waits for that.
    fn release(&mut self) {
        if let Some(Held { height, reply }) = self.held.take() {
            let next = context::Height(height.next());
            let _ = reply.send(Next::Start(next, self.height_params()));
        }
    }

    /// Whether a peer says that it is ahead, and this node does not listen yet.
    fn is_kept_waiting(&self) -> bool {
        self.held.is_some() && self.is_behind() && self.hints.is_deaf(Instant::now())
    }

    /// As [`App::release`], on an unproven word of a peer.
    fn release_on_hint(&mut self) {
        if self.held.is_some() && self.hints.follow(Instant::now()) {
            self.release();
        }
    }

    async fn publish(&mut self, channels: &mut Channels<Context>, body: &SignedBody) {
        self.publication = self.publication.wrapping_add(1);
        for message in body.messages(self.publication) {
            // The engine has stopped if this fails; the loop notices.
            let _ = channels.network.send(NetworkMsg::PublishProposalPart(message)).await;
        }
    }

    fn engine_stopped(&self) -> AppError {
        let refusal = self.parts.signer.as_ref().and_then(|signer| signer.refusal());
        let reason = refusal.unwrap_or(
            "see the log above; if its write-ahead log failed, check the disk before a restart",
        );
        AppError::Engine(reason.to_owned())
    }
}
