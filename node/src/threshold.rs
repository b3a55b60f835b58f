//! This node's part in keys that nobody holds: it takes part in ceremonies, keeps its share, and
//! answers requests that stand on the ledger (docs/privacy.md).
//!
//! The node acts for its organisation by the key that `[keys] service` names. Without one it does
//! nothing here but to say what it holds and what it misses.

pub mod answering;
pub mod ceremony;
pub mod dealing;
pub mod exchange;
pub mod fault;
pub mod outbox;
pub mod secrets;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use minglian_client::wire::{KeyShareView, ShareState};
use minglian_contracts::enrolment::ceremony::CEREMONIES;
use minglian_contracts::enrolment::key::{KeyRecord, THRESHOLD_KEYS};
use minglian_ledger::keys::SigningKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::state::StateRead;
use minglian_ledger::subsidy::key_generation::DealtShare;
use minglian_ledger::subsidy::threshold::KeyPurpose;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use crate::admission::Admission;
use crate::chain::{Chain, Committed};
use crate::clock;
use crate::gossip::GossipHandle;
use answering::{Answering, Shares};
use ceremony::{Ceremonies, Round, Wanted, place, read_share};
use exchange::Offers;
use fault::MemberFault;
use outbox::Outbox;
use secrets::{SecretKind, SecretName, Secrets};

/// How often a node with something to do looks at it.
const TICK: Duration = Duration::from_secs(1);

/// Most keys, and ceremonies, that are looked at: one a group and year, and a few a year beside.
const KEYS_MAX: usize = 10_000;

/// How old the last block may be, in milliseconds, before this node holds itself for one that has
/// to catch up first: three heartbeats where the configuration leaves them alone.
const AGE_MS_MAX: u64 = 30 * 60 * 1_000;

/// How long a peer may take to take a stream.
const OPEN_TIMEOUT: Duration = Duration::from_secs(5);

/// What the service is made of.
pub struct Parts {
    /// The ledger.
    pub chain: Arc<Chain>,
    /// The pool's door.
    pub admission: Arc<Admission>,
    /// The network between nodes.
    pub gossip: GossipHandle,
    /// This node's id there.
    pub own_id: String,
    /// Signs for the organisation; none if the node does not act.
    pub key: Option<SigningKey>,
    /// Where secrets are kept.
    pub secrets: Secrets,
    /// Where what it holds and misses is published.
    pub held: watch::Sender<Vec<KeyShareView>>,
}

/// Starts it: what answers other members, and what does this node's part.
pub fn start(
    tasks: &mut JoinSet<()>,
    parts: Parts,
    commits: broadcast::Receiver<Arc<Committed>>,
    stop: watch::Receiver<bool>,
) {
    let offers = Arc::new(Offers::default());
    if let Some(questions) = parts.gossip.shares().questions() {
        tasks.spawn(exchange::serve(questions, parts.chain.clone(), offers.clone(), stop));
    }
    tasks.spawn(Member::new(parts, offers).run(commits));
}

/// The service.
struct Member {
    chain: Arc<Chain>,
    gossip: GossipHandle,
    own_id: String,
    outbox: Option<Outbox>,
    secrets: Secrets,
    offers: Arc<Offers>,
    held: watch::Sender<Vec<KeyShareView>>,
    ceremonies: Ceremonies,
    answering: Answering,
    shares: Shares,
    fetching: JoinSet<(Wanted, Option<DealtShare>)>,
    /// Whether something is to be looked at again without a block that changes it.
    is_busy: bool,
    /// The last fault of each part, so that each is told once.
    told: BTreeMap<String, String>,
}

impl Member {
    /// Puts the parts together.
    fn new(parts: Parts, offers: Arc<Offers>) -> Self {
        let Parts { chain, admission, gossip, own_id, key, secrets, held } = parts;
        let outbox =
            key.map(|key| Outbox::new(key, chain.chain_id().clone(), admission, gossip.clone()));
        Self {
            chain,
            gossip,
            own_id,
            outbox,
            secrets,
            offers,
            held,
            ceremonies: Ceremonies::default(),
            answering: Answering::default(),
            shares: Shares::new(),
            fetching: JoinSet::new(),
            is_busy: false,
            told: BTreeMap::new(),
        }
    }

