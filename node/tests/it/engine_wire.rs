//! Codecs: everything decodes to what was encoded, and garbage to an error.

use bytes::Bytes;
use malachitebft_app::consensus::LivenessMsg;
use malachitebft_app::types::codec::{Codec, HasEncodedLen};
use malachitebft_app::types::core::{
    NilOrVal, PolkaCertificate, PolkaSignature, Round, SignedMessage, ValidatorProof, Validity,
    VoteType,
};
use malachitebft_app::types::sync::{Request, Response, Status};
use malachitebft_app::types::{MisbehaviorEvidence, ProposedValue, SignedConsensusMsg};
use malachitebft_sync::{ValueRequest, ValueResponse};
use minglian_ledger::certificate::{self, Certificate, CommitSignature};
use minglian_ledger::hash::{BlockId, ValidatorAddress};
use minglian_ledger::keys::{Signature, SigningKey};
use minglian_ledger::transaction::ChainId;
use minglian_ledger::{height, keys};
use minglian_node::engine::context::{Address, Context, Height, Proposal, Value, Vote};
use minglian_node::engine::messages::{StreamContent, StreamId, StreamMessage};
use minglian_node::engine::parts::ProposalPart;
use minglian_node::engine::wire::Wire;
use minglian_node::engine::{convert, start, statement};

const BLOCK: BlockId = BlockId([7; 32]);
const SIGNATURE: Signature = Signature([9; 64]);

fn chain_id() -> ChainId {
    ChainId::new("test-0123456789abcdef").unwrap()
}

fn height(number: u64) -> Height {
    Height(height::Height(number))
}

fn vote(kind: VoteType, block: NilOrVal<BlockId>) -> Vote {
    let validator = Address(ValidatorAddress([1; 32]));
    Vote { kind, height: height(3), round: Round::new(2), block, validator }
}

fn proposal(valid_round: Round) -> Proposal {
    Proposal {
        height: height(3),
        round: Round::new(2),
        value: Value(BLOCK),
        valid_round,
        validator: Address(ValidatorAddress([1; 32])),
    }
}

/// Encodes and decodes, then feeds the decoder every truncation, a longer message, and noise.
fn check<T>(message: &T)
where
    Wire: Codec<T>,
    T: PartialEq + std::fmt::Debug,
{
    let (wire, _tip) = Wire::new();
    let bytes = wire.encode(message).unwrap();
    assert_eq!(&wire.decode(bytes.clone()).unwrap(), message);
    for length in 0..bytes.len() {
        assert!(Codec::<T>::decode(&wire, bytes.slice(..length)).is_err(), "cut at {length}");
    }
    let longer = Bytes::from([&bytes[..], &[0]].concat());
    assert!(Codec::<T>::decode(&wire, longer).is_err());
    let mut noise = 1_u64;
    for length in 0..2000 {
        let next = || {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (noise >> 56) as u8
        };
        let garbage: Vec<u8> = std::iter::repeat_with(next).take(length % 300).collect();
        // It may decode by luck, it must not panic.
        let _ = Codec::<T>::decode(&wire, Bytes::from(garbage));
    }
    let _ = Codec::<T>::decode(&wire, Bytes::from(vec![0xff; 11 * 1024 * 1024])).unwrap_err();
}

#[test]
fn every_message_survives_the_wire_and_garbage_is_an_error() {
    let precommit = vote(VoteType::Precommit, NilOrVal::Val(BLOCK));
    let signed_vote = SignedMessage::new(precommit, SIGNATURE);
    check(&SignedConsensusMsg::<Context>::Vote(signed_vote.clone()));
    let signed_proposal = SignedMessage::new(proposal(Round::Nil), SIGNATURE);
    check(&SignedConsensusMsg::<Context>::Proposal(signed_proposal));
    check(&LivenessMsg::<Context>::Vote(signed_vote));
    let polka = PolkaCertificate::<Context> {
        height: height(3),
        round: Round::new(2),
        value_id: BLOCK,
        polka_signatures: vec![PolkaSignature::new(Address(ValidatorAddress([1; 32])), SIGNATURE)],
    };
    check(&polka);
    check(&LivenessMsg::PolkaCertificate(polka));
    check(&ProposedValue::<Context> {
        height: height(3),
        round: Round::new(2),
        valid_round: Round::Nil,
        proposer: Address(ValidatorAddress([1; 32])),
        value: Value(BLOCK),
        validity: Validity::Valid,
    });
    let id = StreamId::new(Bytes::from(vec![1; 16]));
    check(&StreamMessage::new(id, 4, StreamContent::Data(ProposalPart::Data(vec![5; 300]))));
    check(&ValidatorProof::<Context>::new(vec![1; 32], vec![2; 38], SIGNATURE));
    let peer_id = start::peer_id(&SigningKey::from_bytes(&[1; 32])).unwrap();
    check(&Status::<Context> { peer_id, tip_height: height(9), history_min_height: height(1) });
    check(&Request::<Context>::ValueRequest(ValueRequest::new(height(1)..=height(5))));
}

