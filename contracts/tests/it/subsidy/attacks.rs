//! Attacks that the ledger itself refuses, or that validators' verdicts undo.

use minglian_contracts::approval;
use minglian_contracts::call::Call;
use minglian_contracts::event::Outcome;
use minglian_contracts::refusal::Code;
use minglian_contracts::registry;
use minglian_contracts::subsidy::batch::{BATCHES, PAID, Standing};
use minglian_contracts::subsidy::programme::{ProgrammeKind, SetStandards};
use minglian_contracts::subsidy::verdict::{Check, Finding};
use minglian_contracts::{payment, subsidy};
use minglian_ledger::fen::Fen;
use minglian_ledger::subsidy::batch::{BatchKind, BatchName, Lot};
use minglian_ledger::subsidy::tree::BATCH_LEAVES_MAX;

use super::fixture::{
    HANDLES, call, county, decide, declare, enrol, free, header, look, lot, main_batch, money,
    name, prove, receipts, root, standing, submission, submit, terms,
};
use crate::invariants::acts::pay;
use crate::steps::{act, alone, checked};
use crate::world::{World, code, public_key, text};

fn proven(world: &World, amounts: &[u32]) -> (subsidy::batch::Submit, Finding) {
    let total: u64 = amounts.iter().map(|amount| u64::from(*amount)).sum();
    let (lot, source) = lot(world, 0, total);
    let name = name(world, "2024-05", BatchKind::Main, 0);
    let (sealed, body) = prove(name, root(HANDLES), vec![lot], amounts);
    let found = look(&sealed, &body);
    let mut act = submission(world, sealed.header.clone(), vec![source]);
    act.sealed = sealed;
    (act, found)
}

#[test]
fn a02_a_fen_more_than_the_payments_is_found_and_given_back() {
    let mut world = county();
    let before = free(&world);
    let (mut act, found) = proven(&world, &[3_000; HANDLES as usize]);
    assert_eq!(found, Finding::Valid);
    let (lot, _) = lot(&world, 0, 3_000 * u64::from(HANDLES) + 1);
    let name = name(&world, "2024-05", BatchKind::Main, 0);
    let honest = prove(name, root(HANDLES), act.sealed.header.lots.clone(), &[3_000; 40]);
    act.sealed.header.total = lot.amount;
    act.sealed.header.lots = vec![lot];
    act.custody = receipts(&act.sealed.header);
    // Every proof is bound to the header, so the first leaf's no longer holds.
    let found = look(&act.sealed, &honest.1);
    assert_eq!(found, Finding::Invalid { leaf: Some(0), check: Check::Standard });
    let batch = submit(&mut world, act).unwrap();
    assert_eq!(free(&world), before - 120_001);
    decide(&mut world, batch, found);
    assert_eq!((standing(&world, &batch), free(&world)), (Standing::Rejected, before));
}

#[test]
fn a06_leaves_are_as_many_as_the_list_has_handles() {
    let mut world = county();
    for leaves in [HANDLES - 1, HANDLES + 1, 30] {
        let mut act = main_batch(&world);
        act.sealed.header.leaves = leaves;
        act.custody = receipts(&act.sealed.header);
        assert_eq!(submit(&mut world, act), Err(Code::EnrolmentListDiffers), "{leaves}");
    }
    // A list that was longer since is not the batch's, an earlier length of it is.
    enrol(&mut world, 1, 2024, HANDLES + 5);
    let act = main_batch(&world);
    submit(&mut world, act).unwrap();
}

#[test]
fn a08_a_batch_is_of_one_chain_county_and_period() {
    let mut world = county();
    let mut act = main_batch(&world);
    act.sealed.header.name.chain_id = text("another");
    assert_eq!(submit(&mut world, act), Err(Code::BatchOfOtherChain));
    let mut act = main_batch(&world);
    act.sealed.header.name.county = code("city_civil");
    assert_eq!(submit(&mut world, act), Err(Code::NotYourOrganization));
    let act = main_batch(&world);
    let outcome = checked(&mut world, "city_civil", &call(act));
    assert_eq!(outcome, Err(Code::NotYourOrganization));
    for (period, epoch, expected) in [
        ("2024-07", 2024, Code::PeriodWrong),
        ("2023-12", 2023, Code::StandardsNotInForce),
        ("2024-05", 2023, Code::GroupDiffers),
    ] {
        let mut act = main_batch(&world);
        act.sealed.header.name.period = period.parse().unwrap();
        act.sealed.header.epoch = epoch;
        assert_eq!(submit(&mut world, act), Err(expected), "{period} {epoch}");
    }
}

