//! Making a key: who misbehaves is named, and nobody who lacks the shares learns anything new.

use std::collections::{BTreeMap, BTreeSet};

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::key_generation::{Dealing, DealtShare, KeyGenerationError, Seat};
use minglian_ledger::subsidy::threshold::Committee;

use super::fixture::Stream;
use super::keys::{Shared, generate, seat};

#[test]
fn everybody_derives_the_record_that_the_shares_belong_to() {
    let shared = Shared::tags(40);
    let secret = shared.secret();
    let committee = &shared.key.committees[0];
    assert_eq!(PointBytes::of(&(secret * RISTRETTO_BASEPOINT_POINT)), committee.key);
    assert_eq!(committee.shares.len(), 10);
    let different: BTreeSet<_> = committee.shares.iter().collect();
    assert_eq!(different.len(), 10);
    let (again, _, _) = generate(0, 10, 7, 40);
    assert_eq!(&again, committee, "the same dealings, the same record");
}

#[test]
fn seats_that_are_none_are_refused() {
    for (index, members, threshold) in
        [(0, 4, 3), (5, 4, 3), (1, 4, 5), (1, 4, 0), (1, 4, 1), (1, 1, 1), (1, 101, 68)]
    {
        let seat = seat(index, members, threshold);
        let error = seat.deal(&mut Stream::new(1)).err();
        assert_eq!(error, Some(KeyGenerationError::Seat(seat)));
    }
}

fn deal(
    members: u16,
    threshold: u16,
) -> (Vec<minglian_ledger::subsidy::key_generation::Dealt>, BTreeMap<u16, Dealing>) {
    let mut random = Stream::new(41);
    let mut dealt = Vec::new();
    let mut dealings = BTreeMap::new();
    for index in 1..=members {
        let seat = Seat { committee: 0, index, members, threshold };
        let (secret, dealing) = seat.deal(&mut random).unwrap();
        dealt.push(secret);
        dealings.insert(index, dealing);
    }
    (dealt, dealings)
}

#[test]
fn a_member_that_does_not_know_its_secret_is_named() {
    let (mut dealt, mut dealings) = deal(4, 3);
    // The dealing of member 2 as member 3's, so that their secrets would be one.
    dealings.insert(3, dealings[&2].clone());
    dealings.remove(&1);
    let error = dealt.remove(0).receive(&dealings).err();
    assert_eq!(error, Some(KeyGenerationError::Dealing { member: 3 }));

    let (mut dealt, mut dealings) = deal(4, 3);
    dealings.remove(&1);
    dealings.get_mut(&4).unwrap().coefficients[2] = PointBytes([0; 32]);
    let error = dealt.remove(0).receive(&dealings).err();
    assert_eq!(error, Some(KeyGenerationError::Dealing { member: 4 }));

    // A polynomial of a lower degree would let fewer members than the threshold answer.
    let (mut dealt, mut dealings) = deal(4, 3);
    dealings.get_mut(&4).unwrap().coefficients.pop();
    let error = Committee::of_dealings(3, &dealings).err();
    assert_eq!(error, Some(KeyGenerationError::Dealing { member: 4 }));
    dealings.remove(&1);
    let error = dealt.remove(0).receive(&dealings).err();
    assert_eq!(error, Some(KeyGenerationError::Dealing { member: 4 }));
}

#[test]
fn a_member_that_sends_a_wrong_share_is_named() {
    let (dealt, dealings) = deal(4, 3);
    let mut sent: BTreeMap<u16, DealtShare> = BTreeMap::new();
    let mut first = None;
    for (index, secret) in (1_u16..).zip(dealt) {
        let mut others = dealings.clone();
        others.remove(&index);
        let (waiting, shares) = secret.receive(&others).unwrap();
        match index {
            1 => first = Some(waiting),
            // Member 3 sends to member 1 what is for member 2.
            3 => drop(sent.insert(3, shares[&2].clone())),
            _ => drop(sent.insert(index, shares[&1].clone())),
        }
    }
    let error = first.unwrap().finish(&sent).err();
    assert_eq!(error, Some(KeyGenerationError::Share { member: 3 }));
}

#[test]
fn all_members_have_to_take_part() {
    let (mut dealt, mut dealings) = deal(4, 3);
    let missing = |found| Some(KeyGenerationError::Messages { expected: 3, found });
    let all = dealings.clone();
    dealings.remove(&1);
    dealings.remove(&4);
    assert_eq!(dealt.remove(0).receive(&dealings).err(), missing(2));
    // One's own dealing among the others', or a member that there is not.
    assert_eq!(dealt.remove(0).receive(&all).err(), missing(4));
    let mut strange = all.clone();
    strange.remove(&3);
    strange.insert(5, all[&3].clone());
    assert_eq!(dealt.remove(0).receive(&strange).err(), missing(4));
    let mut gap = all;
    gap.remove(&2);
    let error = Committee::of_dealings(3, &gap).err();
    assert_eq!(error, Some(KeyGenerationError::Messages { expected: 100, found: 3 }));
}
