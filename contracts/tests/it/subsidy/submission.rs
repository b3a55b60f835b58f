//! What is submitted, bit by bit, and the one movement of its money.

use minglian_contracts::book::Kind;
use minglian_contracts::call::Call;
use minglian_contracts::context::BlockContext;
use minglian_contracts::event::Event;
use minglian_contracts::execute::execute_block;
use minglian_contracts::refusal::Code;
use minglian_contracts::schema::State;
use minglian_contracts::subsidy;
use minglian_contracts::subsidy::batch::Submit;
use minglian_contracts::subsidy::programme::ProgrammeKind;
use minglian_contracts::subsidy::returned::Return;
use minglian_contracts::subsidy::verdict::{Finding, GiveVerdict};
use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::batch::BatchKind;

use super::fixture::{
    HANDLES, call, county, declare, header, look, lot, main_batch, money, name, prove, receipts,
    root, submission, submit, terms, unproven,
};
use crate::invariants::acts::{OLD_AGE, purpose, record};
use crate::steps::checked;
use crate::world::World;

/// Whether the ledger takes the act of a maker in this state, which stays as it is.
fn is_taken(world: &mut World, act: &Submit) -> bool {
    let transaction = world.sign("county_civil.maker", &call(act.clone()));
    let context = BlockContext::after(&world.header, world.next_time()).unwrap();
    let state = State::new(&world.state);
    let executed = execute_block(&state, &context, &[transaction]).unwrap();
    executed.receipts[0].code == 0
}

#[test]
fn one_bit_changed_anywhere_is_refused_or_found() {
    let mut world = county();
    let amounts = [0, 3_000, 6_000, 30_000].repeat(HANDLES as usize / 4);
    let (lot, source) = lot(&world, 0, amounts.iter().map(|it| u64::from(*it)).sum());
    let month = name(&world, "2024-05", BatchKind::Main, 0);
    let (sealed, body) = prove(month, root(HANDLES), vec![lot], &amounts);
    let (custody, occurred_on) = (receipts(&sealed.header), world.date);
    let good = Submit { sealed: sealed.clone(), sources: vec![source], custody, occurred_on };
    assert!(is_taken(&mut world, &good));
    assert_eq!(look(&sealed, &body), Finding::Valid);
    let bytes = borsh::to_vec(&sealed).unwrap();
    let (mut undecoded, mut refused, mut found) = (0, 0, 0);
    for bit in 0..bytes.len() * 8 {
        let mut bytes = bytes.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let Ok(sealed) = borsh::from_slice(&bytes) else {
            undecoded += 1;
            continue;
        };
        let act = Submit { sealed, ..good.clone() };
        if is_taken(&mut world, &act) {
            // Only what the ledger does not know: proofs, and the root of the leaves.
            assert_ne!(look(&act.sealed, &body), Finding::Valid, "bit {bit}");
            found += 1;
        } else {
            refused += 1;
        }
    }
    assert!(undecoded > 0 && refused > 0, "{undecoded} {refused}");
    assert_eq!(found, 8 * (32 + 32 + 64), "the roots of leaves and proofs, the balance");
}

#[test]
fn a_batch_is_paid_out_of_up_to_sixteen_lots() {
    let mut world = county();
    for _ in 2..17 {
        record(&mut world, "county_finance", &money(), purpose(OLD_AGE, None), "10000");
    }
    let of = |world: &World, count| {
        let (lots, sources) = (0..count).map(|number| lot(world, number, 1_000)).unzip();
        submission(world, header(name(world, "2024-05", BatchKind::Main, 0), lots), sources)
    };
    let act = of(&world, 17);
    assert_eq!(submit(&mut world, act), Err(Code::LotsInvalid));
    let act = of(&world, 16);
    assert!(submit(&mut world, act).is_ok());
}

/// 100 for a lot, 150 for a receipt, 15 for a leaf: what each makes others do.
#[test]
fn acts_on_batches_weigh_by_their_lots_receipts_and_leaves() {
    let world = county();
    let mut act = main_batch(&world);
    let (batch, occurred_on) = (act.sealed.header.name.id(), world.date);
    let weight = |call: subsidy::Call| Call::Subsidy(call).weight();
    assert_eq!(call(act.clone()).weight(), 600 + 100 + 2 * 150);
    act.sources.extend(vec![act.sources[0].clone(); 4]);
    assert_eq!(call(act).weight(), 600 + 5 * 100 + 2 * 150);
    let declared = declare(2, ProgrammeKind::Nursing, terms("2024-01"), &world);
    assert_eq!(declared.weight(), 150);
    let (indexes, total, balance) = (vec![2, 5, 7], Fen::new(9_000).unwrap(), unproven());
    let back = Return { batch, number: 1, attempt: 0, indexes, total, balance, occurred_on };
    assert_eq!(weight(subsidy::Call::Return(back)), 300 + 3 * 15);
    // A verdict may give the money of all lots back, or forget all leaves of a return.
    let verdict = GiveVerdict { batch, finding: Finding::Valid };
    assert_eq!(weight(subsidy::Call::GiveVerdict(verdict)), 3_000);
    assert_eq!(weight(subsidy::Call::Close { batch }), 3_000);
}

#[test]
fn the_money_of_a_batch_moves_once() {
    let mut world = county();
    let call = call(main_batch(&world));
    let events = checked(&mut world, "county_civil", &call).unwrap();
    let kinds: Vec<Kind> = events
        .iter()
        .filter_map(|event| match event {
            Event::Movement(movement) => Some(movement.kind.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(kinds, [Kind::Payment]);
}
