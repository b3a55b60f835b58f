//! `encodings.json`: each type as JSON and as bytes, and bytes that no decoder may take.

use std::fmt::Debug;

use borsh::{BorshDeserialize, BorshSerialize};
use minglian_ledger::block::{Block, Header};
use minglian_ledger::certificate::Certificate;
use minglian_ledger::date::{Date, Month};
use minglian_ledger::division::Division;
use minglian_ledger::document_number::DocumentNumber;
use minglian_ledger::evidence::{Evidence, Trust};
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Genesis;
use minglian_ledger::height::Height;
use minglian_ledger::keys::PublicKey;
use minglian_ledger::organization_code::OrganizationCode;
use minglian_ledger::record::{Leaf, Record};
use minglian_ledger::state::proof::StateProof;
use minglian_ledger::text::Text;
use minglian_ledger::transaction::Transaction;
use minglian_ledger::validators::ValidatorSet;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::hex;
use crate::fixture::{self, Chain};

#[derive(Default)]
struct Encodings {
    accepted: Vec<Value>,
    refused: Vec<Value>,
    refused_json: Vec<Value>,
}

/// `json` with an unknown name in one of its objects, for each of them.
fn with_unknown_names(json: &Value) -> Vec<Value> {
    let nested = |part: &Value, put: &dyn Fn(&mut Value, Value)| {
        let edited = with_unknown_names(part).into_iter().map(|inner| {
            let mut whole = json.clone();
            put(&mut whole, inner);
            whole
        });
        edited.collect::<Vec<_>>()
    };
    match json {
        Value::Object(fields) => {
            let mut all = vec![json.clone()];
            all[0]["unknown"] = json!(0);
            for (name, part) in fields {
                all.extend(nested(part, &|whole, inner| whole[name] = inner));
            }
            all
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(at, part)| nested(part, &|whole, inner| whole[at] = inner))
            .collect(),
        _ => Vec::new(),
    }
}

impl Encodings {
    fn accept<T>(&mut self, name: &str, value: &T)
    where
        T: BorshSerialize + BorshDeserialize + Serialize + DeserializeOwned + PartialEq + Debug,
    {
        let bytes = borsh::to_vec(value).unwrap();
        let json = serde_json::to_value(value).unwrap();
        assert_eq!(&borsh::from_slice::<T>(&bytes).unwrap(), value, "{name}");
        assert_eq!(&serde_json::from_value::<T>(json.clone()).unwrap(), value, "{name}");
        for unknown in with_unknown_names(&json) {
            serde_json::from_value::<T>(unknown.clone()).expect_err(&unknown.to_string());
        }
        self.accepted.push(json!({ "type": name, "json": json, "hex": hex(&bytes) }));
        self.refuse::<T>(name, "one byte left over", &[&bytes[..], &[0]].concat());
        self.refuse::<T>(name, "the last byte is missing", &bytes[..bytes.len() - 1]);
    }

    fn refuse<T: BorshDeserialize + Debug>(&mut self, name: &str, why: &str, bytes: &[u8]) {
        borsh::from_slice::<T>(bytes).expect_err(why);
        self.refused.push(json!({ "type": name, "why": why, "hex": hex(bytes) }));
    }

    fn refuse_json<T>(&mut self, name: &str, why: &str, json: Value)
    where
        T: DeserializeOwned + Debug,
    {
        serde_json::from_value::<T>(json.clone()).expect_err(why);
        self.refused_json.push(json!({ "type": name, "why": why, "json": json }));
    }

    fn small_types(&mut self) {
        self.accept("Height", &Height(u64::from(u32::MAX) + 1));
        for number in [0, 1, 29_859_000, Fen::MAX.get()] {
            self.accept("Fen", &Fen::new(number).unwrap());
        }
        for date in [Date::MIN, Date::new(1970, 1, 1).unwrap(), Date::MAX] {
            self.accept("Date", &date);
        }
        self.accept("Month", &Month::new(2026, 2).unwrap());
        self.accept("OrganizationCode", &fixture::organization());
        self.accept("Division", &Division::new(341_122).unwrap());
        self.accept("DocumentNumber", &DocumentNumber::new("财综", 2021, 18).unwrap());
        self.accept("PublicKey", &fixture::public_key(1));
        for text in ["", "来安县民政局", "a\u{A0}b", "\u{10FFFF}"] {
            self.accept("Text<64>", &fixture::text::<64>(text));
        }
    }

