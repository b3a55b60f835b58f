//! Paying first and deciding after: what stands open, what is overdue, what is to be taken back.

use minglian_contracts::charity;
use minglian_contracts::charity::ahead::{AHEAD, Ended, OPEN, REJECTED, paid_ahead};
use minglian_contracts::charity::check::{CharityViolation, check_charities};
use minglian_contracts::charity::contribution::{SOURCES, Source};
use minglian_contracts::event::Event;
use minglian_contracts::oversight::credit::{CreditEvent, Owed, credit_events};
use minglian_contracts::refusal::Code;
use minglian_contracts::schema::State;
use minglian_ledger::date::Date;

use crate::gift_acts::{CHARITY, all_applied, set_up, signed};
use crate::scenario;
use crate::steps::{checked, yuan};
use crate::world::{World, code, text};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn does(world: &mut World, words: &str) {
    let call = scenario::charity_call(words, world.date);
    let transactions = signed(world, CHARITY, &call);
    all_applied(world, transactions);
}

/// A charity that paid three times ahead; the days are three.
fn paid_world() -> World {
    let mut world = World::new();
    world.date = day("2025-03-01");
    set_up(&mut world);
    does(&mut world, "donate reference=捐1 fund=南湖 amount=100元");
    for (reference, date) in [("付1", "2025-03-02"), ("付2", "2025-03-03"), ("付3", "2025-03-04")]
    {
        world.date = day(date);
        does(
            &mut world,
            &format!("pay_ahead fund=南湖 for=助餐 reference={reference} amount=5元 to=home"),
        );
    }
    world
}

/// The payments that are overdue or were decided on too late: by how many days, and whether that
/// is over.
fn late(world: &World, date: &str) -> Vec<(String, u32, bool)> {
    let events = credit_events(&world.state, &code(CHARITY), day(date)).unwrap();
    let of_payments = events.into_iter().filter_map(|event| match event {
        CreditEvent {
            owed: Owed::DecisionAfterPayment { payment, fund },
            done_on,
            days_late,
            ..
        } => {
            assert_eq!(fund.fund.as_str(), "南湖");
            Some((payment.to_string(), days_late, done_on.is_some()))
        }
        _ => None,
    });
    of_payments.collect()
}

fn facts(all: &[(&str, u32, bool)]) -> Vec<(String, u32, bool)> {
    all.iter().map(|(name, days, done)| ((*name).to_owned(), *days, *done)).collect()
}

#[test]
fn a_decision_that_is_overdue_or_came_too_late_stands_to_the_charitys_account() {
    let mut world = paid_world();
    assert_eq!(late(&world, "2025-03-05"), []);
    assert_eq!(late(&world, "2025-03-06"), facts(&[("付1", 1, false)]));
    assert_eq!(late(&world, "2025-03-07"), facts(&[("付1", 2, false), ("付2", 1, false)]));
    world.date = day("2025-03-07");
    let resolve = "resolve fund=南湖 number=迟 for=助餐 amount=5元";
    does(&mut world, resolve);
    does(&mut world, "decide_after payment=付1 under=迟");
    does(&mut world, "correct_payout payment=付3");
    let since = facts(&[("付1", 2, true), ("付2", 8, false)]);
    assert_eq!(late(&world, "2025-03-14"), since);
    // As of a day before it came, the decision was not there.
    assert_eq!(late(&world, "2025-03-06"), facts(&[("付1", 1, false)]));
}

#[test]
fn what_the_committee_did_not_agree_to_is_known_until_it_came_back() {
    let mut world = paid_world();
    let no = "resolve fund=南湖 number=否 for=助餐 amount=5元 votes=0/5/0";
    does(&mut world, no);
    does(&mut world, "decide_after payment=付2 under=否");
    does(&mut world, "correct_payout payment=付3");
    let rows = |world: &World| paid_ahead(&world.state, code(CHARITY), None, 9).unwrap();
    let known = |world: &World| -> Vec<_> {
        let rows = rows(world).into_iter();
        rows.map(|(payment, ahead, out)| (payment.to_string(), ahead.is_recoverable(), out))
            .collect()
    };
    let expected = [("付1", false, "5"), ("付2", true, "5"), ("付3", false, "0")]
        .map(|(payment, recoverable, out)| (payment.to_owned(), recoverable, yuan(out)));
    assert_eq!(known(&world), expected);
    let on = day("2025-03-04");
    let (resolution, agreed) = (text("否"), false);
    let ended: Vec<_> = rows(&world).into_iter().map(|(_, ahead, _)| ahead.ended).collect();
    let decided = Ended::Decided { resolution, agreed, on };
    assert_eq!(ended, [None, Some(decided), Some(Ended::CameBack(on))]);
    does(&mut world, "bounced payment=付2 amount=2元");
    assert_eq!(known(&world)[1], ("付2".to_owned(), true, yuan("3")));
    // Rows come in pages.
    let after = paid_ahead(&world.state, code(CHARITY), Some(&text("付1")), 1).unwrap();
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].0.as_str(), "付2");
}