#[test]
fn a09_a_batch_is_paid_by_the_standards_of_its_period() {
    let mut world = county();
    let mut newer = terms("2024-05");
    newer.handles_min = 31;
    let set = SetStandards { programme: 1, terms: newer, occurred_on: world.date };
    checked(&mut world, "county_civil", &Call::Subsidy(subsidy::Call::SetStandards(set))).unwrap();
    let act = main_batch(&world);
    assert_eq!(submit(&mut world, act), Err(Code::StandardsNotInForce));
    let mut act = main_batch(&world);
    act.sealed.header.standards_version = 2;
    act.custody = receipts(&act.sealed.header);
    submit(&mut world, act).unwrap();
    let (lot, source) = lot(&world, 0, 100);
    let april = header(name(&world, "2024-04", BatchKind::Main, 0), vec![lot]);
    let act = submission(&world, april, vec![source]);
    submit(&mut world, act).unwrap();
}

#[test]
fn a16_a_second_payment_of_a_period_is_a_supplement_in_its_order_or_nothing() {
    let mut world = county();
    let supplement = |world: &World, number| {
        let (lot, source) = lot(world, 1, 3_000);
        let kind = BatchKind::Supplementary(number);
        submission(world, header(name(world, "2024-05", kind, 0), vec![lot]), vec![source])
    };
    let act = supplement(&world, 1);
    assert_eq!(submit(&mut world, act), Err(Code::BatchKindWrong));
    let act = main_batch(&world);
    let main = submit(&mut world, act).unwrap();
    let act = supplement(&world, 1);
    assert_eq!(submit(&mut world, act), Err(Code::BatchKindWrong));
    decide(&mut world, main, Finding::Valid);
    for (number, why) in [(0, "supplementary batches count from 1"), (2, "never submitted")] {
        let act = call(supplement(&world, number));
        let outcome = world.act("county_civil.maker", &act).1;
        let Outcome::Refused { code, detail } = outcome else { panic!("{number}: {outcome:?}") };
        assert_eq!(Code::from_number(code), Some(Code::BatchKindWrong));
        assert!(detail.as_str().ends_with(why), "{number}: {detail}");
    }
    let act = supplement(&world, 1);
    let first = submit(&mut world, act).unwrap();
    let act = supplement(&world, 2);
    assert_eq!(submit(&mut world, act), Err(Code::BatchKindWrong));
    decide(&mut world, first, Finding::Valid);
    let act = supplement(&world, 2);
    submit(&mut world, act).unwrap();
}

#[test]
fn a16_without_a_cumulative_table_nothing_is_paid_later() {
    let mut world = county();
    let mut newer = terms("2024-05");
    newer.cumulative = None;
    let set = SetStandards { programme: 1, terms: newer, occurred_on: world.date };
    checked(&mut world, "county_civil", &Call::Subsidy(subsidy::Call::SetStandards(set))).unwrap();
    let mut act = main_batch(&world);
    act.sealed.header.standards_version = 2;
    act.custody = receipts(&act.sealed.header);
    let main = submit(&mut world, act.clone()).unwrap();
    decide(&mut world, main, Finding::Valid);
    act.sealed.header.name.kind = BatchKind::Supplementary(1);
    assert_eq!(submit(&mut world, act), Err(Code::BatchKindWrong));
}

#[test]
fn a17_a_period_is_paid_once_whoever_asks_first() {
    let mut world = county();
    let first = main_batch(&world);
    let mut second = first.clone();
    second.sealed.header.name.attempt = 1;
    second.custody = receipts(&second.sealed.header);
    // Both are proposed before either is approved, and both approvals stand in one block.
    let proposals = [&first, &second].map(|act| {
        let (proposal, outcome) = world.act("county_civil.maker", &call(act.clone()));
        assert!(matches!(outcome, Outcome::Applied(_)), "{outcome:?}");
        Call::Approval(approval::Call::Approve { proposal })
    });
    let signed = proposals.map(|approve| world.sign("county_civil.checker", &approve));
    let receipts = world.block(signed.to_vec()).unwrap();
    let codes: Vec<u32> = receipts.iter().map(|receipt| receipt.code).collect();
    assert_eq!(codes, [0, Code::PeriodPaid.number()]);
    let batch = first.sealed.header.name.id();
    decide(&mut world, batch, Finding::Valid);
    assert_eq!(submit(&mut world, second), Err(Code::PeriodPaid));
    assert_eq!(free(&world), 2_000_000 - 50_000);
}

