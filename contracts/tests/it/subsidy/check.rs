//! The check of all batches finds what is broken: each kind of damage, made by hand in a state that
//! was sound, is named. No act can make any of it.

use minglian_contracts::schema::State;
use minglian_contracts::subsidy::batch::{BATCHES, Batch, Content, PAID, Standing};
use minglian_contracts::subsidy::check::{SubsidyViolation, check_subsidies};
use minglian_contracts::subsidy::returned::RETURNED;
use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::domain::BatchId;

use super::fixture::{county, main_batch, submit};
use crate::scenario;
use crate::steps::act;

/// A county that pays batches pays other things too: their accounts are no batch's.
#[test]
fn an_account_of_another_payment_is_not_counted_among_batches() {
    let mut world = county();
    let batch = main_batch(&world);
    submit(&mut world, batch).unwrap();
    let words = "instruct from=county_civil/县级/2024/养老 reference=凭证1 amount=1元 to=home";
    let call = scenario::call(words, &world);
    act(&mut world, "county_civil", &call, &["checker", "payer"]).unwrap();
    assert_eq!(check_subsidies(&world.state).unwrap(), 1);
}

/// A batch of 500元 that waits for verdicts.
#[test]
fn a_batch_that_book_or_marks_contradict_is_named() {
    let mut world = county();
    let act = main_batch(&world);
    let batch = submit(&mut world, act).unwrap();
    let known = BATCHES.get(&world.state, &batch).unwrap().unwrap();
    let damaged = |damage: &dyn Fn(&mut State<'_>)| {
        let mut state = State::new(&world.state);
        damage(&mut state);
        check_subsidies(&state)
    };
    assert_eq!(damaged(&|_| {}).unwrap(), 1);
    let rejected = Batch { standing: Standing::Rejected, ..known.clone() };
    let Err(SubsidyViolation::Held { batch: of, held, expected }) =
        damaged(&|state| BATCHES.put(state, &batch, &rejected))
    else {
        panic!("a rejected batch holds nothing")
    };
    assert_eq!((of, held, expected), (batch, Fen::new(50_000).unwrap(), Fen::ZERO));
    let name = &known.name;
    let paid = (name.county, name.programme, name.period, name.kind);
    let found = damaged(&|state| PAID.delete(state, &paid));
    assert!(matches!(found, Err(SubsidyViolation::Name(of)) if of == batch), "{found:?}");
    // Of a name there is a newest batch, also where the only one was rejected.
    let found = damaged(&|state| {
        BATCHES.put(state, &batch, &rejected);
        PAID.delete(state, &paid);
    });
    assert!(matches!(found, Err(SubsidyViolation::Name(of)) if of == batch), "{found:?}");
    let elsewhere = BatchId([7; 32]);
    let found = damaged(&|state| PAID.put(state, &paid, &elsewhere));
    assert!(matches!(found, Err(SubsidyViolation::Name(of)) if of == batch), "{found:?}");
    let found = damaged(&|state| BATCHES.put(state, &elsewhere, &rejected));
    assert!(matches!(found, Err(SubsidyViolation::Name(of)) if of == elsewhere), "{found:?}");
    // Leaves 0 and 2 of the first chunk.
    let found = damaged(&|state| RETURNED.put(state, &(batch, 0), &vec![0b101]));
    assert!(matches!(found, Err(SubsidyViolation::Marks { marked: 2, named: 0, .. })), "{found:?}");
    let mut two_lots = known.clone();
    let Content::Payment { sources, .. } = &mut two_lots.content else { panic!("it pays") };
    sources.push(sources[0].clone());
    let found = damaged(&|state| BATCHES.put(state, &batch, &two_lots));
    assert!(matches!(found, Err(SubsidyViolation::Accounts { accounts: 1, lots: 2 })), "{found:?}");
}
