//! The beacon: one value for each height, and nobody who chooses.

use minglian_ledger::height::Height;
use minglian_ledger::subsidy::beacon;
use minglian_ledger::subsidy::dleq::DleqError;
use minglian_ledger::subsidy::evaluation::EvaluationError;
use minglian_ledger::subsidy::threshold::{KeyPurpose, Request};

use super::keys::shared;

#[test]
fn a30_every_quorum_gives_the_one_value_of_a_height() {
    let shared = shared(KeyPurpose::Beacon { epoch: 1 }, 10, 7, 60);
    let height = Height(4_321);
    let request = Request::beacon(&shared.key, height).unwrap();
    let answers = shared.answers(&request, &[1, 2, 3, 4, 5, 6, 7]);
    let value = beacon::value(&shared.key, height, &answers).unwrap();
    let others = shared.answers(&request, &[10, 9, 8, 7, 6, 5, 4]);
    assert_eq!(beacon::value(&shared.key, height, &others), Ok(value));
    // A share's answer is 32 bytes with a proof of 64.
    assert_eq!(borsh::to_vec(&answers[0].results[0]).unwrap().len(), 32);
    assert_eq!(borsh::to_vec(&answers[0].proof).unwrap().len(), 64);

    // An answer for another height, an answer changed, and too few.
    let other = Request::beacon(&shared.key, Height(4_322)).unwrap();
    let mut mixed = answers.clone();
    mixed[6] = shared.answers(&other, &[7])[0].clone();
    let source = DleqError::Equation;
    let fault = EvaluationError::Proof { committee: 0, index: 7, source };
    assert_eq!(beacon::value(&shared.key, height, &mixed), Err(fault));
    let mut changed = answers.clone();
    changed[3].results[0] = answers[4].results[0];
    let fault = EvaluationError::Proof { committee: 0, index: 4, source };
    assert_eq!(beacon::value(&shared.key, height, &changed), Err(fault));
    let few = EvaluationError::TooFew { committee: 0, found: 6, threshold: 7 };
    assert_eq!(beacon::value(&shared.key, height, &answers[..6]), Err(few));

    let next = shared.answers(&other, &[1, 2, 3, 4, 5, 6, 7]);
    assert_ne!(beacon::value(&shared.key, Height(4_322), &next).unwrap(), value);
    let mut elsewhere = shared.key.clone();
    elsewhere.chain_id = minglian_ledger::text::Text::new("another").unwrap();
    assert!(beacon::value(&elsewhere, height, &answers).is_err());
}
