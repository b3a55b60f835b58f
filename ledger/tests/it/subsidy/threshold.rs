//! Attacks on the evaluation of a key that no one holds.

use curve25519_dalek::scalar::Scalar;
use minglian_ledger::height::Height;
use minglian_ledger::subsidy::dleq::{self, DleqError, DleqProof, DleqStatement};
use minglian_ledger::subsidy::domain;
use minglian_ledger::subsidy::encoding::{EncodingError, PointBytes, ScalarBytes};
use minglian_ledger::subsidy::enrolment::BlindingFactor;
use minglian_ledger::subsidy::evaluation::{self, EvaluationError, Partial};
use minglian_ledger::subsidy::threshold::{
    Committee, KeyPurpose, KeyShare, REQUEST_POINTS_MAX, Request, ThresholdError, ThresholdKey,
    beacon_point, threshold_of,
};

use super::fixture::{Stream, identity, point};
use super::keys::{Shared, generate, shared};

const SEVEN: [u16; 7] = [1, 2, 3, 4, 5, 6, 7];

fn points(count: u32) -> Vec<PointBytes> {
    let mut random = Stream::new(20);
    (0..count)
        .map(|number| BlindingFactor::random(&mut random).blind(&identity(number)).point)
        .collect()
}

#[test]
fn more_than_two_thirds_are_needed() {
    let thresholds = [(1, 1), (3, 3), (4, 3), (7, 5), (10, 7), (100, 67), (u16::MAX, 43_691)];
    for (members, threshold) in thresholds {
        assert_eq!(threshold_of(members), threshold);
    }
}

#[test]
fn a19_an_answer_by_another_share_or_index_does_not_count() {
    let shared = Shared::tags(21);
    let request = Request::new(&shared.key, b"county", points(3)).unwrap();
    let answers = shared.answers(&request, &SEVEN);
    assert!(evaluation::combine(&request, &answers).is_ok());

    // A share that is not the member's: its own node notices, and so does everybody.
    let wrong = KeyShare::from_bytes(0, 3, shared.shares[3].expose()).unwrap();
    let source = DleqError::Equation;
    let fault = |index| EvaluationError::Proof { committee: 0, index, source };
    let own = evaluation::evaluate(&request, &wrong, &mut Stream::new(1));
    assert_eq!(own.err(), Some(fault(3)));
    let mut posing = answers.clone();
    posing[2] = Partial { index: 3, ..shared.answers(&request, &[8])[0].clone() };
    assert_eq!(evaluation::combine(&request, &posing), Err(fault(3)));

    // Six, a member twice, a member 0, a member 11, another committee.
    let few = EvaluationError::TooFew { committee: 0, found: 6, threshold: 7 };
    assert_eq!(evaluation::combine(&request, &answers[..6]), Err(few));
    assert_eq!(
        evaluation::combine(&request, &[]),
        Err(EvaluationError::TooFew { committee: 0, found: 0, threshold: 7 })
    );
    let mut twice = answers[..6].to_vec();
    twice.push(answers[2].clone());
    let repeated = EvaluationError::Repeated { committee: 0, index: 3 };
    assert_eq!(evaluation::combine(&request, &twice), Err(repeated));
    for (committee, index) in [(0, 0), (0, 11), (0, u16::MAX), (1, 1)] {
        let mut answers = answers.clone();
        (answers[6].committee, answers[6].index) = (committee, index);
        let member = EvaluationError::Member { committee, index };
        assert_eq!(evaluation::combine(&request, &answers), Err(member));
    }
    assert!(KeyShare::from_bytes(0, 0, shared.shares[0].expose()).is_none());
    assert!(KeyShare::from_bytes(0, 1, &[0xFF; 32]).is_none());
}

