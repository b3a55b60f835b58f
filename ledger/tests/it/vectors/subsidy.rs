//! `subsidy.json`: one batch of each mode with everything that is public of it and what opens it,
//! and the steps that lead there. The people, keys and secrets are invented.

use curve25519_dalek::constants::RISTRETTO_BASEPOINT_POINT;
use curve25519_dalek::scalar::Scalar;
use minglian_ledger::height::Height;
use minglian_ledger::keys::SigningKey;
use minglian_ledger::subsidy::beacon;
use minglian_ledger::subsidy::domain;
use minglian_ledger::subsidy::draft::Draft;
use minglian_ledger::subsidy::encoding::PointBytes;
use minglian_ledger::subsidy::enrolment::{self, BlindingFactor, Enrolment, EnrolmentContext};
use minglian_ledger::subsidy::envelope::{Envelope, EnvelopePlace};
use minglian_ledger::subsidy::envelope_contents::{EnvelopeContents, ShortText};
use minglian_ledger::subsidy::evaluation::{self, Partial};
use minglian_ledger::subsidy::group_hash::hash_to_group;
use minglian_ledger::subsidy::identity_number::IdentityNumber;
use minglian_ledger::subsidy::leaf::{OpenLeaf, Payment};
use minglian_ledger::subsidy::pedersen::{self, Amount};
use minglian_ledger::subsidy::receipt::Receipt;
use minglian_ledger::subsidy::scheme::Scheme;
use minglian_ledger::subsidy::secret::PersonKey;
use minglian_ledger::subsidy::standards::{RangeBits, RangeRule, Standards};
use minglian_ledger::subsidy::threshold::{Committee, KeyPurpose, KeyShare, Request, ThresholdKey};
use minglian_ledger::subsidy::tree;
use serde_json::{Value, json};

use super::{check, error_name, hex};
use crate::subsidy::fixture::{
    Made, Stream, amounts, envelope, identity, identity_text, make, name, open_leaves, table, terms,
};

fn borsh_hex(value: &impl borsh::BorshSerialize) -> String {
    hex(borsh::to_vec(value).unwrap())
}

#[test]
fn subsidy() {
    check(
        "subsidy.json",
        "Private subsidies, see docs/format.md, section 13. Nobody here exists.",
        json!({
            "generators": {
                "g": hex(RISTRETTO_BASEPOINT_POINT.compress().as_bytes()),
                "h": hex(pedersen::h().compress().as_bytes()),
            },
            "identity_numbers": identity_numbers(),
            "leaf": first_leaf(),
            "table_batch": table_batch(),
            "range_batch": range_batch(),
            "hash_to_group": hashes_to_group(),
            "threshold": threshold(),
        }),
    );
}

fn identity_numbers() -> Vec<Value> {
    let texts = [
        "11010519491231002X",
        "11010519491231002x",
        "１１０１０５ １９４９１２３１ ００２Ｘ",
        "110105491231002",
        "110105194912310021",
        "01010519491231002X",
        "110105194913310025",
        "1101051949123100",
        "11010519491231002?",
    ];
    let read = |text: &str| match IdentityNumber::parse(text) {
        Ok(number) => json!({ "text": text, "canonical": hex(number.as_bytes()) }),
        Err(error) => json!({ "text": text, "error": error_name(&error) }),
    };
    texts.into_iter().map(read).collect()
}

/// The person key 01…01, paid 100元 in leaf 0 of the batch that `name` names.
fn first_leaf() -> Value {
    let (batch, key) = (name().id(), PersonKey::from_bytes([1; 32]));
    let (identity, amount) = (identity(0), Amount(10_000));
    let seed = key.leaf_seed(&batch);
    let payment = Payment { key: &key, identity: &identity, amount, envelope: envelope(0) };
    let it = OpenLeaf::new(&batch, 0, &payment);
    let seed_bytes = Receipt::new(&batch, 0, amount, seed.clone()).encode()[17..49].to_vec();
    json!({
        "batch_name": borsh_hex(&name()),
        "batch_id": batch.to_string(),
        "person_key": hex(key.expose()),
        "identity": identity_text(0),
        "amount": amount.0,
        "seed": hex(seed_bytes),
        "commitment": hex(it.leaf.commitment.0),
        "bind": it.leaf.bind.to_string(),
        "leaf": hex(it.leaf.encode()),
        "leaf_hash": it.leaf.hash().to_string(),
        "receipt": *Receipt::new(&batch, 0, amount, seed).to_text(),
    })
}

