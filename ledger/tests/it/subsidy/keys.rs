//! Threshold keys, made as nodes make them.

use std::collections::BTreeMap;

use curve25519_dalek::scalar::Scalar;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::evaluation::{self, Partial};
use minglian_ledger::subsidy::key_generation::{Dealing, DealtShare, Seat};
use minglian_ledger::subsidy::threshold::{Committee, KeyPurpose, KeyShare, Request, ThresholdKey};
use minglian_ledger::text::Text;

use super::fixture::Stream;

/// A key with the shares of all members.
pub struct Shared {
    pub key: ThresholdKey,
    pub shares: Vec<KeyShare>,
}

pub fn seat(index: u16, members: u16, threshold: u16) -> Seat {
    Seat { committee: 0, index, members, threshold }
}

/// Everything that the members of one committee say to one another.
pub fn generate(
    committee: u8,
    members: u16,
    threshold: u16,
    seed: u64,
) -> (Committee, Vec<KeyShare>, BTreeMap<u16, Dealing>) {
    let mut random = Stream::new(seed);
    let (mut dealt, mut dealings) = (BTreeMap::new(), BTreeMap::new());
    for index in 1..=members {
        let seat = Seat { committee, index, members, threshold };
        let (secret, dealing) = seat.deal(&mut random).unwrap();
        dealt.insert(index, secret);
        dealings.insert(index, dealing);
    }
    let mut sent: BTreeMap<u16, BTreeMap<u16, DealtShare>> = BTreeMap::new();
    let mut waiting = BTreeMap::new();
    for (from, secret) in dealt {
        let mut others = dealings.clone();
        others.remove(&from);
        let (next, shares) = secret.receive(&others).unwrap();
        waiting.insert(from, next);
        for (to, share) in shares {
            sent.entry(to).or_default().insert(from, share);
        }
    }
    let shares = waiting.into_iter().map(|(to, it)| it.finish(&sent[&to]).unwrap()).collect();
    (Committee::of_dealings(threshold, &dealings).unwrap(), shares, dealings)
}

pub fn shared(purpose: KeyPurpose, members: u16, threshold: u16, seed: u64) -> Shared {
    let (committee, shares, _) = generate(0, members, threshold, seed);
    let chain_id = Text::new("minglian-subsidy-test").unwrap();
    let key = ThresholdKey { chain_id, purpose, committees: vec![committee] };
    key.check().unwrap();
    Shared { key, shares }
}

impl Shared {
    /// Seven of ten for tags of group 1 in 2012.
    pub fn tags(seed: u64) -> Self {
        shared(KeyPurpose::Tags { group: 1, epoch: 2012 }, 10, 7, seed)
    }

    pub fn answers(&self, request: &Request<'_>, members: &[u16]) -> Vec<Partial> {
        let random = &mut Stream::new(77);
        let shares = members.iter().map(|index| &self.shares[usize::from(*index) - 1]);
        shares.map(|share| evaluation::evaluate(request, share, random).unwrap()).collect()
    }

    /// The whole key, which nobody ever has: from the first shares, to compare with.
    pub fn secret(&self) -> Scalar {
        let indexes: Vec<u16> = (1..=self.key.committees[0].threshold).collect();
        let mut secret = Scalar::ZERO;
        for index in &indexes {
            let share = self.shares[usize::from(*index) - 1].expose();
            let mut term = Scalar::from_canonical_bytes(*share).unwrap();
            for other in indexes.iter().filter(|other| *other != index) {
                let difference = Scalar::from(*other) - Scalar::from(*index);
                term *= Scalar::from(*other) * difference.invert();
            }
            secret += term;
        }
        secret
    }

    /// What a quorum makes of one point.
    pub fn evaluate(&self, context: &[u8], point: PointBytes) -> PointBytes {
        let request = Request::new(&self.key, context, vec![point]).unwrap();
        evaluation::combine(&request, &self.answers(&request, &[1, 2, 4, 5, 7, 9, 10])).unwrap()[0]
    }
}
