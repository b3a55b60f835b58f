//! Any sequence of submissions, verdicts, returns and days: no fen is lost, and no period is paid
//! twice. `World` checks the whole state after every block.

use std::collections::BTreeMap;

use minglian_contracts::allocation::LINES;
use minglian_contracts::book;
use minglian_contracts::call::Call;
use minglian_contracts::refusal::Code;
use minglian_contracts::subsidy;
use minglian_contracts::subsidy::batch::{BATCHES, Content, Standing};
use minglian_contracts::subsidy::returned::Return;
use minglian_contracts::subsidy::verdict::Finding;
use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::batch::BatchKind;
use minglian_ledger::subsidy::domain::BatchId;
use proptest::prelude::*;

use super::fixture::{
    INVALID, MAKERS, close, county, free, header, lot, money, name, submission, submit, unproven,
    verdict,
};
use crate::steps::checked;
use crate::world::World;

const IN: u64 = 2_000_000;

#[derive(Debug, Clone)]
enum Step {
    Submit { month: u32, kind: BatchKind, attempt: u32, lots: Vec<(usize, u64)> },
    Verdict { batch: usize, maker: usize, valid: bool },
    Close { batch: usize },
    Days(i32),
    Return { batch: usize, number: u16, indexes: Vec<u32>, fen: u64 },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let kind = prop_oneof![
        3 => Just(BatchKind::Main),
        1 => (1..3_u16).prop_map(BatchKind::Supplementary),
    ];
    let lots = prop::collection::vec((0..6_usize, 1..900_000_u64), 1..3);
    let submit = (4..6_u32, kind, 0..4_u32, lots)
        .prop_map(|(month, kind, attempt, lots)| Step::Submit { month, kind, attempt, lots });
    let verdict = (0..6_usize, 0..4_usize, prop::bool::weighted(0.8))
        .prop_map(|(batch, maker, valid)| Step::Verdict { batch, maker, valid });
    let indexes = prop::collection::btree_set(0..44_u32, 1..6);
    let back = (0..6_usize, 1..3_u16, indexes, 1..400_000_u64).prop_map(
        |(batch, number, indexes, fen)| {
            let indexes = indexes.into_iter().collect();
            Step::Return { batch, number, indexes, fen }
        },
    );
    let step = prop_oneof![
        4 => submit,
        10 => verdict,
        1 => (0..6_usize).prop_map(|batch| Step::Close { batch }),
        1 => (1..3_i32).prop_map(Step::Days),
        3 => back,
    ];
    prop::collection::vec(step, 1..40)
}

/// Takes a step, if there is a batch to take it with; what is refused changes nothing.
fn take(step: &Step, known: &mut Vec<BatchId>, world: &mut World) -> Option<Result<(), Code>> {
    let nth = |batch: &usize| known.get(batch % known.len().max(1)).copied();
    let outcome = match step {
        Step::Submit { month, kind, attempt, lots } => {
            let inflows = book::inflows(&world.state, &money().account(), None, 100).unwrap();
            let mut chosen = BTreeMap::new();
            for (number, fen) in lots {
                let (lot, source) = lot(world, number % inflows.len(), *fen);
                chosen.insert(lot.inflow, (lot, source));
            }
            let (lots, sources) = chosen.into_values().unzip();
            let name = name(world, &format!("2024-{month:02}"), *kind, *attempt);
            let act = submission(world, header(name, lots), sources);
            submit(world, act).map(|batch| known.push(batch))
        }
        Step::Verdict { batch, maker, valid } => {
            let finding = if *valid { Finding::Valid } else { INVALID };
            verdict(world, MAKERS[*maker], nth(batch)?, finding).map(drop)
        }
        Step::Close { batch } => close(world, nth(batch)?).map(drop),
        Step::Days(days) => {
            world.date = world.date.add_days(*days).unwrap();
            Ok(())
        }
        Step::Return { batch, number, indexes, fen } => {
            let (batch, total) = (nth(batch)?, Fen::new(*fen).unwrap());
            let (indexes, balance, occurred_on) = (indexes.clone(), unproven(), world.date);
            let (number, attempt) = (*number, 0);
            let act = Return { batch, number, attempt, indexes, total, balance, occurred_on };
            let call = Call::Subsidy(subsidy::Call::Return(act));
            let own = name(world, "2024-05", BatchKind::Return(number), 0).id();
            checked(world, "county_civil", &call).map(|_| known.push(own))
        }
    };
    Some(outcome)
}

/// What is out by batches that pay, and how many of each name there are.
fn out(world: &World) -> u64 {
    let (mut out, mut back, mut names) = (0, 0, BTreeMap::<_, u32>::new());
    for (_, batch) in BATCHES.scan(&world.state, &(), None, 1_000).unwrap() {
        let total = batch.total().get();
        let counts = matches!(batch.standing, Standing::Pending | Standing::Applied);
        if counts {
            *names.entry((batch.name.period, batch.name.kind)).or_default() += 1;
        }
        match (&batch.content, batch.standing) {
            (Content::Payment { .. }, _) if counts => out += total,
            (Content::Return(_), Standing::Applied) => back += total,
            _ => {}
        }
    }
    assert!(names.values().all(|count| *count == 1), "{names:?}");
    out - back
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_fen_is_lost_and_no_period_is_paid_twice(steps in steps()) {
        let (mut world, mut known) = (county(), Vec::new());
        for step in &steps {
            take(step, &mut known, &mut world);
            let line = LINES.get(&world.state, &money()).unwrap().unwrap();
            prop_assert_eq!(free(&world) + out(&world), IN);
            prop_assert_eq!(line.paid.get() - line.returned.get(), out(&world));
        }
    }
}
