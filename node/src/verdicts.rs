//! What this node does about batches of private subsidies, beside consensus and never in its way:
//! it fetches the bodies of batches that it misses, verifies them, and says what it found by an act
//! signed with a maker's key of its own. Without that key it only reports.
//!
//! Nothing is remembered but files and what the ledger has, so after a restart it goes on where
//! it was: what is missing is fetched, what was not found is verified again, and a verdict that is
//! not counted is given. Of a batch whose time is over the validators' nodes in turn say so.

pub mod fetch;
pub mod sign;
pub mod verify;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use minglian_client::wire::VerdictStatus;
use minglian_contracts::subsidy::batch::{BATCHES, Batch, Content, Standing as BatchStanding};
use minglian_contracts::subsidy::verdict::Finding;
use minglian_ledger::state::StateError;
use minglian_ledger::subsidy::domain::BatchId;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use crate::batches::custody::Custody;
use crate::batches::{BatchFault, Batches};
use crate::chain::{Chain, Committed};
use crate::gossip::GossipHandle;
use sign::{Fate, Sent, Standing, Voice};
use verify::{Subject, VerifyFault};

/// How often each batch that waits is looked at.
const TICK: Duration = Duration::from_secs(1);

/// Batches that are fetched at a time.
const FETCHING_MAX: usize = 2;

/// The first wait after nobody had what is missing; it doubles.
const WAIT_MIN: Duration = Duration::from_secs(1);

/// The longest such wait.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// How long the next validator waits for the one before it to end a batch.
const CLOSE_TURN: Duration = Duration::from_secs(20);

/// Batches read from the state at a time.
const PAGE: usize = 256;

/// What the service needs from the node.
pub struct Parts {
    /// The ledger.
    pub chain: Arc<Chain>,
    /// Bodies.
    pub batches: Arc<Batches>,
    /// Envelopes, at a custodian.
    pub custody: Option<Arc<Custody>>,
    /// Signs.
    pub voice: Voice,
    /// Where peers are.
    pub gossip: GossipHandle,
    /// Ends what runs.
    pub stop: watch::Receiver<bool>,
}

/// What is known of a batch that is looked at.
struct Watched {
    is_fetching: bool,
    due: Instant,
    wait: Duration,
    verdict: Option<Sent>,
    is_refused: bool,
    over_since: Option<Instant>,
    close: Option<Sent>,
}

/// The task.
pub struct Service {
    parts: Parts,
    watched: BTreeMap<BatchId, Watched>,
    fetching: JoinSet<(BatchId, bool)>,
    /// One verification at a time.
    verifying: JoinSet<(BatchId, Result<Finding, VerifyFault>)>,
}

impl Watched {
    fn new() -> Self {
        Self {
            is_fetching: false,
            due: Instant::now(),
            wait: WAIT_MIN,
            verdict: None,
            is_refused: false,
            over_since: None,
            close: None,
        }
    }
}

impl Service {
    /// Brings the parts together.
    pub fn new(parts: Parts) -> Self {
        let (fetching, verifying) = (JoinSet::new(), JoinSet::new());
        Self { parts, watched: BTreeMap::new(), fetching, verifying }
    }

