//! Whatever comes from outside: no decoder panics, and what it accepts is written back as the very
//! bytes that were read, so that one value has one encoding.

use std::sync::LazyLock;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::block::{Block, Header};
use minglian_ledger::certificate::Certificate;
use minglian_ledger::checkpoint::Checkpoint;
use minglian_ledger::checkpoint::key::VerifierKey;
use minglian_ledger::checkpoint::note::Note;
use minglian_ledger::date::{Date, Month};
use minglian_ledger::document_number::DocumentNumberSet;
use minglian_ledger::evidence::{Evidence, Subject, Trust};
use minglian_ledger::genesis::Genesis;
use minglian_ledger::log::tiles::{self, Tile};
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::record::Leaf;
use minglian_ledger::state::proof::StateProof;
use minglian_ledger::subsidy::batch::SealedBatch;
use minglian_ledger::subsidy::evaluation::{self, Partial};
use minglian_ledger::subsidy::key_generation::Dealing;
use minglian_ledger::subsidy::leaf as subsidy_leaf;
use minglian_ledger::subsidy::pedersen::Amount;
use minglian_ledger::subsidy::receipt::Receipt;
use minglian_ledger::subsidy::standard::StandardProof;
use minglian_ledger::subsidy::standards::{RangeBits, RangeRule, Standards};
use minglian_ledger::subsidy::threshold::{KeyPurpose, Request, ThresholdKey};
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{TRANSACTION_BYTES_MAX, Transaction};
use minglian_ledger::validators::ValidatorSet;
use proptest::prelude::*;

use crate::fixture::{self, Chain};
use crate::subsidy;

/// Decodes and, if that succeeds, encodes again.
type Decoder = fn(&[u8]) -> Option<Vec<u8>>;

fn plain<T: BorshDeserialize + BorshSerialize>(bytes: &[u8]) -> Option<Vec<u8>> {
    borsh::from_slice::<T>(bytes).ok().map(|value| borsh::to_vec(&value).unwrap())
}

fn note(bytes: &[u8]) -> Option<Vec<u8>> {
    let note = Note::parse(bytes).ok()?;
    if let Ok(checkpoint) = note.text().parse::<Checkpoint>() {
        assert_eq!(checkpoint.to_string(), note.text());
    }
    Some(note.to_string().into_bytes())
}

/// Name, an encoding that is accepted, and the decoder.
type Sample = (&'static str, Vec<u8>, Decoder);

static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| [samples(), subsidy_samples()].concat());

fn samples() -> Vec<Sample> {
    let chain = Chain::new();
    let transaction = fixture::transaction(&chain.chain_id, "文号 1", b"call");
    let block =
        Block { header: chain.header(1).clone(), transactions: vec![transaction.clone(); 3] };
    let crowd = fixture::crowded_keys();
    let absence = chain.state_evidence(&crowd[2]);
    let Subject::State { proof, .. } = &absence.subject else { panic!("a state subject") };
    let encode = |value: &StateProof| borsh::to_vec(value).unwrap();
    vec![
        ("transaction", transaction.encode(), |bytes| {
            Transaction::decode(bytes).ok().map(|value| value.encode())
        }),
        ("record", chain.leaves()[1].clone(), |bytes| {
            Leaf::decode(bytes).ok().map(|value| value.encode())
        }),
        ("closing", chain.leaves()[0].clone(), |bytes| {
            Leaf::decode(bytes).ok().map(|value| value.encode())
        }),
        ("block", block.encode(), |bytes| Block::decode(bytes).ok().map(|value| value.encode())),
        ("header", borsh::to_vec(chain.header(1)).unwrap(), plain::<Header>),
        ("certificate", borsh::to_vec(&chain.certificate(1)).unwrap(), plain::<Certificate>),
        ("leaf evidence", chain.leaf_evidence(1, 4).encode(), |bytes| {
            Evidence::decode(bytes).ok().map(|value| value.encode())
        }),
        ("state evidence", absence.encode(), |bytes| {
            Evidence::decode(bytes).ok().map(|value| value.encode())
        }),
        ("state proof", encode(proof), |bytes| {
            StateProof::decode(bytes).ok().map(|value| borsh::to_vec(&value).unwrap())
        }),
        ("validators", borsh::to_vec(&chain.genesis.validators).unwrap(), plain::<ValidatorSet>),
        ("genesis", borsh::to_vec(&chain.genesis).unwrap(), plain::<Genesis>),
        ("trust", borsh::to_vec(&chain.trust()).unwrap(), plain::<Trust>),
        ("text", borsh::to_vec("来安县").unwrap(), plain::<Text<16>>),
        ("date", borsh::to_vec(&Date::MIN).unwrap(), plain::<Date>),
        ("month", borsh::to_vec(&Month::new(2026, 1).unwrap()).unwrap(), plain::<Month>),
        ("code", borsh::to_vec(&fixture::organization()).unwrap(), plain::<OrganizationCode>),
        ("document numbers", vec![0; 4], plain::<DocumentNumberSet>),
        ("note", signed_note(&chain).into_bytes(), note),
    ]
}

