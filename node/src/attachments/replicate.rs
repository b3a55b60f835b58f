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
use minglian_ledger::hash::AttachmentHash;
use tokio::sync::{broadcast, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::compare::Comparison;
use super::exchange;
use super::fetch::{self, Outcome, Sources, fetch_from};
use super::wanted::{Owner, Wanted};
use super::{Hint, Keeper};
use crate::arrivals::Arrivals;
use crate::batches::Batches;
use crate::chain::{Chain, Committed};
use crate::gossip::GossipHandle;
use crate::gossip::exchange::{Exchange, ExchangeStream, Questions};
use crate::places::Places;

/// Questions of others that are answered at a time; more are turned away, and asked again.
const ANSWERING_MAX: usize = 32;

/// Questions of one peer that are answered at a time, so that one that takes nothing keeps no other
/// peer waiting. A node fetches one thing of a peer at a time, and reads its list and a batch
/// beside that.
const ANSWERING_PEER_MAX: usize = 3;

/// How often what is due is looked for.
const TICK: Duration = Duration::from_millis(250);

/// How often it is begun to compare the state with what is here, and the openings with the others'.
const COMPARE_INTERVAL: Duration = Duration::from_secs(60);

/// The pause between two pages of names: comparing a million takes a while, and little of the
/// processor.
const PAGE_INTERVAL: Duration = Duration::from_secs(1);

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
    /// Where the look at the state goes on, and whether one is under way.
    compared: Option<AttachmentHash>,
    is_comparing: bool,
    openings: Arc<Comparison>,
    arrivals: Arrivals,
    fetching: JoinSet<(Thing, Outcome)>,
    sources: Arc<Sources>,
    /// What this node, an observer, is not given.
    forbidden: BTreeSet<Thing>,
    /// The last attachment that was read for damage.
    verified: Option<AttachmentHash>,
    /// Reads it: the bytes may come from far away.
    verifying: JoinSet<()>,
}

impl Replicator {
    /// Brings the parts together.
    pub fn new(keeper: Arc<Keeper>, gossip: GossipHandle, hints: mpsc::Receiver<Hint>) -> Self {
        let (exchange, openings) = (gossip.exchange(), Comparison::new(keeper.clone()));
        Self {
            keeper,
            gossip,
            exchange,
            hints,
            wanted: Wanted::default(),
            compared: None,
            is_comparing: false,
            openings,
            arrivals: Arrivals::default(),
            fetching: JoinSet::new(),
            sources: Sources::new(),
            forbidden: BTreeSet::new(),
            verified: None,
            verifying: JoinSet::new(),
        }
    }

    /// Runs until the node stops.
    pub async fn run(mut self, mut commits: broadcast::Receiver<Arc<Committed>>) {
        let mut ticks = tokio::time::interval(TICK);
        let mut compares = tokio::time::interval(COMPARE_INTERVAL);
        let mut pages = tokio::time::interval(PAGE_INTERVAL);
        let mut verifies = tokio::time::interval(VERIFY_INTERVAL);
        for interval in [&mut ticks, &mut compares, &mut pages, &mut verifies] {
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        let mut connected = self.gossip.subscribe_connected();
        loop {
            tokio::select! {
                committed = commits.recv() => match committed {
                    Ok(committed) => self.on_committed(&committed),
                    Err(broadcast::error::RecvError::Lagged(_)) => self.compare_all(),
                    Err(broadcast::error::RecvError::Closed) => return,
                },
                Some(hint) = self.hints.recv() => self.on_hint(hint),
                Some(Ok((thing, outcome))) = self.fetching.join_next() => {
                    self.on_fetched(thing, outcome);
                }
                changed = connected.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    self.greet();
                }
                _ = ticks.tick() => self.greet(),
                _ = compares.tick() => self.compare_all(),
                _ = pages.tick(), if self.is_comparing => self.compare_page(),
                _ = verifies.tick(), if self.verifying.is_empty() => self.verify_next(),
                Some(_) = self.verifying.join_next() => {}
            }
            self.fetch_due();
            self.keeper.count_missing(self.wanted.attachments());
        }
    }

    fn on_fetched(&mut self, thing: Thing, outcome: Outcome) {
        match outcome {
            Outcome::Settled => self.wanted.remove(&thing),
            Outcome::Forbidden => {
                self.wanted.remove(&thing);
                self.forbidden.insert(thing);
            }
            Outcome::Nobody => self.wanted.failed(&thing, Instant::now()),
            Outcome::Busy => self.wanted.postpone(&thing, Instant::now()),
        }
    }

