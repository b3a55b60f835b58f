//! Conservation: what the batch pays is what left the account.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::scalar::Scalar;
use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::balance::{self, BalanceError};
use minglian_ledger::subsidy::domain::HeaderHash;
use minglian_ledger::subsidy::draft::Draft;
use minglian_ledger::subsidy::encoding::{EncodingError, PointBytes, ScalarBytes};
use minglian_ledger::subsidy::pedersen::Blinding;
use minglian_ledger::subsidy::scheme::BatchError;

use super::fixture::{
    Made, Stream, amounts, make, name, open_leaves, point, scalar, scheme, terms,
};

#[test]
fn a02_a_fen_more_or_less_does_not_balance() {
    let base = make(&name(), &amounts(8));
    let total = base.sealed.header.total.get();
    for other in [total + 1, total - 1, 0, total * 2] {
        let other = Fen::new(other).unwrap();
        let mut changed = base.clone();
        changed.sealed.header.total = other;
        changed.sealed.header.lots[0].amount = other;
        // The header's hash is another, so the first proof fails before the sum is looked at.
        assert!(matches!(changed.verify(), Err(BatchError::Standard { index: 0, .. })));

        // The county that makes everything for the wrong total.
        let leaves = open_leaves(&name().id(), &amounts(8));
        let sum = leaves.iter().map(|it| point(&it.leaf.commitment)).sum();
        let blinding = Blinding::sum(leaves.iter().map(|it| &it.opening.blinding));
        let header = HeaderHash([7; 32]);
        let proof = balance::prove(&header, &sum, other, &blinding, &mut Stream::new(4));
        let error = balance::verify(&header, &sum, other, &proof);
        assert_eq!(error, Err(BalanceError::Equation { total: other }));
    }
}

#[test]
fn a03_a_pair_that_keeps_the_total_is_not_proven() {
    // 50元 taken from one, given to another: the sum is right, and no amount is a standard.
    let lawful = open_leaves(&name().id(), &[3_000, 3_000]);
    let shifted = |index: usize, by: Scalar| {
        PointBytes::of(&(point(&lawful[index].leaf.commitment) + by * RISTRETTO_BASEPOINT_POINT))
    };
    let mut leaves = lawful.clone();
    leaves[0].leaf.commitment = shifted(0, Scalar::from(5_000_u32));
    leaves[1].leaf.commitment = shifted(1, -Scalar::from(5_000_u32));
    // The prover still holds openings to standards, so it makes proofs; they do not hold.
    let draft = Draft::new(terms(&name(), 6_000), leaves).unwrap();
    let (sealed, body) = draft.prove(&scheme(), &mut Stream::new(1), |_| ()).unwrap();
    let made = Made { sealed, body };
    assert!(matches!(made.verify(), Err(BatchError::Standard { index: 0, .. })));
    // The balance alone holds: only the standards stop this.
    let sum = made.leaves().iter().map(|leaf| point(&leaf.commitment)).sum();
    let header = made.header();
    let total = made.sealed.header.total;
    assert_eq!(balance::verify(&header, &sum, total, &made.sealed.balance), Ok(()));
}

#[test]
fn a08_a_balance_holds_for_one_batch_only() {
    let base = make(&name(), &amounts(8));
    let sum = base.leaves().iter().map(|leaf| point(&leaf.commitment)).sum();
    let total = base.sealed.header.total;
    let proof = base.sealed.balance;
    assert_eq!(balance::verify(&base.header(), &sum, total, &proof), Ok(()));
    let equation = Err(BalanceError::Equation { total });
    for byte in 0..32 {
        let mut other = base.header();
        other.0[byte] ^= 1;
        assert_eq!(balance::verify(&other, &sum, total, &proof), equation);
    }
    let mut name = name();
    name.attempt = 1;
    let mut other = make(&name, &amounts(8));
    assert_eq!(other.verify(), Ok(()));
    other.sealed.balance = proof;
    assert_eq!(other.verify(), Err(BatchError::Balance(BalanceError::Equation { total })));
}

#[test]
fn a11_a_balance_is_made_of_a_point_and_a_scalar() {
    let base = make(&name(), &amounts(4));
    for (bytes, error) in
        [([0; 32], EncodingError::Identity), ([0xFF; 32], EncodingError::NotAPoint)]
    {
        let mut made = base.clone();
        made.sealed.balance.first = PointBytes(bytes);
        assert_eq!(made.verify(), Err(BatchError::Balance(BalanceError::Encoding(error))));
    }
    let mut made = base.clone();
    made.sealed.balance.response = ScalarBytes([0xFF; 32]);
    let error = BalanceError::Encoding(EncodingError::NotCanonical);
    assert_eq!(made.verify(), Err(BatchError::Balance(error)));
    // The response of another first message.
    let mut made = base;
    let response = scalar(&made.sealed.balance.response) + Scalar::ONE;
    made.sealed.balance.response = ScalarBytes::of(&response);
    let total = made.sealed.header.total;
    assert_eq!(made.verify(), Err(BatchError::Balance(BalanceError::Equation { total })));
}

#[test]
fn a_returned_part_of_a_batch_balances_by_itself() {
    // The bank sent two payments back: their commitments come to what is credited.
    let leaves = open_leaves(&name().id(), &[3_000, 6_000, 0, 30_000]);
    let returned = [&leaves[1], &leaves[3]];
    let sum = returned.iter().map(|it| point(&it.leaf.commitment)).sum();
    let blinding = Blinding::sum(returned.iter().map(|it| &it.opening.blinding));
    let (header, total) = (HeaderHash([9; 32]), Fen::new(36_000).unwrap());
    let proof = balance::prove(&header, &sum, total, &blinding, &mut Stream::new(4));
    assert_eq!(balance::verify(&header, &sum, total, &proof), Ok(()));
    let other = leaves.iter().map(|it| point(&it.leaf.commitment)).sum();
    let error = balance::verify(&header, &other, total, &proof);
    assert_eq!(error, Err(BalanceError::Equation { total }));
}