    /// Runs until the node stops.
    pub async fn run(mut self, mut commits: broadcast::Receiver<Arc<Committed>>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let batches = self.parts.batches.clone();
        self.find_all();
        loop {
            tokio::select! {
                committed = commits.recv() => match committed {
                    Ok(committed) => {
                        for batch in &committed.batches {
                            self.watched.entry(*batch).or_insert_with(Watched::new);
                        }
                        if !committed.batches.is_empty() {
                            self.clean_envelopes();
                        }
                    }
                    Err(broadcast::error::RecvError::Lagged(_)) => self.find_all(),
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                Some(Ok((batch, came))) = self.fetching.join_next() => {
                    self.on_fetched(&batch, came);
                }
                Some(Ok((batch, found))) = self.verifying.join_next() => {
                    self.on_verified(&batch, found);
                }
                () = batches.came() => {}
                _ = ticks.tick() => {}
            }
            tokio::task::block_in_place(|| self.look_at_all());
        }
    }

    /// Finds every batch that waits, or is applied and not whole here.
    fn find_all(&mut self) {
        let store = self.parts.chain.store();
        let mut after = None;
        loop {
            let page =
                tokio::task::block_in_place(|| BATCHES.scan(store, &(), after.as_ref(), PAGE));
            let page = match page {
                Ok(page) => page,
                Err(error) => {
                    tracing::error!(%error, "cannot look for batches");
                    return;
                }
            };
            let Some((last, _)) = page.last() else { return };
            after = Some(*last);
            for (batch, found) in page {
                if matches!(found.standing, BatchStanding::Pending | BatchStanding::Applied) {
                    self.watched.entry(batch).or_insert_with(Watched::new);
                }
            }
        }
    }

    fn clean_envelopes(&self) {
        if let Some(Err(fault)) = self.parts.custody.as_ref().map(|custody| custody.clean()) {
            tracing::error!(%fault, "cannot clear the envelopes of batches that count no more");
        }
    }

    fn look_at_all(&mut self) {
        let ids: Vec<BatchId> = self.watched.keys().copied().collect();
        for batch in ids {
            match self.look_at(&batch) {
                Ok(true) => {}
                Ok(false) => {
                    self.watched.remove(&batch);
                }
                Err(error) => tracing::error!(%batch, %error, "cannot look at a batch"),
            }
        }
    }

    /// Does what is next for a batch; whether there will be more.
    fn look_at(&mut self, id: &BatchId) -> Result<bool, BatchFault> {
        let Some(batch) = BATCHES.get(self.parts.chain.store(), id)? else { return Ok(false) };
        match batch.standing {
            BatchStanding::Rejected | BatchStanding::Expired => {
                if let Content::Payment { .. } = batch.content {
                    self.parts.batches.forget(id)?;
                }
                return Ok(false);
            }
            BatchStanding::Applied if matches!(batch.content, Content::Return(_)) => {
                return Ok(false);
            }
            BatchStanding::Applied | BatchStanding::Pending => {}
        }
        let is_whole = match &batch.content {
            Content::Payment { sealed, .. } => {
                self.parts.batches.missing(id, &sealed.header).is_empty()
            }
            // The batch that paid is fetched by itself.
            Content::Return(_) => true,
        };
        let finding = self.parts.batches.progress(id).finding;
        if !is_whole {
            self.fetch(id);
        } else if finding.is_none() {
            self.verify(id)?;
        }
        if batch.standing == BatchStanding::Applied {
            self.parts.batches.note_verdict(id, VerdictStatus::None);
            return Ok(finding.is_none() || !is_whole);
        }
        self.say(id, &batch, finding)?;
        self.close(id, &batch)?;
        Ok(true)
    }

    fn fetch(&mut self, id: &BatchId) {
        let Some(watched) = self.watched.get_mut(id) else { return };
        let is_due = watched.due <= Instant::now();
        if watched.is_fetching || !is_due || self.fetching.len() >= FETCHING_MAX {
            return;
        }
        watched.is_fetching = true;
        let (batches, gossip, id) = (self.parts.batches.clone(), &self.parts.gossip, *id);
        let (exchange, peers) = (gossip.exchange(), gossip.connected());
        self.fetching.spawn(async move { (id, fetch::fetch(batches, exchange, peers, id).await) });
    }

    fn on_fetched(&mut self, id: &BatchId, came: bool) {
        let Some(watched) = self.watched.get_mut(id) else { return };
        watched.is_fetching = false;
        watched.wait = if came { WAIT_MIN } else { watched.wait.saturating_mul(2).min(WAIT_MAX) };
        watched.due = Instant::now() + watched.wait;
    }

    fn verify(&mut self, id: &BatchId) -> Result<(), BatchFault> {
        if !self.verifying.is_empty() {
            return Ok(());
        }
        let Some(subject) = verify::subject(self.parts.chain.store(), id)? else { return Ok(()) };
        let (batches, stop, id) = (self.parts.batches.clone(), self.parts.stop.clone(), *id);
        self.verifying.spawn_blocking(move || {
            let found = match subject {
                Subject::Payment => verify::payment(&batches, &id, &stop),
                Subject::Return(name, returned) => verify::returned(&batches, &name, &returned),
            };
            (id, found)
        });
        Ok(())
    }

    fn on_verified(&mut self, id: &BatchId, found: Result<Finding, VerifyFault>) {
        match found {
            Ok(finding) => {
                tracing::info!(batch = %id, ?finding, "verified a batch");
                if let Err(fault) = self.parts.batches.note_finding(id, finding) {
                    tracing::error!(batch = %id, %fault, "cannot keep what was found");
                }
            }
            Err(VerifyFault::Missing | VerifyFault::Stopped) => {}
            Err(VerifyFault::Batch(fault)) => {
                tracing::warn!(batch = %id, %fault, "cannot verify a batch");
            }
        }
    }

    /// Gives this node's verdict, if it may and none of it is counted.
    fn say(
        &mut self,
        id: &BatchId,
        batch: &Batch,
        finding: Option<Finding>,
    ) -> Result<(), StateError> {
        let Some(finding) = finding else { return Ok(()) };
        let batches = self.parts.batches.clone();
        let organization = match self.parts.voice.standing()? {
            Standing::NoKey => {
                batches.note_verdict(id, VerdictStatus::NoKey);
                return Ok(());
            }
            Standing::NotAValidator => {
                batches.note_verdict(id, VerdictStatus::NotAValidator);
                return Ok(());
            }
            Standing::Speaks(organization) => organization,
        };
        if batch.findings.iter().any(|(known, _)| *known == organization) {
            batches.note_verdict(id, VerdictStatus::Counted);
            return Ok(());
        }
        if finding == Finding::Valid && sign::is_beyond_proof(&self.parts.chain, batch)? {
            batches.note_verdict(id, VerdictStatus::Withheld);
            return Ok(());
        }
        let (voice, Some(watched)) = (&self.parts.voice, self.watched.get_mut(id)) else {
            return Ok(());
        };
        let fate = watched.verdict.as_ref().map(|sent| voice.fate(sent)).transpose()?;
        match fate {
            Some(Fate::Waiting) => return Ok(()),
            Some(Fate::Refused(code)) if !watched.is_refused => {
                tracing::error!(batch = %id, code, "the verdict was refused");
                watched.is_refused = true;
            }
            Some(Fate::Refused(_) | Fate::Applied | Fate::Gone) | None => {}
        }
        if watched.is_refused || is_over(&self.parts.chain, batch) {
            let status =
                if watched.is_refused { VerdictStatus::Refused } else { VerdictStatus::None };
            batches.note_verdict(id, status);
            return Ok(());
        }
        watched.verdict = voice.give(organization, id, finding);
        let is_sent = watched.verdict.is_some();
        batches.note_verdict(id, if is_sent { VerdictStatus::Sent } else { VerdictStatus::None });
        Ok(())
    }

    /// Ends a batch whose time is over, when it is this validator's turn.
    fn close(&mut self, id: &BatchId, batch: &Batch) -> Result<(), StateError> {
        let chain = &self.parts.chain;
        let Some(watched) = self.watched.get_mut(id).filter(|_| is_over(chain, batch)) else {
            return Ok(());
        };
        let Standing::Speaks(organization) = self.parts.voice.standing()? else { return Ok(()) };
        let since = *watched.over_since.get_or_insert_with(Instant::now);
        let head = chain.head();
        let members = head.validators.members();
        let place = members.iter().position(|it| it.organization == organization).unwrap_or(0);
        let turn = CLOSE_TURN.saturating_mul(u32::try_from(place).unwrap_or(u32::MAX));
        let sent = watched.close.as_ref().map(|sent| self.parts.voice.fate(sent)).transpose()?;
        if since.elapsed() >= turn && matches!(sent, None | Some(Fate::Gone)) {
            watched.close = self.parts.voice.close(organization, id);
        }
        Ok(())
    }
}

/// Whether no verdict about a batch can count any more.
fn is_over(chain: &Chain, batch: &Batch) -> bool {
    batch.due < chain.head().header.time_ms
}
