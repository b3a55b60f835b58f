//! Chunks that travel: each is what the header says, or nobody's.

use minglian_ledger::keys::SigningKey;
use minglian_ledger::subsidy::batch::SealedBatch;
use minglian_ledger::subsidy::chunk_list::{
    self, CHUNKS_MAX, ChunkError, ChunkList, EnvelopeList, Part,
};
use minglian_ledger::subsidy::custody::CustodyRequest;
use minglian_ledger::subsidy::domain::CiphertextHash;
use minglian_ledger::subsidy::handover::{HANDOVER_BYTES, Handover};
use minglian_ledger::subsidy::leaf::{OpenLeaf, Payment};
use minglian_ledger::subsidy::pedersen::Amount;
use minglian_ledger::subsidy::tree::BATCH_LEAVES_MAX;

use super::fixture::{Made, amounts, forge, identity, key, make, name, scheme, terms};

/// A batch of two chunks, the second of two leaves.
fn two_chunks() -> Made {
    make(&name(), &amounts(4_098))
}

fn list(made: &Made) -> ChunkList {
    let (leaves, proofs) = (&made.body.leaves, &made.body.proofs);
    ChunkList::of(leaves.iter().map(Vec::as_slice), proofs.iter().map(Vec::as_slice))
}

#[test]
fn a34_a_chunk_is_what_the_header_says_or_nothing() {
    let made = two_chunks();
    let (header, scheme, list) = (&made.sealed.header, scheme(), list(&made));
    assert_eq!(list.check(&made.sealed), Ok(()));
    let check = |part, number, bytes: &[u8]| list.check_chunk(header, &scheme, part, number, bytes);
    for (part, chunks, each) in
        [(Part::Leaves, &made.body.leaves, 100), (Part::Proofs, &made.body.proofs, 352)]
    {
        for (number, bytes) in (0..).zip(chunks) {
            assert_eq!(check(part, number, bytes), Ok(()));
            assert_eq!(chunk_list::bytes_of(header, &scheme, part, number), Ok(bytes.len()));
        }
        let second = &chunks[1];
        assert_eq!(second.len(), 2 * each);
        for place in 0..second.len() {
            let mut altered = second.clone();
            altered[place] ^= 1;
            assert_eq!(check(part, 1, &altered), Err(ChunkError::Hash), "{part:?} {place}");
        }
        let (expected, longer) = (second.len(), [second.as_slice(), &[0]].concat());
        for wrong in [&second[1..], longer.as_slice(), &chunks[0], &[]] {
            let found = wrong.len();
            assert_eq!(check(part, 1, wrong), Err(ChunkError::Bytes { expected, found }));
        }
        assert_eq!(check(part, 2, second), Err(ChunkError::Number(2)));
        assert_eq!(check(part, u32::MAX, second), Err(ChunkError::Number(u32::MAX)));
    }
}

#[test]
fn a_list_leads_to_the_header_s_roots() {
    let made = two_chunks();
    let list = list(&made);
    let root = |list: &ChunkList, sealed: &SealedBatch| list.check(sealed).unwrap_err();
    let mut other = list.clone();
    other.leaves[1][31] ^= 1;
    assert_eq!(root(&other, &made.sealed), ChunkError::Root("leaves"));
    let mut other = list.clone();
    other.proofs.swap(0, 1);
    assert_eq!(root(&other, &made.sealed), ChunkError::Root("proofs"));
    for change in [|it: &mut ChunkList| it.leaves.truncate(1), |it| it.proofs.truncate(1)] {
        let mut other = list.clone();
        change(&mut other);
        assert_eq!(root(&other, &made.sealed), ChunkError::Count { expected: 2, found: 1 });
    }
    assert_eq!(
        root(&ChunkList::default(), &made.sealed).to_string(),
        "the batch has 2 chunks, not 0"
    );
    let mut most = made.sealed.header.clone();
    most.leaves = BATCH_LEAVES_MAX;
    assert_eq!(usize::try_from(chunk_list::chunks(&most)), Ok(CHUNKS_MAX));
    assert_eq!(chunk_list::leaves_of(&most, 255).map(|it| it.end), Ok(BATCH_LEAVES_MAX));
    assert_eq!(chunk_list::leaves_of(&most, 256), Err(ChunkError::Number(256)));
}

#[test]
fn envelopes_are_those_that_the_header_commits_to() {
    let envelopes: Vec<Vec<u8>> = (0..3_u8).map(|byte| vec![byte; 432]).collect();
    let batch = name().id();
    let leaf = |(index, envelope): (u32, &Vec<u8>)| {
        let (key, identity) = (key(index), identity(index));
        let hash = CiphertextHash::of_prefixed(&[envelope]);
        let payment =
            Payment { key: &key, identity: &identity, amount: Amount(3_000), envelope: hash };
        OpenLeaf::new(&batch, index, &payment)
    };
    let leaves: Vec<OpenLeaf> = (0..).zip(&envelopes).map(leaf).collect();
    let draft = minglian_ledger::subsidy::draft::Draft::new(terms(&name(), 9_000), leaves.clone());
    let made = forge(draft.unwrap().header().clone(), &leaves);
    let (header, chunk) = (&made.sealed.header, envelopes.concat());
    let list = EnvelopeList::of([chunk.as_slice()]);
    assert_eq!(list.check(header), Ok(()));
    assert_eq!(list.check_chunk(header, 0, &chunk), Ok(()));
    let mut swapped = envelopes.clone();
    swapped.swap(1, 2);
    let altered = EnvelopeList::of([swapped.concat().as_slice()]);
    assert_eq!(altered.check(header), Err(ChunkError::Root("envelopes")));
    assert_eq!(list.check_chunk(header, 0, &swapped.concat()), Err(ChunkError::Hash));
    let expected = chunk.len();
    let fewer = list.check_chunk(header, 0, &chunk[432..]);
    assert_eq!(fewer, Err(ChunkError::Bytes { expected, found: expected - 432 }));
    assert_eq!(list.check_chunk(header, 1, &chunk), Err(ChunkError::Number(1)));
    let two = EnvelopeList(vec![[0; 32]; 2]);
    assert_eq!(two.check(header), Err(ChunkError::Count { expected: 1, found: 2 }));
    let request = CustodyRequest { header: header.clone(), list };
    assert_eq!(borsh::from_slice::<CustodyRequest>(&request.encode()).unwrap(), request);
}

#[test]
fn a_handover_is_of_one_header() {
    let (made, key) = (make(&name(), &amounts(3)), SigningKey::from_bytes(&[7; 32]));
    let handover = Handover::sign(&made.sealed.header, &key);
    assert_eq!(handover.encode().len(), HANDOVER_BYTES);
    assert!(handover.verify(&made.sealed.header).is_ok());
    let mut other = made.sealed.header.clone();
    other.name.attempt = 1;
    assert!(handover.verify(&other).is_err());
    let mut forged = handover;
    forged.key.0[0] ^= 1;
    assert!(forged.verify(&made.sealed.header).is_err());
}
