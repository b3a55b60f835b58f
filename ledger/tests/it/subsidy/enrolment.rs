//! Attacks on uniqueness: one person, one tag.

use minglian_ledger::keys::{KeyError, PublicKey, SigningKey};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::subsidy::dleq::DleqError;
use minglian_ledger::subsidy::encoding::{EncodingError, PointBytes};
use minglian_ledger::subsidy::enrolment::{
    self, Blinded, BlindingFactor, Enrolment, EnrolmentContext, EnrolmentError, Tag,
};
use minglian_ledger::subsidy::identity_number::IdentityNumber;
use minglian_ledger::subsidy::threshold::KeyPurpose;

use super::fixture::{Stream, identity, name};
use super::keys::{Shared, shared};

fn context(county: &str) -> EnrolmentContext {
    EnrolmentContext {
        chain_id: name().chain_id,
        county: OrganizationCode::parse(county).unwrap(),
        group: 1,
        epoch: 2012,
    }
}

const LAI_AN: &str = "11341122MLDEM00015";
const QUAN_JIAO: &str = "11341124MLDEM00013";

fn attester() -> SigningKey {
    SigningKey::from_bytes(&[0xA7; 32])
}

/// One person's enrolment as a county and an attester make it, with what the nodes came to.
fn enrol(
    shared: &Shared,
    context: &EnrolmentContext,
    person: &IdentityNumber,
    seed: u64,
) -> (Enrolment, PointBytes) {
    let random = &mut Stream::new(seed);
    let factor = BlindingFactor::random(random);
    let blinded = factor.blind(person);
    let attestation = enrolment::attest(&attester(), context, person, &factor, &blinded).unwrap();
    let evaluated = shared.evaluate(b"county", blinded.point);
    let enrolment =
        Enrolment::new(context, &factor, blinded, &evaluated, attestation, random).unwrap();
    (enrolment, evaluated)
}

fn verify(it: &(Enrolment, PointBytes), context: &EnrolmentContext) -> Result<(), EnrolmentError> {
    it.0.verify(context, &it.1, &PublicKey::of(&attester()))
}

#[test]
fn a18_one_person_has_one_tag_in_every_county_and_programme_of_a_group() {
    let tags = Shared::tags(50);
    let (here, there) = (context(LAI_AN), context(QUAN_JIAO));
    let person = identity(8);
    let first = enrol(&tags, &here, &person, 1);
    let second = enrol(&tags, &there, &person, 2);
    assert_eq!(verify(&first, &here), Ok(()));
    assert_eq!(verify(&second, &there), Ok(()));
    assert_eq!(first.0.tag, second.0.tag, "the ledger sees the duplicate");
    assert_ne!(first.0.blinded, second.0.blinded, "and before that nothing");
    // Written differently, the same person.
    let text = super::fixture::identity_text(8).to_lowercase();
    let spaced: String = text.chars().flat_map(|it| [it, ' ']).collect();
    let third = enrol(&tags, &there, &IdentityNumber::parse(&spaced).unwrap(), 3);
    assert_eq!(third.0.tag, first.0.tag);
    // Another person, group or year: another tag, so nothing links across them.
    assert_ne!(enrol(&tags, &here, &identity(9), 1).0.tag, first.0.tag);
    let other = shared(KeyPurpose::Tags { group: 1, epoch: 2013 }, 10, 7, 51);
    assert_ne!(enrol(&other, &here, &person, 1).0.tag, first.0.tag);
}

#[test]
fn a19_a_tag_that_is_not_the_evaluation_is_refused() {
    let tags = Shared::tags(52);
    let here = context(LAI_AN);
    let good = enrol(&tags, &here, &identity(1), 4);
    let refused = Err(EnrolmentError::Tag(DleqError::Equation));
    // A tag made up, one unblinded with another factor, another person's.
    let random = &mut Stream::new(5);
    let other_factor = BlindingFactor::random(random);
    for tag in [
        Tag(good.0.blinded.factor),
        other_factor.unblind(&good.1).unwrap(),
        enrol(&tags, &here, &identity(2), 6).0.tag,
    ] {
        let mut made_up = good.clone();
        made_up.0.tag = tag;
        assert_eq!(verify(&made_up, &here), refused);
    }
    // The proof that goes with the other factor does not make it better.
    let forged =
        Enrolment::new(&here, &other_factor, good.0.blinded, &good.1, good.0.attestation, random);
    assert_eq!(verify(&(forged.unwrap(), good.1), &here), refused);
    // An evaluation that the nodes did not make.
    let mut elsewhere = good.clone();
    elsewhere.1 = Shared::tags(53).evaluate(b"county", good.0.blinded.point);
    assert_eq!(verify(&elsewhere, &here), refused);
    for (bytes, source) in
        [([0; 32], EncodingError::Identity), ([0xFF; 32], EncodingError::NotAPoint)]
    {
        let mut nothing = good.clone();
        nothing.0.tag = Tag(PointBytes(bytes));
        let error = EnrolmentError::Tag(DleqError::Pair { position: 0, source });
        assert_eq!(verify(&nothing, &here), Err(error));
        let error = other_factor.unblind(&PointBytes(bytes)).err();
        assert_eq!(error, Some(EnrolmentError::Encoding(source)));
    }
}

#[test]
fn a41_an_attestation_holds_for_one_blinded_person_in_one_place() {
    let tags = Shared::tags(54);
    let here = context(LAI_AN);
    let good = enrol(&tags, &here, &identity(1), 7);
    let refused = Err(EnrolmentError::Attestation(KeyError::BadSignature));
    // Signed over the point, with another factor beside it: a second tag for the same person.
    let mut other_factor = good.clone();
    other_factor.0.blinded.factor =
        BlindingFactor::random(&mut Stream::new(8)).blind(&identity(1)).factor;
    assert_eq!(verify(&other_factor, &here), refused);
    let mut other_point = good.clone();
    other_point.0.blinded.point = enrol(&tags, &here, &identity(2), 9).0.blinded.point;
    assert_eq!(verify(&other_point, &here), refused);
    // Used again in another group, year, county, or on another chain.
    let mut elsewhere = vec![here.clone(); 4];
    elsewhere[0].group = 2;
    elsewhere[1].epoch = 2013;
    elsewhere[2].county = OrganizationCode::parse(QUAN_JIAO).unwrap();
    elsewhere[3].chain_id = minglian_ledger::text::Text::new("another").unwrap();
    for context in elsewhere {
        assert_eq!(verify(&good, &context), refused);
    }
    let stranger = PublicKey::of(&SigningKey::from_bytes(&[1; 32]));
    assert_eq!(good.0.verify(&here, &good.1, &stranger), refused);
    // The attester itself does not sign what is not the person's.
    let factor = BlindingFactor::random(&mut Stream::new(10));
    let honest = factor.blind(&identity(1));
    let strange = factor.blind(&identity(2));
    for blinded in [
        strange,
        Blinded { point: strange.point, ..honest },
        Blinded { factor: honest.point, ..honest },
    ] {
        let signed = enrolment::attest(&attester(), &here, &identity(1), &factor, &blinded);
        assert_eq!(signed, Err(EnrolmentError::Person));
    }
}
