//! `hashes.json`: every hash domain, over the same material and over real values.

use minglian_ledger::hash;
use minglian_ledger::transaction::Transaction;
use serde_json::{Value, json};

use super::hex;
use crate::fixture::{self, Chain};

#[test]
fn hashes() {
    let mut domains = Vec::new();
    let materials: Vec<Vec<u8>> =
        [0, 1, 32, 64, 1_024, 1_025].map(|length| (0..length).map(byte).collect()).to_vec();
    macro_rules! domain {
        ($($name:ident)*) => {
            $(for material in &materials {
                domains.push(json!({
                    "type": stringify!($name),
                    "context": hash::$name::CONTEXT,
                    "material": hex(material),
                    "hash": hash::$name::of(&[material]).to_string(),
                }));
            })*
        };
    }
    domain! {
        GenesisHash TransactionId EnvelopeHash BlockId ValidatorsHash ValidatorAddress StateRoot
        StateKeyHash StateValueHash StateLeafHash StateBucketNodeHash StateBucketHash StateSplitHash
        StateNodeHash Commitment AttachmentHash DemonstrationSeed
        SampleFrame SampleSeed SampleStream
    }
    let declared = include_str!("../../../src/hash.rs").matches("\nhash_type!(").count();
    assert_eq!(domains.len(), declared * materials.len(), "a domain is missing from this list");
    super::check(
        "hashes.json",
        "Each hash domain over the bytes 0, 1, 2, … (modulo 251), and over real values.",
        json!({ "domains": domains, "values": values() }),
    );
}

fn byte(number: u32) -> u8 {
    u8::try_from(number % 251).unwrap()
}

fn values() -> Vec<Value> {
    let chain = Chain::new();
    let transaction = fixture::transaction(&chain.chain_id, "ref", b"call");
    let entry = |name: &str, bytes: Vec<u8>, hash: String| {
        let hex = hex(bytes);
        json!({ "type": name, "hex": hex, "hash": hash })
    };
    let header = chain.header(1);
    let set = &chain.genesis.validators;
    let member = &set.members()[0];
    vec![
        entry(
            "GenesisHash",
            borsh::to_vec(&chain.genesis).unwrap(),
            chain.genesis.hash().to_string(),
        ),
        entry("TransactionId", transaction.encode(), transaction.id().to_string()),
        entry(
            "EnvelopeHash",
            transaction.encode(),
            Transaction::envelope_hash(&transaction.encode()).to_string(),
        ),
        entry("BlockId", borsh::to_vec(header).unwrap(), header.id().to_string()),
        entry("ValidatorsHash", borsh::to_vec(set).unwrap(), set.hash().to_string()),
        entry("ValidatorAddress", borsh::to_vec(member).unwrap(), member.address().to_string()),
    ]
}
