//! Puts streamed block bodies together again, within limits, whatever arrives.
//!
//! A pure data structure: no clock, no I/O, no engine. Parts of one stream travel on separate
//! substreams and so arrive in any order; a stream is keyed by its publisher and its name. What a
//! publisher can make a node hold is bounded, and a publisher that floods evicts its own streams
//! before anybody else's.

mod stream;

use std::collections::{BTreeMap, BTreeSet};

use malachitebft_app::types::PeerId;
use malachitebft_app::types::streaming::StreamMessage;
use malachitebft_engine::util::streaming::StreamContent;
use minglian_ledger::block::BLOCK_BYTES_MAX;
use minglian_ledger::hash::ValidatorAddress;
use minglian_ledger::height::Height;
use minglian_ledger::keys::{self, PublicKey};
use minglian_ledger::transaction::ChainId;

use crate::engine::assembler::stream::Stream;
use crate::engine::context::ValidatorSet;
use crate::engine::parts::{Init, ProposalPart, STREAM_ID_BYTES, SignedBody};
use crate::engine::statement;

/// What half-open streams may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most half-open streams of one publisher.
    pub streams_per_peer: usize,
    /// Most half-open streams in all.
    pub streams: usize,
    /// Most buffered bytes of one publisher.
    pub bytes_per_peer: usize,
    /// Most buffered bytes in all.
    pub bytes: usize,
}

impl Default for Limits {
    /// Four streams and two full blocks per publisher, eight publishers' worth in all.
    fn default() -> Self {
        Self {
            streams_per_peer: 4,
            streams: 32,
            bytes_per_peer: 2 * BLOCK_BYTES_MAX,
            bytes: 16 * BLOCK_BYTES_MAX,
        }
    }
}

/// Why a part was refused. The stream it belongs to is dropped with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PartError {
    /// A publisher that is not on the list.
    #[error("peer {0} may not publish blocks")]
    Publisher(PeerId),
    /// A stream name of the wrong length.
    #[error("a stream name has {STREAM_ID_BYTES} bytes, not {0}")]
    StreamId(usize),
    /// A part that cannot stand at its position, or a chunk of the wrong length.
    #[error("part {0} does not belong where it stands")]
    Shape(u64),
    /// A body that is empty or larger than a block.
    #[error("a body of {0} bytes is not a block")]
    BodySize(u32),
    /// Another part than the one received before at this position.
    #[error("part {0} contradicts the one received before")]
    Contradiction(u64),
    /// A height that is decided, or too far ahead.
    #[error("height {height} is outside the window that begins at {current}")]
    Window {
        /// The stream's height.
        height: Height,
        /// The height being decided.
        current: Height,
    },
    /// Not the validator whose turn it is.
    #[error(
        "{found} streams a block at height {height} round {round}, but it is the turn of {due}"
    )]
    Proposer {
        /// The height.
        height: Height,
        /// The round.
        round: u32,
        /// Who claims to propose.
        found: ValidatorAddress,
        /// Whose turn it is.
        due: ValidatorAddress,
    },
    /// The proposer did not sign this stream.
    #[error("the stream's signature by {0} does not verify")]
    Signature(ValidatorAddress),
    /// A stream larger than its publisher may have buffered.
    #[error("peer {0} has more bytes in flight than allowed")]
    TooManyBytes(PeerId),
}

/// What became of an accepted part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// More parts are needed.
    Incomplete,
    /// The body is whole, but its height has not begun here: it comes out of
    /// [`Assembler::advance`].
    Parked,
    /// The body is whole and its proposer signed it.
    Complete(SignedBody),
}

type StreamKey = (PeerId, Vec<u8>);

/// All half-open streams.
#[derive(Debug)]
pub struct Assembler {
    chain_id: ChainId,
    limits: Limits,
    height: Height,
    validators: ValidatorSet,
    publishers: BTreeSet<PeerId>,
    streams: BTreeMap<StreamKey, Stream>,
    parked: BTreeMap<StreamKey, SignedBody>,
    opened: u64,
}

