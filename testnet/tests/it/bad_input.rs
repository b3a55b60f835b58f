//! What must not get in is refused by every node alike, each kind with its own code, and counted.

use minglian_client::wire::{SubmitAnswer, SubmitStatus};
use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_ledger::genesis::Role;
use minglian_ledger::hash::TransactionId;
use minglian_ledger::height::Height;
use minglian_ledger::keys::{PublicKey, Signature};
use minglian_ledger::text::Text;
use minglian_ledger::transaction::{ChainId, Transaction, TransactionBody};
use minglian_testnet::act::{COMMIT_LIMIT, Desk};
use minglian_testnet::measure;
use minglian_testnet::officer::{Officer, Officers};
use minglian_testnet::workload::Workload;

use crate::network::{self, Network};

/// A point of order 8 in its canonical encoding: signatures under it can be made without a secret.
const SMALL_ORDER: &str = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";

fn harmless() -> Call {
    Call::Approval(approval::Call::Withdraw { proposal: TransactionId::default() })
}

/// The base case and what is wrong with each of the others.
struct Forger {
    officer: Officer,
    chain_id: ChainId,
    height: Height,
}

impl Forger {
    fn body(&self, reference: &str) -> TransactionBody {
        TransactionBody {
            chain_id: self.chain_id.clone(),
            organization: self.officer.organization,
            client_reference: Text::new(reference).unwrap(),
            expires_at: Height(self.height.0 + 100),
            call: harmless().encode(),
        }
    }

    fn sign(&self, body: TransactionBody) -> Vec<u8> {
        Transaction::sign(body, &self.officer.key).encode()
    }

    fn cases(&self) -> Vec<(&'static str, Vec<u8>)> {
        let body = |name: &str| self.body(name);
        let other_chain = Text::new("another-chain-0000000000000000").unwrap();
        let stranger = Officer::generate(self.officer.organization);
        let valid = Transaction::sign(body("good"), &self.officer.key);
        let small_order: PublicKey = SMALL_ORDER.parse().unwrap();
        let mut trailing = valid.encode();
        trailing.push(0);
        vec![
            ("malformed", b"not a transaction".to_vec()),
            ("malformed", trailing),
            ("too_large", self.sign(TransactionBody { call: vec![0; 48 * 1024], ..body("large") })),
            ("wrong_chain", self.sign(TransactionBody { chain_id: other_chain, ..body("chain") })),
            ("expired", self.sign(TransactionBody { expires_at: Height(0), ..body("late") })),
            (
                "expires_too_late",
                self.sign(TransactionBody { expires_at: Height(u64::MAX), ..body("early") }),
            ),
            ("no_reference", self.sign(body(""))),
            ("malformed_call", self.sign(TransactionBody { call: vec![255; 9], ..body("call") })),
            ("unknown_key", Transaction::sign(body("stranger"), &stranger.key).encode()),
            ("unusable_key", Transaction { key: small_order, ..valid.clone() }.encode()),
            ("bad_signature", Transaction { signature: Signature([7; 64]), ..valid }.encode()),
        ]
    }
}

async fn submit(network: &Network, node: usize, encoded: &[u8]) -> SubmitAnswer {
    let client = network.client(node).unwrap();
    client.submit(&[encoded]).await.unwrap().remove(0)
}

/// What a node has answered so far with a code.
async fn counted(network: &Network, node: usize, code: &str) -> u64 {
    let metrics = measure::metrics(&network.client(node).unwrap()).await.unwrap();
    measure::admissions(&metrics, code)
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_by_every_node_with_its_code_and_counted() {
    let network = network::up(4, 0).await;
    let officers = Officers::open(network.directory()).unwrap();
    let organization = network.nodes()[0].validator.organization;
    let header = network.client(0).unwrap().latest_header().await.unwrap().header;
    let forger = Forger {
        officer: officers.of(organization, Role::Maker).unwrap(),
        chain_id: header.chain_id,
        height: header.height,
    };
    for node in 0..4 {
        for (number, (code, encoded)) in forger.cases().into_iter().enumerate() {
            let before = counted(&network, node, code).await;
            let answer = submit(&network, node, &encoded).await;
            assert_eq!(answer.status, SubmitStatus::Refused, "case {number}: {answer:?}");
            assert_eq!(answer.code, code, "case {number} at node {node}: {answer:?}");
            let after = counted(&network, node, code).await;
            assert_eq!(after, before + 1, "case {number} at node {node}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_answered_with_the_first_receipt_and_a_forged_one_is_not() {
    let network = network::up(4, 0).await;
    let mut workload = Workload::prepare(&network).await.unwrap();
    let payment = workload.sign(1).unwrap().remove(0);
    let first = network.client(0).unwrap();
    let answer = first.submit_and_wait(&[&payment.encoded], COMMIT_LIMIT).await.unwrap().remove(0);
    let place = answer.committed.unwrap();
    network.wait_level(COMMIT_LIMIT).await.unwrap();
    let size = first.latest_header().await.unwrap().header.log_size;

    let mut forged = Transaction::decode(&payment.encoded).unwrap();
    forged.signature = Signature([9; 64]);
    for node in 0..4 {
        let client = network.client(node).unwrap();
        let before = counted(&network, node, "committed_before").await;
        let again = client.submit_and_wait(&[&payment.encoded], COMMIT_LIMIT).await.unwrap();
        assert_eq!(again[0].committed.as_ref(), Some(&place), "node {node}");
        assert_eq!(counted(&network, node, "committed_before").await, before + 1);
        let answer = submit(&network, node, &forged.encode()).await;
        assert_eq!(answer.code, "bad_signature", "a known name with another signature");
    }
    assert_eq!(first.latest_header().await.unwrap().header.log_size, size, "entered once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lawful_act_that_the_rules_refuse_is_a_record_with_its_number() {
    let network = network::up(4, 0).await;
    let officers = Officers::open(network.directory()).unwrap();
    let organization = network.nodes()[0].validator.organization;
    let maker = officers.of(organization, Role::Maker).unwrap();
    let client = network.client(2).unwrap();
    let mut desk = Desk::new(client.clone(), "refused").await.unwrap();
    let transaction = desk.sign(&maker, &harmless()).unwrap();
    let encoded = transaction.encode();
    let answer = client.submit_and_wait(&[&encoded], COMMIT_LIMIT).await.unwrap().remove(0);
    assert_eq!(answer.status, SubmitStatus::Committed, "{answer:?}");
    let place = answer.committed.unwrap();
    assert!(!place.receipt.applied);
    let record = client.record(place.index).await.unwrap();
    assert_eq!(record.receipt.code, place.receipt.code);
    let again = client.submit_and_wait(&[&encoded], COMMIT_LIMIT).await.unwrap().remove(0);
    assert_eq!(again.committed, Some(place), "a refused act sent again is not refused twice");
}
