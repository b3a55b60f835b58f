//! Streams of block bodies: order, limits, liars.

use std::collections::BTreeSet;

use bytes::Bytes;
use minglian_ledger::block::BLOCK_BYTES_MAX;
use minglian_ledger::division::Division;
use minglian_ledger::hash::BlockId;
use minglian_ledger::height::Height;
use minglian_ledger::keys::{self, PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::ChainId;
use minglian_ledger::validators::{Validator, ValidatorSet};
use minglian_node::engine::assembler::{Accepted, Assembler, Limits, PartError};
use minglian_node::engine::context;
use minglian_node::engine::messages::{PeerId, StreamContent, StreamId, StreamMessage};
use minglian_node::engine::parts::{CHUNK_BYTES, Init, ProposalPart, SignedBody};
use minglian_node::engine::start;
use minglian_node::engine::statement;

const HEIGHT: Height = Height(9);

fn chain_id() -> ChainId {
    ChainId::new("test-0123456789abcdef").unwrap()
}

fn key(index: u8) -> SigningKey {
    SigningKey::from_bytes(&[index + 1; 32])
}

fn peer(index: u8) -> PeerId {
    start::peer_id(&SigningKey::from_bytes(&[index + 101; 32])).unwrap()
}

fn validators() -> context::ValidatorSet {
    let member = |index: u8| Validator {
        consensus_key: PublicKey::of(&key(index)),
        power: 1,
        organization: OrganizationCode::for_demonstration(Division::new(110_000).unwrap(), "甲"),
        name: Text::new(format!("node{index}")).unwrap(),
        peer_id: Text::new(peer(index).to_string()).unwrap(),
        consensus_address: Text::default(),
        gossip_address: Text::default(),
        cosigner_key: PublicKey::of(&SigningKey::from_bytes(&[index + 201; 32])),
    };
    (&ValidatorSet::new((0..4).map(member).collect()).unwrap()).into()
}

fn assembler(limits: Limits) -> Assembler {
    let publishers: BTreeSet<PeerId> = (0..4).map(peer).collect();
    Assembler::new(chain_id(), limits, HEIGHT, validators(), publishers)
}

/// A body of `bytes` bytes for `height` and `round`, signed by whose turn it is.
fn signed(height: Height, round: u32, bytes: usize) -> SignedBody {
    let set = validators();
    let proposer = set.proposer(height, round).clone();
    let body: Vec<u8> = (0..bytes).map(|index| (index % 251) as u8).collect();
    let init = Init {
        height,
        round,
        valid_round: None,
        proposer: proposer.address.0,
        block_id: BlockId::of(&[&body]),
        body_bytes: u32::try_from(bytes).unwrap(),
    };
    let signer = (0..4).map(key).find(|key| PublicKey::of(key) == proposer.consensus_key).unwrap();
    let signature = keys::sign(&signer, &statement::part_bytes(&chain_id(), &init, &body));
    SignedBody { init, body, signature }
}

fn accept_all(
    assembler: &mut Assembler,
    messages: impl IntoIterator<Item = StreamMessage<ProposalPart>>,
) -> Result<Accepted, PartError> {
    let mut last = Accepted::Incomplete;
    for message in messages {
        last = assembler.accept(peer(0), message)?;
    }
    Ok(last)
}

fn message(stream: u8, sequence: u64, part: ProposalPart) -> StreamMessage<ProposalPart> {
    let id = StreamId::new(Bytes::from(vec![stream; 16]));
    StreamMessage::new(id, sequence, StreamContent::Data(part))
}

#[test]
fn bodies_of_every_size_come_together_in_any_order() {
    for bytes in [1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, BLOCK_BYTES_MAX] {
        let body = signed(HEIGHT, 0, bytes);
        let messages = body.messages(1);
        let complete = Ok(Accepted::Complete(body));
        let mut assembler = assembler(Limits::default());
        assert_eq!(accept_all(&mut assembler, messages.clone()), complete);
        assert_eq!(accept_all(&mut assembler, messages.clone().into_iter().rev()), complete);
        let twice = messages.iter().rev().chain(&messages[1..]).cloned();
        let mut seen = 0;
        for message in twice {
            seen += usize::from(assembler.accept(peer(0), message) == complete);
        }
        assert_eq!(seen, 1);
    }
}

#[test]
fn a_missing_part_keeps_the_body_back() {
    let messages = signed(HEIGHT, 0, 3 * CHUNK_BYTES).messages(1);
    for missing in 0..messages.len() {
        let mut assembler = assembler(Limits::default());
        let rest = messages.iter().enumerate().filter(|(index, _)| *index != missing);
        let rest = rest.map(|(_, message)| message.clone());
        assert_eq!(accept_all(&mut assembler, rest), Ok(Accepted::Incomplete));
        assert_eq!(assembler.stream_count(), 1);
    }
}

#[test]
fn parts_of_the_wrong_shape_are_refused_and_their_stream_dropped() {
    let body = signed(HEIGHT, 0, CHUNK_BYTES + 10);
    let init = ProposalPart::Init(body.init.clone());
    let too_large = Init { body_bytes: BLOCK_BYTES_MAX as u32 + 1, ..body.init.clone() };
    let empty = Init { body_bytes: 0, ..body.init.clone() };
    let data = |bytes: usize| ProposalPart::Data(vec![0; bytes]);
    let fin = ProposalPart::Fin(body.signature);
    let cases: Vec<Vec<(u64, ProposalPart)>> = vec![
        vec![(0, ProposalPart::Init(too_large))],
        vec![(0, ProposalPart::Init(empty))],
        vec![(1, init.clone())],
        vec![(0, data(CHUNK_BYTES))],
        vec![(1, data(CHUNK_BYTES + 1))],
        vec![(33, data(CHUNK_BYTES))],
        vec![(u64::MAX, data(1))],
        vec![(0, init.clone()), (1, data(CHUNK_BYTES - 1))],
        vec![(0, init.clone()), (2, data(11))],
        vec![(0, init.clone()), (3, data(1))],
        vec![(2, data(11)), (0, init.clone())],
        vec![(0, init.clone()), (2, fin.clone())],
        vec![(9, fin.clone()), (0, init.clone())],
        vec![(1, data(CHUNK_BYTES)), (1, ProposalPart::Data(vec![1; CHUNK_BYTES]))],
        vec![(3, fin.clone()), (4, fin)],
    ];
    for (number, case) in cases.into_iter().enumerate() {
        let mut assembler = assembler(Limits::default());
        let messages = case.into_iter().map(|(sequence, part)| message(1, sequence, part));
        assert!(accept_all(&mut assembler, messages).is_err(), "case {number}");
        assert_eq!((assembler.stream_count(), assembler.buffered_bytes()), (0, 0));
    }
}

#[test]
fn only_the_proposer_of_the_round_and_a_validator_of_the_list_get_through() {
    let mut assembler = assembler(Limits::default());
    let mut wrong = signed(HEIGHT, 0, 100);
    wrong.init.round = 1;
    let refused = accept_all(&mut assembler, wrong.messages(1));
    assert!(matches!(refused, Err(PartError::Proposer { .. })));

    let mut forged = signed(HEIGHT, 0, 100);
    forged.body[50] ^= 1;
    let refused = accept_all(&mut assembler, forged.messages(1));
    assert_eq!(refused, Err(PartError::Signature(forged.init.proposer)));

    let good = signed(HEIGHT, 0, 100).messages(1);
    let refused = assembler.accept(peer(9), good[0].clone());
    assert_eq!(refused, Err(PartError::Publisher(peer(9))));
    // Whoever relays a stream as it was signed is welcome.
    let relayed = good.into_iter().map(|message| assembler.accept(peer(3), message)).last();
    assert!(matches!(relayed, Some(Ok(Accepted::Complete(_)))));
    assert_eq!(assembler.stream_count(), 0);
}

#[test]
fn a_body_for_the_next_height_waits_and_stale_ones_go() {
    let mut assembler = assembler(Limits::default());
    let next = signed(HEIGHT.next(), 2, 1000);
    assert_eq!(accept_all(&mut assembler, next.messages(1)), Ok(Accepted::Parked));
    let mut half = signed(HEIGHT, 0, 2 * CHUNK_BYTES).messages(2);
    half.truncate(2);
    assert_eq!(accept_all(&mut assembler, half), Ok(Accepted::Incomplete));
    assert_eq!(assembler.stream_count(), 2);
    for outside in [Height(8), Height(11)] {
        let refused = accept_all(&mut assembler, signed(outside, 0, 10).messages(3));
        assert!(matches!(refused, Err(PartError::Window { .. })));
    }
    assert_eq!(assembler.advance(HEIGHT.next(), validators()), vec![next]);
    assert_eq!((assembler.stream_count(), assembler.buffered_bytes()), (0, 0));
}

#[test]
fn a_parked_body_that_its_proposer_did_not_sign_never_comes_out() {
    let mut assembler = assembler(Limits::default());
    let mut forged = signed(HEIGHT.next(), 0, 1000);
    forged.body[0] ^= 1;
    assert_eq!(accept_all(&mut assembler, forged.messages(1)), Ok(Accepted::Parked));
    assert_eq!(assembler.advance(HEIGHT.next(), validators()), vec![]);
}

#[test]
fn a_flood_evicts_the_flooder_and_nobody_else() {
    let limits = Limits {
        streams_per_peer: 4,
        streams: 6,
        bytes_per_peer: 8 * CHUNK_BYTES,
        bytes: 10 * CHUNK_BYTES,
    };
    let mut assembler = assembler(limits);
    let honest = signed(HEIGHT, 0, 3 * CHUNK_BYTES).messages(1);
    for message in &honest[..3] {
        assert_eq!(assembler.accept(peer(1), message.clone()), Ok(Accepted::Incomplete));
    }
    for stream in 0..100 {
        for sequence in 1..=8 {
            let chunk = ProposalPart::Data(vec![stream; CHUNK_BYTES]);
            let _ = assembler.accept(peer(2), message(stream, sequence, chunk));
            assert!(assembler.stream_count() <= limits.streams);
            assert!(assembler.buffered_bytes() <= limits.bytes);
        }
    }
    let last = honest[3..].iter().map(|message| assembler.accept(peer(1), message.clone())).last();
    assert!(matches!(last, Some(Ok(Accepted::Complete(_)))));
}
