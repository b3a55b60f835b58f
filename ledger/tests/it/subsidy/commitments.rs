//! Generators, seeds, binds, identity numbers.

use curve25519_dalek::constants::{RISTRETTO_BASEPOINT_COMPRESSED, RISTRETTO_BASEPOINT_POINT};
use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity as _;
use minglian_ledger::subsidy::batch::BatchKind;
use minglian_ledger::subsidy::encoding::{EncodingError, PointBytes, ScalarBytes};
use minglian_ledger::subsidy::enrolment::BlindingFactor;
use minglian_ledger::subsidy::envelope_contents::{EnvelopeContents, ShortText};
use minglian_ledger::subsidy::identity_number::{IdentityError, IdentityNumber};
use minglian_ledger::subsidy::key_generation::{self, DealtShare};
use minglian_ledger::subsidy::pedersen::{self, Amount, G_BYTES, H_BYTES, Opening};
use minglian_ledger::subsidy::receipt::Receipt;
use minglian_ledger::subsidy::secret::{DataKey, LeafSeed, PersonKey};
use minglian_ledger::subsidy::threshold::KeyShare;

use super::fixture::{identity, identity_text, key, name, open_leaf, point};

#[test]
fn a10_the_bases_are_the_pinned_ones() {
    assert_eq!(RISTRETTO_BASEPOINT_COMPRESSED.to_bytes(), G_BYTES);
    assert_eq!(pedersen::h().compress().to_bytes(), H_BYTES);
    assert_eq!(bulletproofs::PedersenGens::default().B, RISTRETTO_BASEPOINT_POINT);
    // Nothing small ties H to G: who put h·G in its place would open a commitment to any amount.
    let mut multiple = RistrettoPoint::identity();
    for _ in 0..10_000 {
        assert_ne!(multiple, pedersen::h());
        multiple += RISTRETTO_BASEPOINT_POINT;
    }
}

#[test]
fn a11_points_and_scalars_have_one_form() {
    assert_eq!(PointBytes([0; 32]).point(), Err(EncodingError::Identity));
    assert_eq!(PointBytes([0xFF; 32]).point(), Err(EncodingError::NotAPoint));
    // p + the field element of the neutral element, and odd field elements.
    let mut modulus = [0xFF; 32];
    (modulus[0], modulus[31]) = (0xED, 0x7F);
    assert_eq!(PointBytes(modulus).point(), Err(EncodingError::NotAPoint));
    let mut odd = G_BYTES;
    odd[0] ^= 1;
    assert_eq!(PointBytes(odd).point(), Err(EncodingError::NotAPoint));
    let mut high = G_BYTES;
    high[31] |= 0x80;
    assert_eq!(PointBytes(high).point(), Err(EncodingError::NotAPoint));

    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde,
        0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    assert_eq!(ScalarBytes(order).scalar(), Err(EncodingError::NotCanonical));
    let mut below = order;
    below[0] -= 1;
    assert_eq!(ScalarBytes(below).scalar(), Ok(-Scalar::ONE));
}

#[test]
fn commitments_add_up() {
    let batch = name().id();
    let (left, right) = (open_leaf(&batch, 0, 3_000), open_leaf(&batch, 1, 6_000));
    let blinding = left.opening.blinding.plus(&right.opening.blinding);
    let sum = Opening { amount: Amount(9_000), blinding }.commit();
    assert_eq!(sum, point(&left.leaf.commitment) + point(&right.leaf.commitment));
}

#[test]
fn a21_a_batch_made_again_has_other_blinding_factors() {
    let first = name();
    let again = || {
        let mut name = first.clone();
        name.attempt += 1;
        name
    };
    assert_ne!(first.id(), again().id());
    let (left, right) = (open_leaf(&first.id(), 3, 6_000), open_leaf(&again().id(), 3, 3_000));
    let difference = point(&left.leaf.commitment) - point(&right.leaf.commitment);
    assert_ne!(difference, Scalar::from(3_000_u32) * RISTRETTO_BASEPOINT_POINT);
    // The attack itself, where the name does repeat: the difference of the amounts lies open.
    let repeated = open_leaf(&first.id(), 3, 3_000);
    let difference = point(&left.leaf.commitment) - point(&repeated.leaf.commitment);
    assert_eq!(difference, Scalar::from(3_000_u32) * RISTRETTO_BASEPOINT_POINT);
}

