//! Headers and leaves: what follows from parent and transactions, and nothing else.

use minglian_contracts::call::Call;
use minglian_contracts::context::RULES_VERSION;
use minglian_contracts::fault::Fault;
use minglian_contracts::refusal::Code;
use minglian_contracts::registry;
use minglian_contracts::rules;
use minglian_contracts::seal::{self, InvalidBlock, SealError};
use minglian_contracts::setup::{self, SetupError};
use minglian_ledger::block::{Block, Header};
use minglian_ledger::genesis::{Genesis, GenesisOfficer, Role};
use minglian_ledger::hash::{BlockId, StateRoot, ValidatorAddress, ValidatorsHash};
use minglian_ledger::height::{Height, TimeMs};
use minglian_ledger::log::tree::Frontier;
use minglian_ledger::log::{self, LogHash};
use minglian_ledger::record::Leaf;
use minglian_ledger::state::StateError;
use minglian_ledger::validators::ValidatorSet;

use crate::world::{World, code, genesis, public_key, text, validator};

fn registering(key: &str) -> Call {
    Call::Registry(registry::Call::RegisterKey {
        organization: code("home"),
        key: public_key(key),
        role: Role::Maker,
        same_officer_as: None,
    })
}

#[test]
fn the_genesis_block_is_one_closing_leaf() {
    let world = World::new();
    let genesis = genesis();
    let sealed = setup::genesis_block(&genesis, world.tree.root()).unwrap();
    assert_eq!(sealed.header, world.header);
    assert_eq!(sealed.header.log_size, 1);
    assert_eq!(sealed.header.log_root, log::leaf_hash(&sealed.leaves[0]));
    let closing = genesis.closing(world.tree.root(), RULES_VERSION);
    assert_eq!(Leaf::decode(&sealed.leaves[0]).unwrap(), Leaf::Closing(closing));
}

#[test]
fn a_block_adds_one_leaf_per_transaction_and_a_closing_leaf() {
    let mut world = World::new();
    let transactions = vec![
        world.sign("home.governor", &registering("a")),
        world.sign("home.governor", &registering("b")),
    ];
    let sealed = world.build(&transactions).unwrap().sealed;
    assert_eq!(sealed.header.log_size, 4);
    for (position, transaction) in transactions.iter().enumerate() {
        let Leaf::Record(record) = Leaf::decode(&sealed.leaves[position]).unwrap() else {
            panic!("not a record");
        };
        assert_eq!(record.transaction, *transaction);
        assert_eq!(record.index.0, 1 + position as u64);
    }
    assert_eq!(Leaf::decode(&sealed.leaves[2]).unwrap(), Leaf::Closing(sealed.header.closing()));
}