impl Assembler {
    /// Starts empty, deciding `height` with `validators`. Parts are taken from `publishers` only.
    pub fn new(
        chain_id: ChainId,
        limits: Limits,
        height: Height,
        validators: ValidatorSet,
        publishers: BTreeSet<PeerId>,
    ) -> Self {
        Self {
            chain_id,
            limits,
            height,
            validators,
            publishers,
            streams: BTreeMap::new(),
            parked: BTreeMap::new(),
            opened: 0,
        }
    }

    /// Replaces the list of peers that may publish, dropping what others had in flight.
    pub fn set_publishers(&mut self, publishers: BTreeSet<PeerId>) {
        self.streams.retain(|(peer, _), _| publishers.contains(peer));
        self.parked.retain(|(peer, _), _| publishers.contains(peer));
        self.publishers = publishers;
    }

    /// Begins `height`: drops streams of decided heights and returns the whole bodies that waited
    /// for this one and are signed by whose turn it is.
    pub fn advance(&mut self, height: Height, validators: ValidatorSet) -> Vec<SignedBody> {
        self.height = height;
        self.validators = validators;
        self.streams
            .retain(|_, stream| stream.init.as_ref().is_none_or(|init| init.height >= height));
        let parked = std::mem::take(&mut self.parked);
        let mut due = Vec::new();
        for (key, body) in parked {
            if body.init.height > height {
                self.parked.insert(key, body);
            } else if body.init.height == height && self.check(&body).is_ok() {
                due.push(body);
            }
        }
        due
    }

    /// Bytes held for streams and parked bodies.
    pub fn buffered_bytes(&self) -> usize {
        let parked: usize = self.parked.values().map(|body| body.body.len()).sum();
        self.streams.values().map(|stream| stream.bytes).sum::<usize>() + parked
    }

    /// Half-open streams and parked bodies.
    pub fn stream_count(&self) -> usize {
        self.streams.len() + self.parked.len()
    }

    /// Takes one part. An error drops the stream the part belongs to.
    pub fn accept(
        &mut self,
        publisher: PeerId,
        message: StreamMessage<ProposalPart>,
    ) -> Result<Accepted, PartError> {
        if !self.publishers.contains(&publisher) {
            return Err(PartError::Publisher(publisher));
        }
        let name = message.stream_id.to_bytes();
        if name.len() != STREAM_ID_BYTES {
            return Err(PartError::StreamId(name.len()));
        }
        // Our streams end with `Fin` as a part; the engine's own end marker carries nothing.
        let StreamContent::Data(part) = message.content else {
            return Ok(Accepted::Incomplete);
        };
        let key = (publisher, name.to_vec());
        let result = self.insert(&key, message.sequence, part);
        if result.is_err() {
            self.streams.remove(&key);
        }
        result
    }

    fn insert(
        &mut self,
        key: &StreamKey,
        sequence: u64,
        part: ProposalPart,
    ) -> Result<Accepted, PartError> {
        if let ProposalPart::Init(init) = &part {
            self.check_init(init)?;
        }
        self.make_room(key, &part)?;
        if !self.streams.contains_key(key) {
            self.opened += 1;
        }
        let opened = self.opened;
        let stream = self.streams.entry(key.clone()).or_insert_with(|| Stream::new(opened));
        stream.insert(sequence, part)?;
        if !stream.is_whole() {
            return Ok(Accepted::Incomplete);
        }
        let Some(body) = self.streams.remove(key).and_then(Stream::into_body) else {
            return Err(PartError::Shape(sequence));
        };
        if body.init.height > self.height {
            self.parked.insert(key.clone(), body);
            return Ok(Accepted::Parked);
        }
        self.check(&body)?;
        Ok(Accepted::Complete(body))
    }

