//! 来安县, December 2012, as the county published it: 30元 to 8,523 people, 60元 to 675, 300元 to 8.
//! Who they are is invented; the sum is not.

use minglian_contracts::book::{self, Kind, Source};
use minglian_contracts::event::Event;
use minglian_contracts::subsidy;
use minglian_contracts::subsidy::batch::{Standing, Submit};
use minglian_contracts::subsidy::money::{self, LotSource};
use minglian_contracts::subsidy::programme::ProgrammeKind;
use minglian_contracts::subsidy::verdict::Finding;
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Genesis;
use minglian_ledger::subsidy::batch::{BatchKind, Lot};

use super::fixture::{
    MAKERS, declare, enrol, look, name, prove, receipts, root, standing, submit, terms, verdict,
};
use crate::invariants::acts::{OLD_AGE, line, purpose, record};
use crate::steps::{balance, checked, yuan};
use crate::world::{World, genesis, noon};

#[test]
fn lai_an_december_2012_leaves_the_account_to_the_fen() {
    let started = noon("2012-01-04".parse().unwrap());
    let mut world = World::from_genesis(&Genesis { time_ms: started, ..genesis() });
    world.date = "2012-12-20".parse().unwrap();
    let call = declare(1, ProgrammeKind::OldAgeAllowance, terms("2012-01"), &world);
    checked(&mut world, "county_civil", &call).unwrap();
    enrol(&mut world, 1, 2012, 9_206);
    let line = line("county_civil", "县级", 2012, "高龄津贴");
    record(&mut world, "county_finance", &line, purpose(OLD_AGE, None), "300000");

    let inflows = book::inflows(&world.state, &line.account(), None, 2).unwrap();
    let (position, inflow) = inflows[0].clone();
    let total = Fen::from_yuan_text("298,590.00").unwrap();
    let lots = vec![Lot { inflow: inflow.movement.0, amount: total }];
    // Mixed as an enrolment list is, not by standard.
    let mut amounts = [vec![3_000; 8_523], vec![6_000; 675], vec![30_000; 8]].concat();
    let length = amounts.len();
    for place in 0..length {
        amounts.swap(place, place * 7_919 % length);
    }
    let name = name(&world, "2012-12", BatchKind::Main, 0);
    let (sealed, body) = prove(name.clone(), root(9_206), lots, &amounts);
    assert_eq!((sealed.header.total, sealed.header.leaves), (total, 9_206));

    let act = Submit {
        custody: receipts(&sealed.header),
        sealed: sealed.clone(),
        sources: vec![LotSource { line: line.clone(), position }],
        occurred_on: world.date,
    };
    let batch = submit(&mut world, act).unwrap();
    assert_eq!(standing(&world, &batch), Standing::Pending);
    assert_eq!(balance(&world, &line.account()), yuan("1410"));

    let found = look(&sealed, &body);
    assert_eq!(found, Finding::Valid);
    verdict(&mut world, MAKERS[0], batch, found).unwrap();
    verdict(&mut world, MAKERS[1], batch, found).unwrap();
    let events = verdict(&mut world, MAKERS[2], batch, found).unwrap();
    let (kind, applied) = (BatchKind::Main, Standing::Applied);
    let settled = subsidy::Event::Settled { batch, kind, standing: applied, total };
    assert_eq!(events.last(), Some(&Event::Subsidy(settled)));

    // From the county's line straight into the batch: the trace goes on from there.
    let account = money::account(&name, 0);
    assert_eq!(balance(&world, &account), total);
    let paid = book::inflow(&world.state, &account, 0).unwrap().unwrap();
    assert_eq!(paid.from, Source::Account(line.account()));
    assert_eq!(balance(&world, &line.account()), yuan("1410"));
}

#[test]
fn the_money_of_a_batch_moves_once() {
    let mut world = super::fixture::county();
    let act = super::fixture::main_batch(&world);
    let call = super::fixture::call(act);
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