#[test]
fn a20_points_that_say_nothing_are_not_evaluated() {
    let shared = Shared::tags(22);
    for (bytes, source) in
        [([0; 32], EncodingError::Identity), ([0xFF; 32], EncodingError::NotAPoint)]
    {
        let mut points = points(3);
        points[1] = PointBytes(bytes);
        let error = Request::new(&shared.key, b"county", points).err();
        assert_eq!(error, Some(ThresholdError::Point { position: 1, source }));
    }
    for found in [0, REQUEST_POINTS_MAX + 1] {
        let points = points(u32::try_from(found).unwrap());
        let error = Request::new(&shared.key, b"county", points).err();
        assert_eq!(error, Some(ThresholdError::Points { found }));
    }
    let request = Request::new(&shared.key, b"county", points(3)).unwrap();
    for (bytes, source) in
        [([0; 32], EncodingError::Identity), ([0xFF; 32], EncodingError::NotAPoint)]
    {
        let mut answer = shared.answers(&request, &[1])[0].clone();
        answer.results[2] = PointBytes(bytes);
        let source = DleqError::Pair { position: 2, source };
        let fault = EvaluationError::Proof { committee: 0, index: 1, source };
        assert_eq!(evaluation::verify(&request, &answer), Err(fault));
    }
    let mut answer = shared.answers(&request, &[1])[0].clone();
    answer.results.pop();
    let results = EvaluationError::Results { expected: 3, found: 2 };
    assert_eq!(evaluation::verify(&request, &answer), Err(results));
}

#[test]
fn a40_a_key_answers_for_its_purpose_only() {
    let tags = Shared::tags(23);
    let beacon = shared(KeyPurpose::Beacon { epoch: 1 }, 4, 3, 24);
    let height = Height(1_000);
    // Nobody chooses a point for the beacon's key, blinded or not.
    let sought = beacon_point(&beacon.key.chain_id, height);
    let factor = BlindingFactor::random(&mut Stream::new(25));
    let purpose = ThresholdError::Purpose { purpose: beacon.key.purpose };
    for point in [PointBytes::of(&sought), factor.blind(&identity(1)).point] {
        let error = Request::new(&beacon.key, b"county", vec![point]).err();
        assert_eq!(error, Some(purpose));
    }
    let purpose = ThresholdError::Purpose { purpose: tags.key.purpose };
    assert_eq!(Request::beacon(&tags.key, height).err(), Some(purpose));
    // The beacon's point put to the tags' key gives another value than the beacon's.
    let early = tags.evaluate(b"county", PointBytes::of(&sought));
    let request = Request::beacon(&beacon.key, height).unwrap();
    let value = evaluation::combine(&request, &beacon.answers(&request, &[1, 2, 3])).unwrap();
    assert_ne!(value, [early]);
    // An answer of one key is none for another of the same members.
    let other = Shared::tags(26);
    let request = Request::new(&tags.key, b"county", points(1)).unwrap();
    let elsewhere = Request::new(&other.key, b"county", points(1)).unwrap();
    for answer in tags.answers(&request, &[1, 2]) {
        assert!(evaluation::verify(&elsewhere, &answer).is_err());
    }
}

#[test]
fn a42_one_wrong_result_among_many_is_seen() {
    let shared = Shared::tags(27);
    let request = Request::new(&shared.key, b"county", points(256)).unwrap();
    let honest = shared.answers(&request, &[5])[0].clone();
    assert_eq!(evaluation::verify(&request, &honest), Ok(()));
    let source = DleqError::Equation;
    let fault = Err(EvaluationError::Proof { committee: 0, index: 5, source });
    for position in [0, 100, 255] {
        let mut answer = honest.clone();
        answer.results[position] = answer.results[(position + 1) % 256];
        assert_eq!(evaluation::verify(&request, &answer), fault);
    }
    // Two results that are wrong by opposite amounts, and two that are exchanged: the member proves
    // them as well as it can, and with equal weights the proof would hold.
    let mut cancelling = honest.results.clone();
    let delta = point(&honest.results[7]);
    cancelling[1] = PointBytes::of(&(point(&honest.results[1]) + delta));
    cancelling[2] = PointBytes::of(&(point(&honest.results[2]) - delta));
    let mut exchanged = honest.results.clone();
    exchanged.swap(3, 4);
    let secret = Scalar::from_canonical_bytes(*shared.shares[4].expose()).unwrap();
    for results in [honest.results.clone(), cancelling, exchanged] {
        let pairs: Vec<_> = request.points().iter().copied().zip(results.clone()).collect();
        let (key, id) = (&shared.key.committees[0].shares[4], request.id());
        let statement = DleqStatement { label: domain::DLEQ, context: &id.0, key, pairs: &pairs };
        let proof = dleq::prove(&statement, &secret, &mut Stream::new(1)).unwrap();
        let expected = if results == honest.results { Ok(()) } else { fault };
        let answer = Partial { results, proof, ..honest.clone() };
        assert_eq!(evaluation::verify(&request, &answer), expected);
    }
    // Two different answers to one request: at most one of them holds.
    let again = shared.answers(&request, &[5])[0].clone();
    assert_eq!(again.results, honest.results);
    // An answer to one request is none to another, and neither half of its proof may change.
    for other in [
        Request::new(&shared.key, b"another county", points(256)).unwrap(),
        Request::new(&shared.key, b"county", points(255)).unwrap(),
    ] {
        let mut answer = honest.clone();
        answer.results.truncate(other.points().len());
        assert_eq!(evaluation::verify(&other, &answer), fault);
    }
    let DleqProof { challenge, response } = honest.proof;
    for proof in
        [DleqProof { challenge: response, response }, DleqProof { challenge, response: challenge }]
    {
        assert_eq!(evaluation::verify(&request, &Partial { proof, ..honest.clone() }), fault);
    }
    let high = DleqProof { challenge, response: ScalarBytes([0xFF; 32]) };
    let source = DleqError::Encoding(EncodingError::NotCanonical);
    let fault = Err(EvaluationError::Proof { committee: 0, index: 5, source });
    assert_eq!(evaluation::verify(&request, &Partial { proof: high, ..honest }), fault);
}

