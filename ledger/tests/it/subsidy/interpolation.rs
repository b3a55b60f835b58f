//! Answers that were verified one by one come to the result that they come to together; and a
//! dealing is judged by everybody as its receivers judge it.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use minglian_ledger::subsidy::encoding::{PointBytes, ScalarBytes};
use minglian_ledger::subsidy::evaluation::{self, Interpolation, Partial};
use minglian_ledger::subsidy::key_generation::KeyGenerationError;
use minglian_ledger::subsidy::threshold::Request;

use super::keys::{Shared, generate};

fn multiple(of: u64) -> PointBytes {
    PointBytes::of(&RistrettoPoint::mul_base(&Scalar::from(of)))
}

fn results(partials: &[Partial], position: usize) -> Vec<PointBytes> {
    partials.iter().map(|partial| partial.results[position]).collect()
}

#[test]
fn any_quorum_interpolates_to_what_it_combines_to() {
    let tags = Shared::tags(60);
    let points = [3, 5, 8].map(multiple);
    let request = Request::new(&tags.key, b"county", points.to_vec()).unwrap();
    for members in [[1, 2, 3, 4, 5, 6, 7], [1, 3, 4, 6, 8, 9, 10]] {
        let partials = tags.answers(&request, &members);
        let combined = evaluation::combine(&request, &partials).unwrap();
        let interpolation = Interpolation::new(&members).unwrap();
        for (position, expected) in combined.iter().enumerate() {
            assert_eq!(interpolation.apply(&results(&partials, position)), Some(*expected));
        }
    }
    // One too few comes to another point, which no tag's proof holds for.
    let partials = tags.answers(&request, &[1, 2, 3, 4, 5, 6]);
    let few = Interpolation::new(&[1, 2, 3, 4, 5, 6]).unwrap();
    let expected = tags.evaluate(b"county", points[0]);
    assert_ne!(few.apply(&results(&partials, 0)), Some(expected));
}

#[test]
fn members_ascend_and_results_are_points() {
    for members in [&[][..], &[0, 1], &[1, 1, 2], &[2, 1]] {
        assert!(Interpolation::new(members).is_none(), "{members:?}");
    }
    let two = Interpolation::new(&[1, 2]).unwrap();
    let point = multiple(7);
    assert!(two.apply(&[point, point]).is_some());
    for wrong in [&[point][..], &[point; 3], &[point, PointBytes([0; 32])]] {
        assert_eq!(two.apply(wrong), None);
    }
    // 2·P − 1·(2·P) is the neutral element, which is nobody's.
    let double = multiple(14);
    assert_eq!(two.apply(&[point, double]), None);
}

#[test]
fn everybody_sees_whether_a_dealing_holds() {
    let (_, _, dealings) = generate(0, 4, 3, 61);
    for (member, dealing) in &dealings {
        assert_eq!(dealing.check(*member, 3), Ok(()));
        let refused = |member| Err(KeyGenerationError::Dealing { member });
        // Another's, of another degree, with another proof, with what is no point.
        assert_eq!(dealing.check(member % 4 + 1, 3), refused(member % 4 + 1));
        assert_eq!(dealing.check(*member, 2), refused(*member));
        assert_eq!(dealing.check(*member, 4), refused(*member));
        assert_eq!(dealing.check(0, 3), refused(0));
        let mut other = dealing.clone();
        other.proof.response = ScalarBytes([1; 32]);
        assert_eq!(other.check(*member, 3), refused(*member));
        let mut other = dealing.clone();
        other.coefficients[2] = PointBytes([0; 32]);
        assert_eq!(other.check(*member, 3), refused(*member));
        let mut other = dealing.clone();
        other.coefficients.clear();
        assert_eq!(other.check(*member, 0), refused(*member));
    }
}
