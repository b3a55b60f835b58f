//! A36: payments that came back, once each.

use minglian_contracts::call::Call;
use minglian_contracts::event::Event;
use minglian_contracts::refusal::Code;
use minglian_contracts::subsidy;
use minglian_contracts::subsidy::batch::{BATCHES, Content, Standing};
use minglian_contracts::subsidy::money;
use minglian_contracts::subsidy::returned::{INDEXES_MAX, RETURNED, Return};
use minglian_contracts::subsidy::verdict::Finding;
use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::batch::{BatchKind, BatchName};
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::subsidy::returned;

use super::fixture::{
    INVALID, Stream, county, decide, free, header, lot, main_batch, name, open_leaves, standing,
    submission, submit, unproven,
};
use crate::steps::{balance, checked};
use crate::world::World;

fn came_back(
    world: &mut World,
    batch: BatchId,
    number: u16,
    indexes: &[u32],
    fen: u64,
) -> Result<BatchId, Code> {
    let total = Fen::new(fen).unwrap();
    let (indexes, balance, occurred_on) = (indexes.to_vec(), unproven(), world.date);
    let act = Return { batch, number, attempt: 0, indexes, total, balance, occurred_on };
    let events = checked(world, "county_civil", &Call::Subsidy(subsidy::Call::Return(act)))?;
    match events.last() {
        Some(Event::Subsidy(subsidy::Event::Submitted { batch, .. })) => Ok(*batch),
        other => panic!("{other:?}"),
    }
}

/// A batch of two lots, 600元 and 100元.
fn applied(world: &mut World) -> (BatchId, BatchName) {
    let ((first, one), (second, two)) = (lot(world, 0, 60_000), lot(world, 1, 10_000));
    let month = name(world, "2024-05", BatchKind::Main, 0);
    let act = submission(world, header(month.clone(), vec![first, second]), vec![one, two]);
    let batch = submit(world, act).unwrap();
    decide(world, batch, Finding::Valid);
    (batch, month)
}

#[test]
fn a36_a_leaf_comes_back_once_and_only_of_a_batch_that_paid() {
    let mut world = county();
    let act = main_batch(&world);
    let pending = submit(&mut world, act).unwrap();
    assert_eq!(came_back(&mut world, pending, 1, &[1], 3_000), Err(Code::BatchNotApplied));
    decide(&mut world, pending, Finding::Valid);
    let batch = pending;
    assert_eq!(came_back(&mut world, batch, 1, &[40], 3_000), Err(Code::ReturnInvalid));
    assert_eq!(came_back(&mut world, batch, 1, &[], 3_000), Err(Code::ReturnInvalid));
    assert_eq!(came_back(&mut world, batch, 1, &[2, 2], 3_000), Err(Code::ReturnInvalid));
    assert_eq!(came_back(&mut world, batch, 1, &[3, 2], 3_000), Err(Code::ReturnInvalid));
    let many: Vec<u32> = (0..=INDEXES_MAX as u32).collect();
    assert_eq!(came_back(&mut world, batch, 1, &many, 3_000), Err(Code::ReturnInvalid));
    assert_eq!(came_back(&mut world, batch, 1, &[2], 0), Err(Code::AmountZero));
    assert_eq!(came_back(&mut world, batch, 1, &[2], 50_001), Err(Code::ReturnExceeded));
    assert_eq!(came_back(&mut world, batch, 2, &[2], 3_000), Err(Code::BatchKindWrong));
    assert_eq!(came_back(&mut world, batch, 0, &[2], 3_000), Err(Code::BatchKindWrong));
    let first = came_back(&mut world, batch, 1, &[2, 5], 6_000).unwrap();
    // Nothing is credited before the validators have looked.
    assert_eq!(free(&world), 1_950_000);
    assert_eq!(came_back(&mut world, batch, 2, &[7], 3_000), Err(Code::BatchKindWrong));
    decide(&mut world, first, Finding::Valid);
    assert_eq!((standing(&world, &first), free(&world)), (Standing::Applied, 1_956_000));
    assert_eq!(came_back(&mut world, batch, 2, &[5, 7], 6_000), Err(Code::AlreadyReturned));
    assert_eq!(came_back(&mut world, first, 2, &[1], 3_000), Err(Code::BatchNotApplied));
    assert_eq!(came_back(&mut world, batch, 2, &[7], 44_001), Err(Code::ReturnExceeded));
    let second = came_back(&mut world, batch, 2, &[7], 3_000).unwrap();
    decide(&mut world, second, INVALID);
    assert_eq!((standing(&world, &second), free(&world)), (Standing::Rejected, 1_956_000));
}