fn subsidy_samples() -> Vec<Sample> {
    let made = subsidy::fixture::make(&subsidy::fixture::name(), &[3_000, 0]);
    let (committee, shares, dealings) = subsidy::keys::generate(0, 2, 2, 1);
    let purpose = KeyPurpose::Tags { group: 1, epoch: 2026 };
    let chain_id = Text::new("chain").unwrap();
    let key = ThresholdKey { chain_id, purpose, committees: vec![committee] };
    let request = Request::new(&key, b"", vec![key.committees[0].key]).unwrap();
    let random = &mut subsidy::fixture::Stream::new(1);
    let partial = evaluation::evaluate(&request, &shares[0], random).unwrap();
    let standards = Standards::Table(subsidy::fixture::table());
    let range = RangeRule::new(0, 10, 1, RangeBits::Eight).unwrap();
    let batch = subsidy::fixture::name().id();
    let receipt = Receipt::new(&batch, 0, Amount(1), subsidy::fixture::key(0).leaf_seed(&batch));
    vec![
        ("sealed batch", borsh::to_vec(&made.sealed).unwrap(), plain::<SealedBatch>),
        ("subsidy leaf", made.leaves()[1].encode(), plain::<subsidy_leaf::Leaf>),
        ("standards", borsh::to_vec(&standards).unwrap(), plain::<Standards>),
        ("range", borsh::to_vec(&Standards::Range(range)).unwrap(), plain::<Standards>),
        ("threshold key", borsh::to_vec(&key).unwrap(), plain::<ThresholdKey>),
        ("partial", borsh::to_vec(&partial).unwrap(), plain::<Partial>),
        ("dealing", borsh::to_vec(&dealings[&1]).unwrap(), plain::<Dealing>),
        ("receipt", receipt.encode().to_vec(), |bytes| {
            Receipt::decode(bytes).ok().map(|receipt| receipt.encode().to_vec())
        }),
        ("standard proof", made.body.proofs[0][..352].to_vec(), |bytes| {
            let mut encoded = Vec::new();
            StandardProof::decode(bytes, 4)?.encode(&mut encoded);
            Some(encoded)
        }),
    ]
}

fn signed_note(chain: &Chain) -> String {
    use minglian_ledger::checkpoint::note::NoteSignature;
    let header = chain.header(1);
    let origin = chain.genesis.origin();
    let text = Checkpoint::new(&origin, header.log_size, header.log_root).unwrap().to_string();
    let line = NoteSignature::sign(&origin, &fixture::signing_key(99), &text).unwrap();
    Note::new(text, vec![line]).unwrap().to_string()
}

/// Asserts that what is accepted is canonical.
fn check(name: &str, decoder: Decoder, bytes: &[u8]) {
    if let Some(again) = decoder(bytes) {
        assert_eq!(again, bytes, "{name} has two encodings");
    }
}

