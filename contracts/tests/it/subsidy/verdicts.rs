//! What validators' verdicts come to.

use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::event::Event;
use minglian_contracts::governance::{self, Change};
use minglian_contracts::refusal::Code;
use minglian_contracts::subsidy;
use minglian_contracts::subsidy::batch::{BATCHES, Standing};
use minglian_contracts::subsidy::verdict::{Check, Finding};
use minglian_ledger::height::{Height, TimeMs};
use minglian_ledger::subsidy::balance::BalanceError;
use minglian_ledger::subsidy::batch::{BatchKind, HeaderError};
use minglian_ledger::subsidy::domain::BatchId;
use minglian_ledger::subsidy::encoding::EncodingError;
use minglian_ledger::subsidy::range::RangeError;
use minglian_ledger::subsidy::scheme::BatchError;
use minglian_ledger::subsidy::standard::StandardError;
use minglian_ledger::{fen::Fen, subsidy::domain};

use super::fixture::{
    INVALID, MAKERS, close, county, decide, free, header, lot, main_batch, name, standing,
    submission, submit, verdict,
};
use crate::invariants::acts::set_parameter;
use crate::scenario;
use crate::world::{World, validator};

fn pending() -> (World, BatchId) {
    let mut world = county();
    let act = main_batch(&world);
    let batch = submit(&mut world, act).unwrap();
    (world, batch)
}

fn later(world: &mut World, days: i32) {
    world.date = world.date.add_days(days).unwrap();
}

#[test]
fn more_than_two_thirds_of_the_power_apply_a_batch_and_nothing_undoes_it() {
    let (mut world, batch) = pending();
    let valid = Finding::Valid;
    assert_eq!(
        verdict(&mut world, "audit.maker", batch, valid),
        Err(Code::NotValidatorOrganization)
    );
    assert_eq!(verdict(&mut world, "city_civil.checker", batch, valid), Err(Code::WrongRole));
    let unknown = domain::BatchId([7; 32]);
    assert_eq!(verdict(&mut world, MAKERS[0], unknown, valid), Err(Code::BatchUnknown));
    verdict(&mut world, MAKERS[0], batch, valid).unwrap();
    for finding in [valid, INVALID] {
        assert_eq!(verdict(&mut world, MAKERS[0], batch, finding), Err(Code::VerdictKnown));
    }
    verdict(&mut world, MAKERS[1], batch, INVALID).unwrap();
    verdict(&mut world, MAKERS[2], batch, valid).unwrap();
    assert_eq!(standing(&world, &batch), Standing::Pending);
    assert_eq!(close(&mut world, batch), Err(Code::VerdictsMissing));
    verdict(&mut world, MAKERS[3], batch, valid).unwrap();
    assert_eq!(standing(&world, &batch), Standing::Applied);
    later(&mut world, 30);
    assert_eq!(verdict(&mut world, MAKERS[1], batch, INVALID), Err(Code::BatchClosed));
    assert_eq!(close(&mut world, batch), Err(Code::BatchClosed));
    assert_eq!(free(&world), 2_000_000 - 50_000);
}

#[test]
fn more_than_two_thirds_reject_whatever_leaf_each_of_them_names() {
    let (mut world, batch) = pending();
    assert_eq!(free(&world), 2_000_000 - 50_000);
    let other = Finding::Invalid { leaf: None, check: Check::Balance };
    verdict(&mut world, MAKERS[0], batch, INVALID).unwrap();
    verdict(&mut world, MAKERS[1], batch, other).unwrap();
    let events = verdict(&mut world, MAKERS[2], batch, INVALID).unwrap();
    let (standing, total) = (Standing::Rejected, Fen::new(50_000).unwrap());
    let settled = subsidy::Event::Settled { batch, kind: BatchKind::Main, standing, total };
    assert_eq!(events.last(), Some(&Event::Subsidy(settled)));
    assert_eq!(free(&world), 2_000_000);
}

#[test]
fn halves_decide_nothing_and_the_batch_expires() {
    let (mut world, batch) = pending();
    for (maker, finding) in MAKERS.iter().zip([Finding::Valid, INVALID, Finding::Valid, INVALID]) {
        verdict(&mut world, maker, batch, finding).unwrap();
    }
    // 72 hours later to the millisecond it still waits.
    later(&mut world, 2);
    assert_eq!(close(&mut world, batch), Err(Code::VerdictsMissing));
    later(&mut world, 2);
    close(&mut world, batch).unwrap();
    assert_eq!((standing(&world, &batch), free(&world)), (Standing::Expired, 2_000_000));
    // The period is free for another attempt, out of what was given back.
    let (lot, source) = lot(&world, 2, 50_000);
    let again = header(name(&world, "2024-05", BatchKind::Main, 1), vec![lot]);
    let act = submission(&world, again, vec![source]);
    submit(&mut world, act).unwrap();
}

/// A batch is over after its last millisecond, not with it.
#[test]
fn a_batch_is_pending_until_its_time_is_over() {
    let (mut world, batch) = pending();
    let due = BATCHES.get(&world.state, &batch).unwrap().unwrap().due;
    let close = Call::Subsidy(subsidy::Call::Close { batch });
    let close = [world.sign("home.payer", &close)];
    let closed = |time_ms| world.build_at(time_ms, &close).unwrap().executed.receipts[0].code;
    assert_eq!(closed(due), Code::VerdictsMissing.number());
    assert_eq!(closed(TimeMs(due.0 + 1)), 0);
}