    fn refuse_small_types(&mut self) {
        self.refuse::<Fen>("Fen", "above 2^53 - 1", &(1_u64 << 53).to_le_bytes());
        for days in [-7_671_i32, 84_371] {
            self.refuse::<Date>("Date", "outside 1949 to 2200", &days.to_le_bytes());
        }
        self.refuse::<Month>("Month", "month 13", &[0xEA, 0x07, 13]);
        self.refuse::<Month>("Month", "month 0", &[0xEA, 0x07, 0]);
        self.refuse::<Month>("Month", "year 1948", &[0x9C, 0x07, 1]);
        self.refuse::<OrganizationCode>("OrganizationCode", "lower case", b"11445321007177191t");
        self.refuse::<OrganizationCode>("OrganizationCode", "a letter I", b"1144532100717719I1");
        for (code, why) in [(991_122_u32, "no such province"), (340_022, "no prefecture")] {
            self.refuse::<Division>("Division", why, &code.to_le_bytes());
        }
        let texts: [(&str, &[u8]); 9] = [
            ("longer than 4 bytes", b"\x05\0\0\0abcde"),
            ("an impossible length", b"\xff\xff\xff\xff"),
            ("a newline", b"\x01\0\0\0\n"),
            ("U+007F", b"\x01\0\0\0\x7f"),
            ("U+0085", b"\x02\0\0\0\xc2\x85"),
            ("U+202E, right-to-left override", b"\x03\0\0\0\xe2\x80\xae"),
            ("U+FEFF", b"\x03\0\0\0\xef\xbb\xbf"),
            ("an overlong form", b"\x02\0\0\0\xc1\x81"),
            ("a surrogate", b"\x03\0\0\0\xed\xa0\x80"),
        ];
        for (why, bytes) in texts {
            self.refuse::<Text<4>>("Text<4>", why, bytes);
        }
    }

    fn refuse_sets(&mut self) {
        let encode = |members: &[u8]| {
            let members: Vec<_> = members.iter().map(|s| fixture::validator(*s, 1)).collect();
            borsh::to_vec(&members).unwrap()
        };
        let mut sorted: Vec<u8> = vec![1, 2, 3];
        sorted.sort_by_key(|seed| fixture::validator(*seed, 1).address());
        let [a, b, c] = [sorted[0], sorted[1], sorted[2]];
        let name = "ValidatorSet";
        self.refuse::<ValidatorSet>(name, "no members", &[0; 4]);
        self.refuse::<ValidatorSet>(name, "not ascending by address", &encode(&[b, a, c]));
        self.refuse::<ValidatorSet>(name, "one validator twice", &encode(&[a, a]));
        for (why, power) in [("no power", 0), ("power above 2^32", (1_u64 << 32) + 1)] {
            let member = fixture::validator(1, power);
            self.refuse::<ValidatorSet>(name, why, &borsh::to_vec(&vec![member]).unwrap());
        }
        let mut member = fixture::validator(1, 1);
        member.cosigner_key = member.consensus_key;
        let bytes = borsh::to_vec(&vec![member.clone()]).unwrap();
        self.refuse::<ValidatorSet>(name, "one key in two uses", &bytes);
        let mut identity = [0; 32];
        identity[0] = 1;
        member.cosigner_key = PublicKey(identity);
        let bytes = borsh::to_vec(&vec![member]).unwrap();
        self.refuse::<ValidatorSet>(name, "a key of small order", &bytes);
    }
}