#[test]
fn a21_a_batch_made_again_has_a_new_attempt() {
    let mut world = county();
    let act = main_batch(&world);
    let first = submit(&mut world, act.clone()).unwrap();
    decide(&mut world, first, super::fixture::INVALID);
    assert_eq!(standing(&world, &first), Standing::Rejected);
    assert_eq!(submit(&mut world, act), Err(Code::AttemptTaken));
    for (attempt, expected) in [(66, Some(Code::AttemptTaken)), (65, None)] {
        // What was given back is another inflow than what had come in first.
        let (lot, source) = lot(&world, 2, 50_000);
        let again = header(name(&world, "2024-05", BatchKind::Main, attempt), vec![lot]);
        let act = submission(&world, again, vec![source]);
        assert_eq!(submit(&mut world, act).err(), expected, "{attempt}");
    }
}

/// After the greatest number there is none: the same name would repeat the blinding factors.
#[test]
fn a21_the_last_attempt_is_not_made_again() {
    let mut world = county();
    let act = main_batch(&world);
    let first = submit(&mut world, act).unwrap();
    decide(&mut world, first, super::fixture::INVALID);
    let mut known = BATCHES.get(&world.state, &first).unwrap().unwrap();
    known.name.attempt = u32::MAX;
    let BatchName { county, programme, period, kind, .. } = known.name;
    world.put(|state| {
        BATCHES.delete(state, &first);
        BATCHES.put(state, &known.name.id(), &known);
        PAID.put(state, &(county, programme, period, kind), &known.name.id());
    });
    let (lot, source) = lot(&world, 2, 50_000);
    let again = submission(&world, header(known.name, vec![lot]), vec![source]);
    assert_eq!(submit(&mut world, again), Err(Code::AttemptTaken));
}

#[test]
fn a26_who_submits_does_not_approve() {
    let mut world = county();
    let submit = call(main_batch(&world));
    let outcome = act(&mut world, "county_civil", &submit, &["maker"]);
    assert_eq!(outcome, Err(Code::SameOfficer));
    let (proposal, _) = world.act("county_civil.maker", &submit);
    // The clerk's key is rotated out before the approval.
    let revoke = registry::Call::RevokeKey { key: public_key("county_civil.maker") };
    alone(&mut world, "county_civil.governor", &Call::Registry(revoke)).unwrap();
    let approve = Call::Approval(approval::Call::Approve { proposal });
    let outcome = alone(&mut world, "county_civil.checker", &approve);
    assert_eq!(outcome, Err(Code::SignatureRevoked));
}

#[test]
fn a29_lots_come_to_the_total_and_hold_what_they_give() {
    let mut world = county();
    let mut act = main_batch(&world);
    act.sealed.header.total = Fen::new(50_001).unwrap();
    assert_eq!(submit(&mut world, act), Err(Code::BatchInvalid));
    let mut act = main_batch(&world);
    let lots = &mut act.sealed.header.lots;
    lots[0].amount = Fen::MAX;
    lots.push(Lot { inflow: lots[0].inflow + 1, amount: Fen::MAX });
    assert_eq!(submit(&mut world, act), Err(Code::BatchInvalid));
    // More than the lot brought, though the line has more.
    let (big, source) = lot(&world, 0, 1_000_001);
    let month = name(&world, "2024-05", BatchKind::Main, 0);
    let act = submission(&world, header(month.clone(), vec![big]), vec![source.clone()]);
    assert_eq!(submit(&mut world, act), Err(Code::InflowAnswered));
    // An inflow of another number, and one more lot than there are places.
    let (mut other, _) = lot(&world, 0, 100);
    other.inflow += 100;
    let act = submission(&world, header(month.clone(), vec![other]), vec![source.clone()]);
    assert_eq!(submit(&mut world, act), Err(Code::LotsInvalid));
    let (fits, _) = lot(&world, 0, 100);
    let act = submission(&world, header(month, vec![fits]), Vec::new());
    assert_eq!(submit(&mut world, act), Err(Code::LotsInvalid));
    assert_eq!(free(&world), 2_000_000);
}