/// Marks are eight to a byte and 4,096 to a key. The list of the county is far shorter, so the
/// state is told that the batch has 8,192 leaves.
#[test]
fn each_leaf_has_a_mark_of_its_own() {
    let mut world = county();
    let (batch, _) = applied(&mut world);
    let mut known = BATCHES.get(&world.state, &batch).unwrap().unwrap();
    let Content::Payment { sealed, .. } = &mut known.content else { panic!("it pays") };
    sealed.header.leaves = 8_192;
    world.put(|state| BATCHES.put(state, &batch, &known));
    let first = came_back(&mut world, batch, 1, &[1, 4_096, 4_098], 9_000).unwrap();
    decide(&mut world, first, Finding::Valid);
    let marks = |chunk| RETURNED.get(&world.state, &(batch, chunk)).unwrap().unwrap();
    assert_eq!([marks(0).len(), marks(1).len()], [512, 512], "a bit for each leaf");
    for taken in [1, 4_096, 4_098] {
        let again = came_back(&mut world, batch, 2, &[taken], 3_000);
        assert_eq!(again, Err(Code::AlreadyReturned), "{taken}");
    }
    // Of the same byte, at the same bit of others, and at the same places of the other key.
    let free = [0, 2, 9, 4_097, 4_106, 8_191];
    assert!(came_back(&mut world, batch, 2, &free, 18_000).is_ok());
}

#[test]
fn a_return_that_does_not_hold_leaves_its_leaves_free() {
    let mut world = county();
    let (batch, _) = applied(&mut world);
    let first = came_back(&mut world, batch, 1, &[2, 5], 6_000).unwrap();
    decide(&mut world, first, INVALID);
    let again = |attempt, world: &mut World| {
        let (total, balance, occurred_on) = (Fen::new(6_000).unwrap(), unproven(), world.date);
        let indexes = vec![2, 5];
        let act = Return { batch, number: 1, attempt, indexes, total, balance, occurred_on };
        checked(world, "county_civil", &Call::Subsidy(subsidy::Call::Return(act))).map(drop)
    };
    assert_eq!(again(0, &mut world), Err(Code::AttemptTaken));
    again(1, &mut world).unwrap();
}

#[test]
fn what_comes_back_is_presumed_to_be_of_the_last_lot() {
    let mut world = county();
    let (batch, month) = applied(&mut world);
    let held = |world: &World| [0, 1].map(|lot| balance(world, &money::account(&month, lot)).get());
    assert_eq!(held(&world), [60_000, 10_000]);
    let first = came_back(&mut world, batch, 1, &[1, 2, 3, 4], 12_000).unwrap();
    decide(&mut world, first, Finding::Valid);
    assert_eq!(held(&world), [58_000, 0]);
}

#[test]
fn all_of_a_batch_may_come_back_and_not_more() {
    let mut world = county();
    let (batch, _) = applied(&mut world);
    let all: Vec<u32> = (0..40).collect();
    assert_eq!(came_back(&mut world, batch, 1, &all, 70_001), Err(Code::ReturnExceeded));
    let first = came_back(&mut world, batch, 1, &all, 70_000).unwrap();
    decide(&mut world, first, Finding::Valid);
    assert_eq!(free(&world), 2_000_000);
}

#[test]
fn validators_verify_a_return_by_what_the_state_has_of_it() {
    let mut world = county();
    let (batch, _) = applied(&mut world);
    let amounts = [0, 3_000, 6_000, 30_000].repeat(10);
    let leaves = open_leaves(&batch, &amounts);
    let (indexes, total) = (vec![1, 3, 6], Fen::new(39_000).unwrap());
    let openings: Vec<_> = [1, 3, 6].iter().map(|index: &usize| &leaves[*index].opening).collect();
    let own = name(&world, "2024-05", BatchKind::Return(1), 0);
    let statement = returned::statement(&own, &batch, &indexes, total);
    let proof = returned::prove(&statement, &openings, total, &mut Stream(3));
    let occurred_on = world.date;
    let act = Return { batch, number: 1, attempt: 0, indexes, total, balance: proof, occurred_on };
    checked(&mut world, "county_civil", &Call::Subsidy(subsidy::Call::Return(act))).unwrap();

    let known = BATCHES.get(&world.state, &own.id()).unwrap().unwrap();
    let Content::Return(it) = known.content else { panic!("a return") };
    let statement = returned::statement(&known.name, &it.of, &it.indexes, it.total);
    let points = |indexes: &[u32]| -> Vec<_> {
        indexes.iter().map(|index| leaves[*index as usize].leaf.commitment).collect()
    };
    assert_eq!(returned::verify(&statement, &points(&it.indexes), it.total, &it.balance), Ok(()));
    // One leaf for another of another amount; another total; another batch.
    let swapped = returned::verify(&statement, &points(&[1, 3, 7]), it.total, &it.balance);
    assert!(swapped.is_err());
    let more = Fen::new(39_001).unwrap();
    assert!(returned::verify(&statement, &points(&it.indexes), more, &it.balance).is_err());
    let other = returned::statement(&known.name, &BatchId([8; 32]), &it.indexes, it.total);
    assert!(returned::verify(&other, &points(&it.indexes), it.total, &it.balance).is_err());
}