#[test]
fn a_stored_block_survives_value_sync() {
    let stored = Certificate {
        height: height::Height(4),
        round: 1,
        block_id: BLOCK,
        signatures: vec![CommitSignature {
            address: ValidatorAddress([1; 32]),
            signature: SIGNATURE,
        }],
    };
    let decided = convert::decided_value(&stored, vec![3; 100]);
    let back = convert::certificate(&decided.certificate.trim_vote_extensions()).unwrap();
    assert_eq!(back, stored);
    let response = Response::ValueResponse(ValueResponse::new(height(4), vec![decided]));
    check(&response);
    let (wire, _tip) = Wire::new();
    let length = wire.encode(&response).unwrap().len();
    assert_eq!(wire.encoded_len(&response).unwrap(), length);
}

#[test]
fn every_kind_of_message_has_its_own_bytes() {
    let id = chain_id();
    let bytes = [
        statement::vote_bytes(&id, &vote(VoteType::Prevote, NilOrVal::Val(BLOCK))),
        statement::vote_bytes(&id, &vote(VoteType::Prevote, NilOrVal::Nil)),
        statement::vote_bytes(&id, &vote(VoteType::Precommit, NilOrVal::Val(BLOCK))),
        statement::vote_bytes(&id, &vote(VoteType::Precommit, NilOrVal::Nil)),
        statement::proposal_bytes(&id, &proposal(Round::Nil)),
    ]
    .map(Option::unwrap);
    let first_lines: std::collections::BTreeSet<&[u8]> = bytes
        .iter()
        .map(|bytes| bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap())
        .collect();
    assert_eq!(first_lines.len(), bytes.len());
    let outsider = certificate::precommit_sign_bytes(&id, height::Height(3), 2, &BLOCK);
    assert_eq!(bytes[2], outsider);
    let again = statement::proposal_bytes(&id, &proposal(Round::new(0))).unwrap();
    assert_ne!(bytes[4], again);
    let mut roundless = vote(VoteType::Prevote, NilOrVal::Nil);
    roundless.round = Round::Nil;
    assert_eq!(statement::vote_bytes(&id, &roundless), None);
    let key = SigningKey::from_bytes(&[1; 32]);
    let signature = keys::sign(&key, &bytes[2]);
    keys::verify(&keys::PublicKey::of(&key), &outsider, &signature).unwrap();
}

#[test]
fn an_equivocation_proves_itself() {
    let key = SigningKey::from_bytes(&[1; 32]);
    let id = chain_id();
    let signed_vote = |block| {
        let vote = vote(VoteType::Precommit, block);
        let bytes = statement::vote_bytes(&id, &vote).unwrap();
        SignedMessage::new(vote, keys::sign(&key, &bytes))
    };
    let signed_proposal = |valid_round| {
        let proposal = proposal(valid_round);
        let bytes = statement::proposal_bytes(&id, &proposal).unwrap();
        SignedMessage::new(proposal, keys::sign(&key, &bytes))
    };
    let mut evidence =
        MisbehaviorEvidence::<Context> { proposals: Default::default(), votes: Default::default() };
    evidence.votes.add(signed_vote(NilOrVal::Val(BLOCK)), signed_vote(NilOrVal::Nil));
    evidence.proposals.add(signed_proposal(Round::Nil), signed_proposal(Round::new(1)));
    let found = convert::equivocations(&id, &evidence);
    assert_eq!(found.len(), 2);
    for equivocation in &found {
        assert_eq!(equivocation.height, height::Height(3));
        assert_ne!(equivocation.first.message, equivocation.second.message);
        for statement in [&equivocation.first, &equivocation.second] {
            let public = keys::PublicKey::of(&key);
            keys::verify(&public, &statement.message, &statement.signature).unwrap();
        }
    }
    assert_eq!(found[0].second.block_id, None);
}
