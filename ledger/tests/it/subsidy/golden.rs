//! 来安县, December 2012: 高龄津贴 of 30元 to 8,523 people, of 60元 to 675, of 300元 to 8, as the
//! county published it. Who they are is invented; the sum is not.

use minglian_ledger::fen::Fen;

use super::fixture::{Made, Stream, make, name, scheme};

#[test]
fn lai_an_december_2012_balances_to_the_fen() {
    // Mixed as an enrolment list is, not by standard.
    let mut amounts = [vec![3_000; 8_523], vec![6_000; 675], vec![30_000; 8]].concat();
    let length = amounts.len();
    for place in 0..length {
        amounts.swap(place, place * 7_919 % length);
    }
    let made: Made = make(&name(), &amounts);
    assert_eq!(length, 9_206);
    assert_eq!(made.sealed.header.total, Fen::from_yuan_text("298,590.00").unwrap());
    assert_eq!(made.sealed.header.leaves, 9_206);
    assert_eq!(made.body.leaves.iter().map(Vec::len).sum::<usize>(), 920_600);
    assert_eq!(made.body.proofs.iter().map(Vec::len).sum::<usize>(), 9_206 * 352);
    assert_eq!(made.body.verify(&scheme(), &made.sealed, &mut Stream::new(6)), Ok(()));
}
