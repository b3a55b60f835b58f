//! Frozen heart: proofs forged against transcripts from which something is left out. The challenge
//! is computed here once more from docs/format.md, so the forgeries are known to be good ones: each
//! satisfies every equation under the transcript that lacks the part, and is refused.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use merlin::Transcript;
use minglian_ledger::subsidy::domain::HeaderHash;
use minglian_ledger::subsidy::encoding::{PointBytes, ScalarBytes};
use minglian_ledger::subsidy::pedersen;
use minglian_ledger::subsidy::standard::{
    self, Purpose, StandardContext, StandardError, StandardProof,
};

use super::fixture::{STANDARDS, Stream, amounts, make, name, point, scalar, table};

/// What the challenge of a proof hangs on; a part that is none is left out.
#[derive(Clone)]
struct Parts {
    header: Option<HeaderHash>,
    purpose: Option<u8>,
    standards: Option<[u32; 4]>,
    index: Option<u32>,
    commitment: Option<PointBytes>,
    first: Option<Vec<PointBytes>>,
}

/// What is left out, and how.
type LeavesOut = (&'static str, fn(&mut Parts));

impl Parts {
    fn challenge(&self) -> Scalar {
        let mut transcript = Transcript::new(b"minglian/subsidy/v1/standard-or");
        if let Some(header) = self.header {
            transcript.append_message(b"header", &header.0);
        }
        if let Some(purpose) = self.purpose {
            transcript.append_message(b"purpose", &[purpose]);
        }
        if let Some(standards) = self.standards {
            let mut bytes = 4_u32.to_le_bytes().to_vec();
            standards.iter().for_each(|it| bytes.extend(it.to_le_bytes()));
            transcript.append_message(b"table", &bytes);
        }
        if let Some(index) = self.index {
            transcript.append_message(b"index", &index.to_le_bytes());
        }
        if let Some(commitment) = self.commitment {
            transcript.append_message(b"commitment", &commitment.0);
        }
        for first in self.first.iter().flatten() {
            transcript.append_message(b"first", &first.0);
        }
        let mut wide = [0; 64];
        transcript.challenge_bytes(b"challenge", &mut wide);
        Scalar::from_bytes_mod_order_wide(&wide)
    }
}

/// Whether all equations hold when the challenges have to add up to `challenge`.
fn holds(commitment: &PointBytes, proof: &StandardProof, challenge: Scalar) -> bool {
    let mut shares: Vec<Scalar> = proof.challenges.iter().map(scalar).collect();
    shares.push(challenge - shares.iter().sum::<Scalar>());
    let commitment = point(commitment);
    STANDARDS.iter().enumerate().all(|(branch, standard)| {
        let rest = commitment - Scalar::from(*standard) * RISTRETTO_BASEPOINT_POINT;
        let left = scalar(&proof.responses[branch]) * pedersen::h();
        left == point(&proof.first[branch]) + shares[branch] * rest
    })
}

#[test]
fn a15_nothing_is_left_out_of_the_transcript() {
    let made = make(&name(), &amounts(2));
    let (header, table, leaf) = (made.header(), table(), made.leaves()[1]);
    let context = StandardContext { header: &header, purpose: Purpose::Amount, table: &table };
    let proof = made.proof(1);
    let whole = Parts {
        header: Some(header),
        purpose: Some(0),
        standards: Some(STANDARDS),
        index: Some(1),
        commitment: Some(leaf.commitment),
        first: Some(proof.first.clone()),
    };
    assert!(holds(&leaf.commitment, &proof, whole.challenge()), "the transcript is as documented");
    assert_eq!(standard::verify(&context, 1, &leaf.commitment, &proof), Ok(()));
    let lacks: [LeavesOut; 5] = [
        ("header", |parts| parts.header = None),
        ("purpose", |parts| parts.purpose = None),
        ("table", |parts| parts.standards = None),
        ("index", |parts| parts.index = None),
        ("commitment", |parts| parts.commitment = None),
    ];
    for (name, leave_out) in lacks {
        let mut parts = whole.clone();
        leave_out(&mut parts);
        assert!(!holds(&leaf.commitment, &proof, parts.challenge()), "{name} changes nothing");
    }
}

/// Without the first messages in it the challenge is known beforehand, and any commitment has a
/// proof: shares and responses are chosen, the first messages computed from them.
#[test]
fn a15_first_messages_computed_backwards_are_refused() {
    let (header, table) = (HeaderHash([1; 32]), table());
    let context = StandardContext { header: &header, purpose: Purpose::Amount, table: &table };
    let random = &mut Stream::new(90);
    let commitment = PointBytes::of(&RistrettoPoint::random(random));
    let parts = Parts {
        header: Some(header),
        purpose: Some(0),
        standards: Some(STANDARDS),
        index: Some(0),
        commitment: Some(commitment),
        first: None,
    };
    let challenge = parts.challenge();
    let responses: Vec<Scalar> = (0..4).map(|_| Scalar::random(random)).collect();
    let mut shares: Vec<Scalar> = (0..3).map(|_| Scalar::random(random)).collect();
    shares.push(challenge - shares.iter().sum::<Scalar>());
    let first =
        STANDARDS.iter().zip(&responses).zip(&shares).map(|((standard, response), share)| {
            let rest = point(&commitment) - Scalar::from(*standard) * RISTRETTO_BASEPOINT_POINT;
            PointBytes::of(&(response * pedersen::h() - share * rest))
        });
    let forged = StandardProof {
        first: first.collect(),
        challenges: shares[..3].iter().map(ScalarBytes::of).collect(),
        responses: responses.iter().map(ScalarBytes::of).collect(),
    };
    assert!(holds(&commitment, &forged, challenge), "the forgery is a good one");
    let refused = standard::verify(&context, 0, &commitment, &forged);
    assert_eq!(refused, Err(StandardError::Equation { branch: 3 }));
}

/// Without the commitment in it a proof is moved to another commitment that differs by a known
/// multiple of H.
#[test]
fn a15_a_proof_moved_to_another_commitment_is_refused() {
    let made = make(&name(), &amounts(2));
    let (header, table, leaf) = (made.header(), table(), made.leaves()[1]);
    let context = StandardContext { header: &header, purpose: Purpose::Amount, table: &table };
    let proof = made.proof(1);
    let whole = Parts {
        header: Some(header),
        purpose: Some(0),
        standards: Some(STANDARDS),
        index: Some(1),
        commitment: Some(leaf.commitment),
        first: Some(proof.first.clone()),
    };
    let challenge = whole.challenge();
    let by = Scalar::from(5_u32);
    let moved = PointBytes::of(&(point(&leaf.commitment) + by * pedersen::h()));
    let mut shares: Vec<Scalar> = proof.challenges.iter().map(scalar).collect();
    shares.push(challenge - shares.iter().sum::<Scalar>());
    let mut forged = proof;
    for (response, share) in forged.responses.iter_mut().zip(shares) {
        *response = ScalarBytes::of(&(scalar(response) + share * by));
    }
    assert!(holds(&moved, &forged, challenge), "the forgery is a good one");
    let refused = standard::verify(&context, 1, &moved, &forged);
    assert_eq!(refused, Err(StandardError::Equation { branch: 3 }));
}