    /// Refuses an opening that could never become a block here.
    fn check_init(&self, init: &Init) -> Result<(), PartError> {
        if init.chunks().is_none() {
            return Err(PartError::BodySize(init.body_bytes));
        }
        // One height ahead is what a node that has just fallen behind sees; more comes by sync.
        if init.height < self.height || init.height > self.height.next() {
            return Err(PartError::Window { height: init.height, current: self.height });
        }
        if init.height == self.height { self.due(init).map(|_| ()) } else { Ok(()) }
    }

    /// The key of the validator whose turn it is, if that is who streams.
    fn due(&self, init: &Init) -> Result<PublicKey, PartError> {
        let due = self.validators.proposer(init.height, init.round);
        if due.address.0 != init.proposer {
            return Err(PartError::Proposer {
                height: init.height,
                round: init.round,
                found: init.proposer,
                due: due.address.0,
            });
        }
        Ok(due.consensus_key)
    }

    fn check(&self, body: &SignedBody) -> Result<(), PartError> {
        let key = self.due(&body.init)?;
        let bytes = statement::part_bytes(&self.chain_id, &body.init, &body.body);
        keys::verify(&key, &bytes, &body.signature)
            .map_err(|_| PartError::Signature(body.init.proposer))
    }

    /// Makes room for `part`: first at its publisher's cost, then at the cost of whoever holds
    /// most.
    fn make_room(&mut self, key: &StreamKey, part: &ProposalPart) -> Result<(), PartError> {
        let (peer, _) = key;
        let added = if let ProposalPart::Data(chunk) = part { chunk.len() } else { 0 };
        let opens = usize::from(!self.streams.contains_key(key));
        while self.peer_streams(peer) + opens > self.limits.streams_per_peer
            || self.peer_bytes(peer) + added > self.limits.bytes_per_peer
        {
            if !self.evict_oldest(peer, key) {
                return Err(PartError::TooManyBytes(*peer));
            }
        }
        while self.stream_count() + opens > self.limits.streams
            || self.buffered_bytes() + added > self.limits.bytes
        {
            let heaviest = self.heaviest_peer();
            if !heaviest.is_some_and(|heaviest| self.evict_oldest(&heaviest, key)) {
                return Err(PartError::TooManyBytes(*peer));
            }
        }
        Ok(())
    }

    fn peer_streams(&self, peer: &PeerId) -> usize {
        let parked = self.parked.keys().filter(|(owner, _)| owner == peer).count();
        self.streams.keys().filter(|(owner, _)| owner == peer).count() + parked
    }

    fn peer_bytes(&self, peer: &PeerId) -> usize {
        let owned = |(owner, _): &&StreamKey| owner == peer;
        let open: usize =
            self.streams.iter().filter(|(key, _)| owned(key)).map(|(_, stream)| stream.bytes).sum();
        let parked = self.parked.iter().filter(|(key, _)| owned(key));
        open + parked.map(|(_, body)| body.body.len()).sum::<usize>()
    }

    fn heaviest_peer(&self) -> Option<PeerId> {
        let owners: BTreeSet<PeerId> =
            self.streams.keys().chain(self.parked.keys()).map(|(owner, _)| *owner).collect();
        owners.into_iter().max_by_key(|owner| (self.peer_bytes(owner), self.peer_streams(owner)))
    }

    /// Drops the oldest half-open stream of `peer`, or a parked body of it, but never `keep`.
    fn evict_oldest(&mut self, peer: &PeerId, keep: &StreamKey) -> bool {
        let oldest = self
            .streams
            .iter()
            .filter(|(key, _)| key.0 == *peer && *key != keep)
            .min_by_key(|(_, stream)| stream.opened)
            .map(|(key, _)| key.clone());
        if let Some(key) = oldest {
            return self.streams.remove(&key).is_some();
        }
        let parked = self.parked.keys().find(|key| key.0 == *peer && *key != keep).cloned();
        parked.is_some_and(|key| self.parked.remove(&key).is_some())
    }
}