    /// Runs until the node stops.
    async fn run(mut self, mut commits: broadcast::Receiver<Arc<Committed>>) {
        let mut ticks = tokio::time::interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut sees_all = true;
        loop {
            let done = tokio::task::block_in_place(|| self.round(sees_all));
            let fault = done.err().map(|fault| fault.to_string());
            sees_all = false;
            self.is_busy |= fault.is_some() || self.answering.is_busy();
            self.tell("the ledger", fault);
            loop {
                let is_busy = self.is_busy;
                tokio::select! {
                    committed = commits.recv() => match committed {
                        Ok(committed) => {
                            let changed = &committed.enrolment;
                            self.answering.note(&changed.requests, Instant::now());
                            if changed.has_keys || !changed.requests.is_empty() {
                                break;
                            }
                        }
                        Err(broadcast::error::RecvError::Lagged(_)) => {
                            sees_all = true;
                            break;
                        }
                        Err(broadcast::error::RecvError::Closed) => return,
                    },
                    Some(Ok((wanted, share))) = self.fetching.join_next() => {
                        if let Some(share) = share {
                            self.ceremonies.received(wanted, share);
                            break;
                        }
                    }
                    _ = ticks.tick(), if is_busy => break,
                }
            }
        }
    }

    /// One look at the ledger, and what follows from it.
    fn round(&mut self, sees_all: bool) -> Result<(), MemberFault> {
        let chain = self.chain.clone();
        let snapshot = chain.store().snapshot()?;
        let header = snapshot.header();
        let now = Instant::now();
        if sees_all {
            self.sweep(&snapshot)?;
            self.answering.note_all(&snapshot, now)?;
        }
        let acts_for = match &self.outbox {
            Some(outbox) => outbox.organization(&snapshot, header.height.next())?,
            None => None,
        };
        let no_maker = self.outbox.is_some() && acts_for.is_none();
        let told = "it is no live maker's key: this node enters nothing".to_owned();
        self.tell("[keys] service", Some(told).filter(|_| no_maker));
        // What stood on the ledger long ago may be settled: a node that catches up says nothing.
        let age_ms = clock::now().0.saturating_sub(header.time_ms.0);
        let is_behind = AGE_MS_MAX < age_ms;
        // A key may be registered, and the next block come, at any time.
        self.is_busy = no_maker || is_behind;
        let Some(organization) = acts_for.or_else(|| self.runs_for()) else { return Ok(()) };
        let round = Round { state: &snapshot, header, organization, now };
        let mut views = self.look_at_keys(&round)?;
        let mut done = Ok(());
        if acts_for.is_none() {
            for view in views.iter_mut().filter(|view| view.state == ShareState::Held) {
                view.state = ShareState::Silent;
            }
        } else if let Some(mut outbox) = self.outbox.take_if(|_| !is_behind) {
            done = self.take_part(&round, &mut outbox, &mut views);
            outbox.end_round();
            self.outbox = Some(outbox);
        }
        self.held.send_if_modified(|held| {
            let is_new = *held != views;
            *held = views;
            is_new
        });
        done
    }

    /// Destroys what is left of attempts that were begun anew while this node was away.
    fn sweep(&self, state: &dyn StateRead) -> Result<(), MemberFault> {
        for name in self.secrets.names()? {
            let newest = CEREMONIES.get(state, &name.purpose)?;
            if newest.is_some_and(|newest| name.attempt < newest.attempt) {
                self.secrets.destroy(&name)?;
            }
        }
        Ok(())
    }

    /// The organisation that runs this validator.
    fn runs_for(&self) -> Option<OrganizationCode> {
        let validators = self.chain.head().validators;
        let own = validators.members().iter().find(|it| it.peer_id.as_str() == self.own_id);
        own.map(|it| it.organization)
    }