#[test]
fn what_awaits_a_decision_and_the_list_of_it_are_compared() {
    let world = paid_world();
    let damaged = |damage: &dyn Fn(&mut State<'_>)| {
        let mut state = State::new(&world.state);
        damage(&mut state);
        check_charities(&state)
    };
    assert!(damaged(&|_| {}).unwrap() > 0);
    let (open, due) = OPEN.scan(&world.state, &(), None, 1).unwrap().remove(0);
    let found = damaged(&|state| OPEN.delete(state, &open));
    assert!(matches!(found, Err(CharityViolation::Ahead { .. })), "{found:?}");
    let found = damaged(&|state| {
        let (fund, day, _) = open.clone();
        OPEN.put(state, &(fund, day, text("没有")), &due);
    });
    assert!(matches!(found, Err(CharityViolation::AheadCount { .. })), "{found:?}");
    // Agreed to, and yet under no resolution.
    let found = damaged(&|state| {
        let key = (code(CHARITY), text("付1"));
        let mut ahead = AHEAD.get(state, &key).unwrap().unwrap();
        let on = ahead.decide_by;
        ahead.ended = Some(Ended::Decided { resolution: text("助餐"), agreed: true, on });
        AHEAD.put(state, &key, &ahead);
        OPEN.delete(state, &open);
    });
    assert!(matches!(found, Err(CharityViolation::Ahead { .. })), "{found:?}");
}

#[test]
fn the_source_of_a_mutual_aid_societys_money_is_kept() {
    let file = scenario::files().into_iter().find(|path| path.ends_with("mutual_aid.txt"));
    let world = scenario::play(&file.unwrap()).world;
    let source = |gift: &str| SOURCES.get(&world.state, &(code(CHARITY), text(gift))).unwrap();
    let found = ["财1", "村1", "捐1"].map(source);
    assert_eq!(found, [Some(Source::CountyFinance), Some(Source::VillageCollective), None]);
}

#[test]
fn what_is_to_be_taken_back_and_the_list_of_it_are_compared() {
    let mut world = paid_world();
    does(&mut world, "resolve fund=南湖 number=否 for=助餐 amount=5元 votes=0/5/0");
    does(&mut world, "decide_after payment=付2 under=否");
    let listed = REJECTED.scan(&world.state, &(), None, 9).unwrap();
    let [((fund, payment), ())] = &listed[..] else { panic!("{listed:?}") };
    assert_eq!(payment.as_str(), "付2");
    let damaged = |damage: &dyn Fn(&mut State<'_>)| {
        let mut state = State::new(&world.state);
        damage(&mut state);
        check_charities(&state)
    };
    let found = damaged(&|state| REJECTED.delete(state, &(fund.clone(), payment.clone())));
    assert!(matches!(found, Err(CharityViolation::Ahead { .. })), "{found:?}");
    let found = damaged(&|state| REJECTED.put(state, &(fund.clone(), text("没有")), &()));
    assert!(matches!(found, Err(CharityViolation::AheadCount { .. })), "{found:?}");
    does(&mut world, "bounced payment=付2 amount=5元");
    assert_eq!(REJECTED.scan(&world.state, &(), None, 9).unwrap(), []);
}

/// They are to be decided on by 5, 6 and 7 March.
#[test]
fn the_record_of_a_decision_says_how_many_days_late_it_is() {
    let mut world = paid_world();
    world.date = day("2025-03-07");
    let mut late = |payment: &str| {
        does(&mut world, &format!("resolve fund=南湖 number=议{payment} for=助餐 amount=5元"));
        let words = format!("decide_after payment={payment} under=议{payment}");
        let call = scenario::charity_call(&words, world.date);
        let events = checked(&mut world, CHARITY, &call).unwrap();
        events.into_iter().find_map(|event| match event {
            Event::Charity(charity::Event::DecidedAfter { days_late, .. }) => Some(days_late),
            _ => None,
        })
    };
    assert_eq!(["付1", "付2", "付3"].map(&mut late), [Some(2), Some(1), Some(0)]);
}

/// 付1 is to be decided on by 5 March.
#[test]
fn a_fund_pays_ahead_on_the_last_day_of_a_decision_and_not_on_the_next() {
    let mut world = paid_world();
    for (date, reference, expected) in
        [("2025-03-05", "付4", Ok(())), ("2025-03-06", "付5", Err(Code::AheadOverdue))]
    {
        world.date = day(date);
        let words =
            format!("pay_ahead fund=南湖 for=助餐 reference={reference} amount=5元 to=home");
        let call = scenario::charity_call(&words, world.date);
        assert_eq!(checked(&mut world, CHARITY, &call).map(drop), expected, "{date}");
    }
}
