//! `transactions.json`: fixed keys, the bytes they sign, and signatures that do not count.

use curve25519_dalek::Scalar;
use minglian_ledger::certificate;
use minglian_ledger::hash::BlockId;
use minglian_ledger::height::Height;
use minglian_ledger::keys::{self, PublicKey, Signature};
use minglian_ledger::transaction::Transaction;
use serde_json::{Value, json};

use super::hex;
use crate::fixture::{self, Chain};

fn entry(name: &str, transaction: &Transaction, verifies: bool) -> Value {
    assert_eq!(transaction.verify().is_ok(), verifies, "{name}");
    json!({
        "name": name,
        "hex": hex(transaction.encode()),
        "id": transaction.id(),
        "envelope_hash": Transaction::envelope_hash(&transaction.encode()),
        "sign_bytes": hex(transaction.sign_bytes()),
        "key": transaction.key,
        "signature": transaction.signature,
        "verifies": verifies,
    })
}

/// `signature` with the group order added to its scalar: the same number, another form.
fn with_large_scalar(signature: &Signature) -> Signature {
    let order_minus_one = (-Scalar::ONE).to_bytes();
    let mut bytes = signature.0;
    let mut carry = 1_u16;
    for (byte, addend) in bytes[32..].iter_mut().zip(order_minus_one) {
        let sum = u16::from(*byte) + u16::from(addend) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    Signature(bytes)
}

#[test]
fn transactions() {
    let chain = Chain::new();
    let good = fixture::transaction(&chain.chain_id, "财综〔2021〕18号/3", b"a call");
    let variant = |edit: fn(&mut Transaction)| {
        let mut transaction = good.clone();
        edit(&mut transaction);
        transaction
    };
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut weak = good.clone();
    weak.key = PublicKey(identity);
    weak.signature = Signature([&identity[..], &[0; 32]].concat().try_into().unwrap());
    let mut large = good.clone();
    large.signature = with_large_scalar(&good.signature);
    weak.key.check_registrable().unwrap_err();
    let entries = vec![
        entry("signed by its key", &good, true),
        entry("no call", &fixture::transaction(&chain.chain_id, "r", b""), true),
        entry("another key", &variant(|t| t.key = fixture::public_key(91)), false),
        entry("another call", &variant(|t| t.body.call.push(0)), false),
        entry("another chain", &variant(|t| t.body.chain_id = fixture::text("other-0")), false),
        entry("another expiry", &variant(|t| t.body.expires_at = Height(1_001)), false),
        entry("one bit of R", &variant(|t| t.signature.0[0] ^= 1), false),
        entry("one bit of S", &variant(|t| t.signature.0[32] ^= 1), false),
        entry("S plus the group order", &large, false),
        entry("a key that is no point", &variant(|t| t.key = PublicKey([2; 32])), false),
        entry("a key of small order: verifies, and must never be registered", &weak, true),
    ];
    let block_id = BlockId::of(&[b"block"]);
    let message = certificate::precommit_sign_bytes(&chain.chain_id, Height(7), 2, &block_id);
    let precommit = json!({
        "chain_id": chain.chain_id,
        "height": 7,
        "round": 2,
        "block_id": block_id,
        "sign_bytes": hex(&message),
        "key": fixture::public_key(1),
        "signature": keys::sign(&fixture::signing_key(1), &message),
    });
    let seed = |seed| json!({ "seed": hex([seed; 32]), "public_key": fixture::public_key(seed) });
    let seeds: Vec<Value> = [1, 90, 91].map(seed).to_vec();
    super::check(
        "transactions.json",
        "Transactions and a precommit: what is signed, by whom, and whether the signature counts.",
        json!({
            "seeds": seeds,
            "transactions": entries,
            "precommit": precommit,
        }),
    );
}