    /// What this node holds of the keys that there are. Shares of retired keys are destroyed.
    fn look_at_keys(&mut self, round: &Round<'_>) -> Result<Vec<KeyShareView>, MemberFault> {
        let mut views = Vec::new();
        for (purpose, record) in THRESHOLD_KEYS.scan(round.state, &(), None, KEYS_MAX)? {
            let attempt = record.attempt;
            let name = SecretName { purpose, attempt, kind: SecretKind::Share };
            if record.retired.is_some() {
                self.shares.remove(&purpose);
                if self.secrets.destroy(&name)? {
                    tracing::info!(?purpose, "the share of a retired key is destroyed");
                }
                continue;
            }
            let Some(member) = place(&record.members, &round.organization) else { continue };
            let state = self.load(purpose, &record, &name, member);
            views.push(KeyShareView { purpose, attempt, member, state });
        }
        Ok(views)
    }

    /// Sees to it that the share of a key is in memory, if it is on the disk.
    fn load(
        &mut self,
        purpose: KeyPurpose,
        record: &KeyRecord,
        name: &SecretName,
        member: u16,
    ) -> ShareState {
        if self.shares.contains_key(&purpose) {
            return ShareState::Held;
        }
        let told = match read_share(&self.secrets, name, &record.key, member) {
            Ok(Some(share)) => {
                self.shares.insert(purpose, share);
                None
            }
            Ok(None) => Some("this node has no share of the key and answers nothing".to_owned()),
            Err(fault) => Some(fault.to_string()),
        };
        let state = if told.is_none() { ShareState::Held } else { ShareState::Missing };
        self.tell(&secrets::purpose_name(&purpose), told);
        state
    }

    fn take_part(
        &mut self,
        round: &Round<'_>,
        outbox: &mut Outbox,
        views: &mut Vec<KeyShareView>,
    ) -> Result<(), MemberFault> {
        for (purpose, ceremony) in CEREMONIES.scan(round.state, &(), None, KEYS_MAX)? {
            let files = (&self.secrets, &*self.offers);
            let stepped = self.ceremonies.step((purpose, &ceremony), round, files, outbox);
            let (wanted, fault) = match stepped {
                Ok(None) => continue,
                Ok(Some(wanted)) => (wanted, None),
                Err(fault) => (Vec::new(), Some(fault.to_string())),
            };
            self.is_busy = true;
            self.tell(&secrets::purpose_name(&purpose), fault);
            for wanted in wanted {
                self.fetch(wanted);
            }
            if let Some(member) = place(&ceremony.members, &round.organization) {
                let (attempt, state) = (ceremony.attempt, ShareState::Making);
                views.push(KeyShareView { purpose, attempt, member, state });
            }
        }
        self.answering.step(round, &self.shares, outbox)
    }

    /// Asks the nodes of a member for its share.
    fn fetch(&mut self, wanted: Wanted) {
        let validators = self.chain.head().validators;
        let connected = self.gossip.connected();
        let own = validators.members().iter().filter(|it| it.organization == wanted.organization);
        let peers: Vec<String> =
            own.map(|it| it.peer_id.to_string()).filter(|peer| connected.contains(peer)).collect();
        let exchange = self.gossip.shares();
        self.fetching.spawn(async move {
            for peer in peers {
                let open = tokio::time::timeout(OPEN_TIMEOUT, exchange.open(&peer));
                let Ok(Some(mut stream)) = open.await else { continue };
                match exchange::ask(&mut stream, &wanted.of).await {
                    Ok(Some(share)) => return (wanted, Some(share)),
                    Ok(None) => {}
                    Err(error) => tracing::debug!(peer, %error, "a share was not given"),
                }
            }
            (wanted, None)
        });
    }

    /// Says what is wrong when it begins or changes.
    fn tell(&mut self, about: &str, fault: Option<String>) {
        match fault {
            None => {
                self.told.remove(about);
            }
            Some(fault) if self.told.get(about) == Some(&fault) => {}
            Some(fault) => {
                tracing::error!(about, fault, "this node cannot do its part of a key");
                self.told.insert(about.to_owned(), fault);
            }
        }
    }
}
