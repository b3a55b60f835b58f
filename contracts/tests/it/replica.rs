//! A replica believes nobody: what it applies is the next block, certified, with every signature.

use minglian_contracts::call::Call;
use minglian_contracts::replica::{Replica, ReplicaError};
use minglian_ledger::block::Block;
use minglian_ledger::certificate::precommit_sign_bytes;
use minglian_ledger::certificate::{Certificate, CertificateError, CommitSignature};
use minglian_ledger::evidence::EvidenceError;
use minglian_ledger::hash::Commitment;
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys;
use rand_core::{CryptoRng, RngCore};

use crate::scenario;
use crate::world::{World, genesis, secret_key, validator};

/// The precommits of these validators for a block.
fn certify(block: &Block, signers: &[&str]) -> Certificate {
    let header = &block.header;
    let (height, round, block_id) = (header.height, 0, header.id());
    let message = precommit_sign_bytes(&header.chain_id, height, round, &block_id);
    let commit = |name: &&str| CommitSignature {
        address: validator(name, name, 1).address(),
        signature: keys::sign(&secret_key(&format!("{name}/consensus")), &message),
    };
    Certificate { height, round, block_id, signatures: signers.iter().map(commit).collect() }
}

/// Weights for signatures that are verified together, the same in every run.
struct Weights(u64);

impl RngCore for Weights {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            self.0 += 1;
            let random = Commitment::of(&[&self.0.to_le_bytes()]);
            chunk.copy_from_slice(&random.0[..chunk.len()]);
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Weights {}

const THREE: &[&str] = &["city_finance", "city_civil", "county_finance"];

/// Two blocks of two statements each.
fn blocks() -> Vec<Block> {
    let mut world = World::new();
    for _ in 0..2 {
        let state = |subject: &str| -> Call {
            let words = format!("state kind=total subject={subject} figure=1元 notice=公示");
            scenario::call(&words, &world)
        };
        let calls = [state("甲"), state("乙")];
        let signed = calls.map(|call| world.sign("home.maker", &call)).to_vec();
        world.block(signed).unwrap();
    }
    world.blocks
}

fn apply(replica: &mut Replica, block: &Block, signers: &[&str]) -> Result<(), ReplicaError> {
    replica.apply(block, &certify(block, signers), &mut Weights(0)).map(|_| ())
}

#[test]
fn a_replica_applies_the_next_block_and_no_other() {
    let blocks = blocks();
    let mut replica = Replica::new(&genesis()).unwrap();
    let early = apply(&mut replica, &blocks[1], THREE).unwrap_err();
    assert!(matches!(early, ReplicaError::Height { expected: 1, found: 2 }), "{early}");
    apply(&mut replica, &blocks[0], THREE).unwrap();
    let again = apply(&mut replica, &blocks[0], THREE).unwrap_err();
    assert!(matches!(again, ReplicaError::Height { expected: 2, found: 1 }), "{again}");
    apply(&mut replica, &blocks[1], THREE).unwrap();
    assert_eq!(replica.header(), &blocks[1].header);
}

#[test]
fn a_block_without_more_than_two_thirds_is_not_applied() {
    let blocks = blocks();
    let mut replica = Replica::new(&genesis()).unwrap();
    let two = apply(&mut replica, &blocks[0], &THREE[..2]).unwrap_err();
    let short = ReplicaError::Certificate(EvidenceError::Certificate(CertificateError::NoQuorum {
        height: blocks[0].header.height,
        power: 2,
        total: 4,
    }));
    assert_eq!(two.to_string(), short.to_string());
    apply(&mut replica, &blocks[0], THREE).unwrap();
}

/// Validators may certify what they like: a record that its officer did not sign is refused, and
/// named by its place in the log. Execution does not look at signatures, so nothing else would.
#[test]
fn a_certified_block_with_a_forged_signature_is_not_applied() {
    let blocks = blocks();
    let mut replica = Replica::new(&genesis()).unwrap();
    apply(&mut replica, &blocks[0], THREE).unwrap();
    let before = replica.header().clone();
    let mut world = World::new();
    world.block(blocks[0].transactions.clone()).unwrap();
    let mut transactions = blocks[1].transactions.clone();
    transactions[1].signature = transactions[0].signature;
    let header = world.build(&transactions).unwrap().sealed.header;
    let forged = Block { header, transactions };
    let refused = apply(&mut replica, &forged, THREE).unwrap_err();
    // The second of the block's records.
    let ReplicaError::Signature { height: 2, record } = refused else { panic!("{refused}") };
    assert_eq!(record, LogIndex(before.log_size + 1));
    assert_eq!(replica.header(), &before);
    apply(&mut replica, &blocks[1], THREE).unwrap();
}
