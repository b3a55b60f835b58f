//! The smallest application the engine can drive: a block body is a few bytes and its id is their
//! hash. It answers every engine message the way `app.rs` does, without executing anything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use minglian_ledger::certificate::Certificate;
use minglian_ledger::hash::BlockId;
use minglian_ledger::height::Height;
use minglian_ledger::transaction::ChainId;
use minglian_ledger::validators::ValidatorSet;
use minglian_node::engine::assembler::{Accepted, Assembler, Limits};
use minglian_node::engine::context::{self, Context, Value};
use minglian_node::engine::convert;
use minglian_node::engine::messages::{
    AppMsg, Channels, LocallyProposedValue, NetworkMsg, Next, PeerId, ProposedValue,
    RawDecidedValue, Reply, Round, StreamContent, StreamMessage, SyncedValueOutcome, Validity,
};
use minglian_node::engine::parts::{Init, ProposalPart, SignedBody};
use minglian_node::engine::signer::Signer;
use minglian_node::engine::start::{self, Timeouts};
use tokio::sync::watch;

/// What a node keeps on disk. A node that is started again gets the same one.
#[derive(Default)]
pub struct Store {
    /// Decided blocks.
    pub decided: BTreeMap<u64, (Certificate, Vec<u8>)>,
    /// Bodies seen but not decided, stored before anything is answered about them.
    pub bodies: BTreeMap<BlockId, SignedBody>,
    /// Blocks that came by value sync.
    pub synced: BTreeMap<BlockId, Vec<u8>>,
    /// How many heights were decided from a synced value.
    pub synced_count: u64,
}

impl Store {
    pub fn tip(&self) -> Height {
        Height(self.decided.keys().next_back().copied().unwrap_or(0))
    }

    fn body(&self, id: &BlockId) -> Option<Vec<u8>> {
        let proposed = self.bodies.get(id).map(|body| body.body.clone());
        proposed.or_else(|| self.synced.get(id).cloned())
    }
}

/// A `Finalized` reply held back while there is nothing to do.
struct Held {
    height: Height,
    reply: Reply<Next<Context>>,
}

pub struct App {
    pub chain_id: ChainId,
    pub validators: ValidatorSet,
    pub signer: Option<Signer>,
    pub store: Arc<Mutex<Store>>,
    /// There is work as long as the decided height is below this one.
    pub wanted: watch::Receiver<u64>,
    pub peer_tip: watch::Receiver<Height>,
    pub body_bytes: usize,
    assembler: Assembler,
    publication: u32,
    held: Option<Held>,
}

impl App {
    pub fn new(
        chain_id: ChainId,
        validators: ValidatorSet,
        publishers: BTreeSet<PeerId>,
        signer: Option<Signer>,
        store: Arc<Mutex<Store>>,
        wanted: watch::Receiver<u64>,
        peer_tip: watch::Receiver<Height>,
    ) -> Self {
        let next = store.lock().unwrap().tip().next();
        let assembler = Assembler::new(
            chain_id.clone(),
            Limits::default(),
            next,
            (&validators).into(),
            publishers,
        );
        Self {
            chain_id,
            validators,
            signer,
            store,
            wanted,
            peer_tip,
            body_bytes: 300_000,
            assembler,
            publication: 0,
            held: None,
        }
    }

    /// Runs until the engine stops. The real node then exits, with [`Signer::refusal`] as reason.
    pub async fn run(mut self, mut channels: Channels<Context>) {
        let mut events = channels.events.subscribe();
        loop {
            tokio::select! {
                message = channels.consensus.recv() => match message {
                    Some(message) => self.handle(&mut channels, message).await,
                    None => return,
                },
                Ok(()) = self.wanted.changed() => {}
                Ok(()) = self.peer_tip.changed() => {}
                event = events.recv() => {
                    use malachitebft_engine::util::events::Event;
                    // Peers vote on the next height: join them.
                    if let Ok(Event::Received(message)) = event
                        && message.height().0 > self.tip()
                    {
                        self.release();
                    }
                }
            }
            if self.has_work() {
                self.release();
            }
        }
    }

    fn tip(&self) -> Height {
        self.store.lock().unwrap().tip()
    }

    fn has_work(&self) -> bool {
        let tip = self.tip();
        tip.0 < *self.wanted.borrow() || tip < *self.peer_tip.borrow()
    }

    /// Lets the engine begin the next height, if it waits for that.
    fn release(&mut self) {
        if let Some(held) = self.held.take() {
            let next = context::Height(held.height.next());
            let params = start::height_params(&self.validators, Timeouts::default());
            let _ = held.reply.send(Next::Start(next, params));
        }
    }