#[test]
fn encodings() {
    let chain = Chain::new();
    let mut all = Encodings::default();
    all.small_types();
    all.refuse_small_types();
    all.refuse_sets();
    let transaction = fixture::transaction(&chain.chain_id, "文号 1", b"call");
    all.accept("TransactionBody", &transaction.body);
    all.accept("Transaction", &transaction);
    let leaves = chain.leaves();
    let leaf = Leaf::decode(leaves[1]).unwrap();
    let Leaf::Record(record) = &leaf else { panic!("leaf 1 is a record") };
    all.accept("Receipt", &record.receipt);
    all.accept::<Record>("Record", record);
    all.accept("Leaf", &leaf);
    all.accept("Leaf", &Leaf::decode(leaves[0]).unwrap());
    all.accept("Closing", &chain.header(1).closing());
    all.accept("Header", chain.header(1));
    let transactions = vec![transaction.clone(), record.transaction.clone()];
    all.accept("Block", &Block { header: chain.header(1).clone(), transactions });
    all.accept("Validator", &fixture::validator(1, 7));
    all.accept("ValidatorSet", &chain.genesis.validators);
    all.accept::<Certificate>("Certificate", &chain.certificate(1));
    all.accept::<Genesis>("Genesis", &chain.genesis);
    all.accept("Trust", &chain.trust());
    let crowd = fixture::crowded_keys();
    for key in [&crowd[1], &crowd[2], &b"account/1".to_vec()] {
        let evidence = chain.state_evidence(key);
        all.accept::<Evidence>("Evidence", &evidence);
    }
    all.accept("Evidence", &chain.leaf_evidence(4, 4));
    refuse_tags(&mut all, &transaction, &chain);
    refuse_json(&mut all, &chain);
    let Encodings { accepted, refused, refused_json } = all;
    super::check(
        "encodings.json",
        "Canonical bytes of every type beside its JSON form, and bytes and JSON that a decoder \
         refuses.",
        json!({ "accepted": accepted, "refused": refused, "refused_json": refused_json }),
    );
}

fn refuse_json(all: &mut Encodings, chain: &Chain) {
    let state = |edit: &dyn Fn(&mut Value)| {
        let mut json = serde_json::to_value(chain.state_evidence(b"counter")).unwrap();
        edit(&mut json["subject"]["state"]);
        json
    };
    let numbers = state(&|subject| subject["value"] = json!([8, 0, 0, 0, 0, 0, 0, 0]));
    all.refuse_json::<Evidence>("Evidence", "a value as a list of numbers", numbers);
    let upper = state(&|subject| subject["key"] = json!("AB"));
    all.refuse_json::<Evidence>("Evidence", "upper-case digits", upper);
    let odd = state(&|subject| subject["value"] = json!("080"));
    all.refuse_json::<Evidence>("Evidence", "half a byte", odd);
    let mut two = state(&|_| ());
    two["subject"]["leaf"] = json!({ "index": 0, "bytes": "", "proof": [] });
    all.refuse_json::<Evidence>("Evidence", "two subjects", two);
    let empty = json!({ "kind": "empty", "count": 1 });
    let proof = json!({ "bucket": empty, "sibling_bits": 0, "siblings": [] });
    all.refuse_json::<StateProof>("StateProof", "an empty bucket with a count", proof.clone());
    let evidence = state(&|subject| subject["proof"] = proof.clone());
    all.refuse_json::<Evidence>("Evidence", "an empty bucket with a count", evidence);
    let mut header = serde_json::to_value(chain.header(1)).unwrap();
    header["block_id"] = json!(chain.header(1).id());
    all.refuse_json::<Header>("Header", "a name that a header does not have", header);
    let mut trust = serde_json::to_value(chain.trust()).unwrap();
    trust["validators"][0]["Power"] = json!(1);
    all.refuse_json::<Trust>("Trust", "an unknown name in a validator", trust);
}

fn refuse_tags(all: &mut Encodings, transaction: &Transaction, chain: &Chain) {
    all.refuse::<Leaf>("Leaf", "an unknown variant", &[2]);
    all.refuse::<Leaf>("Leaf", "no bytes", &[]);
    let mut genesis = borsh::to_vec(&chain.genesis).unwrap();
    genesis[4 + chain.genesis.name.as_str().len()] = 2;
    all.refuse::<Genesis>("Genesis", "a bool that is 2", &genesis);
    let proof = [&[2][..], &[0; 8], &[2]].concat();
    all.refuse::<StateProof>("StateProof", "an option that is 2", &proof);
    let mut long = transaction.clone();
    long.body.call = vec![0; 10];
    let mut bytes = long.encode();
    let at = bytes.len() - 32 - 64 - 10 - 4;
    bytes[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
    all.refuse::<Transaction>("Transaction", "a list longer than the bytes", &bytes);
}
