//! Signatures on which Ed25519 verifiers differ, sent to every node: each gives the same answer.

use std::collections::BTreeMap;

use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::{Scalar, constants};
use minglian_client::wire::SubmitStatus;
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::Height;
use minglian_ledger::keys::{self, PublicKey, Signature};
use minglian_ledger::transaction::Transaction;
use minglian_testnet::act::COMMIT_LIMIT;
use minglian_testnet::officer::{Officer, Officers};
use minglian_testnet::{check, load, measure};
use serde::Deserialize;
use sha2::{Digest as _, Sha512};

use crate::network::{self, Network};

/// The published vectors, as `ledger/` checks them.
const VECTORS: &str = include_str!("../../../ledger/vectors/ed25519_edge.json");

#[derive(Deserialize)]
struct Vectors {
    signatures: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    public_key: PublicKey,
    signature: Signature,
    registrable: bool,
}

/// A harmless act that an officer signed, under a reference of its own.
fn signed(officer: &Officer, network: &Network, reference: &str) -> Transaction {
    let call = Call::Approval(approval::Call::Withdraw { proposal: TransactionId::default() });
    let chain_id = network.genesis().unwrap().chain_id().unwrap();
    officer.sign(&chain_id, reference, Height(1_000), &call).unwrap()
}

fn is_good(transaction: &Transaction) -> bool {
    keys::verify(&transaction.key, &transaction.sign_bytes(), &transaction.signature).is_ok()
}

/// Signs so that the nonce point is sent as `point`, of which `nonce` is the part that counts.
fn crafted(
    mut transaction: Transaction,
    officer: &Officer,
    nonce: Scalar,
    point: [u8; 32],
) -> Transaction {
    let digest = Sha512::new()
        .chain_update(point)
        .chain_update(transaction.key.0)
        .chain_update(transaction.sign_bytes());
    let challenge = Scalar::from_bytes_mod_order_wide(&digest.finalize().into());
    let scalar = (nonce + challenge * officer.key.to_scalar()).to_bytes();
    transaction.signature = Signature([point, scalar].concat().try_into().unwrap());
    transaction
}

/// The same signature with the group's order added to S.
fn with_large_scalar(mut transaction: Transaction) -> Transaction {
    let order = (-Scalar::ONE).to_bytes();
    let mut carry = 1;
    for (byte, add) in transaction.signature.0[32..].iter_mut().zip(order) {
        carry += u16::from(*byte) + u16::from(add);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    transaction
}

/// What must be refused, with its code, under references that begin with `run`.
fn refused(network: &Network, officer: &Officer, run: &str) -> Vec<(&'static str, Transaction)> {
    let Vectors { signatures } = serde_json::from_str(VECTORS).unwrap();
    let mut cases = Vec::new();
    for (number, vector) in signatures.into_iter().enumerate() {
        let Vector { public_key, signature, registrable } = vector;
        let own = signed(officer, network, &format!("{run}-{number}"));
        let code = if registrable { "unknown_key" } else { "unusable_key" };
        cases.push((code, Transaction { key: public_key, signature, ..own.clone() }));
        cases.push(("bad_signature", Transaction { signature, ..own }));
    }
    let own = signed(officer, network, &format!("{run}-S"));
    cases.push(("bad_signature", with_large_scalar(own.clone())));
    let mut no_point = own;
    no_point.signature.0[..32].copy_from_slice(&[2; 32]);
    cases.push(("bad_signature", no_point));
    cases
}

/// What its signer made so that verifiers differ, and what the one rule here, ZIP-215, accepts.
fn accepted(network: &Network, officer: &Officer, run: &str) -> Vec<Transaction> {
    let mut crafts = Vec::new();
    for (torsion, at) in constants::EIGHT_TORSION.iter().zip(0_u64..) {
        let nonce = Scalar::from(at + 1_000);
        crafts.push((nonce, (EdwardsPoint::mul_base(&nonce) + torsion).compress().0));
    }
    // The neutral element with y = p + 1, which is not canonical.
    let mut neutral = [0xFF; 32];
    (neutral[0], neutral[31]) = (0xEE, 0x7F);
    crafts.push((Scalar::ZERO, neutral));
    let craft = |(number, (nonce, point)): (usize, (Scalar, [u8; 32]))| {
        let own = signed(officer, network, &format!("{run}-{number}"));
        crafted(own, officer, nonce, point)
    };
    crafts.into_iter().enumerate().map(craft).collect()
}

async fn answers(network: &Network, node: usize) -> BTreeMap<&'static str, u64> {
    let metrics = measure::metrics(&network.client(node).unwrap()).await.unwrap();
    let codes = ["unknown_key", "unusable_key", "bad_signature"];
    codes.into_iter().map(|code| (code, measure::admissions(&metrics, code))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn edge_signatures_get_one_answer_from_every_node() {
    let network = network::up(4, 0).await;
    let officers = Officers::open(network.directory()).unwrap();
    let organization = network.nodes()[0].validator.organization;
    let officer = officers.of(organization, Role::Maker).unwrap();
    let cases = refused(&network, &officer, "refused");
    let verifying = cases.iter().filter(|(_, transaction)| is_good(transaction)).count();
    assert!(verifying >= 14 * 14, "signatures under small-order keys verify for any message");
    let encoded: Vec<_> = cases.iter().map(|(_, transaction)| transaction.encode()).collect();
    for node in 0..4 {
        let mut expected = answers(&network, node).await;
        let given = network.client(node).unwrap().submit(&encoded).await.unwrap();
        assert_eq!(given.len(), cases.len());
        for ((code, transaction), answer) in cases.iter().zip(given) {
            let at = || format!("node {node}: {transaction:?}: {answer:?}");
            assert_eq!((answer.status, &*answer.code), (SubmitStatus::Refused, *code), "{}", at());
            *expected.entry(code).or_default() += 1;
        }
        assert_eq!(answers(&network, node).await, expected, "node {node} counts each");
        let entered = load::records(&network.client(node).unwrap()).await.unwrap();
        assert_eq!(entered, 0, "node {node}: nothing entered the ledger");
    }

    // A node that judged one of these alone would part from the others here.
    for node in 0..4 {
        let crafted = accepted(&network, &officer, &format!("accepted-{node}"));
        assert!(crafted.len() == 9 && crafted.iter().all(is_good));
        let encoded: Vec<_> = crafted.iter().map(Transaction::encode).collect();
        let client = network.client(node).unwrap();
        for answer in client.submit_and_wait(&encoded, COMMIT_LIMIT).await.unwrap() {
            assert_eq!(answer.status, SubmitStatus::Committed, "node {node}: {answer:?}");
        }
    }
    network.wait_level(COMMIT_LIMIT).await.unwrap();
    let report = check::run(&network).await.unwrap();
    assert_eq!((report.nodes, report.transactions), (4, 36));
}