#[test]
fn two_committees_both_have_to_take_part() {
    let (nodes, node_shares, _) = generate(0, 4, 3, 28);
    let (outside, outside_shares, _) = generate(1, 3, 2, 29);
    let single = Shared::tags(30);
    let key = ThresholdKey { committees: vec![nodes.clone(), outside], ..single.key.clone() };
    assert_eq!(key.check(), Ok(()));
    let request = Request::new(&key, b"county", points(2)).unwrap();
    let answer = |share| evaluation::evaluate(&request, share, &mut Stream::new(31)).unwrap();
    let of_nodes: Vec<_> = node_shares.iter().map(answer).collect();
    let of_outside: Vec<_> = outside_shares.iter().map(answer).collect();
    let all = [&of_nodes[..3], &of_outside[..2]].concat();
    let results = evaluation::combine(&request, &all).unwrap();
    let others = [&of_outside[1..], &of_nodes[1..]].concat();
    assert_eq!(evaluation::combine(&request, &others), Ok(results.clone()));
    let few = EvaluationError::TooFew { committee: 1, found: 0, threshold: 2 };
    assert_eq!(evaluation::combine(&request, &of_nodes), Err(few));
    // Which is not what the nodes alone would come to.
    let alone = ThresholdKey { committees: vec![nodes], ..single.key };
    let request = Request::new(&alone, b"county", points(2)).unwrap();
    let answer = |share| evaluation::evaluate(&request, share, &mut Stream::new(31)).unwrap();
    let of_nodes: Vec<_> = node_shares.iter().map(answer).collect();
    assert_ne!(evaluation::combine(&request, &of_nodes).unwrap(), results);
}

#[test]
fn a_record_that_is_no_key_s_is_refused() {
    let good = Shared::tags(32).key;
    let check = |change: fn(&mut Vec<Committee>)| {
        let mut key = good.clone();
        change(&mut key.committees);
        key.check().unwrap_err()
    };
    assert_eq!(check(|it| it.clear()), ThresholdError::Committees { found: 0 });
    assert_eq!(
        check(|it| *it = vec![it[0].clone(), it[0].clone(), it[0].clone()]),
        ThresholdError::Committees { found: 3 }
    );
    let members = |threshold| ThresholdError::Members { threshold, members: 10 };
    assert_eq!(check(|it| it[0].threshold = 0), members(0));
    assert_eq!(check(|it| it[0].threshold = 11), members(11));
    let share = |index, source| ThresholdError::Share { committee: 0, index, source };
    assert_eq!(
        check(|it| it[0].shares[4] = PointBytes([0; 32])),
        share(5, EncodingError::Identity)
    );
    assert_eq!(check(|it| it[0].key = PointBytes([0xFF; 32])), share(0, EncodingError::NotAPoint));
    // Two parts that cancel: the key would be the neutral element.
    let cancelled = check(|it| {
        let mut second = it[0].clone();
        second.key = PointBytes::of(&-point(&second.key));
        it.push(second);
    });
    assert_eq!(cancelled, share(0, EncodingError::Identity));
}
