//! 来安县, December 2012, as the county published it: 30元 to 8,523 people, 60元 to 675, 300元 to 8.
//! Who they are is invented; the sum is not.

use minglian_contracts::allocation::LineName;
use minglian_contracts::book::{self, Source};
use minglian_contracts::event::Event;
use minglian_contracts::refusal::Code;
use minglian_contracts::subsidy;
use minglian_contracts::subsidy::batch::{Standing, Submit};
use minglian_contracts::subsidy::money::{self, LotSource};
use minglian_contracts::subsidy::programme::ProgrammeKind;
use minglian_contracts::subsidy::verdict::{Check, Finding};
use minglian_ledger::fen::Fen;
use minglian_ledger::genesis::Genesis;
use minglian_ledger::subsidy::batch::{BatchKind, Lot};
use minglian_ledger::subsidy::draft::BatchBody;

use super::fixture::{
    MAKERS, decide, declare, enrol, look, name, prove, receipts, root, standing, submit, terms,
    verdict,
};
use crate::invariants::acts::{OLD_AGE, line, purpose, record};
use crate::steps::{balance, checked, yuan};
use crate::world::{World, genesis, noon};

const HANDLES: u32 = 9_206;

fn month_line() -> LineName {
    line("county_civil", "县级", 2012, "高龄津贴")
}

fn total() -> Fen {
    Fen::from_yuan_text("298,590.00").unwrap()
}

/// The county in December 2012, with its list and 300,000元.
fn lai_an() -> World {
    let started = noon("2012-01-04".parse().unwrap());
    let mut world = World::from_genesis(&Genesis { time_ms: started, ..genesis() });
    world.date = "2012-12-20".parse().unwrap();
    let call = declare(1, ProgrammeKind::OldAgeAllowance, terms("2012-01"), &world);
    checked(&mut world, "county_civil", &call).unwrap();
    enrol(&mut world, 1, 2012, HANDLES);
    record(&mut world, "county_finance", &month_line(), purpose(OLD_AGE, None), "300000");
    world
}

/// The month's batch with its proofs, out of the newest inflow of the line.
fn month(world: &World, attempt: u32) -> (Submit, BatchBody) {
    let line = month_line();
    let inflows = book::inflows(&world.state, &line.account(), None, 10).unwrap();
    let (position, inflow) = inflows.last().unwrap();
    let lots = vec![Lot { inflow: inflow.movement.0, amount: total() }];
    // Mixed as an enrolment list is, not by standard.
    let mut amounts = [vec![3_000; 8_523], vec![6_000; 675], vec![30_000; 8]].concat();
    let length = amounts.len();
    for place in 0..length {
        amounts.swap(place, place * 7_919 % length);
    }
    let name = name(world, "2012-12", BatchKind::Main, attempt);
    let (sealed, body) = prove(name, root(HANDLES), lots, &amounts);
    assert_eq!((sealed.header.total, sealed.header.leaves), (total(), HANDLES));
    let custody = receipts(&sealed.header);
    let sources = vec![LotSource { line, position: *position }];
    (Submit { sealed, sources, custody, occurred_on: world.date }, body)
}

#[test]
fn lai_an_december_2012_leaves_the_account_to_the_fen() {
    let mut world = lai_an();
    let (act, body) = month(&world, 0);
    let (sealed, line) = (act.sealed.clone(), month_line());
    let batch = submit(&mut world, act).unwrap();
    assert_eq!(standing(&world, &batch), Standing::Pending);
    assert_eq!(balance(&world, &line.account()), yuan("1410"));

    let found = look(&sealed, &body);
    assert_eq!(found, Finding::Valid);
    verdict(&mut world, MAKERS[0], batch, found).unwrap();
    verdict(&mut world, MAKERS[1], batch, found).unwrap();
    let events = verdict(&mut world, MAKERS[2], batch, found).unwrap();
    let (kind, applied) = (BatchKind::Main, Standing::Applied);
    let settled = subsidy::Event::Settled { batch, kind, standing: applied, total: total() };
    assert_eq!(events.last(), Some(&Event::Subsidy(settled)));

    // From the county's line straight into the batch: the trace goes on from there.
    let account = money::account(&sealed.header.name, 0);
    assert_eq!(balance(&world, &account), total());
    let paid = book::inflow(&world.state, &account, 0).unwrap().unwrap();
    assert_eq!(paid.from, Source::Account(line.account()));
    assert_eq!(balance(&world, &line.account()), yuan("1410"));
}

#[test]
fn lai_an_s_batch_with_one_bit_of_total_or_proof_changed_is_refused() {
    let mut world = lai_an();
    let (mut act, body) = month(&world, 0);
    let changed = Fen::new(total().get() ^ 1).unwrap();
    act.sealed.header.total = changed;
    assert_eq!(submit(&mut world, act.clone()), Err(Code::BatchInvalid));
    // The lot with it: no act contradicts itself now, and the proofs are another header's.
    act.sealed.header.lots[0].amount = changed;
    let found = look(&act.sealed, &body);
    assert_eq!(found, Finding::Invalid { leaf: Some(0), check: Check::Standard });
    let batch = submit(&mut world, act).unwrap();
    decide(&mut world, batch, found);
    let whole = yuan("300000");
    let left = |world: &World| balance(world, &month_line().account());
    assert_eq!((standing(&world, &batch), left(&world)), (Standing::Rejected, whole));

    let (act, mut body) = month(&world, 1);
    let bytes = body.proofs[1].len() / (body.leaves[1].len() / 100);
    body.proofs[1][bytes * 904] ^= 1;
    let found = look(&act.sealed, &body);
    assert_eq!(found, Finding::Invalid { leaf: Some(5_000), check: Check::Standard });
    let batch = submit(&mut world, act).unwrap();
    decide(&mut world, batch, found);
    assert_eq!((standing(&world, &batch), left(&world)), (Standing::Rejected, whole));
}
