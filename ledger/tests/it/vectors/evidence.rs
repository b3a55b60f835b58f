//! `evidence.json`: self-contained bundles from a fixed genesis, valid and damaged.

use minglian_ledger::evidence::{Evidence, Subject, Trust};
use minglian_ledger::height::{Height, LogIndex};
use minglian_ledger::log;
use minglian_ledger::log::tree::MemoryTree;
use minglian_ledger::record::{Leaf, RECEIPT_BYTES_MAX};
use serde_json::{Value, json};

use super::{error_name, hex};
use crate::evidence::damage;
use crate::fixture::{self, Chain};

/// A bundle with what a reader must make of it.
fn entry(name: &str, bytes: &[u8], trust: &Trust) -> Value {
    let decoded = Evidence::decode(bytes);
    let verdict = decoded.and_then(|evidence| evidence.verify(trust));
    let mut entry = json!({ "name": name, "hex": hex(bytes), "trust_hex": null });
    match verdict {
        Ok(_) => entry["valid"] = json!(true),
        Err(error) => {
            entry["valid"] = json!(false);
            entry["error"] = json!(error_name(&error));
            entry["why"] = json!(error.to_string());
        }
    }
    entry
}

fn valid(name: &str, evidence: &Evidence, trust: &Trust) -> Value {
    let mut entry = entry(name, &evidence.encode(), trust);
    assert_eq!(entry["valid"], json!(true), "{name}: {}", entry["why"]);
    entry["json"] = serde_json::to_value(evidence).unwrap();
    let read: Evidence = serde_json::from_value(entry["json"].clone()).unwrap();
    assert_eq!(&read, evidence, "{name}: the JSON form is the same bundle");
    entry
}

/// Exactly two thirds of the power are too few, the least power above them is enough.
fn at_two_thirds(chain: &Chain) -> [Value; 2] {
    let trust = Trust {
        chain_id: chain.chain_id.clone(),
        height: Height::GENESIS,
        validators: fixture::validators(&[(1, 2), (2, 2), (3, 1), (4, 1)]),
    };
    let mut evidence = chain.leaf_evidence(1, 1);
    evidence.certificate = fixture::certify(chain.header(1), 0, &[1, 2]);
    let mut short = entry("exactly two thirds, power 4 of 6", &evidence.encode(), &trust);
    assert_eq!(short["error"], json!("Certificate.NoQuorum"));
    evidence.certificate = fixture::certify(chain.header(1), 0, &[1, 2, 3]);
    let mut enough = valid("power 5 of 6", &evidence, &trust);
    for entry in [&mut short, &mut enough] {
        entry["trust_hex"] = json!(hex(borsh::to_vec(&trust).unwrap()));
    }
    [short, enough]
}

/// Inside a leaf only the leaf's own limit counts.
fn long_receipt(chain: &Chain) -> Value {
    let leaves = chain.leaves();
    let Ok(Leaf::Record(mut record)) = Leaf::decode(leaves[1]) else { panic!("a record") };
    record.receipt.events = vec![0; RECEIPT_BYTES_MAX + 1];
    let bytes = Leaf::Record(record).encode();
    let mut tree = MemoryTree::new();
    tree.append(log::leaf_hash(b"0")).unwrap();
    tree.append(log::leaf_hash(&bytes)).unwrap();
    let mut evidence = chain.leaf_evidence(1, 1);
    (evidence.header.log_size, evidence.header.log_root) = (2, tree.root());
    evidence.certificate = fixture::certify(&evidence.header, 0, &[1, 2, 3]);
    let proof = log::proof::inclusion_proof(&tree, 1, 2).unwrap();
    evidence.subject = Subject::Leaf { index: LogIndex(1), bytes, proof };
    valid("a certified record with a receipt above its own limit", &evidence, &chain.trust())
}

#[test]
fn evidence() {
    let chain = Chain::new();
    let trust = chain.trust();
    let crowd = fixture::crowded_keys();
    let mut entries = vec![
        valid("a record, no change of validators", &chain.leaf_evidence(1, 1), &trust),
        valid("a record across two changes", &chain.leaf_evidence(4, fixture::TIP), &trust),
        valid("the closing leaf of the genesis block", &chain.leaf_evidence(0, 4), &trust),
        valid("the closing leaf of a change", &chain.leaf_evidence(6, 3), &trust),
        valid("a state entry", &chain.state_evidence(b"counter"), &trust),
        valid("a state entry in a crowded bucket", &chain.state_evidence(&crowd[1]), &trust),
        valid("absent, between neighbours", &chain.state_evidence(&crowd[2]), &trust),
        valid("absent, an empty bucket", &chain.state_evidence(b"account/1"), &trust),
    ];
    for (name, evidence) in damage::still_valid(&chain) {
        entries.push(valid(name, &evidence, &trust));
    }
    for (name, bytes) in damage::invalid(&chain) {
        let entry = entry(&name, &bytes, &trust);
        assert_eq!(entry["valid"], json!(false), "{name}");
        entries.push(entry);
    }
    let later = Trust {
        chain_id: chain.chain_id.clone(),
        height: Height(5),
        validators: fixture::validators(fixture::members_at(6)),
    };
    let mut recent = chain.leaf_evidence(4, fixture::TIP);
    recent.changes.clear();
    let mut known = valid("from a set learnt before, no change is needed", &recent, &later);
    known["trust_hex"] = json!(hex(borsh::to_vec(&later).unwrap()));
    entries.push(known);
    let mut old =
        entry("from that set, heights already passed", &chain.leaf_evidence(1, 4).encode(), &later);
    old["trust_hex"] = json!(hex(borsh::to_vec(&later).unwrap()));
    entries.push(old);
    entries.extend(at_two_thirds(&chain));
    entries.push(long_receipt(&chain));
    super::check(
        "evidence.json",
        "Bundles for a reader who trusts the genesis, or `trust_hex` (borsh Trust) where given.",
        json!({
            "genesis": chain.genesis,
            "genesis_hex": hex(borsh::to_vec(&chain.genesis).unwrap()),
            "genesis_hash": chain.genesis.hash(),
            "chain_id": chain.chain_id,
            "origin": chain.genesis.origin(),
            "trust_hex": hex(borsh::to_vec(&trust).unwrap()),
            "bundles": entries,
        }),
    );
}