fn batch(made: &Made) -> Value {
    let header = &made.sealed.header;
    let nodes: Vec<_> = made.leaves().iter().map(|leaf| leaf.hash().0).collect();
    let path: Vec<String> = tree::path(&nodes, 2).unwrap().iter().map(hex).collect();
    json!({
        "header": borsh_hex(header),
        "header_hash": header.hash().to_string(),
        "leaf_root": header.leaf_root.to_string(),
        "envelope_root": header.envelope_root.to_string(),
        "proof_root": made.sealed.proof_root.to_string(),
        "total": header.total.get().to_string(),
        "leaves": hex(made.body.leaves.concat()),
        "proofs": hex(made.body.proofs.concat()),
        "balance": borsh_hex(&made.sealed.balance),
        "seal_hash": made.sealed.hash().to_string(),
        "path_of_leaf_2": path,
    })
}

/// What is done to a batch, and how.
type Damage = (&'static str, fn(&mut Made));

fn table_batch() -> Value {
    let made = make(&name(), &amounts(5));
    assert_eq!(made.verify(), Ok(()));
    let mut vector = batch(&made);
    vector["standards"] = json!(borsh_hex(&Standards::Table(table())));
    let damaged: [Damage; 7] = [
        ("a bit of a response", |made| made.body.proofs[0][351] ^= 0x01),
        ("a bit of a first message", |made| made.body.proofs[0][400] ^= 0x01),
        ("the commitment of another leaf", |made| made.body.leaves[0].copy_within(4..36, 104)),
        ("two leaves exchanged", |made| {
            let (left, right) = made.body.leaves[0].split_at_mut(200);
            left[100..].swap_with_slice(&mut right[..100]);
        }),
        ("a leaf bound to another person", |made| made.body.leaves[0][36] ^= 0x01),
        ("the response of the balance", |made| made.sealed.balance.response.0[0] ^= 0x01),
        ("a leaf too few", |made| {
            made.body.leaves[0].truncate(400);
            made.body.proofs[0].truncate(4 * 352);
        }),
    ];
    let refused = damaged.into_iter().map(|(what, damage)| {
        let mut made = made.clone();
        damage(&mut made);
        let error = made.verify().unwrap_err();
        json!({
            "what": what,
            "leaves": hex(made.body.leaves.concat()),
            "proofs": hex(made.body.proofs.concat()),
            "balance": borsh_hex(&made.sealed.balance),
            "error": error_name(&error),
        })
    });
    vector["refused"] = refused.collect();
    vector
}

fn range_batch() -> Value {
    let rule = Standards::Range(RangeRule::new(0, 50_000, 1_000, RangeBits::Eight).unwrap());
    let scheme = Scheme::new(&rule);
    let leaves = open_leaves(&name().id(), &[0, 50_000, 17_000]);
    let draft = Draft::new(terms(&name(), 67_000), leaves).unwrap();
    let (sealed, body) = draft.prove(&scheme, &mut Stream::new(1), |_| ()).unwrap();
    assert_eq!(body.verify(&scheme, &sealed, &mut Stream::new(2)), Ok(()));
    let mut vector = batch(&Made { sealed, body });
    vector["standards"] = json!(borsh_hex(&rule));
    vector
}

fn hashes_to_group() -> Vec<Value> {
    let person = *identity(0).as_bytes();
    let inputs: [&[u8]; 4] = [b"", b"\0", &person, &[0x5A; 200]];
    let mut vectors = Vec::new();
    for tag in [domain::TAG_POINT, domain::BEACON_POINT] {
        for input in inputs {
            vectors.push(json!({
                "tag": String::from_utf8(tag.to_vec()).unwrap(),
                "input": hex(input),
                "point": hex(hash_to_group(input, tag).compress().as_bytes()),
            }));
        }
    }
    vectors
}

/// A key of three of four, its polynomial written out, so that no crate's order of draws matters.
fn key(purpose: KeyPurpose) -> (ThresholdKey, Vec<KeyShare>) {
    let coefficients: [Scalar; 3] = [11_u32, 22, 33].map(Scalar::from);
    let value = |index: u16| {
        let place = Scalar::from(index);
        coefficients[0] + place * (coefficients[1] + place * coefficients[2])
    };
    let public = |secret: Scalar| PointBytes::of(&(secret * RISTRETTO_BASEPOINT_POINT));
    let committee = Committee {
        threshold: 3,
        key: public(coefficients[0]),
        shares: (1..=4).map(|index| public(value(index))).collect(),
    };
    let key = ThresholdKey { chain_id: name().chain_id, purpose, committees: vec![committee] };
    let share = |index| KeyShare::from_bytes(0, index, value(index).as_bytes()).unwrap();
    (key, (1..=4).map(share).collect())
}

fn answers(request: &Request<'_>, shares: &[KeyShare]) -> Vec<Partial> {
    let random = &mut Stream::new(3);
    shares.iter().map(|share| evaluation::evaluate(request, share, random).unwrap()).collect()
}

fn threshold() -> Value {
    let (tags, shares) = key(KeyPurpose::Tags { group: 1, epoch: 2012 });
    let context = EnrolmentContext {
        chain_id: name().chain_id,
        county: name().county,
        group: 1,
        epoch: 2012,
    };
    let random = &mut Stream::new(4);
    let (factor, attester) = (BlindingFactor::random(random), SigningKey::from_bytes(&[7; 32]));
    let blinded = factor.blind(&identity(0));
    let attestation =
        enrolment::attest(&attester, &context, &identity(0), &factor, &blinded).unwrap();
    let request = Request::new(&tags, b"example", vec![blinded.point]).unwrap();
    let partials = answers(&request, &shares[1..]);
    let evaluated = evaluation::combine(&request, &partials).unwrap();
    let enrolment =
        Enrolment::new(&context, &factor, blinded, &evaluated[0], attestation, random).unwrap();

    let (of_beacon, shares) = key(KeyPurpose::Beacon { epoch: 1 });
    let height = Height(1_000);
    let at_height = answers(&Request::beacon(&of_beacon, height).unwrap(), &shares[..3]);
    let value = beacon::value(&of_beacon, height, &at_height).unwrap();
    json!({
        "key": borsh_hex(&tags),
        "key_id": tags.id().to_string(),
        "request_context": hex(b"example"),
        "request_points": [hex(blinded.point.0)],
        "request_id": request.id().to_string(),
        "partials": partials.iter().map(borsh_hex).collect::<Vec<_>>(),
        "results": [hex(evaluated[0].0)],
        "enrolment_context": borsh_hex(&context),
        "enrolment": borsh_hex(&enrolment),
        "attester": hex(attester.verifying_key().as_bytes()),
        "beacon_key": borsh_hex(&of_beacon),
        "beacon_height": height.0,
        "beacon_partials": at_height.iter().map(borsh_hex).collect::<Vec<_>>(),
        "beacon_value": value.to_string(),
        "envelope": sealed_envelope(),
    })
}

fn sealed_envelope() -> Value {
    let (escrow, shares) = key(KeyPurpose::Escrow { epoch: 2012 });
    let public = PointBytes::of(&escrow.point().unwrap());
    let (batch, key) = (name().id(), PersonKey::from_bytes([1; 32]));
    let contents = EnvelopeContents {
        amount: Amount(10_000),
        seed: key.leaf_seed(&batch),
        identity: identity(0),
        name: ShortText::new("示例"),
        account: *b"0000",
        handle: 0,
        case_file: ShortText::new("示例〔2012〕1号"),
    };
    let place = EnvelopePlace { batch: &batch, index: 0 };
    let data_key = key.data_key(&batch);
    let envelope =
        Envelope::seal(place, &public, &data_key, &contents, &mut Stream::new(5)).unwrap();
    assert_eq!(envelope.check(place, &public), Ok(()));
    let request = Request::new(&escrow, b"example", vec![envelope.ephemeral]).unwrap();
    let shared = evaluation::combine(&request, &answers(&request, &shares[..3])).unwrap();
    let opened = envelope.open(place, &envelope.unwrap_key(place, &shared[0]).unwrap()).unwrap();
    assert_eq!(opened.amount.0, 10_000);
    json!({
        "escrow_key": hex(public.0),
        "batch_id": batch.to_string(),
        "index": 0,
        "envelope": hex(envelope.encode()),
        "hash": envelope.hash().to_string(),
        "shared": hex(shared[0].0),
    })
}