    /// Who comes may have what nobody had.
    fn greet(&mut self) {
        let now = Instant::now();
        let come = self.arrivals.look(self.gossip.connected(), now);
        if !come.is_empty() {
            self.wanted.retry(now);
            self.compare(come);
        }
    }

    /// Whose a thing is. What cannot be read is nobody's for now.
    fn owner(&self, thing: &Thing) -> Owner {
        self.keeper.owner(thing).ok().flatten()
    }

    fn on_committed(&mut self, committed: &Committed) {
        for thing in &committed.erased {
            self.wanted.remove(thing);
        }
        for thing in &committed.named {
            if matches!(thing, Thing::Attachment(_)) && !self.is_settled(thing) {
                self.wanted.add(*thing, self.owner(thing), None, Instant::now());
            }
        }
    }

    fn on_hint(&mut self, hint: Hint) {
        match hint {
            Hint::Heard(thing, peer) => {
                let owner = self.owner(&thing);
                self.wanted.add(thing, owner, Some(peer), Instant::now());
            }
            Hint::Lost(hash) => {
                let thing = Thing::Attachment(hash);
                self.wanted.add(thing, self.owner(&thing), None, Instant::now());
            }
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

    fn compare_all(&mut self) {
        self.compare(self.gossip.connected());
    }

    /// Begins to look for what the state names and is not here, unless that is under way, and looks
    /// for openings that these peers have.
    fn compare(&mut self, peers: Vec<String>) {
        if !self.is_comparing {
            self.compared = None;
        }
        self.compare_page();
        // Each on its own: a slow one keeps no other waiting.
        for peer in peers {
            let (openings, exchange) = (self.openings.clone(), self.exchange.clone());
            tokio::spawn(async move {
                openings.compare(&peer, || open(&exchange, &peer)).await;
            });
        }
    }

    /// Looks at the next names.
    fn compare_page(&mut self) {
        let page = tokio::task::block_in_place(|| self.keeper.missing(self.compared));
        let (missing, next) = page.unwrap_or_else(|error| {
            tracing::error!(%error, "cannot look for missing attachments");
            (Vec::new(), None)
        });
        let now = Instant::now();
        for (hash, named) in missing {
            let thing = Thing::Attachment(hash);
            if !self.forbidden.contains(&thing) {
                self.wanted.know(thing, Some(named.organization), now);
            }
        }
        self.compared = next;
        self.is_comparing = next.is_some();
    }

    fn fetch_due(&mut self) {
        let connected = self.gossip.connected();
        while self.fetching.len() < fetch::at_a_time(connected.len())
            && let Some((thing, hint)) = self.wanted.take_due(Instant::now())
        {
            let mut peers = connected.clone();
            if let Some(hint) = hint {
                peers.retain(|peer| *peer != hint);
                peers.insert(0, hint);
            }
            let (keeper, exchange) = (self.keeper.clone(), self.exchange.clone());
            let sources = self.sources.clone();
            self.fetching.spawn(async move {
                let open = |peer: String| {
                    let exchange = exchange.clone();
                    async move { open(&exchange, &peer).await }
                };
                let outcome = fetch_from(&keeper, &sources, &peers, &thing, open).await;
                (thing, outcome)
            });
        }
    }

    fn verify_next(&mut self) {
        let next = self.keeper.held(self.verified.as_ref(), 1);
        self.verified = next.first().map(|(hash, _)| *hash);
        let Some(hash) = self.verified else { return };
        let keeper = self.keeper.clone();
        self.verifying.spawn(async move {
            if let Err(error) = keeper.verify(&hash).await {
                tracing::error!(%hash, %error, "cannot verify an attachment");
            }
        });
    }
}

async fn open(exchange: &Exchange, peer: &str) -> Option<crate::gossip::exchange::ExchangeStream> {
    tokio::time::timeout(OPEN_TIMEOUT, exchange.open(peer)).await.ok()?
}

/// Answers what peers ask, until the gossip stops.
pub async fn answer(
    questions: Questions,
    (keeper, batches): (Arc<Keeper>, Arc<Batches>),
    chain: Arc<Chain>,
    stop: watch::Receiver<bool>,
) {
    let places = Places::new(ANSWERING_MAX, ANSWERING_PEER_MAX);
    let one = |peer: String, mut stream: ExchangeStream| {
        let validators = chain.head().validators;
        let is_validator = validators.members().iter().any(|it| it.peer_id.as_str() == peer);
        let (keeper, batches) = (keeper.clone(), batches.clone());
        async move {
            let answered = exchange::answer(&keeper, &batches, &mut stream, &peer, is_validator);
            let answered = answered.await;
            if let Err(error) = answered {
                tracing::debug!(peer, %error, "a question was not answered");
            }
        }
    };
    questions.serve(places, stop, one).await;
}