#[test]
fn a_header_that_differs_in_any_field_is_refused_by_name() {
    let mut world = World::new();
    world.block(Vec::new()).unwrap();
    let transaction = world.sign("home.governor", &registering("a"));
    let transactions = vec![transaction];
    let header = world.build(&transactions).unwrap().sealed.header;
    let changes: [(&str, Change); 9] = [
        ("chain_id", |header| header.chain_id = text("other")),
        ("height", |header| header.height = Height(9)),
        ("parent", |header| header.parent = BlockId([1; 32])),
        ("rules_version", |header| header.rules_version += 1),
        ("state_root", |header| header.state_root = StateRoot([1; 32])),
        ("next_validators_hash", |header| {
            header.next_validators_hash = ValidatorsHash([1; 32]);
        }),
        ("log_size", |header| header.log_size += 1),
        ("log_root", |header| header.log_root = LogHash([1; 32])),
        // A proposer is whoever the header names; the closing leaf holds it too.
        ("", |header| header.proposer = ValidatorAddress([1; 32])),
    ];
    for (name, change) in changes {
        let mut header = header.clone();
        change(&mut header);
        let block = Block { header, transactions: transactions.clone() };
        let replayed =
            seal::replay(&world.header, &block, &world.state, &world.tree, &world.frontier);
        match replayed {
            Err(InvalidBlock::Rules(other)) => {
                assert_eq!((name, other.found), ("rules_version", RULES_VERSION + 1));
                let said = format!("version {}", RULES_VERSION + 1);
                assert!(other.to_string().contains(&said), "{other}");
            }
            Err(InvalidBlock::Header { field }) if name.is_empty() => assert_eq!(field, "log_root"),
            // Another release is named as such, and not only as a header that differs.
            Err(InvalidBlock::Header { field }) if name != "rules_version" => {
                assert_eq!(field, name);
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn time_goes_forward_and_the_log_is_the_parents() {
    let mut world = World::new();
    world.block(Vec::new()).unwrap();
    let mut header = world.build(&[]).unwrap().sealed.header;
    header.time_ms = world.header.time_ms;
    let block = Block { header, transactions: Vec::new() };
    let replay = |world: &World, block: &Block| {
        seal::replay(&world.header, block, &world.state, &world.tree, &world.frontier).unwrap_err()
    };
    let error = replay(&world, &block);
    assert!(matches!(error, InvalidBlock::Seal(SealError::Time { .. })), "{error}");

    let mut block = block;
    let latest = seal::latest_time(&world.header);
    assert_eq!(latest.0 - world.header.time_ms.0, 366 * 24 * 60 * 60 * 1000);
    for time_ms in [TimeMs(latest.0 + 1), TimeMs(u64::MAX)] {
        block.header.time_ms = time_ms;
        let error = replay(&world, &block);
        assert!(matches!(error, InvalidBlock::Seal(SealError::TimeStep { .. })), "{error}");
    }
    assert_eq!(world.build_at(latest, &[]).unwrap().sealed.header.time_ms, latest);

    // Behind the genesis a block may have any time of the calendar.
    let fresh = World::new();
    let century = TimeMs(fresh.header.time_ms.0 + 100 * seal::TIME_STEP_MS_MAX);
    assert_eq!(fresh.build_at(century, &[]).unwrap().sealed.header.time_ms, century);
    let error = fresh.build_at(TimeMs(u64::MAX), &[]).unwrap_err();
    assert!(matches!(error, InvalidBlock::Date(_)), "{error}");

    block.header.time_ms = world.next_time();
    // As many leaves as the parent's log, but others.
    let mut other = Frontier::default();
    (0..world.frontier.size()).for_each(|_| other.append(LogHash([7; 32])).unwrap());
    let own = std::mem::replace(&mut world.frontier, other);
    let error = replay(&world, &block);
    assert!(matches!(error, InvalidBlock::Seal(SealError::Frontier { .. })), "{error}");
    world.frontier = own;
    world.frontier.append(LogHash::default()).unwrap();
    let error = replay(&world, &block);
    assert!(matches!(error, InvalidBlock::Seal(SealError::Frontier { .. })), "{error}");
}

/// A validator that cannot read its own disk says so, and does not call the proposer a liar.
#[test]
fn a_state_that_cannot_be_read_is_no_fault_of_the_block() {
    let unreadable = InvalidBlock::from(StateError::backend(std::io::Error::other("a bad sector")));
    assert!(unreadable.is_operational());
    let bad = InvalidBlock::Header { field: "log_root" };
    assert!(!bad.is_operational());
    let late = InvalidBlock::from(SealError::Time { time_ms: 1, parent_ms: 1 });
    assert!(!late.is_operational());
}

/// What somebody does to a header.
type Change = fn(&mut Header);

/// The code by which a genesis is refused.
fn refused(genesis: &Genesis) -> Code {
    match setup::genesis_changes(genesis) {
        Err(SetupError::Refused(Fault::Refused(refusal))) => refusal.code,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_genesis_must_have_governors_and_keys_of_its_own() {
    let mut without = genesis();
    without.organizations[0].officers.retain(|officer| officer.role != Role::Governor);
    assert!(matches!(setup::genesis_changes(&without), Err(SetupError::NoGovernor(_))));

    let mut absent = genesis();
    absent.validators = ValidatorSet::new(vec![validator("x", "nobody", 1)]).unwrap();
    assert!(matches!(setup::genesis_changes(&absent), Err(SetupError::NoGovernor(_))));

    for key in ["city_civil.maker", "city_civil/consensus"] {
        let mut shared = genesis();
        let officer = GenesisOfficer { key: public_key(key), role: Role::Payer };
        shared.organizations[0].officers.push(officer);
        assert_eq!(refused(&shared), Code::KeyTaken);
    }

    let mut twice = genesis();
    twice.organizations.push(twice.organizations[0].clone());
    assert_eq!(refused(&twice), Code::OrganizationExists);
}

#[test]
fn every_verified_national_figure_starts_with_the_chain() {
    use minglian_contracts::parameter;
    let world = World::new();
    let parameters = rules::national().unwrap();
    let keys: Vec<&str> = parameters.iter().map(|parameter| parameter.key.as_str()).collect();
    assert!(keys.contains(&"approval.proposal_days"), "{keys:?}");
    assert!(keys.contains(&"allocation.carry_over_years"), "{keys:?}");
    for parameter in parameters {
        let (key, first_day) = (&parameter.key, parameter.effective_from);
        let found = parameter::find(&world.state, key, first_day).unwrap().unwrap();
        assert_eq!(found.value, parameter.value, "{key}");
    }
    // A genesis that names one keeps its own.
    let mut genesis = genesis();
    let mut own = rules::national().unwrap().remove(0);
    own.value += 7;
    genesis.parameters.push(own.clone());
    let world = World::from_genesis(&genesis);
    let found = parameter::find(&world.state, &own.key, world.date).unwrap().unwrap();
    assert_eq!((found.version, found.value), (1, own.value));
}
