//! Brings what records name and this node misses from the others, tells them what came here, and
//! answers what they ask.
//!
//! Attachments that a block names are asked for at once, and again after waits that double. An
//! opening need never be handed over to anybody, so a node asks for one only when a peer says, or
//! lists, that it has it. Now and then an attachment is read to see whether it is still what it
//! was.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use minglian_contracts::naming::Thing;
use minglian_ledger::hash::{AttachmentHash, Commitment};
use tokio::sync::{Semaphore, broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::exchange::{self, ExchangeError, Fetched, LIST_MAX};
use super::wanted::Wanted;
use super::{Hint, Keeper};
use crate::chain::{Chain, Committed};
use crate::gossip::GossipHandle;
use crate::gossip::exchange::{Exchange, Questions};

/// Things that are asked for at a time.
const FETCHING_MAX: usize = 2;

/// Questions of others that are answered at a time; more are turned away, and asked again.
const ANSWERING_MAX: usize = 8;

/// How often what is due is looked for.
const TICK: Duration = Duration::from_millis(250);

/// How often the state is compared with what is here, and the openings with the others'.
const COMPARE_INTERVAL: Duration = Duration::from_secs(60);

/// How often one attachment is read to see whether it is damaged.
const VERIFY_INTERVAL: Duration = Duration::from_secs(30);

/// How long a peer may take to take a stream.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);

/// The task.
pub struct Replicator {
    keeper: Arc<Keeper>,
    gossip: GossipHandle,
    exchange: Exchange,
    hints: mpsc::Receiver<Hint>,
    wanted: Wanted,
    fetching: JoinSet<(Thing, Outcome)>,
    /// What this node, an observer, is not given.
    forbidden: BTreeSet<Thing>,
    /// The last attachment that was read for damage.
    verified: Option<AttachmentHash>,
}

/// How asking everybody for a thing ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It is here, or may not be here.
    Settled,
    /// It is for others only.
    Forbidden,
    /// Nobody had it.
    Nobody,
}

impl Replicator {
    /// Brings the parts together.
    pub fn new(keeper: Arc<Keeper>, gossip: GossipHandle, hints: mpsc::Receiver<Hint>) -> Self {
        let exchange = gossip.exchange();
        let (wanted, fetching) = (Wanted::default(), JoinSet::new());
        let (forbidden, verified) = (BTreeSet::new(), None);
        Self { keeper, gossip, exchange, hints, wanted, fetching, forbidden, verified }
    }