#[test]
fn a29_a_lot_that_is_spent_is_not_made_up_for_by_others() {
    let mut world = county();
    let order = payment::Order {
        reference: text("他"),
        payee: payment::Payee::Organization(code("home")),
        amount: Fen::new(990_000).unwrap(),
        voucher: None,
        replaces: None,
        occurred_on: world.date,
    };
    let (line, expenditure) = (money(), payment::Expenditure::Services);
    let instruct = Call::Payment(payment::Call::Instruct { line, expenditure, order });
    act(&mut world, "county_civil", &instruct, &["checker", "payer"]).unwrap();
    // First in, first out took most of the first lot.
    let act = main_batch(&world);
    assert_eq!(submit(&mut world, act), Err(Code::LotShort));
}

#[test]
fn a32_small_groups_are_not_split_off() {
    let mut world = county();
    let again = declare(2, ProgrammeKind::OldAgeAllowance, terms("2024-01"), &world);
    assert_eq!(checked(&mut world, "county_civil", &again), Err(Code::ProgrammeExists));
    let mut few = terms("2024-01");
    few.handles_min = 29;
    let declared = declare(2, ProgrammeKind::Nursing, few, &world);
    assert_eq!(checked(&mut world, "county_civil", &declared), Err(Code::HandlesTooFew));
    let small = declare(2, ProgrammeKind::Nursing, terms("2024-01"), &world);
    checked(&mut world, "county_civil", &small).unwrap();
    enrol(&mut world, 2, 2024, 29);
    let mut act = main_batch(&world);
    act.sealed.header.name.programme = 2;
    act.sealed.header.leaves = 29;
    act.sealed.header.enrolment_root = root(29);
    let sources = act.sources.clone();
    assert_eq!(submit(&mut world, act.clone()), Err(Code::HandlesTooFew));
    // As many as the standards ask for are enough.
    enrol(&mut world, 2, 2024, 30);
    act.sealed.header.leaves = 30;
    act.sealed.header.enrolment_root = root(30);
    let act = submission(&world, act.sealed.header, sources);
    assert!(submit(&mut world, act).is_ok());
}

#[test]
fn a34_what_is_too_large_is_refused_and_what_nobody_sees_expires() {
    let mut world = county();
    let mut act = main_batch(&world);
    for leaves in [0, BATCH_LEAVES_MAX + 1, u32::MAX] {
        act.sealed.header.leaves = leaves;
        assert_eq!(submit(&mut world, act.clone()), Err(Code::BatchInvalid), "{leaves}");
    }
    // As many lots as a header may have are more than a verdict gives back at once.
    let mut act = main_batch(&world);
    let first = act.sealed.header.lots[0].inflow;
    let amount = Fen::new(1).unwrap();
    let lots = |count| (0..count).map(move |more| Lot { inflow: first + more, amount });
    for (count, expected) in [(17, Code::LotsInvalid), (65, Code::BatchInvalid)] {
        act.sealed.header.lots = lots(count).collect();
        act.sealed.header.total = Fen::new(count).unwrap();
        act.sources = vec![act.sources[0].clone(); act.sealed.header.lots.len()];
        assert_eq!(submit(&mut world, act.clone()), Err(expected), "{count}");
    }
    let mut act = main_batch(&world);
    act.custody = vec![act.custody[0].clone(); 9];
    assert_eq!(submit(&mut world, act), Err(Code::CustodyMissing));
    // Nobody is shown the body of this one.
    let act = main_batch(&world);
    let batch = submit(&mut world, act).unwrap();
    assert_eq!(free(&world), 2_000_000 - 50_000);
    world.date = world.date.add_days(4).unwrap();
    super::fixture::close(&mut world, batch).unwrap();
    assert_eq!((standing(&world, &batch), free(&world)), (Standing::Expired, 2_000_000));
}

#[test]
fn no_payment_act_reaches_the_money_of_a_batch() {
    let mut world = county();
    let act = main_batch(&world);
    submit(&mut world, act).unwrap();
    let failed = payment::Call::BankResult {
        payment: text("subsidy/1/2024-05/main/0/0"),
        result: payment::result::BankResult::Failed(payment::result::FailureReason::Other),
        occurred_on: world.date,
    };
    let outcome = alone(&mut world, "county_civil.payer", &Call::Payment(failed));
    assert_eq!(outcome, Err(Code::PaymentUnknown));
    assert_eq!(pay(&mut world, &money(), "subsidy/x", "1"), Err(Code::NotYourOrganization));
    let home = crate::invariants::acts::line("home", "县级", 2024, "养老");
    assert_eq!(pay(&mut world, &home, "subsidy/x", "1"), Err(Code::ReferenceReserved));
}
