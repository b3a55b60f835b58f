//! A ledger that believes nobody: certificates, signatures, heights, and whose votes count next.

use minglian_contracts::call::Call;
use minglian_contracts::replica::{Replica, ReplicaError};
use minglian_contracts::validator_set;
use minglian_ledger::block::{Block, Header};
use minglian_ledger::certificate::{
    Certificate, CertificateError, CommitSignature, precommit_sign_bytes,
};
use minglian_ledger::evidence::EvidenceError;
use minglian_ledger::height::LogIndex;
use minglian_ledger::keys;
use minglian_ledger::state::StateRead;
use rand_core::{CryptoRng, Error, RngCore, impls};

use crate::scenario::call;
use crate::world::{World, code, genesis, secret_key, validator};

/// Counts: batches of signatures need some numbers, and tests the same each time.
struct Counter(u64);

impl RngCore for Counter {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        self.0
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        impls::fill_bytes_via_next(self, bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for Counter {}

/// What these validators sign of a header.
fn certify(header: &Header, names: &[&str]) -> Certificate {
    let block_id = header.id();
    let message = precommit_sign_bytes(&header.chain_id, header.height, 0, &block_id);
    let signatures = names.iter().map(|name| CommitSignature {
        address: validator(name, name, 1).address(),
        signature: keys::sign(&secret_key(&format!("{name}/consensus")), &message),
    });
    Certificate { height: header.height, round: 0, block_id, signatures: signatures.collect() }
}

const THREE: [&str; 3] = ["city_finance", "city_civil", "county_civil"];

fn follow(replica: &mut Replica, block: &Block, names: &[&str]) -> Result<(), ReplicaError> {
    replica.apply(block, &certify(&block.header, names), &mut Counter(1)).map(drop)
}

#[test]
fn a_replica_comes_to_the_same_state_block_by_block() {
    let (mut world, mut replica) = (World::new(), Replica::new(&genesis()).unwrap());
    let words = "record to=county_civil/中央/2024/甲 amount=9万元 notice=公示";
    let act = call(words, &world);
    world.act("county_finance.maker", &act);
    world.block(Vec::new()).unwrap();
    for block in &world.blocks {
        follow(&mut replica, block, &THREE).unwrap();
    }
    assert_eq!(replica.header(), &world.header);
    let key = minglian_contracts::registry::ORGANIZATIONS.key(&code("home"));
    let found = replica.state().get(&key).unwrap();
    assert!(found.is_some());
    assert_eq!(found, world.state.get(&key).unwrap());
    // Neither the last block again nor one that is not the next.
    for block in &world.blocks {
        let error = follow(&mut replica, block, &THREE).unwrap_err();
        assert!(matches!(error, ReplicaError::Height { .. }), "{error}");
    }
    let mut behind = Replica::new(&genesis()).unwrap();
    let error = follow(&mut behind, &world.blocks[1], &THREE).unwrap_err();
    let ReplicaError::Height { expected, found } = error else { panic!("{error}") };
    assert_eq!([expected, found], [0, 1].map(|at| world.blocks[at].header.height.0));
}

#[test]
fn a_block_without_more_than_two_thirds_is_not_applied() {
    let (mut world, mut replica) = (World::new(), Replica::new(&genesis()).unwrap());
    world.block(Vec::new()).unwrap();
    let error = follow(&mut replica, &world.blocks[0], &THREE[..2]).unwrap_err();
    let short = CertificateError::NoQuorum { height: world.header.height, power: 2, total: 4 };
    let short = ReplicaError::Certificate(EvidenceError::Certificate(short));
    assert_eq!(error.to_string(), short.to_string());
    follow(&mut replica, &world.blocks[0], &THREE).unwrap();
}

/// A quorum of validators may be wrong or bought; what an officer did not sign is still no act.
/// The record is named by its place in the log.
#[test]
fn a_certified_block_with_a_signature_that_does_not_verify_is_refused_by_its_record() {
    let (mut world, mut replica) = (World::new(), Replica::new(&genesis()).unwrap());
    world.block(Vec::new()).unwrap();
    follow(&mut replica, &world.blocks[0], &THREE).unwrap();
    let before = world.header.clone();
    let act = |line: &str, world: &mut World| {
        let words = format!("record to=county_civil/中央/2024/{line} amount=9万元 notice=公示");
        world.sign("county_finance.maker", &call(&words, world))
    };
    let (good, mut forged) = (act("甲", &mut world), act("乙", &mut world));
    forged.signature = good.signature;
    // Execution does not look at signatures, so the block and its roots are in order.
    world.block(vec![good, forged]).unwrap();
    let error = follow(&mut replica, &world.blocks[1], &THREE).unwrap_err();
    let ReplicaError::Signature { height: 2, record } = error else { panic!("{error}") };
    assert_eq!(record, LogIndex(before.log_size + 1), "the second of the block");
    assert_eq!(replica.header(), &before, "nothing was applied");
}

/// After a change of the validators the new ones' signatures count, and the old ones' do not.
#[test]
fn the_validators_of_the_next_block_certify_it() {
    let (mut world, mut replica) = (World::new(), Replica::new(&genesis()).unwrap());
    let change = call("remove_validator name=county_civil in=4", &world);
    let (proposal, _) = world.act("city_finance.governor", &change);
    let approve = Call::Approval(minglian_contracts::approval::Call::Approve { proposal });
    for governor in ["city_civil.governor", "county_finance.governor"] {
        world.apply(governor, &approve);
    }
    while validator_set::validators(&world.state).unwrap().members().len() == 4 {
        world.block(Vec::new()).unwrap();
    }
    world.block(Vec::new()).unwrap();
    let (last, before) = world.blocks.split_last().unwrap();
    for block in before {
        assert_eq!(replica.validators().members().len(), 4);
        follow(&mut replica, block, &THREE).unwrap();
    }
    assert_eq!(replica.validators().members().len(), 3);
    let error = follow(&mut replica, last, &THREE).unwrap_err();
    assert!(matches!(error, ReplicaError::Certificate(_)), "{error}");
    follow(&mut replica, last, &["city_finance", "city_civil", "county_finance"]).unwrap();
}