#[test]
fn samples_come_back_and_bytes_left_over_are_refused() {
    for (name, sample, decoder) in &*SAMPLES {
        assert_eq!(decoder(sample).as_ref(), Some(sample), "{name}");
        for tail in [&[0][..], &[1], b"\n", &[0; 64]] {
            assert_eq!(decoder(&[&sample[..], tail].concat()), None, "{name} with {tail:?}");
        }
        for length in (0..sample.len()).step_by(1 + sample.len() / 200) {
            assert_ne!(decoder(&sample[..length]).as_deref(), Some(&sample[..]), "{name}");
        }
    }
}

#[test]
fn flipped_bytes_are_refused_or_another_value() {
    for (name, sample, decoder) in &*SAMPLES {
        for at in (0..sample.len()).step_by(1 + sample.len() / 400) {
            let mut bytes = sample.clone();
            bytes[at] ^= 1 << (at % 8);
            check(name, *decoder, &bytes);
        }
    }
}

#[test]
fn inputs_above_their_limit_are_refused_unread() {
    let bytes = vec![0; TRANSACTION_BYTES_MAX + 1];
    assert!(Transaction::decode(&bytes).unwrap_err().to_string().contains("larger than 49152"));
    assert!(Leaf::decode(&vec![1; 65_536]).is_err());
    assert!(Block::decode(&vec![0; 4 * 1024 * 1024 + 1]).is_err());
    assert!(Note::parse(&vec![b'\n'; (1 << 20) + 1]).is_err());
    assert!(StateProof::decode(&[0; 3 * 1024 + 1]).is_err());
}

#[test]
fn a_genesis_file_is_read_back_and_unknown_fields_are_refused() {
    let genesis = fixture::genesis();
    let json = serde_json::to_string_pretty(&genesis).unwrap();
    let read: Genesis = serde_json::from_str(&json).unwrap();
    assert_eq!((&read, read.hash()), (&genesis, genesis.hash()));
    let mut value = serde_json::to_value(&genesis).unwrap();
    value["surprise"] = serde_json::json!(1);
    serde_json::from_value::<Genesis>(value).unwrap_err();
    let mut value = serde_json::to_value(&genesis).unwrap();
    value["validators"].as_array_mut().unwrap().reverse();
    serde_json::from_value::<Genesis>(value).unwrap_err();
    for name in ["", "UPPER", "a b", "明链", "a/b"] {
        let mut genesis = fixture::genesis();
        genesis.name = fixture::text(name);
        genesis.chain_id().unwrap_err();
    }
    let mut longest = fixture::genesis();
    longest.name = fixture::text(&"a".repeat(32));
    assert_eq!(longest.chain_id().unwrap().as_str().len(), 49);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn damaged_samples_are_refused_or_canonical(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(),
        tail in proptest::collection::vec(any::<u8>(), 0..8),
    ) {
        for (name, sample, decoder) in &*SAMPLES {
            let mut bytes = sample.clone();
            for (at, byte) in &edits {
                let at = at.index(bytes.len());
                bytes[at] = *byte;
            }
            check(name, *decoder, &bytes);
            bytes.truncate(cut.index(bytes.len() + 1));
            bytes.extend_from_slice(&tail);
            check(name, *decoder, &bytes);
        }
    }

    #[test]
    fn garbage_is_refused_or_canonical(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        for (name, _, decoder) in &*SAMPLES {
            check(name, *decoder, &bytes);
        }
        let _ = serde_json::from_slice::<Genesis>(&bytes);
        let _ = serde_json::from_slice::<Evidence>(&bytes);
        let _ = tiles::parse_hash_tile(&bytes, 2);
    }

    #[test]
    fn texts_that_are_read_are_the_only_ones_for_their_value(text in "[ -~]{0,24}|\\PC{0,12}") {
        if let Ok(tile) = text.parse::<Tile>() {
            prop_assert_eq!(tile.to_string(), text.clone());
        }
        if let Ok(key) = text.parse::<VerifierKey>() {
            prop_assert_eq!(key.to_string(), text.clone());
        }
        if let Ok(date) = text.parse::<Date>() {
            prop_assert_eq!(date.to_string(), text.clone());
        }
        let _ = serde_json::from_str::<Evidence>(&text);
    }
}