    /// Runs until the node stops.
    pub async fn run(mut self, mut commits: broadcast::Receiver<Arc<Committed>>) {
        let mut ticks = tokio::time::interval(TICK);
        let mut compares = tokio::time::interval(COMPARE_INTERVAL);
        let mut verifies = tokio::time::interval(VERIFY_INTERVAL);
        for interval in [&mut ticks, &mut compares, &mut verifies] {
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        let mut connected = self.gossip.subscribe_connected();
        loop {
            tokio::select! {
                committed = commits.recv() => match committed {
                    Ok(committed) => self.on_committed(&committed),
                    Err(broadcast::error::RecvError::Lagged(_)) => self.compare(),
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                Some(hint) = self.hints.recv() => self.on_hint(hint),
                Some(Ok((thing, outcome))) = self.fetching.join_next() => {
                    match outcome {
                        Outcome::Settled => self.wanted.remove(&thing),
                        Outcome::Forbidden => {
                            self.wanted.remove(&thing);
                            self.forbidden.insert(thing);
                        }
                        Outcome::Nobody => self.wanted.failed(&thing, Instant::now()),
                    }
                }
                changed = connected.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.compare();
                }
                _ = ticks.tick() => {}
                _ = compares.tick() => self.compare(),
                _ = verifies.tick() => self.verify_next().await,
            }
            self.fetch_due();
            self.keeper.count_missing(self.wanted.attachments());
        }
    }

    fn on_committed(&mut self, committed: &Committed) {
        for thing in &committed.erased {
            self.wanted.remove(thing);
        }
        for thing in &committed.named {
            if matches!(thing, Thing::Attachment(_)) && !self.is_settled(thing) {
                self.wanted.add(*thing, None, Instant::now());
            }
        }
    }

    fn on_hint(&mut self, hint: Hint) {
        match hint {
            Hint::Heard(thing, peer) => self.wanted.add(thing, Some(peer), Instant::now()),
            Hint::Lost(hash) => self.wanted.add(Thing::Attachment(hash), None, Instant::now()),
            Hint::Kept(thing) => {
                self.wanted.remove(&thing);
                for peer in self.gossip.connected() {
                    let exchange = self.exchange.clone();
                    tokio::spawn(async move {
                        if let Some(mut stream) = open(&exchange, &peer).await {
                            // Who does not hear it finds it by comparing.
                            let _ = exchange::tell(&mut stream, &thing).await;
                        }
                    });
                }
            }
        }
    }

    /// Whether a thing is here, or may not be. What cannot be read is asked for again later.
    fn is_settled(&self, thing: &Thing) -> bool {
        self.keeper.wants(thing).is_ok_and(|wants| !wants)
    }

    /// Looks for what the state names and is not here, and for openings that others have.
    fn compare(&mut self) {
        let missing = tokio::task::block_in_place(|| self.missing());
        let now = Instant::now();
        for thing in missing.into_iter().map(Thing::Attachment) {
            if !self.forbidden.contains(&thing) {
                self.wanted.know(thing, now);
            }
        }
        let peers = self.gossip.connected();
        let (keeper, exchange) = (self.keeper.clone(), self.exchange.clone());
        tokio::spawn(async move {
            for peer in peers {
                if let Err(error) = compare_openings(&keeper, &exchange, &peer).await {
                    tracing::debug!(peer, %error, "cannot compare openings");
                }
            }
        });
    }

    fn missing(&self) -> Vec<AttachmentHash> {
        let (mut missing, mut after) = (Vec::new(), None);
        loop {
            match self.keeper.missing(after) {
                Ok((some, next)) => {
                    missing.extend(some.into_iter().map(|(hash, _)| hash));
                    match next {
                        Some(next) => after = Some(next),
                        None => return missing,
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "cannot look for missing attachments");
                    return missing;
                }
            }
        }
    }

    fn fetch_due(&mut self) {
        while self.fetching.len() < FETCHING_MAX
            && let Some((thing, hint)) = self.wanted.take_due(Instant::now())
        {
            let mut peers = self.gossip.connected();
            if let Some(hint) = hint {
                peers.retain(|peer| *peer != hint);
                peers.insert(0, hint);
            }
            let (keeper, exchange) = (self.keeper.clone(), self.exchange.clone());
            self.fetching.spawn(async move {
                let outcome = fetch_from(&keeper, &exchange, &peers, &thing).await;
                (thing, outcome)
            });
        }
    }

    async fn verify_next(&mut self) {
        let next = self.keeper.held(self.verified.as_ref(), 1);
        self.verified = next.first().map(|(hash, _)| *hash);
        let Some(hash) = self.verified else { return };
        if let Err(error) = self.keeper.verify(&hash).await {
            tracing::error!(%hash, %error, "cannot verify an attachment");
        }
    }
}

/// Asks one peer after the other.
async fn fetch_from(
    keeper: &Arc<Keeper>,
    exchange: &Exchange,
    peers: &[String],
    thing: &Thing,
) -> Outcome {
    let mut forbidden = 0;
    for peer in peers {
        match keeper.wants(thing) {
            Ok(true) => {}
            // It came meanwhile; or no record names it yet: ours may be behind the peer's.
            Ok(false) if keeper.is_known(thing) => return Outcome::Settled,
            _ => return Outcome::Nobody,
        }
        let Some(mut stream) = open(exchange, peer).await else { continue };
        match exchange::fetch(keeper, &mut stream, thing).await {
            Ok(Fetched::Kept) => {
                tracing::debug!(%thing, peer, "fetched");
                return Outcome::Settled;
            }
            Ok(Fetched::Absent) => {}
            Ok(Fetched::Forbidden) => forbidden += 1,
            Err(error) => tracing::warn!(%thing, peer, %error, "cannot fetch"),
        }
    }
    if forbidden > 0 && forbidden == peers.len() { Outcome::Forbidden } else { Outcome::Nobody }
}

/// Hints at every opening that a peer has and this node wants.
async fn compare_openings(
    keeper: &Arc<Keeper>,
    exchange: &Exchange,
    peer: &str,
) -> Result<(), ExchangeError> {
    let mut after: Option<Commitment> = None;
    loop {
        let Some(mut stream) = open(exchange, peer).await else { return Ok(()) };
        let list = exchange::list(&mut stream, after).await?;
        for commitment in &list {
            // Ascending, or a peer could keep us here for ever.
            if after.is_some_and(|after| *commitment <= after) {
                return Err(ExchangeError::Malformed);
            }
            after = Some(*commitment);
            let thing = Thing::Opening(*commitment);
            if keeper.wants(&thing)? {
                keeper.hint(Hint::Heard(thing, peer.to_owned()));
            }
        }
        if list.len() < LIST_MAX {
            return Ok(());
        }
    }
}

async fn open(exchange: &Exchange, peer: &str) -> Option<crate::gossip::exchange::ExchangeStream> {
    tokio::time::timeout(OPEN_TIMEOUT, exchange.open(peer)).await.ok()?
}

/// Answers what peers ask, until the gossip stops.
pub async fn answer(
    mut questions: Questions,
    keeper: Arc<Keeper>,
    chain: Arc<Chain>,
    mut stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(ANSWERING_MAX));
    loop {
        let question = tokio::select! {
            _ = stop.wait_for(|stop| *stop) => return,
            question = questions.next() => question,
        };
        let Some((peer, mut stream)) = question else { return };
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let validators = chain.head().validators;
        let is_validator = validators.members().iter().any(|it| it.peer_id.as_str() == peer);
        let keeper = keeper.clone();
        tokio::spawn(async move {
            let _place = place;
            let answered = exchange::answer(&keeper, &mut stream, &peer, is_validator).await;
            if let Err(error) = answered {
                tracing::debug!(peer, %error, "a question was not answered");
            }
        });
    }
}
