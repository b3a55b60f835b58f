//! Envelopes: opened by the county, or by auditors with a quorum, or not at all.

use curve25519_dalek::scalar::Scalar;
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::subsidy::encoding::{EncodingError, PointBytes, ScalarBytes};
use minglian_ledger::subsidy::envelope::{ENVELOPE_BYTES, Envelope, EnvelopeError, EnvelopePlace};
use minglian_ledger::subsidy::envelope_contents::{EnvelopeContents, ShortText};
use minglian_ledger::subsidy::leaf::{Leaf, OpenLeaf, OpeningError, Payment};
use minglian_ledger::subsidy::pedersen::Amount;
use minglian_ledger::subsidy::threshold::KeyPurpose;

use super::fixture::{Stream, identity, key, name, point};
use super::keys::{Shared, shared};

fn escrow(seed: u64) -> Shared {
    shared(KeyPurpose::Escrow { epoch: 2012 }, 10, 7, seed)
}

fn public(escrow: &Shared) -> PointBytes {
    PointBytes::of(&escrow.key.point().unwrap())
}

fn contents(batch: &BatchId, index: u32, name: &str) -> EnvelopeContents {
    EnvelopeContents {
        amount: Amount(6_000),
        seed: key(index).leaf_seed(batch),
        identity: identity(index),
        name: ShortText::new(name),
        account: *b"0007",
        handle: index,
        case_file: ShortText::new("来民福〔2012〕高龄0007"),
    }
}

fn seal(escrow: &PointBytes, batch: &BatchId, index: u32, name: &str) -> Envelope {
    let place = EnvelopePlace { batch, index };
    let data_key = key(index).data_key(batch);
    let random = &mut Stream::new(u64::from(index));
    Envelope::seal(place, escrow, &data_key, &contents(batch, index, name), random).unwrap()
}

fn leaf(batch: &BatchId, index: u32, envelope: &Envelope) -> Leaf {
    let (key, identity, envelope) = (key(index), identity(index), envelope.hash());
    let payment = Payment { key: &key, identity: &identity, amount: Amount(6_000), envelope };
    OpenLeaf::new(batch, index, &payment).leaf
}

#[test]
fn county_and_auditors_open_the_same() {
    let escrow = escrow(70);
    let batch = name().id();
    let envelope = seal(&public(&escrow), &batch, 3, "测试甲");
    let place = EnvelopePlace { batch: &batch, index: 3 };
    assert_eq!(envelope.encode().len(), ENVELOPE_BYTES);
    assert_eq!(Envelope::decode(&envelope.encode()), Ok(envelope.clone()));
    assert_eq!(envelope.check(place, &public(&escrow)), Ok(()));
    let shared = escrow.evaluate(b"case 1", envelope.ephemeral);
    let data_key = envelope.unwrap_key(place, &shared).unwrap();
    for data_key in [data_key, key(3).data_key(&batch)] {
        let opened = envelope.open(place, &data_key).unwrap();
        assert_eq!(opened.amount.0, 6_000);
        assert_eq!(opened.name.as_str(), "测试甲");
        assert_eq!(opened.case_file.as_str(), "来民福〔2012〕高龄0007");
        assert_eq!(&opened.account, b"0007");
        assert!(opened.identity.is_same(&identity(3)));
        assert_eq!(opened.check(&leaf(&batch, 3, &envelope)), Ok(()));
    }
}

#[test]
fn a24_what_does_not_fit_is_a_finding() {
    let escrow = escrow(71);
    let batch = name().id();
    let envelope = seal(&public(&escrow), &batch, 3, "测试甲");
    let place = EnvelopePlace { batch: &batch, index: 3 };
    let data_key = key(3).data_key(&batch);
    let opened = envelope.open(place, &data_key).unwrap();
    // Another amount or person than the leaf's.
    let (payer, person, hash) = (key(3), identity(3), envelope.hash());
    let mut payment =
        Payment { key: &payer, identity: &person, amount: Amount(3_000), envelope: hash };
    let less = OpenLeaf::new(&batch, 3, &payment).leaf;
    assert_eq!(opened.check(&less), Err(OpeningError::Amount));
    let other = identity(4);
    (payment.amount, payment.identity) = (Amount(6_000), &other);
    let other = OpenLeaf::new(&batch, 3, &payment).leaf;
    assert_eq!(opened.check(&other), Err(OpeningError::Person));
    // Another key, another place, bytes missing.
    let wrong = key(4).data_key(&batch);
    assert_eq!(envelope.open(place, &wrong).err(), Some(EnvelopeError::KeyCommitment));
    let elsewhere = EnvelopePlace { batch: &batch, index: 4 };
    assert_eq!(envelope.open(elsewhere, &data_key).err(), Some(EnvelopeError::KeyCommitment));
    assert_eq!(envelope.check(elsewhere, &public(&escrow)), Err(EnvelopeError::Proof));
    let mut again = name();
    again.attempt = 1;
    let elsewhere = EnvelopePlace { batch: &again.id(), index: 3 };
    assert_eq!(envelope.check(elsewhere, &public(&escrow)), Err(EnvelopeError::Proof));
    for found in [0, 431, 433] {
        let mut bytes = envelope.encode();
        bytes.resize(found, 0);
        assert_eq!(Envelope::decode(&bytes), Err(EnvelopeError::Length { found }));
    }
    // A quorum for another key, and six members' work.
    let strange = super::envelopes::escrow(72).evaluate(b"case 1", envelope.ephemeral);
    assert_eq!(envelope.unwrap_key(place, &strange).err(), Some(EnvelopeError::KeyCommitment));
}