    async fn handle(&mut self, channels: &mut Channels<Context>, message: AppMsg<Context>) {
        match message {
            AppMsg::ConsensusReady { reply } => {
                let next = context::Height(self.tip().next());
                let params = start::height_params(&self.validators, Timeouts::default());
                let _ = reply.send((next, params));
            }
            AppMsg::StartedRound { height, round, reply_value, .. } => {
                let _ = reply_value.send(self.undecided(height.0, round));
            }
            AppMsg::GetValue { height, round, reply, .. } => {
                let body = self.propose(height.0, round);
                let value = Value(body.init.block_id);
                let _ = reply.send(LocallyProposedValue::new(height, round, value));
                self.publish(channels, &body).await;
            }
            AppMsg::ReceivedProposalPart { from, published_by, part, reply } => {
                let _ = reply.send(self.receive(published_by.unwrap_or(from), part));
                self.release();
            }
            AppMsg::RestreamProposal { height, round, valid_round, address, value_id } => {
                if let Some(body) = self.restream(height.0, round, valid_round, address, value_id) {
                    self.publish(channels, &body).await;
                }
            }
            AppMsg::Decided { certificate, reply, .. } => {
                let certificate = convert::certificate(&certificate).unwrap();
                certificate.verify(&self.chain_id, &self.validators).unwrap();
                self.commit(certificate);
                let _ = reply.send(());
            }
            AppMsg::Finalized { certificate, reply, evidence, .. } => {
                assert!(convert::equivocations(&self.chain_id, &evidence).is_empty());
                self.held = Some(Held { height: certificate.height.0, reply });
            }
            AppMsg::GetDecidedValues { range, reply } => {
                let _ = reply.send(self.decided(range.start().0, range.end().0));
            }
            AppMsg::ProcessSyncedValue { height, round, proposer, value_bytes, reply } => {
                let id = BlockId::of(&[&value_bytes]);
                self.store.lock().unwrap().synced.insert(id, value_bytes.to_vec());
                let _ = reply.send(SyncedValueOutcome::Verdict(ProposedValue {
                    height,
                    round,
                    valid_round: Round::Nil,
                    proposer,
                    value: Value(id),
                    validity: Validity::Valid,
                }));
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
    }

    /// The block to propose: the one stored for this round, if this node crashed after it built
    /// one, so that it never signs two.
    fn propose(&mut self, height: Height, round: Round) -> SignedBody {
        let signer = self.signer.as_ref().unwrap();
        let round = round.as_u32().unwrap();
        let mut store = self.store.lock().unwrap();
        let mine = store.bodies.values().find(|body| {
            let init = &body.init;
            (init.height, init.round, init.proposer) == (height, round, signer.address())
        });
        if let Some(body) = mine {
            return body.clone();
        }
        let mut body = format!("block {height}.{round} by {}\n", signer.address()).into_bytes();
        body.resize(self.body_bytes, b'.');
        let init = Init {
            height,
            round,
            valid_round: None,
            proposer: signer.address(),
            block_id: BlockId::of(&[&body]),
            body_bytes: u32::try_from(body.len()).unwrap(),
        };
        let body = signer.sign_body(init, body).unwrap();
        store.bodies.insert(body.init.block_id, body.clone());
        body
    }

    async fn publish(&mut self, channels: &mut Channels<Context>, body: &SignedBody) {
        self.publication += 1;
        for message in body.messages(self.publication) {
            channels.network.send(NetworkMsg::PublishProposalPart(message)).await.unwrap();
        }
    }

    fn receive(
        &mut self,
        publisher: PeerId,
        part: StreamMessage<ProposalPart>,
    ) -> Option<ProposedValue<Context>> {
        assert!(matches!(part.content, StreamContent::Data(_)));
        match self.assembler.accept(publisher, part) {
            Ok(Accepted::Complete(body)) => Some(self.validate(body)),
            Ok(Accepted::Incomplete | Accepted::Parked) => None,
            Err(error) => {
                eprintln!("refused a part: {error}");
                None
            }
        }
    }

    /// Judges a whole body and stores it before the verdict leaves.
    fn validate(&mut self, body: SignedBody) -> ProposedValue<Context> {
        let init = body.init.clone();
        let valid = BlockId::of(&[&body.body]) == init.block_id;
        if valid {
            self.store.lock().unwrap().bodies.insert(init.block_id, body);
        }
        ProposedValue {
            height: context::Height(init.height),
            round: Round::new(init.round),
            valid_round: init.valid_round.map_or(Round::Nil, Round::new),
            proposer: context::Address(init.proposer),
            value: Value(init.block_id),
            validity: Validity::from_bool(valid),
        }
    }

    /// Values for a round that begins: bodies that came before their height did, and bodies of
    /// this round stored before a crash.
    fn undecided(&mut self, height: Height, round: Round) -> Vec<ProposedValue<Context>> {
        let parked = self.assembler.advance(height, (&self.validators).into());
        let stored: Vec<SignedBody> = self
            .store
            .lock()
            .unwrap()
            .bodies
            .values()
            .filter(|body| body.init.height == height && Some(body.init.round) == round.as_u32())
            .cloned()
            .collect();
        parked.into_iter().chain(stored).map(|body| self.validate(body)).collect()
    }

    /// The stream to publish again: under this node's own signature when it proposes the block of
    /// an earlier round, else as its proposer signed it.
    fn restream(
        &self,
        height: Height,
        round: Round,
        valid_round: Round,
        address: context::Address,
        id: BlockId,
    ) -> Option<SignedBody> {
        let stored = self.store.lock().unwrap().bodies.get(&id).cloned()?;
        let signer = self.signer.as_ref()?;
        if address.0 != signer.address() || valid_round.is_nil() {
            return Some(stored);
        }
        let init = Init {
            height,
            round: round.as_u32()?,
            valid_round: valid_round.as_u32(),
            proposer: signer.address(),
            ..stored.init
        };
        signer.sign_body(init, stored.body).ok()
    }

    fn commit(&mut self, certificate: Certificate) {
        let mut store = self.store.lock().unwrap();
        let id = certificate.block_id;
        let height = certificate.height;
        let body = store.body(&id).expect("a decided body was stored");
        store.synced_count += u64::from(store.synced.contains_key(&id));
        store.decided.insert(height.0, (certificate, body));
        store.bodies.retain(|_, body| body.init.height > height);
        store.synced.clear();
    }

    fn decided(&self, first: Height, last: Height) -> Vec<RawDecidedValue<Context>> {
        let store = self.store.lock().unwrap();
        // The engine does not check the range: a stranger's `first` may be above `last`.
        (first.0..=last.0.min(store.tip().0))
            .map_while(|height| store.decided.get(&height))
            .map(|(certificate, body)| convert::decided_value(certificate, body.clone()))
            .collect()
    }
}