#[test]
fn a_verdict_after_the_time_does_not_count_and_the_time_is_a_parameter() {
    let mut world = county();
    set_parameter(&mut world, "subsidy.verdict_hours", 23, "hours", "2024-01-01");
    let act = main_batch(&world);
    let batch = submit(&mut world, act).unwrap();
    later(&mut world, 1);
    assert_eq!(verdict(&mut world, MAKERS[0], batch, Finding::Valid), Err(Code::BatchExpired));
    close(&mut world, batch).unwrap();
    assert_eq!(standing(&world, &batch), Standing::Expired);
}

/// The governors of three validators decide, and it takes effect.
fn govern(world: &mut World, call: &Call) {
    let Call::Governance(governance::Call::ChangeValidators { takes_effect_at, .. }) = call else {
        panic!("{call:?}")
    };
    let (proposal, _) = world.act("city_finance.governor", call);
    for governor in ["city_civil.governor", "county_finance.governor"] {
        world.apply(governor, &Call::Approval(approval::Call::Approve { proposal }));
    }
    while world.header.height < *takes_effect_at {
        world.block(Vec::new()).unwrap();
    }
}

/// Three of the four validators remove one.
fn remove(world: &mut World, who: &str) {
    let change = Change::Remove(validator(who, who, 1).address());
    let takes_effect_at = Height(world.header.height.0 + 6);
    let call = Call::Governance(governance::Call::ChangeValidators { change, takes_effect_at });
    govern(world, &call);
}

#[test]
fn the_power_of_today_s_set_counts_and_that_of_who_left_does_not() {
    let (mut world, batch) = pending();
    verdict(&mut world, "county_civil.maker", batch, Finding::Valid).unwrap();
    verdict(&mut world, "city_finance.maker", batch, Finding::Valid).unwrap();
    remove(&mut world, "county_civil");
    // Three are left: one of them has spoken, and two of three are not more than two thirds.
    verdict(&mut world, "city_civil.maker", batch, Finding::Valid).unwrap();
    assert_eq!(standing(&world, &batch), Standing::Pending);
    let outcome = verdict(&mut world, "county_civil.maker", batch, Finding::Valid);
    assert_eq!(outcome, Err(Code::NotValidatorOrganization));
    verdict(&mut world, "county_finance.maker", batch, Finding::Valid).unwrap();
    assert_eq!(standing(&world, &batch), Standing::Applied);
}

#[test]
fn who_left_and_comes_back_gives_a_verdict_anew() {
    let (mut world, batch) = pending();
    verdict(&mut world, "county_civil.maker", batch, Finding::Valid).unwrap();
    verdict(&mut world, "city_finance.maker", batch, Finding::Valid).unwrap();
    remove(&mut world, "county_civil");
    verdict(&mut world, "city_civil.maker", batch, Finding::Valid).unwrap();
    let back = scenario::call("add_validator name=again organization=county_civil in=6", &world);
    govern(&mut world, &back);
    verdict(&mut world, "county_civil.maker", batch, INVALID).unwrap();
    assert_eq!(standing(&world, &batch), Standing::Pending);
    verdict(&mut world, "county_finance.maker", batch, Finding::Valid).unwrap();
    assert_eq!(standing(&world, &batch), Standing::Applied);
}

#[test]
fn who_is_left_may_have_decided_already() {
    let (mut world, batch) = pending();
    for maker in ["city_finance.maker", "city_civil.maker"] {
        verdict(&mut world, maker, batch, Finding::Valid).unwrap();
    }
    verdict(&mut world, "county_civil.maker", batch, INVALID).unwrap();
    remove(&mut world, "county_civil");
    assert_eq!(close(&mut world, batch), Err(Code::VerdictsMissing));
    remove(&mut world, "county_finance");
    close(&mut world, batch).unwrap();
    assert_eq!(standing(&world, &batch), Standing::Applied);
}

#[test]
fn money_comes_back_to_the_lots_it_was_of() {
    let mut world = county();
    let ((first, one), (second, two)) = (lot(&world, 0, 600_000), lot(&world, 1, 700_000));
    let month = name(&world, "2024-05", BatchKind::Main, 0);
    let act = submission(&world, header(month, vec![first, second]), vec![one, two]);
    let batch = submit(&mut world, act).unwrap();
    assert_eq!(free(&world), 700_000);
    decide(&mut world, batch, INVALID);
    assert_eq!(free(&world), 2_000_000);
}

#[test]
fn every_error_of_the_verification_is_a_finding() {
    let (balance, index) = (BalanceError::Equation { total: Fen::ZERO }, 5);
    let encoding = EncodingError::Identity;
    let cases = [
        (BatchError::Header(HeaderError::Lots), None, Check::Balance),
        (BatchError::ChunkBytes { found: 1 }, None, Check::Bytes),
        (BatchError::LeafIndex { position: 4, found: 5 }, Some(4), Check::LeafIndex),
        (BatchError::Commitment { index, source: encoding }, Some(5), Check::Commitment),
        (BatchError::ProofBytes { expected: 1, found: 2 }, None, Check::Bytes),
        (
            BatchError::Standard { index, source: StandardError::Equation { branch: 0 } },
            Some(5),
            Check::Standard,
        ),
        (BatchError::Range { first_index: 64, source: RangeError::Proof }, Some(64), Check::Range),
        (BatchError::Chunks { expected: 0 }, None, Check::Bytes),
        (BatchError::LeafCount { expected: 1, found: 2 }, None, Check::Bytes),
        (BatchError::LeafRoot, None, Check::Root),
        (BatchError::EnvelopeRoot, None, Check::Root),
        (BatchError::ProofRoot, None, Check::Root),
        (BatchError::Balance(balance), None, Check::Balance),
    ];
    for (error, leaf, check) in cases {
        assert_eq!(Finding::of(&error), Finding::Invalid { leaf, check }, "{error}");
    }
}