#[test]
fn every_flipped_bit_of_an_envelope_is_seen() {
    let escrow = escrow(73);
    let batch = name().id();
    let envelope = seal(&public(&escrow), &batch, 3, "测试甲");
    let place = EnvelopePlace { batch: &batch, index: 3 };
    let bytes = envelope.encode();
    for bit in (0..ENVELOPE_BYTES * 8).step_by(5) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let flipped = Envelope::decode(&flipped).unwrap();
        assert_ne!(flipped.hash(), envelope.hash());
        assert!(flipped.check(place, &public(&escrow)).is_err(), "bit {bit}");
    }
    // The county's way stands on cipher and key commitment alone.
    let data_key = key(3).data_key(&batch);
    for byte in 160..ENVELOPE_BYTES {
        let mut flipped = bytes.clone();
        flipped[byte] ^= 0x10;
        let error = Envelope::decode(&flipped).unwrap().open(place, &data_key).err();
        assert_eq!(error, Some(EnvelopeError::Ciphertext), "byte {byte}");
    }
}

#[test]
fn a37_the_length_says_nothing_of_the_name() {
    let escrow = public(&escrow(74));
    let batch = name().id();
    let long = "阿卜杜拉·".repeat(10);
    for (index, text) in ["", "甲", &long[..56], &long[..62], &long].into_iter().enumerate() {
        let index = u32::try_from(index).unwrap();
        let envelope = seal(&escrow, &batch, index, text);
        assert_eq!(envelope.encode().len(), ENVELOPE_BYTES);
        let place = EnvelopePlace { batch: &batch, index };
        let opened = envelope.open(place, &key(index).data_key(&batch)).unwrap();
        assert!(text.starts_with(opened.name.as_str()));
        assert_eq!(opened.name.is_cut(), text.len() > 64);
        assert_eq!(opened.name.as_str().len(), text.len().min(62));
    }
}

#[test]
fn a39_another_county_s_envelope_cannot_be_opened_under_one_s_own_case() {
    let escrow = escrow(75);
    let (public, batch) = (public(&escrow), name().id());
    let mut theirs = name();
    theirs.programme = 2;
    let victim = seal(&public, &theirs.id(), 9, "测试乙");
    // The county copies the value, as it is or multiplied, into an envelope of its own leaf.
    let own = seal(&public, &batch, 3, "测试甲");
    let place = EnvelopePlace { batch: &batch, index: 3 };
    let factor = Scalar::from(5_u32);
    let rerandomised = PointBytes::of(&(factor * point(&victim.ephemeral)));
    for ephemeral in [victim.ephemeral, rerandomised] {
        let mut copied = own.clone();
        copied.ephemeral = ephemeral;
        assert_eq!(copied.check(place, &public), Err(EnvelopeError::Proof));
        // With the victim's own proof beside it, and with that proof multiplied likewise.
        (copied.first, copied.response) = (victim.first, victim.response);
        assert_eq!(copied.check(place, &public), Err(EnvelopeError::Proof));
        let response = Scalar::from_canonical_bytes(victim.response.0).unwrap() * factor;
        copied.first = PointBytes::of(&(factor * point(&victim.first)));
        copied.response = ScalarBytes::of(&response);
        assert_eq!(copied.check(place, &public), Err(EnvelopeError::Proof));
    }
    // The whole of it, put at another place.
    assert_eq!(victim.check(place, &public), Err(EnvelopeError::Proof));
    // What the check is for: a quorum that answered without it would give the victim's key away.
    let answer = escrow.evaluate(b"case 1", rerandomised);
    let shared = PointBytes::of(&(factor.invert() * point(&answer)));
    let theirs = theirs.id();
    let victim_place = EnvelopePlace { batch: &theirs, index: 9 };
    let stolen = victim.unwrap_key(victim_place, &shared).unwrap();
    assert_eq!(victim.open(victim_place, &stolen).unwrap().name.as_str(), "测试乙");

    for (bytes, source) in
        [([0; 32], EncodingError::Identity), ([0xFF; 32], EncodingError::NotAPoint)]
    {
        let mut nothing = own.clone();
        nothing.ephemeral = PointBytes(bytes);
        assert_eq!(nothing.check(place, &public), Err(EnvelopeError::Encoding(source)));
        let none = own.check(place, &PointBytes(bytes));
        assert_eq!(none, Err(EnvelopeError::Encoding(source)));
    }
    let mut high = own;
    high.response = ScalarBytes([0xFF; 32]);
    let source = EncodingError::NotCanonical;
    assert_eq!(high.check(place, &public), Err(EnvelopeError::Encoding(source)));
}