#[test]
fn every_part_of_a_batch_s_name_changes_what_is_derived() {
    let base = name();
    let mut names = vec![base.clone(); 6];
    names[0].chain_id = minglian_ledger::text::Text::new("another").unwrap();
    names[1].programme += 1;
    names[2].period = names[2].period.add_months(1).unwrap();
    names[3].kind = BatchKind::Supplementary(1);
    names[4].kind = BatchKind::Return(1);
    names[5].attempt = 1;
    let mut ids: Vec<_> = names.iter().chain([&base]).map(|name| name.id()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 7);
    let mut commitments: Vec<_> =
        ids.iter().map(|id| open_leaf(id, 0, 3_000).leaf.commitment).collect();
    commitments.sort();
    commitments.dedup();
    assert_eq!(commitments.len(), 7);
}

#[test]
fn a22_one_person_has_one_form_or_none() {
    let full = IdentityNumber::parse("11010519491231002X").unwrap();
    for text in [
        "11010519491231002x",
        " 110105 19491231 002X ",
        "１１０１０５１９４９１２３１００２Ｘ",
        "１１０１０５１９４９１２３１００２ｘ",
        "110105\u{3000}19491231\u{a0}002X",
        "110105491231002",
        "110105 491231 002",
    ] {
        let read = IdentityNumber::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert!(read.is_same(&full), "{text}");
        assert_eq!(read.as_bytes(), b"\x0111010519491231002X\0");
    }
    // The sequence numbers that 15 digits kept for the nineteenth century.
    let centenarian = IdentityNumber::parse("110105991231997").unwrap();
    assert_eq!(&centenarian.as_bytes()[7..11], b"1899");
    for (text, error) in [
        ("", IdentityError::Length { found: 0 }),
        ("110105194912310", IdentityError::BirthDate),
        ("11010519491231002", IdentityError::Length { found: 17 }),
        ("11010519491231002XX", IdentityError::Length { found: 19 }),
        ("110105194912310021", IdentityError::CheckCharacter),
        ("110105194912310X21", IdentityError::Character { position: 16 }),
        ("11010519491231002Y", IdentityError::Character { position: 18 }),
        ("01010519491231002X", IdentityError::Region),
        ("110105194913310025", IdentityError::BirthDate),
        ("110105194902290025", IdentityError::BirthDate),
        ("11010519491231\u{661}02X", IdentityError::Character { position: 15 }),
    ] {
        assert_eq!(IdentityNumber::parse(text).err(), Some(error), "{text}");
        // No error repeats a digit of the number: all of its text is the kind and a position.
        assert!(!error.to_string().contains("1949"), "{error}");
    }
    assert!(IdentityNumber::parse(&"1".repeat(10_000)).is_err());
}

#[test]
fn canonical_bytes_are_read_back_and_others_are_not() {
    let number = identity(12);
    assert!(IdentityNumber::from_bytes(*number.as_bytes()).unwrap().is_same(&number));
    for place in 0..20 {
        let mut bytes = *number.as_bytes();
        bytes[place] ^= 0x01;
        assert!(IdentityNumber::from_bytes(bytes).is_none(), "byte {place}");
    }
    let lower: [u8; 20] = *b"\x0111010519491231002x\0";
    assert!(IdentityNumber::from_bytes(lower).is_none());
}

#[test]
fn a23_a_leaf_is_bound_to_one_person() {
    let batch = name().id();
    let leaf = open_leaf(&batch, 5, 3_000).leaf;
    let seed = key(5).leaf_seed(&batch);
    assert_eq!(seed.bind(&identity(5)), leaf.bind);
    assert_ne!(seed.bind(&identity(6)), leaf.bind);
}

/// Holds when a type does not implement `Debug`: then both implementations below would apply to it
/// and the call would be ambiguous, which does not compile.
macro_rules! has_no_debug {
    ($($name:ty),*) => {$({
        trait Ambiguous<Marker> {
            fn holds() {}
        }
        struct Printable;
        impl<T: ?Sized> Ambiguous<()> for T {}
        impl<T: ?Sized + std::fmt::Debug> Ambiguous<Printable> for T {}
        <$name as Ambiguous<_>>::holds();
    })*};
}

#[test]
fn a35_secrets_cannot_be_printed() {
    has_no_debug!(PersonKey, LeafSeed, DataKey, IdentityNumber, Amount, Opening);
    has_no_debug!(pedersen::Blinding, minglian_ledger::subsidy::draft::Draft);
    has_no_debug!(KeyShare, BlindingFactor, DealtShare, Receipt, EnvelopeContents, ShortText);
    has_no_debug!(key_generation::Dealt, key_generation::Waiting);
    // The errors of reading a number do not repeat it.
    let text = identity_text(77);
    let mut wrong = text.clone().into_bytes();
    wrong[10] = if wrong[10] == b'0' { b'1' } else { b'0' };
    let error = IdentityNumber::parse(std::str::from_utf8(&wrong).unwrap()).err().unwrap();
    assert!(!format!("{error}{error:?}").contains(&text[6..12]));
}
